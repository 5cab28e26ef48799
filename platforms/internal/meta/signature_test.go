package meta_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

func TestHandshake(t *testing.T) {
	h := hooks("s")
	for query, want := range map[string]int{
		"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-me":                   200,
		"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-mE":                   403,
		"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=":                            403,
		"hub.mode=subscribe&hub.challenge=1158201444":                                              403,
		"hub.mode=unsubscribe&hub.challenge=1158201444&hub.verify_token=verify-me":                 403,
		"hub.mode=subscribe&hub.verify_token=verify-me":                                            403,
		"hub.mode=subscribe&hub.challenge=a%0ab&hub.verify_token=verify-me":                        403,
		"hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=verify-me":            403,
		"hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-me&hub.verify_token=x":         403,
		"hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=" + strings.Repeat("1", 1025): 403,
		"hub.mode=subscribe&hub.mode=x&hub.challenge=1&hub.verify_token=verify-me":                 403,
	} {
		w := httptest.NewRecorder()
		require.True(t, h.Handshake(w, httptest.NewRequest(http.MethodGet, "/hook?"+query, nil)), query)
		require.Equal(t, want, w.Code, query)
		require.Equal(t, want == 200, w.Body.String() == "1158201444", query)
		require.True(t, strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain"))
	}
	require.False(t, h.Handshake(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/hook", nil)))
	require.False(t, h.Handshake(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/hook?hub.mode=subscribe", nil)))
	w := httptest.NewRecorder()
	require.True(t, (&meta.Hooks{}).Handshake(w, httptest.NewRequest(http.MethodGet, "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=", nil)))
	require.Equal(t, 403, w.Code, "no token is no password")
}

func TestSignature(t *testing.T) {
	body := []byte(`{"object":"page"}`)
	// printf %s '{"object":"page"}' | openssl dgst -sha256 -hmac secret
	require.Equal(t, "sha256=c1456f83e15385a03562cbe2eaaa918ec5e06b4f170f909283a2781c7924e4d1", meta.Sign(smm.NewSecret("secret"), body))
	good := meta.Sign(smm.NewSecret("secret"), body)
	require.NoError(t, hooks("secret").Verify(signed(good), body))
	require.NoError(t, hooks("old", "secret").Verify(signed(good), body))
	require.NoError(t, hooks("secret", "new").Verify(signed(good), body))
	require.NoError(t, hooks("secret", "secret").Verify(signed(good), body))
	twice := signed(good)
	twice.Add(meta.HeaderSignature, good)
	for name, h := range map[string]http.Header{
		"none": {}, "empty": signed(""), "twice": twice, "upper case": signed("sha256=" + strings.ToUpper(good[7:])), "no prefix": signed(good[7:]),
		"sha1": signed("sha1=" + good[7:]), "short": signed(good[:70]), "long": signed(good + "0"), "space": signed(good + " "), "prefix alone": signed("sha256="),
	} {
		require.ErrorIs(t, hooks("secret").Verify(h, body), smm.ErrForbidden, name)
	}
	require.ErrorIs(t, hooks().Verify(signed(good), body), smm.ErrForbidden)
	require.ErrorIs(t, hooks("").Verify(signed(meta.Sign(smm.Secret{}, body)), body), smm.ErrForbidden, "an empty secret signs nothing")
}

// mutate changes a text in one of many ways, and reports whether it did.
func mutate(r *rand.Rand, s string) (string, bool) {
	b := []byte(s)
	switch i := r.IntN(len(b)); r.IntN(7) {
	case 0:
		b[i] ^= 1 << r.IntN(8)
	case 1:
		b = append(b[:i], b[i+1:]...)
	case 2:
		b = append(b[:i], append([]byte{byte(r.IntN(256))}, b[i:]...)...)
	case 3:
		j := r.IntN(len(b))
		b[i], b[j] = b[j], b[i]
	case 4:
		b = b[:i]
	case 5:
		b[i] = bytes.ToUpper(b[i : i+1])[0]
	case 6:
		b = append(b, " \r\n="[r.IntN(4)])
	}
	return string(b), string(b) != s
}

// TestForgeries: of 100,000 deliveries with a changed body, signature or both,
// none is accepted; nor of 100,000 signed requests.
func TestForgeries(t *testing.T) {
	r := rand.New(rand.NewPCG(20261126, 1))
	h := hooks("app-secret", "older-secret")
	body := string(envelopes(t, 5, 0)[0])
	good := meta.Sign(smm.NewSecret("app-secret"), []byte(body))
	request, err := meta.SignRequest(smm.NewSecret("app-secret"), "4711", epoch)
	require.NoError(t, err)
	tried, accepted := 0, 0
	for tried < 100_000 {
		b, sig, changed := body, good, false
		switch tried % 3 {
		case 0:
			b, changed = mutate(r, b)
		case 1:
			sig, changed = mutate(r, sig)
		case 2:
			b, changed = mutate(r, b)
			sig, _ = mutate(r, sig)
		}
		if !changed {
			continue
		}
		tried++
		if h.Verify(http.Header{meta.HeaderSignature: {sig}}, []byte(b)) == nil {
			accepted++
		}
	}
	require.Zero(t, accepted, "deliveries")
	for tried = 0; tried < 100_000; {
		s, changed := mutate(r, request)
		if !changed {
			continue
		}
		tried++
		if _, err := meta.ParseSignedRequest(s, smm.NewSecret("app-secret"), smm.NewSecret("older-secret")); err == nil {
			accepted++
		}
	}
	require.Zero(t, accepted, "signed requests")
	require.NoError(t, h.Verify(signed(good), []byte(body)))
}

func TestSignedRequest(t *testing.T) {
	secret := smm.NewSecret("app-secret")
	s, err := meta.SignRequest(secret, "4711", epoch)
	require.NoError(t, err)
	got, err := meta.ParseSignedRequest(s, smm.NewSecret("other"), secret)
	require.NoError(t, err)
	require.Equal(t, "4711", got.UserID)
	require.Equal(t, epoch, got.IssuedAt)
	for _, bad := range []string{"", ".", "a.b", s + "=", strings.Replace(s, ".", "..", 1), s + "\n", "x" + s, strings.Repeat("a", 20<<10)} {
		_, err := meta.ParseSignedRequest(bad, secret)
		require.ErrorIs(t, err, smm.ErrForbidden, bad)
	}
	_, err = meta.ParseSignedRequest(s)
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = meta.ParseSignedRequest(s, smm.Secret{})
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = meta.SignRequest(smm.Secret{}, "1", epoch)
	require.Error(t, err)

	craft := func(payload string) string {
		encoded := base64.RawURLEncoding.EncodeToString([]byte(payload))
		mac := hmac.New(sha256.New, []byte("app-secret"))
		mac.Write([]byte(encoded))
		return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) + "." + encoded
	}
	got, err = meta.ParseSignedRequest(craft(`{"algorithm":"hmac-sha256","user_id":4711}`), secret)
	require.NoError(t, err)
	require.Equal(t, "4711", got.UserID)
	require.True(t, got.IssuedAt.IsZero())
	for payload, want := range map[string]error{
		`{"algorithm":"none","user_id":"1"}`: smm.ErrForbidden, `{"user_id":"1"}`: smm.ErrForbidden, `{"algorithm":"HMAC-SHA256"}`: smm.ErrInvalid,
		`x`: smm.ErrForbidden, strings.Repeat("[", 100): smm.ErrForbidden, `{"algorithm":"HMAC-SHA256","user_id":{}}`: smm.ErrForbidden,
	} {
		_, err = meta.ParseSignedRequest(craft(payload), secret)
		require.ErrorIs(t, err, want, payload)
	}
	_, err = meta.ParseSignedRequest(craft("a")+"!", secret)
	require.ErrorIs(t, err, smm.ErrForbidden)

	b := open(t, nil)
	got, err = meta.ParseSignedRequest(b.SignedRequest("4712"), smm.NewSecret(b.AppSecret()))
	require.NoError(t, err)
	require.Equal(t, "4712", got.UserID)

	w := httptest.NewRecorder()
	require.NoError(t, meta.AnswerDeletion(w, "https://app.example/deletion?id=1&x=2", "code-1"))
	var answer struct {
		URL  string `json:"url"`
		Code string `json:"confirmation_code"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Equal(t, "https://app.example/deletion?id=1&x=2", answer.URL)
	require.Equal(t, "code-1", answer.Code)
}
