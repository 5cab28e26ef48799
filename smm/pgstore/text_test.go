package pgstore

import (
	"cmp"
	"testing"
	"unicode/utf8"
)

// FuzzText: what is written comes back, two texts never meet, their order holds
// byte by byte, and PostgreSQL takes them.
func FuzzText(f *testing.F) {
	for _, pair := range [][2]string{{"", "\x00"}, {"a", "b"}, {"\x00", "\x01"}, {"\x01\x01", "\x00"}, {"\xff", "\u0102"}, {"\xff", "\ufffd"}, {"\x01", "\x02"}, {"\x80a", "\u0080a"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := text(a), text(b)
		if (a == b) != (x == y) {
			t.Errorf("%q and %q are written as %q and %q", a, b, x, y)
		}
		for _, s := range []string{x, y} {
			for i := range len(s) {
				if s[i] == 0 || !utf8.ValidString(s) {
					t.Fatalf("%q is no text of PostgreSQL", s)
				}
			}
		}
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		if got := fromText(x); got != a {
			t.Errorf("%q came back as %q", a, got)
		}
		if cmp.Compare(a, b) != cmp.Compare(x, y) {
			t.Errorf("%q and %q change their order as %q and %q", a, b, x, y)
		}
	})
}
