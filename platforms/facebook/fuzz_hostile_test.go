package facebook_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
)

// failsWell checks an error about an answer: typed, short, and without the token.
func failsWell(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*smm.Error](err)
	require.True(t, ok, "%v", err)
	require.NotEmpty(t, e.Op)
	require.Less(t, len(err.Error()), 1000)
	require.NotContains(t, err.Error(), "\n")
	require.NotContains(t, err.Error(), hostileToken)
}

// FuzzErrors feeds the table of errors. About a commit none of them says that it
// is public, and one that the vendor did not word leaves it open.
func FuzzErrors(f *testing.F) {
	for _, s := range []string{
		`{"error":{"message":"Invalid OAuth access token","type":"OAuthException","code":190,"error_subcode":463,"fbtrace_id":"A"}}`,
		`{"error":{"code":"4","is_transient":"true","error_user_msg":"x\ny"}}`, `{"error":{"code":1e99}}`, `{"error":[]}`, `{"error":"x"}`, `<html>`, ``, `null`,
		`{"debug_info":{"retriable":false,"type":"OffsetInvalidError","message":"m"}}`, `{"error":{"code":1,"code":190}}`,
	} {
		f.Add(s, 400)
		f.Add(s, 500)
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 400 || status > 599 {
			return // the answer is no error
		}
		d, v := cannedDriver(t, canned{status, body})
		_, o, err := v.Posts.Create(t.Context(), facebook.PostParams{Message: "x"})
		failsWell(t, err)
		require.NotEqual(t, smm.OutcomePublished, o.State)
		_, err = d.GetPost(t.Context(), hostilePage, hostilePage.WithKind(smm.KindPost, "10_1"))
		failsWell(t, err)
		o, err = d.Commit(t.Context(), request(smm.CreatePost), prepared("feed", `,"post":{"message":"hi"}`), smm.Attempt{N: 1, First: epoch})
		failsWell(t, err)
		require.NotEqual(t, smm.OutcomePublished, o.State)
		if status >= 500 && !strings.Contains(body, "error") {
			require.Equal(t, smm.OutcomeUnknown, o.State)
		}
	})
}

// FuzzSignatures: one header is right for a body, and no other.
func FuzzSignatures(f *testing.F) {
	secret := smm.NewSecret("the app's secret")
	sign := func(body []byte) string { return facebook.SignWebhook(secret, body).Get("X-Hub-Signature-256") }
	f.Add(sign([]byte(`{"object":"page"}`)), []byte(`{"object":"page"}`))
	f.Add(strings.ToUpper(sign(nil)), []byte(nil))
	f.Add("sha256=", []byte("{}"))
	f.Add("sha1="+sign(nil)[7:47], []byte(nil))
	d, err := facebook.New(facebook.Config{Credentials: smm.NewMemoryCredentials(), Webhooks: facebook.Webhooks{AppSecrets: []smm.Secret{secret}}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		err := d.VerifyWebhook(http.Header{"X-Hub-Signature-256": {header}}, body, epoch)
		if header == sign(body) {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, smm.ErrForbidden)
		require.NoError(t, d.VerifyWebhook(http.Header{"X-Hub-Signature-256": {sign(body)}}, body, epoch))
	})
}
