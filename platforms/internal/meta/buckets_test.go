package meta_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// TestBuckets: a request takes one of each budget that it names, beside those of
// calls, and no answer is taken to speak of them: neither a share nor a throttle.
func TestBuckets(t *testing.T) {
	for _, body := range []string{`{}`, errorBody(80001, 0, true), errorBody(32, 0, true)} {
		rec := &canned{status: 200, body: body, header: http.Header{
			"X-App-Usage": {`{"call_count":12}`}, "X-Page-Usage": {`{"call_count":40}`}, "X-Business-Use-Case-Usage": {`{"10":[{"type":"posts","call_count":99}]}`},
		}}
		q := &quota{}
		c, err := meta.New(meta.Config{Platform: platform, Token: smm.NewSecret("t"), HTTPClient: &http.Client{Transport: rec}, Quota: q, Clock: clockAt(epoch), Account: "10", UseCase: "pages"})
		require.NoError(t, err)
		ctx := smm.ContextWithTenant(t.Context(), "acme")
		_ = c.Write(ctx, &meta.Request{Op: "x", Path: []string{"1"}, Cost: 7, Buckets: []string{"posts"}}, nil)
		key := smm.QuotaKey{Tenant: "acme", Platform: platform, Space: "graph.facebook.com", Account: "10", Bucket: "posts"}
		require.Equal(t, key, c.Key(ctx, "posts"))
		require.Len(t, q.charged[0], 3)
		require.Equal(t, smm.Charge{Key: key, Cost: 1}, q.charged[0][2], "a post is one, whatever its calls count")
		require.Len(t, q.states, 2)
		for _, s := range q.states {
			require.NotEqual(t, key, s.Key)
		}
	}
	q := &quota{}
	nobody, err := meta.New(meta.Config{Platform: platform, Token: smm.NewSecret("t"), HTTPClient: &http.Client{Transport: &canned{status: 200, body: `{}`}}, Quota: q, Clock: clockAt(epoch)})
	require.NoError(t, err)
	_ = nobody.Write(t.Context(), &meta.Request{Op: "x", Path: []string{"1"}, Buckets: []string{"posts"}}, nil)
	require.Len(t, q.charged[0], 1, "a budget of an account that is not known is nobody's")
	require.Equal(t, smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 5, Window: 24 * time.Hour, Source: "s"}, meta.RollingDay(5, "s"))
}
