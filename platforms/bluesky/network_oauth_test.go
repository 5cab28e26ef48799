package bluesky_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// oauth connects accounts by OAuth on the real PDS, as a developer's machine
// would: the client is one on loopback, whose document is its id.
func (n *network) oauth(t *testing.T) {
	for name, f := range map[string]func(*testing.T, *consenting){
		"publish-renew-replay": n.oauthPublish,
		"revoke":               n.oauthRevoke,
		"denied":               n.oauthDenied,
		"code-is-good-once":    n.oauthCode,
		"answer-of-another":    n.oauthMixUp,
		"least-scopes":         n.oauthScopes,
	} {
		t.Run(name, func(t *testing.T) { f(t, n.consenting(t)) })
	}
}

// consenting is an account that is about to be connected.
type consenting struct {
	*network
	*stage
	guard     local
	resolver  *identity.Resolver
	connector *bluesky.Connector
	sessions  smm.CredentialStore
}

func (n *network) consenting(t *testing.T) *consenting {
	t.Helper()
	c := &consenting{network: n, stage: n.stage(t), sessions: smm.NewMemoryCredentials()}
	c.guard = local{n}
	plc := strings.Replace(n.PLC, "localhost", "127.0.0.1", 1)
	var err error
	c.resolver, err = identity.NewResolver(identity.Options{Guard: locals(t, safehttp.Options{}, plc), PLC: plc, LookupTXT: c.txt})
	require.NoError(t, err)
	c.connector, err = bluesky.NewConnector(bluesky.ConnectorConfig{Guard: c.guard, Resolver: c.resolver, DefaultServer: n.PDS})
	require.NoError(t, err)
	return c
}

// local is a guard that admits the stack of this run alone, whose servers call
// themselves localhost: a name that *safehttp.Guard never admits.
type local struct{ n *network }

func (g local) CheckURL(rawURL string) error {
	if u, err := url.Parse(rawURL); err != nil || u.Scheme+"://"+u.Host != g.n.PDS {
		return fmt.Errorf("%w: %s is not the PDS of this run", smm.ErrForbidden, rawURL)
	}
	return nil
}

func (g local) Client() *http.Client { return &http.Client{Transport: g.n} }

func (g local) Fetch(ctx context.Context, rawURL string) (*safehttp.Response, error) {
	if err := g.CheckURL(rawURL); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return nil, err
	}
	resp, err := g.Client().Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return &safehttp.Response{
		Status: resp.StatusCode, Header: resp.Header, Body: body, ContentType: resp.Header.Get("Content-Type"), FinalURL: rawURL,
	}, err
}

// txt stands in for the domain name system, which knows no ".test".
func (c *consenting) txt(ctx context.Context, name string) ([]string, error) {
	var out struct{ DID string }
	err := xrpc(ctx, c.net.PDS, "", "com.atproto.identity.resolveHandle", url.Values{"handle": {strings.TrimPrefix(name, "_atproto.")}}, nil, &out)
	return []string{"did=" + out.DID}, err
}

// consent lets the person decide on the pages of the PDS.
func (c *consenting) consent(t *testing.T, start smm.ConnectStart, deny bool) smm.ConnectReply {
	t.Helper()
	back := c.Consent(t, start.URL, c.me.Handle, memberPassword, deny)
	require.Equal(t, start.Redirect, strings.Split(back.String(), "?")[0])
	reply, err := smm.ParseConnectReply(back.Query())
	require.NoError(t, err)
	require.Equal(t, "state-0123456789", reply.State)
	require.Equal(t, start.Issuer, reply.Issuer)
	return reply
}

// connect goes the whole way and stores what came of it.
func (c *consenting) connect(t *testing.T, caps ...smm.Capability) smm.Connected {
	t.Helper()
	start := begin(t, c.connector, c.me.Handle, localRedirect, caps...)
	got := finish(t, c.connector, start, c.consent(t, start, false))
	require.NoError(t, got.Err)
	require.Empty(t, got.Missing)
	require.Equal(t, bluesky.ChannelRef(c.me.DID), got.Channel.Ref)
	require.Equal(t, c.me.Handle, got.Channel.Handle)
	require.Equal(t, c.net.PDS, got.Credential.Server)
	require.Equal(t, "DPoP", got.Credential.TokenType)
	_, err := c.sessions.Swap(t.Context(), "", got.Channel.Ref, 0, got.Credential)
	require.NoError(t, err)
	return got
}

// channel is a new process.
func (c *consenting) channel(t *testing.T) *smm.ChannelClient {
	t.Helper()
	d, err := bluesky.New(bluesky.Config{Credentials: c.sessions, HTTPClient: &http.Client{Transport: c.network}})
	require.NoError(t, err)
	client, err := smm.New([]smm.Driver{d})
	require.NoError(t, err)
	return client.Channel(bluesky.ChannelRef(c.me.DID))
}

func (c *consenting) credential(t *testing.T) smm.Credential {
	t.Helper()
	cred, err := c.sessions.Load(t.Context(), "", bluesky.ChannelRef(c.me.DID))
	require.NoError(t, err)
	return cred
}

func (n *network) oauthPublish(t *testing.T, c *consenting) {
	got := c.connect(t)
	r, err := c.channel(t).Publish(t.Context(), &smm.Post{Text: "By OAuth, with proof of possession"}, nil)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, r.Outcome)
	posts, err := c.records(t.Context(), c.me.DID, bluesky.PostCollection)
	require.NoError(t, err)
	require.Len(t, posts, 1)
	require.Equal(t, r.Post.ID, posts[0].URI)

	// The access token is over: the driver renews it before it asks.
	old := got.Credential
	stale := c.credential(t)
	stale.Expires = time.Now().Add(-time.Minute)
	_, err = c.sessions.Swap(t.Context(), "", got.Channel.Ref, stale.Version, stale)
	require.NoError(t, err)
	_, err = c.channel(t).Publish(t.Context(), &smm.Post{Text: "After a renewal"}, nil)
	require.NoError(t, err)
	renewed := c.credential(t)
	require.False(t, renewed.AccessToken.Equal(old.AccessToken))
	require.False(t, renewed.RefreshToken.Equal(old.RefreshToken))

	// The refresh token that was used is refused, and its being used again ends
	// the session, since one of two that have it stole it.
	_, err = c.client(t, old).Refresh(t.Context(), old.RefreshToken, c.key(t, old))
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	e, ok := errors.AsType[*smm.Error](err)
	require.True(t, ok, err)
	require.Equal(t, "invalid_grant", e.Code)
	require.Equal(t, http.StatusBadRequest, e.Status)
}

// client is the app's, as the connector makes it.
func (c *consenting) client(t *testing.T, cred smm.Credential) *oauthx.Client {
	t.Helper()
	meta, err := oauthx.Discover(t.Context(), c.guard, cred.Extra[bluesky.ExtraIssuer].Reveal())
	require.NoError(t, err)
	client, err := oauthx.NewClient(oauthx.ClientConfig{
		Platform: bluesky.Platform, Metadata: *meta, ID: cred.Extra[bluesky.ExtraClientID].Reveal(), Method: oauthx.AuthNone,
		HTTPClient: c.guard.Client(),
	})
	require.NoError(t, err)
	return client
}

func (c *consenting) key(t *testing.T, cred smm.Credential) *oauthx.Key {
	t.Helper()
	key, err := oauthx.ParseKey(cred.Extra[bluesky.ExtraDPoPKey])
	require.NoError(t, err)
	return key
}

func (n *network) oauthRevoke(t *testing.T, c *consenting) {
	got := c.connect(t)
	require.NoError(t, c.connector.Revoke(t.Context(), got.Channel.Ref, got.Credential))
	require.NoError(t, c.connector.Revoke(t.Context(), got.Channel.Ref, got.Credential), "over already is no error")
	_, err := c.client(t, got.Credential).Refresh(t.Context(), got.Credential.RefreshToken, c.key(t, got.Credential))
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	_, err = c.channel(t).Publish(t.Context(), &smm.Post{Text: "Never"}, nil)
	require.Error(t, err)
	require.True(t, smm.NeedsReconnect(err), err)
	posts, err := c.records(t.Context(), c.me.DID, bluesky.PostCollection)
	require.NoError(t, err)
	require.Empty(t, posts)
}

func (n *network) oauthDenied(t *testing.T, c *consenting) {
	start := begin(t, c.connector, c.me.Handle, localRedirect)
	reply := c.consent(t, start, true)
	require.Equal(t, "access_denied", reply.Error)
	_, err := c.connector.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrForbidden)
}

func (n *network) oauthCode(t *testing.T, c *consenting) {
	start := begin(t, c.connector, c.me.Handle, localRedirect)
	reply := c.consent(t, start, false)
	finish(t, c.connector, start, reply)
	_, err := c.connector.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}

// oauthMixUp answers one start with what belongs to another, or to nobody.
func (n *network) oauthMixUp(t *testing.T, c *consenting) {
	start := begin(t, c.connector, c.me.Handle, localRedirect)
	reply := c.consent(t, start, false)
	other := begin(t, c.connector, c.me.Handle, localRedirect)
	_, err := c.connector.Finish(t.Context(), other, reply)
	require.Error(t, err, "the code was given for another verifier and key")

	start = begin(t, c.connector, c.me.Handle, localRedirect)
	reply = c.consent(t, start, false)
	reply.Issuer = "https://evil.example.com"
	_, err = c.connector.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrForbidden)
	reply.Issuer, reply.Code = start.Issuer, smm.NewSecret("cod-0123456789abcdef0123456789abcdef")
	_, err = c.connector.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}

// oauthScopes connects with the least scopes that posting needs.
func (n *network) oauthScopes(t *testing.T, c *consenting) {
	var err error
	c.connector, err = bluesky.NewConnector(bluesky.ConnectorConfig{
		Guard: c.guard, Resolver: c.resolver, DefaultServer: n.PDS, Granular: true,
	})
	require.NoError(t, err)
	got := c.connect(t, smm.CapPost, smm.CapDelete)
	t.Logf("granted: %v", got.Credential.Scopes)
	ch := c.channel(t)
	r, err := ch.Publish(t.Context(), &smm.Post{Text: "With the least scopes"}, nil)
	require.NoError(t, err)
	require.NoError(t, ch.Delete(t.Context(), r.Post))
	author := smm.Ref{Platform: bluesky.Platform, Kind: smm.KindAuthor, ID: c.visitor.DID}
	require.ErrorIs(t, ch.SetFollowing(t.Context(), author, true), smm.ErrForbidden, "following was not asked for")
}
