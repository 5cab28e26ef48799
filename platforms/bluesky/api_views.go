package bluesky

import (
	"encoding/json"
	"strings"
)

// ProfileView is an account as the app view shows it; the counts are there in
// answers of getProfile and getProfiles only.
type ProfileView struct {
	DID         string       `json:"did"`
	Handle      string       `json:"handle"`
	DisplayName string       `json:"displayName"`
	Description string       `json:"description"`
	Website     string       `json:"website"`
	Avatar      string       `json:"avatar"`
	Banner      string       `json:"banner"`
	Followers   *int64       `json:"followersCount"`
	Follows     *int64       `json:"followsCount"`
	Posts       *int64       `json:"postsCount"`
	CreatedAt   string       `json:"createdAt"`
	IndexedAt   string       `json:"indexedAt"`
	Labels      []Label      `json:"labels"`
	Viewer      ActorState   `json:"viewer"`
	Verified    Verification `json:"verification"`

	// Raw is the whole object, for fields that are not modelled.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *ProfileView) UnmarshalJSON(b []byte) error {
	type plain ProfileView
	if err := json.Unmarshal(b, (*plain)(p)); err != nil {
		return err
	}
	p.Raw = append(json.RawMessage(nil), b...)
	return nil
}

// Verification says whether an account is verified.
type Verification struct {
	Status string `json:"verifiedStatus"` // "valid", "invalid", "none"
}

// ActorState is what connects the signed-in account to another. The strings are
// addresses of the records that make the connection, "" where there is none.
type ActorState struct {
	Muted      bool   `json:"muted"`
	BlockedBy  bool   `json:"blockedBy"`
	Blocking   string `json:"blocking"`
	Following  string `json:"following"`
	FollowedBy string `json:"followedBy"`
}

// Label is a mark that a labeler or the author put on something.
type Label struct {
	Src string `json:"src"`
	Val string `json:"val"`
	Neg bool   `json:"neg"`
}

// PostView is a post as the app view shows it.
type PostView struct {
	URI        string          `json:"uri"`
	CID        string          `json:"cid"`
	Author     ProfileView     `json:"author"`
	Record     json.RawMessage `json:"record"`
	Embed      json.RawMessage `json:"embed"`
	Bookmarks  *int64          `json:"bookmarkCount"`
	Replies    *int64          `json:"replyCount"`
	Reposts    *int64          `json:"repostCount"`
	Likes      *int64          `json:"likeCount"`
	Quotes     *int64          `json:"quoteCount"`
	IndexedAt  string          `json:"indexedAt"`
	Labels     []Label         `json:"labels"`
	Viewer     PostState       `json:"viewer"`
	Threadgate *GateView       `json:"threadgate"`

	// Raw is the whole object, for fields that are not modelled.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *PostView) UnmarshalJSON(b []byte) error {
	type plain PostView
	if err := json.Unmarshal(b, (*plain)(p)); err != nil {
		return err
	}
	p.Raw = append(json.RawMessage(nil), b...)
	return nil
}

// PostState is what connects the signed-in account to a post.
type PostState struct {
	Like              string `json:"like"`
	Repost            string `json:"repost"`
	Bookmarked        bool   `json:"bookmarked"`
	ReplyDisabled     bool   `json:"replyDisabled"`
	EmbeddingDisabled bool   `json:"embeddingDisabled"`
}

// GateView is a threadgate as the app view shows it.
type GateView struct {
	URI    string          `json:"uri"`
	CID    string          `json:"cid"`
	Record json.RawMessage `json:"record"`
}

// Hidden returns the addresses of the replies that the gate hides. The record
// is its author's: what does not fit is left out.
func (g *GateView) Hidden() []string {
	var fields map[string]json.RawMessage
	if g == nil || json.Unmarshal(g.Record, &fields) != nil {
		return nil
	}
	var uris []string
	tolerant(fields["hiddenReplies"], &uris)
	return uris
}

// FeedItem is one line of a feed.
type FeedItem struct {
	Post   PostView `json:"post"`
	Reason *struct {
		Type string `json:"$type"`
	} `json:"reason"`
}

// Reposted reports whether the line is there because somebody reposted it.
func (f FeedItem) Reposted() bool {
	return f.Reason != nil && strings.HasSuffix(f.Reason.Type, "#reasonRepost")
}

// ThreadNode is a post with what was answered to it. Post is nil where the
// post is gone or hidden by a block; URI then tells which.
type ThreadNode struct {
	Type    string       `json:"$type"`
	URI     string       `json:"uri"`
	Post    *PostView    `json:"post"`
	Parent  *ThreadNode  `json:"parent"`
	Replies []ThreadNode `json:"replies"`
}

// Notification is one line of the notifications.
type Notification struct {
	URI       string          `json:"uri"` // of the record that caused it
	CID       string          `json:"cid"`
	Author    ProfileView     `json:"author"`
	Reason    string          `json:"reason"` // "like", "reply", "mention" ...; unknown ones come
	Subject   string          `json:"reasonSubject"`
	Record    json.RawMessage `json:"record"`
	IsRead    bool            `json:"isRead"`
	IndexedAt string          `json:"indexedAt"`

	// Raw is the whole object, for fields that are not modelled.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Notification) UnmarshalJSON(b []byte) error {
	type plain Notification
	if err := json.Unmarshal(b, (*plain)(n)); err != nil {
		return err
	}
	n.Raw = append(json.RawMessage(nil), b...)
	return nil
}

// Convo is a conversation.
type Convo struct {
	ID          string        `json:"id"`
	Rev         string        `json:"rev"`
	Members     []ProfileView `json:"members"`
	LastMessage *ChatMessage  `json:"lastMessage"`
	Muted       bool          `json:"muted"`
	Status      string        `json:"status"` // "request" or "accepted"
	Unread      int64         `json:"unreadCount"`
}

// ChatMessage is a direct message, or the mark of one that was deleted.
type ChatMessage struct {
	Type   string  `json:"$type"`
	ID     string  `json:"id"`
	Rev    string  `json:"rev"`
	Text   string  `json:"text"`
	Facets []Facet `json:"facets"`
	Sender struct {
		DID string `json:"did"`
	} `json:"sender"`
	SentAt string `json:"sentAt"`

	// Raw is the whole object, for fields that are not modelled.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *ChatMessage) UnmarshalJSON(b []byte) error {
	type plain ChatMessage
	if err := json.Unmarshal(b, (*plain)(m)); err != nil {
		return err
	}
	m.Raw = append(json.RawMessage(nil), b...)
	return nil
}

// Deleted reports whether the message was deleted.
func (m ChatMessage) Deleted() bool { return strings.HasSuffix(m.Type, "#deletedMessageView") }

// System reports whether the message was written by the service.
func (m ChatMessage) System() bool { return strings.HasSuffix(m.Type, "#systemMessageView") }

// VideoJob is the state of a video that is being processed.
type VideoJob struct {
	ID          string `json:"jobId"`
	DID         string `json:"did"`
	State       string `json:"state"`    // "JOB_STATE_..."; an unknown one means: in progress
	Progress    int    `json:"progress"` // 0 to 100
	Blob        *Blob  `json:"blob"`     // once done
	Error       string `json:"error"`
	FailureCode string `json:"failureCode"`
	Message     string `json:"message"`
}
