package oauthjudge_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

const (
	envDir     = "SMMKIT_OIDC_PROVIDER"
	envRequire = "SMMKIT_REQUIRE_JUDGE"
	redirect   = "https://host.example/callback"
)

// judge is the foreign server and what the client needs to use it.
type judge struct {
	t      *testing.T
	meta   *oauthx.Metadata
	nonces *oauthx.Nonces
	key    *oauthx.Key // of the client "signing"
}

// packages finds the server's packages and Node.js, or ends the test.
func packages(t *testing.T) (node, dir string) {
	t.Helper()
	giveUp := t.Skipf
	if os.Getenv(envRequire) == "1" {
		giveUp = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		giveUp("Node.js is not installed")
	}
	dir = os.Getenv(envDir)
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			giveUp("no cache directory, and %s names none", envDir)
		}
		dir = filepath.Join(cache, "smmkit", "oidc-provider")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "oidc-provider", "package.json")); err != nil {
		giveUp("oidc-provider is not installed: run internal/oauthx/oauthjudge/install.sh")
	}
	return node, dir
}

// start runs the server until the test ends.
func start(t *testing.T) *judge {
	t.Helper()
	node, dir := packages(t)
	key, err := oauthx.NewKey()
	require.NoError(t, err)
	var jwk map[string]string
	require.NoError(t, json.Unmarshal(key.PublicJWK(), &jwk))
	jwk["kid"], jwk["use"], jwk["alg"] = "one", "sig", "ES256"
	jwks, err := json.Marshal(map[string]any{"keys": []any{jwk}})
	require.NoError(t, err)

	cmd := exec.CommandContext(t.Context(), node, "server.mjs")
	cmd.Env = append(os.Environ(), envDir+"="+dir, "JUDGE_JWKS="+string(jwks))
	var said bytes.Buffer
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close() // the server stops when its input ends
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", said.String())
		}
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err, "the server did not start")
	var hello struct{ Issuer string }
	require.NoError(t, json.Unmarshal(line, &hello))

	meta, err := oauthx.Discover(t.Context(), guard(t, hello.Issuer), hello.Issuer)
	require.NoError(t, err)
	return &judge{t: t, meta: meta, nonces: new(oauthx.Nonces), key: key}
}

// guard reaches the judge and nothing else private.
func guard(t *testing.T, issuer string) *safehttp.Guard {
	t.Helper()
	u, err := url.Parse(issuer)
	require.NoError(t, err)
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	require.NoError(t, err)
	g, err := safehttp.New(safehttp.Options{
		AllowHTTP: true, Ports: []uint16{uint16(port)}, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Timeout: 20 * time.Second,
	})
	require.NoError(t, err)
	return g
}

// client is one of those that server.mjs registers.
func (j *judge) client(t *testing.T, id string, set ...func(*oauthx.ClientConfig)) *oauthx.Client {
	t.Helper()
	meta := *j.meta
	if id != "bound" && id != "signing" {
		meta.PushedAuthorizationRequestEndpoint = "" // so that both ways are tried
	}
	cfg := oauthx.ClientConfig{Platform: "oidc", Metadata: meta, ID: id, Nonces: j.nonces}
	switch id {
	case "basic: one", "post":
		cfg.Secret = smm.NewSecret("s3cret:with%and+plus")
		if id == "post" {
			cfg.Method = oauthx.AuthPost
		}
	case "signing":
		cfg.Key, cfg.KeyID = j.key, "one"
	}
	for _, f := range set {
		f(&cfg)
	}
	c, err := oauthx.NewClient(cfg)
	require.NoError(t, err)
	return c
}

// browser signs in and consents on the server's own pages, and stops where it
// would leave for the host.
type browser struct {
	t    *testing.T
	http *http.Client
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t, &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "host.example" {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// answer walks through the pages. deny leaves at the first.
func (b *browser) answer(address string, deny bool) smm.ConnectReply {
	b.t.Helper()
	resp, err := b.http.Get(address)
	for _, prompt := range []string{"login", "consent"} {
		require.NoError(b.t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(b.t, err)
		require.NoError(b.t, resp.Body.Close())
		if resp.StatusCode == http.StatusSeeOther {
			break // an error: no page was shown
		}
		page := resp.Request.URL
		require.Contains(b.t, string(body), `name="prompt" value="`+prompt+`"`)
		if deny {
			resp, err = b.http.Get(page.String() + "/abort")
			require.NoError(b.t, err)
			break
		}
		resp, err = b.http.PostForm(page.String(), url.Values{"prompt": {prompt}, "login": {"alice"}, "password": {"any"}})
		require.NoError(b.t, err)
	}
	require.NoError(b.t, resp.Body.Close())
	require.Equal(b.t, http.StatusSeeOther, resp.StatusCode)
	back, err := resp.Location()
	require.NoError(b.t, err)
	require.Equal(b.t, "host.example", back.Host)
	r, err := smm.ParseConnectReply(back.Query())
	require.NoError(b.t, err)
	return r
}

// consent runs a flow up to the code.
func (j *judge) consent(t *testing.T, c *oauthx.Client, key *oauthx.Key) (code, verifier smm.Secret) {
	t.Helper()
	s, err := c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "state-1", Scopes: []string{"openid", "email"}, Key: key})
	require.NoError(t, err)
	r := newBrowser(t).answer(s.URL, false)
	require.NoError(t, oauthx.CheckReply(smm.ConnectStart{URL: s.URL, Issuer: j.meta.Issuer}, r, true))
	require.Equal(t, "state-1", r.State)
	return r.Code, s.Verifier
}

func (j *judge) connect(t *testing.T, c *oauthx.Client, key *oauthx.Key) *oauthx.Token {
	t.Helper()
	code, verifier := j.consent(t, c, key)
	tok, err := c.Exchange(t.Context(), code, redirect, verifier, key)
	require.NoError(t, err)
	return tok
}

// whoami asks the server's resource.
func (j *judge) whoami(t *testing.T, auth httpx.Authorizer) (subject string, err error) {
	t.Helper()
	c, err := httpx.New(httpx.Config{Platform: "oidc", Auth: auth})
	require.NoError(t, err)
	resp, err := c.Read(t.Context(), &httpx.Request{Op: "userinfo", URL: j.meta.UserinfoEndpoint})
	if err != nil {
		return "", err
	}
	var who struct{ Sub string }
	require.NoError(t, resp.JSON(&who))
	return who.Sub, nil
}
