package xtext_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtext"
)

func show(text string, es []xtext.Entity) string {
	parts := []string{}
	for _, e := range es {
		parts = append(parts, e.Kind.String()+" "+e.Span.In(text))
	}
	return strings.Join(parts, ", ")
}

func TestEntities(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", ""},
		{"nothing here", ""},
		{"@team $ABC at shop.example.com/#new #launch @ann/list", "mention @team, cashtag $ABC, url shop.example.com/#new, hashtag #launch, list @ann/list"},
		{"いまhttp://example.com/aです #日本語", "url http://example.com/a, hashtag #日本語"},
		{"例.com http://例え.jp/ xn--fsq.com", "url http://例え.jp/, url xn--fsq.com"},
		{"https://t.co/abc123です http://t.co/x'y", "url https://t.co/abc123, url http://t.co/x"},
		{"＠全角 ＠ascii ＃全角", "mention ＠ascii, hashtag ＃全角"},
		{"$BTC $BRK.A $toolong7 a$no", "cashtag $BTC, cashtag $BRK.A"},
		{"a@example.com", ""},
		{"http://example.com/@user/#tag", "url http://example.com/@user/#tag"},
		{"\xff@a \xff#b \xffhttp://c.com\xff", "mention @a, hashtag #b, url http://c.com"},
	} {
		require.Equal(t, tc.want, show(tc.text, xtext.Entities(tc.text)), tc.text)
	}
	require.Equal(t, "unknown", xtext.Kind(0).String())
}

func TestEntityFields(t *testing.T) {
	es := xtext.Entities("😀é @ann/friends #tag")
	require.Equal(t, []xtext.Entity{
		{
			Kind: xtext.List, Value: "ann", Slug: "friends",
			Span: xtext.Span{Start: xtext.Position{Byte: 7, Rune: 3, UTF16: 4}, End: xtext.Position{Byte: 19, Rune: 15, UTF16: 16}},
		},
		{
			Kind: xtext.Hashtag, Value: "tag",
			Span: xtext.Span{Start: xtext.Position{Byte: 20, Rune: 16, UTF16: 17}, End: xtext.Position{Byte: 24, Rune: 20, UTF16: 21}},
		},
	}, es)
}

func TestFind(t *testing.T) {
	text := "@ann @ann/list #a $B http://x.com/#no"
	for _, tc := range []struct {
		kinds []xtext.Kind
		want  string
	}{
		{nil, ""},
		{[]xtext.Kind{xtext.Mention}, "mention @ann"},
		{[]xtext.Kind{xtext.List}, "list @ann/list"},
		{[]xtext.Kind{xtext.Hashtag}, "hashtag #a"}, // not the one inside the address
		{[]xtext.Kind{xtext.Cashtag}, "cashtag $B"},
		{[]xtext.Kind{xtext.URL}, "url http://x.com/#no"},
		{[]xtext.Kind{xtext.Cashtag, xtext.Mention}, "mention @ann, cashtag $B"},
		{[]xtext.Kind{0, 99}, ""},
	} {
		require.Equal(t, tc.want, show(text, xtext.Find(text, tc.kinds...)), "%v", tc.kinds)
	}
}

func TestReplyTo(t *testing.T) {
	for text, want := range map[string]string{
		"@ann hi": "ann", " \u3000\u180e@ann": "ann", "＠ann": "ann", "@ann/list hi": "ann",
		"hi @ann": "", ".@ann": "", "@@ann": "", "": "", "@": "", "@ @ann": "", "@annì": "", "\xff@ann": "",
	} {
		require.Equal(t, want, xtext.ReplyTo(text), text)
	}
}

func TestPositions(t *testing.T) {
	text := "aé😀\xff新"
	all := []xtext.Position{{}, {1, 1, 1}, {3, 2, 2}, {7, 3, 4}, {8, 4, 5}, {11, 5, 6}}
	for _, p := range all {
		require.Equal(t, p, xtext.AtByte(text, p.Byte))
		require.Equal(t, p, xtext.AtRune(text, p.Rune))
		require.Equal(t, p, xtext.AtUTF16(text, p.UTF16))
		requirePosition(t, text, p)
	}
	last := all[len(all)-1]
	for _, at := range []func(string, int) xtext.Position{xtext.AtByte, xtext.AtRune, xtext.AtUTF16} {
		require.Equal(t, xtext.Position{}, at(text, -1))
		require.Equal(t, last, at(text, 1000))
	}
	require.Equal(t, all[2], xtext.AtByte(text, 5), "inside an emoji")
	require.Equal(t, all[2], xtext.AtUTF16(text, 3), "between surrogates")
}

func TestValidURL(t *testing.T) {
	valid := []string{
		"http://a.co", "HTTP://A.CO/", "https://user:pw@a.co:65535/x?y#z", "http://127.0.0.1", "http://[::1]:80/", "http://пример.рф/путь",
		"http://a.co/%41", "http://a_b.c.co", "http://a.co?x", "http://a.co#x", "http://a.co/?q=a/b?c", "http://a.co/|:@", "http://a.co:1/",
	}
	invalid := []string{
		"", "a.co", "http://", "http:///", "http://localhost", "ftp://a.co", "http:/a.co", "http://a.co/ ", "http://a b.co", "http://a..co",
		"http://.co", "http://a.co.", "http://a.co:", "http://a.co:123456", "http://a.co:8o", "http://[::1", "http://[1.2.3.4]/", "http://[::1]x",
		"http://1.2.3", "http://a.1", "http://a_b.co", "http://_a.b.co", "http://a_.b.co", "http://a.b_c", "http://a.co/%4", "http://a.co/%zz",
		"http://a.co/\"", "http://a.co/<", "http://a.co/\xff", "http://a.co/\u3000", "http://a.co/\ufeff", "http://\u3000.co", "http://u@v@a.co",
		"http://a.co?[", "http://a.co#a#b", "http://u[@a.co", "http://::1/", "http://256.1.1.1",
	}
	for _, s := range valid {
		require.True(t, xtext.ValidURL(s), s)
	}
	for _, s := range invalid {
		require.False(t, xtext.ValidURL(s), "%q", s)
	}
}

func TestValidNames(t *testing.T) {
	for _, tc := range []struct {
		judge   func(string) bool
		yes, no []string
	}{
		{xtext.ValidUsername, []string{"@a", "@" + strings.Repeat("a", 20)}, []string{"", "a", "@", "@a ", " @a", "@a@b", "@a/b", "@" + strings.Repeat("a", 21), "@é"}},
		{xtext.ValidList, []string{"@a/b-1", "@a/" + strings.Repeat("b", 25)}, []string{"", "@a", "@a/", "@a/1", "@a/" + strings.Repeat("b", 26)}},
		{xtext.ValidHashtag, []string{"#a1", "#é", "#日本語", "＃a"}, []string{"", "#", "#1", "a", "#a ", "#a#b", "#a-b"}},
		{xtext.ValidCashtag, []string{"$A", "$ABCDEF", "$BRK.AB"}, []string{"", "$", "$1", "$ABCDEFG", "$A ", "A"}},
		{xtext.ValidBareURL, []string{"a.co", "a.co/b?c"}, []string{"", "a", "http://a.co", "a.notatld", "a.co "}},
	} {
		for _, s := range tc.yes {
			require.True(t, tc.judge(s), s)
		}
		for _, s := range tc.no {
			require.False(t, tc.judge(s), fmt.Sprintf("%q", s))
		}
	}
}
