package keyword

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/smm"
)

// Pattern is one thing to look for.
type Pattern struct {
	Pattern  string            `json:"pattern"`
	Action   moderation.Action `json:"action,omitempty"`   // default moderation.ActionHold
	Category string            `json:"category,omitempty"` // the host's own
	Score    float64           `json:"score,omitzero"`     // 0 to 1
	Plain    bool              `json:"plain,omitempty"`    // match the text as written only, no skeleton
}

// Bounds of patterns. They keep the comparison of a candidate short.
const (
	maxPatternBytes = 256
	maxStars        = 4
	maxStarLetters  = 40 // letters that a star stands for at most
)

// PatternError says what is wrong with one pattern. It matches smm.ErrInvalid.
type PatternError struct {
	List    string // "patterns" or "exceptions"
	Index   int
	Pattern string
	Problem string
}

// Error implements error.
func (e *PatternError) Error() string {
	return fmt.Sprintf("%s[%d] %q: %s", e.List, e.Index, e.Pattern, e.Problem)
}

// Unwrap returns smm.ErrInvalid.
func (e *PatternError) Unwrap() error { return smm.ErrInvalid }

// compiled is a pattern as pieces of letters with stars between.
type compiled struct {
	Pattern
	pieces       [][]cell
	openL, openR bool // a star at the beginning or end
	anchor       int  // the longest piece, by which the automaton finds it
}

func compile(p Pattern) (*compiled, error) {
	switch {
	case !utf8.ValidString(p.Pattern):
		return nil, errors.New("not valid UTF-8")
	case len(p.Pattern) > maxPatternBytes:
		return nil, fmt.Errorf("%d bytes, at most %d allowed", len(p.Pattern), maxPatternBytes)
	case strings.Count(p.Pattern, "*") > maxStars:
		return nil, fmt.Errorf("%d stars, at most %d allowed", strings.Count(p.Pattern, "*"), maxStars)
	case strings.Contains(p.Pattern, "**"):
		return nil, errors.New("two stars in a row: one is enough")
	case !p.Action.Valid():
		return nil, fmt.Errorf("unknown action %q", p.Action)
	case p.Score < 0 || p.Score > 1:
		return nil, fmt.Errorf("score %v: want 0 to 1", p.Score)
	}
	if p.Action == "" {
		p.Action = moderation.ActionHold
	}
	c := &compiled{Pattern: p}
	text := strings.TrimSpace(p.Pattern)
	c.openL, c.openR = strings.HasPrefix(text, "*"), strings.HasSuffix(text, "*")
	for piece := range strings.SplitSeq(strings.Trim(text, "*"), "*") {
		cells := view(piece, false)
		if len(cells) == 0 {
			return nil, errors.New("there is nothing to look for")
		}
		c.pieces = append(c.pieces, cells)
		if len(cells) > len(c.pieces[c.anchor]) {
			c.anchor = len(c.pieces) - 1
		}
	}
	return c, c.check()
}

func (p *compiled) check() error {
	word := 0
	for _, cell := range p.pieces[p.anchor] {
		if cell.r != ' ' {
			word += cell.run
		}
		if spaceless(cell.r) {
			word++ // a single Han character is a word
		}
	}
	first, last := p.pieces[0], p.pieces[len(p.pieces)-1]
	switch {
	case word == 0:
		return errors.New("it has no letter or digit")
	case word < 2 && (p.openL || p.openR || len(p.pieces) > 1):
		return errors.New("a star needs at least two letters beside it, or it matches nearly everything")
	case first[0].r == ' ' || last[len(last)-1].r == ' ':
		return errors.New("it begins or ends with a sign that is no letter or digit, which never matches")
	}
	return nil
}
