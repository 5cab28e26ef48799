package facebook_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
)

// grant stores the Page's token with what is known of it.
func (b *bench) grant(t testing.TB, change func(*smm.Credential)) {
	t.Helper()
	c, err := b.store.Load(t.Context(), "", b.account.Channel)
	require.NoError(t, err)
	change(&c)
	_, err = b.store.Swap(t.Context(), "", b.account.Channel, c.Version, c)
	require.NoError(t, err)
}

func TestMissingScopesAndTasks(t *testing.T) {
	b := open(t, nil)
	b.grant(t, func(c *smm.Credential) {
		c.Scopes = []string{facebook.ScopeShowList, facebook.ScopeReadEngagement, facebook.ScopeManagePosts}
		c.Extra = map[string]smm.Secret{facebook.ExtraTasks: smm.NewSecret("ANALYZE,MODERATE")}
	})
	caps, err := b.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.True(t, caps.Has(smm.CapListPosts, smm.CapProfile))
	s := caps.Support(smm.CapMessage)
	require.Equal(t, smm.StateScope, s.State)
	require.Equal(t, []string{facebook.ScopeManageMetadata, facebook.ScopeMessaging}, s.Missing)
	require.Contains(t, s.Cure, "connect the Page again")
	require.NotNil(t, s.Guarantee)
	s = caps.Support(smm.CapPost)
	require.Equal(t, []string{"CREATE_CONTENT"}, s.Missing)
	require.Contains(t, s.Cure, "admin of the Page")
	require.Equal(t, smm.StateNever, caps.Support(smm.CapFollow).State)
	_, err = b.channel(t).Publish(t.Context(), &smm.Post{Text: "x"}, nil)
	require.Error(t, err)
	require.Empty(t, b.items())

	b.grant(t, func(c *smm.Credential) {
		c.Scopes = nil
		c.Extra = map[string]smm.Secret{facebook.ExtraTasks: smm.NewSecret("MANAGE")}
	})
	caps, err = b.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.True(t, caps.Has(smm.CapPost, smm.CapMessage, smm.CapEditProfile, smm.CapWebhooks), "MANAGE stands for all tasks")
}

func TestHealth(t *testing.T) {
	b := open(t, nil)
	ends := epoch.Add(90 * 24 * time.Hour)
	b.grant(t, func(c *smm.Credential) {
		c.Extra = map[string]smm.Secret{"data_access_expires": smm.NewSecret(ends.Format(time.RFC3339))}
	})
	h, err := b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionWorks, h.State)
	require.Equal(t, "page", h.Facts.AccountType)
	require.Equal(t, ends, h.Facts.Token.Expires)
	require.False(t, h.Facts.Token.Renews)
	b.Revoke(b.account.Channel.ID, 460)
	h, err = b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionReconnect, h.State)
	_, err = b.channel(t).Posts(nil).Collect(t.Context(), 1)
	require.True(t, smm.NeedsReconnect(err))
	require.NotContains(t, err.Error(), b.account.Login["FACEBOOK_TOKEN"])
}

// TestReconnectedElsewhere: a driver takes up the token that another process has
// stored, without being made anew.
func TestReconnectedElsewhere(t *testing.T) {
	b := open(t, nil)
	ch := b.channel(t)
	_, err := ch.Posts(nil).Collect(t.Context(), 1)
	require.NoError(t, err)
	b.Revoke(b.account.Channel.ID, 0)
	fresh := b.IssueToken(b.account.Channel.ID, facebook.ScopeReadEngagement)
	b.grant(t, func(c *smm.Credential) { c.AccessToken = smm.NewSecret(fresh) })
	_, err = ch.Posts(nil).Collect(t.Context(), 1)
	require.NoError(t, err)
}

func TestFromToken(t *testing.T) {
	b := open(t, nil)
	d, ch, err := facebook.FromToken(t.Context(), b.account.Login["FACEBOOK_TOKEN"], &facebook.Config{BaseURL: b.URL(), Clock: b.world.Clock})
	require.NoError(t, err)
	require.Equal(t, b.account.Channel, ch.Ref)
	require.Equal(t, "shop", ch.Handle)
	p, err := d.ListChannels(t.Context(), smm.PageRequest{})
	require.NoError(t, err)
	require.Equal(t, []smm.Channel{ch}, p.Items)
	_, _, err = facebook.FromToken(t.Context(), b.IssueToken(b.account.Login["FACEBOOK_USER"], facebook.ScopeShowList), &facebook.Config{BaseURL: b.URL(), Clock: b.world.Clock})
	require.ErrorIs(t, err, smm.ErrRejected, "a person's token is none of a Page")
	_, _, err = facebook.FromToken(t.Context(), "", nil)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	_, _, err = facebook.FromTokenSource(t.Context(), nil, nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestConfigIsChecked(t *testing.T) {
	_, err := facebook.New(facebook.Config{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	for _, page := range []facebook.ID{"", "1/2", "1?x", "a b", facebook.ID(strings.Repeat("1", 300))} {
		_, err := facebook.NewClient(facebook.ClientConfig{Page: page, Token: smm.NewSecret("t")})
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
	_, err = facebook.NewConnector(facebook.ConnectorConfig{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	l, ok := facebook.QuotaLimit(smm.QuotaKey{Platform: "facebook", Bucket: "pages"})
	require.True(t, ok)
	require.Equal(t, smm.QuotaPercent, l.Shape)
	_, ok = facebook.QuotaLimit(smm.QuotaKey{Platform: "mastodon", Bucket: "pages"})
	require.False(t, ok)
}

// counter is a Quota that lets everything pass and remembers the budgets.
type counter struct {
	mu     sync.Mutex
	spent  map[smm.QuotaKey]int64
	states map[smm.QuotaKey]smm.QuotaState
	asked  []smm.QuotaKey
}

func (c *counter) Reserve(_ context.Context, _ smm.Priority, charges ...smm.Charge) (smm.QuotaGrant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range charges {
		c.spent[ch.Key] += ch.Cost
	}
	return smm.QuotaGrant{Charges: charges}, nil
}

func (c *counter) Report(_ context.Context, _ smm.QuotaGrant, r smm.QuotaReport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range r.States {
		c.states[s.Key] = s
	}
}

func (c *counter) Left(_ context.Context, keys ...smm.QuotaKey) ([]smm.QuotaState, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = keys
	var out []smm.QuotaState
	for _, k := range keys {
		if s, ok := c.states[k]; ok {
			out = append(out, s)
		}
	}
	return out, nil
}

// TestBudgets: each call costs one of the app's, which all Pages share, and one of
// the Page's; what the answers tell of both is what the health shows.
func TestBudgets(t *testing.T) {
	b := open(t, &facebooktest.Options{AppCalls: 50, PageCalls: 100})
	q := &counter{spent: map[smm.QuotaKey]int64{}, states: map[smm.QuotaKey]smm.QuotaState{}}
	b.config.Quota = q
	ch := b.channel(t)
	_, err := ch.Posts(nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	h, err := ch.Health(t.Context())
	require.NoError(t, err)
	require.Len(t, h.Facts.Quotas, 2)
	require.Len(t, q.spent, 2)
	for _, k := range q.asked {
		if k.Bucket == "reels" { // none was published
			require.Zero(t, q.spent[k])
			continue
		}
		require.Positive(t, q.spent[k], "asked for another budget than was charged: %+v", k)
		require.Positive(t, q.states[k].Percent, k)
		_, ok := facebook.QuotaLimit(k)
		require.True(t, ok)
	}
}
