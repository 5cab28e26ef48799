package mastodontest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/smmkit/smmkit/smm/sim"
)

// stream is an open connection of server-sent events.
type stream struct {
	account *account
	only    string // one event, "" for all
	lines   chan string
	once    sync.Once
	done    chan struct{}
}

func (st *stream) close() { st.once.Do(func() { close(st.done) }) }

func (s *Server) streamRoutes() {
	for path, only := range map[string]string{
		"/api/v1/streaming/user": "", "/api/v1/streaming/user/notification": "notification", "/api/v1/streaming/direct": "conversation",
	} {
		pattern := "GET " + path
		s.ops[pattern] = sim.Op{Platform: Platform, Name: pattern, Class: sim.Read}
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.stream(w, r, only) })
	}
	s.ops["GET /api/v1/streaming/health"] = sim.Op{Platform: Platform, Name: "GET /api/v1/streaming/health", Class: sim.Read}
	s.mux.HandleFunc("GET /api/v1/streaming/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("OK")) })
}

func (s *Server) stream(w http.ResponseWriter, r *http.Request, only string) {
	s.mu.Lock()
	t, wrong := s.bearer(r)
	if wrong != "" || t == nil || t.account == nil {
		s.mu.Unlock()
		write(w, fail(http.StatusUnauthorized, "Missing access token"), nil)
		return
	}
	if !t.allows([]string{"read:statuses"}) || !t.allows([]string{"read:notifications"}) {
		s.mu.Unlock()
		write(w, fail(http.StatusUnauthorized, "Access token does not have the required scopes"), nil)
		return
	}
	st := &stream{account: t.account, only: only, lines: make(chan string, 256), done: make(chan struct{})}
	s.streams[st] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.streams, st)
		s.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write([]byte(":)\n"))
	flusher, _ := w.(http.Flusher)
	for {
		if flusher != nil {
			flusher.Flush()
		}
		select {
		case line := <-st.lines:
			if _, err := w.Write([]byte(line)); err != nil {
				return
			}
		case <-st.done:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// emit sends an event to the streams of an account. The payload of a delete is
// a bare id, that of everything else an object.
func (s *Server) emit(to *account, event string, payload any) {
	data, isText := payload.(string)
	if !isText {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(payload) // made of strings, numbers and lists
		data = string(bytes.TrimSpace(b.Bytes()))
	}
	s.send(to, event, fmt.Sprintf("event: %s\ndata: %s\n\n", event, data))
}

func (s *Server) send(to *account, event, lines string) {
	for st := range s.streams {
		if st.account != to || (st.only != "" && st.only != event) {
			continue
		}
		select {
		case st.lines <- lines:
		default:
			st.close() // a reader that does not keep up is dropped
		}
	}
}

// Streams returns how many streams are open.
func (s *Server) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams)
}

// Heartbeat sends the comment with which servers keep idle streams open.
func (s *Server) Heartbeat() { s.SendRaw(":thump\n") }

// SendRaw writes text to every open stream as it stands, for tests of readers.
func (s *Server) SendRaw(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range s.streams {
		select {
		case st.lines <- text:
		default:
			st.close()
		}
	}
}

// CutStreams ends every open stream.
func (s *Server) CutStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range s.streams {
		st.close()
	}
}
