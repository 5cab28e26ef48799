package bluesky

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// NotificationService has the methods of app.bsky.notification.
type NotificationService service

// NotificationPage is a page of notifications.
type NotificationPage struct {
	Cursor        string         `json:"cursor"`
	Notifications []Notification `json:"notifications"`
	SeenAt        string         `json:"seenAt"`
}

func (p *NotificationPage) lacking() bool { return p.Notifications == nil }

// List lists notifications, newest first, of all reasons or of those given.
// Reading changes nothing; UpdateSeen does.
func (s *NotificationService) List(ctx context.Context, reasons []string, p Page) (*NotificationPage, error) {
	v := p.values()
	if len(reasons) > 0 {
		v["reasons"] = reasons
	}
	return read[NotificationPage](ctx, s.c, s.c.query("app.bsky.notification.listNotifications", v))
}

// UpdateSeen marks everything up to a time as seen.
func (s *NotificationService) UpdateSeen(ctx context.Context, at time.Time) error {
	_, err := s.c.http.Write(ctx, s.c.procedure("app.bsky.notification.updateSeen", struct {
		SeenAt string `json:"seenAt"`
	}{formatTime(at)}, 0))
	return err
}

// pollInterval is how often StreamEvents asks: well within what the server
// allows for one account among hundreds at one address.
const pollInterval = 30 * time.Second

// StreamEvents implements smm.EventStreamer by asking for notifications again
// and again: the network has no webhooks, and its firehose carries everybody's
// records. It begins with what happens after the call, oldest first.
func (d *Driver) StreamEvents(ctx context.Context, channel smm.Ref) iter.Seq2[smm.Event, error] {
	return func(yield func(smm.Event, error) bool) {
		c, err := d.client(ctx, channel)
		if err != nil {
			yield(smm.Event{}, err)
			return
		}
		p := &poller{c: c, channel: channel, seen: make(map[string]bool)}
		for first := true; ; first = false {
			events, err := p.poll(ctx, first)
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
			if err == nil {
				err = d.clock.Sleep(ctx, pollInterval)
			}
			if err != nil {
				yield(smm.Event{}, err)
				return
			}
		}
	}
}

// poller remembers what it told.
type poller struct {
	c       *Client
	channel smm.Ref
	seen    map[string]bool // ids of the newest notifications, up to the last page read
	since   time.Time
}

const maxPollPages = 10

// poll returns what is new, oldest first. The first poll only learns what is
// old.
func (p *poller) poll(ctx context.Context, first bool) ([]smm.Event, error) {
	var fresh []smm.Event
	seen, newest := make(map[string]bool), p.since
	cursor := ""
	for range maxPollPages {
		page, err := p.c.Notifications.List(ctx, nil, Page{Cursor: cursor, Limit: 100})
		if err != nil {
			return nil, err
		}
		old := false
		for _, n := range page.Notifications {
			e := n.event(p.channel)
			seen[e.ID] = true
			if e.At.After(newest) {
				newest = e.At
			}
			if p.seen[e.ID] || e.At.Before(p.since) {
				old = true
			} else {
				fresh = append(fresh, e)
			}
		}
		if cursor = page.Cursor; first || old || cursor == "" {
			break
		}
	}
	p.seen, p.since = seen, newest
	if first {
		return nil, nil
	}
	slices.Reverse(fresh)
	return fresh, nil
}

// eventKinds are the reasons that the model has a word for.
var eventKinds = map[string]smm.EventKind{
	"like": smm.EventLiked, "repost": smm.EventReposted, "follow": smm.EventFollowed,
	"like-via-repost": smm.EventLiked, "repost-via-repost": smm.EventReposted,
	"mention": smm.EventMessageReceived, "reply": smm.EventMessageReceived, "quote": smm.EventMessageReceived,
}

func (n *Notification) event(channel smm.Ref) smm.Event {
	e := smm.Event{
		ID: n.Reason + " " + n.URI, Kind: smm.EventOther, Channel: channel, Actor: toAuthor(n.Author),
		At: parseTime(n.IndexedAt), Native: n.Raw,
	}
	if kind, ok := eventKinds[n.Reason]; ok {
		e.Kind = kind
	}
	switch {
	case e.Kind == smm.EventMessageReceived && n.words():
		m := n.message(channel)
		e.Message, e.Subject = &m, m.Ref
	case n.Subject != "":
		e.Subject = postRef(n.Subject)
	case e.Kind == smm.EventFollowed:
		e.Subject = channel
	}
	return e
}
