package utm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// Post returns p with its links tagged for each of the platforms, as variants
// that carry the changed texts; what a variant said before stays. Links are
// looked for in the text and its entities, the card, the first comment, and the
// parts of the thread. An entity whose text is not the address keeps its text,
// and its target is tagged. Vendor options and alternative texts are not
// touched, and neither are addresses without a scheme ("example.com"): most
// platforms do not link them.
//
// v is completed by the labels of p; Values.Platform is set by Post. The changes
// are in the order of platforms, and within one in that of the post. p is not
// changed; the result shares with it what has no tagged links. Errors are those
// of Tags, and match smm.ErrInvalid; no platform is an error too.
func (b *Book) Post(p smm.Post, v Values, platforms ...smm.Platform) (smm.Post, []Change, error) {
	if len(platforms) == 0 {
		return smm.Post{}, nil, fmt.Errorf("%w: no platform to tag the links for", smm.ErrInvalid)
	}
	out := p
	out.Variants = maps.Clone(p.Variants)
	if out.Variants == nil {
		out.Variants = make(map[smm.Platform]smm.Variant, len(platforms))
	}
	v = v.Or(ValuesOf(&p))
	var changes []Change
	for _, platform := range platforms {
		v.Platform = platform
		t, err := b.Tags(v)
		if err != nil {
			return smm.Post{}, nil, fmt.Errorf("%s: %w", platform, err)
		}
		w := tagger{book: b, tags: t, platform: platform}
		seen := out.For(platform)
		variant, changed := w.variant(seen, out.Variants[platform])
		if changed {
			out.Variants[platform] = variant
		}
		changes = append(changes, w.changes...)
	}
	if len(out.Variants) == 0 {
		out.Variants = nil
	}
	return out, changes, nil
}

// tagger tags one post for one platform and collects what it did.
type tagger struct {
	book     *Book
	tags     Tags
	platform smm.Platform
	changes  []Change
}

// variant returns v with the fields of p that have tagged links.
func (w *tagger) variant(p smm.Post, v smm.Variant) (smm.Variant, bool) {
	was := p
	w.post(&p, "")
	changed := false
	if p.Text != was.Text || !slices.Equal(p.Entities, was.Entities) {
		v.Text, v.Entities, changed = &p.Text, p.Entities, true
	}
	if p.Card != nil && p.Card.URL != was.Card.URL {
		v.Card, changed = p.Card, true
	}
	if p.FirstComment != was.FirstComment {
		v.FirstComment, changed = &p.FirstComment, true
	}
	for i := range p.Thread {
		if !sameLinks(&p.Thread[i], &was.Thread[i]) {
			v.Thread, v.NoThread, changed = p.Thread, false, true
			break
		}
	}
	return v, changed
}

func sameLinks(a, b *smm.Post) bool {
	return a.Text == b.Text && slices.Equal(a.Entities, b.Entities) && a.FirstComment == b.FirstComment &&
		(a.Card == nil || a.Card.URL == b.Card.URL)
}

// post tags p in place; it must be the caller's own, and its slices may be
// shared.
func (w *tagger) post(p *smm.Post, path string) {
	p.Text, p.Entities = w.text(p.Text, p.Entities, path+"text")
	if p.Card != nil {
		card := *p.Card
		card.URL = w.link(card.URL, path+"card.url", true)
		p.Card = &card
	}
	if p.FirstComment != "" {
		p.FirstComment, _ = w.text(p.FirstComment, nil, path+"first_comment")
	}
	p.Thread = slices.Clone(p.Thread)
	for i := range p.Thread {
		w.post(&p.Thread[i], fmt.Sprintf("%sthread[%d].", path, i))
	}
}

// link returns the tagged address. visible says that people see it.
func (w *tagger) link(address, path string, visible bool) string {
	c := w.book.tagged(address, w.tags)
	c.Platform, c.Path = w.platform, path
	if !visible {
		c.Longer = 0
	}
	w.changes = append(w.changes, c)
	return c.To
}

// text tags the links of a text: those of its entities, and those that stand in
// it outside of any entity. Entities move along.
func (w *tagger) text(text string, entities []smm.Entity, path string) (string, []smm.Entity) {
	parts := w.parts(text, entities)
	if len(parts) == 0 {
		return text, entities
	}
	entities = slices.Clone(entities)
	var out strings.Builder
	done := 0
	for _, part := range parts {
		out.WriteString(text[done:part.start])
		start, shown := out.Len(), text[part.start:part.end]
		if part.entity < 0 {
			shown = w.link(shown, path, true)
		} else {
			shown = w.entity(&entities[part.entity], shown, path)
			entities[part.entity].Start = start
		}
		out.WriteString(shown)
		if part.entity >= 0 {
			entities[part.entity].End = out.Len()
		}
		done = part.end
	}
	out.WriteString(text[done:])
	return out.String(), entities
}

// entity tags what e points to, and returns the text that it spans.
func (w *tagger) entity(e *smm.Entity, shown, path string) string {
	switch {
	case e.Kind != smm.EntityLink:
		return shown
	case e.Target == "":
		return w.link(shown, path, true)
	}
	visible := e.Target == shown
	e.Target = w.link(e.Target, path, visible)
	if visible {
		return e.Target
	}
	return shown
}

// part is a span of a text that is an entity or, with -1, a bare link.
type part struct {
	span
	entity int
}

// parts returns the spans that matter in order, and none if entities do not fit
// the text or overlap: validation complains about them, and moving them would
// hide it.
func (w *tagger) parts(text string, entities []smm.Entity) []part {
	var out []part
	for i, e := range entities {
		if e.Start < 0 || e.Start > e.End || e.End > len(text) || !utf8.ValidString(text[e.Start:e.End]) {
			return nil
		}
		out = append(out, part{span{e.Start, e.End}, i})
	}
	for _, s := range findLinks(text) {
		if !slices.ContainsFunc(out, func(p part) bool { return p.entity >= 0 && s.start < p.end && p.start < s.end }) {
			out = append(out, part{s, -1})
		}
	}
	slices.SortStableFunc(out, func(a, b part) int { return a.start - b.start })
	end := 0
	for _, p := range out {
		if p.start < end {
			return nil
		}
		end = p.end
	}
	return out
}
