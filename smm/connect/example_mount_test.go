package connect_test

import (
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

// newExampleConfig has a platform of the tests; a host lists those that it
// uses, a ring of package vault as Sealer, and stores that all of its processes
// share.
func newExampleConfig() connect.Config {
	return connect.Config{
		Connectors:   []smm.Connector{&connector{name: "chirp", found: []smm.Connected{account("a")}}},
		Credentials:  smm.NewMemoryCredentials(),
		Store:        connect.NewMemoryStore(nil),
		Sealer:       &sealer{},
		BaseURL:      "https://shop.example/connect",
		Capabilities: []smm.Capability{smm.CapPost, smm.CapListComments},
		Identify: func(r *http.Request) (smm.Tenant, error) {
			if c, err := r.Cookie("session"); err == nil {
				return smm.Tenant("tenant-of-" + c.Value), nil
			}
			return "", smm.ErrUnauthorized
		},
	}
}

// A host mounts the flow in its own mux. Whoever is not signed in there gets no
// further.
func ExampleNew() {
	flow, err := connect.New(newExampleConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/connect/", flow)

	for _, signedIn := range []bool{false, true} {
		r := httptest.NewRequest(http.MethodPost, "https://shop.example/connect/start", strings.NewReader(url.Values{"platform": {"chirp"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if signedIn {
			r.AddCookie(&http.Cookie{Name: "session", Value: "kim"})
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		to, _, _ := strings.Cut(w.Header().Get("Location"), "?")
		fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", to)))
	}
	fmt.Println("to be registered:", flow.RedirectURL("chirp"))
	// Output:
	// 401
	// 303 https://platform.example/authorize
	// to be registered: https://shop.example/connect/callback/chirp
}

// A page of the host's own look. The others stay as they are.
func ExampleConfig_templates() {
	cfg := newExampleConfig()
	cfg.ContentPolicy = "default-src 'none'; style-src 'self'"
	cfg.Templates = template.Must(template.New("start").Parse(`<link rel="stylesheet" href="/shop.css">
{{range .Platforms}}<form method="post" action="{{$.Action}}">
<button name="platform" value="{{.Platform}}">{{.Name}}</button>
</form>
{{end}}`))
	flow, err := connect.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodGet, "https://shop.example/connect/", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: "kim"})
	w := httptest.NewRecorder()
	flow.ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output:
	// <link rel="stylesheet" href="/shop.css">
	// <form method="post" action="/connect/start">
	// <button name="platform" value="chirp">Chirp</button>
	// </form>
}
