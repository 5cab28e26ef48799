package facebook_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/internal/meta/metafuzz"
	"github.com/smmkit/smmkit/smm"
)

// FuzzErrors feeds the table of errors. About a commit none of them says that it
// is public, and one that the vendor did not word leaves it open.
func FuzzErrors(f *testing.F) {
	metafuzz.FuzzErrors(f, hostileToken, func(t *testing.T, status int, body string) []error {
		d, v := cannedDriver(t, canned{status, body})
		_, o, create := v.Posts.Create(t.Context(), facebook.PostParams{Message: "x"})
		require.NotEqual(t, smm.OutcomePublished, o.State)
		_, get := d.GetPost(t.Context(), hostilePage, hostilePage.WithKind(smm.KindPost, "10_1"))
		o, commit := d.Commit(t.Context(), request(smm.CreatePost), prepared("feed", `,"post":{"message":"hi"}`), smm.Attempt{N: 1, First: epoch})
		require.NotEqual(t, smm.OutcomePublished, o.State)
		if status >= 500 && !strings.Contains(body, "error") {
			require.Equal(t, smm.OutcomeUnknown, o.State)
		}
		return []error{create, get, commit}
	})
}

func FuzzSignatures(f *testing.F) {
	secret := smm.NewSecret("the app's secret")
	d, err := facebook.New(facebook.Config{Credentials: smm.NewMemoryCredentials(), Webhooks: facebook.Webhooks{AppSecrets: []smm.Secret{secret}}})
	require.NoError(f, err)
	metafuzz.FuzzSignatures(f, d, func(body []byte) http.Header { return facebook.SignWebhook(secret, body) })
}
