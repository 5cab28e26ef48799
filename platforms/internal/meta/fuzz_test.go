package meta_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

func FuzzDecodeEvents(f *testing.F) {
	for _, x := range fixtures {
		f.Add([]byte(x.body))
	}
	f.Add([]byte(`{"entry":[{"id":"\ud800","changes":[{"field":"\u0000","value":1e999}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		first, errs := decode(body)
		second, _ := decode(body)
		require.Equal(t, first, second, "the same body gives the same events")
		for _, e := range first {
			require.NotEmpty(t, e.Key)
			require.NotEmpty(t, e.Field)
			require.True(t, json.Valid(e.Value))
		}
		for _, err := range errs {
			require.ErrorIs(t, err, smm.ErrInvalid)
		}
	})
}

func FuzzSignatures(f *testing.F) {
	f.Add("sha256=00", []byte("{}"))
	f.Add(meta.Sign(smm.NewSecret("app-secret"), []byte("{}")), []byte("{}"))
	f.Fuzz(func(t *testing.T, sig string, body []byte) {
		good := sig == meta.Sign(smm.NewSecret("app-secret"), body)
		require.Equal(t, good, hooks("app-secret").Verify(http.Header{meta.HeaderSignature: {sig}}, body) == nil)
	})
}

func FuzzSignedRequest(f *testing.F) {
	s, _ := meta.SignRequest(smm.NewSecret("app-secret"), "1", epoch)
	f.Add(s)
	f.Add("a.b")
	f.Fuzz(func(t *testing.T, field string) {
		got, err := meta.ParseSignedRequest(field, smm.NewSecret("app-secret"))
		if err == nil {
			require.NotEmpty(t, got.UserID)
			require.Equal(t, s, field, "nobody else can sign")
		}
	})
}

func FuzzParseError(f *testing.F) {
	for _, s := range []string{errorBody(190, 463, true), `{"error":"x"}`, `{"debug_info":{"retriable":true}}`, `{"error_type":"x","code":400}`, `{"error":[[[[]]]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		g, ok := meta.ParseError(body)
		if !ok {
			require.Equal(t, meta.GraphError{}, g)
		}
		require.Less(t, len(g.Type), 65)
		e := table(t).Error("op", smm.Ref{}, response(400, string(body)))
		require.Error(t, e.Err)
		require.Less(t, len(e.Message), 301)
	})
}

func FuzzUsages(f *testing.F) {
	f.Add(`{"10":[{"type":"pages","call_count":95,"estimated_time_to_regain_access":19}]}`)
	f.Add(`{"call_count":28}`)
	f.Fuzz(func(t *testing.T, value string) {
		h := http.Header{}
		for _, name := range []string{"X-App-Usage", "X-Page-Usage", "X-Ad-Account-Usage", "X-Business-Use-Case-Usage"} {
			h[name] = []string{value}
		}
		for _, u := range meta.Usages(h) {
			require.True(t, u.Percent == -1 || u.Percent >= 0 && u.Percent <= 100, u)
			require.True(t, u.Regain >= 0 && u.Regain <= 24*time.Hour, u)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("https://graph.facebook.com/v25.0/10/feed?until=1&access_token=T", "A")
	f.Fuzz(func(t *testing.T, next, after string) {
		body, err := json.Marshal(map[string]any{"data": []int{}, "paging": map[string]any{"next": next, "cursors": map[string]string{"after": after}}})
		require.NoError(t, err)
		page, err := list(t.Context(), cannedClient(t, &canned{status: 200, body: string(body)}), "10", meta.ListParams{})
		require.NoError(t, err)
		if page.Next == "" {
			return
		}
		q, err := url.ParseQuery(page.Next)
		require.NoError(t, err)
		require.False(t, q.Has("access_token"))
		_, err = list(t.Context(), cannedClient(t, &canned{status: 200, body: string(body)}), "10", meta.ListParams{Cursor: page.Next})
		require.NoError(t, err, "a cursor that was given is taken")
	})
}
