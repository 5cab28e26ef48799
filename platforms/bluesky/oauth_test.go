package bluesky_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/platforms/bluesky/scope"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// openOAuth is open with the account connected by OAuth and no app password.
func openOAuth(t testing.TB, opts *blueskytest.Options, scopes ...string) *bench {
	t.Helper()
	b := open(t, opts)
	b.connectOAuth(t, scopes...)
	return b
}

func (b *bench) connectOAuth(t testing.TB, scopes ...string) {
	t.Helper()
	cred, err := b.OAuthCredential(b.account.Handle, scopes...)
	require.NoError(t, err)
	b.store = smm.NewMemoryCredentials()
	_, err = b.store.Swap(t.Context(), "", b.account.Channel, 0, cred)
	require.NoError(t, err)
}

func (b *bench) stored(t testing.TB) smm.Credential {
	t.Helper()
	c, err := b.store.Load(t.Context(), "", b.account.Channel)
	require.NoError(t, err)
	return c
}

func TestTokensAreRenewedOnceForMany(t *testing.T) {
	b := openOAuth(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	first := b.stored(t)
	b.world.Clock.Advance(2 * time.Hour)
	errs := make([]error, 20)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = timeline(t, b, d) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, 1, b.OAuthCounts().Refreshes)
	require.Zero(t, b.OAuthCounts().Replays)
	now := b.stored(t)
	require.False(t, now.AccessToken.Equal(first.AccessToken))
	require.Equal(t, first.Extra, now.Extra, "the key and the app's identity stay")
	require.Equal(t, first.Scopes, now.Scopes)
	require.Equal(t, b.URL(), now.Server)
	require.True(t, now.Refreshing.IsZero())
}

// TestManyProcessesRenew: several processes over one store never show a refresh
// token twice, over many lives of the tokens.
func TestManyProcessesRenew(t *testing.T) {
	b := openOAuth(t, nil)
	var ds []*bluesky.Driver
	for range 4 {
		ds = append(ds, b.driver(t))
	}
	const lives = 10
	for range lives {
		errs := make([]error, 3*len(ds))
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = timeline(t, b, ds[i%len(ds)]) })
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		b.world.Clock.Advance(61 * time.Minute)
	}
	c := b.OAuthCounts()
	require.Zero(t, c.Replays)
	require.Zero(t, c.FamiliesRevoked)
	require.Equal(t, lives-1, c.Refreshes)
}

// TestNonceChangesInTheMiddleOfAPublish: the commit is refused for its nonce,
// sent again, and there is one post.
func TestNonceChangesInTheMiddleOfAPublish(t *testing.T) {
	b := openOAuth(t, nil)
	c := b.client(t)
	ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "once", Media: []smm.Media{{Name: "red.png", AltText: "red"}}}, []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err)
	for ds[0].Phase != smm.PhaseReady {
		require.NoError(t, c.Advance(t.Context(), ds[0], nil))
		b.world.Clock.Advance(4 * time.Minute)
	}
	before := b.OAuthCounts().NonceRequests
	require.NoError(t, c.Advance(t.Context(), ds[0], nil))
	require.Equal(t, smm.PhasePublished, ds[0].Phase)
	require.Equal(t, 1, ds[0].Attempt.N)
	require.Equal(t, before+1, b.OAuthCounts().NonceRequests)
	require.Zero(t, b.OAuthCounts().ProofReplays)
	require.Equal(t, sim.Counts{Posts: 1, Visitors: 1}, b.world.Ledger.Counts(bluesky.Platform))
}

// TestNonceAndTokenEndTogether: both are over, and the server speaks of one at a
// time.
func TestNonceAndTokenEndTogether(t *testing.T) {
	b := openOAuth(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	b.world.Clock.Advance(4 * time.Minute)
	op := sim.Fault{Platform: bluesky.Platform, Op: "app.bsky.feed.getTimeline", Kind: sim.Expire, Skip: 1}
	b.world.Faults.Add(op)
	require.NoError(t, timeline(t, b, d))
	require.Equal(t, 1, b.OAuthCounts().Refreshes)
}

// TestNoncesAreLearntFromEveryAnswer: in steady use no request is sent twice.
func TestNoncesAreLearntFromEveryAnswer(t *testing.T) {
	b := openOAuth(t, nil)
	d := b.driver(t)
	for range 40 {
		require.NoError(t, timeline(t, b, d))
		b.world.Clock.Advance(time.Minute)
	}
	require.LessOrEqual(t, b.OAuthCounts().NonceRequests, 2, "the first request, and the first to the token endpoint at most")
}

func TestTokenExpiresInTheMiddleOfAnOAuthCommit(t *testing.T) {
	b := openOAuth(t, nil)
	c := b.client(t)
	ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "just in time"}, []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err)
	require.NoError(t, c.Advance(t.Context(), ds[0], nil))
	require.Equal(t, smm.PhaseReady, ds[0].Phase)
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.Expire})
	require.NoError(t, c.Advance(t.Context(), ds[0], nil))
	require.Equal(t, smm.PhasePublished, ds[0].Phase)
	require.Equal(t, 1, b.OAuthCounts().Refreshes)
	require.Equal(t, sim.Counts{Posts: 1, Visitors: 1}, b.world.Ledger.Counts(bluesky.Platform))
}

func TestRevokedSession(t *testing.T) {
	b := openOAuth(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	b.Revoke(b.account.Handle, false)
	err := timeline(t, b, d)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.True(t, smm.NeedsReconnect(err))
	r, err := b.channel(t).Publish(t.Context(), &smm.Post{Text: "never"}, nil)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, smm.OutcomeRefused, r.Outcome)
	require.Equal(t, sim.Counts{Visitors: 1}, b.world.Ledger.Counts(bluesky.Platform))

	b.connectAgain(t)
	require.NoError(t, timeline(t, b, d), "connected again, and the driver finds it by itself")
}

// connectAgain stores a new consent over the old one.
func (b *bench) connectAgain(t testing.TB) {
	t.Helper()
	cred, err := b.OAuthCredential(b.account.Handle)
	require.NoError(t, err)
	old := b.stored(t)
	_, err = b.store.Swap(t.Context(), "", b.account.Channel, old.Version, old.Renewed(cred))
	require.NoError(t, err)
}

// TestLostReplyToARefresh: nobody knows whether the refresh token is spent. It is
// not shown twice while an answer could still come, the account is not called
// disconnected, and in the end the refusal says what happened.
func TestLostReplyToARefresh(t *testing.T) {
	b := openOAuth(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	b.world.Clock.Advance(2 * time.Hour)
	b.world.Faults.Add(sim.Fault{Op: "oauth.token", Kind: sim.DropReply, Skip: 1}) // the first is told the nonce
	for range 3 {
		err := timeline(t, b, d)
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.False(t, smm.NeedsReconnect(err))
	}
	require.Equal(t, 1, b.OAuthCounts().Refreshes)
	require.Zero(t, b.OAuthCounts().Replays)
	b.world.Clock.Advance(time.Hour)
	err := timeline(t, b, d)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.ErrorContains(t, err, "its answer was lost")
	require.Equal(t, 1, b.OAuthCounts().Replays)
	b.connectAgain(t)
	require.NoError(t, timeline(t, b, d))
}

// TestRequestThatNeverArrived: the token was not spent, and the account lives on.
func TestRequestThatNeverArrived(t *testing.T) {
	b := openOAuth(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	b.world.Clock.Advance(2 * time.Hour)
	b.world.Faults.Add(sim.Fault{Op: "oauth.token", Kind: sim.CutBefore})
	require.ErrorIs(t, timeline(t, b, d), smm.ErrUnavailable)
	b.world.Clock.Advance(time.Hour)
	require.NoError(t, timeline(t, b, d))
	require.Zero(t, b.OAuthCounts().Replays)
}

// dying loses everything that is stored after a number of writes, as a process
// does that is killed.
type dying struct {
	smm.CredentialStore
	writes int
}

var errKilled = errors.New("killed")

func (s *dying) Swap(ctx context.Context, tenant smm.Tenant, account smm.Ref, old int64, c smm.Credential) (int64, error) {
	if s.writes--; s.writes < 0 {
		return 0, errKilled
	}
	return s.CredentialStore.Swap(ctx, tenant, account, old, c)
}

// TestCrashBetweenReplyAndSave: the new tokens are nowhere. The next process knows
// that a refresh was under way, and says in the end that a person is needed.
func TestCrashBetweenReplyAndSave(t *testing.T) {
	b := openOAuth(t, nil)
	b.world.Clock.Advance(2 * time.Hour)
	store := b.store
	b.store = &dying{store, 1} // the intent, and no more
	require.ErrorIs(t, timeline(t, b, b.driver(t)), errKilled)
	require.Equal(t, 1, b.OAuthCounts().Refreshes)

	b.store = store
	d := b.driver(t)
	require.False(t, b.stored(t).Refreshing.IsZero())
	facts, err := d.ReadFacts(t.Context(), b.account.Channel)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.True(t, facts.Token.Refreshing)
	b.world.Clock.Advance(time.Hour)
	err = timeline(t, b, d)
	require.True(t, smm.NeedsReconnect(err))
	require.ErrorContains(t, err, "begun at")
	b.connectAgain(t)
	require.NoError(t, timeline(t, b, d))
}

func TestServerOfTokensIsDown(t *testing.T) {
	b := openOAuth(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	b.world.Clock.Advance(2 * time.Hour)
	b.world.Faults.Add(sim.Fault{Op: "oauth.metadata", Kind: sim.ErrorBefore, Status: 503})
	err := timeline(t, b, d)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.True(t, b.stored(t).Refreshing.IsZero(), "nothing was sent, and nothing is in doubt")
	require.NoError(t, timeline(t, b, d))
}

// skewed is a machine whose clock is wrong.
type skewed struct {
	smm.Clock
	by time.Duration
}

func (c skewed) Now() time.Time { return c.Clock.Now().Add(c.by) }

func TestClockIsWrong(t *testing.T) {
	for by, works := range map[time.Duration]bool{30 * time.Second: true, -30 * time.Second: true, 10 * time.Minute: false, -10 * time.Minute: false} {
		b := openOAuth(t, nil)
		d, err := bluesky.New(bluesky.Config{Credentials: b.store, Clock: skewed{b.world.Clock, by}, HTTPClient: &http.Client{Transport: &http.Transport{}}})
		require.NoError(t, err)
		err = timeline(t, b, d)
		if works {
			require.NoError(t, err, by)
			continue
		}
		require.ErrorIs(t, err, smm.ErrUnavailable, by)
		require.False(t, smm.NeedsReconnect(err))
		require.ErrorContains(t, err, "invalid_dpop_proof")
	}
}

// TestTokenWithoutItsKey: a token that is bound to a key is worth nothing as a
// bearer token.
func TestTokenWithoutItsKey(t *testing.T) {
	b := openOAuth(t, nil)
	c, err := bluesky.NewClient(bluesky.ClientConfig{Server: b.URL(), DID: b.account.Channel.ID, Auth: bluesky.StaticToken(b.stored(t).AccessToken)})
	require.NoError(t, err)
	_, err = c.Feed.GetTimeline(t.Context(), bluesky.Page{})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	var e *smm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 400, e.Status)
}

func TestAccountMovesToAnotherServer(t *testing.T) {
	b, other := openOAuth(t, nil), open(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	other.world.Clock.Advance(2 * time.Minute)
	cred, err := other.OAuthCredential("shop.example.com")
	require.NoError(t, err)
	old := b.stored(t)
	_, err = b.store.Swap(t.Context(), "", b.account.Channel, old.Version, old.Renewed(cred))
	require.NoError(t, err)
	b.world.Clock.Advance(2 * time.Minute)
	before := b.oauthReads()
	require.ErrorIs(t, timeline(t, b, d), smm.ErrUnavailable, "it says to try again")
	require.Equal(t, before, b.oauthReads(), "the new server's token was shown to the old one")
	require.NoError(t, timeline(t, b, d))
}

func (b *bench) oauthReads() int { return b.world.Faults.RequestsOf(sim.Read) }

func TestVideoServiceUnderOAuth(t *testing.T) {
	b := openOAuth(t, nil)
	b.config.VideoService = b.URL()
	r := b.publish(t, videoForm.Post("a film"))
	require.Equal(t, smm.OutcomePublished, r.Outcome)
}

func TestCapabilitiesFollowTheScopes(t *testing.T) {
	narrow, err := scope.Granular(scope.Services{AppView: bluesky.AppViewService, Chat: bluesky.ChatService, Labeler: bluesky.LabelerService}, smm.CapPost, smm.CapDelete)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		scopes  []string
		granted []smm.Capability
		lacks   map[smm.Capability][]string
	}{
		"generic": {
			[]string{"atproto", "transition:generic"}, []smm.Capability{smm.CapPost, smm.CapVideo, smm.CapTimeline, smm.CapReport},
			map[smm.Capability][]string{smm.CapMessage: {"transition:chat.bsky"}, smm.CapListMessages: {"transition:chat.bsky"}},
		},
		"with messages": {
			[]string{"atproto", "transition:generic", "transition:chat.bsky"}, []smm.Capability{smm.CapPost, smm.CapMessage, smm.CapListMessages}, nil,
		},
		"identity alone": {
			[]string{"atproto"}, nil,
			map[smm.Capability][]string{smm.CapPost: {"transition:generic"}, smm.CapMessage: {"transition:chat.bsky", "transition:generic"}},
		},
		"granular": {
			narrow, []smm.Capability{smm.CapPost, smm.CapThread, smm.CapDelete},
			map[smm.Capability][]string{
				smm.CapImage: {"blob:image/*"}, smm.CapTimeline: {"rpc:app.bsky.feed.getTimeline?aud=did:web:api.bsky.app%23bsky_appview"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := openOAuth(t, nil, c.scopes...)
			caps, err := b.channel(t).Capabilities(t.Context())
			require.NoError(t, err)
			for _, x := range c.granted {
				require.Equal(t, smm.StateGranted, caps.Support(x).State, x)
			}
			for x, lacks := range c.lacks {
				s := caps.Support(x)
				require.Equal(t, smm.StateScope, s.State, x)
				require.Equal(t, lacks, s.Missing, x)
				require.Contains(t, s.Cure, "connect the account again")
			}
		})
	}
}

// TestScopeIsMissing: the server's refusal is for good and no reason to connect
// again by itself.
func TestScopeIsMissing(t *testing.T) {
	b := openOAuth(t, nil, "atproto")
	err := timeline(t, b, b.driver(t))
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.ErrorContains(t, err, "ScopeMissingError")
	require.Zero(t, b.OAuthCounts().Refreshes)
}

func TestHealth(t *testing.T) {
	b := openOAuth(t, nil)
	b.config.Quota = leftQuota{}
	h, err := b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionWorks, h.State)
	require.Equal(t, "active", h.Facts.AccountType)
	require.Equal(t, smm.AuditNotNeeded, h.Facts.Audit)
	require.Equal(t, b.URL(), h.Facts.Server)
	require.Equal(t, "PDS 0.4.217", h.Facts.Software)
	require.Equal(t, []string{"atproto", "transition:generic"}, h.Facts.Scopes)
	require.Equal(t, smm.TokenFacts{Obtained: epoch, Expires: epoch.Add(time.Hour), Renews: true}, h.Facts.Token)
	require.Len(t, h.Facts.Quotas, 3)
	for x, s := range h.Lacking() {
		require.Contains(t, []smm.Capability{smm.CapMessage, smm.CapListMessages}, x)
		require.NotEmpty(t, s.Cure)
	}

	b.Deactivate(b.account.Handle, false)
	h, err = b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, "deactivated", h.Facts.AccountType)

	b.Revoke(b.account.Handle, false)
	h, err = b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionReconnect, h.State)
	require.Equal(t, b.URL(), h.Facts.Server)
	require.Equal(t, epoch, h.Facts.Token.Obtained)

	b = open(t, nil) // by app password
	h, err = b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Nil(t, h.Facts.Scopes)
	require.True(t, h.Facts.Token.Renews)
	b.world.Faults.Add(sim.Fault{Kind: sim.CutBefore, Times: -1})
	h, err = b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionUnreachable, h.State)
}

// TestHealthOfTheWrongToken: a token that works, of somebody else, is no working
// connection.
func TestHealthOfTheWrongToken(t *testing.T) {
	b := open(t, nil)
	other, err := b.NewAccount("other.example.com")
	require.NoError(t, err)
	_, theirs, err := bluesky.SignIn(t.Context(), b.URL(), other.Login["BLUESKY_IDENTIFIER"], other.Login["BLUESKY_APP_PASSWORD"], nil)
	require.NoError(t, err)
	mine := b.stored(t)
	_, err = b.store.Swap(t.Context(), "", b.account.Channel, mine.Version, smm.Credential{AccessToken: theirs.AccessToken, Server: b.URL()})
	require.NoError(t, err)
	h, err := b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionReconnect, h.State)
}

// TestHealthWithoutItsQuota: who counts is the host's, and says nothing of the
// connection.
func TestHealthWithoutItsQuota(t *testing.T) {
	b := open(t, nil)
	b.config.Quota = mute{}
	h, err := b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionWorks, h.State)
	require.Empty(t, h.Facts.Quotas)
}

// mute is a leftQuota that does not tell.
type mute struct{ leftQuota }

func (mute) Left(context.Context, ...smm.QuotaKey) ([]smm.QuotaState, error) {
	return nil, smm.ErrUnavailable
}

// leftQuota grants all and says what is left of what it is asked about.
type leftQuota struct{}

func (leftQuota) Reserve(_ context.Context, _ smm.Priority, charges ...smm.Charge) (smm.QuotaGrant, error) {
	return smm.QuotaGrant{Charges: charges}, nil
}
func (leftQuota) Report(context.Context, smm.QuotaGrant, smm.QuotaReport) {}
func (leftQuota) Left(_ context.Context, keys ...smm.QuotaKey) ([]smm.QuotaState, error) {
	var out []smm.QuotaState
	for _, k := range keys {
		out = append(out, smm.QuotaState{Key: k, Limit: 10, Remaining: 9})
	}
	return out, nil
}
