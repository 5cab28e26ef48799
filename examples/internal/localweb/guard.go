package localweb

import (
	"net"
	"net/http"
	"net/netip"
)

// guard keeps web pages that happen to be open in a browser on this machine
// from reading or driving the simulators.
type guard struct {
	remote bool
	next   http.Handler
}

// policy lets the page load what this server serves and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (g guard) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	h := rw.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// Not no-referrer: browsers would then send "Origin: null" with our own forms.
	h.Set("Referrer-Policy", "same-origin")

	if !g.known(r.Host) {
		reply(rw, nil, refusef(http.StatusMisdirectedRequest,
			"host %q is not this machine's: use the address that was printed at the start, such as 127.0.0.1", r.Host))
		return
	}
	// The zero value refuses what a browser says comes from another origin and
	// lets programs pass, which send neither header.
	if new(http.CrossOriginProtection).Check(r) != nil {
		reply(rw, nil, refusef(http.StatusForbidden, "a page of another origin may not do this: use the page of this server"))
		return
	}
	g.next.ServeHTTP(rw, r)
}

// known reports whether a Host header names this server. A name other than
// localhost could be one that its owner points at 127.0.0.1 to get past the
// browser's same-origin rule; an address cannot be pointed anywhere.
func (g guard) known(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if name == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(trimBrackets(name))
	return err == nil && (g.remote || ip.IsLoopback())
}

func trimBrackets(s string) string {
	if len(s) > 1 && s[0] == '[' && s[len(s)-1] == ']' {
		return s[1 : len(s)-1]
	}
	return s
}
