package smmtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// lab is one case: a harness and what happened to it.
type lab struct {
	t      tester
	h      *Harness
	ctx    context.Context
	clock  smm.Clock
	log    *sink
	serial *atomic.Int64 // of the suite: labs may share an account

	comment      smm.Ref // a visitor's, under a post of the channel
	own          smm.Ref // that post
	conversation smm.Ref // that a visitor began
}

func (s *suite) lab(t tester) *lab {
	t.Helper()
	h := s.open(t)
	l := &lab{t: t, h: h, ctx: t.Context(), clock: smm.SystemClock(), log: &sink{}, serial: &s.serial}
	if h.World != nil {
		l.clock = h.World.Clock
		checkClock(t, h.World.Clock)
	}
	t.Cleanup(l.noSecrets)
	return l
}

// checkClock refuses a clock that waits to be moved, since nobody moves it.
func checkClock(t tester, c *sim.Clock) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if c.Sleep(ctx, time.Nanosecond) != nil {
		t.Fatal("the world's clock must move by itself: sim.NewWorldAt(sim.NewClock(start, true))")
	}
}

// client is a client in a process that has just started, which takes a moment:
// keys that are made of the time would be equal on a clock that stands still.
func (l *lab) client() *smm.Client {
	l.t.Helper()
	_ = l.clock.Sleep(l.ctx, 10*time.Millisecond)
	opts := []smm.Option{smm.WithClock(l.clock), smm.WithLogger(slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug})))}
	if l.h.Media != nil {
		opts = append(opts, smm.WithMediaStore(l.h.Media))
	}
	c, err := smm.New([]smm.Driver{l.h.NewDriver(l.t)}, opts...)
	if err != nil {
		l.t.Fatalf("smm.New with the harness's driver: %v", err)
	}
	return c
}

func (l *lab) channel(c *smm.Client) *smm.ChannelClient { return c.Channel(l.h.Channel) }

// mark returns a text that no other item of the suite's run has.
func (l *lab) mark() string {
	return fmt.Sprintf("conformance item %04dx", l.serial.Add(1))
}

// public returns who acts for the public, and skips the test if nobody does.
func (l *lab) public() sim.Server {
	l.t.Helper()
	if l.h.Server == nil {
		l.t.Skip("nobody acts for the public: the harness has no Server")
	}
	return l.h.Server
}

// eventually looks until check has nothing to say, for as long as the server
// may lag, and returns what it says in the end.
func (l *lab) eventually(check func() error) error {
	const pause = 25 * time.Millisecond
	for begun := time.Now(); ; {
		err := check()
		if err == nil || time.Since(begun) >= l.h.Lag {
			return err
		}
		select {
		case <-time.After(pause):
		case <-l.ctx.Done():
			return err
		}
	}
}

// awaitPost waits until the server's reads have caught up with a post.
func (l *lab) awaitPost(post smm.Ref) {
	l.t.Helper()
	if l.h.Lag <= 0 {
		return
	}
	ch := l.channel(l.client())
	if err := l.eventually(func() error {
		_, err := ch.Post(l.ctx, post)
		if errors.Is(err, errors.ErrUnsupported) {
			return nil
		}
		return err
	}); err != nil {
		l.t.Fatalf("%s cannot be read %s after it was written: %v", post, l.h.Lag, err)
	}
}

// post makes a post of a form, with something to answer if it is an answer.
func (l *lab) post(f Form) (*smm.Post, string) {
	l.t.Helper()
	mark := l.mark()
	p := f.Post(mark)
	if !p.ReplyTo.IsZero() {
		return p, mark
	}
	switch f.Kind {
	case smm.CreateReply:
		p.ReplyTo = l.visitorComment()
	case smm.CreateMessage:
		p.ReplyTo = l.visitorConversation()
	}
	return p, mark
}

// visitorComment returns a visitor's comment under a post of the channel.
func (l *lab) visitorComment() smm.Ref {
	l.t.Helper()
	if l.comment.IsZero() {
		server := l.public()
		l.own = l.publishText("a post to comment on")
		var err error
		if l.comment, err = server.VisitorPosts(l.ctx, l.h.Visitor, l.own.ID, "a visitor's comment"); err != nil {
			l.t.Fatalf("VisitorPosts under %s: %v", l.own, err)
		}
		l.awaitPost(l.comment.WithKind(smm.KindPost, l.comment.ID))
	}
	return l.comment
}

// visitorConversation returns a conversation that a visitor began.
func (l *lab) visitorConversation() smm.Ref {
	l.t.Helper()
	if !l.conversation.IsZero() {
		return l.conversation
	}
	ref, err := l.public().VisitorWrites(l.ctx, l.h.Visitor, l.h.Handle, "a visitor's message")
	if errors.Is(err, errors.ErrUnsupported) {
		l.t.Skipf("VisitorWrites: %v", err)
	}
	if err != nil {
		l.t.Fatalf("VisitorWrites: %v", err)
	}
	l.conversation = ref
	if got, err := l.channel(l.client()).Conversations(nil).Collect(l.ctx, 1); err == nil && len(got) == 1 {
		l.conversation = got[0].Ref
	} else if err != nil && !errors.Is(err, smm.ErrUnsupported) {
		l.t.Fatalf("list the conversation that the visitor began: %v", err)
	}
	return l.conversation
}

// publishText publishes a plain post in peace and returns its Ref.
func (l *lab) publishText(text string) smm.Ref {
	l.t.Helper()
	for _, f := range l.h.Forms {
		if f.Kind == smm.CreatePost || f.Kind == "" {
			r, err := l.channel(l.client()).Publish(l.ctx, f.Post(text), &smm.PublishOptions{Wait: time.Hour})
			if err != nil {
				l.t.Fatalf("publish %q: %v", text, err)
			}
			l.awaitPost(r.Post)
			return r.Post
		}
	}
	l.t.Skip("no form makes a post of the channel's own")
	return smm.Ref{}
}

// everything returns what became visible, or on a real server is.
func (l *lab) everything() []sim.Item {
	l.t.Helper()
	switch {
	case l.h.Items != nil:
		return l.h.Items(l.t)
	case l.h.World != nil:
		return l.h.World.Ledger.Items()
	}
	l.t.Skip("nothing counts what is public: the harness has neither World nor Items")
	return nil
}

// counts reports whether everything can tell.
func (l *lab) counts() bool { return l.h.Items != nil || l.h.World != nil }

// items returns what became visible with a mark in its text.
func (l *lab) items(mark string) []sim.Item {
	l.t.Helper()
	var out []sim.Item
	for _, i := range l.everything() {
		if i.Platform == l.h.Channel.Platform && !i.Visitor && strings.Contains(i.Text, mark) {
			out = append(out, i)
		}
	}
	return out
}

// item returns what is known of one item.
func (l *lab) item(ref smm.Ref) (sim.Item, bool) {
	l.t.Helper()
	for _, i := range l.everything() {
		if i.ID == ref.ID {
			return i, true
		}
	}
	return sim.Item{}, false
}

// patiently waits out what the platform asks to wait, and tries again.
func (l *lab) patiently(f func() error) error {
	for range 50 {
		err := f()
		after, limited := smm.RetryAfter(err)
		if !limited {
			return err
		}
		_ = l.clock.Sleep(l.ctx, max(after, time.Second))
	}
	return fmt.Errorf("%w: still after 50 waits", smm.ErrRateLimited)
}

// sink collects log output.
type sink struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// noSecrets looks for credentials in everything that was logged, which
// includes every error that a driver returned.
func (l *lab) noSecrets() {
	l.t.Helper()
	l.checkSecrets("the log", l.log.String())
}

func (l *lab) checkSecrets(where, text string) {
	l.t.Helper()
	for _, secret := range l.secrets() {
		if strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) {
			l.t.Errorf("a credential stands in %s", where)
		}
	}
}

func (l *lab) secrets() []string {
	if len(l.h.Secrets) > 0 || l.h.Server == nil {
		return l.h.Secrets
	}
	var out []string
	for _, a := range l.h.Server.Accounts() {
		for _, v := range a.Login {
			if len(v) >= 8 && !strings.Contains(v, "://") && v != a.Handle && v != a.Channel.ID {
				out = append(out, v)
			}
		}
	}
	return out
}
