package connect

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// checkReturn reports whether p may be the address of a link after the flow: ""
// or an absolute path on the host's own origin, with or without a query. It is
// stricter than RFC 3986, because browsers read addresses by other rules (the
// WHATWG URL standard): they take "\" for "/", drop tabs and line ends, and
// resolve "%2e" as a dot segment.
func checkReturn(p string) error {
	if p == "" || isLocalPath(p) {
		return nil
	}
	return fmt.Errorf("%w: the address to return to must be a path of this site, such as /settings", smm.ErrInvalid)
}

func isLocalPath(p string) bool {
	if len(p) > 2048 || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") {
		return false
	}
	for _, c := range []byte(p) {
		if c <= 0x20 || c >= 0x7f || c == '\\' {
			return false
		}
	}
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return false
	}
	if strings.ContainsAny(u.Path, "\\\x00") || strings.Contains(u.Path, "//") {
		return false
	}
	return !slices.ContainsFunc(strings.Split(u.Path, "/"), func(s string) bool { return s == "." || s == ".." })
}
