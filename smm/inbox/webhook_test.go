package inbox_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// receiver is a platform that signs the raw body.
type receiver struct{ key []byte }

func (r receiver) sign(body []byte) string {
	h := hmac.New(sha256.New, r.key)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func (r receiver) Handshake(w http.ResponseWriter, q *http.Request) bool {
	if q.Method != http.MethodGet || q.URL.Query().Get("challenge") == "" {
		return false
	}
	_, _ = io.WriteString(w, q.URL.Query().Get("challenge"))
	return true
}

func (r receiver) VerifyWebhook(h http.Header, body []byte, _ time.Time) error {
	got, err := hex.DecodeString(h.Get("X-Signature"))
	want, _ := hex.DecodeString(r.sign(body))
	if err != nil || !hmac.Equal(got, want) {
		return fmt.Errorf("signature: %w", smm.ErrForbidden)
	}
	return nil
}

func (r receiver) DecodeWebhook(_ http.Header, body []byte) iter.Seq2[smm.Event, error] {
	return func(yield func(smm.Event, error) bool) {
		var raw []json.RawMessage
		if err := json.Unmarshal(body, &raw); err != nil {
			yield(smm.Event{}, err)
			return
		}
		for _, b := range raw {
			var e smm.Event
			if err := json.Unmarshal(b, &e); !yield(e, err) {
				return
			}
		}
	}
}

func received(ms ...smm.Message) []byte {
	var es []smm.Event
	for i := range ms {
		es = append(es, smm.Event{ID: ms[i].Ref.ID, Kind: smm.EventMessageReceived, Channel: channel, Message: &ms[i], At: ms[i].At})
	}
	b, _ := json.Marshal(es)
	return b
}

func post1(t *testing.T, h http.Handler, body []byte, signature string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook", bytes.NewReader(body))
	r.Header.Set("X-Signature", signature)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func count(t *testing.T, s inbox.Store, tenant smm.Tenant) int {
	t.Helper()
	n := 0
	for c, err := range s.List(t.Context(), tenant, inbox.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		for range s.Items(t.Context(), tenant, c.Channel, c.Ref) {
			n++
		}
	}
	return n
}

func TestWebhook(t *testing.T) {
	d := newDesk(t)
	r := receiver{key: []byte("k")}
	h := d.Webhook(r, nil)
	body := received(said("a", 1, "hi"), said("b", 2, "ho"))
	for range 5 {
		if code := post1(t, h, body, r.sign(body)); code != http.StatusOK {
			t.Fatalf("status %d", code)
		}
	}
	if n := count(t, d.Store(), ""); n != 2 {
		t.Errorf("%d items after five deliveries of two", n)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/hook?challenge=abc", http.NoBody))
	if w.Body.String() != "abc" {
		t.Errorf("handshake: %q", w.Body)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/hook", http.NoBody))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}

func TestWebhookForged(t *testing.T) {
	d := newDesk(t)
	r := receiver{key: []byte("k")}
	decoded := 0
	h := d.Webhook(r, &inbox.WebhookOptions{OnEvent: func(context.Context, smm.Tenant, smm.Event) error { decoded++; return nil }})
	body := received(said("a", 1, "hi"))
	good := r.sign(body)
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b, s := bytes.Clone(body), []byte(good)
		if rnd.IntN(2) == 0 {
			b[rnd.IntN(len(b))] ^= byte(1 + rnd.IntN(255))
		} else {
			s[rnd.IntN(len(s))] ^= 1
		}
		if code := post1(t, h, b, string(s)); code != http.StatusUnauthorized {
			t.Fatalf("status %d for %s signed %s", code, b, s)
		}
	}
	if n := count(t, d.Store(), ""); n != 0 || decoded != 0 {
		t.Errorf("%d items and %d events of forged requests", n, decoded)
	}
}

// endless gives bytes for ever and counts them.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read += int64(len(p))
	return len(p), nil
}

func TestWebhookTooLarge(t *testing.T) {
	d := newDesk(t)
	body := &endless{}
	w := httptest.NewRecorder()
	d.Webhook(receiver{}, nil).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook", body))
	if w.Code != http.StatusRequestEntityTooLarge || body.read > 3<<20 {
		t.Errorf("status %d after %d bytes", w.Code, body.read)
	}
}

// brokenStore fails to append one message.
type brokenStore struct {
	inbox.Store
	broken string
}

func (s *brokenStore) Append(ctx context.Context, t smm.Tenant, it inbox.Item) (inbox.Change, error) {
	if it.Message.Ref.ID == s.broken {
		return inbox.ChangeNone, errors.New("disk full")
	}
	return s.Store.Append(ctx, t, it)
}

func TestWebhookStoreFails(t *testing.T) {
	s := &brokenStore{Store: inbox.NewMemoryStore(), broken: "a"}
	in, err := inbox.New(s)
	if err != nil {
		t.Fatal(err)
	}
	r := receiver{key: []byte("k")}
	h := in.Webhook(r, nil)
	body := received(said("a", 1, "hi"), said("b", 2, "ho"))
	if code := post1(t, h, body, r.sign(body)); code != http.StatusInternalServerError {
		t.Errorf("status %d: the platform would not send again", code)
	}
	s.broken = ""
	if code := post1(t, h, body, r.sign(body)); code != http.StatusOK || count(t, s, "") != 2 {
		t.Errorf("status %d, %d items", code, count(t, s, ""))
	}
}

func TestWebhookTenantsAndOddEntries(t *testing.T) {
	d := newDesk(t)
	r := receiver{key: []byte("k")}
	likes := 0
	h := d.Webhook(r, &inbox.WebhookOptions{
		Tenants: func(_ context.Context, ch smm.Ref) ([]smm.Tenant, error) {
			if ch != channel {
				return nil, errors.New("unknown channel")
			}
			return []smm.Tenant{"t1", "t2"}, nil
		},
		OnEvent: func(_ context.Context, _ smm.Tenant, e smm.Event) error {
			if e.Kind == smm.EventLiked {
				likes++
			}
			return nil
		},
	})
	good := strings.Trim(string(received(said("a", 1, "hi"))), "[]")
	body := []byte(`[{"id": 7}, "nonsense", ` + good + `, {"id":"l","kind":"post.liked","channel":"test/channel/us","subject":"test/post/p1","at":"2026-03-02T08:00:00Z"}]`)
	if code := post1(t, h, body, r.sign(body)); code != http.StatusOK {
		t.Errorf("status %d: a bad entry does not get better by being sent again", code)
	}
	if count(t, d.Store(), "t1") != 1 || count(t, d.Store(), "t2") != 1 || likes != 2 {
		t.Errorf("%d and %d items, %d likes", count(t, d.Store(), "t1"), count(t, d.Store(), "t2"), likes)
	}
}
