package meta_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
)

func TestUsages(t *testing.T) {
	for _, tc := range []struct {
		name, header, value string
		want                meta.UsageList
	}{
		{"app", "X-App-Usage", `{"call_count":28,"total_time":25,"total_cputime":31}`, meta.UsageList{{Type: "app", Percent: 31}}},
		{"text numbers", "X-App-Usage", `{"call_count":"28","total_time":"25.5"}`, meta.UsageList{{Type: "app", Percent: 28}}},
		{"over full", "X-App-Usage", `{"call_count":350}`, meta.UsageList{{Type: "app", Percent: 100}}},
		{"not told", "X-App-Usage", `{}`, meta.UsageList{{Type: "app", Percent: -1}}},
		{"odd", "X-App-Usage", `{"call_count":"NaN","total_time":-4,"total_cputime":null}`, meta.UsageList{{Type: "app", Percent: -1}}},
		{"page", "X-Page-Usage", `{"call_count":7}`, meta.UsageList{{Type: "page", Percent: 7}}},
		{"ad account", "X-Ad-Account-Usage", `{"acc_id_util_pct":9.67,"reset_time_duration":100,"ads_api_access_tier":"standard_access"}`, meta.UsageList{{Type: "ad_account", Percent: 9.67, Regain: 100 * time.Second, Tier: "standard_access"}}},
		{"cases", "X-Business-Use-Case-Usage", `{"20":[{"type":"instagram","call_count":3}],"10":[{"type":"pages","call_count":95,"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":19},{"type":"ads_insights","total_time":1,"ads_api_access_tier":"development_access"}]}`, meta.UsageList{
			{Type: "pages", Object: "10", Percent: 95, Regain: 19 * time.Minute}, {Type: "ads_insights", Object: "10", Percent: 1, Tier: "development_access"}, {Type: "instagram", Object: "20", Percent: 3},
		}},
		{"a year", "X-Business-Use-Case-Usage", `{"1":[{"type":"pages","call_count":1,"estimated_time_to_regain_access":525600}]}`, meta.UsageList{{Type: "pages", Object: "1", Percent: 1, Regain: httpx.MaxRetryAfter}}},
		{"no JSON", "X-App-Usage", `28`, nil},
		{"broken", "X-App-Usage", `{"call_count":`, nil},
		{"deep", "X-App-Usage", strings.Repeat(`{"a":`, 100), nil},
		{"long", "X-App-Usage", `{"call_count":1,"x":"` + strings.Repeat("x", 70<<10) + `"}`, nil},
		{"list of lists", "X-Business-Use-Case-Usage", `{"1":{"type":"pages"}}`, nil},
		{"none", "X-Other", "", nil},
	} {
		h := http.Header{}
		h.Set(tc.header, tc.value)
		require.Equal(t, tc.want, meta.Usages(h), tc.name)
	}
	many := `{` + strings.TrimSuffix(strings.Repeat(`"1":[`+strings.TrimSuffix(strings.Repeat(`{"type":"pages"},`, 100), ",")+`],`, 2), ",") + `}`
	h := http.Header{}
	h.Set("X-Business-Use-Case-Usage", many)
	require.Len(t, meta.Usages(h), 64)
}

func TestQuotaLimits(t *testing.T) {
	for bucket, window := range map[string]time.Duration{"app": time.Hour, "pages": 24 * time.Hour, "instagram": 24 * time.Hour, "ads_insights": time.Hour, "ad_account": time.Hour} {
		l, ok := meta.QuotaLimit(smm.QuotaKey{Bucket: bucket})
		require.True(t, ok)
		require.Equal(t, smm.QuotaPercent, l.Shape)
		require.Equal(t, window, l.Window, bucket)
		require.NotEmpty(t, l.Source)
	}
	_, ok := meta.QuotaLimit(smm.QuotaKey{})
	require.False(t, ok)
}

// TestQuotaLearns: shares of answers reach the quota under the keys of the
// charges; a throttle in a body is a full budget.
func TestQuotaLearns(t *testing.T) {
	for _, tc := range []struct {
		name, header, body string
		status             int
		app, pages         float64 // -1: nothing told
		reset              time.Duration
	}{
		{"shares", `{"10":[{"type":"pages","call_count":40},{"type":"pages","total_time":60}]}`, `{}`, 200, 12, 60, 0},
		{"other use case", `{"10":[{"type":"instagram","call_count":40}]}`, `{}`, 200, 12, -1, 0},
		{"regain", `{"10":[{"type":"pages","call_count":40,"estimated_time_to_regain_access":5}]}`, `{}`, 200, 12, 100, 5 * time.Minute},
		{"app's throttle", `{"10":[{"type":"pages","call_count":40}]}`, errorBody(4, 0, true), 403, 100, 40, 0},
		{"user's throttle", ``, errorBody(17, 0, true), 400, 100, -1, 0},
		{"account's throttle", `{"10":[{"type":"pages","call_count":99}]}`, errorBody(80001, 0, true), 400, 12, 100, 0},
		{"page's throttle", ``, errorBody(32, 0, true), 400, 12, 100, 0},
		{"cap of posts", ``, errorBody(9, 2207042, true), 400, 12, -1, 0}, // no budget of calls
		{"spam", ``, errorBody(4, 2207051, false), 400, 12, -1, 0},
	} {
		rec := &canned{status: tc.status, body: tc.body, header: http.Header{"X-App-Usage": {`{"call_count":12}`}}}
		if tc.header != "" {
			rec.header.Set("X-Business-Use-Case-Usage", tc.header)
		}
		q := &quota{}
		c, err := meta.New(meta.Config{Platform: platform, Token: smm.NewSecret("t"), HTTPClient: &http.Client{Transport: rec}, Quota: q, Clock: clockAt(epoch), Account: "10", UseCase: "pages"})
		require.NoError(t, err)
		_ = c.Write(smm.ContextWithTenant(t.Context(), "acme"), &meta.Request{Op: "x", Path: []string{"1"}, Params: url.Values{"a": {"b"}}}, nil)
		require.Equal(t, []smm.Charge{
			{Key: smm.QuotaKey{Platform: platform, Space: "graph.facebook.com", Bucket: "app"}, Cost: 1},
			{Key: smm.QuotaKey{Tenant: "acme", Platform: platform, Space: "graph.facebook.com", Account: "10", Bucket: "pages"}, Cost: 1},
		}, q.charged[0], tc.name)
		app, pages, reset := -1.0, -1.0, time.Duration(0)
		for _, s := range q.states {
			if s.Key.Bucket == "app" {
				app = s.Percent
			} else {
				pages = s.Percent
				if !s.Reset.IsZero() {
					reset = s.Reset.Sub(epoch)
				}
			}
			require.Equal(t, int64(-1), s.Remaining)
		}
		require.InDelta(t, tc.app, app, 0, tc.name)
		require.InDelta(t, tc.pages, pages, 0, tc.name)
		require.Equal(t, tc.reset, reset, tc.name)
	}
}

// TestThrottleAndRecovery: the simulator refuses beyond its budget, says when, and
// serves again then.
func TestThrottleAndRecovery(t *testing.T) {
	b := open(t, func(o *metatest.Options) { o.Account = metatest.Quota{Limit: 10, Window: 24 * time.Hour} })
	q := &quota{}
	c := b.client(t, func(c *meta.Config) { c.Quota = q })
	for i := range 10 {
		_, _, err := b.post(t.Context(), c, itoa(i))
		require.NoError(t, err)
		require.InDelta(t, float64((i+1)*10), q.percent("pages"), 0)
		b.world.Clock.Advance(time.Minute)
	}
	_, o, err := b.post(t.Context(), c, "too many")
	e := fails(t, err, smm.ErrRateLimited)
	require.Equal(t, "80001", e.Code)
	require.Equal(t, smm.OutcomeRefused, o.State)
	require.True(t, o.Retry)
	wait, ok := smm.RetryAfter(err)
	require.True(t, ok)
	require.Equal(t, 24*time.Hour-10*time.Minute, wait)
	require.Equal(t, b.world.Clock.Now().Add(wait), o.Next)
	require.Equal(t, o.Next, q.states[len(q.states)-1].Reset)
	b.world.Clock.Advance(wait - time.Second)
	_, _, err = b.post(t.Context(), c, "a second early")
	fails(t, err, smm.ErrRateLimited)
	b.world.Clock.Advance(time.Second)
	_, _, err = b.post(t.Context(), c, "now")
	require.NoError(t, err)
	require.Equal(t, 11, b.world.Ledger.Counts("").Posts)

	b = open(t, func(o *metatest.Options) { o.App = metatest.Quota{Limit: 2, Window: time.Hour} })
	c = b.client(t, nil)
	for range 2 {
		_, err := list(t.Context(), c, b.page, meta.ListParams{})
		require.NoError(t, err)
	}
	_, err = list(t.Context(), c, b.page, meta.ListParams{})
	require.Equal(t, "4", fails(t, err, smm.ErrRateLimited).Code)
}
