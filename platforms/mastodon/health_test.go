package mastodon_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// counting is a Quota that lets everything pass and knows what is left.
type counting struct {
	asked []smm.QuotaKey
	err   error
}

func (*counting) Reserve(_ context.Context, _ smm.Priority, c ...smm.Charge) (smm.QuotaGrant, error) {
	return smm.QuotaGrant{Charges: c}, nil
}
func (*counting) Report(context.Context, smm.QuotaGrant, smm.QuotaReport) {}

func (q *counting) Left(_ context.Context, keys ...smm.QuotaKey) ([]smm.QuotaState, error) {
	q.asked = keys
	if q.err != nil {
		return nil, q.err
	}
	return []smm.QuotaState{{Key: keys[0], Limit: 300, Remaining: 7}}, nil
}

func TestHealth(t *testing.T) {
	b := open(t, nil)
	quota := &counting{}
	b.config.Quota = quota
	got := b.connectAs(t, b.connector(t, nil), "shop", smm.CapPost)
	b.keepAccount(t, got)
	b.world.Clock.Advance(36 * time.Hour)
	h, err := b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionWorks, h.State)
	require.Empty(t, h.Cure)
	f := h.Facts
	require.Equal(t, "person", f.AccountType)
	require.Equal(t, "mastodon 4.5.2", f.Software)
	require.Equal(t, b.URL(), f.Server)
	require.Equal(t, smm.AuditNotNeeded, f.Audit)
	require.Equal(t, []string{"profile", "read:statuses", "write:statuses"}, f.Scopes)
	require.InDelta(t, 36*time.Hour, f.Token.Age(h.AsOf), float64(time.Minute))
	require.Zero(t, f.Token.Expires)
	require.False(t, f.Token.Renews)
	require.Equal(t, 500, h.Limits().Text.Max)
	require.Contains(t, h.Limits().Live, "text.max")
	require.Len(t, f.Quotas, 1)
	require.Len(t, quota.asked, 6)
	for _, k := range quota.asked {
		require.Equal(t, b.account.Channel.ID, k.Account)
		require.Equal(t, b.Host(), k.Space)
		_, known := mastodon.QuotaLimit(k)
		require.True(t, known, k.Bucket)
	}
	b.Limit("shop")
	h, err = b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, "person, limited", h.Facts.AccountType)

	quota.err = errors.New("the counter is down")
	h, err = b.channel(t).Health(t.Context())
	require.NoError(t, err, "who counts requests does not decide about the connection")
	require.Nil(t, h.Facts.Quotas)
}

// TestEveryLackHasACure: whatever is not granted says what to do, on every kind
// of server and with every set of scopes.
func TestEveryLackHasACure(t *testing.T) {
	for _, software := range []mastodontest.Software{mastodontest.Mastodon, mastodontest.GoToSocial, mastodontest.Akkoma, mastodontest.Pleroma, mastodontest.Pixelfed} {
		b := open(t, &mastodontest.Options{Software: software, Quotas: mastodontest.NoQuotas()})
		for _, scopes := range [][]string{{"read"}, {"write"}, {"profile"}, {"read", "write"}, {"follow"}} {
			_, err := b.store.Swap(t.Context(), "", b.account.Channel, b.stored(t).Version, smm.Credential{
				Server: b.URL(), AccessToken: smm.NewSecret(b.IssueToken("shop", append(scopes, "profile")...)), Scopes: scopes,
			})
			require.NoError(t, err)
			h, err := b.channel(t).Health(t.Context())
			require.NoError(t, err)
			lacking := 0
			for x, s := range h.Lacking() {
				lacking++
				require.NotEmpty(t, s.Cure, "%s on %s", x, software)
				switch s.State {
				case smm.StateScope:
					require.NotEmpty(t, s.Missing, x)
					for _, m := range s.Missing {
						require.Contains(t, s.Cure, m)
					}
				case smm.StateServer:
					require.Empty(t, s.Missing, x)
				default:
					t.Fatalf("%s: unexpected state %q", x, s.State)
				}
			}
			if len(scopes) == 1 {
				require.Positive(t, lacking, scopes)
			}
		}
	}
}

// TestHealthWhenBroken: the facts that are known without the server are told
// even if it refuses or does not answer.
func TestHealthWhenBroken(t *testing.T) {
	b, first := renewing(t)
	ch := b.channel(t)
	b.world.Faults.Add(sim.Fault{Class: sim.Read, Kind: sim.ErrorBefore, Status: 503, Times: -1})
	h, err := ch.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionUnreachable, h.State)
	require.Equal(t, b.URL(), h.Facts.Server)
	require.Equal(t, first.Scopes, h.Facts.Scopes)
	require.True(t, h.Facts.Token.Renews)
	require.Equal(t, first.Expires.Unix(), h.Facts.Token.Expires.Unix())
	b.world.Faults.Remove(0)

	b.ForgetApps()
	b.world.Clock.Advance(2 * time.Hour)
	h, err = b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionReconnect, h.State)
	require.NotEmpty(t, h.Cure)
	require.Equal(t, first.Scopes, h.Facts.Scopes)

	j, err := json.Marshal(h)
	require.NoError(t, err)
	for _, s := range []smm.Secret{first.AccessToken, first.RefreshToken, first.Extra[mastodon.ExtraClientSecret]} {
		require.NotContains(t, string(j), s.Reveal())
	}

	_, err = b.driver(t).ReadFacts(t.Context(), smm.Ref{Platform: mastodon.Platform, Kind: smm.KindPost, ID: "1"})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// TestHealthOfTheWrongToken: a token of another account on the same server must
// not pass for a working connection.
func TestHealthOfTheWrongToken(t *testing.T) {
	b := open(t, nil)
	_, err := b.NewAccount("other")
	require.NoError(t, err)
	_, err = b.store.Swap(t.Context(), "", b.account.Channel, 1, smm.Credential{Server: b.URL(), AccessToken: smm.NewSecret(b.IssueToken("other", "read"))})
	require.NoError(t, err)
	h, err := b.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionReconnect, h.State)
}
