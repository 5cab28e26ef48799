package textx

import (
	"html"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Canonical brings a text to the form in which a sent post and the same post
// read back are compared: character references decoded once, Unicode form
// NFC, white space collapsed to single spaces and trimmed, and characters
// that platforms add or strip silently (zero width space, word joiner, byte
// order mark, soft hyphen, presentation selectors) removed.
func Canonical(text string) string {
	text = html.UnescapeString(text)
	text = strings.Map(func(r rune) rune {
		switch r {
		case 0x200B, 0x2060, 0xFEFF, 0xAD, textSelector, emojiSelector:
			return -1
		}
		return r
	}, text)
	return norm.NFC.String(strings.Join(strings.Fields(text), " "))
}

// SameText reports whether two texts have the same canonical form. Use it to
// recognise a post that was read back after an unclear answer.
func SameText(a, b string) bool { return a == b || Canonical(a) == Canonical(b) }

// NFC brings a text to the Unicode form in which X counts it.
func NFC(text string) string { return norm.NFC.String(text) }
