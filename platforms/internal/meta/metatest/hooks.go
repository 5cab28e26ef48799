package metatest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"unicode/utf16"
)

// hook is where deliveries go, and what waits for one.
type hook struct {
	to      http.Handler
	waiting []update
	last    []byte
}

// update is one thing to tell.
type update struct {
	object, account string
	field           string // of a change; "" for a messaging item
	value           json.RawMessage
}

// Subscribe sets the callback, after the check that the vendor makes of it.
func (s *Server) Subscribe(callback http.Handler, verifyToken string) error {
	challenge := secretWord()[:10]
	q := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {verifyToken}, "hub.challenge": {challenge}}
	w := httptest.NewRecorder()
	callback.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?"+q.Encode(), nil))
	if w.Code != http.StatusOK || w.Body.String() != challenge {
		return fmt.Errorf("metatest: the callback answered the handshake with status %d", w.Code)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook.to = callback
	return nil
}

// Notify has a change delivered: an entry of changes.
func (s *Server) Notify(object, account, field string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook.waiting = append(s.hook.waiting, update{object, account, field, encode(value)})
}

// NotifyItem has a messaging item delivered.
func (s *Server) NotifyItem(object, account string, item any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook.waiting = append(s.hook.waiting, update{object: object, account: account, value: encode(item)})
}

// Notify is Server.Notify for handlers.
func (c *Call) Notify(object, account, field string, value any) {
	c.s.hook.waiting = append(c.s.hook.waiting, update{object, account, field, encode(value)})
}

// NotifyItem is Server.NotifyItem for handlers.
func (c *Call) NotifyItem(object, account string, item any) {
	c.s.hook.waiting = append(c.s.hook.waiting, update{object: object, account: account, value: encode(item)})
}

type wireEnvelope struct {
	Object string       `json:"object"`
	Entry  []*wireEntry `json:"entry"`
}

type wireEntry struct {
	ID        string            `json:"id"`
	Time      int64             `json:"time"`
	Changes   []wireChange      `json:"changes,omitempty"`
	Messaging []json.RawMessage `json:"messaging,omitempty"`
}

type wireChange struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// wireThreads is what Threads sends: one update, without entries.
type wireThreads struct {
	AppID        string     `json:"app_id"`
	Topic        string     `json:"topic"`
	Target       string     `json:"target_id"`
	Time         int64      `json:"time"`
	Subscription string     `json:"subscription_id"`
	HasUID       bool       `json:"has_uid_field"`
	Values       wireChange `json:"values"`
}

// body makes the body of a delivery of everything that waits about one object,
// oldest first, and reports how many updates are in it. Threads delivers one at a
// time, with the object as its topic.
func (s *Server) body() ([]byte, int) {
	waiting := s.hook.waiting
	switch {
	case len(waiting) == 0:
		return nil, 0
	case s.opts.Login == Threads:
		u := waiting[0]
		return escape(encode(wireThreads{
			AppID: s.opts.AppID, Topic: u.object, Target: u.account, Time: s.now().Unix(), Subscription: "1", Values: wireChange{u.field, u.value},
		})), 1
	}
	env := wireEnvelope{Object: waiting[0].object}
	n := 0
	for _, u := range waiting {
		if u.object != env.Object {
			break
		}
		n++
		entry := &wireEntry{ID: u.account, Time: s.now().Unix()}
		if last := len(env.Entry) - 1; last >= 0 && env.Entry[last].ID == u.account {
			entry = env.Entry[last]
		} else {
			env.Entry = append(env.Entry, entry)
		}
		if u.field == "" {
			entry.Messaging = append(entry.Messaging, u.value)
		} else {
			entry.Changes = append(entry.Changes, wireChange{u.field, u.value})
		}
	}
	return escape(encode(env)), n
}

// Deliver sends what waits, a signed request for each object, until all is taken or
// the callback answers something else than 200: then the rest waits for another
// call, as the vendor tries again for hours. It returns the last status, 0 if
// there was nothing to send.
func (s *Server) Deliver() int {
	status := 0
	for {
		s.mu.Lock()
		body, n := s.body()
		to := s.hook.to
		s.mu.Unlock()
		if n == 0 || to == nil {
			return status
		}
		if status = s.post(to, body); status != http.StatusOK {
			return status
		}
		s.mu.Lock()
		s.hook.waiting, s.hook.last = s.hook.waiting[n:], body
		s.mu.Unlock()
	}
}

// Redeliver sends the last delivery once more, as happens when an answer was late.
func (s *Server) Redeliver() int {
	s.mu.Lock()
	body, to := s.hook.last, s.hook.to
	s.mu.Unlock()
	if body == nil || to == nil {
		return 0
	}
	return s.post(to, body)
}

func (s *Server) post(to http.Handler, body []byte) int {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Hub-Signature-256", s.Sign(body))
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	return w.Code
}

// Sign is the signature of a delivery.
func (s *Server) Sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(s.opts.AppSecret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// SignedRequest is what is posted when a person removes the app or asks for the
// deletion of what it holds.
func (s *Server) SignedRequest(user string) string {
	payload := base64.RawURLEncoding.EncodeToString(encode(struct {
		UserID    string `json:"user_id"`
		Algorithm string `json:"algorithm"`
		IssuedAt  int64  `json:"issued_at"`
	}{user, "HMAC-SHA256", s.now().Unix()}))
	mac := hmac.New(sha256.New, []byte(s.opts.AppSecret))
	mac.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) + "." + payload
}

// escape writes JSON as the vendor does: slashes and all that is not ASCII are
// escaped, so that a signature over what was decoded and encoded again fails.
func escape(b []byte) []byte {
	var out strings.Builder
	for _, r := range string(b) {
		switch {
		case r == '/':
			out.WriteString(`\/`)
		case r < 0x80:
			out.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return []byte(out.String())
}
