package mastodon_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
)

func TestFromToken(t *testing.T) {
	b := open(t, nil)
	d, ch, err := mastodon.FromToken(t.Context(), b.URL()+"/", b.account.Login["MASTODON_TOKEN"], &mastodon.Config{Clock: b.world.Clock})
	require.NoError(t, err)
	require.Equal(t, b.account.Channel, ch.Ref)
	require.Equal(t, "shop@"+b.Host(), ch.Handle)
	c, err := smm.New([]smm.Driver{d}, smm.WithClock(b.world.Clock))
	require.NoError(t, err)
	_, err = c.Channel(ch.Ref).Publish(t.Context(), &smm.Post{Text: "Hello"}, nil)
	require.NoError(t, err)

	_, _, err = mastodon.FromToken(t.Context(), b.URL(), "wrong", nil)
	require.True(t, smm.NeedsReconnect(err))
	require.NotContains(t, err.Error(), "wrong")
}

func TestParseServer(t *testing.T) {
	for in, want := range map[string]string{
		"social.example": "https://social.example", "https://Social.Example/": "https://social.example", "http://localhost:3000": "http://localhost:3000",
		"https://example.com/mastodon/": "https://example.com/mastodon",
	} {
		u, err := mastodon.ParseServer(in)
		require.NoError(t, err)
		require.Equal(t, want, u.String())
	}
	for _, in := range []string{"", "ftp://x", "https://", "https://user:pw@x", "https://x/?a=b", "https://x/#y", "https://%zz"} {
		_, err := mastodon.ParseServer(in)
		require.ErrorIs(t, err, smm.ErrInvalid, in)
	}
}

// TestExpiryInTheMiddle: the token ends between two posts and is replaced by
// another process; the driver at hand goes on with the new one.
func TestExpiryInTheMiddle(t *testing.T) {
	b := open(t, &mastodontest.Options{TokenLife: time.Hour, Quotas: mastodontest.NoQuotas()})
	ch := b.channel(t)
	_, err := ch.Publish(t.Context(), &smm.Post{Text: "before"}, nil)
	require.NoError(t, err)
	b.world.Clock.Advance(2 * time.Hour)
	_, err = ch.Publish(t.Context(), &smm.Post{Text: "too late"}, nil)
	require.True(t, smm.NeedsReconnect(err), err)

	_, err = b.store.Swap(t.Context(), "", b.account.Channel, 1, smm.Credential{Server: b.URL(), AccessToken: smm.NewSecret(b.IssueToken("shop", "read", "write"))})
	require.NoError(t, err)
	_, err = ch.Publish(t.Context(), &smm.Post{Text: "after"}, nil)
	require.NoError(t, err)
	require.Equal(t, 2, b.world.Ledger.Counts(mastodon.Platform).Posts)
}

func TestNoCredential(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	_, err := d.Capabilities(t.Context(), b.account.Channel.WithKind(smm.KindChannel, "999"))
	require.True(t, smm.NeedsReconnect(err))
	_, err = d.Capabilities(smm.ContextWithTenant(t.Context(), "somebody else"), b.account.Channel)
	require.True(t, smm.NeedsReconnect(err), "a tenant's credential is not another's")
}

// TestTokenStaysWithItsServer: a Ref that claims another host gets no token.
func TestTokenStaysWithItsServer(t *testing.T) {
	b := open(t, nil)
	other := b.account.Channel
	other.Space = "evil.example"
	_, err := b.store.Swap(t.Context(), "", other, 0, smm.Credential{Server: b.URL(), AccessToken: smm.NewSecret("t")})
	require.NoError(t, err)
	_, err = b.driver(t).Capabilities(t.Context(), other)
	require.ErrorIs(t, err, smm.ErrInvalid)

	foreign := smm.Ref{Platform: mastodon.Platform, Space: "elsewhere.example", Kind: smm.KindPost, ID: "1"}
	require.ErrorIs(t, b.channel(t).SetLiked(t.Context(), foreign, true), smm.ErrInvalid)
}

func TestScopes(t *testing.T) {
	b := open(t, nil)
	_, err := b.store.Swap(t.Context(), "", b.account.Channel, 1, smm.Credential{
		Server: b.URL(), AccessToken: smm.NewSecret(b.IssueToken("shop", "read", "write:favourites")), Scopes: []string{"read", "write:favourites"},
	})
	require.NoError(t, err)
	ch := b.channel(t)
	caps, err := ch.Capabilities(t.Context())
	require.NoError(t, err)
	require.True(t, caps.Has(smm.CapLike, smm.CapListPosts))
	post := caps.Support(smm.CapPost)
	require.Equal(t, smm.StateScope, post.State)
	require.Equal(t, []string{"write:statuses"}, post.Missing)
	require.ErrorIs(t, ch.Delete(t.Context(), b.account.Channel.WithKind(smm.KindPost, "1")), smm.ErrForbidden)

	// What the credential does not say, the server does.
	v, err := mastodon.NewClient(mastodon.ClientConfig{Server: b.URL(), Token: smm.NewSecret(b.IssueToken("shop", "read"))})
	require.NoError(t, err)
	_, err = v.Statuses.Create(t.Context(), mastodon.StatusParams{Status: "x"}, nil)
	require.ErrorIs(t, err, smm.ErrForbidden)
	e, _ := errors.AsType[*smm.Error](err)
	require.Equal(t, smm.OutcomeRefused, e.Outcome)
}

func TestTokenSource(t *testing.T) {
	b := open(t, nil)
	ts := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: b.account.Login["MASTODON_TOKEN"], TokenType: "Bearer"})
	v, err := mastodon.NewClient(mastodon.ClientConfig{Server: b.URL(), TokenSource: ts})
	require.NoError(t, err)
	me, err := v.Accounts.Verify(t.Context())
	require.NoError(t, err)
	require.Equal(t, b.account.Channel.ID, me.ID.String())
	_, err = mastodon.NewClient(mastodon.ClientConfig{Server: b.URL(), TokenSource: ts, Token: smm.NewSecret("x")})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// TestVendorClient reaches what the portable surface lacks.
func TestVendorClient(t *testing.T) {
	b := open(t, nil)
	v, ok := smm.As[*mastodon.Client](t.Context(), b.channel(t))
	require.True(t, ok)
	me, err := v.Accounts.Verify(t.Context())
	require.NoError(t, err)
	require.Equal(t, b.account.Channel.ID, me.ID.String())
	_, ok = smm.As[*http.Client](t.Context(), b.channel(t))
	require.False(t, ok)
}

// TestQuotaFromHeaders: the limiter learns from the headers what others used
// up, and no 429 is met.
func TestQuotaFromHeaders(t *testing.T) {
	b := open(t, &mastodontest.Options{Quotas: mastodontest.Quotas{Statuses: mastodontest.Quota{Limit: 5, Window: 3 * time.Hour}}})
	limiter, err := quota.New(quota.Config{Limit: mastodon.QuotaLimit, Clock: b.world.Clock})
	require.NoError(t, err)
	b.config.Quota = limiter
	v := b.vendor(t)
	for range 3 { // somebody else's program
		_, err := v.Statuses.Create(t.Context(), mastodon.StatusParams{Status: "x"}, nil)
		require.NoError(t, err)
	}
	ch := b.channel(t)
	sent := 0
	for range 4 {
		r, err := ch.Publish(t.Context(), &smm.Post{Text: "y" + time.Duration(sent).String()}, &smm.PublishOptions{Wait: time.Second})
		if err != nil {
			require.Equal(t, smm.OutcomeNotSent, r.Outcome)
			break
		}
		sent++
	}
	require.Equal(t, 2, sent)
	require.Zero(t, limiter.Throttled())
	key := smm.QuotaKey{Platform: mastodon.Platform, Space: b.Host(), Account: b.account.Channel.ID, Bucket: "statuses"}
	_, err = limiter.Reserve(context.Background(), smm.PriorityPublish, smm.Charge{Key: key, Cost: 1})
	limited, ok := errors.AsType[*smm.RateLimitError](err)
	require.True(t, ok)
	require.InDelta(t, (3 * time.Hour).Seconds(), limited.After.Seconds(), 3*3600, "at most a window")
	require.Positive(t, limited.After)
}

// TestRateLimitHeaders: 429 has no Retry-After; the wait is in the ISO reset.
func TestRateLimitHeaders(t *testing.T) {
	b := open(t, &mastodontest.Options{Quotas: mastodontest.Quotas{Requests: mastodontest.Quota{Limit: 2, Window: 5 * time.Minute}}})
	v := b.vendor(t)
	b.world.Clock.Advance(time.Minute)
	for range 2 {
		_, err := v.Accounts.Verify(t.Context())
		require.NoError(t, err)
	}
	_, err := v.Statuses.Favourite(t.Context(), "1")
	after, ok := smm.RetryAfter(err)
	require.True(t, ok)
	require.InDelta(t, (4 * time.Minute).Seconds(), after.Seconds(), 3)
	b.world.Clock.Advance(after)
	_, err = v.Accounts.Verify(t.Context())
	require.NoError(t, err)
}
