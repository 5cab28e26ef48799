package xtext_test

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/x/xtext"
)

func TestLength(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       int
	}{
		{"empty", "", 0},
		{"ASCII", "Hello, world", 12},
		{"Cyrillic", "Привет", 6},
		{"accents", "né", 2},
		{"accents, decomposed", "ne\u0301", 2},
		{"ideographs", "新商品", 6},
		{"Hangul, decomposed", "\u1112\u1161\u11ab", 2}, // one syllable after NFC
		{"last code point of weight 1", "\u10ff", 1},
		{"first code point of weight 2", "\u1101", 2},
		{"edges of the ranges of punctuation", "\u1fff \u2000 \u200d \u200e \u200f \u2010 \u201f \u2020 \u2031 \u2032 \u2037 \u2038", 18 + 11},
		{"emoji", "😀", 2},
		{"emoji with a skin tone", "👍🏽", 2},
		{"family", "👩‍👩‍👧‍👦", 2},
		{"couple with skin tones", "👩🏽‍❤️‍👩🏿", 2},
		{"flag", "🇩🇪", 2},
		{"flag of a part of a country", "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F", 2},
		{"no flag", "🇦🇦", 4},
		{"keycap", "1️⃣", 2},
		{"heart", "❤️", 2},
		{"two flags", "🇩🇪🇫🇷", 4},
		{"copyright as text", "©", 1},
		{"address", "https://example.com/a/very/long/path/that/counts/little", 23},
		{"short address", "t.co", 23},
		{"address without a scheme", "see example.com/path.", 4 + 23 + 1},
		{"address in ideographs", "見てhttps://example.comです", 4 + 23 + 4},
		{"IDN", "http://☃.net/", 23},
		{"no address", "node.js v1.2", 12},
		{"top level domain younger than the list", "http://example.kids", 19},
		{"mail address", "a@example.com", 13},
		{"two addresses", "http://a.com http://b.com", 47},
		{"invalid bytes", "a\xff\xfeb", 1 + 2 + 2 + 1},
		{"unfinished code point", "a\xf0\x9f", 1 + 2 + 2},
	} {
		require.Equal(t, tc.want, xtext.Length(tc.text).Length, tc.name)
	}
}

func TestLengthVerdict(t *testing.T) {
	full := strings.Repeat("x", 280)
	c := xtext.Length(full)
	require.True(t, c.Valid)
	require.Equal(t, 1000, c.Permillage)
	require.Zero(t, c.Remaining())
	require.Equal(t, xtext.Position{Byte: 280, Rune: 280, UTF16: 280}, c.Fits)

	c = xtext.Length(full + "é😀")
	require.False(t, c.Valid)
	require.Equal(t, -3, c.Remaining())
	require.Equal(t, 1010, c.Permillage)
	require.Equal(t, xtext.Position{Byte: 280, Rune: 280, UTF16: 280}, c.Fits)
	require.Equal(t, xtext.Position{Byte: 286, Rune: 282, UTF16: 283}, c.Total)

	require.True(t, xtext.LengthMax(full+"!", xtext.MaxLongLength).Valid)
	require.False(t, xtext.LengthMax("", 10).Valid)
	require.Equal(t, xtext.Count{}, xtext.LengthMax("", -1))
	require.False(t, xtext.LengthMax("a", 0).Valid)
	require.True(t, xtext.LengthMax("a", math.MaxInt).Valid)
	require.Zero(t, xtext.LengthMax("a", math.MinInt).Max)
}

// TestLengthFits: the place is in the text that was given, not in its NFC form,
// and does not take an emoji or an address apart.
func TestLengthFits(t *testing.T) {
	for _, tc := range []struct {
		text  string
		limit int
		want  string
	}{
		{"e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301"},
		{"ab👩‍👩‍👧‍👦", 3, "ab"},
		{"ab👩‍👩‍👧‍👦c", 4, "ab👩‍👩‍👧‍👦"},
		{"see http://example.com/path now", 26, "see "},
		{"see http://example.com/path now", 27, "see http://example.com/path"},
		{"新商品", 5, "新商"},
		{"ab\uFFFEcd", 100, "ab"},
		{"ab\uFEFF", 1, "a"},
		{"a\xff\xffb", 3, "a\xff"},
	} {
		c := xtext.LengthMax(tc.text, tc.limit)
		require.Equal(t, tc.want, tc.text[:c.Fits.Byte], "%+q", tc.text)
	}
	for _, r := range []string{"\uFFFE", "\uFFFF", "\uFEFF"} {
		c := xtext.Length("a" + r)
		require.True(t, c.Refused)
		require.False(t, c.Valid)
	}
	require.False(t, xtext.Length("a\uFFFD\u202E").Refused)
}

func TestTruncate(t *testing.T) {
	for _, tc := range []struct {
		text     string
		limit    int
		ellipsis string
		want     string
	}{
		{"short", 10, "…", "short"},
		{"Hello, world", 8, "…", "Hello,…"},
		{"Hello, world", 8, "", "Hello, w"},
		{"ab👩‍👩‍👧‍👦c", 4, "", "ab👩‍👩‍👧‍👦"},
		{"ab👩‍👩‍👧‍👦c", 3, "", "ab"},
		{"see http://example.com/path", 26, "", "see"},
		{"hi @alice/friends", 8, "", "hi"},
		{"go #launch", 6, "", "go"},
		{"anything", 1, "…", ""},
		{"anything", -5, "", ""},
	} {
		require.Equal(t, tc.want, xtext.Truncate(tc.text, tc.limit, tc.ellipsis), "%q %d", tc.text, tc.limit)
	}
}

func FuzzText(f *testing.F) {
	for name, piece := range hostile {
		f.Add(piece+piece+" "+name, 10)
	}
	f.Add("@team $ABC shop.example.com/#new #launch https://t.co/x?y @a/b", 30)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		c := xtext.LengthMax(text, limit)
		require.GreaterOrEqual(t, c.Length, 0)
		require.Equal(t, c.Length == 0, text == "")
		require.Equal(t, c.Valid, c.Length > 0 && c.Length <= c.Max && !c.Refused)
		requirePosition(t, text, c.Fits)
		requirePosition(t, text, c.Total)
		require.Equal(t, len(text), c.Total.Byte)
		if c.Valid {
			require.Equal(t, c.Total, c.Fits)
		}
		if utf8.ValidString(text) {
			require.Equal(t, c.Length, xtext.Length(textx.NFC(text)).Length)
		}
		cut := xtext.Truncate(text, limit, "…")
		require.LessOrEqual(t, xtext.Length(cut).Length, max(limit, 0))
		requireEntities(t, text)
		xtext.ValidURL(text)
		xtext.ValidURL("http://" + text)
	})
}
