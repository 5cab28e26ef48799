package lexicon_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/lexicon"
)

// TestFormats tries the edges that the specifications name. The vendor's own
// vectors (interop-test-files/syntax of bluesky-social/atproto) passed as well
// when this was written.
func TestFormats(t *testing.T) {
	label := strings.Repeat("a", 63)
	for format, tc := range map[string]struct{ good, bad []string }{
		"did": {
			[]string{"did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:web:127.0.0.1%3A8080", "did:a:b", "did:m:a:b"},
			[]string{"", "did:", "did:plc:", "DID:plc:a", "did:PLC:a", "did:plc:a:", "did:plc:a%", "did:plc:a/b", "did:web:" + strings.Repeat("a", 2048)},
		},
		"handle": {
			[]string{"a.co", "xn--bcher-kva.example", label + ".com", "A.B.C", "1.example"},
			[]string{"a", "a.", ".a", "a..b", "a.1b", "-a.co", "a-.co", "a_b.co", label + "a.com", "a.co ", strings.Repeat("a.", 127) + "com"},
		},
		"at-identifier": {[]string{"did:plc:a", "a.co"}, []string{"", "@a.co", "a"}},
		"at-uri": {
			[]string{"at://did:plc:a", "at://a.co", "at://did:plc:a/com.example.x", "at://did:plc:a/com.example.x/3jzfcijpj2z2a"},
			[]string{"at://", "at:/did:plc:a", "http://a.co", "at://a", "at://a.co/", "at://a.co/x", "at://a.co/com.example.x/", "at://a.co/com.example.x/.", "at://a.co/com.example.x/a/b", "at://a.co#x", "at://a.co/com.example.x/a?b"},
		},
		"nsid": {
			[]string{"com.example.fooBar", "a-0.b-1.c", "com." + label + ".x"},
			[]string{"com.example", "com.example.3", "com.example.foo-bar", "com..x", "com.example.x.", "1com.example.x", "com." + label + "a.x", "com.exa💩ple.thing"},
		},
		"record-key": {[]string{"a", "self", "a.b_c~d:e-f", strings.Repeat("x", 512)}, []string{"", ".", "..", "a/b", "a b", "a#", strings.Repeat("x", 513)}},
		"tid":        {[]string{"3jzfcijpj2z2a", "7777777777777", "2222222222222"}, []string{"3jzfcijpj2z21", "0000000000000", "3jzfcijpj2z2aa", "3jzf-cij-pj2z-2a", "kjzfcijpj2z2a"}},
		"cid": {
			[]string{cid, "bafkreibfriulw4tbiwxoyehywd3zylncqzbfjs7sicvbjmfbe6s7givzau"},
			[]string{"", "b", "bafyreidf", strings.ToUpper(cid), "z" + cid[1:], "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", "bafkqaaa"},
		},
		"datetime": {
			[]string{
				"1985-04-12T23:20:50.123Z", "1985-04-12T23:20:50Z", "1985-04-12T23:20:50.1-03:00", "1985-04-12T23:20:50.12345678912345Z",
				"2024-02-29T00:00:00+00:00", "0010-01-01T00:00:00Z",
			},
			[]string{
				"1985-04-12", "1985-04-12T23:20Z", "1985-04-12T23:20:50", "1985-04-12t23:20:50Z", "1985-04-12T23:20:50z", "1985-04-12 23:20:50Z",
				"1985-04-12T23:20:50-00:00", "1985-04-12T23:20:50+0000", "1985-04-12T23:20:50.Z", "1985-4-12T23:20:50Z", "1985-04-12T24:00:00Z",
				"1985-04-12T23:99:50Z", "2023-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "-1985-04-12T23:20:50Z", "1985-04-12T23:20:50Z ",
				"1985-04-12T23:20:50." + strings.Repeat("1", 60) + "Z",
			},
		},
		"uri": {
			[]string{"https://example.com/a?b=c#d", "at://a.co", "mailto:a@b", "urn:x"},
			[]string{"", "example.com", "https:", "https://a b", "1a:b", "http://a\n", "a:" + strings.Repeat("x", 8192)},
		},
		"language": {
			[]string{"en", "deu", "pt-BR", "zh-Hant-TW", "de-CH-1901", "sl-rozaj-biske", "en-a-bbb-x-a-ccc", "i-klingon", "x-private", "hy-Latn-IT-arevela"},
			[]string{"", "e", "english", "EN", "en_US", "en-", "-en", "de-1901-1901", "en-a-bbb-a-ccc", "en-waytoolongsubtag", "i-unknown"},
		},
	} {
		c, err := lexicon.Parse([]byte(`[{"lexicon":1,"id":"com.example.f","defs":{"main":{"type":"string","format":"` + format + `"}}}]`))
		require.NoError(t, err)
		for _, s := range tc.good {
			require.Empty(t, c.Value("com.example.f", s), "%s %q", format, s)
		}
		for _, s := range tc.bad {
			require.NotEmpty(t, c.Value("com.example.f", s), "%s %.80q", format, s)
		}
	}
}

// FuzzValue: no bytes make the check panic, and what the strict reading takes the
// lenient one takes too.
func FuzzValue(f *testing.F) {
	for _, s := range []string{
		`{"need":""}`, `{"need":"","open":{"$type":"com.example.record","n":1},"any":{"a":[{"$link":"x"}]}}`,
		`{"need":"","blob":` + blob("image/png", "1") + `,"when":"2026-01-01T00:00:00.5+01:00","tid":"3jzfcijpj2z2a"}`,
	} {
		f.Add([]byte(s))
	}
	c := catalog(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := lexicon.Decode(b)
		if err != nil {
			return
		}
		strict := c.Exact().Value("com.example.all", v)
		if lenient := c.Value("com.example.all", v); len(strict) == 0 && len(lenient) > 0 {
			t.Fatalf("%s: only the lenient reading refuses: %v", b, lenient)
		}
		for s := range c.Sites("com.example.all", v) {
			if len(s.Path) == 0 {
				t.Fatal("a place without a path")
			}
		}
	})
}

// FuzzExchange: no exchange makes the check panic.
func FuzzExchange(f *testing.F) {
	f.Add("com.example.get", "id=x&limit=3", "application/json", []byte(`{"x":1}`), 200)
	f.Add("com.example.put", "", "application/json", []byte(`{"collection":"a","record":{"$type":"b"}}`), 400)
	c := catalog(f).Exact()
	f.Fuzz(func(t *testing.T, nsid, query, contentType string, body []byte, status int) {
		r := get("")
		r.NSID, r.ContentType, r.Body, r.Verb = nsid, contentType, body, "POST"
		for part := range strings.SplitSeq(query, "&") {
			k, v, _ := strings.Cut(part, "=")
			r.Query.Add(k, v)
		}
		c.Request(r)
		c.Answer(nsid, lexicon.Answer{Status: status, ContentType: contentType, Body: body})
	})
}
