package meta

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// ListParams select a page of an edge. The zero value is the first page of the
// vendor's size.
type ListParams struct {
	Limit int
	Since time.Time // where the edge pages by time
	Until time.Time
	// Cursor is Page.Next or Page.Prev of an earlier answer, and stands above
	// Since and Until. Cursors end when what they point at is deleted: use them at
	// once.
	Cursor string
}

// Page is a page of an edge. Next and Prev are empty at the ends; a page without
// items is not the end.
type Page[T any] struct {
	Items   []T
	Next    string
	Prev    string
	Summary json.RawMessage // where it was asked for
}

type wirePage struct {
	Data    json.RawMessage `json:"data"`
	Paging  wirePaging      `json:"paging"`
	Summary json.RawMessage `json:"summary"`
}

type wirePaging struct {
	Cursors struct {
		Before string `json:"before"`
		After  string `json:"after"`
	} `json:"cursors"`
	Next     string `json:"next"`
	Previous string `json:"previous"`
}

const maxCursor = 2048

// pagingParams are what is taken from the address of another page. The address
// itself is never asked: it carries the token, and would lead it wherever it
// points.
var pagingParams = []string{"after", "before", "since", "until", "offset", "__paging_token", "__previous"}

// List reads a page of an edge. r is not changed.
func List[T any](ctx context.Context, c *Client, r *Request, p ListParams) (Page[T], error) {
	q, err := p.query(r.Params)
	if err != nil {
		return Page[T]{}, c.refuse(r, err)
	}
	page := *r
	page.Params = q
	var w wirePage
	resp, _, err := c.read(ctx, &page, &w)
	if err != nil {
		return Page[T]{}, err
	}
	return pageOf[T](c, r, resp, &w)
}

func (p ListParams) query(base url.Values) (url.Values, error) {
	q := url.Values{}
	for k, v := range base {
		q[k] = v
	}
	if p.Limit > 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	if p.Cursor == "" {
		if !p.Since.IsZero() {
			q.Set("since", strconv.FormatInt(p.Since.Unix(), 10))
		}
		if !p.Until.IsZero() {
			q.Set("until", strconv.FormatInt(p.Until.Unix(), 10))
		}
		return q, nil
	}
	from, err := url.ParseQuery(p.Cursor)
	if err != nil || len(p.Cursor) > maxCursor || len(from) == 0 || len(onlyPaging(from)) != len(from) {
		return nil, fmt.Errorf("%w: meta: the cursor is neither Page.Next nor Page.Prev", smm.ErrInvalid)
	}
	for k, v := range from {
		q[k] = v
	}
	return q, nil
}

func pageOf[T any](c *Client, r *Request, resp *httpx.Response, w *wirePage) (Page[T], error) {
	var raw []json.RawMessage
	if len(w.Data) == 0 || json.Unmarshal(w.Data, &raw) != nil || raw == nil {
		return Page[T]{}, c.unreadable(r, resp, "no list of data")
	}
	page := Page[T]{Items: make([]T, 0, len(raw)), Summary: w.Summary}
	for _, item := range raw {
		var v T
		if json.Unmarshal(item, &v) != nil {
			return Page[T]{}, c.unreadable(r, resp, "a list with a broken element")
		}
		page.Items = append(page.Items, v)
	}
	page.Next, page.Prev = cursor("after", w.Paging.Cursors.After, w.Paging.Next), cursor("before", w.Paging.Cursors.Before, w.Paging.Previous)
	if page.Next == "" && c.loose && len(raw) > 0 {
		page.Next = encodeCursor(url.Values{"after": {w.Paging.Cursors.After}})
	}
	return page, nil
}

// cursor is the way to another page that has an address: by the cursor that
// stands beside it or, on edges that page by time, by what the address asks for.
func cursor(name, value, address string) string {
	if address == "" {
		return ""
	}
	if value != "" {
		return encodeCursor(url.Values{name: {value}})
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return encodeCursor(onlyPaging(u.Query()))
}

func onlyPaging(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range pagingParams {
		if v := q.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

func encodeCursor(q url.Values) string {
	s := onlyPaging(q).Encode()
	if len(s) > maxCursor {
		return ""
	}
	return s
}

func (c *Client) unreadable(r *Request, resp *httpx.Response, what string) error {
	return &smm.Error{
		Op: r.Op, Platform: c.table.platform, Channel: r.Channel, Status: resp.Status, RequestID: resp.RequestID,
		Err: fmt.Errorf("%w: unreadable answer: %s", smm.ErrUnavailable, what),
	}
}

// maxPages bounds Collect.
const maxPages = 1000

// Collect reads all pages of a list. A list that comes back to a page, or that
// does not end, is an error that matches smm.ErrUnavailable.
func Collect[T any](ctx context.Context, p ListParams, list func(context.Context, ListParams) (Page[T], error)) ([]T, error) {
	var out []T
	seen := make(map[string]bool)
	for range maxPages {
		page, err := list(ctx, p)
		if err != nil {
			return out, err
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out, nil
		}
		if seen[page.Next] {
			break
		}
		seen[page.Next] = true
		p.Cursor = page.Next
	}
	return out, fmt.Errorf("%w: the platform's list does not end", smm.ErrUnavailable)
}
