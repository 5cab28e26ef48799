package instagram_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
)

// TestRevoke: with the login of Facebook the consent ends where the host wants that,
// and every account that came of it with it; the login of Instagram has no end.
func TestRevoke(t *testing.T) {
	b := open(t, nil)
	connector := func(ends bool) *instagram.Connector {
		c, err := instagram.NewConnector(instagram.ConnectorConfig{
			Login: instagram.FacebookLogin, AppID: b.AppID(), AppSecret: smm.NewSecret(b.AppSecret()), BaseURL: b.URL(), Clock: b.world.Clock, EndConsent: ends,
		})
		require.NoError(t, err)
		return c
	}
	person, err := b.Person("shop", "another")
	require.NoError(t, err)
	c := connector(false)
	start := b.begin(t, c, smm.Ref{}, smm.CapPost)
	found, err := c.Finish(t.Context(), start, consent(t, start, person, ""))
	require.NoError(t, err)
	require.Len(t, found, 2)
	works := func(i int) bool {
		got, err := c.ConnectToken(t.Context(), found[i].Credential)
		return err == nil && len(got) == 1 && got[0].Err == nil
	}
	require.ErrorIs(t, c.Revoke(t.Context(), found[0].Channel.Ref, found[0].Credential), smm.ErrUnsupported)
	require.True(t, works(0))
	require.True(t, works(1), "another account that came of the same consent")
	require.ErrorIs(t, c.Revoke(t.Context(), smm.Ref{}, found[0].Credential), smm.ErrInvalid)
	require.NoError(t, connector(true).Revoke(t.Context(), found[0].Channel.Ref, found[0].Credential))
	require.False(t, works(0))
	require.False(t, works(1))
	require.NoError(t, connector(true).Revoke(t.Context(), found[0].Channel.Ref, found[0].Credential), "what is over is no error")

	own := open(t, &instagramtest.Options{Login: instagramtest.Instagram})
	cred, err := own.store.Load(t.Context(), "", own.account.Channel)
	require.NoError(t, err)
	for _, l := range []instagram.Login{instagram.InstagramLogin, instagram.FacebookLogin} {
		err = own.connector(t, l).Revoke(t.Context(), own.account.Channel, cred)
		require.ErrorIs(t, err, smm.ErrUnsupported, l)
		require.NotContains(t, err.Error(), cred.AccessToken.Reveal())
	}
}
