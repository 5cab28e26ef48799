package metatest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// The first segments of addresses at the host for uploads.
const (
	videoUpload     = "video-upload"
	instagramUpload = "ig-api-upload"
)

// Upload is what arrived of a file.
type Upload struct {
	ID       string
	Size     int64  // as the client told; 0 before it did
	Received int64  // without gaps from the start
	Done     bool   // all of it, or the address of a file
	FileURL  string // where the server is to fetch the file itself
	SHA256   string // in hex, of what arrived: the fingerprint of the file once Done
	Head     []byte // the first Options.KeepUpload bytes
}

// upload is a file on its way. Its lock is held while bytes arrive, the server's
// is not.
type upload struct {
	mu      sync.Mutex
	id      string
	owner   string // the node whose token may send
	size    int64
	at      int64
	hash    hash.Hash
	fileURL string
	head    []byte
	keep    int
}

func (s *Server) newUpload(id, owner string) *upload {
	u := &upload{id: id, owner: owner, hash: sha256.New(), keep: s.opts.KeepUpload}
	s.uploads[id] = u
	return u
}

// NewUpload opens the upload of a node's file, and returns the address to send it
// to: that of a video of a Page, or of a container of Instagram.
func (c *Call) NewUpload(id string, instagram bool) string {
	c.s.newUpload(id, c.Token.owner())
	host := videoUpload
	if instagram {
		host = instagramUpload
	}
	return c.host + "/" + host + "/v25.0/" + url.PathEscape(id)
}

// Upload returns what arrived of a file.
func (c *Call) Upload(id string) (Upload, bool) { return c.s.uploads[id].state() }

// Upload returns what arrived of a file.
func (s *Server) Upload(id string) (Upload, bool) {
	s.mu.Lock()
	u := s.uploads[id]
	s.mu.Unlock()
	return u.state()
}

func (u *upload) state() (Upload, bool) {
	if u == nil {
		return Upload{}, false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return Upload{
		ID: u.id, Size: u.size, Received: u.at, Done: u.fileURL != "" || u.size > 0 && u.at == u.size, FileURL: u.fileURL,
		SHA256: hex.EncodeToString(u.hash.Sum(nil)), Head: u.head,
	}, true
}

// CutUploads breaks off the next uploads, each after so many bytes of its body:
// the bytes have arrived, the reply never comes.
func (s *Server) CutUploads(after ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts = append(s.cuts, after...)
}

func (s *Server) nextCut() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cuts) == 0 {
		return -1
	}
	cut := s.cuts[0]
	s.cuts = s.cuts[1:]
	return cut
}

type wireDebug struct {
	Info wireDebugInfo `json:"debug_info"`
}

type wireDebugInfo struct {
	Retriable bool   `json:"retriable"`
	Type      string `json:"type"`
	Message   string `json:"message"`
}

func uploadFails(typ, message string, retriable bool) Reply {
	return Reply{Status: http.StatusBadRequest, Body: wireDebug{wireDebugInfo{retriable, typ, message}}}
}

// sender finds the upload that a request belongs to, and judges its token, which
// has a scheme of its own here.
func (s *Server) sender(r *http.Request, id string) (*upload, *Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(r Reply) (*upload, *Reply) { return nil, &r }
	value, is := strings.CutPrefix(r.Header.Get("Authorization"), "OAuth ")
	if !is {
		return refuse(uploadFails("NotAuthorizedError", "Authorization: OAuth is missing", false))
	}
	token, fault := s.judge(value, "", true)
	u := s.uploads[id]
	switch {
	case fault != nil:
		return refuse(Fail(fault))
	case u == nil:
		return refuse(uploadFails("NotFoundError", "Unknown upload", false))
	case token.owner() != u.owner:
		return refuse(Fail(&Error{Status: http.StatusForbidden, Code: 200, Message: "(#200) Permissions error"}))
	}
	return u, nil
}

// takeUpload takes the bytes of a video or a container.
func (s *Server) takeUpload(w http.ResponseWriter, r *http.Request, rest string) {
	version, id, _ := strings.Cut(rest, "/")
	if !isVersion(version) {
		id = rest
	}
	u, refusal := s.sender(r, id)
	if refusal != nil {
		s.write(w, *refusal)
		return
	}
	if from := r.Header.Get("file_url"); from != "" {
		u.mu.Lock()
		u.fileURL = from
		u.mu.Unlock()
		s.write(w, Success())
		return
	}
	size, err := strconv.ParseInt(r.Header.Get("file_size"), 10, 64)
	if err != nil || size <= 0 {
		s.write(w, uploadFails("InvalidHeaderError", "file_size is missing", false))
		return
	}
	if reply := u.take(r, "offset", size, s.nextCut()); reply != nil {
		s.write(w, *reply)
		return
	}
	s.write(w, OK(struct {
		Success bool   `json:"success"`
		Message string `json:"message"`
	}{true, "Upload successful."}))
}

// take appends the body of a request; nil says that the file is whole.
func (u *upload) take(r *http.Request, header string, size, cut int64) *Reply {
	u.mu.Lock()
	defer u.mu.Unlock()
	refuse := func(typ, message string, retriable bool) *Reply {
		reply := uploadFails(typ, message, retriable)
		return &reply
	}
	offset, err := strconv.ParseInt(r.Header.Get(header), 10, 64)
	switch {
	case err != nil:
		return refuse("InvalidHeaderError", header+" is missing", false)
	case u.size != 0 && u.size != size:
		return refuse("InvalidHeaderError", "the size differs from the one told before", false)
	case offset != u.at:
		return refuse("OffsetInvalidError", "the offset is not where the file ends", false)
	}
	u.size = size
	body := io.Reader(io.LimitReader(r.Body, size-u.at+1))
	if cut >= 0 {
		body = io.LimitReader(r.Body, cut)
	}
	_, err = io.CopyBuffer(u, struct{ io.Reader }{body}, make([]byte, 32<<10))
	switch {
	case cut >= 0:
		panic(http.ErrAbortHandler)
	case errors.Is(err, errTooLong):
		return refuse("ProcessingFailedError", "more bytes than the file has", false)
	case err != nil || u.at < u.size:
		return refuse("PartialRequestError", "the body broke off", true)
	}
	return nil
}

var errTooLong = errors.New("more bytes than the file has")

// Write implements io.Writer for take.
func (u *upload) Write(b []byte) (int, error) {
	if u.at+int64(len(b)) > u.size {
		return 0, errTooLong
	}
	if room := u.keep - len(u.head); room > 0 {
		u.head = append(u.head, b[:min(room, len(b))]...)
	}
	u.hash.Write(b)
	u.at += int64(len(b))
	return len(b), nil
}

// startSession opens an upload session of the app.
func (s *Server) startSession(c *Call) Reply {
	size := c.Number("file_length", 0)
	if size <= 0 || c.Get("file_type") == "" {
		return Fail(Invalid("file_length and file_type are required"))
	}
	id := "upload:" + secretWord()
	u := s.newUpload(id, c.Token.owner())
	u.size = size
	s.add(kindSession, id, c.Get("file_name"), nil)
	return OK(wireRef{id + "?sig=" + secretWord()})
}

func (s *Server) sessionOffset(c *Call) Reply {
	u, _ := s.uploads[c.Node.ID].state()
	return OK(struct {
		ID     string `json:"id"`
		Offset int64  `json:"file_offset"`
	}{u.ID, u.Received})
}

// takeSession takes the bytes of a session.
func (s *Server) takeSession(w http.ResponseWriter, r *http.Request, rest string) {
	u, refusal := s.sender(r, rest)
	if refusal != nil {
		s.write(w, *refusal)
		return
	}
	u.mu.Lock()
	size := u.size
	u.mu.Unlock()
	if reply := u.take(r, "file_offset", size, s.nextCut()); reply != nil {
		s.write(w, *reply)
		return
	}
	s.write(w, OK(struct {
		Handle string `json:"h"`
	}{"4:" + u.id}))
}
