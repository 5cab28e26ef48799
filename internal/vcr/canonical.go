package vcr

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Request bodies are stored in canonical form. Two forms are not the body
// itself and say so by their first characters.
const (
	multipartMark = "vcr-multipart\n" // then one JSON object per part
	hashMark      = "vcr-sha256:"     // then the digest and the length
)

// requestBody scrubs a request body and brings it into canonical form: two
// bodies that mean the same become equal. Applied to its own result it changes
// nothing, so hand-written cassettes need not be canonical.
func (s *scrubber) requestBody(contentType string, body []byte) string {
	if len(body) == 0 {
		return ""
	}
	if text := string(body); strings.HasPrefix(text, multipartMark) || strings.HasPrefix(text, hashMark) {
		return text
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType = ""
	}
	if strings.HasPrefix(mediaType, "multipart/") {
		if text, ok := s.multipart(body, params["boundary"]); ok {
			return text
		}
		return digest(body)
	}
	if mediaType == "application/x-www-form-urlencoded" {
		if q, err := url.ParseQuery(string(body)); err == nil {
			return s.params(q).Encode()
		}
		return digest(body)
	}
	if isJSON(mediaType) || mediaType == "" {
		if doc, ok := decodeJSON(body); ok {
			return encodeJSON(s.json("", doc, inRequest, false))
		}
	}
	if strings.HasPrefix(mediaType, "text/") && utf8.Valid(body) {
		return s.text(string(body))
	}
	return digest(body)
}

// part is one line of a canonical multipart body.
type part struct {
	Name     string `json:"name,omitempty"`
	Filename string `json:"filename,omitempty"`
	Type     string `json:"type,omitempty"`
	Body     string `json:"body"`
}

func (s *scrubber) multipart(body []byte, boundary string) (string, bool) {
	if boundary == "" {
		return "", false
	}
	var b strings.Builder
	b.WriteString(multipartMark)
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return b.String(), true
		}
		if err != nil {
			return "", false
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return "", false
		}
		out := part{Name: s.text(p.FormName()), Filename: s.text(p.FileName()), Type: withoutBoundary(p.Header.Get("Content-Type"))}
		switch {
		case out.Filename != "":
			out.Body = digest(data)
		case out.Type == "" && utf8.Valid(data):
			out.Body = s.named(p.FormName(), string(data), inParams)
		case s.secret(p.FormName(), inParams):
			out.Body = placeholder(normal(p.FormName()))
		default:
			out.Body = s.requestBody(out.Type, data)
		}
		b.WriteString(encodeJSON(out) + "\n")
	}
}

// responseBody scrubs an answer. It is left as it came, byte for byte, when
// there was nothing to take out. An answer that cannot be looked into is an
// error, media apart.
func (s *scrubber) responseBody(h http.Header, body []byte) (string, error) {
	if enc := h.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return "", fmt.Errorf("vcr: an answer with Content-Encoding %q cannot be scrubbed", enc)
	}
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	if len(body) == 0 {
		return "", nil
	}
	if doc, ok := decodeJSON(body); ok {
		clean := encodeJSON(s.json("", doc, inResponse, false))
		if clean == encodeJSON(doc) {
			return string(body), nil
		}
		return clean, nil
	}
	if mediaType == "application/x-www-form-urlencoded" {
		if q, err := url.ParseQuery(string(body)); err == nil {
			return s.params(q).Encode(), nil
		}
	}
	if utf8.Valid(body) {
		return s.text(string(body)), nil
	}
	if isMedia(http.DetectContentType(body)) {
		return string(body), nil
	}
	return "", fmt.Errorf("vcr: a binary answer of type %q cannot be scrubbed; only image, audio and video are recorded", mediaType)
}

func isMedia(mediaType string) bool {
	return strings.HasPrefix(mediaType, "image/") || strings.HasPrefix(mediaType, "video/") || strings.HasPrefix(mediaType, "audio/")
}

func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json") || mediaType == "text/json" || mediaType == "text/javascript"
}

func decodeJSON(body []byte) (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, false
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, false
	}
	return doc, true
}

// encodeJSON writes keys in order, without HTML escapes.
func encodeJSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return digest(fmt.Append(nil, v)) // decoded documents always encode
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func digest(body []byte) string {
	return fmt.Sprintf("%s%x len=%d", hashMark, sha256.Sum256(body), len(body))
}
