package bluesky

import (
	"encoding/json"
	"time"

	"github.com/smmkit/smmkit/platforms/bluesky/identity"
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
