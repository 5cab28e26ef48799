package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ID is an identifier as the server wrote it. Mastodon and Pixelfed use
// decimal numbers, GoToSocial ULIDs, Akkoma flakes; some servers write the
// numbers without quotes. It is never calculated with.
type ID string

// String returns the identifier verbatim.
func (id ID) String() string { return string(id) }

// UnmarshalJSON accepts a string or a number; anything else is no identifier.
func (id *ID) UnmarshalJSON(b []byte) error {
	*id = ID(scalar(b))
	return nil
}

// Count is a number that a server may leave out. The zero Count is unknown,
// which is not 0.
type Count struct {
	Value int64
	Known bool
}

// UnmarshalJSON accepts a number, also in quotes or with a fraction. Negative
// numbers are what some servers write for counts that they hide, and are
// unknown like everything else.
func (c *Count) UnmarshalJSON(b []byte) error {
	*c = Count{}
	s := scalar(b)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n >= 0 {
			*c = Count{n, true}
		}
	} else if f, err := strconv.ParseFloat(s, 64); err == nil && f >= 0 && f < 1<<53 {
		*c = Count{int64(f), true}
	}
	return nil
}

// MarshalJSON writes null for an unknown count.
func (c Count) MarshalJSON() ([]byte, error) {
	if !c.Known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, c.Value, 10), nil
}

// Time is a point in time as servers write it. What cannot be read is the zero
// time, since no feature is worth failing a whole answer for.
type Time struct{ time.Time }

// timeLayouts are tried in order: what Mastodon documents, then what
// compatible servers have been seen to write.
var timeLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999 UTC",
	"2006-01-02 15:04:05.999999999",
	time.DateOnly,
	time.RFC1123,
	time.RFC1123Z,
}

// UnmarshalJSON accepts ISO 8601 with or without a zone (UTC then), a date, or
// seconds since 1970.
func (t *Time) UnmarshalJSON(b []byte) error {
	t.Time = parseTime(scalar(b))
	return nil
}

// MarshalJSON writes null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func parseTime(s string) time.Time {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 && n < 1<<40 {
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}

// Flag is a boolean that may come as a boolean, a number or a word.
type Flag bool

// UnmarshalJSON reads true, 1 and "true" as true, the rest as false.
func (f *Flag) UnmarshalJSON(b []byte) error {
	switch scalar(b) {
	case "true", "1", "on", "yes":
		*f = true
	default:
		*f = false
	}
	return nil
}

// Text is a string that may come as null, a number or not at all.
type Text string

// UnmarshalJSON accepts any scalar.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = Text(scalar(b))
	return nil
}

// List is an array whose elements are decoded one by one: what is no array is
// empty, and an element that cannot be read is left out. PHP servers write an
// empty object for an empty array, and an object with numbered keys for an
// array with gaps.
type List[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *List[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		var gaps map[string]json.RawMessage
		if json.Unmarshal(b, &gaps) != nil {
			return nil //nolint:nilerr // not a list: as good as empty
		}
		raw = numbered(gaps)
	}
	for _, r := range raw {
		if isNull(r) {
			continue
		}
		var v T
		if lenient(r, &v) == nil {
			*l = append(*l, v)
		}
	}
	return nil
}

// numbered returns the values whose keys are numbers, in order.
func numbered(m map[string]json.RawMessage) []json.RawMessage {
	keys := make([]int, 0, len(m))
	for k := range m {
		if n, err := strconv.Atoi(k); err == nil {
			keys = append(keys, n)
		}
	}
	slices.Sort(keys)
	out := make([]json.RawMessage, 0, len(keys))
	for _, k := range keys {
		if v, ok := m[strconv.Itoa(k)]; ok {
			out = append(out, v)
		}
	}
	return out
}

// lenient decodes b into v. A field of another type than documented keeps its
// zero value; only what is not JSON at all is an error.
func lenient(b []byte, v any) error {
	err := json.Unmarshal(b, v)
	if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType {
		return nil
	}
	return err
}

// object decodes b into the fields of v, and returns a copy of b for its Raw
// field. null leaves v alone.
func object(b []byte, v any) (json.RawMessage, error) {
	if isNull(b) {
		return nil, nil
	}
	if err := lenient(b, v); err != nil {
		return nil, err
	}
	return slices.Clone(b), nil
}

func isNull(b []byte) bool { return bytes.Equal(bytes.TrimSpace(b), []byte("null")) }

// scalar returns the text of a JSON string, number or boolean, "" for the rest.
func scalar(b []byte) string {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return ""
	}
	switch b[0] {
	case '"':
		var s string
		if json.Unmarshal(b, &s) != nil {
			return ""
		}
		return s
	case '{', '[', 'n':
		return ""
	}
	return strings.TrimSpace(string(b))
}

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
	Limited        Flag           `json:"limited"` // by the moderators: it works and is seen less
	Source         *AccountSource `json:"source"`  // own account only

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
