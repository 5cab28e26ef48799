package oauthx_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
)

// scan knows what must not come out, and looks for both ends of it.
type scan struct {
	t     *testing.T
	never []string
	log   bytes.Buffer
}

func (s *scan) add(values ...string) {
	for _, v := range values {
		if len(v) >= 16 {
			s.never = append(s.never, v)
		}
	}
}

// shown fails if any way of printing v, or the log so far, holds a secret.
func (s *scan) shown(v any) {
	s.t.Helper()
	slog.New(slog.NewJSONHandler(&s.log, nil)).Error("x", "value", v)
	slog.New(slog.NewTextHandler(&s.log, nil)).Error("x", "value", v)
	inJSON, _ := json.Marshal(v)
	text := fmt.Sprintf("%v|%+v|%#v|%s|%q|%s|%s", v, v, v, v, v, inJSON, s.log.String())
	for _, n := range s.never {
		if strings.Contains(text, n[:12]) || strings.Contains(text, n[len(n)-12:]) {
			s.t.Fatalf("a secret is shown: %s", text)
		}
	}
	s.log.Reset()
}

// echo is a server that throws everything it was sent back into our face.
func (s *scan) echo(status int, form string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		q, _ := url.ParseQuery(string(b))
		_, basic, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		s.add(basic, r.Header.Get("Dpop"), q.Get("client_assertion"))
		for _, h := range []string{"X-Request-Id", "Request-Id", "Location", "WWW-Authenticate", "Retry-After"} {
			w.Header().Set(h, q.Get("code")+q.Get("refresh_token")+q.Get("token"))
		}
		w.WriteHeader(status)
		quoted, _ := json.Marshal(fmt.Sprint(string(b), " ", q, r.Header))
		_, _ = io.WriteString(w, strings.ReplaceAll(form, "ECHO", string(quoted)))
	}
}

func TestNoSecretIsEverShown(t *testing.T) {
	secret := func(name string) smm.Secret { return smm.NewSecret("canary-" + name + "-abcdefghijklmnop-0123456789") }
	code, verifier, refresh, token, own := secret("code"), secret("verifier"), secret("refresh"), secret("token"), secret("client")
	key, dpop := newKey(t), newKey(t)
	s := &scan{t: t}
	s.add(code.Reveal(), verifier.Reveal(), refresh.Reveal(), token.Reveal(), own.Reveal(), dKey(t, key), dKey(t, dpop))
	base := slices.Clone(s.never)
	forms := []string{
		`{"error":ECHO}`, `{"error":"invalid_grant","error_description":ECHO}`, `{"error":"invalid_request","error_description":ECHO}`,
		`<html>ECHO`, `ECHO`, `{"access_token":7,"x":ECHO}`, `{"access_token":"","x":ECHO}`, `{"access_token":"a","token_type":ECHO}`,
	}
	for _, method := range []oauthx.AuthMethod{oauthx.AuthBasic, oauthx.AuthPost, oauthx.AuthPrivateKeyJWT, oauthx.AuthNone} {
		for _, status := range []int{200, 302, 400, 401, 403, 429, 500} {
			for _, form := range forms {
				s.never = slices.Clone(base)
				c := endpoint(t, s.echo(status, form), func(cfg *oauthx.ClientConfig) {
					cfg.Method, cfg.Secret, cfg.Key = method, own, key
					cfg.Logger = slog.New(slog.NewJSONHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				})
				s.shown(c)
				_, err := c.Exchange(t.Context(), code, redirect, verifier, dpop)
				require.Error(t, err)
				require.Contains(t, s.log.String(), "oauth.token", "the log is on")
				s.shown(err)
				_, err = c.Refresh(t.Context(), refresh, nil)
				require.Error(t, err)
				s.shown(err)
				s.shown(c.Revoke(t.Context(), token, dpop))
				_, err = c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "state", Key: dpop})
				require.Error(t, err)
				s.shown(err)
			}
		}
	}
	require.Greater(t, len(s.never), len(base), "proofs were looked for as well")
}

// What goes well is not shown either.
func TestNoSecretIsShownOnSuccess(t *testing.T) {
	w := newWorld(t, nil)
	s := &scan{t: t}
	c := w.client(appID, func(cfg *oauthx.ClientConfig) {
		cfg.Logger = slog.New(slog.NewJSONHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.add(secret)
	started, err := c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x"})
	require.NoError(t, err)
	s.add(started.Verifier.Reveal())
	s.shown(started)
	r := w.browse(started.URL, "alice")
	s.add(r.Code.Reveal())
	s.shown(r)
	tok, err := c.Exchange(t.Context(), r.Code, redirect, started.Verifier, nil)
	require.NoError(t, err)
	s.add(tok.Access.Reveal(), tok.Refresh.Reveal())
	s.shown(tok)
	s.shown(*tok)
	s.shown(tok.Credential("x"))
	auth := &oauthx.DPoPAuth{Key: newKey(t), Token: tok.Access}
	s.add(dKey(t, auth.Key))
	s.shown(auth)
}

// dKey is the private part of a key.
func dKey(t *testing.T, k *oauthx.Key) string {
	t.Helper()
	var j struct{ D string }
	require.NoError(t, json.Unmarshal([]byte(k.Secret().Reveal()), &j))
	require.Len(t, j.D, 43)
	return j.D
}
