package xtext

import (
	"math"
	"strings"

	"github.com/smmkit/smmkit/internal/textx"
)

const (
	// MaxLength is the limit of a post, in weighted units.
	MaxLength = 280
	// MaxLongLength is the limit of a post of an account with Premium, in
	// weighted units. The figure is the one commonly given and is not verified:
	// the documentation of the API does not state it, and some clients stop at
	// 4000. Take it as a default that a host may override.
	MaxLongLength = 25000
	// URLLength is what an address counts, in weighted units.
	URLLength = 23
)

// maxLimit keeps the arithmetic of weights in hundredths within an int.
const maxLimit = math.MaxInt / 1000

// Count is what a text measures. All lengths are in weighted units unless they
// say otherwise.
type Count struct {
	// Length is the weighted length of the whole text, rounded down.
	Length int
	// Max is the limit that the text was held against.
	Max int
	// Permillage is Length in thousandths of Max, rounded down: over 1000 if
	// the text is too long, and 0 if Max is.
	Permillage int
	// Valid says that X takes the text: it is not empty, not longer than Max
	// and has no refused character.
	Valid bool
	// Refused says that the text has one of U+FFFE, U+FFFF and U+FEFF, which X
	// takes in no post, whatever its length.
	Refused bool

	// Total is the end of the text.
	Total Position
	// Fits is the end of the longest beginning of the text that is within Max
	// and before a refused character. It is never inside a code point, an
	// emoji or an address; it can be inside a word. What stands before it is
	// what an editor shows as accepted; to shorten a text use [Truncate],
	// since a text that is cut can count more than it did in its context
	// ("example.comet" has no address, "example.com" is one).
	Fits Position
}

// Remaining is how many units are left; negative if the text is too long.
func (c Count) Remaining() int { return c.Max - c.Length }

// Length measures a text against the limit of a post, [MaxLength].
func Length(text string) Count { return LengthMax(text, MaxLength) }

// LengthMax measures a text against a limit of so many weighted units, such as
// [MaxLongLength]. A limit below 0 is taken as 0, which no text is within.
func LengthMax(text string, limit int) Count {
	cfg := textx.TwitterConfig()
	cfg.MaxWeightedLength = min(max(limit, 0), maxLimit)
	w := textx.Weighted(text, cfg)
	c := Count{
		Length: w.Length, Max: cfg.MaxWeightedLength, Permillage: w.Permillage, Valid: w.Valid,
		Refused: strings.IndexFunc(text, isRefused) >= 0,
	}
	c.Fits = AtByte(text, w.ValidBytes)
	c.Total = c.Fits.advance(text, len(text))
	return c
}

func isRefused(r rune) bool { return r == 0xFFFE || r == 0xFFFF || r == 0xFEFF }

// Truncate shortens a text to at most so many weighted units, the ellipsis
// included, and returns a text that fits unchanged. It cuts between characters
// as people see them, never inside an address, a mention, a list or a tag, and
// drops white space before the ellipsis. What it returns is within the limit
// when measured again. It is empty if not even the ellipsis fits.
func Truncate(text string, limit int, ellipsis string) string {
	return textx.Truncate(text, max(limit, 0), textx.TwitterLength, ellipsis, textx.TwitterRules())
}
