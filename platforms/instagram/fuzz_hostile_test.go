package instagram_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/internal/meta/metafuzz"
	"github.com/smmkit/smmkit/smm"
)

// FuzzErrors feeds the table of errors.
func FuzzErrors(f *testing.F) {
	metafuzz.FuzzErrors(f, secretToken, func(t *testing.T, status int, body string) []error {
		v := cannedClient(t, &canned{status: status, body: []byte(body)})
		_, publish := v.Media.Publish(t.Context(), "1")
		_, get := v.Media.Get(t.Context(), "1")
		_, send := v.Messages.Send(t.Context(), instagram.SendParams{To: "1", Text: "x"})
		return []error{publish, get, send}
	})
}

func FuzzSignatures(f *testing.F) {
	secret := smm.NewSecret("the app's secret")
	d, err := instagram.New(instagram.Config{Credentials: smm.NewMemoryCredentials(), Webhooks: instagram.Webhooks{AppSecrets: []smm.Secret{secret}}})
	require.NoError(f, err)
	metafuzz.FuzzSignatures(f, d, func(body []byte) http.Header { return instagram.SignWebhook(secret, body) })
}
