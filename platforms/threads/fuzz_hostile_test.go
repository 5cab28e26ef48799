package threads_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta/metafuzz"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/smm"
)

// FuzzErrors feeds the table of errors.
func FuzzErrors(f *testing.F) {
	metafuzz.FuzzErrors(f, "secrettoken", func(t *testing.T, status int, body string) []error {
		v := cannedClient(t, status, []byte(body))
		_, publish := v.Containers.Publish(t.Context(), "1")
		_, get := v.Posts.Get(t.Context(), "1")
		_, state := v.Containers.Get(t.Context(), "1")
		return []error{publish, get, state}
	})
}

func FuzzSignatures(f *testing.F) {
	secret := smm.NewSecret("the app's secret")
	d, err := threads.New(threads.Config{Credentials: smm.NewMemoryCredentials(), Webhooks: threads.Webhooks{AppSecrets: []smm.Secret{secret}}})
	require.NoError(f, err)
	metafuzz.FuzzSignatures(f, d, func(body []byte) http.Header { return threads.SignWebhook(secret, body) })
}
