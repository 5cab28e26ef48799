package textx

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SplitOptions say how [Split] makes the parts of a thread.
type SplitOptions struct {
	// Limit is the largest length of a part in units of Count, with its
	// number. It must be positive.
	Limit int
	// Count defaults to [Graphemes].
	Count Counter
	// Rules find what must stay whole.
	Rules Rules
	// Number returns what is added to the end of a part, such as " 2/5";
	// part counts from 1. nil adds nothing. It is not called for a text that
	// fits in one part.
	Number func(part, total int) string
}

// SplitError reports a stretch of text that must stay whole but is longer
// than a part may be.
type SplitError struct {
	Start, End int // bytes of the text
	Limit      int
}

func (e *SplitError) Error() string {
	return fmt.Sprintf("textx: bytes %d to %d must stay together but are longer than a part of %d units may be: raise the limit or shorten them", e.Start, e.End, e.Limit)
}

// maxNumberings bounds the search for a total that the numbers agree with.
const maxNumberings = 8

// Split cuts a long text into the parts of a thread. Every part is within the
// limit; no grapheme, URL, mention or tag is cut. Parts end, by preference, at
// the end of a paragraph, sentence or word; white space at the cut is
// dropped. An empty or blank text has no parts. The error is a [*SplitError],
// or says that an option is wrong.
func Split(text string, o SplitOptions) ([]string, error) {
	if o.Limit <= 0 {
		return nil, fmt.Errorf("textx: split limit is %d: it must be positive", o.Limit)
	}
	if o.Count == nil {
		o.Count = Graphemes
	}
	lead := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return nil, nil
	}
	if o.Count(trimmed) <= o.Limit {
		return []string{trimmed}, nil
	}
	s := splitter{SplitOptions: o, text: trimmed, points: cutPoints(trimmed, o.Rules), lead: lead}
	total := 2
	for range maxNumberings {
		parts, err := s.split(total)
		if err != nil {
			return nil, err
		}
		if len(parts) == total || o.Number == nil {
			return parts, nil
		}
		total = max(len(parts), total+1)
	}
	// The total grew with each try: settle for numbers of the largest one.
	return s.split(total)
}

type splitter struct {
	SplitOptions
	text   string
	points []int
	lead   int // white space dropped before text, for offsets in errors
}

func (s *splitter) split(total int) ([]string, error) {
	var parts []string
	from := 0 // index into points
	for from < len(s.points)-1 {
		suffix := ""
		if s.Number != nil {
			suffix = s.Number(len(parts)+1, total)
		}
		start := s.points[from]
		rest := s.points[from+1:]
		last := furthest(rest, func(end int) bool {
			return s.Count(strings.TrimSpace(s.text[start:end])+suffix) <= s.Limit
		})
		if last < 0 {
			return nil, &SplitError{Start: s.lead + start, End: s.lead + rest[0], Limit: s.Limit}
		}
		best := last
		if rest[last] != len(s.text) {
			best = s.bestBreak(start, rest[:last+1])
		}
		if part := strings.TrimSpace(s.text[start:rest[best]]); part != "" {
			parts = append(parts, part+suffix)
		}
		from += best + 1
	}
	return parts, nil
}

// bestBreak chooses among the ends that fit: the last paragraph end in the
// second half, else the last sentence end in the second half, else the last
// word end, else the last of all.
func (s *splitter) bestBreak(start int, ends []int) int {
	half := start + (ends[len(ends)-1]-start)/2
	best, bestRank := len(ends)-1, 0
	for i, end := range slices.Backward(ends) {
		rank := breakRank(s.text, end)
		if end < half && rank > wordBreak {
			rank = wordBreak
		}
		if rank > bestRank {
			best, bestRank = i, rank
		}
		if bestRank == paragraphBreak || end < half && bestRank > 0 {
			break
		}
	}
	return best
}

const (
	wordBreak = iota + 1
	sentenceBreak
	paragraphBreak
)

// breakRank says how good it is to end a part at byte i of text.
func breakRank(text string, i int) int {
	before, after := text[:i], text[i:]
	next := firstRune(after)
	trimmed := strings.TrimRightFunc(before, unicode.IsSpace)
	space := before[len(trimmed):]
	last, _ := utf8.DecodeLastRuneInString(trimmed)
	switch {
	case unicode.IsSpace(next):
		return 0 // the break behind the white space is the same one
	case strings.Count(space, "\n") > 1:
		return paragraphBreak
	case strings.ContainsRune("。！？", last):
		if strings.ContainsRune("」』）”’", next) {
			return 0
		}
		return sentenceBreak
	case space == "":
		if isUnspaced(last) && isUnspaced(next) || isUnspaced(next) && last != '（' && last != '「' && last != '『' && !unicode.IsLetter(last) {
			return wordBreak
		}
		return 0
	case endsSentence(trimmed) || strings.Contains(space, "\n"):
		return sentenceBreak
	}
	return wordBreak
}

// isUnspaced are characters of scripts written without spaces, where a line
// may be broken before nearly any.
func isUnspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) && !strings.ContainsRune("々ーゃゅょっャュョッ", r)
}

func endsSentence(s string) bool {
	s = strings.TrimRight(s, `"')]”’»`)
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?…؟।", r)
}
