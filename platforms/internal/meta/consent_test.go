package meta_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// TestEndConsent: a person's token is ended with all that came of it; that of a Page
// only where the host wants the consent to end, and nothing is called ended that is
// not.
func TestEndConsent(t *testing.T) {
	ctx := t.Context()
	b := open(t, nil)
	app := b.app(t, meta.FacebookLogin, nil)
	graph := func(token smm.Secret) (*meta.Client, error) {
		return meta.New(meta.Config{Platform: platform, Host: b.URL(), Token: token, AppSecret: smm.NewSecret(b.AppSecret()), Clock: b.world.Clock})
	}
	consent := func() (user, page smm.Secret) {
		user = smm.NewSecret(b.IssueToken(b.user, "pages_show_list", "pages_manage_posts"))
		g, err := graph(user)
		require.NoError(t, err)
		pages, err := g.Accounts(ctx, meta.ListParams{})
		require.NoError(t, err)
		return user, pages.Items[0].Token
	}
	works := func(token smm.Secret) bool {
		in, err := app.Inspect(ctx, token)
		require.NoError(t, err)
		return in.Valid
	}

	user, page := consent()
	fails(t, app.EndConsent(ctx, page, "", false, graph), smm.ErrUnsupported)
	require.True(t, works(page))
	require.True(t, works(user))
	require.NoError(t, app.EndConsent(ctx, page, "", true, graph))
	require.False(t, works(page))
	require.False(t, works(user))
	require.NoError(t, app.EndConsent(ctx, page, "", false, graph), "it is over already")

	user, page = consent()
	require.NoError(t, app.EndConsent(ctx, user, "", false, graph))
	require.False(t, works(page))
	require.False(t, works(user))
	require.NoError(t, app.EndConsent(ctx, user, "", false, graph))

	user, _ = consent()
	fails(t, app.EndConsent(ctx, smm.Secret{}, "", true, graph), smm.ErrInvalid)
	fails(t, app.EndConsent(ctx, user, "", true, func(smm.Secret) (*meta.Client, error) { return nil, smm.ErrInvalid }), smm.ErrInvalid)
}

// TestEndConsentOfOthers: what is said of the app's own token, or of another app's,
// is no end of a person's.
func TestEndConsentOfOthers(t *testing.T) {
	const page = `{"data":{"app_id":"1","type":"PAGE","is_valid":true,"user_id":"7"}}`
	for _, tc := range []struct {
		name, first, second string
		status              int
		want                error
	}{
		{"app's token", errorBody(190, 0, false), "", 400, smm.ErrInvalid},
		{"another app", `{"data":{"app_id":"2","type":"USER","is_valid":true}}`, "", 200, smm.ErrForbidden},
		{"nobody's Page", `{"data":{"app_id":"1","type":"PAGE","is_valid":true}}`, "", 200, smm.ErrUnsupported},
		{"the Page's own name", `{"data":{"app_id":"1","type":"PAGE","is_valid":true,"user_id":"9","profile_id":"9"}}`, "", 200, smm.ErrUnsupported},
		{"not for apps", page, errorBody(190, 0, false), 200, smm.ErrForbidden},
		{"not done", page, `{"success":false}`, 200, smm.ErrRejected},
		{"down", page, errorBody(2, 0, true), 200, smm.ErrUnavailable},
		{"nothing to read", `{}`, "", 200, smm.ErrUnavailable},
	} {
		app, err := meta.NewApp(meta.AppConfig{
			Platform: platform, Flavour: meta.FacebookLogin, ID: "1", Secret: smm.NewSecret("s"),
			HTTPClient: &http.Client{Transport: &canned{status: tc.status, body: tc.first}}, Clock: clockAt(epoch),
		})
		require.NoError(t, err)
		status := 200
		if tc.second != `{"success":false}` {
			status = 400
		}
		rec := &canned{status: status, body: tc.second}
		err = app.EndConsent(t.Context(), smm.NewSecret("t"), "", true, func(token smm.Secret) (*meta.Client, error) {
			require.Equal(t, app.AppToken(), token)
			return meta.New(meta.Config{Platform: platform, Token: token, HTTPClient: &http.Client{Transport: rec}, Clock: clockAt(epoch)})
		})
		fails(t, err, tc.want)
		require.NotErrorIs(t, err, smm.ErrUnauthorized, "%s: package connect takes that for an end", tc.name)
	}
}
