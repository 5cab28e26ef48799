package threads

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// ContainerParams are the fields of something that is to be published. Sources:
// the collection of requests in fbsamples/threads_api of 2026-01-02.
type ContainerParams struct {
	Type     MediaType // TEXT, IMAGE, VIDEO or CAROUSEL; required
	Text     string    // at most 500 characters
	ImageURL string    // an address that the vendor fetches
	VideoURL string
	AltText  string // at most 1,000 characters

	CarouselItem bool // it will be one of the Children of a carousel
	Children     []ID // of a carousel, 2 to 20

	ReplyTo ID     // a post or reply to answer
	Quote   ID     // a post to quote
	Link    string // link_attachment, of text posts only

	Poll     []string  // 2 to 4 options of at most 25 characters; text posts only
	LongText *LongText // an attachment of up to 10,000 characters; text posts only
	GIF      *GIF      // text posts only

	SpoilerMedia bool
	Spoilers     []TextSpan // at most 10
	Ghost        bool       // gone after 24 hours; text posts only

	TopicTag       string       // 1 to 50 characters without "." and "&"
	ReplyControl   ReplyControl // who may answer
	ReplyApprovals bool         // answers wait for approval
	LocationID     ID           // of LocationService.Search; needs threads_location_tagging
	Countries      []string     // ISO 3166 codes; needs is_eligible_for_geo_gating
}

// ReplyControl says who may answer a post.
type ReplyControl string

// Who may answer.
const (
	ReplyEveryone     ReplyControl = "everyone"
	ReplyFollowed     ReplyControl = "accounts_you_follow"
	ReplyMentioned    ReplyControl = "mentioned_only"
	ReplyParentAuthor ReplyControl = "parent_post_author_only"
	ReplyFollowers    ReplyControl = "followers_only"
)

// LongText is a text attachment.
type LongText struct {
	Plain  string      `json:"plaintext"` // at most 10,000 characters
	Link   string      `json:"link_attachment_url,omitempty"`
	Styles []TextStyle `json:"text_with_styling_info,omitempty"`
}

// TextStyle styles a span of a LongText. Offset and Length count characters; in
// which unit is not verified.
type TextStyle struct {
	Offset int      `json:"offset"`
	Length int      `json:"length"`
	Styles []string `json:"styling_info"` // bold, italic, highlight, underline, strikethrough
}

// TextSpan is a span of a text.
type TextSpan struct {
	Offset int `json:"offset"`
	Length int `json:"length"`
}

// GIF is an animation of a provider's library.
type GIF struct {
	ID       string `json:"gif_id"`
	Provider string `json:"provider"` // GIPHY; TENOR is being retired
}

type wireSpan struct {
	Type string `json:"entity_type"`
	TextSpan
}

type wirePoll struct {
	A string `json:"option_a"`
	B string `json:"option_b"`
	C string `json:"option_c,omitempty"`
	D string `json:"option_d,omitempty"`
}

// maxPollOptions is how many names the vendor has for them.
const maxPollOptions = 4

func (p *ContainerParams) values() (url.Values, error) {
	q := url.Values{"media_type": {string(p.Type)}}
	for name, v := range map[string]string{
		"text": p.Text, "image_url": p.ImageURL, "video_url": p.VideoURL, "alt_text": p.AltText, "reply_to_id": string(p.ReplyTo),
		"quote_post_id": string(p.Quote), "link_attachment": p.Link, "topic_tag": p.TopicTag, "reply_control": string(p.ReplyControl),
		"location_id": string(p.LocationID), "allowlisted_country_codes": strings.Join(p.Countries, ","), "children": joinIDs(p.Children),
	} {
		if v != "" {
			q.Set(name, v)
		}
	}
	for name, on := range map[string]bool{
		"is_carousel_item": p.CarouselItem, "is_spoiler_media": p.SpoilerMedia, "is_ghost_post": p.Ghost, "enable_reply_approvals": p.ReplyApprovals,
	} {
		if on {
			q.Set(name, "true")
		}
	}
	if n := len(p.Poll); n > 0 {
		if n < 2 || n > maxPollOptions {
			return nil, fmt.Errorf("%w: threads: a poll has 2 to %d options, not %d", smm.ErrInvalid, maxPollOptions, n)
		}
		o := append(append([]string(nil), p.Poll...), "", "")
		if err := setJSON(q, "poll_attachment", wirePoll{o[0], o[1], o[2], o[3]}); err != nil {
			return nil, err
		}
	}
	if p.LongText != nil {
		if err := setJSON(q, "text_attachment", p.LongText); err != nil {
			return nil, err
		}
	}
	if p.GIF != nil {
		if err := setJSON(q, "gif_attachment", p.GIF); err != nil {
			return nil, err
		}
	}
	if len(p.Spoilers) > 0 {
		var spans []wireSpan
		for _, s := range p.Spoilers {
			spans = append(spans, wireSpan{"SPOILER", s})
		}
		return q, setJSON(q, "text_entities", spans)
	}
	return q, nil
}

func setJSON(q url.Values, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%w: threads: %s: %w", smm.ErrInvalid, name, err)
	}
	q.Set(name, string(b))
	return nil
}

func joinIDs(ids []ID) string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = string(id)
	}
	return strings.Join(s, ",")
}

// ContainerService prepares and publishes. A container is not public, can be
// published for 24 hours, and tells its state: it is what a lost reply is
// settled by.
type ContainerService struct{ c *Client }

// Create makes a container. Making one too many does no harm: it expires.
func (s *ContainerService) Create(ctx context.Context, p *ContainerParams) (ID, error) {
	const op = "threads.create"
	q, err := p.values()
	if err != nil {
		return "", s.c.refuse(op, err)
	}
	r := s.c.request(op, s.c.me(), "threads")
	r.Params, r.Priority = q, smm.PriorityPublish
	var v created
	err = s.c.api.Write(ctx, r, &v)
	return s.c.made(op, v, err)
}

// Get reads the state of a container. For some seconds after it was made the
// vendor may not find it.
func (s *ContainerService) Get(ctx context.Context, id ID) (Container, error) {
	r := s.c.request("container.get", string(id))
	r.Fields, r.Priority = []string{"id", "status", "error_message"}, smm.PriorityPublish
	c, err := meta.Get[Container](ctx, s.c.api, r)
	if err == nil && c.Status == "" {
		err = s.c.unreadable(r.Op, "a container without a status")
	}
	return c, err
}

// Publish makes a container public with a single request, and returns the id of
// the post. It is not repeated inside. If the error does not say
// smm.OutcomeRefused or smm.OutcomeNotSent, the post may be public: Get tells.
func (s *ContainerService) Publish(ctx context.Context, id ID) (ID, error) {
	post, _, err := s.c.commit(ctx, s.publishing(id))
	return post, err
}

func (s *ContainerService) publishing(id ID) *meta.Request {
	r := s.c.request("threads.publish", s.c.me(), "threads_publish")
	r.Params, r.Priority = url.Values{"creation_id": {string(id)}}, smm.PriorityPublish
	return r
}

// PublishText makes and publishes a text post in one call (auto_publish_text).
// There is no handle by which a lost reply could be settled, so the driver never
// uses it; nor should who must not post twice.
func (s *ContainerService) PublishText(ctx context.Context, p *ContainerParams) (ID, error) {
	const op = "threads.auto_publish"
	q, err := p.values()
	if err != nil {
		return "", s.c.refuse(op, err)
	}
	if p.Type != MediaText {
		return "", s.c.refuse(op, fmt.Errorf("%w: threads: only text is published in one call", smm.ErrInvalid))
	}
	q.Set("auto_publish_text", "true")
	r := s.c.request(op, s.c.me(), "threads")
	r.Params, r.Priority = q, smm.PriorityPublish
	post, _, err := s.c.commit(ctx, r)
	return post, err
}

// Limit reads what is left of the account's budgets.
func (s *ContainerService) Limit(ctx context.Context) (PublishingLimit, error) {
	r := s.c.request("threads_publishing_limit", s.c.me(), "threads_publishing_limit")
	r.Fields = limitFields()
	page, err := meta.List[PublishingLimit](ctx, s.c.api, r, ListParams{})
	if err != nil {
		return PublishingLimit{}, err
	}
	if len(page.Items) == 0 {
		return PublishingLimit{}, nil // nothing was told
	}
	return page.Items[0], nil
}

// deleting is the request that removes a node.
func (c *Client) deleting(op, id string) *meta.Request {
	r := c.request(op, id)
	r.Method = http.MethodDelete
	return r
}
