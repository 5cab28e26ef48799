package smm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func TestALinkIsPutIntoTheWholePost(t *testing.T) {
	f, g := newFake("x"), newFake("y")
	g.caps[smm.CapLink] = smm.Support{State: smm.StateGranted}
	g.limits = smm.Limits{Text: smm.TextLimits{Max: 140, Unit: smm.UnitCodePoints}}
	c, clock := newClient(t, nil, f, g)
	parent, _, err := c.Plan(t.Context(), &smm.Post{Text: "film"}, []smm.Ref{f.channel()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	opts := &smm.PublishOptions{After: &smm.After{Parent: parent[0].ID, Relation: smm.RelationLink}}
	post := &smm.Post{
		Text: "a {link} b #c {link}", Card: &smm.Card{URL: smm.LinkPlaceholder}, FirstComment: "see {link}",
		Entities: []smm.Entity{{Kind: smm.EntityLink, Start: 2, End: 8, Target: smm.LinkPlaceholder}, {Kind: smm.EntityHashtag, Start: 11, End: 13, Target: "c"}},
	}
	_, _, err = c.Plan(t.Context(), post, []smm.Ref{g.channel()}, opts)
	wantIs(t, err, smm.ErrInvalid) // two addresses of the stated length do not fit
	g.limits.Text.Max = 2*smm.LinkLength + len("a  b #c ")
	c, _ = newClient(t, nil, f, g)
	ds, findings, err := c.Plan(t.Context(), post, []smm.Ref{g.channel()}, opts)
	if err != nil {
		t.Fatal(err, findings)
	}
	_, err = c.Publish(t.Context(), post, []smm.Ref{g.channel()}, opts)
	wantIs(t, err, smm.ErrInvalid)

	child, now := ds[0], clock.Now()
	wantEqual(t, "phase", child.Phase, smm.PhaseWaiting)
	done := *parent[0]
	done.Phase, done.Outcome = smm.PhasePublished, smm.Outcome{Post: f.ref(smm.KindPost, "1"), Evidence: smm.EvidenceReply}
	if err := child.Link(&done, now); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "phase without an address", child.Phase, smm.PhaseWaiting)
	done.Outcome.URL = "https://x.example/1"
	if err := child.Link(&done, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "phase", child.Phase, smm.PhasePreparing)
	p := child.Request.Post
	wantEqual(t, "text", p.Text, "a https://x.example/1 b #c https://x.example/1")
	wantEqual(t, "card", p.Card.URL, "https://x.example/1")
	wantEqual(t, "link entity", p.Text[p.Entities[0].Start:p.Entities[0].End], p.Entities[0].Target)
	wantEqual(t, "hashtag", p.Text[p.Entities[1].Start:p.Entities[1].End], "#c")
	wantEqual(t, "the host's post", post.Text+post.Card.URL, "a {link} b #c {link}{link}")
	if !p.ReplyTo.IsZero() {
		t.Errorf("it answers %s", p.ReplyTo)
	}
	child.Phase, child.Outcome = smm.PhasePublished, smm.Outcome{Post: g.ref(smm.KindPost, "2")}
	if err := ds[1].Link(child, now); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "comment", ds[1].Request.Post.Text, "see https://x.example/1")
	wantEqual(t, "comment answers", ds[1].Request.Post.ReplyTo, g.ref(smm.KindPost, "2"))
}

func TestAManualTaskInTheProtocol(t *testing.T) {
	c, clock := newClient(t, nil)
	board := smm.Ref{Platform: "paper", Kind: smm.KindChannel, ID: "b"}
	r, err := c.Publish(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{board}, &smm.PublishOptions{
		Manual: &smm.ManualOptions{Remind: 10 * time.Minute}, Policy: smm.Policy{StaleAfter: start.Add(15 * time.Minute)},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantIs(t, r[0].Err, smm.ErrNotDone)
	d := r[0].Deliveries[0]
	for _, want := range []time.Duration{10 * time.Minute, 15*time.Minute + time.Microsecond} {
		cmd, _ := smm.Next(d, clock.Now())
		wantEqual(t, "command", cmd, smm.CommandTask)
		if err := d.Remind(clock.Now()); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "wake", d.Wake.Sub(start), want)
		wantEqual(t, "deadline", d.Deadline(clock.Now()), d.Wake)
		clock.Advance(d.Wake.Sub(clock.Now()))
	}
	cmd, _ := smm.Next(d, clock.Now())
	wantEqual(t, "command", cmd, smm.CommandExpire)
	wantIs(t, d.Done(smm.Ref{}, "https://x.example", smm.EvidenceReply, clock.Now()), smm.ErrInvalid)
	if err := d.Done(board.WithKind(smm.KindPost, "1"), "", smm.EvidenceHuman, clock.Now()); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "phase", d.Phase, smm.PhasePublished)
	wantIs(t, d.Remind(clock.Now()), smm.ErrInvalid)
}

func FuzzCheckWebURL(f *testing.F) {
	for _, s := range []string{"", "https://x.example/1", "http://[::1]/", "https:///x", "javascript:alert(1)", "https://a:b@c", "https://x y", "HTTPS://X"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if smm.CheckWebURL(s) == nil && !strings.HasPrefix(strings.ToLower(s), "http") {
			t.Errorf("%q passes", s)
		}
	})
}
