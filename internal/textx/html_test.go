package textx_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/textx"
)

const mastodonLink = `<p>Read <a href="https://example.com/a/long?x=1&amp;y=2" rel="nofollow" target="_blank">` +
	`<span class="invisible">https://</span><span class="ellipsis">example.com/a/lo</span><span class="invisible">ng?x=1&amp;y=2</span></a> now</p>`

func TestHTMLToText(t *testing.T) {
	for _, tc := range []struct {
		name, html string
		links      textx.LinkText
		want       string
	}{
		{"paragraphs and breaks", "<p>One<br>two<br />three</p><p>Four</p>", 0, "One\ntwo\nthree\n\nFour"},
		{"two breaks", "<p>a<br><br>b</p>", 0, "a\n\nb"},
		{"references", "<p>R&amp;D &lt;3 &quot;x&quot; &#39;y&#39; &nbsp;z</p>", 0, "R&D <3 \"x\" 'y' \u00a0z"},
		{"link in full", mastodonLink, textx.LinkFull, "Read https://example.com/a/long?x=1&y=2 now"},
		{"link as shown", mastodonLink, textx.LinkShown, "Read example.com/a/lo… now"},
		{"link address", mastodonLink, textx.LinkHref, "Read https://example.com/a/long?x=1&y=2 now"},
		{"link with other text", `<a href='/x'>click</a>`, textx.LinkHref, "/x"},
		{"mention", `<p><span class="h-card"><a href="https://m.example/@a" class="u-url mention">@<span>a</span></a></span> hi</p>`, textx.LinkHref, "@a hi"},
		{"hashtag", `<p><a href="https://m.example/tags/x" class="mention hashtag" rel="tag">#<span>x</span></a></p>`, textx.LinkHref, "#x"},
		{"scripts are dropped", "a<script>if (1<2) alert('<p>')</script>b<style>p{}</style>c<!-- <b> -->d", 0, "abcd"},
		{"list", "<ul><li>a</li><li>b</li></ul>", 0, "a\nb"},
		{"line ends are spaces", "<p>a\nb</p>\n<p>c</p>", 0, "a b\n\nc"},
		{"not tags", "1 < 2 && 3 > 2 <", 0, "1 < 2 && 3 > 2 <"},
		{"quoted bracket", `<a title="a>b" href="u">t</a>`, textx.LinkHref, "u"},
		{"unclosed", "<p>a<span class=\"invisible\">b", textx.LinkShown, "a"},
		{"stray ends", "</a></span></p>x", textx.LinkShown, "x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, textx.HTMLToText(tc.html, textx.HTMLOptions{Links: tc.links}))
		})
	}
}

func TestHTMLToTextBounds(t *testing.T) {
	got := textx.HTMLToText(strings.Repeat("é", 100), textx.HTMLOptions{MaxBytes: 11})
	require.Equal(t, "ééééé", got)
	deep := strings.Repeat("<span class=invisible>", 1000) + "x" + strings.Repeat("</span>", 1000) + "y"
	require.Equal(t, "y", textx.HTMLToText(deep, textx.HTMLOptions{Links: textx.LinkShown}))
}

func FuzzHTMLToText(f *testing.F) {
	for _, s := range []string{mastodonLink, "<p>a<br>b</p>", "<a href=", "<!--", "</", "<script", "<a b='>'c=\"&lt;\">&amp;amp;", "<?x><!d>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range []textx.LinkText{textx.LinkFull, textx.LinkShown, textx.LinkHref} {
			got := textx.HTMLToText(s, textx.HTMLOptions{Links: l, MaxBytes: 1000})
			require.LessOrEqual(t, len(got), 1000)
			require.True(t, utf8.ValidString(got) || !utf8.ValidString(s))
		}
		textx.Canonical(s)
	})
}

func TestSameText(t *testing.T) {
	require.True(t, textx.SameText("Caf\u00e9  &amp; bar\r\n", "Cafe\u0301 & bar"))
	require.True(t, textx.SameText("ok \u2764\ufe0f", "ok\u00a0\u2764"))
	require.False(t, textx.SameText("one two", "onetwo"))
	require.False(t, textx.SameText("Hello", "hello"))
}
