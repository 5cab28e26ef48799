package workflow

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// A token is three parts of base64url with points in between: the ID of the key,
// the claims as JSON, and HMAC-SHA256 of the first two as they are written.
// MaxTokenSize bounds it, so that it fits into an address.
const maxTokenSize = 1900

// What a signature is for. A token of one use never passes for another.
const (
	useLink = "smmkit approval link 1\x00"
	useForm = "smmkit approval form 1\x00"
)

func randomID() string { return strings.ToLower(rand.Text()) }

func encode64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode64 is strict: one text for one value.
func decode64(s string) ([]byte, error) {
	return base64.RawURLEncoding.Strict().DecodeString(s)
}

func (k *Key) mac(use, text string) []byte {
	h := hmac.New(sha256.New, []byte(k.Secret.Reveal()))
	h.Write([]byte(use))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// sign returns the token of claims.
func (l *Links) sign(c Claims) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	k := &l.keys[0]
	text := encode64([]byte(k.ID)) + "." + encode64(b)
	token := text + "." + encode64(k.mac(useLink, text))
	if len(token) > maxTokenSize {
		return "", invalid("the link would have %d characters: shorten the IDs of tenant, draft, step, person and roles", len(token))
	}
	return token, nil
}

// verify returns the claims of a token that a key of the ring signed.
func (l *Links) verify(token string) (Claims, error) {
	if len(token) > maxTokenSize {
		return Claims{}, ErrBadLink
	}
	text, sig, ok := cutLast(token)
	keyID, claims, ok2 := strings.Cut(text, ".")
	if !ok || !ok2 {
		return Claims{}, ErrBadLink
	}
	id, err := decode64(keyID)
	mac, err2 := decode64(sig)
	if err != nil || err2 != nil {
		return Claims{}, ErrBadLink
	}
	k := l.key(string(id))
	if k == nil || !hmac.Equal(mac, k.mac(useLink, text)) {
		return Claims{}, ErrBadLink
	}
	b, err := decode64(claims)
	if err != nil {
		return Claims{}, ErrBadLink
	}
	return parseClaims(b)
}

func (l *Links) key(id string) *Key {
	for i := range l.keys {
		if l.keys[i].ID == id {
			return &l.keys[i]
		}
	}
	return nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// parseClaims decodes claims strictly.
func parseClaims(b []byte) (Claims, error) {
	var c Claims
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Claims{}, ErrBadLink
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Claims{}, ErrBadLink
	}
	if c.ID == "" || c.Draft == "" || c.Sum == "" || c.Step == "" || c.Person == "" || c.Expires <= 0 {
		return Claims{}, ErrBadLink
	}
	return c, nil
}

// formToken binds a form to the link whose page it stands on, so that nobody who
// does not see the page can post it.
func (l *Links) formToken(token string) string {
	text, _, _ := cutLast(token)
	keyID, _, _ := strings.Cut(text, ".")
	id, err := decode64(keyID)
	if err != nil {
		return ""
	}
	k := l.key(string(id))
	if k == nil {
		return ""
	}
	return encode64(k.mac(useForm, token))
}

func (l *Links) isFormToken(token, form string) bool {
	want := l.formToken(token)
	return want != "" && hmac.Equal([]byte(want), []byte(form))
}
