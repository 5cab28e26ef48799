package bluesky

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// NSIDs of the record collections.
const (
	PostCollection       = "app.bsky.feed.post"
	LikeCollection       = "app.bsky.feed.like"
	RepostCollection     = "app.bsky.feed.repost"
	ThreadgateCollection = "app.bsky.feed.threadgate"
	PostgateCollection   = "app.bsky.feed.postgate"
	FollowCollection     = "app.bsky.graph.follow"
	BlockCollection      = "app.bsky.graph.block"
	ProfileCollection    = "app.bsky.actor.profile"
)

// StrongRef names a record in one version (com.atproto.repo.strongRef).
type StrongRef struct {
	URI string `json:"uri"`
	CID string `json:"cid"`
}

// Blob refers to uploaded bytes. It is only valid in records of the account
// that uploaded them.
type Blob struct {
	Type     string  `json:"$type"` // "blob"
	Ref      CIDLink `json:"ref"`
	MimeType string  `json:"mimeType"`
	Size     int64   `json:"size"`
}

// CIDLink is a content identifier in JSON form.
type CIDLink struct {
	Link string `json:"$link"`
}

// Session is the answer of createSession and refreshSession. It holds tokens:
// never log it.
type Session struct {
	AccessJwt  string            `json:"accessJwt"`
	RefreshJwt string            `json:"refreshJwt"`
	Handle     string            `json:"handle"`
	DID        string            `json:"did"`
	DIDDoc     identity.Document `json:"didDoc"`
	Active     *bool             `json:"active"`
	Status     string            `json:"status"` // "takendown", "suspended", "deactivated" if not active
}

// String masks the tokens.
func (s Session) String() string { return "session of " + s.DID }

// GoString masks the tokens.
func (s Session) GoString() string { return s.String() }

// inactive says what is wrong with an account that is not in use, and who can
// change it; nil if nothing is.
func (s Session) inactive() error {
	if s.Active == nil || *s.Active {
		return nil
	}
	switch s.Status {
	case "deactivated":
		return fmt.Errorf("%w: the account is deactivated: activate it in its settings and connect it again", smm.ErrForbidden)
	case "":
		return fmt.Errorf("%w: the account is not active", smm.ErrForbidden)
	}
	return fmt.Errorf("%w: the account is not active (%s): its server's operator decides", smm.ErrForbidden, smm.CleanMessage(s.Status))
}

// ServerInfo is the answer of describeServer.
type ServerInfo struct {
	DID             string   `json:"did"`
	UserDomains     []string `json:"availableUserDomains"`
	BlobUploadLimit int64    `json:"blobUploadLimit"` // bytes, 0 if the server does not say
}

// Record is a record as its repository holds it.
type Record struct {
	URI   string          `json:"uri"`
	CID   string          `json:"cid"`
	Value json.RawMessage `json:"value"`
}

// Written is the answer to a write. Commit is nil if nothing changed.
type Written struct {
	URI    string `json:"uri"`
	CID    string `json:"cid"`
	Commit *struct {
		CID string `json:"cid"`
		Rev string `json:"rev"`
	} `json:"commit"`
	ValidationStatus string `json:"validationStatus"`
}

// formatTime writes a time as records have it: UTC with milliseconds.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// parseTime reads a time that somebody else wrote; what cannot be read is the
// zero time, since one bad record must not hide a whole page.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// Post is a record of app.bsky.feed.post. Field order is the order on the wire:
// a record that is built twice from the same values has the same bytes, and so
// the same CID.
type Post struct {
	Type      string      `json:"$type"`
	Text      string      `json:"text"`
	Facets    []Facet     `json:"facets,omitempty"`
	Reply     *ReplyRefs  `json:"reply,omitempty"`
	Embed     any         `json:"embed,omitempty"` // one of the Embed types
	Langs     []string    `json:"langs,omitempty"`
	Labels    *SelfLabels `json:"labels,omitempty"`
	Tags      []string    `json:"tags,omitempty"`
	CreatedAt string      `json:"createdAt"`
}

// ReplyRefs say what a post answers, and where its thread begins.
type ReplyRefs struct {
	Root   StrongRef `json:"root"`
	Parent StrongRef `json:"parent"`
}

// Facet gives a span of text a meaning. Offsets are UTF-8 bytes, the end
// exclusive.
type Facet struct {
	Index    ByteSlice `json:"index"`
	Features []Feature `json:"features"`
}

// ByteSlice is a span of UTF-8 bytes.
type ByteSlice struct {
	Start int `json:"byteStart"`
	End   int `json:"byteEnd"`
}

// Feature is a mention, a link or a tag; Type says which field is set.
type Feature struct {
	Type string `json:"$type"`
	DID  string `json:"did,omitempty"`
	URI  string `json:"uri,omitempty"`
	Tag  string `json:"tag,omitempty"` // without "#"
}

// Types of features.
const (
	FeatureMention = "app.bsky.richtext.facet#mention"
	FeatureLink    = "app.bsky.richtext.facet#link"
	FeatureTag     = "app.bsky.richtext.facet#tag"
)

// AspectRatio is a proportion; pixels will do.
type AspectRatio struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// EmbedImages shows one to four images.
type EmbedImages struct {
	Type   string       `json:"$type"` // "app.bsky.embed.images"
	Images []EmbedImage `json:"images"`
}

// EmbedImage is one image. Alt is required and may be empty.
type EmbedImage struct {
	Image       Blob         `json:"image"`
	Alt         string       `json:"alt"`
	AspectRatio *AspectRatio `json:"aspectRatio,omitempty"`
}

// EmbedVideo shows a video.
type EmbedVideo struct {
	Type         string       `json:"$type"` // "app.bsky.embed.video"
	Video        Blob         `json:"video"`
	Captions     []Caption    `json:"captions,omitempty"`
	Alt          string       `json:"alt,omitempty"`
	AspectRatio  *AspectRatio `json:"aspectRatio,omitempty"`
	Presentation string       `json:"presentation,omitempty"` // "gif" for a silent loop
}

// Caption is a WebVTT track.
type Caption struct {
	Lang string `json:"lang"`
	File Blob   `json:"file"`
}

// EmbedExternal shows a link card.
type EmbedExternal struct {
	Type     string   `json:"$type"` // "app.bsky.embed.external"
	External External `json:"external"`
}

// External is the content of a link card.
type External struct {
	URI         string `json:"uri"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Thumb       *Blob  `json:"thumb,omitempty"`
}

// EmbedRecord quotes a post.
type EmbedRecord struct {
	Type   string    `json:"$type,omitempty"` // "app.bsky.embed.record"
	Record StrongRef `json:"record"`
}

// EmbedRecordWithMedia quotes a post beside images, a video or a link card.
type EmbedRecordWithMedia struct {
	Type   string      `json:"$type"` // "app.bsky.embed.recordWithMedia"
	Record EmbedRecord `json:"record"`
	Media  any         `json:"media"`
}

// SelfLabels are content warnings that the author sets.
type SelfLabels struct {
	Type   string      `json:"$type"` // "com.atproto.label.defs#selfLabels"
	Values []SelfLabel `json:"values"`
}

// SelfLabel is one warning, for example "graphic-media".
type SelfLabel struct {
	Val string `json:"val"`
}

// Threadgate says who may answer a post, and which answers are hidden. It has
// the record key of the post. A nil Allow admits everybody, an empty one nobody.
type Threadgate struct {
	Type          string      `json:"$type"` // "app.bsky.feed.threadgate"
	Post          string      `json:"post"`
	Allow         *[]GateRule `json:"allow,omitempty"`
	HiddenReplies []string    `json:"hiddenReplies,omitempty"`
	CreatedAt     string      `json:"createdAt"`
}

// GateRule is one rule of a gate.
type GateRule struct {
	Type string `json:"$type"`
	List string `json:"list,omitempty"`
}

// Postgate says who may quote a post. It has the record key of the post.
type Postgate struct {
	Type           string     `json:"$type"` // "app.bsky.feed.postgate"
	Post           string     `json:"post"`
	EmbeddingRules []GateRule `json:"embeddingRules,omitempty"`
	CreatedAt      string     `json:"createdAt"`
}

// subjectRecord is a like or a repost.
type subjectRecord struct {
	Type      string    `json:"$type"`
	Subject   StrongRef `json:"subject"`
	CreatedAt string    `json:"createdAt"`
}

// actorRecord is a follow or a block.
type actorRecord struct {
	Type      string `json:"$type"`
	Subject   string `json:"subject"` // DID
	CreatedAt string `json:"createdAt"`
}

// postFields are what is read of other people's post records. Nothing in them
// can be relied on: a field of the wrong type is left empty.
type postFields struct {
	Text      string
	Facets    []Facet
	Reply     *ReplyRefs
	Langs     []string
	CreatedAt string
	Embed     json.RawMessage
}

func readPost(raw json.RawMessage) postFields {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return postFields{}
	}
	var p postFields
	tolerant(fields["text"], &p.Text)
	tolerant(fields["facets"], &p.Facets)
	tolerant(fields["reply"], &p.Reply)
	tolerant(fields["langs"], &p.Langs)
	tolerant(fields["createdAt"], &p.CreatedAt)
	p.Embed = fields["embed"]
	return p
}

// tolerant decodes raw into v and leaves v at its zero value if it does not
// fit.
func tolerant[T any](raw json.RawMessage, v *T) {
	var got T
	if len(raw) > 0 && json.Unmarshal(raw, &got) == nil {
		*v = got
	}
}
