package brand

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Automatic returns those findings whose fix may be applied without asking.
func Automatic(fs smm.Findings) smm.Findings {
	var out smm.Findings
	for _, f := range fs {
		if f.Fix != nil && f.Fix.Automatic {
			out = append(out, f)
		}
	}
	return out
}

// ApplyFixes returns a copy of p with the fixes of the findings applied, and
// how many were. p is the post that was checked; for findings of
// smm.Client.Validate on a channel that is post.For(channel.Platform). Findings
// without a fix, fixes that overlap an earlier one, and fixes of a text that
// has changed since are passed over. Entities move along with the text; one
// that a fix cuts through is dropped.
//
// Pass Automatic(fs) to apply only what needs no asking.
func ApplyFixes(p *smm.Post, fs smm.Findings) (smm.Post, int) {
	out := copyPost(p)
	applied := 0
	for _, f := range fieldsOf(&out) {
		var fixes smm.Findings
		for _, x := range fs {
			if x.Path == f.path && x.Fix != nil && x.Span != nil && fits(*f.text, x) {
				fixes = append(fixes, x)
			}
		}
		slices.SortStableFunc(fixes, func(a, b smm.Finding) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
		kept, last := fixes[:0], 0
		for _, x := range fixes {
			if x.Span.Start >= last {
				kept, last = append(kept, x), x.Span.End
			}
		}
		for _, x := range slices.Backward(kept) { // from the end, so that spans stay true
			*f.text = (*f.text)[:x.Span.Start] + x.Fix.Replacement + (*f.text)[x.Span.End:]
			applied++
			if entities := entitiesAt(&out, f.path); entities != nil {
				*entities = move(*entities, *x.Span, x.Fix.Replacement)
			}
		}
	}
	return out, applied
}

// fits reports whether a finding is about this text.
func fits(text string, f smm.Finding) bool {
	s := *f.Span
	return s.Start >= 0 && s.Start <= s.End && s.End <= len(text) && text[s.Start:s.End] == f.Args[argFound]
}

// maxRounds bounds Fix: each round may bring together words that are a term
// only now.
const maxRounds = 8

// Fix applies what is safe until nothing is left of it, and returns the post
// with the findings that remain. Applying it again changes nothing.
func (g *Guide) Fix(ctx context.Context, ch smm.Ref, p *smm.Post) (smm.Post, smm.Findings, error) {
	out := copyPost(p)
	for round := 0; ; round++ {
		found, err := g.Check(ctx, ch, &out)
		if err != nil {
			return out, found, err
		}
		next, n := ApplyFixes(&out, Automatic(found))
		if n == 0 || round == maxRounds {
			return out, found, nil
		}
		out = next
	}
}

// copyPost copies what a fix may change.
func copyPost(p *smm.Post) smm.Post {
	out := *p
	out.Entities = slices.Clone(p.Entities)
	out.Media = slices.Clone(p.Media)
	out.Thread = slices.Clone(p.Thread)
	for i := range out.Thread {
		out.Thread[i] = copyPost(&p.Thread[i])
	}
	if p.Poll != nil {
		poll := *p.Poll
		poll.Options = slices.Clone(p.Poll.Options)
		out.Poll = &poll
	}
	if p.Card != nil {
		card := *p.Card
		out.Card = &card
	}
	return out
}

func entitiesAt(p *smm.Post, path string) *[]smm.Entity {
	for i, f := range append([]*smm.Post{p}, parts(p)...) {
		want := "text"
		if i > 0 {
			want = threadPath(i-1) + "text"
		}
		if path == want {
			return &f.Entities
		}
	}
	return nil
}

// move shifts entities after the span was replaced.
func move(entities []smm.Entity, span smm.Span, replacement string) []smm.Entity {
	delta := len(replacement) - (span.End - span.Start)
	out := entities[:0]
	for _, e := range entities {
		switch {
		case e.End <= span.Start:
		case e.Start >= span.End:
			e.Start, e.End = e.Start+delta, e.End+delta
		case e.Start <= span.Start && span.End <= e.End:
			e.End += delta
			if tag := strings.TrimLeft(replacement, "#＃"); e.Kind == smm.EntityHashtag && strings.EqualFold(tag, e.Target) {
				e.Target = tag
			}
		default:
			continue
		}
		out = append(out, e)
	}
	return out
}
