package mastodon

import (
	"encoding/json"
)

// Status is a post.
// https://docs.joinmastodon.org/entities/Status/ (read August 2026).
type Status struct { //nolint:recvcheck // decoding needs a pointer, the type set of ids a value
	ID                 ID          `json:"id"`
	URI                Text        `json:"uri"`
	URL                Text        `json:"url"` // "" for some remote posts; use URI then
	CreatedAt          Time        `json:"created_at"`
	EditedAt           Time        `json:"edited_at"`
	Content            Text        `json:"content"` // HTML
	Text               Text        `json:"text"`    // the source, in the answer to a delete only
	Visibility         Visibility  `json:"visibility"`
	Language           Text        `json:"language"`
	Sensitive          Flag        `json:"sensitive"`
	SpoilerText        Text        `json:"spoiler_text"`
	InReplyToID        ID          `json:"in_reply_to_id"`
	InReplyToAccountID ID          `json:"in_reply_to_account_id"`
	Reblog             *Status     `json:"reblog"`
	Quote              *Quote      `json:"quote"`
	Account            Account     `json:"account"`
	Application        Application `json:"application"`

	RepliesCount    Count `json:"replies_count"`
	ReblogsCount    Count `json:"reblogs_count"`
	FavouritesCount Count `json:"favourites_count"`
	QuotesCount     Count `json:"quotes_count"` // 4.5 and later

	Favourited Flag `json:"favourited"`
	Reblogged  Flag `json:"reblogged"`
	Bookmarked Flag `json:"bookmarked"`
	Muted      Flag `json:"muted"`
	Pinned     Flag `json:"pinned"`

	MediaAttachments List[Attachment] `json:"media_attachments"`
	Mentions         List[Mention]    `json:"mentions"`
	Tags             List[Tag]        `json:"tags"`
	Card             *PreviewCard     `json:"card"`
	Poll             *Poll            `json:"poll"`
	Filtered         List[Filtered]   `json:"filtered"`
	Pleroma          *PleromaStatus   `json:"pleroma"`

	// Raw is the object as it came, for fields that this type lacks.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Status) UnmarshalJSON(b []byte) (err error) {
	type plain Status
	s.Raw, err = object(b, (*plain)(s))
	s.tidy()
	return err
}

// tidy drops what is no object in truth (a server that writes false for none),
// and what real servers do not nest: a boost of a boost, the quote of a quote.
// Without a bound a hostile answer could make each level keep a copy of all
// below it.
func (s *Status) tidy() {
	if r := s.Reblog; r != nil {
		r.Reblog = nil
		if r.ID == "" {
			s.Reblog = nil
		}
	}
	if q := s.Quote; q != nil && q.QuotedStatus != nil {
		q.QuotedStatus.Reblog = nil
		if inner := q.QuotedStatus.Quote; inner != nil {
			inner.QuotedStatusID, inner.QuotedStatus = inner.StatusID(), nil
		}
	}
	if s.Poll != nil && s.Poll.ID == "" && len(s.Poll.Options) == 0 {
		s.Poll = nil
	}
	if s.Card != nil && s.Card.URL == "" {
		s.Card = nil
	}
}

// Visibility is the vendor's word for who may see a post. Servers know more
// than these: GoToSocial "mutuals_only", Akkoma "local" and "list".
type Visibility string

// The visibilities that Mastodon documents.
const (
	Public   Visibility = "public"
	Unlisted Visibility = "unlisted"
	Private  Visibility = "private" // followers only
	Direct   Visibility = "direct"  // only who is mentioned
)

// UnmarshalJSON accepts any scalar.
func (v *Visibility) UnmarshalJSON(b []byte) error {
	*v = Visibility(scalar(b))
	return nil
}

// Quote is what a post quotes. State is one of pending, accepted, rejected,
// revoked, deleted, unauthorized, blocked_account, blocked_domain and
// muted_account; treat an unknown one as unauthorized.
type Quote struct {
	State          Text    `json:"state"`
	QuotedStatus   *Status `json:"quoted_status"`
	QuotedStatusID ID      `json:"quoted_status_id"` // in the shallow form
}

// StatusID returns the id of the quoted post, "" if it is not shown.
func (q *Quote) StatusID() ID {
	switch {
	case q == nil:
		return ""
	case q.QuotedStatus != nil && q.QuotedStatus.ID != "":
		return q.QuotedStatus.ID
	}
	return q.QuotedStatusID
}

// Application is the program that a post was written with; shown to its author.
type Application struct {
	Name    Text `json:"name"`
	Website Text `json:"website"`
}

// Mention is an account that a post names.
type Mention struct {
	ID       ID   `json:"id"`
	Username Text `json:"username"`
	Acct     Text `json:"acct"`
	URL      Text `json:"url"`
}

// Tag is a hashtag, without "#".
type Tag struct {
	Name Text `json:"name"`
	URL  Text `json:"url"`
}

// Filtered says that a filter of the reader matched.
type Filtered struct {
	Filter         Filter     `json:"filter"`
	KeywordMatches List[Text] `json:"keyword_matches"`
	StatusMatches  List[ID]   `json:"status_matches"`
}

// PreviewCard is the card that the server made of the first link. It appears
// some time after the post.
type PreviewCard struct {
	URL          Text `json:"url"`
	Title        Text `json:"title"`
	Description  Text `json:"description"`
	Type         Text `json:"type"` // link, photo, video, rich
	AuthorName   Text `json:"author_name"`
	ProviderName Text `json:"provider_name"`
	Image        Text `json:"image"`
}

// PleromaStatus is what Pleroma and Akkoma add to a post.
type PleromaStatus struct {
	Local          Flag `json:"local"`
	ConversationID ID   `json:"conversation_id"`
	Content        struct {
		Plain Text `json:"text/plain"`
	} `json:"content"`
	ExpiresAt Time `json:"expires_at"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *PleromaStatus) UnmarshalJSON(b []byte) error {
	type plain PleromaStatus
	_, err := object(b, (*plain)(p))
	return err
}

// Poll is a poll with its results so far.
type Poll struct {
	ID          ID               `json:"id"`
	ExpiresAt   Time             `json:"expires_at"`
	Expired     Flag             `json:"expired"`
	Multiple    Flag             `json:"multiple"`
	VotesCount  Count            `json:"votes_count"`
	VotersCount Count            `json:"voters_count"` // unknown on some servers
	Options     List[PollOption] `json:"options"`
	Voted       Flag             `json:"voted"`
	OwnVotes    List[int]        `json:"own_votes"`
}

// PollOption is a choice; VotesCount is unknown while totals are hidden.
type PollOption struct {
	Title      Text  `json:"title"`
	VotesCount Count `json:"votes_count"`
}

// Attachment is an uploaded file. URL is empty while it is being processed.
type Attachment struct {
	ID          ID        `json:"id"`
	Type        Text      `json:"type"` // image, gifv, video, audio, unknown
	URL         Text      `json:"url"`
	PreviewURL  Text      `json:"preview_url"`
	RemoteURL   Text      `json:"remote_url"`
	Description Text      `json:"description"`
	Blurhash    Text      `json:"blurhash"`
	Meta        MediaMeta `json:"meta"`
	Mime        Text      `json:"mime"` // Pixelfed
}

// MediaMeta holds what the server measured.
type MediaMeta struct {
	Original MediaSize `json:"original"`
	Focus    struct{ X, Y float64 }
}

// UnmarshalJSON implements json.Unmarshaler; some servers write a list here.
func (m *MediaMeta) UnmarshalJSON(b []byte) error {
	type plain MediaMeta
	_, err := object(b, (*plain)(m))
	return err
}

// MediaSize is the size of a picture or video.
type MediaSize struct {
	Width    int     `json:"width"`
	Height   int     `json:"height"`
	Duration float64 `json:"duration"` // seconds
}

// StatusSource is the text of a post as its author typed it.
type StatusSource struct {
	ID          ID   `json:"id"`
	Text        Text `json:"text"`
	SpoilerText Text `json:"spoiler_text"`
}

// StatusEdit is one version of a post.
type StatusEdit struct {
	Content          Text             `json:"content"`
	SpoilerText      Text             `json:"spoiler_text"`
	Sensitive        Flag             `json:"sensitive"`
	CreatedAt        Time             `json:"created_at"`
	Account          Account          `json:"account"`
	MediaAttachments List[Attachment] `json:"media_attachments"`
}

// Context is what a post answers and what answers it.
type Context struct {
	Ancestors   List[Status] `json:"ancestors"`
	Descendants List[Status] `json:"descendants"`
}

// ScheduledStatus is a post that the server will publish. Its id is not the id
// of the later post, and no link between the two is given.
type ScheduledStatus struct {
	ID               ID               `json:"id"`
	ScheduledAt      Time             `json:"scheduled_at"`
	Params           ScheduledParams  `json:"params"`
	MediaAttachments List[Attachment] `json:"media_attachments"`
}

// ScheduledParams repeats what the post was created with.
type ScheduledParams struct {
	Text        Text       `json:"text"`
	SpoilerText Text       `json:"spoiler_text"`
	Visibility  Visibility `json:"visibility"`
	InReplyToID ID         `json:"in_reply_to_id"`
	MediaIDs    List[ID]   `json:"media_ids"`
	Poll        *struct {
		Options List[Text] `json:"options"`
	} `json:"poll"`
	// Idempotency is the key that the post was created with. Servers may leave
	// it empty.
	Idempotency Text `json:"idempotency"`
}
