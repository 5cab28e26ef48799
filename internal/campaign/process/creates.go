package process

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// creates reports whether a request makes something public. Facebook tells by its
// fields, so that what makes a draft or begins an upload has the same path.
func creates(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	for _, end := range []string{
		".putRecord", ".applyWrites", ".sendMessage", "/api/v1/statuses", "/posts",
		"/media_publish", "/threads_publish", "/comments", "/replies", "/mentions", "/messages", "/photo_stories", "/2/tweets",
	} {
		if strings.HasSuffix(r.URL.Path, end) {
			return true
		}
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch last := path[len(path)-1]; {
	case last == "feed":
		return fields(r).Get("published") != "false"
	case slices.Contains([]string{"videos", "video_reels", "video_stories"}, last):
		return strings.EqualFold(fields(r).Get("upload_phase"), "finish")
	}
	return fields(r).Get("is_published") == "true"
}

// fields reads those of a form. The request keeps a body: there is no other copy of
// one that must not be sent twice.
func fields(r *http.Request) url.Values {
	q := r.URL.Query()
	if r.Body == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return q
	}
	raw, err := io.ReadAll(r.Body)
	_ = r.Body.Close() // read to its end
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(raw), broken{err}))
	form, perr := url.ParseQuery(string(raw))
	if err != nil || perr != nil {
		return q
	}
	for k, v := range form {
		q[k] = append(q[k], v...)
	}
	return q
}

// broken gives the error that a body had, or its end.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	return 0, io.EOF
}
