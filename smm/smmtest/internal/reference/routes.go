package reference

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func classify(r *http.Request) sim.Op {
	op := sim.Op{Platform: Platform, Name: r.Method + " /" + strings.SplitN(strings.Trim(r.URL.Path, "/"), "/", 2)[0], Class: sim.Write}
	switch {
	case r.Method == http.MethodGet:
		op.Class = sim.Read
	case r.URL.Path == "/upload", r.URL.Path == "/containers":
		op.Class = sim.Prepare
	case r.Method == http.MethodPost:
		op.Class = sim.Commit
	}
	return op
}

type call struct {
	*http.Request
	who *account
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f func(call) (any, int)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			who := s.owner(r)
			if who == nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			v, status := f(call{r, who})
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(v)
		})
	}
	handle("POST /upload", s.upload)
	handle("POST /containers", s.contain)
	handle("POST /items", s.create)
	handle("GET /containers/{id}", s.getContainer)
	handle("GET /keys/{id}", s.getKey)
	handle("GET /accounts/{id}", s.getAccount)
	handle("GET /items/{id}", s.getItem)
	handle("GET /list/{what}", s.list)
	handle("DELETE /items/{id}", s.remove)
	handle("PUT /marks/{verb}/{id}", func(c call) (any, int) { return s.mark(c, true) })
	handle("DELETE /marks/{verb}/{id}", func(c call) (any, int) { return s.mark(c, false) })
	return mux
}

func (s *Server) owner(r *http.Request) *account {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	for _, a := range s.accounts {
		if a.Token != "" && a.Token == token {
			return a
		}
	}
	return nil
}

type fault struct {
	Error string `json:"error"`
}

func (s *Server) upload(c call) (any, int) {
	b, err := io.ReadAll(c.Body)
	if err != nil {
		return fault{err.Error()}, http.StatusBadRequest
	}
	s.seq++
	id := fmt.Sprintf("u%06d", s.seq)
	s.uploads[id] = fmt.Sprintf("%x", sha256.Sum256(b))
	return map[string]string{"id": id}, http.StatusOK
}

func (s *Server) read(c call) (d draft, status int) {
	if err := json.NewDecoder(c.Body).Decode(&d); err != nil {
		return d, http.StatusBadRequest
	}
	if d.Parent != "" && s.find(d.Parent) == nil {
		return d, http.StatusNotFound
	}
	return d, http.StatusOK
}

func (s *Server) contain(c call) (any, int) {
	d, status := s.read(c)
	if status != http.StatusOK {
		return fault{"draft"}, status
	}
	s.seq++
	id := fmt.Sprintf("c%06d", s.seq)
	s.containers[id] = &container{draft: d, ID: id}
	return map[string]string{"id": id}, http.StatusOK
}

func (s *Server) create(c call) (any, int) {
	d, status := s.read(c)
	if status != http.StatusOK {
		return fault{"draft"}, status
	}
	now := s.world.Clock.Now()
	switch s.class {
	case smm.ClassKey:
		if k, ok := s.keys[d.Key]; ok && now.Sub(k.at) <= KeyWindow {
			return k.item, http.StatusOK
		}
		i := s.add(c.who.Handle, d)
		s.keys[d.Key] = keyed{i, now}
		return i, http.StatusOK
	case smm.ClassHandle:
		box := s.containers[d.Container]
		if box == nil {
			return fault{"no such container"}, http.StatusNotFound
		}
		if box.Item == "" {
			box.Item = s.add(c.who.Handle, box.draft).ID
		}
		return s.find(box.Item), http.StatusOK
	}
	return s.add(c.who.Handle, d), http.StatusOK
}

func (s *Server) getContainer(c call) (any, int) {
	if box := s.containers[c.PathValue("id")]; box != nil {
		return box, http.StatusOK
	}
	return fault{"no such container"}, http.StatusNotFound
}

func (s *Server) getKey(c call) (any, int) {
	if k, ok := s.keys[c.PathValue("id")]; ok {
		return k.item, http.StatusOK
	}
	return fault{"no such key"}, http.StatusNotFound
}

func (s *Server) getAccount(c call) (any, int) {
	if a := s.accounts[c.PathValue("id")]; a != nil {
		return a, http.StatusOK
	}
	return fault{"no such account"}, http.StatusNotFound
}

func (s *Server) getItem(c call) (any, int) {
	if i := s.find(c.PathValue("id")); i != nil {
		return i, http.StatusOK
	}
	return fault{"no such item"}, http.StatusNotFound
}

type page struct {
	Items []*item `json:"items"`
	Next  string  `json:"next,omitempty"`
}

// list gives items newest first. The cursor is the id before which to go on.
func (s *Server) list(c call) (any, int) {
	q, me := c.URL.Query(), c.who.Handle
	of := q.Get("of")
	if up := s.find(of); c.PathValue("what") == "comments" && up == nil {
		return fault{"no such item"}, http.StatusNotFound
	}
	match := map[string]func(*item) bool{
		"posts":    func(i *item) bool { return i.Author == me && i.Convo == "" && (i.Parent == "" || q.Has("all")) },
		"comments": func(i *item) bool { return i.Root == of || i.Parent == of },
		"mentions": func(i *item) bool { return i.Author != me && i.Convo == "" && s.concerns(i, me) },
		"convos":   func(i *item) bool { return strings.HasPrefix(i.Convo, me+"+") && s.newest(i) },
		"messages": func(i *item) bool { return i.Convo != "" && i.Convo == of },
	}[c.PathValue("what")]
	if match == nil {
		return fault{"no such list"}, http.StatusNotFound
	}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > 40 {
		limit = 20
	}
	out := page{Items: []*item{}}
	for _, i := range slices.Backward(s.items) {
		if i.removed || !match(i) || (q.Get("cursor") != "" && i.ID >= q.Get("cursor")) {
			continue
		}
		if len(out.Items) == limit {
			out.Next = out.Items[limit-1].ID
			break
		}
		out.Items = append(out.Items, i)
	}
	return out, http.StatusOK
}

// concerns reports whether i names who, or answers what who wrote.
func (s *Server) concerns(i *item, who string) bool {
	up := s.find(i.Parent)
	return strings.Contains(i.Text, "@"+who) || (up != nil && up.Author == who)
}

// newest reports whether i is the last message of its conversation.
func (s *Server) newest(i *item) bool {
	for _, o := range slices.Backward(s.items) {
		if o.Convo == i.Convo && !o.removed {
			return o == i
		}
	}
	return false
}

func (s *Server) remove(c call) (any, int) {
	i := s.find(c.PathValue("id"))
	if i == nil {
		return fault{"no such item"}, http.StatusNotFound
	}
	i.removed = true
	s.world.Ledger.Update(Platform, i.ID, func(i *sim.Item) { i.Removed = true })
	return struct{}{}, http.StatusOK
}

func (s *Server) mark(c call, on bool) (any, int) {
	verb, id := c.PathValue("verb"), c.PathValue("id")
	switch verb {
	case "like", "share", "hide":
		i := s.find(id)
		if i == nil {
			return fault{"no such item"}, http.StatusNotFound
		}
		if verb == "hide" {
			i.Hidden = on
			s.world.Ledger.Update(Platform, id, func(i *sim.Item) { i.Hidden = on })
		}
	default:
		if s.accounts[id] == nil {
			return fault{"no such account"}, http.StatusNotFound
		}
	}
	s.set(mark{c.who.Handle, verb, id}, on)
	return struct{}{}, http.StatusOK
}
