package smmtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// interfaces is which interface a driver needs for a capability.
func interfaces() map[smm.Capability]func(smm.Driver) bool {
	publisher := is[smm.Publisher]
	return map[smm.Capability]func(smm.Driver) bool{
		smm.CapPost: publisher, smm.CapLink: publisher, smm.CapImage: publisher, smm.CapImages: publisher,
		smm.CapVideo: publisher, smm.CapGIF: publisher, smm.CapPoll: publisher, smm.CapQuote: publisher,
		smm.CapThread: publisher, smm.CapReply: publisher, smm.CapMessage: publisher, smm.CapReviewAnswer: publisher,
		smm.CapEdit: is[smm.Editor], smm.CapDelete: is[smm.Deleter], smm.CapDeleteComment: is[smm.Deleter],
		smm.CapListPosts: is[smm.PostLister], smm.CapListComments: is[smm.CommentLister],
		smm.CapListMessages: is[smm.MessageLister], smm.CapListMentions: is[smm.MentionLister],
		smm.CapListReviews: is[smm.ReviewLister], smm.CapTimeline: is[smm.TimelineReader],
		smm.CapHide: is[smm.Hider], smm.CapLike: is[smm.Liker], smm.CapRepost: is[smm.Reposter],
		smm.CapFollow: is[smm.Follower], smm.CapBlock: is[smm.Blocker], smm.CapMute: is[smm.Muter],
		smm.CapReport: is[smm.Reporter], smm.CapPostMetrics: is[smm.MetricReader], smm.CapAcctMetrics: is[smm.MetricReader],
		smm.CapAudience: is[smm.AudienceReader], smm.CapProfile: is[smm.ProfileReader], smm.CapEditProfile: is[smm.ProfileEditor],
		smm.CapSearch: is[smm.Searcher], smm.CapWebhooks: is[smm.WebhookReceiver], smm.CapStream: is[smm.EventStreamer], smm.CapAds: is[smm.AdsProvider],
	}
}

func is[T any](d smm.Driver) bool { _, ok := d.(T); return ok }

// capabilities takes the driver at its word: what it grants must work, what it
// does not must be refused in the right way before anything is written.
func capabilities(t tester, s *suite) {
	s.sub(t, "capabilities", "announced", func(t tester) { s.announced(t) })
	s.sub(t, "capabilities", "limits", func(t tester) { s.limits(t) })
	s.sub(t, "capabilities", "json", func(t tester) { s.capabilitiesJSON(t) })
	s.sub(t, "capabilities", "forms", func(t tester) { s.formsCover(t) })
	for _, op := range append(readOps(), writeOps()...) {
		s.sub(t, "capabilities", op.name, func(t tester) { s.operate(t, op) })
	}
	for _, x := range extras() {
		s.sub(t, "capabilities", string(x.cap), func(t tester) { s.extra(t, x) })
	}
}

func (s *suite) caps(t tester) (*lab, *smm.Client, smm.Capabilities) {
	t.Helper()
	l := s.lab(t)
	c := l.client()
	caps, err := l.channel(c).Capabilities(l.ctx)
	if err != nil {
		t.Fatalf("Capabilities: %v", err)
	}
	return l, c, caps
}

func (s *suite) announced(t tester) {
	l, _, caps := s.caps(t)
	d, table := l.h.NewDriver(t), interfaces()
	if d.Platform() != l.h.Channel.Platform {
		t.Errorf("the driver is of %s, the channel of %s", d.Platform(), l.h.Channel.Platform)
	}
	n := 0
	for x, st := range caps.All() {
		has, known := table[x]
		switch {
		case !known:
			t.Errorf("capability %q is none of package smm's", x)
		case st.State == smm.StateGranted && !has(d):
			t.Errorf("%s is granted, but the driver lacks its interface", x)
		case st.State != smm.StateGranted && st.State != smm.StateNever && st.Cure == "":
			t.Errorf("%s is %s without a cure", x, st.State)
		}
		if st.State == smm.StateGranted {
			n++
		}
	}
	if n == 0 {
		t.Error("nothing is granted")
	}
	if caps.AsOf().IsZero() || caps.AsOf().After(l.clock.Now()) {
		t.Errorf("as of %s, it is %s", caps.AsOf(), l.clock.Now())
	}
	for _, f := range s.forms {
		s.announcedGuarantee(t, caps, f)
	}
}

// announcedGuarantee checks that hosts see the guarantee before they send.
func (s *suite) announcedGuarantee(t tester, caps smm.Capabilities, f Form) {
	t.Helper()
	x := map[smm.CreateKind]smm.Capability{"": smm.CapPost, smm.CreatePost: smm.CapPost, smm.CreateReply: smm.CapReply, smm.CreateMessage: smm.CapMessage}[f.Kind]
	if x == "" || (x == smm.CapPost && f.Name != s.text(t).Name) {
		return
	}
	g := caps.Support(x).Guarantee
	if g == nil {
		t.Errorf("%s is announced without its guarantee", x)
		return
	}
	if err := g.Check(); err != nil || g.Class != f.Class {
		t.Errorf("%s is announced with class %q, form %s has %q (%v)", x, g.Class, f.Name, f.Class, err)
	}
}

func (s *suite) limits(t tester) {
	l, _, caps := s.caps(t)
	limits := caps.Limits()
	if limits.Source == "" || limits.Date.IsZero() || limits.Date.After(l.clock.Now().Add(366*24*time.Hour)) {
		t.Errorf("limits need a source and the date it was read: %q, %s", limits.Source, limits.Date)
	}
	if limits.Text.Max > 0 && limits.Text.Unit == "" {
		t.Error("the limit of text has no unit")
	}
	if counter, ok := l.h.NewDriver(t).(smm.TextCounter); ok {
		if n := counter.CountText(&smm.Post{Text: "plain"}); n.Used != 5 || n.Unit != limits.Text.Unit {
			t.Errorf(`CountText("plain") is %d %s, the limit is in %s`, n.Used, n.Unit, limits.Text.Unit)
		}
	}
}

func (s *suite) capabilitiesJSON(t tester) {
	_, _, caps := s.caps(t)
	a, err := json.Marshal(caps)
	if err != nil {
		t.Fatal(err)
	}
	var back smm.Capabilities
	if err := json.Unmarshal(a, &back); err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(back); err != nil || !bytes.Equal(a, b) {
		t.Errorf("capabilities change on their way through JSON (%v):\n%s\n%s", err, a, b)
	}
}

// formsCover checks that every granted kind of create has a form, so that no
// other topic passes for lack of one.
func (s *suite) formsCover(t tester) {
	l, _, caps := s.caps(t)
	has := func(x smm.Capability, ok func(Form, *smm.Post) bool) {
		t.Helper()
		found := slices.ContainsFunc(s.forms, func(f Form) bool { return ok(f, f.Post("x")) })
		if caps.Has(x) != found {
			t.Errorf("%s granted: %t, form for it: %t", x, caps.Has(x), found)
		}
	}
	media := func(class smm.MediaClass) func(Form, *smm.Post) bool {
		return func(_ Form, p *smm.Post) bool {
			return slices.ContainsFunc(p.Media, func(m smm.Media) bool { return l.classOf(m) == class })
		}
	}
	has(smm.CapImage, media(smm.MediaImage))
	has(smm.CapVideo, media(smm.MediaVideo))
	has(smm.CapGIF, media(smm.MediaGIF))
	has(smm.CapImages, func(_ Form, p *smm.Post) bool { return len(p.Media) > 1 })
	has(smm.CapPoll, func(_ Form, p *smm.Post) bool { return p.Poll != nil })
	has(smm.CapReply, func(f Form, _ *smm.Post) bool { return f.Kind == smm.CreateReply })
	has(smm.CapMessage, func(f Form, _ *smm.Post) bool { return f.Kind == smm.CreateMessage })
}

func (l *lab) classOf(m smm.Media) smm.MediaClass {
	prober, ok := l.h.NewDriver(l.t).(smm.MediaProber)
	if !ok || l.h.Media == nil {
		return smm.MediaImage
	}
	b, err := l.h.Media.OpenMedia(l.ctx, "", m.Name)
	if err != nil {
		l.t.Fatalf("open %s: %v", m.Name, err)
	}
	defer func() { _ = b.Close() }()
	info, err := prober.ProbeMedia(l.ctx, b)
	if err != nil {
		l.t.Fatalf("probe %s: %v", m.Name, err)
	}
	return info.Class
}

// operate calls what is granted and what is not.
func (s *suite) operate(t tester, op operation) {
	l, c, caps := s.caps(t)
	if caps.Has(op.cap) {
		if err := op.call(l, l.channel(c), op.target(l)); err != nil {
			t.Errorf("%s is granted, but: %v", op.cap, err)
		}
		return
	}
	before := l.writes()
	err := op.call(l, l.channel(c), op.target(l))
	l.refusal(caps, op.cap, err)
	if op.target(l).IsZero() { // else preparing the target wrote
		l.unwritten("what is not granted", before)
	}
}

// refusal checks the error for a capability that is not granted.
func (l *lab) refusal(caps smm.Capabilities, x smm.Capability, err error) {
	l.t.Helper()
	var limited *smm.RateLimitError
	switch state := caps.Support(x).State; {
	case state == smm.StateNever && !errors.Is(err, errors.ErrUnsupported):
		l.t.Errorf("%s can never be, but the answer is: %v", x, err)
	case state == smm.StateQuota && !errors.As(err, &limited):
		l.t.Errorf("%s lacks quota, but the answer is: %v", x, err)
	case state != smm.StateNever && state != smm.StateQuota && !errors.Is(err, smm.ErrForbidden) && !errors.Is(err, errors.ErrUnsupported):
		l.t.Errorf("%s is %s, but the answer is: %v", x, state, err)
	}
}

// extra is a create that no form stands for.
type extra struct {
	cap  smm.Capability
	post func(*lab, string) *smm.Post
	n    int // items
}

func extras() []extra {
	return []extra{
		{smm.CapLink, func(_ *lab, mark string) *smm.Post {
			return &smm.Post{Text: mark, Card: &smm.Card{URL: "https://example.com/article", Title: "Title", Description: "Description"}}
		}, 1},
		{smm.CapQuote, func(l *lab, mark string) *smm.Post { return &smm.Post{Text: mark, Quote: visitorPost(l)} }, 1},
		{smm.CapThread, func(_ *lab, mark string) *smm.Post {
			return &smm.Post{Text: mark + " 1", Thread: []smm.Post{{Text: mark + " 2"}, {Text: mark + " 3"}}}
		}, 3},
		{smm.CapPoll, func(_ *lab, mark string) *smm.Post {
			return &smm.Post{Text: mark, Poll: &smm.Poll{Options: []string{"yes", "no"}, Duration: 24 * time.Hour}}
		}, 1},
	}
}

// inThread puts each item after the one that it answers. A real server may tell
// them in another order.
func inThread(items []sim.Item) []sim.Item {
	var out []sim.Item
	for placed := map[string]bool{}; len(out) < len(items); {
		before := len(out)
		for _, i := range items {
			answers := slices.ContainsFunc(items, func(o sim.Item) bool { return o.ID == i.Parent })
			if !placed[i.ID] && (!answers || placed[i.Parent]) {
				placed[i.ID] = true
				out = append(out, i)
			}
		}
		if len(out) == before {
			return items // they answer each other in a circle
		}
	}
	return out
}

func (s *suite) extra(t tester, x extra) {
	s.needCount(t)
	l, c, caps := s.caps(t)
	mark := l.mark()
	p := x.post(l, mark)
	before := l.writes()
	r, err := l.channel(c).Publish(l.ctx, p, &smm.PublishOptions{Wait: time.Hour})
	items := l.items(mark)
	if !caps.Has(x.cap) {
		if err == nil || len(items) != 0 || !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s is not granted, yet: %v, %d items", x.cap, err, len(items))
		}
		l.unwritten("what is not granted", before)
		return
	}
	if err != nil || len(items) != x.n || r.Outcome != smm.OutcomePublished {
		t.Fatalf("%s: %v, outcome %q, %d items, want %d", x.cap, err, r.Outcome, len(items), x.n)
	}
	items = inThread(items)
	for i := 1; i < x.n; i++ {
		if items[i].Parent != items[i-1].ID {
			t.Errorf("part %d answers %q, want %q", i+1, items[i].Parent, items[i-1].ID)
		}
	}
}
