package mastodon

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Account is a person, bot or group.
// https://docs.joinmastodon.org/entities/Account/ (read August 2026).
type Account struct {
	ID             ID             `json:"id"`
	Username       Text           `json:"username"`
	Acct           Text           `json:"acct"` // username, with @host for remote accounts
	DisplayName    Text           `json:"display_name"`
	Note           Text           `json:"note"` // HTML
	URL            Text           `json:"url"`
	URI            Text           `json:"uri"`
	Avatar         Text           `json:"avatar"`
	Header         Text           `json:"header"`
	Locked         Flag           `json:"locked"`
	Bot            Flag           `json:"bot"`
	Group          Flag           `json:"group"`
	CreatedAt      Time           `json:"created_at"`
	LastStatusAt   Time           `json:"last_status_at"`
	StatusesCount  Count          `json:"statuses_count"`
	FollowersCount Count          `json:"followers_count"`
	FollowingCount Count          `json:"following_count"`
	Fields         List[Field]    `json:"fields"`
	Moved          *Account       `json:"moved"`
	Suspended      Flag           `json:"suspended"`
	Source         *AccountSource `json:"source"` // own account only

	// Raw is the object as it came, for fields that this type lacks.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Account) UnmarshalJSON(b []byte) (err error) {
	type plain Account
	a.Raw, err = object(b, (*plain)(a))
	if a.Moved != nil {
		a.Moved.Moved = nil
	}
	return err
}

// Field is a labelled line of a profile. Value is HTML, or plain in the source.
type Field struct {
	Name       Text `json:"name"`
	Value      Text `json:"value"`
	VerifiedAt Time `json:"verified_at"`
}

// AccountSource is the editable form of the own profile.
type AccountSource struct {
	Note        Text        `json:"note"` // plain text
	Fields      List[Field] `json:"fields"`
	Privacy     Visibility  `json:"privacy"` // the default visibility
	Sensitive   Flag        `json:"sensitive"`
	Language    Text        `json:"language"`
	QuotePolicy Text        `json:"quote_policy"` // 4.5 and later
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *AccountSource) UnmarshalJSON(b []byte) error {
	type plain AccountSource
	_, err := object(b, (*plain)(s))
	return err
}

// Relationship is how the own account stands to another.
type Relationship struct {
	ID                  ID   `json:"id"`
	Following           Flag `json:"following"`
	FollowedBy          Flag `json:"followed_by"`
	Blocking            Flag `json:"blocking"`
	BlockedBy           Flag `json:"blocked_by"`
	Muting              Flag `json:"muting"`
	MutingNotifications Flag `json:"muting_notifications"`
	Requested           Flag `json:"requested"`
	DomainBlocking      Flag `json:"domain_blocking"`
	Notifying           Flag `json:"notifying"`
	ShowingReblogs      Flag `json:"showing_reblogs"`
	Endorsed            Flag `json:"endorsed"`
	Note                Text `json:"note"`
}

// Notification is something that happened to the own account. Type is one of
// mention, status, reblog, follow, follow_request, favourite, poll, update,
// quote, quoted_update, severed_relationships and others; tolerate the unknown.
type Notification struct {
	ID        ID      `json:"id"`
	Type      Text    `json:"type"`
	CreatedAt Time    `json:"created_at"`
	GroupKey  Text    `json:"group_key"`
	Account   Account `json:"account"`
	Status    *Status `json:"status"`

	// Raw is the object as it came, for fields that this type lacks.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Notification) UnmarshalJSON(b []byte) (err error) {
	type plain Notification
	n.Raw, err = object(b, (*plain)(n))
	return err
}

// Conversation is a thread of direct posts.
type Conversation struct {
	ID         ID            `json:"id"`
	Unread     Flag          `json:"unread"`
	Accounts   List[Account] `json:"accounts"`    // the others
	LastStatus *Status       `json:"last_status"` // nil if it was deleted

	// Raw is the object as it came, for fields that this type lacks.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Conversation) UnmarshalJSON(b []byte) (err error) {
	type plain Conversation
	c.Raw, err = object(b, (*plain)(c))
	return err
}

// UserList is a list of accounts with a timeline of its own.
type UserList struct {
	ID            ID   `json:"id"`
	Title         Text `json:"title"`
	RepliesPolicy Text `json:"replies_policy"` // followed, list, none
	Exclusive     Flag `json:"exclusive"`
}

// SearchResults is what a search found.
type SearchResults struct {
	Accounts List[Account] `json:"accounts"`
	Statuses List[Status]  `json:"statuses"`
	Hashtags List[Tag]     `json:"hashtags"`
}

// Filter hides posts with certain words from the reader.
// https://docs.joinmastodon.org/entities/Filter/ (version 2).
type Filter struct {
	ID        ID                  `json:"id"`
	Title     Text                `json:"title"`
	Context   List[Text]          `json:"context"` // home, notifications, public, thread, account
	ExpiresAt Time                `json:"expires_at"`
	Action    Text                `json:"filter_action"` // warn, hide, blur (4.4)
	Keywords  List[FilterKeyword] `json:"keywords"`
}

// FilterKeyword is a word or phrase of a Filter.
type FilterKeyword struct {
	ID        ID   `json:"id"`
	Keyword   Text `json:"keyword"`
	WholeWord Flag `json:"whole_word"`
}

// ReportReceipt is the server's record of a report.
type ReportReceipt struct {
	ID       ID   `json:"id"`
	Category Text `json:"category"`
	Comment  Text `json:"comment"`
}

// apiError is the body of an answer that says no. Servers write the text into
// error, errors or error_description, as text, list or object.
type apiError struct {
	Error       json.RawMessage `json:"error"`
	Errors      json.RawMessage `json:"errors"`
	Description json.RawMessage `json:"error_description"`
	Message     json.RawMessage `json:"message"`
}

// words returns the first text found, objects in order of keys. Only the
// outer levels are looked at: the text is for people, and a hostile answer may
// nest without end.
func words(b json.RawMessage, depth int) string {
	if s := scalar(b); s != "" || depth == 0 {
		return s
	}
	var list []json.RawMessage
	if json.Unmarshal(b, &list) == nil {
		for _, e := range list {
			if s := words(e, depth-1); s != "" {
				return s
			}
		}
		return ""
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(b, &m) != nil {
		return ""
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if s := words(m[k], depth-1); s != "" {
			return strings.TrimSpace(k + ": " + s)
		}
	}
	return ""
}
