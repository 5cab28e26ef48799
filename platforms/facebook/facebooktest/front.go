package facebooktest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// phase names what a request is about where its path does not tell it, and is
// appended to the path: the base knows the class of a request, and with it which
// faults strike, by its route alone.
func (s *Server) front(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		if tail := phase(r); tail != "" {
			path := strings.TrimRight(r.URL.Path, "/")
			if tail == publishes {
				path += "/"
			}
			r.URL.Path, r.URL.RawPath = path+tail, ""
		}
	}
	s.base.Handler().ServeHTTP(w, r)
}

// The phases.
const (
	hidden    = "~hidden"   // of feed and photos: published=false without a time
	starts    = "~start"    // of videos, reels and stories
	transfers = "~transfer" // of videos
	finishes  = "~finish"   // of videos, reels and stories
	publishes = "~publish"  // of a post
	acts      = "~action"   // of messages: typing, seen, reactions
)

// peeked is how much of a body is looked at: fields come before files.
const peeked = 16 << 10

func phase(r *http.Request) string {
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(segments) > 0 && strings.HasPrefix(segments[0], "v") && strings.Contains(segments[0], ".") {
		segments = segments[1:]
	}
	edge := ""
	if len(segments) > 1 {
		edge = segments[len(segments)-1]
	}
	q := look(r)
	switch edge {
	case "feed", "photos":
		if q.Get("published") == "false" && q.Get("scheduled_publish_time") == "" {
			return hidden
		}
	case "videos", "video_reels", "video_stories":
		switch strings.ToLower(q.Get("upload_phase")) {
		case "start":
			return starts
		case "transfer":
			return transfers
		case "finish":
			return finishes
		}
	case "messages":
		if q.Get("sender_action") != "" {
			return acts
		}
	case "":
		if q.Get("is_published") == "true" || q.Get("scheduled_publish_time") != "" {
			return publishes
		}
	}
	return ""
}

// look reads the first parameters of a request and leaves it as it was.
func look(r *http.Request) url.Values {
	q := r.URL.Query()
	kind := r.Header.Get("Content-Type")
	if strings.HasPrefix(kind, "multipart/form-data") {
		b := bufio.NewReaderSize(r.Body, peeked)
		head, _ := b.Peek(peeked) // a shorter body is no error here
		r.Body = struct {
			io.Reader
			io.Closer
		}{b, r.Body}
		for _, m := range formField.FindAllSubmatch(head, -1) {
			q.Add(string(m[1]), string(m[2]))
		}
		return q
	}
	if strings.HasPrefix(kind, "application/octet-stream") {
		return q
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	rest := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), errReader{err}, rest), rest}
	if strings.HasPrefix(kind, "application/json") {
		var members map[string]json.RawMessage
		if json.Unmarshal(body, &members) == nil {
			for k, v := range members {
				q.Add(k, strings.Trim(string(v), `"`))
			}
		}
		return q
	}
	if form, err := url.ParseQuery(string(body)); err == nil {
		for k, v := range form {
			q[k] = append(q[k], v...)
		}
	}
	return q
}

var formField = regexp.MustCompile(`name="([a-z_]+)"\r\n\r\n([^\r]*)\r\n`)

// errReader gives an error that a body had.
type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	return 0, io.EOF
}
