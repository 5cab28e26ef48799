package bluesky_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
	"github.com/smmkit/smmkit/smm/sim"
)

// wiretap remembers every secret that goes over the wire.
type wiretap struct {
	*safehttp.Guard
	next http.RoundTripper

	mu      sync.Mutex
	secrets map[string]bool
}

func (w *wiretap) Client() *http.Client { return &http.Client{Transport: w} }

func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(b))
		form, err := url.ParseQuery(string(b))
		if err != nil {
			return nil, err
		}
		for _, name := range []string{"code", "code_verifier", "refresh_token", "token", "client_assertion", "state", "code_challenge"} {
			w.note(form.Get(name))
		}
	}
	w.note(r.Header.Get("DPoP"))
	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		w.note(token)
	}
	return w.next.RoundTrip(r)
}

func (w *wiretap) note(secret string) {
	if secret == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets[secret] = true
}

// TestSecretsStayInside: no token, key, verifier, code, assertion or proof is in
// any log line, error, printed value or JSON, also where things go wrong.
func TestSecretsStayInside(t *testing.T) {
	key, err := bluesky.NewClientKey()
	require.NoError(t, err)
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	tap := &wiretap{secrets: map[string]bool{}}
	b, _ := openApp(t, bluesky.ConnectorConfig{Client: bluesky.ClientIdentity{Key: key}})
	tap.Guard, err = b.Guard()
	require.NoError(t, err)
	tap.next = &http.Transport{}
	resolver, err := b.Resolver()
	require.NoError(t, err)
	c, err := bluesky.NewConnector(bluesky.ConnectorConfig{
		Client: bluesky.ClientIdentity{ID: appID, Key: key}, Redirects: []string{appRedirect},
		Guard: tap, Resolver: resolver, Clock: b.world.Clock, Logger: logger,
	})
	require.NoError(t, err)

	var said []string
	say := func(values ...any) {
		for _, v := range values {
			said = append(said, fmt.Sprintf("%v %+v %#v", v, v, v))
			if j, err := json.Marshal(v); err == nil {
				said = append(said, string(j))
			}
		}
	}
	start := begin(t, c, "shop.example.com", appRedirect)
	reply := consent(t, start, "shop.example.com")
	wrong := reply
	wrong.Code = smm.NewSecret(reply.Code.Reveal() + "x")
	for _, f := range []func(){
		func() { b.world.Faults.Add(sim.Fault{Op: "oauth.token", Kind: sim.DropReply, Skip: 1}) },
		func() { b.world.Faults.Add(sim.Fault{Op: "oauth.token", Kind: sim.Garbage}) },
		func() { b.world.Faults.Add(sim.Fault{Op: "oauth.token", Kind: sim.ErrorAfter, Status: 500}) },
		func() {},
	} {
		f()
		_, err := c.Finish(t.Context(), start, wrong)
		require.Error(t, err)
		say(err)
		b.world.Faults.Remove(0)
	}
	got := finish(t, c, start, reply)
	b.keep(t, got)
	_, err = c.Finish(t.Context(), start, reply) // ends the session, as a replay does
	require.Error(t, err)
	say(start, reply, got, err, c.ClientMetadata())
	start = begin(t, c, "shop.example.com", appRedirect)
	got = finish(t, c, start, consent(t, start, "shop.example.com"))
	b.keep(t, got)

	b.config.OAuth = bluesky.ClientIdentity{ID: appID, Key: key}
	b.config.Logger, b.config.HTTPClient = logger, &http.Client{Transport: tap}
	d := b.driver(t)
	say(d, c, b.config.OAuth)
	require.NoError(t, timeline(t, b, d))
	facts, err := d.ReadFacts(t.Context(), b.account.Channel)
	require.NoError(t, err)
	say(facts)
	b.world.Clock.Advance(2 * time.Hour)
	require.NoError(t, timeline(t, b, d))
	for _, kind := range sim.FaultKinds() {
		if kind == sim.Slow || kind == sim.Late {
			continue // they end as success, or after the test
		}
		b.world.Clock.Advance(2 * time.Hour)
		b.world.Faults.Add(sim.Fault{Class: sim.Auth, Kind: kind, Times: -1})
		say(timeline(t, b, d))
		b.world.Faults.Remove(0)
		b.world.Faults.Add(sim.Fault{Class: sim.Read, Kind: kind, Times: -1})
		say(timeline(t, b, d))
		b.world.Faults.Remove(0)
		b.connectAgain(t)
	}
	say(c.Revoke(t.Context(), b.account.Channel, b.stored(t)))

	secrets := map[string]bool{}
	for s := range tap.secrets {
		secrets[s] = true
	}
	for _, cred := range []smm.Credential{got.Credential, b.stored(t)} {
		for _, s := range []smm.Secret{cred.AccessToken, cred.RefreshToken, cred.Extra[bluesky.ExtraDPoPKey]} {
			secrets[s.Reveal()] = true
		}
	}
	for _, s := range []string{key.Reveal(), start.Private.Reveal(), reply.Code.Reveal()} {
		secrets[s] = true
	}
	for _, k := range []smm.Secret{key, got.Credential.Extra[bluesky.ExtraDPoPKey]} { // the private half by itself
		var jwk struct{ D string }
		require.NoError(t, json.Unmarshal([]byte(k.Reveal()), &jwk))
		secrets[jwk.D] = true
	}
	delete(secrets, "state-0123456789") // the host's own, and it is in ConnectReply in the clear
	require.Greater(t, len(secrets), 20)
	out := strings.Join(said, "\n") + log.String()
	require.Greater(t, log.Len(), 1000)
	for s := range secrets {
		require.NotEmpty(t, s)
		if i := strings.Index(out, s); i >= 0 {
			t.Fatalf("%.20q in %s", s, out[max(0, i-200):min(len(out), i+200)])
		}
		require.NotContains(t, out, url.QueryEscape(s))
	}
}
