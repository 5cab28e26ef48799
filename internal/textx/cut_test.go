package textx_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/textx"
)

func TestTruncate(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		limit      int
		count      textx.Counter
		want       string
	}{
		{"fits", "hello", 5, textx.Graphemes, "hello"},
		{"cut", "hello world", 8, textx.Graphemes, "hello w…"},
		{"space dropped", "hello world", 7, textx.Graphemes, "hello…"},
		{"family is kept whole", "ab👨\u200d👩\u200d👧\u200d👦cd", 4, textx.Graphemes, "ab👨\u200d👩\u200d👧\u200d👦…"},
		{"family does not fit in units", "ab👨\u200d👩\u200d👧\u200d👦cd", 10, textx.UTF16Units, "ab…"},
		{"bytes", "ééé", 5, textx.Bytes, "é…"},
		{"url is kept whole", "see https://example.com/page now", 20, textx.Graphemes, "see…"},
		{"url counts 23", "see https://example.com/a/very/long/page/of/the/shop now or later", 29, textx.TwitterLength, "see https://example.com/a/very/long/page/of/the/shop…"},
		{"mention is kept whole", "hi @alice@example.org", 12, textx.Graphemes, "hi…"},
		{"only the ellipsis", "https://example.com/", 3, textx.Graphemes, "…"},
		{"nothing", "hello", 0, textx.Graphemes, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := textx.Truncate(tc.text, tc.limit, tc.count, "…", textx.MastodonRules())
			require.Equal(t, tc.want, got)
			require.LessOrEqual(t, tc.count(got), tc.limit)
		})
	}
}

func TestSplit(t *testing.T) {
	number := func(part, total int) string { return fmt.Sprintf(" %d/%d", part, total) }
	for _, tc := range []struct {
		name, text string
		o          textx.SplitOptions
		want       []string
	}{
		{"empty", " \n ", textx.SplitOptions{Limit: 5}, nil},
		{"one part is not numbered", " short ", textx.SplitOptions{Limit: 5, Number: number}, []string{"short"}},
		{"words", "one two three four", textx.SplitOptions{Limit: 9}, []string{"one two", "three", "four"}},
		{"sentences before words", "It is here. We open at nine o'clock.", textx.SplitOptions{Limit: 20}, []string{"It is here.", "We open at nine", "o'clock."}},
		{"paragraphs before sentences", "First one.\n\nA b. C d e f g h i.", textx.SplitOptions{Limit: 20}, []string{"First one.", "A b. C d e f g h i."}},
		{"long word", "abcdefghij", textx.SplitOptions{Limit: 4}, []string{"abcd", "efgh", "ij"}},
		{"url stays whole", "go to https://example.com/x now", textx.SplitOptions{Limit: 22, Rules: textx.MastodonRules()}, []string{"go to", "https://example.com/x", "now"}},
		{"sentences without spaces", "新しい店が開きました。ぜひ来てください。", textx.SplitOptions{Limit: 12}, []string{"新しい店が開きました。", "ぜひ来てください。"}},
		{"numbers", "one two three four five", textx.SplitOptions{Limit: 11, Number: number}, []string{"one two 1/4", "three 2/4", "four 3/4", "five 4/4"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := textx.Split(tc.text, tc.o)
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	_, err := textx.Split("x", textx.SplitOptions{})
	require.ErrorContains(t, err, "must be positive")

	_, err = textx.Split("  see https://example.com/long", textx.SplitOptions{Limit: 10, Rules: textx.MastodonRules()})
	var tooLong *textx.SplitError
	require.ErrorAs(t, err, &tooLong)
	require.Equal(t, textx.SplitError{Start: 6, End: 30, Limit: 10}, *tooLong)

	_, err = textx.Split("hello world", textx.SplitOptions{Limit: 3, Number: func(int, int) string { return " (1)" }})
	require.ErrorAs(t, err, &tooLong)
}

func squash(s string) string {
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), "")
}

func FuzzCut(f *testing.F) {
	f.Add("Hello there. See https://example.com/a(b) and @bob@example.org!\n\nBye 👩🏽\u200d💻 e\u0301", 25)
	f.Add("漢字。かな、カナ！ http://t.co/abc?x #tag $CASH", 9)
	f.Add("\xff\xfe \r\n a", 1)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 1 + (limit&0x7fffffff)%400
		for _, count := range []textx.Counter{textx.Graphemes, textx.UTF16Units, textx.TwitterLength} {
			cut := textx.Truncate(text, limit, count, "…", textx.TwitterRules())
			require.LessOrEqual(t, count(cut), limit)
			parts, err := textx.Split(text, textx.SplitOptions{Limit: limit, Count: count, Rules: textx.TwitterRules()})
			if err != nil {
				continue
			}
			for _, p := range parts {
				require.LessOrEqual(t, count(p), limit)
			}
			require.Equal(t, squash(text), squash(strings.Join(parts, "")))
			for _, e := range textx.Extract(text, textx.TwitterRules()) {
				if e.Kind != textx.URL && e.Kind != textx.Mention || !utf8.ValidString(e.Value) {
					continue
				}
				whole := strings.TrimSpace(text[e.Start:e.End])
				require.Condition(t, func() bool {
					for _, p := range parts {
						if strings.Contains(p, whole) {
							return true
						}
					}
					return false
				}, "%q was cut", whole)
			}
		}
	})
}
