package metatest

import (
	"encoding/json"
	"net/url"
	"strings"
)

const maxBatch = 50

type wireBatchItem struct {
	Method string `json:"method"`
	URL    string `json:"relative_url"`
	Body   string `json:"body"`
}

type wireBatchResult struct {
	Code    int               `json:"code"`
	Headers []json.RawMessage `json:"headers,omitempty"`
	Body    string            `json:"body"`
}

// batch runs the calls of a batch over the same routes, each counted by itself.
// All are answered with 200; what became of each stands in its own code.
func (s *Server) batch(c *Call) Reply {
	var items []wireBatchItem
	switch {
	case !c.JSON("batch", &items) || len(items) == 0:
		return Fail(Invalid("The parameter batch is required"))
	case len(items) > maxBatch:
		return Fail(&Error{Code: 100, Message: "(#100) Too many requests in batch message. Maximum batch size is 50"})
	}
	drop := s.dropFrom
	s.dropFrom = -1
	out := make([]*wireBatchResult, len(items))
	for i, item := range items {
		if drop >= 0 && i >= drop {
			continue // null: there was no time for it
		}
		reply := s.batchItem(c, item)
		out[i] = &wireBatchResult{Code: reply.Status, Body: string(encode(reply.Body))}
		if c.Get("include_headers") != "false" {
			out[i].Headers = []json.RawMessage{json.RawMessage(`{"name":"Content-Type","value":"application/json; charset=UTF-8"}`)}
		}
	}
	return OK(out)
}

func (s *Server) batchItem(c *Call, item wireBatchItem) Reply {
	path, query, _ := strings.Cut(item.URL, "?")
	p, err := url.ParseQuery(query)
	if err != nil {
		return Fail(Invalid("relative_url"))
	}
	body, err := url.ParseQuery(item.Body)
	if err != nil {
		return Fail(Invalid("body"))
	}
	merge(p, body)
	token := c.Token.Value
	if own := p.Get("access_token"); own != "" {
		token = own
	}
	plain, err := url.PathUnescape(path)
	if err != nil || strings.Trim(plain, "/") == "" {
		return Fail(Invalid("relative_url"))
	}
	return s.run(&request{method: item.Method, path: plain, token: token, params: p, inBatch: true})
}

// DropBatch makes the next batch answer null for its calls from the given one on,
// as when the vendor runs out of time.
func (s *Server) DropBatch(from int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropFrom = from
}
