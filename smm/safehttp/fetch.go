package safehttp

import (
	"context"
	"io"
	"net/http"
)

// Response is a finished answer.
type Response struct {
	// Status is the HTTP status code; the caller judges it.
	Status int
	// Header as received, without what described the transfer encoding.
	Header http.Header
	// Body is whole and within Options.MaxBytes; gzip is undone.
	Body []byte
	// ContentType is what the server claims: a hint for charset, not a fact.
	ContentType string
	// Sniffed is what the bytes look like; see [Sniff]. Decide by this one.
	Sniffed string
	// FinalURL is the address after redirects. It may carry a query.
	FinalURL string
}

// Fetch gets rawURL within the bounds of g. It returns a [*BlockedError], a
// [*LimitError], ctx's error or an error of the network; there is never a
// partial body. A status outside 2xx is not an error.
func (g *Guard) Fetch(ctx context.Context, rawURL string) (*Response, error) {
	u, err := g.policy.parse(rawURL)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, Redact(err)
	}
	resp, err := g.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	return &Response{
		Status:      resp.StatusCode,
		Header:      resp.Header,
		Body:        body,
		ContentType: resp.Header.Get("Content-Type"),
		Sniffed:     Sniff(body),
		FinalURL:    resp.Request.URL.String(),
	}, nil
}
