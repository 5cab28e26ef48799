package facebook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
)

// TestRevoke: the token of a Page is not ended unless the host wants the person's
// whole consent to be, and then everything that came of it is over.
func TestRevoke(t *testing.T) {
	b := open(t, nil)
	connector := func(ends bool) *facebook.Connector {
		c, err := facebook.NewConnector(facebook.ConnectorConfig{
			AppID: b.AppID(), AppSecret: smm.NewSecret(b.AppSecret()), BaseURL: b.URL(), Clock: b.world.Clock, EndConsent: ends,
		})
		require.NoError(t, err)
		return c
	}
	c := connector(false)
	start := begin(t, c, smm.Ref{}, smm.CapPost)
	found, err := c.Finish(t.Context(), start, visit(t, start, b.account.Login["FACEBOOK_USER"]))
	require.NoError(t, err)
	page := found[0]
	works := func() bool {
		_, err := c.ConnectToken(t.Context(), page.Credential)
		return err == nil
	}
	require.True(t, works())
	err = c.Revoke(t.Context(), page.Channel.Ref, page.Credential)
	require.ErrorIs(t, err, smm.ErrUnsupported)
	require.True(t, works(), "nothing was ended")
	require.ErrorIs(t, c.Revoke(t.Context(), smm.Ref{}, page.Credential), smm.ErrInvalid)

	require.NoError(t, connector(true).Revoke(t.Context(), page.Channel.Ref, page.Credential))
	require.False(t, works())
	require.NoError(t, connector(true).Revoke(t.Context(), page.Channel.Ref, page.Credential), "what is over is no error")
}
