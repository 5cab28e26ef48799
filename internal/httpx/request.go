package httpx

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Request describes one call of a vendor's method. It is not changed by the
// ways out; it may be used again unless its Body can be read only once.
type Request struct {
	// Op names the vendor's method in errors and logs, for example
	// "statuses.create" or "com.atproto.repo.createRecord". Required.
	Op string

	// Channel is the channel acted for, if any; it is kept in errors.
	Channel smm.Ref

	Method string // "" for GET

	// URL is absolute, or a path that is joined to Config.BaseURL. Build paths
	// that hold ids with Path. A path with an empty, "." or ".." segment is
	// refused: it means that an id was missing or hostile.
	URL string

	Query  url.Values
	Header http.Header // added to, and standing above, what the client sends itself
	Body   Body

	// Auth stands above Config.Auth.
	Auth Authorizer

	// Charges are what the request costs; the rate headers of the answer speak
	// of the first unless Config.QuotaStates says otherwise.
	Charges []smm.Charge

	// Priority is how urgent the request is where the context does not say
	// (smm.ContextWithPriority); 0 leaves it to the way out: Commit publishes,
	// Write answers people, Read polls. That something is background work only
	// its caller knows, who says so in the context.
	Priority smm.Priority

	// Repeatable lets Read retry a method other than GET and HEAD, for a query
	// that the vendor serves under POST and that changes nothing.
	Repeatable bool

	// Timeout replaces Config.Timeout; negative for none. It has no effect where
	// the context has a deadline.
	Timeout time.Duration
}

func (r *Request) method() string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// Path joins path segments to a path in which each is escaped, so that an id
// with a slash or a question mark stays one segment:
//
//	httpx.Path("api/v1/statuses", id, "favourite")
//
// The first argument is taken as it is.
func Path(prefix string, segments ...string) string {
	n := len(prefix)
	for _, s := range segments {
		n += 1 + len(s)
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteString(strings.TrimSuffix(prefix, "/"))
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("%w: base URL cannot be parsed", smm.ErrInvalid)
	}
	if err := checkAddress(u); err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: base URL with a query or fragment", smm.ErrInvalid)
	}
	return u, nil
}

func checkAddress(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%w: URL scheme must be https or http", smm.ErrInvalid)
	case u.Host == "":
		return fmt.Errorf("%w: URL without a host", smm.ErrInvalid)
	case u.User != nil:
		return fmt.Errorf("%w: URL with a user name or password; use an Authorizer", smm.ErrInvalid)
	}
	return nil
}

// address fills u with where r goes.
func (c *Client) address(u *url.URL, r *Request) error {
	ref := r.URL
	if strings.HasPrefix(ref, "https://") || strings.HasPrefix(ref, "http://") {
		abs, err := url.Parse(ref)
		if err != nil { // the error would quote the URL
			return fmt.Errorf("%w: URL cannot be parsed", smm.ErrInvalid)
		}
		*u = *abs
	} else if err := c.join(u, ref); err != nil {
		return err
	}
	if err := checkAddress(u); err != nil {
		return err
	}
	if err := checkPath(u.Path); err != nil {
		return err
	}
	u.Fragment, u.RawFragment = "", ""
	if len(r.Query) > 0 {
		q := r.Query.Encode()
		if u.RawQuery != "" {
			q = u.RawQuery + "&" + q
		}
		u.RawQuery = q
	}
	return nil
}

func (c *Client) join(u *url.URL, ref string) error {
	if c.base == nil {
		return fmt.Errorf("%w: a relative URL and no base URL", smm.ErrInvalid)
	}
	*u = *c.base
	path, query, _ := strings.Cut(ref, "?")
	if path != "" {
		full := strings.TrimSuffix(u.EscapedPath(), "/") + "/" + strings.TrimPrefix(path, "/")
		plain, err := url.PathUnescape(full)
		if err != nil {
			return fmt.Errorf("%w: path with a broken escape", smm.ErrInvalid)
		}
		u.Path, u.RawPath = plain, ""
		if plain != full {
			u.RawPath = full
		}
	}
	u.RawQuery = query
	return nil
}

// checkPath refuses what servers resolve or merge: an id of ".." would reach
// another method, an empty one the whole collection.
func checkPath(p string) error {
	for seg := range strings.SplitSeq(strings.Trim(p, "/"), "/") {
		if seg == "." || seg == ".." {
			return fmt.Errorf("%w: path with a dot segment", smm.ErrInvalid)
		}
	}
	if strings.Contains(p, "//") {
		return fmt.Errorf("%w: path with an empty segment: an id is missing", smm.ErrInvalid)
	}
	return nil
}

// build makes the request that goes on the wire. attempt is 0 for the first.
func (c *Client) build(ctx context.Context, r *Request, attempt int) (*http.Request, error) {
	if r.Op == "" {
		return nil, fmt.Errorf("%w: request without an operation name", smm.ErrInvalid)
	}
	req, err := http.NewRequestWithContext(ctx, r.method(), "/", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: method %q", smm.ErrInvalid, r.Method)
	}
	if err := c.address(req.URL, r); err != nil {
		return nil, err
	}
	req.Host = req.URL.Host
	h := req.Header
	h["User-Agent"] = c.agent
	h["Accept"] = typeJSON
	if r.Body.contentType != nil {
		h["Content-Type"] = r.Body.contentType
	}
	for k, v := range r.Header {
		h[http.CanonicalHeaderKey(k)] = v
	}
	req.Body, req.ContentLength, err = r.Body.open(attempt)
	if err != nil {
		return nil, err
	}
	return req, nil
}
