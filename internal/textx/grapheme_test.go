package textx_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/textx"
)

func reference(s string) int {
	n := 0
	for it := graphemes.FromString(s); it.Next(); {
		n++
	}
	return n
}

func TestGraphemes(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       int
	}{
		{"empty", "", 0},
		{"ascii", "hello", 5},
		{"carriage return line feed", "a\r\nb", 3},
		{"lone carriage returns", "\r\r\n\n\r", 4},
		{"crlf across a word boundary", "1234567\r\n", 8},
		{"crlf before an accent", "ab\r\n\u0301", 4},
		{"ascii base and mark", "cafe\u0301 bar", 8},
		{"ascii base and mark at the start", "e\u0301", 1},
		{"digit keycap", "press 1\ufe0f\u20e3 now", 11},
		{"family", "👨\u200d👩\u200d👧\u200d👦", 1},
		{"flags", "🇩🇪🇫🇷🇯", 3},
		{"skin tone", "🙋🏽x", 2},
		{"hangul syllables and jamo", "한국\u1112\u1161\u11ab", 3},
		{"syllable and final", "가\u11a8", 1},
		{"devanagari conjunct", "क्षि", 1},
		{"thai", "ที่นี่", 2},
		{"invalid bytes", "a\xff\xfeb", 4},
		{"truncated rune", "é\xe3\x81", 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, reference(tc.text), textx.Graphemes(tc.text), "against uax29")
			if utf8.ValidString(tc.text) {
				require.Equal(t, tc.want, textx.Graphemes(tc.text))
			}
		})
	}
}

// TestGraphemesNeighbours puts every code point between characters of all
// kinds, so that a range too many in the fast path cannot hide.
func TestGraphemesNeighbours(t *testing.T) {
	neighbours := []string{"a", "é", "漢", "가", "각", "😀", "\u0301", "\u200d", "🇩", "क", "\u094d", "\u0600", "\r", "\n"}
	for r := rune(0); r <= 0x20FFF; r++ {
		if r >= 0xD800 && r <= 0xDFFF {
			continue
		}
		s := string(r)
		for _, n := range neighbours {
			for _, text := range []string{s + n, n + s} {
				if textx.Graphemes(text) != reference(text) {
					t.Fatalf("%U beside %U: got %d, want %d", r, []rune(n), textx.Graphemes(text), reference(text))
				}
			}
		}
	}
}

func FuzzGraphemes(f *testing.F) {
	for _, s := range []string{"plain", "e\u0301\r\n\u0301", "한국\u11a8", "👨\u200d👩x\u200d", "\xff\xe3\x81", "\n\xe1", "ab\r\n\xe1", mixedLine} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		require.Equal(t, reference(s), textx.Graphemes(s))
	})
}

func TestUnitCounts(t *testing.T) {
	for _, tc := range []struct {
		text                string
		bytes, runes, utf16 int
	}{
		{"", 0, 0, 0},
		{"abc", 3, 3, 3},
		{"é漢😀", 9, 3, 4},
		{"a\xffb", 3, 3, 3},
	} {
		require.Equal(t, tc.bytes, textx.Bytes(tc.text))
		require.Equal(t, tc.runes, textx.Runes(tc.text))
		require.Equal(t, tc.utf16, textx.UTF16Units(tc.text))
	}
}

const mixedLine = "Launch day! 🚀 Nous avons hâte de vous montrer la suite. Новая коллекция уже в магазине. " +
	"新しい商品が届きました。 한국어 소식도 있어요. नमस्ते दोस्तों! สวัสดี cafe\u0301 👩🏽\u200d💻 🇩🇪 https://example.com/a?b=c #launch @team\r\n"

func BenchmarkGraphemes(b *testing.B) {
	ascii := strings.Repeat("The quick brown fox jumps over the lazy dog, and posts about it. ", 1000)
	mixed := strings.Repeat(strings.Repeat("Thanks for all the kind words, the new shop opens at nine on Monday. ", 2)+mixedLine, 200)
	dense := strings.Repeat(mixedLine, 400)
	for _, corpus := range []struct{ name, text string }{{"ascii", ascii}, {"mixed", mixed}, {"dense", dense}} {
		for _, fn := range []struct {
			name  string
			count func(string) int
		}{{"textx", textx.Graphemes}, {"uax29", reference}, {"runes", utf8.RuneCountInString}} {
			b.Run(corpus.name+"/"+fn.name, func(b *testing.B) {
				b.SetBytes(int64(len(corpus.text)))
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					n += fn.count(corpus.text)
				}
				_ = n
			})
		}
	}
}
