package blueskytest

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

type didDoc struct {
	Context     []string     `json:"@context"`
	ID          string       `json:"id"`
	AlsoKnownAs []string     `json:"alsoKnownAs"`
	Service     []didService `json:"service"`
}

type didService struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Endpoint string `json:"serviceEndpoint"`
}

func (s *Server) didDoc(a *account) didDoc {
	return didDoc{
		Context: []string{"https://www.w3.org/ns/did/v1"}, ID: a.did, AlsoKnownAs: []string{"at://" + a.handle},
		Service: []didService{{"#atproto_pds", "AtprotoPersonalDataServer", s.URL()}},
	}
}

// serverDID names this server for service tokens: did:web with the port
// percent-encoded.
func (s *Server) serverDID() string {
	u, _ := url.Parse(s.URL())
	return "did:web:" + strings.ReplaceAll(u.Host, ":", "%3A")
}

// wellKnown answers for the handle that the request's host names.
func (s *Server) wellKnown(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	did, ok := s.handles[strings.ToLower(host)]
	if !ok {
		http.Error(w, "User not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte(did))
}

// plc plays the PLC directory.
func (s *Server) plc(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[r.PathValue("did")]
	if !ok {
		http.Error(w, `{"message":"DID not registered"}`, http.StatusNotFound)
		return
	}
	writeJSON(w, s.didDoc(a))
}

func (c *call) resolveHandle() (any, error) {
	did, ok := c.s.handles[strings.ToLower(c.query("handle"))]
	if !ok {
		return nil, fail(400, "HandleNotFound", "Unable to resolve handle")
	}
	return struct {
		DID string `json:"did"`
	}{did}, nil
}

func (c *call) describeServer() (any, error) {
	return object{
		"did": c.s.serverDID(), "availableUserDomains": []string{".bsky.example.com"},
		"inviteCodeRequired": false, "blobUploadLimit": c.s.opts.BlobLimit, "links": object{},
	}, nil
}

// image serves the bytes of a blob, as the app view's image addresses do.
func (s *Server) image(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.accounts[r.PathValue("did")]; ok {
		if b, ok := a.blobs[r.PathValue("cid")]; ok {
			w.Header().Set("Content-Type", b.mime)
			_, _ = w.Write(b.bytes)
			return
		}
	}
	http.NotFound(w, r)
}
