package readback_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/internal/readback"
)

func TestIs(t *testing.T) {
	const short = "https://t.co/abcdefghij"
	link := func(long string) []readback.Link { return []readback.Link{{Short: short, Long: long}} }
	for _, tc := range []struct {
		name, sent string
		shown      readback.Text
		reply      bool
		want       readback.Fit
	}{
		{"equal", "a", readback.Text{Text: "a"}, false, readback.Yes},
		{"another", "a", readback.Text{Text: "b"}, false, readback.No},
		{"empty with media", "", readback.Text{Text: short, Links: []readback.Link{{Short: short, Long: "https://x.com/a/status/1/photo/1", Media: true}}, Media: true}, false, readback.Yes},
		{"media by its address", "a", readback.Text{Text: "a " + short, Links: link("https://x.com/a/status/1/video/1"), Media: true}, false, readback.Yes},
		{"media that no link explains", "a", readback.Text{Text: "a " + short, Media: true}, false, readback.Yes},
		{"a link that no media explains", "a", readback.Text{Text: "a " + short}, false, readback.Maybe},
		{"a bare domain", "see example.com", readback.Text{Text: "see " + short, Links: link("http://example.com")}, false, readback.Yes},
		{"twice the same", "http://example.com/a http://example.com/a", readback.Text{Text: short + " " + short, Links: link("http://example.com/a")}, false, readback.Yes},
		{"case of a path", "http://example.com/A", readback.Text{Text: short, Links: link("http://example.com/a")}, false, readback.Maybe},
		{"the words differ", "a http://example.com", readback.Text{Text: "b " + short, Links: link("http://example.com")}, false, readback.No},
		{"a quoted post", "a", readback.Text{Text: "a " + short, Links: link("https://twitter.com/i/status/5"), Quoted: "5"}, false, readback.Yes},
		{"another post quoted", "a", readback.Text{Text: "a " + short, Links: link("https://twitter.com/i/status/55"), Quoted: "5"}, false, readback.Maybe},
		{"names", "a", readback.Text{Text: "@b @c a"}, true, readback.Yes},
		{"own names", "@c a", readback.Text{Text: "@b @c a"}, true, readback.Yes},
		{"names alone", "", readback.Text{Text: "@b"}, true, readback.Yes},
		{"names of what is no reply", "a", readback.Text{Text: "@b a"}, false, readback.No},
		{"no name", "a", readback.Text{Text: "@b.c a"}, true, readback.No},
		{"cut", strings.Repeat("word ", 60), readback.Text{Text: strings.Repeat("word ", 50) + "…", Short: true}, false, readback.Maybe},
		{"cut elsewhere", strings.Repeat("word ", 60), readback.Text{Text: strings.Repeat("ward ", 50) + "…", Short: true}, false, readback.No},
		{"not a short form", strings.Repeat("word ", 60), readback.Text{Text: strings.Repeat("word ", 50) + "…"}, false, readback.No},
		{"an ellipsis of its own", "wait…", readback.Text{Text: "wait…", Short: true}, false, readback.Yes},
		{"escapes", "a & b", readback.Text{Text: "a &amp; b"}, false, readback.Yes},
		{"escapes of escapes", "write &lt; and  &amp;", readback.Text{Text: "write &amp;lt; and &amp;amp;"}, false, readback.Yes},
		{"escapes that X leaves", "write &lt; and  &amp;", readback.Text{Text: "write &lt; and &amp;"}, false, readback.Yes},
		{"a link with an ampersand", "http://example.com/?a=1&copy=2", readback.Text{Text: short, Links: link("http://example.com/?a=1&copy=2")}, false, readback.Yes},
		{"forms of a letter", "e\u0301", readback.Text{Text: "\u00e9"}, false, readback.Yes},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, tc.shown.Is(tc.sent, tc.reply)) })
	}
}

// FuzzIs: a text that X gives back as it is was sent.
func FuzzIs(f *testing.F) {
	f.Add("a https://example.com/a?b=c @d #e", "@x a https://t.co/q", "https://t.co/q", "https://example.com", true)
	f.Add("…", "t.co", "", "%zz", false)
	f.Fuzz(func(t *testing.T, sent, got, short, long string, reply bool) {
		same := readback.Text{Text: sent}
		require.Equal(t, readback.Yes, same.Is(sent, reply))
		other := readback.Text{Text: got, Links: []readback.Link{{Short: short, Long: long}}, Media: reply, Quoted: "5", Short: !reply}
		require.Contains(t, []readback.Fit{readback.No, readback.Maybe, readback.Yes}, other.Is(sent, reply))
	})
}
