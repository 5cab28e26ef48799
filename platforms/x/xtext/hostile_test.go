package xtext_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtext"
)

// hostile are pieces that make naive scanners look at the same text again and
// again when they are repeated.
var hostile = map[string]string{
	"plain":        "lorem ipsum dolor sit amet ",
	"mixed":        "新商品 🚀 @shop/list-1 #запуск $TICK https://shop.example.com/a?b=c (example.com) 👩‍👩‍👧‍👦 ",
	"at":           "@",
	"hash":         "#",
	"hash letter":  "#a",
	"dollar":       " $a",
	"slash":        "http://",
	"dots":         "a.",
	"wide label":   "あ",
	"wide labels":  "あ.",
	"tld":          "com.",
	"hyphen":       "a-",
	"underscore":   "a_.",
	"path open":    "t.co/(",
	"path nested":  "http://a.com/(a(",
	"path closed":  "http://a.com/()",
	"query":        "http://a.com/?.",
	"punycode":     "xn--a.",
	"joined":       "👩‍",
	"flags":        "🇦",
	"tags":         "🏴\U000E0067",
	"keycap":       "1️",
	"marks":        "a\u0301\u0302",
	"starters":     "\u0344",
	"directional":  "\u2066a.com\u2069",
	"refused":      "\uFFFE",
	"broken":       "\xF0\x9F",
	"broken label": "\xFFa.com/",
	"long host":    strings.Repeat("a.", 120) + "あ.com ",
	"space":        " ",
}

// TestTimeIsLinear compares a text with one four times as long, by the best of
// several runs: a scanner that looks at everything again for every character takes
// sixteen times as long for it.
func TestTimeIsLinear(t *testing.T) {
	const size = 1 << 13
	for name, piece := range hostile {
		for _, head := range []string{"", "http://a.com/("} { // a long beginning that is left unfinished, too
			short := head + strings.Repeat(piece, size/len(piece))
			long := head + strings.Repeat(piece, 4*size/len(piece))
			var ratio float64
			for range 20 { // a busy machine may disturb many of them
				if ratio = float64(best(long)) / float64(best(short)); ratio < 9 {
					break
				}
			}
			require.Less(t, ratio, 9.0, "%s after %q", name, head)
		}
	}
}

// best is how long the scanners take for a text, at best.
func best(text string) time.Duration {
	least := time.Hour
	for range 4 {
		start := time.Now()
		xtext.LengthMax(text, xtext.MaxLongLength)
		xtext.Entities(text)
		xtext.ReplyTo(text)
		xtext.ValidHashtag(text)
		xtext.ValidURL("http://" + text)
		least = min(least, time.Since(start))
	}
	return least
}

func BenchmarkLength(b *testing.B)   { bench(b, func(s string) { xtext.Length(s) }) }
func BenchmarkEntities(b *testing.B) { bench(b, func(s string) { xtext.Entities(s) }) }

func bench(b *testing.B, f func(string)) {
	b.Helper()
	const size = 10000
	names := []string{}
	for name := range hostile {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text := strings.Repeat(hostile[name], size/len(hostile[name])+1)[:size]
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				f(text)
			}
		})
	}
}
