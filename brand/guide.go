package brand

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// Guide is a compiled guide. It is immutable and safe for concurrent use.
type Guide struct {
	spec      Spec
	words     vocabulary
	known     map[string]bool // capitals that are no shouting
	bounds    bounds
	platforms map[smm.Platform]bounds
	reviewBy  time.Time // the first moment at which the review is overdue
	now       func() time.Time
}

// bounds are the limits in force on a platform.
type bounds struct {
	tone     Tone
	tags     Hashtags
	alt      AltText
	spelling map[string]string // by folded hashtag
	banned   map[string]bool
}

// New compiles a guide. Everything that is wrong with it is reported at once,
// each with its path, in an error that matches smm.ErrInvalid.
func New(s Spec) (*Guide, error) {
	var errs []error
	bad := func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: guide: %s: %s", smm.ErrInvalid, path, fmt.Sprintf(format, args...)))
	}
	s.check(bad)
	g := &Guide{
		spec: s, words: newVocabulary(s.Vocabulary, bad), known: make(map[string]bool),
		platforms: make(map[smm.Platform]bounds, len(s.Platforms)), now: time.Now,
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	for _, a := range slices.Concat(s.Vocabulary.Acronyms, s.Vocabulary.Names) {
		for _, w := range words(a) {
			g.known[a[w.start:w.end]] = true
		}
	}
	g.bounds = newBounds(s.Tone, s.Hashtags, s.AltText)
	for p, o := range s.Platforms {
		g.platforms[p] = newBounds(o.over(s.Tone, s.Hashtags, s.AltText))
	}
	if day, err := time.Parse(time.DateOnly, s.ReviewBy); err == nil {
		g.reviewBy = day.AddDate(0, 0, 1)
	}
	return g, nil
}

func newBounds(tone Tone, tags Hashtags, alt AltText) bounds {
	b := bounds{tone: tone, tags: tags, alt: alt, spelling: make(map[string]string), banned: make(map[string]bool)}
	for _, t := range tags.Spelling {
		b.spelling[foldTerm(t)] = t
	}
	for _, t := range tags.Banned {
		b.banned[foldTerm(t)] = true
	}
	return b
}

// WithClock returns a guide that takes the time from k, for tests.
func (g *Guide) WithClock(k smm.Clock) *Guide {
	h := *g
	h.now = k.Now
	return &h
}

// Name returns the brand's name.
func (g *Guide) Name() string { return g.spec.Name }

// Voice returns how the brand sounds, for people.
func (g *Guide) Voice() Voice { return g.spec.Voice }

// argFound is the argument of a finding that says what stood at its span.
const argFound = "found"

// Check implements smm.Gate. Spans are bytes of the field at the finding's
// path, as in the post that is given.
//
// The codes are vocabulary.banned, vocabulary.preferred, vocabulary.name,
// tone.exclamations, tone.capitals, tone.emoji, tone.sentence,
// hashtag.too-many, hashtag.spelling, hashtag.case, hashtag.banned,
// media.alt-text, media.alt-text-long and guide.review-overdue.
func (g *Guide) Check(ctx context.Context, ch smm.Ref, p *smm.Post) (smm.Findings, error) {
	b := &g.bounds
	if own, ok := g.platforms[ch.Platform]; ok {
		b = &own
	}
	var out smm.Findings
	for _, f := range fieldsOf(p) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !utf8.ValidString(*f.text) {
			continue // the front reports it, and spans would mean nothing
		}
		for _, x := range g.text(b, f) {
			x.Path = f.path
			out = append(out, x)
		}
	}
	out = append(out, b.altTexts(p, "")...)
	for i, t := range parts(p) {
		out = append(out, b.altTexts(t, threadPath(i))...)
	}
	if !g.reviewBy.IsZero() && !g.now().Before(g.reviewBy) {
		out = append(out, smm.Finding{
			Code: "guide.review-overdue", Severity: smm.SeverityWarning, Args: map[string]string{"due": g.spec.ReviewBy},
			Message: fmt.Sprintf("the guide of %s was due for review by %s", g.spec.Name, g.spec.ReviewBy), Source: "review_by",
		})
	}
	return out, nil
}

// text checks one field.
func (g *Guide) text(b *bounds, f field) []smm.Finding {
	text := *f.text
	if strings.TrimSpace(text) == "" {
		return nil
	}
	skip, tags := technical(text, f.entities)
	var out []smm.Finding
	for _, m := range g.words.find(text, skip) {
		if x, ok := m.finding(text); ok {
			out = append(out, x)
		}
	}
	if !f.prose {
		return out
	}
	t := b.tone
	if t.MaxExclamations != nil {
		out = append(out, exclamations(text, *t.MaxExclamations)...)
	}
	if t.MaxCapsWords != nil {
		out = append(out, capitals(text, *t.MaxCapsWords, g.known, skip)...)
	}
	if t.MaxEmoji != nil {
		out = append(out, emojis(text, *t.MaxEmoji)...)
	}
	if t.MaxSentenceWords != nil {
		out = append(out, sentences(text, *t.MaxSentenceWords)...)
	}
	return append(out, b.hashtags(text, tags)...)
}

func (b *bounds) altTexts(p *smm.Post, prefix string) []smm.Finding {
	var out []smm.Finding
	for i, m := range p.Media {
		path := fmt.Sprintf("%smedia[%d].alt_text", prefix, i)
		n := utf8.RuneCountInString(m.AltText)
		switch {
		case b.alt.Required != nil && *b.alt.Required && strings.TrimSpace(m.AltText) == "" && !strings.HasPrefix(m.Type, "audio/"):
			out = append(out, smm.Finding{
				Code: "media.alt-text", Severity: smm.SeverityError, Path: path, Args: map[string]string{"media": m.Name},
				Message: fmt.Sprintf("%s has no text alternative: say what there is to see", m.Name),
			})
		case b.alt.Max != nil && n > *b.alt.Max:
			x := overBound("media.alt-text-long", n, *b.alt.Max, smm.Span{End: len(m.AltText)}, m.AltText, "a text alternative of %d characters, at most %d")
			x.Path = path
			out = append(out, x)
		}
	}
	return out
}
