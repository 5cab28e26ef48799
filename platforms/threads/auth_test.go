package threads_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestFromToken(t *testing.T) {
	b := open(t, nil)
	d, ch, err := threads.FromToken(t.Context(), b.token().Reveal(), &threads.Config{Clock: b.world.Clock, BaseURL: b.URL()})
	require.NoError(t, err)
	require.Equal(t, b.account.Channel, ch.Ref)
	require.Equal(t, "shop", ch.Handle)
	c, err := smm.New([]smm.Driver{d}, smm.WithClock(b.world.Clock))
	require.NoError(t, err)
	_, err = c.Channel(ch.Ref).Publish(t.Context(), &smm.Post{Text: "Hello"}, nil)
	require.NoError(t, err)

	_, _, err = threads.FromToken(t.Context(), "THAAwrongtoken", &threads.Config{BaseURL: b.URL()})
	require.True(t, smm.NeedsReconnect(err), err)
	require.NotContains(t, err.Error(), "wrongtoken", "the vendor quotes a malformed token")
	_, _, err = threads.FromToken(t.Context(), "", nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestFromTokenSource(t *testing.T) {
	b := open(t, nil)
	d, ch, err := threads.FromTokenSource(t.Context(), tokens(b.token().Reveal()), &threads.Config{Clock: b.world.Clock, BaseURL: b.URL()})
	require.NoError(t, err)
	c, err := smm.New([]smm.Driver{d}, smm.WithClock(b.world.Clock))
	require.NoError(t, err)
	_, err = c.Channel(ch.Ref).Publish(t.Context(), &smm.Post{Text: "Hello"}, nil)
	require.NoError(t, err)
	_, _, err = threads.FromTokenSource(t.Context(), nil, nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, _, err = threads.FromTokenSource(t.Context(), tokens(""), &threads.Config{BaseURL: b.URL()})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.NotContains(t, err.Error(), "secretword", "the words of a source are not to be trusted")
}

// TestRenewal: a token is renewed once, late in its life, and stored; the driver
// goes on with the new one.
func TestRenewal(t *testing.T) {
	b := open(t, nil)
	b.connect(t, smm.Credential{AccessToken: b.token(), Obtained: epoch, Expires: epoch.Add(60 * 24 * time.Hour), Scopes: []string{"threads_basic"}})
	d := b.driver(t)
	renewal := sim.Op{Platform: threads.Platform, Name: "GET /refresh_access_token", Class: sim.Auth}
	read := func() {
		_, err := d.ReadFacts(t.Context(), b.account.Channel)
		require.NoError(t, err)
	}
	read()
	b.world.Clock.Advance(20 * 24 * time.Hour)
	read()
	require.Zero(t, b.world.Faults.Requests(renewal), "it is not due")
	b.world.Clock.Advance(30 * 24 * time.Hour)
	read()
	read()
	require.Equal(t, 1, b.world.Faults.Requests(renewal))
	got, err := b.store.Load(t.Context(), "", b.account.Channel)
	require.NoError(t, err)
	require.False(t, got.AccessToken.Equal(b.token()))
	require.Equal(t, epoch.Add(110*24*time.Hour), got.Expires)
	require.Equal(t, []string{"threads_basic"}, got.Scopes, "what was granted stays")
	b.world.Clock.Advance(20 * 24 * time.Hour) // the first token is over by now
	read()
	f, err := d.ReadFacts(t.Context(), b.account.Channel)
	require.NoError(t, err)
	require.True(t, f.Token.Renews)
}

// TestTooLate: a token that is over cannot be renewed, and the person is told so.
func TestTooLate(t *testing.T) {
	b := open(t, nil)
	b.connect(t, smm.Credential{AccessToken: b.token(), Obtained: epoch, Expires: epoch.Add(60 * 24 * time.Hour)})
	b.world.Clock.Advance(61 * 24 * time.Hour)
	_, err := b.driver(t).ReadFacts(t.Context(), b.account.Channel)
	require.True(t, smm.NeedsReconnect(err), err)
	require.NotContains(t, err.Error(), b.token().Reveal())
}

// TestRevokedWhenYoung: a token that is refused on its first day is over, and not
// one to ask again for later.
func TestRevokedWhenYoung(t *testing.T) {
	b := open(t, nil)
	b.connect(t, smm.Credential{AccessToken: b.token(), Obtained: epoch, Expires: epoch.Add(60 * 24 * time.Hour)})
	b.RevokeTokens("shop")
	_, err := b.driver(t).ReadFacts(t.Context(), b.account.Channel)
	require.True(t, smm.NeedsReconnect(err), err)
}

// TestTokenReplaced: another process connected the account again.
func TestTokenReplaced(t *testing.T) {
	b := open(t, nil)
	ch := b.channel(t)
	_, err := ch.Posts(nil).Collect(t.Context(), 1)
	require.NoError(t, err)
	b.RevokeTokens("shop")
	b.connect(t, smm.Credential{AccessToken: smm.NewSecret(b.IssueToken("shop", "threads_basic"))})
	_, err = ch.Posts(nil).Collect(t.Context(), 1)
	require.NoError(t, err)
}

func TestMissingScopes(t *testing.T) {
	b := open(t, nil)
	b.connect(t, smm.Credential{AccessToken: b.token(), Scopes: []string{"threads_basic", "threads_content_publish"}})
	caps, err := b.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.StateGranted, caps.Support(smm.CapPost).State)
	reply := caps.Support(smm.CapReply)
	require.Equal(t, smm.StateScope, reply.State)
	require.Equal(t, []string{"threads_manage_replies", "threads_read_replies"}, reply.Missing)
	require.Contains(t, reply.Cure, "threads_manage_replies")
	for _, x := range []smm.Capability{smm.CapLike, smm.CapBlock, smm.CapMessage, smm.CapEdit, smm.CapGIF, smm.CapDeleteComment} {
		require.Equal(t, smm.StateNever, caps.Support(x).State, x)
	}
	// The vendor's own answer names the scope as well.
	b.connect(t, smm.Credential{AccessToken: smm.NewSecret(b.IssueToken("shop", "threads_basic"))})
	_, err = b.driver(t).ListMentions(t.Context(), b.account.Channel, smm.PageRequest{})
	require.ErrorIs(t, err, smm.ErrForbidden)
}

func TestHealth(t *testing.T) {
	b := open(t, nil)
	h, err := b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionWorks, h.State)
	require.False(t, h.Facts.Token.Renews, "nobody knows how old a pasted token is")

	other, err := b.NewAccount("other")
	require.NoError(t, err)
	b.connect(t, smm.Credential{AccessToken: smm.NewSecret(other.Login["THREADS_TOKEN"])})
	h, err = b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionReconnect, h.State, "it is another account's token")

	for _, ref := range []smm.Ref{{Platform: "threads", Space: "x", Kind: smm.KindChannel, ID: "1"}, {Platform: "threads", Kind: smm.KindPost, ID: "1"}} {
		_, err = b.driver(t).ReadFacts(t.Context(), ref)
		require.ErrorIs(t, err, smm.ErrInvalid)
		_, err = b.driver(t).ListPosts(t.Context(), ref, smm.PageRequest{})
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
}

// TestQuota: each call is charged to the app, which all share, and to the account.
func TestQuota(t *testing.T) {
	b := open(t, nil)
	q, err := quota.New(quota.Config{Limit: threads.QuotaLimit, Clock: b.world.Clock})
	require.NoError(t, err)
	b.config.Quota = q
	f, err := b.driver(t).ReadFacts(t.Context(), b.account.Channel)
	require.NoError(t, err)
	byBucket := map[string]smm.QuotaState{}
	for _, s := range f.Quotas {
		byBucket[s.Key.Bucket] = s
	}
	require.Len(t, byBucket, 7)
	require.Equal(t, b.account.Channel.ID, byBucket["threads"].Key.Account)
	require.Empty(t, byBucket["app"].Key.Account)
	require.EqualValues(t, 250, byBucket["posts"].Remaining)
	_, ok := threads.QuotaLimit(smm.QuotaKey{Bucket: "app"})
	require.True(t, ok)
}

// TestNothingSecretIsShown: neither what is printed nor what fails holds a token.
func TestNothingSecretIsShown(t *testing.T) {
	b := open(t, nil)
	w := &wiretap{next: &http.Transport{}}
	b.config.HTTPClient = &http.Client{Transport: w}
	d := b.driver(t)
	ctx := t.Context()
	_, _ = d.ListPosts(ctx, b.account.Channel, smm.PageRequest{})
	_, err := d.GetPost(ctx, b.account.Channel, b.account.Channel.WithKind(smm.KindPost, "1"))
	require.Error(t, err)
	secret := b.token().Reveal()
	for _, s := range []string{fmt.Sprintf("%+v", d), fmt.Sprintf("%#v", b.vendor(t)), err.Error(), fmt.Sprintf("%+v", err)} {
		require.NotContains(t, s, secret)
	}
	require.NotEmpty(t, w.calls)
	for _, c := range w.calls {
		require.NotContains(t, c.path, secret)
		require.NotContains(t, c.body, secret)
		require.Equal(t, "Bearer "+secret, c.header.Get("Authorization"))
	}
}

const callback = "https://app.example/callback"

func (b *bench) connector(t testing.TB, change func(*threads.ConnectorConfig)) *threads.Connector {
	t.Helper()
	cfg := threads.ConnectorConfig{
		AppID: b.AppID(), AppSecret: smm.NewSecret(b.AppSecret()), Redirects: []string{callback}, BaseURL: b.URL(), Clock: b.world.Clock,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := threads.NewConnector(cfg)
	require.NoError(t, err)
	return c
}

// finish goes the way of a person through the login.
func (b *bench) finish(t testing.TB, c *threads.Connector, r smm.ConnectRequest, as string, decline ...string) ([]smm.Connected, error) {
	t.Helper()
	r.Redirect, r.State = callback, "used-once"
	start, err := c.Begin(t.Context(), r)
	require.NoError(t, err)
	q, err := b.Consent(start.URL, as, decline...)
	require.NoError(t, err)
	reply, err := smm.ParseConnectReply(q)
	require.NoError(t, err)
	return c.Finish(t.Context(), start, reply)
}

func TestConnect(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	scopes, err := c.Scopes(smm.CapPost, smm.CapReply, smm.CapPostMetrics)
	require.NoError(t, err)
	require.Equal(t, []string{"threads_basic", "threads_content_publish", "threads_manage_insights", "threads_manage_replies", "threads_read_replies"}, scopes)
	_, err = c.Scopes(smm.CapLike)
	require.ErrorIs(t, err, smm.ErrUnsupported)

	got, err := b.finish(t, c, smm.ConnectRequest{Scopes: scopes}, "shop", "threads_manage_insights")
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.NoError(t, got[0].Err)
	require.Equal(t, b.account.Channel, got[0].Channel.Ref)
	require.Equal(t, []string{"threads_manage_insights"}, got[0].Missing)
	cred := got[0].Credential
	require.NotContains(t, cred.Scopes, "threads_manage_insights")
	require.Equal(t, epoch.Add(60*24*time.Hour), cred.Expires, "the long token")
	require.Equal(t, epoch, cred.Obtained)
	b.connect(t, cred)
	b.publish(t, &smm.Post{Text: "Hello"})

	again, err := b.finish(t, c, smm.ConnectRequest{Scopes: scopes, Account: b.account.Channel}, "shop")
	require.NoError(t, err)
	require.Empty(t, again[0].Missing)
	_, err = b.finish(t, c, smm.ConnectRequest{Scopes: scopes, Account: b.account.Channel}, "somebodyelse")
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = b.finish(t, c, smm.ConnectRequest{}, "!deny")
	require.ErrorIs(t, err, smm.ErrForbidden)
}

func TestConnectRefuses(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	for name, r := range map[string]smm.ConnectRequest{
		"elsewhere":     {Redirect: "https://evil.example/", State: "s"},
		"no state":      {Redirect: callback},
		"not a channel": {Redirect: callback, State: "s", Account: b.visitor},
		"a scope":       {Redirect: callback, State: "s", Scopes: []string{"a b"}},
	} {
		_, err := c.Begin(t.Context(), r)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	_, err := threads.NewConnector(threads.ConnectorConfig{AppID: "1"})
	require.ErrorIs(t, err, smm.ErrInvalid)

	start, err := c.Begin(t.Context(), smm.ConnectRequest{Redirect: callback, State: "s"})
	require.NoError(t, err)
	require.Contains(t, start.URL, "threads_basic")
	require.NotContains(t, start.URL, b.AppSecret())
	_, err = c.Finish(t.Context(), start, smm.ConnectReply{Code: smm.NewSecret("x"), State: "another"})
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = c.Finish(t.Context(), start, smm.ConnectReply{Code: smm.NewSecret("never-given"), State: "s"})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	q, err := b.Consent(start.URL, "shop")
	require.NoError(t, err)
	reply, err := smm.ParseConnectReply(q)
	require.NoError(t, err)
	_, err = c.Finish(t.Context(), start, reply)
	require.NoError(t, err)
	_, err = c.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrUnauthorized, "a code is good once")

	wrong := b.connector(t, func(cfg *threads.ConnectorConfig) { cfg.AppSecret = smm.NewSecret("not-the-secret") })
	_, err = b.finish(t, wrong, smm.ConnectRequest{}, "shop")
	require.ErrorIs(t, err, smm.ErrForbidden)
	for _, s := range []string{fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", wrong), err.Error()} {
		require.NotContains(t, s, b.AppSecret())
		require.NotContains(t, s, "not-the-secret")
	}
}

// TestInspectionFails: that the scopes cannot be asked for does not cost the
// connection.
func TestInspectionFails(t *testing.T) {
	b := open(t, nil)
	b.world.Faults.Add(sim.Fault{Op: "GET /debug_token", Kind: sim.ErrorBefore, Status: 500, Times: -1})
	got, err := b.finish(t, b.connector(t, nil), smm.ConnectRequest{Scopes: []string{"threads_content_publish"}}, "shop")
	require.NoError(t, err)
	require.Nil(t, got[0].Credential.Scopes)
	require.Empty(t, got[0].Missing)
}

// TestAnswersOfALoginAreLost: the code may be spent, and the person is told what to
// do; nothing is stored.
func TestAnswersOfALoginAreLost(t *testing.T) {
	for _, op := range []string{"POST /oauth/access_token", "GET /access_token", "GET user"} {
		for _, kind := range []sim.FaultKind{sim.DropReply, sim.Garbage, sim.CutReply, sim.ErrorAfter} {
			b := open(t, nil)
			c := b.connector(t, nil)
			b.world.Faults.Add(sim.Fault{Op: op, Kind: kind, Times: -1, Bytes: 5})
			_, err := b.finish(t, c, smm.ConnectRequest{}, "shop")
			require.ErrorIs(t, err, smm.ErrUnavailable, "%s %s", op, kind)
			require.False(t, smm.NeedsReconnect(err))
			if op != "GET user" {
				require.Contains(t, err.Error(), "begin again")
			}
			e, ok := errors.AsType[*smm.Error](err)
			require.True(t, ok)
			require.Equal(t, "connect.finish", e.Op)
			require.NotContains(t, err.Error(), b.AppSecret())
		}
	}
}

func TestConnectToken(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	got, err := c.ConnectToken(t.Context(), smm.Credential{AccessToken: b.token()})
	require.NoError(t, err)
	require.Equal(t, b.account.Channel, got[0].Channel.Ref)
	require.Equal(t, epoch.Add(60*24*time.Hour), got[0].Credential.Expires)
	require.Equal(t, epoch, got[0].Credential.Obtained)
	require.Contains(t, got[0].Credential.Scopes, "threads_delete")

	b.world.Clock.Advance(59*24*time.Hour + time.Hour) // a long token on its last day is not exchanged
	got, err = c.ConnectToken(t.Context(), smm.Credential{AccessToken: b.token()})
	require.NoError(t, err)
	require.True(t, got[0].Credential.AccessToken.Equal(b.token()))

	_, err = c.ConnectToken(t.Context(), smm.Credential{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, err = c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret("THAAsomethingelse")})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.False(t, strings.Contains(err.Error(), "somethingelse"))
	e, ok := errors.AsType[*smm.Error](err)
	require.True(t, ok)
	require.Equal(t, "connect.token", e.Op)
}
