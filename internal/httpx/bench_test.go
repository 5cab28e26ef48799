package httpx

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// The answer that performance.md's comparison decodes: 340 bytes of JSON.
var benchReply = []byte(`{"id":"113500000000000001","created_at":"2026-11-22T12:00:00.000Z","visibility":"public","language":"en",` +
	`"uri":"https://social.example/users/a/statuses/113500000000000001","url":"https://social.example/@a/113500000000000001",` +
	`"replies_count":0,"reblogs_count":0,"favourites_count":0,"content":"<p>hello world</p>","account":{"id":"1","acct":"a"},"x":12}`)

type benchStatus struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	URI       string    `json:"uri"`
	URL       string    `json:"url"`
	Content   string    `json:"content"`
}

// canned answers without a network; it is as cheap as a transport can be.
type canned struct{}

func (canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		StatusCode: 200, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header:        http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"r"}},
		ContentLength: int64(len(benchReply)), Body: io.NopCloser(bytes.NewReader(benchReply)),
	}, nil
}

func plainPost(ctx context.Context, hc *http.Client) (benchStatus, error) {
	var s benchStatus
	form := url.Values{"status": {"hello world"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://social.example/api/v1/statuses", strings.NewReader(form.Encode()))
	if err != nil {
		return s, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer token")
	resp, err := hc.Do(req)
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(b, &s)
}

func commitPost(ctx context.Context, c *Client, auth Authorizer, charges []smm.Charge) (benchStatus, error) {
	resp, _, err := c.Commit(ctx, &Request{
		Op: "statuses.create", Method: http.MethodPost, URL: "/api/v1/statuses", Auth: auth,
		Header: http.Header{"Idempotency-Key": {"k"}}, Body: Form(url.Values{"status": {"hello world"}}),
		Charges: charges, Priority: smm.PriorityPublish,
	})
	if err != nil {
		return benchStatus{}, err
	}
	return Decode[benchStatus](resp)
}

func benchClient(tb testing.TB) (*Client, Authorizer, []smm.Charge) {
	tb.Helper()
	c, err := New(Config{Platform: "x", BaseURL: "https://social.example", HTTPClient: &http.Client{Transport: canned{}}, Quota: &pace{}})
	if err != nil {
		tb.Fatal(err)
	}
	return c, Bearer(smm.NewSecret("token")), []smm.Charge{{Key: userKey, Cost: 1}}
}

func BenchmarkPost(b *testing.B) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	b.Run("net-http", func(b *testing.B) {
		b.ReportAllocs()
		hc := &http.Client{Transport: canned{}}
		for b.Loop() {
			if _, err := plainPost(ctx, hc); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("commit", func(b *testing.B) {
		b.ReportAllocs()
		c, auth, charges := benchClient(b)
		for b.Loop() {
			if _, err := commitPost(ctx, c, auth, charges); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestCommitStaysCheap holds the goal: authorized, counted, traced and decoded
// within 44 allocations.
func TestCommitStaysCheap(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	c, auth, charges := benchClient(t)
	n := testing.AllocsPerRun(200, func() {
		if _, err := commitPost(ctx, c, auth, charges); err != nil {
			t.Fatal(err)
		}
	})
	if n > 44 {
		t.Errorf("%v allocations", n)
	}
}
