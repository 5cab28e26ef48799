package connect_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm/connect"
)

// asBrowsersRead resolves a reference by the rules of the WHATWG URL standard
// that differ from RFC 3986, for a page of https://shop.example: tabs and line
// ends are dropped, "\" is "/", and so are the dot segments in any spelling.
func asBrowsersRead(p string) (host string) {
	p = strings.Trim(p, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	p = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(p)
	path, _, _ := strings.Cut(p, "#")
	path, _, _ = strings.Cut(path, "?")
	path = strings.ReplaceAll(path, "\\", "/")
	if i := strings.IndexByte(path, ':'); i >= 0 && !strings.Contains(path[:i], "/") {
		return "scheme " + path[:i]
	}
	if strings.HasPrefix(path, "//") {
		return strings.TrimLeft(path, "/")
	}
	return ""
}

func FuzzReturnPath(f *testing.F) {
	for _, s := range []string{"/", "/settings?x=1#y", "//evil.example", "/\\evil", "https://evil.example", "/\t/evil", "javascript:alert(1)", "/%2e%2e//x", "/a/..//x", "\\/x", "/%00", "/;x", "/@evil:80", "/%5C%5Cevil"} {
		f.Add(s)
	}
	shop, err := url.Parse("https://shop.example/connect/callback/chirp?x=1")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, p string) {
		if !connect.IsLocalPath(p) {
			return
		}
		u, err := shop.Parse(p)
		if err != nil || u.Scheme != "https" || u.Host != "shop.example" || u.User != nil {
			t.Fatalf("%q leads to %v, %v", p, u, err)
		}
		if strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.EscapedPath(), "//") {
			t.Fatalf("%q resolves to %q, which leads elsewhere when it is used again", p, u.Path)
		}
		if h := asBrowsersRead(p); h != "" {
			t.Fatalf("browsers read %q as %q", p, h)
		}
	})
}

func FuzzCallback(f *testing.F) {
	for _, s := range []string{"code=x&state=STATE", "error=access_denied&state=STATE", "state=STATE", "code=1&code=2&state=STATE", "%zz", "a;b", "iss=x&code=1&state=STATE", "state=STATE&code=c&error=e", "&&&=", "code=\xff&state=STATE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		l := newLab(t)
		b := l.browser()
		l.con.issuer = "https://one.example"
		state := b.begin()
		res := b.do(http.MethodGet, "https://shop.example/connect/callback/chirp?"+sanitize(strings.ReplaceAll(query, "STATE", state)), "")
		body := text(res)
		got, err := l.creds.Accounts(t.Context(), "t1", "chirp")
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case res.StatusCode == http.StatusOK:
			if len(got) != 1 || len(l.con.finished) != 1 || l.con.finished[0].State != state || l.con.finished[0].Code.IsZero() {
				t.Fatalf("%q connected %v with %+v", query, got, l.con.finished)
			}
			if iss := l.con.finished[0].Issuer; iss != "" && iss != "https://one.example" {
				t.Fatalf("%q: an answer of %q was believed", query, iss)
			}
		case res.StatusCode < 400 || res.StatusCode >= 500:
			t.Fatalf("%q: status %d: %s", query, res.StatusCode, body)
		case len(got) != 0:
			t.Fatalf("%q: status %d, and %v was stored", query, res.StatusCode, got)
		}
	})
}

// sanitize keeps what an HTTP request line can hold at all.
func sanitize(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= 0x20 || r == 0x7f || r == '#' {
			return '_'
		}
		return r
	}, s)
}
