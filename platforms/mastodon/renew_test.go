package mastodon_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// renewing is a server whose tokens end after an hour, with an account that was
// connected there.
func renewing(t testing.TB) (*bench, smm.Credential) {
	t.Helper()
	b := open(t, &mastodontest.Options{Software: mastodontest.Akkoma, RefreshTokens: true, Quotas: mastodontest.NoQuotas()})
	got := b.connectAs(t, b.connector(t, nil), "shop", smm.CapPost)
	require.Equal(t, epoch.Add(time.Hour).Unix(), got.Credential.Expires.Unix())
	b.keepAccount(t, got)
	return b, got.Credential
}

func (b *bench) stored(t testing.TB) smm.Credential {
	t.Helper()
	c, err := b.store.Load(t.Context(), "", b.account.Channel)
	require.NoError(t, err)
	return c
}

// TestRenews: a token that ends is renewed by whoever needs it first, once, and
// stored before it is used.
func TestRenews(t *testing.T) {
	b, first := renewing(t)
	b.publish(t, &smm.Post{Text: "with the first"})
	require.Zero(t, b.Refreshes())
	b.world.Clock.Advance(2 * time.Hour)
	processes := []*mastodon.Driver{b.driver(t), b.driver(t), b.driver(t)}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			if _, err := processes[i%3].ReadFacts(t.Context(), b.account.Channel); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, b.Refreshes(), "a refresh token serves once")
	next := b.stored(t)
	require.False(t, next.AccessToken.Equal(first.AccessToken))
	require.False(t, next.RefreshToken.Equal(first.RefreshToken))
	require.Equal(t, first.Extra, next.Extra)
	require.Equal(t, first.Scopes, next.Scopes)
	require.True(t, next.Expires.After(b.world.Clock.Now()))
	require.Zero(t, next.Refreshing)

	for range 20 { // a day and more, hour by hour
		b.world.Clock.Advance(70 * time.Minute)
		b.publish(t, &smm.Post{Text: "at " + b.world.Clock.Now().String()})
	}
	require.Equal(t, 21, b.Refreshes())
}

// TestRenewsWhatWasRevoked: a token that is refused before its end is renewed,
// and the request goes through in the same call.
func TestRenewsWhatWasRevoked(t *testing.T) {
	b, first := renewing(t)
	ch := b.channel(t)
	_, err := ch.Publish(t.Context(), &smm.Post{Text: "before"}, nil)
	require.NoError(t, err)
	b.EndAccess(first.AccessToken.Reveal())
	_, err = ch.Publish(t.Context(), &smm.Post{Text: "after"}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, b.Refreshes())
	require.Equal(t, 2, b.world.Ledger.Counts(mastodon.Platform).Posts)
}

// TestRenewalFails: what proves nothing disconnects nobody; a refusal does, and
// so does a server that has forgotten the app.
func TestRenewalFails(t *testing.T) {
	b, first := renewing(t)
	b.world.Clock.Advance(2 * time.Hour)
	ch := b.channel(t)
	for _, kind := range []sim.FaultKind{sim.CutBefore, sim.Throttle} {
		b.world.Faults.Add(sim.Fault{Op: exchange.Name, Kind: kind})
		_, err := ch.Capabilities(t.Context())
		require.True(t, smm.Temporary(err), "%s: %v", kind, err)
		require.False(t, smm.NeedsReconnect(err))
		require.Equal(t, first.RefreshToken, b.stored(t).RefreshToken)
		b.world.Clock.Advance(time.Minute) // what is in doubt is left alone for a while
	}
	_, err := ch.Capabilities(t.Context())
	require.NoError(t, err)

	b.world.Clock.Advance(2 * time.Hour)
	b.ForgetApps()
	_, err = b.channel(t).Capabilities(t.Context())
	require.True(t, smm.NeedsReconnect(err), err)
	require.ErrorContains(t, err, "forgotten the app")

	got := b.connectAs(t, b.connector(t, nil), "shop", smm.CapPost)
	b.keepAccount(t, got)
	b.publish(t, &smm.Post{Text: "connected again"})
}

// TestConnectedAgainAsAnotherKind: a driver at hand goes on with an account
// that was connected by a token without end and then by one that is renewed.
func TestConnectedAgainAsAnotherKind(t *testing.T) {
	b := open(t, &mastodontest.Options{Software: mastodontest.Pleroma, RefreshTokens: true, Quotas: mastodontest.NoQuotas()})
	ch := b.channel(t)
	_, err := ch.Capabilities(t.Context())
	require.NoError(t, err)
	b.keepAccount(t, b.connectAs(t, b.connector(t, nil), "shop", smm.CapPost))
	b.world.Clock.Advance(2 * time.Hour)
	_, err = ch.Publish(t.Context(), &smm.Post{Text: "renewed"}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, b.Refreshes())
}

// TestFromTokenSource: x/oauth2 gets and renews the tokens; nothing of them is
// stored.
func TestFromTokenSource(t *testing.T) {
	b := open(t, &mastodontest.Options{TokenLife: time.Hour})
	ts := &source{token: b.account.Login["MASTODON_TOKEN"]}
	d, ch, err := mastodon.FromTokenSource(t.Context(), b.URL(), ts, &mastodon.Config{Clock: b.world.Clock})
	require.NoError(t, err)
	require.Equal(t, b.account.Channel, ch.Ref)
	c, err := smm.New([]smm.Driver{d}, smm.WithClock(b.world.Clock))
	require.NoError(t, err)
	_, err = c.Channel(ch.Ref).Publish(t.Context(), &smm.Post{Text: "Hello"}, nil)
	require.NoError(t, err)
	b.world.Clock.Advance(2 * time.Hour)
	_, err = c.Channel(ch.Ref).Publish(t.Context(), &smm.Post{Text: "late"}, nil)
	require.True(t, smm.NeedsReconnect(err), err)
	ts.set(b.IssueToken("shop", "read", "write"))
	_, err = c.Channel(ch.Ref).Publish(t.Context(), &smm.Post{Text: "in time"}, nil)
	require.NoError(t, err)
	h, err := c.Channel(ch.Ref).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionWorks, h.State)

	other := ch.Ref
	other.ID = "999"
	_, err = d.Capabilities(t.Context(), other)
	require.True(t, smm.NeedsReconnect(err), "the tokens are of one account")
	_, _, err = mastodon.FromTokenSource(t.Context(), b.URL(), nil, nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
	ts.set("")
	_, _, err = mastodon.FromTokenSource(t.Context(), b.URL(), ts, nil)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "canary")
}

// source is a TokenSource that fails with a secret in its words when it has no
// token.
type source struct {
	mu    sync.Mutex
	token string
}

func (s *source) set(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

func (s *source) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == "" {
		return nil, errors.New("no token for canary-secret")
	}
	return &oauth2.Token{AccessToken: s.token, TokenType: "Bearer"}, nil
}
