package connect_test

import (
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

func good() connect.Config {
	return connect.Config{
		Connectors: []smm.Connector{&connector{name: "chirp"}}, Credentials: smm.NewMemoryCredentials(),
		Store: connect.NewMemoryStore(nil), Sealer: &sealer{}, BaseURL: base,
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := connect.New(good()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*connect.Config){
		"no connectors":     func(c *connect.Config) { c.Connectors = nil },
		"nil connector":     func(c *connect.Config) { c.Connectors = []smm.Connector{nil} },
		"two of a platform": func(c *connect.Config) { c.Connectors = append(c.Connectors, c.Connectors...) },
		"bad platform":      func(c *connect.Config) { c.Connectors = []smm.Connector{&connector{name: "a/b"}} },
		"no credentials":    func(c *connect.Config) { c.Credentials = nil },
		"no store":          func(c *connect.Config) { c.Store = nil },
		"no sealer":         func(c *connect.Config) { c.Sealer = nil },
		"short expiry":      func(c *connect.Config) { c.Expiry = time.Second },
		"long expiry":       func(c *connect.Config) { c.Expiry = 2 * time.Hour },
		"policy header":     func(c *connect.Config) { c.ContentPolicy = "default-src 'none'\r\nX: y" },
		"required never":    func(c *connect.Config) { c.Required = []smm.Capability{smm.CapAds} },
		"platform never": func(c *connect.Config) {
			c.PerPlatform = map[smm.Platform]connect.Wanted{"chirp": {Capabilities: []smm.Capability{smm.CapAds}}}
		},
		"token without name": func(c *connect.Config) {
			c.Forms = map[smm.Platform]connect.Form{"chirp": {Token: []connect.TokenField{{Key: "x"}}}}
		},
		"tokens not taken": func(c *connect.Config) {
			c.Connectors = []smm.Connector{plain{c.Connectors[0]}}
			c.Forms = map[smm.Platform]connect.Form{"chirp": {Token: []connect.TokenField{{Field: connect.Field{Label: "x"}, Key: "x"}}}}
		},
	} {
		c := good()
		change(&c)
		f, err := connect.New(c)
		if f != nil {
			t.Errorf("%s: a flow came with the error", name)
		}
		if err == nil || !strings.Contains(err.Error(), smm.ErrInvalid.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, u := range []string{
		"", "shop.example", "http://shop.example/connect", "https://shop.example/connect?x=1", "https://shop.example/#a", "https://u:p@shop.example", "ftp://127.0.0.1",
		"https:///connect", "https://shop.example/a%2fb", "https://shop.example/../x", "https://shop.example/a//b", "http://localhost.evil.example", "http://10.0.0.1", "https://shop.example/connect?",
	} {
		c := good()
		c.BaseURL = u
		if _, err := connect.New(c); err == nil {
			t.Errorf("%q was taken", u)
		}
	}
	for _, u := range []string{"https://shop.example", "https://shop.example/", "https://shop.example:8443/a/b/", "http://localhost:8080", "http://127.0.0.2/x", "http://[::1]:80/x"} {
		c := good()
		c.BaseURL = u
		f, err := connect.New(c)
		if err != nil {
			t.Errorf("%q: %v", u, err)
			continue
		}
		if got := f.RedirectURL("chirp"); got != strings.TrimRight(u, "/")+"/callback/chirp" {
			t.Errorf("%q: redirect %q", u, got)
		}
	}
}

func TestWantedPerPlatform(t *testing.T) {
	l := newLab(t, func(c *connect.Config) {
		c.PerPlatform = map[smm.Platform]connect.Wanted{"chirp": {Capabilities: []smm.Capability{smm.CapLike}, Required: []smm.Capability{smm.CapPost}}}
	})
	b := l.browser()
	b.begin()
	if got := l.con.begun[0].Scopes; !slices.Equal(got, []string{"like", "profile", "write"}) {
		t.Fatalf("scopes %q", got)
	}
	b.post("/connect/start", "platform", "zwitscher")
	if got := l.other.begun[0].Scopes; !slices.Equal(got, []string{"profile", "read", "write"}) {
		t.Fatalf("scopes %q", got)
	}
	one := account("a")
	one.Missing = []string{"write"}
	l.con.found = []smm.Connected{one}
	wantPage(t, b.get(callback(b.begin())), http.StatusForbidden, "scopes")
}

func TestOwnPages(t *testing.T) {
	tmpl := template.Must(template.New("").Parse(
		`{{define "start"}}own start {{range .Platforms}}{{.Platform}} {{end}}to {{.Action}}{{end}}{{define "error"}}own error {{.Problem.Code}}{{end}}`))
	var got connect.Result
	l := newLab(t, func(c *connect.Config) {
		c.Templates, c.ContentPolicy = tmpl, "default-src 'none'; style-src 'self'"
		c.Done = func(w http.ResponseWriter, _ *http.Request, res connect.Result) {
			got = res
			_, _ = io.WriteString(w, "own done")
		}
	})
	b := l.browser()
	res := b.get("/connect/")
	wantText(t, text(res), "own start chirp zwitscher to /connect/start")
	wantText(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'; form-action 'self' https:; frame-ancestors 'none'")
	wantText(t, text(b.get("/connect/x")), "own error not-found")
	wantText(t, text(b.get(callback(b.begin("return", "/x")))), "own done")
	if got.Tenant != "t1" || got.Return != "/x" || len(got.Stored()) != 1 {
		t.Fatalf("result %+v", got)
	}
	l.con.found = threePages()
	wantText(t, text(b.get(b.toChoice())), "<h1>Choose accounts</h1>") // the built-in one

	l = newLab(t, func(c *connect.Config) {
		c.Templates = template.Must(template.New("start").Parse(`half a page {{.NoSuchField}}`))
	})
	res = l.browser().get("/connect/")
	if body := text(res); res.StatusCode != http.StatusInternalServerError || strings.Contains(body, "half") {
		t.Fatalf("%d: %s", res.StatusCode, body)
	}
}

// TestNamesOfStrangers: what platforms and people call themselves is text.
func TestNamesOfStrangers(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	l := newLab(t)
	l.con.found = threePages()
	for i := range l.con.found {
		l.con.found[i].Channel.Name, l.con.found[i].Channel.Handle = evil, evil
		l.con.found[i].Channel.Ref.ID += evil
	}
	b := l.browser()
	at := b.toChoice()
	body := text(b.get(at))
	body += text(b.post("/connect/choose", "choice", choiceKey(t, at), "account", "chirp/channel/a"+evil))
	body += text(b.get("/connect/?account=chirp/channel/" + url.QueryEscape(evil)))
	l.con.found = l.con.found[:1]
	body += text(b.get(callback(b.begin())))
	if strings.Contains(body, "<script") {
		t.Fatalf("markup of a stranger: %s", body)
	}
	wantText(t, body, "Connected to Chirp")
}
