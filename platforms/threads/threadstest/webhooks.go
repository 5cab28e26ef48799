package threadstest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
)

// hook is where deliveries go, and what waits for one.
type hook struct {
	to      http.Handler
	waiting [][]byte
	last    []byte
}

// Subscribe sets the callback, after the check that the vendor makes of it.
func (s *Server) Subscribe(callback http.Handler, verifyToken string) error {
	if err := s.base.Subscribe(callback, verifyToken); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook.to = callback
	return nil
}

// tell has what was published delivered to the accounts under test that it
// concerns.
func (s *Server) tell(t *thread) {
	if t.facade != nil || t.waiting != "" {
		return
	}
	if t.parent != nil && t.root.author.own() && t.author != t.root.author {
		s.queue("moderate", "replies", t.root.author, s.update(t))
	}
	for _, a := range s.people {
		if a.own() && a != t.author && names(t.text, a.username) {
			s.queue("interaction", "mentions", a, s.update(t))
		}
	}
	if t.author.own() && t.parent == nil {
		s.queue("publish", "publish", t.author, s.update(t))
	}
}

func (s *Server) tellDeleted(t *thread) {
	if t.author.own() && t.facade == nil {
		s.queue("delete", "delete", t.author, object{"id": t.id, "deleted_id": t.id, "timestamp": stamp(s.now())})
	}
}

// update is the value of a webhook, which has names of its own in its root.
func (s *Server) update(t *thread) object {
	o := object{
		"id": t.id, "username": t.author.username, "text": t.text, "media_type": t.kind, "permalink": t.permalink(), "shortcode": t.shortcode,
		"timestamp": stamp(t.at),
	}
	if t.parent != nil {
		o["replied_to"] = object{"id": t.parent.id}
		o["root_post"] = object{"id": t.root.id, "owner_id": t.root.author.id, "username": t.root.author.username}
	}
	return o
}

func (s *Server) queue(topic, field string, about *account, value object) {
	var values any = object{"value": value, "field": field}
	if s.opts.ListValues {
		values = []any{values}
	}
	b, err := json.Marshal(object{
		"app_id": s.base.AppID(), "topic": topic, "target_id": about.id, "time": s.now().Unix(), "subscription_id": "2", "has_uid_field": false, "values": values,
	})
	if err != nil {
		panic("threadstest: " + err.Error())
	}
	s.hook.waiting = append(s.hook.waiting, bytes.ReplaceAll(b, []byte("/"), []byte(`\/`)))
}

// Deliver sends what waits, one signed request each, until all is taken or the
// callback answers something else than 200: then the rest waits for another call.
// It returns the last status, 0 if there was nothing to send.
func (s *Server) Deliver() int {
	status := 0
	for {
		s.mu.Lock()
		to, waiting := s.hook.to, s.hook.waiting
		s.mu.Unlock()
		if to == nil || len(waiting) == 0 {
			return status
		}
		if status = s.post(to, waiting[0]); status != http.StatusOK {
			return status
		}
		s.mu.Lock()
		s.hook.waiting, s.hook.last = s.hook.waiting[1:], waiting[0]
		s.mu.Unlock()
	}
}

// Redeliver sends the last delivery once more, as happens when an answer was late.
func (s *Server) Redeliver() int {
	s.mu.Lock()
	to, body := s.hook.to, s.hook.last
	s.mu.Unlock()
	if to == nil || body == nil {
		return 0
	}
	return s.post(to, body)
}

func (s *Server) post(to http.Handler, body []byte) int {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Hub-Signature-256", s.base.Sign(body))
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	return w.Code
}
