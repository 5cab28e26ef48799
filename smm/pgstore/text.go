package pgstore

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// maxName bounds names that are indexed, in bytes; an index of PostgreSQL takes
// about 2,700 for all of its columns.
const maxName = 1000

// text makes a string one that PostgreSQL takes: it knows no byte 0, and no bytes
// that are not UTF-8. Two different strings stay different, and UTF-8 keeps its
// order byte by byte. Texts without control characters stay as they are.
func text(s string) string {
	if strings.IndexByte(s, 0) < 0 && strings.IndexByte(s, 1) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteByte(1)
			b.WriteRune(rune(s[0]) + 3) // only ever asked for: names that are written are UTF-8
		case r <= 1:
			b.WriteByte(1)
			b.WriteByte(s[0] + 1)
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// fromText undoes text, for what was UTF-8.
func fromText(s string) string {
	if strings.IndexByte(s, 1) < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == 1 && i+1 < len(s) {
			i++
			b = append(b, s[i]-1)
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// prose is text for what people read: bytes that are not UTF-8 do not stop it.
func prose(s string) string { return text(strings.ToValidUTF8(s, "\uFFFD")) }

// checkName refuses what would not come back as it went in.
func checkName(what, s string) error {
	switch {
	case !utf8.ValidString(s):
		return fmt.Errorf("%w: pgstore: the %s %q is not UTF-8", smm.ErrInvalid, what, s)
	case len(text(s)) > maxName:
		return fmt.Errorf("%w: pgstore: the %s has %d bytes, want at most %d", smm.ErrInvalid, what, len(s), maxName)
	}
	return nil
}
