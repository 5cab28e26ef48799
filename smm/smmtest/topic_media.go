package smmtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// media gives every form that has media files that are not what they should be.
// They are found before anything is written, and if nobody looks for findings, the
// delivery fails before the commit.
func media(t tester, s *suite) {
	for _, f := range s.forms {
		if len(f.Post("").Media) == 0 {
			continue
		}
		s.sub(t, "media", f.Name, func(t tester) {
			for _, c := range lies() {
				s.sub(t, "media/"+f.Name, c.name, func(t tester) { s.lying(t, f, c) })
			}
			s.sub(t, "media/"+f.Name, "declared", func(t tester) { s.declared(t, f) })
			s.sub(t, "media/"+f.Name, "renamed", func(t tester) { s.renamed(t, f) })
		})
	}
}

// lie is what stands in place of a file.
type lie struct {
	name   string
	change func(whole []byte) []byte
	// An image that ends early has a head like any other, and nobody reads it to
	// its end: it may be taken. A film's boxes tell.
	mayPass bool
}

func lies() []lie {
	is := func(s string) func([]byte) []byte { return func([]byte) []byte { return []byte(s) } }
	const page = "<!doctype html><html><head><title>Not found</title></head><body>The file is gone.</body></html>"
	return []lie{
		{"empty", is(""), false},
		{"web-page", is(page), false},
		{"web-page-behind-spaces", is("\n \t" + page), false},
		{"text", is(strings.Repeat("not a picture ", 400)), false},
		{"zeros", is(strings.Repeat("\x00", 4096)), false},
		{"script", is("#!/bin/sh\necho hello\n"), false},
		{"archive", is("PK\x03\x04" + strings.Repeat("\x14\x00", 100)), false},
		{"svg", is(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><script>alert(1)</script></svg>`), false},
		{"head-only", func(whole []byte) []byte { return whole[:min(len(whole), 4)] }, false},
		{"half", func(whole []byte) []byte { return whole[:len(whole)/2] }, true},
		{"without-end", func(whole []byte) []byte { return whole[:len(whole)-6] }, true},
	}
}

// overlay is a store in which some assets hold other bytes.
type overlay struct {
	smm.MediaStore
	files map[string][]byte
}

type memoryBlob struct{ *bytes.Reader }

func (memoryBlob) Close() error { return nil }

func (o overlay) OpenMedia(ctx context.Context, t smm.Tenant, name string) (smm.Blob, error) {
	if b, ok := o.files[name]; ok {
		return memoryBlob{bytes.NewReader(b)}, nil
	}
	return o.MediaStore.OpenMedia(ctx, t, name)
}

// lay makes the store of the lab tell lies about the media of a post.
func (l *lab) lay(p *smm.Post, change func([]byte) []byte) {
	l.t.Helper()
	o := overlay{l.h.Media, map[string][]byte{}}
	for _, m := range p.Media {
		o.files[m.Name] = change(l.whole(m.Name))
	}
	l.h.Media = o
}

// whole returns the bytes of an asset.
func (l *lab) whole(name string) []byte {
	l.t.Helper()
	b, err := l.h.Media.OpenMedia(l.ctx, "", name)
	if err != nil {
		l.t.Fatalf("open %q: %v", name, err)
	}
	defer func() { _ = b.Close() }()
	whole, err := io.ReadAll(b)
	if err != nil {
		l.t.Fatalf("read %q: %v", name, err)
	}
	return whole
}

func (s *suite) lying(t tester, f Form, c lie) {
	l := s.lab(t)
	p, mark := l.post(f)
	films := 0
	for _, m := range p.Media {
		if l.class(m.Name) == smm.MediaVideo {
			films++
		}
	}
	l.lay(p, c.change)
	before := l.writes()
	ch := l.channel(l.client())
	found, err := ch.Validate(l.ctx, p)
	if err != nil {
		t.Fatalf("Validate: %v", err)
	}
	l.unwritten("validating", before)
	if !found.HasErrors() {
		if !c.mayPass || films > 0 {
			t.Errorf("nothing stops a post whose files are a lie (%s)", c.name)
		}
		return
	}
	r, err := ch.Publish(l.ctx, p, nil)
	if err == nil || r.Outcome != smm.OutcomeNotSent {
		t.Errorf("Publish: outcome %q, %v", r.Outcome, err)
	}
	l.unwritten("a post whose files are a lie", before)

	// The file changed after somebody looked.
	commits := requests(l.h.World, sim.Commit)
	r, err = ch.Publish(l.ctx, p, &smm.PublishOptions{SkipValidation: true})
	if err == nil {
		t.Errorf("Publish without validation: outcome %q and no error", r.Outcome)
		return
	}
	if _, ok := errors.AsType[*smm.Error](err); !ok || !errors.Is(err, smm.ErrInvalid) && !errors.Is(err, smm.ErrRejected) {
		t.Errorf("Publish without validation: %v, want a *smm.Error that matches ErrInvalid or ErrRejected", err)
	}
	if n := requests(l.h.World, sim.Commit) - commits; n > 0 {
		t.Errorf("%d commits of files that are a lie", n)
	}
	if l.counts() {
		if items := l.items(mark); len(items) > 0 {
			t.Errorf("public although the files are a lie:\n%s", list(items))
		}
	}
}

// declared says of each file that it is of another type.
func (s *suite) declared(t tester, f Form) {
	l := s.lab(t)
	p, mark := l.post(f)
	c := l.client()
	p.Media = slices.Clone(p.Media) // the form may give the same ones to all
	for i := range p.Media {
		p.Media[i].Type = l.another(p.Media[i].Name)
	}
	before := l.writes()
	r, err := l.channel(c).Publish(l.ctx, p, nil)
	if err == nil || !r.Findings.HasErrors() || r.Outcome != smm.OutcomeNotSent {
		t.Errorf("files that are declared as others: outcome %q, findings %v, %v", r.Outcome, r.Findings, err)
	}
	l.unwritten("a post whose files are declared as others", before)
	if l.counts() && len(l.items(mark)) > 0 {
		t.Error("it is public")
	}
}

// another is a type that an asset does not have.
func (l *lab) another(name string) string {
	l.t.Helper()
	if l.class(name) == smm.MediaVideo {
		return "image/jpeg"
	}
	return "video/mp4"
}

// class is what an asset is by its content.
func (l *lab) class(name string) smm.MediaClass {
	l.t.Helper()
	prober, ok := l.h.NewDriver(l.t).(smm.MediaProber)
	if !ok {
		l.t.Skip("the driver is no MediaProber: nobody looks what files are")
	}
	b, err := l.h.Media.OpenMedia(l.ctx, "", name)
	if err != nil {
		l.t.Fatalf("open %q: %v", name, err)
	}
	defer func() { _ = b.Close() }()
	info, err := prober.ProbeMedia(l.ctx, b)
	if err != nil {
		l.t.Fatalf("ProbeMedia of %q: %v", name, err)
	}
	return info.Class
}

// renamed puts a film in place of an image and the other way round, under the old
// name. A name is no promise: the post is refused, or it shows what the file is.
func (s *suite) renamed(t tester, f Form) {
	l := s.lab(t)
	p, mark := l.post(f)
	other := l.ofOtherClass(p.Media[0].Name)
	l.lay(p, func([]byte) []byte { return other })
	r, err := l.channel(l.client()).Publish(l.ctx, p, &smm.PublishOptions{Wait: time.Hour})
	items := []sim.Item(nil)
	if l.counts() {
		items = l.items(mark)
	}
	switch {
	case err == nil && (r.Outcome != smm.OutcomePublished || l.counts() && len(items) != 1):
		t.Errorf("outcome %q without an error, %d public items", r.Outcome, len(items))
	case err != nil && (r.Outcome == smm.OutcomeUnknown || r.Outcome == smm.OutcomePublished || len(items) > 0):
		t.Errorf("outcome %q, %d public items, and %v", r.Outcome, len(items), err)
	}
}

// ofOtherClass returns the bytes of an asset of the harness that is a film if name
// is an image, and the other way round.
func (l *lab) ofOtherClass(name string) []byte {
	l.t.Helper()
	film := l.class(name) == smm.MediaVideo
	for _, f := range l.h.Forms {
		for _, m := range f.Post("").Media {
			if (l.class(m.Name) == smm.MediaVideo) == film {
				continue
			}
			return l.whole(m.Name)
		}
	}
	l.t.Skip("the harness has no media of another class")
	return nil
}
