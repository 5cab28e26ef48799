package xtext

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Position is one place in a text, between two characters, as three offsets
// from its start.
type Position struct {
	// Byte indexes the Go string.
	Byte int
	// Rune counts code points, each invalid byte as one.
	Rune int
	// UTF16 counts UTF-16 code units, as JavaScript, Java and the ranges of
	// twitter-text do: 2 for a code point above U+FFFF, otherwise 1.
	UTF16 int
}

// Span is a part of a text: from Start up to, and without, End.
type Span struct {
	Start, End Position
}

// In returns the part of the text.
func (s Span) In(text string) string { return text[s.Start.Byte:s.End.Byte] }

// AtByte is the place so many bytes into the text. An offset inside a code
// point gives the place before it, one outside the text the nearer end; so it
// is with [AtRune] and [AtUTF16].
func AtByte(text string, n int) Position { return Position{}.advance(text, n) }

// AtRune is the place so many code points into the text.
func AtRune(text string, n int) Position {
	return Position{}.walk(text, func(p Position) bool { return p.Rune <= n })
}

// AtUTF16 is the place so many UTF-16 code units into the text.
func AtUTF16(text string, n int) Position {
	return Position{}.walk(text, func(p Position) bool { return p.UTF16 <= n })
}

// advance goes on to so many bytes from the start of the text.
func (p Position) advance(text string, n int) Position {
	return p.walk(text, func(q Position) bool { return q.Byte <= n })
}

// walk goes on as long as the place after the next code point may be entered.
func (p Position) walk(text string, may func(Position) bool) Position {
	for p.Byte < len(text) {
		r, size := utf8.DecodeRuneInString(text[p.Byte:])
		q := Position{Byte: p.Byte + size, Rune: p.Rune + 1, UTF16: p.UTF16 + utf16.RuneLen(r)}
		if !may(q) {
			break
		}
		p = q
	}
	return p
}
