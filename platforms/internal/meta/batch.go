package meta

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// MaxBatch is how many reads the vendor takes in one batch (unverified; the
// sheets name the endpoint alone). Longer lists are sent in several.
const MaxBatch = 50

// BatchRead is a read of a batch.
type BatchRead struct {
	Path   []string
	Fields []string
	Params url.Values
}

// BatchResult is what became of one read of a batch.
type BatchResult struct {
	Body json.RawMessage
	Err  error // as a read of its own would have failed

	c  *Client
	op string
}

// Decode decodes the answer, or returns Err.
func (b *BatchResult) Decode(into any) error {
	if b.Err != nil {
		return b.Err
	}
	resp := httpx.Response{Status: http.StatusOK, Body: b.Body}
	return b.c.decode(&Request{Op: b.op}, &resp, into)
}

type wireBatchItem struct {
	Method string `json:"method"`
	URL    string `json:"relative_url"`
}

type wireBatchResult struct {
	Code int             `json:"code"`
	Body json.RawMessage `json:"body"`
}

// Batch reads many nodes with few requests, each of which counts as the reads
// that it holds. The results stand in the order of the reads; one that failed
// does not touch the others. The error is of a request that failed as a whole,
// and comes with the results so far: the others have it as theirs.
func (c *Client) Batch(ctx context.Context, op string, reads []BatchRead) ([]BatchResult, error) {
	out := make([]BatchResult, 0, len(reads))
	for len(reads) > 0 {
		n := min(len(reads), MaxBatch)
		results, err := c.batch(ctx, op, reads[:n])
		if err != nil {
			for range reads {
				out = append(out, BatchResult{Err: err, c: c, op: op})
			}
			return out, err
		}
		out, reads = append(out, results...), reads[n:]
	}
	return out, nil
}

func (c *Client) batch(ctx context.Context, op string, reads []BatchRead) ([]BatchResult, error) {
	r := &Request{Op: op, Method: http.MethodPost, Cost: int64(len(reads))}
	items := make([]wireBatchItem, len(reads))
	for i, read := range reads {
		u, err := c.relative(read)
		if err != nil {
			return nil, c.refuse(r, err)
		}
		items[i] = wireBatchItem{Method: http.MethodGet, URL: u}
	}
	encoded, err := json.Marshal(items)
	if err != nil {
		return nil, c.refuse(r, err)
	}
	r.Params = url.Values{"batch": {string(encoded)}, "include_headers": {"false"}}
	var raw []*wireBatchResult
	resp, auth, err := c.read(ctx, r, &raw)
	if err != nil {
		return nil, err
	}
	if len(raw) != len(reads) {
		return nil, c.unreadable(r, resp, "a batch of another length than was asked for")
	}
	out := make([]BatchResult, len(raw))
	for i, item := range raw {
		out[i] = c.batchResult(op, resp, item, auth.secrets())
	}
	return out, nil
}

// relative is the address of a read within a batch. Segments are checked here,
// since no URL of ours is made of them.
func (c *Client) relative(read BatchRead) (string, error) {
	if err := checkParams(read.Params); err != nil {
		return "", err
	}
	for _, s := range read.Path {
		if s == "" || s == "." || s == ".." {
			return "", fmt.Errorf("%w: meta: a path with an empty or a dot segment", smm.ErrInvalid)
		}
	}
	q := url.Values{}
	for k, v := range read.Params {
		q[k] = v
	}
	if len(read.Fields) > 0 {
		q.Set("fields", strings.Join(read.Fields, ","))
	}
	u := strings.TrimPrefix(httpx.Path("/"+c.version, read.Path...), "/")
	if len(q) > 0 {
		u += "?" + q.Encode()
	}
	return u, nil
}

// batchResult judges one answer of a batch; the vendor answers null for what it
// had no time for.
func (c *Client) batchResult(op string, whole *httpx.Response, item *wireBatchResult, secrets []string) BatchResult {
	out := BatchResult{c: c, op: op}
	if item == nil {
		out.Err = &smm.Error{
			Op: op, Platform: c.table.platform, Status: whole.Status, RequestID: whole.RequestID,
			Err: fmt.Errorf("%w: this read of the batch was not answered", smm.ErrUnavailable),
		}
		return out
	}
	var inner string
	body := []byte(item.Body)
	if json.Unmarshal(item.Body, &inner) == nil {
		body = []byte(inner)
	}
	resp := &httpx.Response{Status: item.Code, Header: http.Header{}, Body: body, RequestID: whole.RequestID, At: whole.At}
	if _, failed := failureIn(body); failed || !resp.OK() {
		out.Err = c.table.Error(op, smm.Ref{}, resp, secrets...)
		return out
	}
	out.Body = body
	return out
}
