package xtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

const (
	crcLimit         = 10 * time.Second
	maxWebhookURL    = 200
	maxSubscriptions = 1500
)

type webhook struct {
	serial  uint64
	id, url string
	app     *app
	created time.Time
	valid   bool
}

type subscription struct {
	serial             uint64
	id                 string
	app                *app
	kind, tag          string
	user               *user
	keyword, direction string
	hook               *webhook
	created, updated   time.Time
}

// delivery is an event on its way to a webhook.
type delivery struct {
	hook *webhook
	kind string
	body []byte
	at   time.Time
}

func (s *Server) hookRoutes() []route {
	hooks, subs := Quotas{App: 450}, Quotas{App: 500}
	return []route{
		{pattern: "POST /2/webhooks", class: sim.Write, auth: appOrOld, limits: hooks, handler: s.createWebhook},
		{pattern: "GET /2/webhooks", class: sim.Read, auth: onlyApp, query: []string{"webhook_config.fields"}, limits: hooks, handler: s.listWebhooks},
		{pattern: "PUT /2/webhooks/{webhook_id}", class: sim.Write, auth: appOrOld, limits: hooks, handler: s.withHook(s.checkWebhook)},
		{pattern: "DELETE /2/webhooks/{webhook_id}", class: sim.Write, auth: appOrOld, limits: hooks, handler: s.withHook(s.dropWebhook)},
		{pattern: "POST /2/webhooks/replay", class: sim.Write, auth: onlyApp, limits: hooks, handler: s.replay},
		{pattern: "POST /2/activity/subscriptions", class: sim.Write, auth: anyone, limits: subs, handler: s.subscribe},
		{pattern: "GET /2/activity/subscriptions", class: sim.Read, auth: anyone, scopes: []string{"tweet.read", "like.read"}, query: pageParams, limits: subs, page: [2]int{1, 1000}, handler: s.listSubscriptions},
		{pattern: "PUT /2/activity/subscriptions/{subscription_id}", class: sim.Write, auth: onlyApp, limits: subs, handler: s.withSubscription(s.changeSubscription)},
		{pattern: "DELETE /2/activity/subscriptions/{subscription_id}", class: sim.Write, auth: onlyApp, limits: subs, handler: s.withSubscription(s.dropSubscription)},
		{pattern: "DELETE /2/activity/subscriptions", class: sim.Write, auth: onlyApp, query: []string{"ids"}, limits: subs, handler: s.dropSubscriptions},
	}
}

func (h *webhook) json() object {
	return object{"id": h.id, "url": h.url, "valid": h.valid, "created_at": stamp(h.created)}
}

// createWebhook registers an address that answers the challenge.
func (s *Server) createWebhook(c *call) reply {
	var q struct {
		URL string `json:"url"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	u, err := url.Parse(q.URL)
	strict := !s.opts.LooseWebhooks
	switch {
	case err != nil || u.Host == "" || len(q.URL) > maxWebhookURL || strict && (u.Scheme != "https" || u.Port() != ""):
		return invalid("url", q.URL, "The url must be an https address without a port, of at most 200 characters.")
	case slices.ContainsFunc(s.hooks, func(h *webhook) bool { return h.app == c.app && h.url == q.URL }):
		return invalid("url", q.URL, "A webhook with this url exists already.")
	}
	a, ctx := c.app, c.req.Context()
	return reply{after: func() reply {
		if !s.challenge(ctx, a, q.URL) {
			return problem(http.StatusBadRequest, "invalid-request", "CrcValidationFailed", "Crc validation failed during webhook creation.")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		h := &webhook{url: q.URL, app: a, created: s.now(), valid: true}
		h.serial, h.id = s.next(s.now())
		s.hooks = append(s.hooks, h)
		return data(h.json())
	}}
}

// challenge asks an address to prove that it knows the consumer secret. The
// server's mutex must be free: whoever is asked may call the server.
func (s *Server) challenge(ctx context.Context, a *app, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, crcLimit)
	defer cancel()
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	token, q, begun := secretWord(), u.Query(), s.now()
	q.Set("crc_token", token)
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return false
	}
	resp, err := s.opts.Webhooks.RoundTrip(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Token string `json:"response_token"`
	}
	if json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&answer) != nil || resp.StatusCode != http.StatusOK {
		return false
	}
	return hmac.Equal([]byte(answer.Token), []byte(sign(a, []byte(token)))) && s.since(begun) <= crcLimit
}

// sign is the signature of challenges and events.
func sign(a *app, b []byte) string {
	mac := hmac.New(sha256.New, []byte(a.keySecret))
	mac.Write(b)
	return "sha256=" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Server) listWebhooks(c *call) reply {
	out := []object{}
	for _, h := range s.hooks {
		if h.app == c.app {
			out = append(out, h.json())
		}
	}
	return ok(object{"data": out, "meta": object{"result_count": len(out)}})
}

func (s *Server) withHook(h func(*call, *webhook) reply) func(*call) reply {
	return func(c *call) reply {
		id := c.path("webhook_id")
		if w := s.hook(c.app, id); w != nil {
			return h(c, w)
		}
		return ok(withErrors(object{}, []object{missing("webhook", "webhook_id", id)}))
	}
}

func (s *Server) hook(a *app, id string) *webhook {
	for _, w := range s.hooks {
		if w.id == id && w.app == a {
			return w
		}
	}
	return nil
}

func (s *Server) checkWebhook(c *call, h *webhook) reply {
	ctx := c.req.Context()
	return reply{after: func() reply { return data(object{"valid": s.recheck(ctx, h)}) }}
}

func (s *Server) recheck(ctx context.Context, h *webhook) bool {
	valid := s.challenge(ctx, h.app, h.url)
	s.mu.Lock()
	defer s.mu.Unlock()
	h.valid = valid
	return valid
}

// CheckWebhooks challenges every webhook, as the vendor does from time to time.
// Those that fail get no events until they pass again.
func (s *Server) CheckWebhooks(ctx context.Context) {
	s.mu.Lock()
	hooks := slices.Clone(s.hooks)
	s.mu.Unlock()
	for _, h := range hooks {
		s.recheck(ctx, h)
	}
}

func (s *Server) dropWebhook(_ *call, h *webhook) reply {
	s.hooks = slices.DeleteFunc(s.hooks, func(o *webhook) bool { return o == h })
	s.subs = slices.DeleteFunc(s.subs, func(o *subscription) bool { return o.hook == h })
	return data(object{"deleted": true})
}

// replay sends the events of a range of time once more.
func (s *Server) replay(c *call) reply {
	var q struct {
		ID   string `json:"webhook_id"`
		From string `json:"from_date"`
		To   string `json:"to_date"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	h := s.hook(c.app, q.ID)
	from, err1 := time.Parse("200601021504", q.From)
	to, err2 := time.Parse("200601021504", q.To)
	if h == nil || err1 != nil || err2 != nil || to.Before(from) {
		return invalid("webhook_id", q.ID, "The webhook does not exist, or the dates are not of the form yyyymmddhhmm.")
	}
	_, id := s.next(s.now())
	for _, d := range s.delivered {
		if d.hook == h && !d.at.Before(from) && d.at.Before(to.Add(time.Minute)) {
			s.queue = append(s.queue, d)
		}
	}
	return data(object{"job_id": id, "created_at": stamp(s.now())})
}

// emit queues an event for the subscriptions to it. About is whom it happened
// to, which is inbound, and by who did it, nil if that is the same.
func (s *Server) emit(kind string, about, by *user, payload object) {
	for _, sub := range s.subs {
		text, _ := payload["text"].(string)
		switch {
		case sub.kind != kind || sub.hook == nil || !sub.hook.valid:
			continue
		case sub.keyword != "" && !strings.Contains(lower(text), lower(sub.keyword)):
			continue
		case sub.user == nil, sub.user == about && sub.direction != "outbound", sub.user == by && by != nil && sub.direction != "inbound",
			sub.user == about && by == nil:
		default:
			continue
		}
		_, id := s.next(s.now())
		body, err := json.Marshal(object{"data": object{
			"event_uuid": id, "event_type": kind, "filter": sub.filter(), "tag": sub.tag, "payload": payload,
		}})
		if err != nil {
			panic(err) // made of strings
		}
		s.queue = append(s.queue, &delivery{hook: sub.hook, kind: kind, body: body, at: s.now()})
	}
}

// eventPost is a post as events tell of it.
func (s *Server) eventPost(p *post) object {
	o := object{
		"id": p.id, "text": p.short(), "author_id": p.author.id, "created_at": stamp(p.created), "conversation_id": p.conversation().id,
	}
	s.put(o, "edit_history_post_ids", history(p))
	if p.replyTo != nil {
		o["in_reply_to_user_id"] = p.replyTo.author.id
	}
	var refs []object
	for _, r := range references(p) {
		refs = append(refs, object{"type": r.kind, "id": r.post.id})
	}
	if refs != nil {
		s.put(o, "referenced_posts", refs)
	}
	return o
}

// announce tells of a new post.
func (s *Server) announce(p *post) {
	o := s.eventPost(p)
	s.emit("post.create", p.author, nil, o)
	for _, u := range p.mentions {
		if u != p.author {
			s.emit("post.mention.create", u, nil, o)
		}
	}
	if p.replyTo != nil && p.replyTo.author != p.author {
		s.emit("post.reply.create", p.replyTo.author, p.author, o)
	}
	if p.quote != nil && p.quote.author != p.author {
		s.emit("post.quote.create", p.quote.author, p.author, o)
	}
}

// Order is how a batch of events reaches a webhook. The zero Order is the order
// in which they happened, each once.
type Order struct {
	Reversed bool
	Twice    bool // each once more, after all came once
	Most     int  // at most so many, if not 0; the rest waits
}

// Deliver sends the events that wait; nil means the zero Order. It returns how
// many were answered with 200 and how many were not. The latter can be had by
// replay.
func (s *Server) Deliver(ctx context.Context, o *Order) (taken, failed int) {
	if o == nil {
		o = &Order{}
	}
	s.mu.Lock()
	n := len(s.queue)
	if o.Most > 0 {
		n = min(n, o.Most)
	}
	batch := slices.Clone(s.queue[:n])
	s.queue = slices.Delete(s.queue, 0, n)
	for _, d := range batch {
		s.charge(d.hook.app, "webhook", []cost{{kind: eventPrice(d.kind)}})
		if !slices.Contains(s.delivered, d) {
			s.delivered = append(s.delivered, d)
		}
	}
	s.mu.Unlock()
	if o.Reversed {
		slices.Reverse(batch)
	}
	if o.Twice {
		batch = append(batch, batch...)
	}
	for _, d := range batch {
		if s.send(ctx, d) {
			taken++
		} else {
			failed++
		}
	}
	return taken, failed
}

// push delivers what waits, if Options say so. The server's mutex must be free.
func (s *Server) push() {
	if s.opts.PushEvents {
		s.Deliver(context.Background(), nil)
	}
}

func (s *Server) send(ctx context.Context, d *delivery) bool {
	ctx, cancel := context.WithTimeout(ctx, crcLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.hook.url, bytes.NewReader(d.body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("x-twitter-webhooks-signature", sign(d.hook.app, d.body))
	resp, err := s.opts.Webhooks.RoundTrip(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode == http.StatusOK
}
