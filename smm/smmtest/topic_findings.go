package smmtest

import (
	"slices"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// findings proves that everything wrong with a post is told at once, and
// before anything is written.
func findings(t tester, s *suite) {
	s.sub(t, "findings", "oversized", func(t tester) { s.oversized(t) })
	s.sub(t, "findings", "missing-media", func(t tester) { s.missingMedia(t) })
	s.sub(t, "findings", "unknown-channel", func(t tester) { s.unknownChannel(t) })
	for _, f := range s.forms {
		s.sub(t, "findings", "valid-"+f.Name, func(t tester) { s.validForm(t, f) })
	}
}

// unwritten reports requests that write, since the last call.
func (l *lab) unwritten(what string, before int) {
	l.t.Helper()
	if n := l.writes() - before; n != 0 {
		l.t.Errorf("%s sent %d requests that write", what, n)
	}
}

func (l *lab) writes() int {
	return requests(l.h.World, sim.Prepare, sim.Commit, sim.Write)
}

func (s *suite) oversized(t tester) {
	l := s.lab(t)
	if l.h.Oversized == nil {
		t.Fatal("the harness has no Oversized post")
	}
	c, before := l.client(), l.writes()
	found, err := l.channel(c).Validate(l.ctx, l.h.Oversized)
	if err != nil {
		t.Fatalf("Validate: %v", err)
	}
	for _, code := range l.h.Codes {
		if !slices.ContainsFunc(found, func(f smm.Finding) bool { return f.Code == code }) {
			t.Errorf("finding %s is missing", code)
		}
	}
	for _, f := range found {
		if f.Code == "" || f.Message == "" || f.Severity == "" {
			t.Errorf("a finding needs code, severity and message: %+v", f)
		}
	}
	if !found.HasErrors() {
		t.Error("nothing stops the oversized post")
	}
	if t.Failed() {
		t.Logf("found: %v", found)
	}
	r, err := l.channel(c).Publish(l.ctx, l.h.Oversized, nil)
	if err == nil || len(r.Findings) < len(found) || r.Outcome != smm.OutcomeNotSent {
		t.Errorf("Publish of the oversized post: outcome %q, %d findings, error %v", r.Outcome, len(r.Findings), err)
	}
	l.unwritten("the oversized post", before)
}

func (s *suite) missingMedia(t tester) {
	l := s.lab(t)
	c := l.client()
	caps, err := l.channel(c).Capabilities(l.ctx)
	if err != nil {
		t.Fatalf("Capabilities: %v", err)
	}
	if !caps.Has(smm.CapImage) && !caps.Has(smm.CapVideo) {
		t.Skip("the channel takes no media")
	}
	before := l.writes()
	p := &smm.Post{Text: l.mark(), Media: []smm.Media{{Name: "no-such-asset.png", AltText: "nothing"}}}
	found, err := l.channel(c).Validate(l.ctx, p)
	if err != nil {
		t.Fatalf("Validate: %v", err)
	}
	if !slices.ContainsFunc(found, func(f smm.Finding) bool {
		return f.Severity == smm.SeverityError && (f.Code == "media.missing" || f.Code == "media.unreadable")
	}) {
		t.Errorf("no finding says that the asset is missing: %v", found)
	}
	l.unwritten("a post with missing media", before)
}

func (s *suite) unknownChannel(t tester) {
	l := s.lab(t)
	c, before := l.client(), l.writes()
	bogus := smm.Ref{Platform: "nosuchplatform", Kind: smm.KindChannel, ID: "1"}
	found, err := c.Validate(l.ctx, &smm.Post{Text: l.mark()}, []smm.Ref{l.h.Channel, bogus})
	if err != nil {
		t.Fatalf("Validate: %v", err)
	}
	if !found.On(bogus).HasErrors() || found.On(l.h.Channel).HasErrors() {
		t.Errorf("want an error on the unknown channel alone: %v", found)
	}
	l.unwritten("validating an unknown channel", before)
}

func (s *suite) validForm(t tester, f Form) {
	l := s.lab(t)
	p, _ := l.post(f)
	before := l.writes()
	found, err := l.channel(l.client()).Validate(l.ctx, p)
	if err != nil {
		t.Fatalf("Validate: %v", err)
	}
	if found.HasErrors() {
		t.Errorf("a valid post has findings that stop it: %v", found)
	}
	kind, err := p.CreateKind()
	if want := f.Kind; err != nil || (want != "" && kind != want) {
		t.Errorf("the post would become a %s, the form says %s (%v)", kind, want, err)
	}
	l.unwritten("validating", before)
}
