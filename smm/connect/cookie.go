package connect

import (
	"net/http"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// maxCookies bounds how much of our own a browser carries. Who begins more often
// than that within a quarter of an hour has given up the first ones.
const maxCookies = 16

// cookieName puts the prefix that keeps subdomains and plain http from setting
// it (RFC 6265bis section 4.1.3.2). Browsers take it on https only.
func (f *Flow) cookieName(name string) string {
	if f.loopback {
		return name
	}
	return "__Host-" + name
}

func (f *Flow) cookie(name, value string, age int) *http.Cookie {
	path := "/" // the prefix demands it
	if f.loopback {
		path = f.base.Path + "/"
	}
	// Lax, since the browser comes back from another site.
	return &http.Cookie{ //nolint:gosec // Secure is off on a loopback address without TLS only, where a browser may not keep it otherwise
		Name: f.cookieName(name), Value: value, Path: path, MaxAge: age, Secure: !f.loopback, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

func (f *Flow) bind(w http.ResponseWriter, r *http.Request, name string, binding smm.Secret, life time.Duration) {
	var own []string
	for _, c := range r.Cookies() {
		if short, ok := strings.CutPrefix(c.Name, f.cookieName("smm-")); ok {
			own = append(own, "smm-"+short)
		}
	}
	if len(own) >= maxCookies {
		for _, n := range own {
			f.unbind(w, n)
		}
	}
	http.SetCookie(w, f.cookie(name, binding.Reveal(), max(int(life/time.Second), 1)))
}

func (f *Flow) unbind(w http.ResponseWriter, name string) {
	http.SetCookie(w, f.cookie(name, "", -1))
}

// binding reads the cookie. Two of the same name mean that somebody planted one.
func (f *Flow) binding(r *http.Request, name string) smm.Secret {
	if c := r.CookiesNamed(f.cookieName(name)); len(c) == 1 {
		return smm.NewSecret(c[0].Value)
	}
	return smm.Secret{}
}
