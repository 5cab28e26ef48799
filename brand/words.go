package brand

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

// word is a run of letters, digits and marks, with apostrophes inside.
type word struct {
	start, end int
	key        string // folded
	gap        string // what stands between it and the word before, "" for the first
}

func words(text string) []word {
	var out []word
	start, last := -1, 0
	flush := func(end int) {
		if start < 0 {
			return
		}
		w := text[start:end]
		trimmed := strings.TrimRight(w, "'’")
		end -= len(w) - len(trimmed)
		item := word{start: start, end: end, key: foldTerm(trimmed)}
		if len(out) > 0 {
			item.gap = text[last:start]
		}
		out = append(out, item)
		start, last = -1, end
	}
	for i, r := range text {
		inside := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || start >= 0 && (r == '\'' || r == '’')
		switch {
		case inside && start < 0:
			start = i
		case !inside:
			flush(i)
		}
	}
	flush(len(text))
	return out
}

// foldTerm brings a word into the form in which words are compared.
func foldTerm(s string) string {
	for _, c := range []byte(s) {
		if c >= utf8.RuneSelf {
			return strings.ReplaceAll(cases.Fold().String(norm.NFC.String(s)), "’", "'")
		}
	}
	return strings.ToLower(s)
}

func checkTag(s string) error {
	if s == "" || strings.HasPrefix(s, "#") || strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '_'
	}) {
		return errors.New("want a hashtag without # and without spaces")
	}
	return nil
}

// gapsMatch reports whether the gap of a text can stand for the gap of a term:
// white space for white space, anything else for itself.
func gapsMatch(text, term string) bool {
	if strings.TrimSpace(term) == "" {
		return text != "" && strings.TrimSpace(text) == "" && strings.Count(text, "\n") < 2
	}
	return text == term
}

// technical returns the spans of a text that are no prose: addresses, mentions,
// hashtags, also where the author marked them.
func technical(text string, marked []smm.Entity) (spans, tags []smm.Span) {
	for _, e := range marked {
		if e.Start < 0 || e.End > len(text) || e.Start >= e.End {
			continue
		}
		span := smm.Span{Start: e.Start, End: e.End}
		// The words of a link that is not its own address are prose.
		if e.Kind != smm.EntityLink {
			spans = append(spans, span)
		}
	}
	rules := textx.TwitterRules()
	rules.Mentions, rules.Hashtags = textx.MentionFediverse, textx.HashtagFediverse
	for _, e := range textx.Extract(text, rules) {
		span := smm.Span{Start: e.Start, End: e.End}
		if e.Kind == textx.Hashtag {
			tags = append(tags, span)
		}
		spans = append(spans, span)
	}
	for _, e := range textx.Extract(text, textx.Rules{URLs: textx.MastodonRules().URLs}) {
		spans = append(spans, smm.Span{Start: e.Start, End: e.End})
	}
	return union(append(spans, addresses(text)...)), tags
}

// addresses finds what looks like a mail address: signs on both sides of an @.
func addresses(text string) []smm.Span {
	var out []smm.Span
	for i := 0; ; {
		n := strings.IndexByte(text[i:], '@')
		if n < 0 {
			return out
		}
		at := i + n
		start := i
		if m := strings.LastIndexFunc(text[i:at], notInAddress); m >= 0 {
			_, size := utf8.DecodeRuneInString(text[i+m:])
			start = i + m + size
		}
		end := len(text)
		if m := strings.IndexFunc(text[at+1:], notInAddress); m >= 0 {
			end = at + 1 + m
		}
		if start < at && end > at+1 {
			out = append(out, smm.Span{Start: start, End: end})
		}
		i = at + 1
	}
}

func notInAddress(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._%+-", r)
}

// union sorts spans and joins those that overlap, for covered.
func union(spans []smm.Span) []smm.Span {
	slices.SortFunc(spans, func(a, b smm.Span) int { return cmp.Compare(a.Start, b.Start) })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}

// covered reports whether one of the spans, a union, touches a range.
func covered(spans []smm.Span, start, end int) bool {
	i, _ := slices.BinarySearchFunc(spans, start, func(s smm.Span, at int) int { return cmp.Compare(s.End, at+1) })
	return i < len(spans) && spans[i].Start < end
}
