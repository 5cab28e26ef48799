package x

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Webhooks is the host's side of webhooks. The zero value refuses all deliveries.
type Webhooks struct {
	// ConsumerSecrets are those of the app, the newest first: an older one is accepted
	// as long as it is there.
	ConsumerSecrets []smm.Secret
}

// SignatureHeader carries the signature of a delivery.
const SignatureHeader = "X-Twitter-Webhooks-Signature"

const (
	signaturePrefix = "sha256="
	maxCRCToken     = 512
	maxEventBody    = 1 << 20
)

// Sign is the signature of a body by the consumer secret of the app, as X sends
// it in SignatureHeader, for hosts' own tests.
func Sign(consumerSecret smm.Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(consumerSecret.Reveal()))
	mac.Write(body)
	return signaturePrefix + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SignWebhook makes the header of a delivery: for the tests of hosts.
func SignWebhook(consumerSecret smm.Secret, body []byte) http.Header {
	return http.Header{SignatureHeader: {Sign(consumerSecret, body)}}
}

// VerifySignature checks that a delivery is X's: header is the value of
// SignatureHeader and body the raw body, before anything has decoded it. The
// comparison takes the same time wherever they differ. Errors match
// smm.ErrUnauthorized; a missing secret is smm.ErrInvalid, since an empty one
// would let everybody sign.
func VerifySignature(consumerSecret smm.Secret, header string, body []byte) error {
	if consumerSecret.IsZero() {
		return invalid("webhooks need the consumer secret of the app")
	}
	// The text is compared and not the bytes that it stands for: base64 has more
	// than one text for them.
	if !hmac.Equal([]byte(header), []byte(Sign(consumerSecret, body))) {
		return fmt.Errorf("%w: x: the signature is not one of this body", smm.ErrUnauthorized)
	}
	return nil
}

// AnswerCRC is the body of the answer to X's check of an address: a GET with the
// parameter crc_token, which X makes when the address is registered, when
// Validate is called, and now and then. It wants an answer with status 200 and
// Content-Type application/json within 10 seconds. Errors match smm.ErrInvalid.
func AnswerCRC(consumerSecret smm.Secret, token string) ([]byte, error) {
	if consumerSecret.IsZero() {
		return nil, invalid("webhooks need the consumer secret of the app")
	}
	// Who asks is not known, and gets a signature: of nothing that could pass for
	// the body of a delivery.
	if token == "" || len(token) > maxCRCToken || strings.ContainsAny(token, "{}[]") {
		return nil, invalid("crc_token is not one of X's")
	}
	return json.Marshal(struct {
		Token string `json:"response_token"`
	}{Sign(consumerSecret, []byte(token))})
}

// ActivityEvent is one event of a delivery or of the stream. Of Post, User,
// Deleted and Message that is set which Type is about; Payload has all of it.
type ActivityEvent struct {
	ID       ID     // X's, for telling repetitions; "" if it has none
	Type     string // as the constants, or one that is new
	Tag      string // of the subscription
	Filter   ActivityFilter
	Includes Includes
	Payload  json.RawMessage // nil if there is none

	Post    *Post        // post.*
	Message *DMEvent     // dm.*
	Deleted *DeletedPost // post.delete
	Source  *User        // follow.*, mute.*, block.*: who did it
	Target  *User        // and to whom
	Change  *Change      // profile.update.*
}

// DeletedPost names a post that is gone.
type DeletedPost struct {
	ID       ID `json:"id"`
	AuthorID ID `json:"author_id"`
}

// Change is a part of a profile before and after it changed.
type Change struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// wireEvent is an event on the wire.
type wireEvent struct {
	ID       ID              `json:"event_uuid"`
	Type     text            `json:"event_type"`
	Tag      text            `json:"tag"`
	Filter   json.RawMessage `json:"filter"`
	Includes json.RawMessage `json:"includes"`
	Payload  json.RawMessage `json:"payload"`
}

// ParseActivity decodes the body of a delivery, whose signature must have been
// checked. Types of events that are not known, and payloads that are not what
// their type promises, are events with a Payload alone; what has no type is no
// event. Errors match smm.ErrInvalid and quote nothing of the body.
func ParseActivity(body []byte) ([]ActivityEvent, error) {
	resp := &httpx.Response{Status: http.StatusOK, Body: body}
	var outer struct {
		Data json.RawMessage `json:"data"`
	}
	if len(body) > maxEventBody || resp.JSON(&outer) != nil {
		return nil, invalid("the body is not one of an event")
	}
	raw := []json.RawMessage{outer.Data}
	if len(outer.Data) > 0 && outer.Data[0] == '[' {
		raw = nil
		if json.Unmarshal(outer.Data, &raw) != nil {
			return nil, invalid("the body is not one of events")
		}
	}
	out := make([]ActivityEvent, 0, len(raw))
	for _, r := range raw {
		var w wireEvent
		if json.Unmarshal(r, &w) != nil || w.Type == "" {
			return nil, invalid("the body has no type of event")
		}
		out = append(out, w.event())
	}
	return out, nil
}

func (w *wireEvent) event() ActivityEvent {
	e := ActivityEvent{ID: w.ID, Type: string(w.Type), Tag: string(w.Tag)}
	into(w.Filter, &e.Filter)
	into(w.Includes, &e.Includes)
	if len(w.Payload) == 0 || string(w.Payload) == "null" {
		return e
	}
	e.Payload = w.Payload
	kind, _, _ := strings.Cut(e.Type, ".")
	switch {
	case e.Type == EventPostDelete:
		if d := new(DeletedPost); into(w.Payload, d) && d.ID != "" {
			e.Deleted = d
		}
	case kind == "post":
		if p := new(Post); into(w.Payload, p) && p.ID != "" {
			e.Post = p
		}
	case kind == "dm":
		if m := new(DMEvent); into(w.Payload, m) && m.ID != "" {
			e.Message = m
		}
	case kind == "follow", kind == "mute", kind == "block":
		var pair struct {
			Source *User `json:"source"`
			Target *User `json:"target"`
		}
		if into(w.Payload, &pair) {
			e.Source, e.Target = pair.Source, pair.Target
		}
	case strings.HasPrefix(e.Type, profileUpdateEvent):
		if c := new(Change); into(w.Payload, c) {
			e.Change = c
		}
	}
	return e
}

// into decodes what is there and reports whether it was what was expected.
func into[T any](raw json.RawMessage, v *T) bool {
	var fresh T
	if len(raw) == 0 || json.Unmarshal(raw, &fresh) != nil {
		return false
	}
	*v = fresh
	return true
}

// Webhook is an address that X delivers events to.
type Webhook struct {
	ID        ID     `json:"id"`
	URL       string `json:"url"`
	Valid     bool   `json:"valid"` // the last check succeeded; X delivers nothing otherwise
	CreatedAt Time   `json:"created_at,omitzero"`
}

// WebhookService registers the addresses of the app. Its methods take the app's
// credential. https://docs.x.com/x-api/webhooks (read August 2026).
type WebhookService struct{ c *Client }

const webhooksPath = "2/webhooks"

// Create registers an address: https, without a port, of at most 200
// characters. X checks it at once (see AnswerCRC), so it must be served already.
func (s *WebhookService) Create(ctx context.Context, address string) (Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Port() != "" || u.User != nil || len(address) > MaxWebhookURL {
		return Webhook{}, invalid("a webhook needs an https address without a port, of at most %d characters", MaxWebhookURL)
	}
	body := struct {
		URL string `json:"url"`
	}{address}
	resp, err := s.c.commitAsApp(ctx, "webhooks.create", http.MethodPost, webhooksPath, nil, httpx.JSON(body))
	r, err := one("webhooks.create", idOfWebhook, resp, err)
	return r.Item, err
}

// List lists the app's addresses.
func (s *WebhookService) List(ctx context.Context) (Page[Webhook], error) {
	q := url.Values{"webhook_config.fields": {"created_at,id,url,valid"}}
	resp, err := s.c.getAsApp(ctx, "webhooks.list", webhooksPath, q)
	return page[Webhook]("webhooks.list", resp, err)
}

// Validate has X check an address again, which an address that failed needs
// before it gets events.
func (s *WebhookService) Validate(ctx context.Context, id ID) error {
	if err := ids(id); err != nil {
		return err
	}
	resp, err := s.c.commitAsApp(ctx, "webhooks.validate", http.MethodPut, httpx.Path(webhooksPath, string(id)), nil, httpx.Body{})
	return done("webhooks.validate", "valid", true, resp, err)
}

// Delete forgets an address.
func (s *WebhookService) Delete(ctx context.Context, id ID) error {
	if err := ids(id); err != nil {
		return err
	}
	resp, err := s.c.commitAsApp(ctx, "webhooks.delete", http.MethodDelete, httpx.Path(webhooksPath, string(id)), nil, httpx.Body{})
	return done("webhooks.delete", "deleted", true, resp, err)
}

// ReplayJob is a delivery of past events.
type ReplayJob struct {
	ID        ID   `json:"job_id"`
	CreatedAt Time `json:"created_at,omitzero"`
}

// Replay delivers the events of a time again, which is cut to minutes.
func (s *WebhookService) Replay(ctx context.Context, id ID, from, to time.Time) (ReplayJob, error) {
	if err := ids(id); err != nil {
		return ReplayJob{}, err
	}
	if from.IsZero() || !from.Before(to) {
		return ReplayJob{}, invalid("a replay needs a start and a later end")
	}
	body := struct {
		ID   ID     `json:"webhook_id"`
		From string `json:"from_date"`
		To   string `json:"to_date"`
	}{id, from.UTC().Format("200601021504"), to.UTC().Format("200601021504")}
	resp, err := s.c.commitAsApp(ctx, "webhooks.replay", http.MethodPost, webhooksPath+"/replay", nil, httpx.JSON(body))
	r, err := one("webhooks.replay", idOfReplay, resp, err)
	return r.Item, err
}

// The types of events that this library has a use for. X has more and adds to
// them; all of its specification may be subscribed to.
const (
	EventPostCreate    = "post.create"
	EventPostDelete    = "post.delete"
	EventPostMention   = "post.mention.create"
	EventPostReply     = "post.reply.create"  // of X's prose; the specification lacks this
	EventPostQuote     = "post.quote.create"  // as above
	EventPostRepost    = "post.repost.create" // as above
	EventLike          = "like.create"
	EventFollow        = "follow.follow"
	EventUnfollow      = "follow.unfollow"
	EventDMReceived    = "dm.received"
	EventDMSent        = "dm.sent"
	EventDMRead        = "dm.read"
	EventMute          = "mute.mute"
	EventUnmute        = "mute.unmute"
	EventBlock         = "block.block"
	EventUnblock       = "block.unblock"
	EventRevoke        = "oauth.revoke" // of X's prose; the specification lacks this
	profileUpdateEvent = "profile.update."
)

// ActivityFilter says whose or what events: a user's, or those with a keyword.
type ActivityFilter struct {
	UserID    ID     `json:"user_id,omitempty"`
	Keyword   string `json:"keyword,omitempty"`
	Direction string `json:"direction,omitempty"` // inbound, outbound; "" for both
}

// SubscriptionParams are the fields of a subscription. WebhookID is where
// events are delivered; without it they are on the app's stream.
type SubscriptionParams struct {
	EventType string         `json:"event_type"`
	Filter    ActivityFilter `json:"filter"`
	Tag       string         `json:"tag,omitempty"` // of the host; it comes back with events; at most 200 characters
	WebhookID ID             `json:"webhook_id,omitempty"`
}

// Subscription is a subscription to events.
type Subscription struct {
	ID        ID             `json:"subscription_id"`
	EventType string         `json:"event_type"`
	Filter    ActivityFilter `json:"filter"`
	Tag       string         `json:"tag,omitempty"`
	WebhookID ID             `json:"webhook_id,omitempty"`
	CreatedAt Time           `json:"created_at,omitzero"`
	UpdatedAt Time           `json:"updated_at,omitzero"`
}

// subscriptionBox is the form of what creates and updates answer.
type subscriptionBox struct {
	Subscription Subscription `json:"subscription"`
}

// ActivityService subscribes to events (the X Activity API, 1,500 subscriptions
// in the self-serve tier). Its methods take the app's credential; events that
// are private to an account need that it has granted the app access.
// https://docs.x.com/x-api/activity (read August 2026).
type ActivityService struct{ c *Client }

const subscriptionsPath = "2/activity/subscriptions"

// Subscribe begins the delivery of events.
func (s *ActivityService) Subscribe(ctx context.Context, p SubscriptionParams) (Subscription, error) {
	switch {
	case p.EventType == "" || strings.Trim(p.EventType, "abcdefghijklmnopqrstuvwxyz._") != "":
		return Subscription{}, invalid("event type %q: want one such as post.create", p.EventType)
	case p.Filter.UserID == "" && p.Filter.Keyword == "":
		return Subscription{}, invalid("a filter needs a user or a keyword")
	case !known(p.Filter.Direction, "inbound", "outbound"):
		return Subscription{}, invalid("direction %q: want inbound or outbound", p.Filter.Direction)
	}
	if p.Filter.UserID != "" {
		if err := ids(p.Filter.UserID); err != nil {
			return Subscription{}, err
		}
	}
	if err := checkDelivery(p.Tag, p.WebhookID); err != nil {
		return Subscription{}, err
	}
	resp, err := s.c.commitAsApp(ctx, "activity.subscribe", http.MethodPost, subscriptionsPath, nil, httpx.JSON(p))
	r, err := one("activity.subscribe", idOfSubscription, resp, err)
	return r.Item.Subscription, err
}

func checkDelivery(tag string, webhook ID) error {
	if utf8.RuneCountInString(tag) > MaxActivityTag {
		return invalid("a tag of more than %d characters", MaxActivityTag)
	}
	if webhook != "" {
		return ids(webhook)
	}
	return nil
}

// List lists the app's subscriptions: 1 to 1,000 on a page.
func (s *ActivityService) List(ctx context.Context, p ListParams) (Page[Subscription], error) {
	q := url.Values{}
	if err := p.into(q); err != nil {
		return Page[Subscription]{}, err
	}
	resp, err := s.c.getAsApp(ctx, "activity.list", subscriptionsPath, q)
	return page[Subscription]("activity.list", resp, err)
}

// Update changes tag and address of a subscription; "" leaves them.
func (s *ActivityService) Update(ctx context.Context, id ID, tag string, webhook ID) (Subscription, error) {
	if err := ids(id); err != nil {
		return Subscription{}, err
	}
	if err := checkDelivery(tag, webhook); err != nil {
		return Subscription{}, err
	}
	body := struct {
		Tag       string `json:"tag,omitempty"`
		WebhookID ID     `json:"webhook_id,omitempty"`
	}{tag, webhook}
	resp, err := s.c.commitAsApp(ctx, "activity.update", http.MethodPut, httpx.Path(subscriptionsPath, string(id)), nil, httpx.JSON(body))
	r, err := one("activity.update", idOfSubscription, resp, err)
	return r.Item.Subscription, err
}

// Delete ends a subscription.
func (s *ActivityService) Delete(ctx context.Context, id ID) error {
	if err := ids(id); err != nil {
		return err
	}
	resp, err := s.c.commitAsApp(ctx, "activity.delete", http.MethodDelete, httpx.Path(subscriptionsPath, string(id)), nil, httpx.Body{})
	return done("activity.delete", "deleted", true, resp, err)
}

// DeleteAll ends up to 100 subscriptions and returns those that X says are
// ended. Problems say why others are not.
func (s *ActivityService) DeleteAll(ctx context.Context, list ...ID) (Page[ID], error) {
	all, err := joined(list, isID)
	if err != nil {
		return Page[ID]{}, err
	}
	resp, err := s.c.commitAsApp(ctx, "activity.delete-all", http.MethodDelete, subscriptionsPath, url.Values{"ids": {all}}, httpx.Body{})
	found, err := page[struct {
		ID      ID   `json:"subscription_id"`
		Deleted bool `json:"deleted"`
	}]("activity.delete-all", resp, err)
	if err != nil {
		return Page[ID]{}, err
	}
	out := Page[ID]{Problems: found.Problems}
	for _, s := range found.Items {
		if s.Deleted {
			out.Items = append(out.Items, s.ID)
		}
	}
	return out, nil
}
