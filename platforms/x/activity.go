package x

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/internal/httpx"
)

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
