package httpx

import (
	"errors"
	"net/http"
	"strings"
)

// errRedirect says that a redirect of a read was refused.
var errRedirect = errors.New("redirect refused: more than three, or from https to http")

// checkRedirect is the policy of Read. The vendor's own header names are not
// known here, so across origins an allow-list decides what goes along; the
// Referer, which would carry the query of the URL before, never does.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > 3 || (first.URL.Scheme == "https" && req.URL.Scheme != "https") {
		return errRedirect
	}
	delete(req.Header, "Referer")
	if req.URL.Scheme == first.URL.Scheme && strings.EqualFold(req.URL.Host, first.URL.Host) {
		return nil
	}
	for name := range req.Header {
		if name != "Accept" && name != "User-Agent" && name != "Accept-Language" {
			delete(req.Header, name)
		}
	}
	return nil
}
