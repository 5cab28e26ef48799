package bluesky_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func (b *bench) auth(name string) int {
	return b.world.Faults.Requests(sim.Op{Platform: bluesky.Platform, Name: "com.atproto.server." + name, Class: sim.Auth})
}

// timeline needs a session.
func timeline(t testing.TB, b *bench, d *bluesky.Driver) error {
	t.Helper()
	_, err := d.ListTimeline(t.Context(), b.account.Channel, smm.PageRequest{})
	return err
}

func TestSessionIsKeptAcrossProcesses(t *testing.T) {
	b := open(t, nil)
	for range 5 {
		require.NoError(t, timeline(t, b, b.driver(t)))
	}
	require.Equal(t, 1, b.auth("createSession"), "the vendor allows 30 sign-ins in five minutes")
	cred, err := b.store.Load(t.Context(), "", b.account.Channel)
	require.NoError(t, err)
	require.Equal(t, int64(3), cred.Version, "stored by the host, with the intent to sign in, and with the session")
	require.False(t, cred.AccessToken.IsZero() || cred.RefreshToken.IsZero())
	require.Equal(t, epoch, cred.Obtained)
}

func TestSessionIsRenewedOnceForMany(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	b.world.Clock.Advance(121 * time.Minute)
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() { errs[i] = timeline(t, b, d) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, 1, b.auth("refreshSession"))
	require.Equal(t, 1, b.auth("createSession"))
}

func TestSessionBeginsAnewWhenTheRefreshTokenIsOver(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	b.world.Clock.Advance(91 * 24 * time.Hour)
	require.NoError(t, timeline(t, b, d))
	require.Equal(t, 2, b.auth("createSession"))
}

func TestSessionEndsForGood(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	b.Revoke(b.account.Handle, true)
	err := timeline(t, b, d)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.True(t, smm.NeedsReconnect(err))
	require.NotContains(t, err.Error(), b.account.Login["BLUESKY_APP_PASSWORD"])

	r, err := b.channel(t).Publish(t.Context(), &smm.Post{Text: "never"}, nil)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, smm.OutcomeNotSent, r.Outcome)
}

func TestSessionWithoutAppPassword(t *testing.T) {
	b := open(t, nil)
	require.NoError(t, timeline(t, b, b.driver(t)))
	cred, err := b.store.Load(t.Context(), "", b.account.Channel)
	require.NoError(t, err)
	cred.Extra = nil
	_, err = b.store.Swap(t.Context(), "", b.account.Channel, cred.Version, cred)
	require.NoError(t, err)
	d := b.driver(t)
	b.world.Clock.Advance(121 * time.Minute)
	require.NoError(t, timeline(t, b, d), "the refresh token alone renews")
	b.world.Clock.Advance(91 * 24 * time.Hour)
	require.ErrorIs(t, timeline(t, b, d), smm.ErrUnauthorized)
}

// failingStore refuses the next Swap, or lets another process win it.
type failingStore struct {
	smm.CredentialStore
	fail  error
	rival func()
}

func (s *failingStore) Swap(ctx context.Context, tenant smm.Tenant, account smm.Ref, old int64, c smm.Credential) (int64, error) {
	if s.fail != nil {
		return 0, s.fail
	}
	if f := s.rival; f != nil {
		s.rival = nil
		f()
	}
	return s.CredentialStore.Swap(ctx, tenant, account, old, c)
}

func TestNewTokensAreStoredBeforeTheyAreUsed(t *testing.T) {
	b := open(t, nil)
	broken := errors.New("disk full")
	store := &failingStore{CredentialStore: b.store, fail: broken}
	b.store = store
	before := b.world.Faults.RequestsOf(sim.Read)
	require.ErrorIs(t, timeline(t, b, b.driver(t)), broken)
	require.Equal(t, before, b.world.Faults.RequestsOf(sim.Read), "a request left with a token that no store has")
	store.fail = nil
	require.NoError(t, timeline(t, b, b.driver(t)))
}

func TestASlowerProcessTakesTheOthersTokens(t *testing.T) {
	b := open(t, nil)
	store := &failingStore{CredentialStore: b.store}
	b.store = store
	slow, fast := b.driver(t), b.driver(t)
	require.NoError(t, timeline(t, b, slow))
	b.world.Clock.Advance(121 * time.Minute)
	store.rival = func() { require.NoError(t, timeline(t, b, fast)) }
	require.NoError(t, timeline(t, b, slow))
	cred, err := b.store.Load(t.Context(), "", b.account.Channel)
	require.NoError(t, err)
	require.Equal(t, int64(5), cred.Version, "the slower one stored something after the faster one's pair")
	require.NoError(t, timeline(t, b, slow))
	require.NoError(t, timeline(t, b, fast))
	require.Equal(t, 1, b.auth("refreshSession"), "the slower one asked although there was a pair already")
}

func TestSessionOfAnotherAccountIsRefused(t *testing.T) {
	b := open(t, nil)
	other, err := b.NewAccount("other.example.com")
	require.NoError(t, err)
	cred, err := b.store.Load(t.Context(), "", b.account.Channel)
	require.NoError(t, err)
	_, err = b.store.Swap(t.Context(), "", other.Channel, 0, cred)
	require.NoError(t, err)
	_, err = b.driver(t).ListTimeline(t.Context(), other.Channel, smm.PageRequest{})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}

func TestTokenExpiresInTheMiddleOfACommit(t *testing.T) {
	b := open(t, nil)
	c := b.client(t)
	ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "just in time"}, []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err)
	require.NoError(t, c.Advance(t.Context(), ds[0], nil))
	require.Equal(t, smm.PhaseReady, ds[0].Phase)
	b.world.Clock.Advance(3 * time.Hour)
	require.NoError(t, c.Advance(t.Context(), ds[0], nil))
	require.Equal(t, smm.PhasePublished, ds[0].Phase)
	require.Equal(t, 1, ds[0].Attempt.N)
	require.Equal(t, sim.Counts{Posts: 1, Visitors: 1}, b.world.Ledger.Counts(bluesky.Platform))
}

func TestTakenDownAccount(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	b.TakeDown(b.account.Handle)
	err := timeline(t, b, d)
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.False(t, smm.NeedsReconnect(err), "connecting again does not lift a suspension")
}

func TestTenantsDoNotShareCredentials(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	ctx := smm.ContextWithTenant(t.Context(), "someone-else")
	_, err := d.ListTimeline(ctx, b.account.Channel, smm.PageRequest{})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}

func TestSignIn(t *testing.T) {
	b := open(t, nil)
	password := b.account.Login["BLUESKY_APP_PASSWORD"]
	d, ch, err := bluesky.FromAppPassword(t.Context(), b.URL(), "shop.example.com", password)
	require.NoError(t, err)
	require.Equal(t, b.account.Channel, ch.Ref)
	require.Equal(t, "shop.example.com", ch.Handle)
	require.NoError(t, timeline(t, b, d))

	_, _, err = bluesky.FromAppPassword(t.Context(), b.URL(), "shop.example.com", "wrong-password")
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.NotContains(t, err.Error(), "wrong-password")

	session := bluesky.Session{AccessJwt: "secret-access", RefreshJwt: "secret-refresh", DID: "did:plc:x"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, session), "secret")
	}
}

func TestSignInLimit(t *testing.T) {
	b := open(t, &blueskytest.Options{Sessions: 2})
	password := b.account.Login["BLUESKY_APP_PASSWORD"]
	var err error
	for range 3 {
		_, _, err = bluesky.SignIn(t.Context(), b.URL(), b.account.Handle, password, nil)
	}
	require.ErrorIs(t, err, smm.ErrRateLimited)
	after, ok := smm.RetryAfter(err)
	require.True(t, ok)
	_ = after // measured by the machine's clock here, which is not the world's
}

func TestDirectMessagesNeedTheirPermission(t *testing.T) {
	for name, c := range map[string]struct {
		opts  blueskytest.Options
		state smm.SupportState
		err   error
	}{
		"password without access": {blueskytest.Options{NoDMPermission: true}, smm.StateScope, smm.ErrForbidden},
		"no chat service":         {blueskytest.Options{NoChat: true}, smm.StateServer, smm.ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, &c.opts)
			ch := b.channel(t)
			caps, err := ch.Capabilities(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.state, caps.Support(smm.CapMessage).State)
			require.NotEmpty(t, caps.Support(smm.CapMessage).Cure)
			require.True(t, caps.Has(smm.CapPost))
			_, err = ch.Conversations(nil).Collect(t.Context(), 1)
			require.ErrorIs(t, err, c.err)
			require.False(t, smm.NeedsReconnect(err))
		})
	}
}

// TestTokensOfTheHost: a host that keeps sessions itself hands in what it has.
func TestTokensOfTheHost(t *testing.T) {
	b := open(t, nil)
	_, cred, err := bluesky.SignIn(t.Context(), b.URL(), b.account.Handle, b.account.Login["BLUESKY_APP_PASSWORD"], nil)
	require.NoError(t, err)
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: cred.AccessToken.Reveal()})
	for _, auth := range []bluesky.Authorizer{bluesky.TokenSource(source), bluesky.StaticToken(cred.AccessToken)} {
		c, err := bluesky.NewClient(bluesky.ClientConfig{Server: b.URL(), DID: cred.Extra[bluesky.ExtraIdentifier].Reveal(), Auth: auth})
		require.NoError(t, err)
		session, err := c.Server.GetSession(t.Context())
		require.NoError(t, err)
		require.Equal(t, b.account.Channel.ID, session.DID)
		require.Empty(t, session.AccessJwt)
	}
	c, err := bluesky.NewClient(bluesky.ClientConfig{Server: b.URL(), DID: b.account.Channel.ID, Auth: bluesky.StaticToken(smm.Secret{})})
	require.NoError(t, err)
	_, err = c.Server.GetSession(t.Context())
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}
