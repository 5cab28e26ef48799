package textx_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/textx"
)

func show(text string, es []textx.Entity) []string {
	out := []string{}
	for _, e := range es {
		out = append(out, e.Kind.String()+" "+text[e.Start:e.End])
	}
	return out
}

func TestExtractMastodon(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"see https://example.com/a. And http://x.test:8080!", []string{"url https://example.com/a", "url http://x.test:8080"}},
		{"bare example.com is text", []string{}},
		{"(https://en.wikipedia.org/wiki/Primer_(film))", []string{"url https://en.wikipedia.org/wiki/Primer_(film)"}},
		{"https:// http://nodot http://a..b", []string{}},
		{"xhttp://a.example", []string{}},
		{"hi @alice and @bob@mastodon.example.", []string{"mention @alice", "mention @bob@mastodon.example"}},
		{"mail a@b.example /@no @ok.", []string{"mention @ok"}},
		{"@a.b-c@x.example:3000 @_", []string{"mention @a.b-c@x.example:3000", "mention @_"}},
		{"@user@bücher.example", []string{"mention @user@bücher.example"}},
		{"#tag #Größe #2024 #2024x a#no #a_b #a· #il·lusió https://x.example/#frag", []string{"hashtag #tag", "hashtag #Größe", "hashtag #2024x", "hashtag #a_b", "hashtag #a", "hashtag #il·lusió", "url https://x.example/#frag"}},
		{"＃全角 #日本語。", []string{"hashtag ＃全角", "hashtag #日本語"}},
	} {
		require.Empty(t, cmp.Diff(tc.want, show(tc.text, textx.Extract(tc.text, textx.MastodonRules()))), tc.text)
	}
}

func TestExtractBluesky(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"hi @alice.bsky.social, @bob and @x.test!", []string{"mention @alice.bsky.social", "mention @x.test"}},
		{"a@alice.bsky.social (@bob.example.com)", []string{"mention @bob.example.com"}},
		{"@-a.com @a-.com @a..com @a.notatld", []string{}},
		{"see example.com/x, (bsky.app) and https://x.example/y.", []string{"url example.com/x", "url bsky.app", "url https://x.example/y"}},
		{"file.txt v1.2 mail a@example.com x.example.com:80/a", []string{"url x.example.com:80/a"}},
		{"#tag! #1 #c++ (#no #日本 #" + strings.Repeat("a", 65), []string{"hashtag #tag", "hashtag #c++", "hashtag #日本"}},
	} {
		require.Empty(t, cmp.Diff(tc.want, show(tc.text, textx.Extract(tc.text, textx.BlueskyRules()))), tc.text)
	}
}

func TestExtractTwitterTogether(t *testing.T) {
	text := "@team $ABC launches at shop.example.com/#new #launch with @ann/list"
	got := textx.Extract(text, textx.TwitterRules())
	require.Equal(t, []string{"mention @team", "cashtag $ABC", "url shop.example.com/#new", "hashtag #launch", "mention @ann/list"}, show(text, got))
	require.Equal(t, "ann/list", got[4].Value)
	require.Empty(t, textx.Extract(text, textx.Rules{}))
}

// TestExtractLinear guards against run time that grows with the square of the
// length: each of these takes minutes if it does.
func TestExtractLinear(t *testing.T) {
	for _, unit := range []string{"あ", "あ.", "あ-", "a.", "http://", "_あ", "@a", "#a", "$a ", "(", "あ://", "a@", "https://a.com(", "éx."} {
		text := strings.Repeat(unit, 60_000/len(unit))
		for name, r := range map[string]textx.Rules{"twitter": textx.TwitterRules(), "mastodon": textx.MastodonRules(), "bluesky": textx.BlueskyRules()} {
			start := time.Now()
			textx.Extract(text, r)
			require.Less(t, time.Since(start), 20*time.Second, "%s: %q repeated", name, unit)
		}
	}
}

func FuzzExtract(f *testing.F) {
	for _, s := range []string{
		"@team $ABC shop.example.com/#new #launch https://t.co/x?y", "これは。example.com中国語http://t.co/a한국",
		"\xffhttp://\xff.com/(a(b)c)?q=#", "@a@b.c:80 ＃x＠y", "RT:@x rt@y",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range []textx.Rules{textx.TwitterRules(), textx.MastodonRules(), textx.BlueskyRules()} {
			end := 0
			for _, e := range textx.Extract(text, r) {
				require.GreaterOrEqual(t, e.Start, end)
				require.Greater(t, e.End, e.Start)
				require.LessOrEqual(t, e.End, len(text))
				require.NotEmpty(t, e.Value)
				end = e.End
			}
		}
		res := textx.Weighted(text, textx.TwitterConfig())
		require.GreaterOrEqual(t, res.Length, 0)
		require.LessOrEqual(t, res.ValidBytes, len(text))
		textx.MastodonLength(text, text, 0)
	})
}

func TestMastodonLength(t *testing.T) {
	for _, tc := range []struct {
		text, warning string
		perURL, want  int
	}{
		{"", "", 0, 0},
		{"hello", "cw", 0, 7},
		{"https://example.com/a/very/long/address/that/goes/on", "", 0, 23},
		{"https://a.example", "", 30, 30},
		{"hi @alice@mastodon.example!", "", 0, len("hi @alice!")},
		{"👨\u200d👩\u200d👧 ok", "", 0, 4},
		{"example.com", "", 0, 11},
	} {
		require.Equal(t, tc.want, textx.MastodonLength(tc.text, tc.warning, tc.perURL), tc.text)
	}
}

func TestWeightedValidBytes(t *testing.T) {
	cfg := textx.TwitterConfig()
	cfg.MaxWeightedLength = 4
	for _, tc := range []struct {
		text  string
		valid string
	}{
		{"abcd", "abcd"},
		{"abcdef", "abcd"},
		{"漢字漢字", "漢字"},
		{"abc👩🏽\u200d💻", "abc"},
		// The e with both marks is two code points in NFC and counts 3.
		{"ae\u0301\u0323bcd", "ae\u0301\u0323"},
	} {
		got := textx.Weighted(tc.text, cfg)
		require.Equal(t, tc.valid, tc.text[:got.ValidBytes])
		require.LessOrEqual(t, textx.Weighted(tc.valid, cfg).Length, 4)
	}
	require.Zero(t, textx.Weighted("abc", textx.WeightedConfig{}).Length)
	require.False(t, textx.Weighted("", cfg).Valid)
}

func TestTwitterLengthEmoji(t *testing.T) {
	for text, want := range map[string]int{
		"🇩🇪": 2, "🇦🇦": 4, "1\ufe0f\u20e3": 2, "©": 1, "©\ufe0f": 2, "☺\ufe0e": 4, "☺\ufe0f": 2,
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f": 2, "🏽": 2, "a\u200db": 3,
	} {
		require.Equal(t, want, textx.TwitterLength(text), "%+q", text)
	}
}
