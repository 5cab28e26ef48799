package meta_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

func table(t testing.TB, own ...meta.Row) *meta.Table {
	t.Helper()
	tab, err := meta.NewTable(platform, own...)
	require.NoError(t, err)
	return tab
}

func response(status int, body string) *httpx.Response {
	return &httpx.Response{Status: status, Header: http.Header{}, Body: []byte(body), At: epoch, RequestID: "header-id"}
}

// TestErrorTable has a line for each class of the vendor's codes: what it means
// and what becomes of a commit that is answered so.
func TestErrorTable(t *testing.T) {
	const (
		unknown = smm.OutcomeUnknown
		refused = smm.OutcomeRefused
	)
	for _, tc := range []struct {
		code, sub int
		err       error
		state     smm.OutcomeState
		retry     bool
	}{
		// codes that lie
		{4, 2207051, smm.ErrForbidden, unknown, false},
		{1, 1357046, smm.ErrUnavailable, unknown, false},
		{-1, 2207001, smm.ErrUnavailable, unknown, false},
		{506, 0, smm.ErrDuplicate, unknown, false},
		{506, 1455006, smm.ErrDuplicate, unknown, false},
		{100, 1366051, smm.ErrDuplicate, unknown, false},
		{100, 1363047, smm.ErrUnavailable, unknown, false},
		{100, 1609010, smm.ErrUnavailable, unknown, false},
		// transient
		{1, 0, smm.ErrUnavailable, unknown, false},
		{2, 0, smm.ErrUnavailable, unknown, false},
		{2, 99, smm.ErrUnavailable, unknown, false},
		{-2, 0, smm.ErrUnavailable, unknown, false},
		{1200, 0, smm.ErrUnavailable, unknown, false},
		// token
		{190, 0, smm.ErrUnauthorized, refused, false},
		{190, 458, smm.ErrUnauthorized, refused, false},
		{190, 460, smm.ErrUnauthorized, refused, false},
		{190, 463, smm.ErrUnauthorized, refused, false},
		{190, 492, smm.ErrUnauthorized, refused, false},
		{190, 12345, smm.ErrUnauthorized, refused, false},
		{102, 0, smm.ErrUnauthorized, refused, false},
		// permission
		{3, 0, smm.ErrForbidden, refused, false},
		{10, 0, smm.ErrForbidden, refused, false},
		{10, 2534022, smm.ErrForbidden, refused, false},
		{10, 1893063, smm.ErrForbidden, refused, false},
		{200, 0, smm.ErrForbidden, refused, false},
		{230, 0, smm.ErrForbidden, refused, false},
		{299, 0, smm.ErrForbidden, refused, false},
		{200, 1404078, smm.ErrForbidden, refused, false},
		{200, 2534041, smm.ErrForbidden, refused, false},
		{551, 0, smm.ErrForbidden, refused, false},
		{368, 0, smm.ErrForbidden, refused, false},
		{25, 2207050, smm.ErrForbidden, refused, false},
		// throttles
		{4, 0, smm.ErrRateLimited, refused, true},
		{17, 0, smm.ErrRateLimited, refused, true},
		{32, 0, smm.ErrRateLimited, refused, true},
		{341, 0, smm.ErrRateLimited, refused, true},
		{613, 0, smm.ErrRateLimited, refused, true},
		{613, 2534040, smm.ErrRateLimited, refused, true},
		{80000, 0, smm.ErrRateLimited, refused, true},
		{80001, 0, smm.ErrRateLimited, refused, true},
		{80014, 0, smm.ErrRateLimited, refused, true},
		{80099, 0, smm.ErrRateLimited, refused, true},
		{9, 2207042, smm.ErrRateLimited, refused, true},
		{368, 1390008, smm.ErrRateLimited, refused, true},
		// content
		{100, 0, smm.ErrRejected, refused, false},
		{100, 33, smm.ErrNotFound, refused, false},
		{803, 0, smm.ErrNotFound, refused, false},
		{36000, 2207004, smm.ErrRejected, refused, false},
		{36001, 2207005, smm.ErrRejected, refused, false},
		{36003, 2207009, smm.ErrRejected, refused, false},
		{36004, 2207010, smm.ErrRejected, refused, false},
		{352, 2207026, smm.ErrRejected, refused, false},
		{1, 2207057, smm.ErrRejected, refused, false},
		{100, 2207023, smm.ErrRejected, refused, false},
		{-1, 2207032, smm.ErrRejected, refused, false},
		{-2, 2207020, smm.ErrNotFound, refused, false},
		{324, 1366046, smm.ErrRejected, refused, false},
		// containers that are not there yet
		{9007, 2207027, smm.ErrUnavailable, refused, true},
		{24, 2207008, smm.ErrNotFound, refused, true},
		{24, 4279009, smm.ErrNotFound, refused, true},
		{9004, 2207052, smm.ErrUnavailable, refused, true},
		{-2, 2207003, smm.ErrUnavailable, refused, true},
		// no row
		{4711, 0, smm.ErrRejected, refused, false},
		{80100, 0, smm.ErrRejected, refused, false},
		{300, 0, smm.ErrRejected, refused, false},
	} {
		resp := response(400, errorBody(tc.code, tc.sub, false))
		e := table(t).Error("op", smm.Ref{}, resp)
		require.ErrorIs(t, e, tc.err, "%d/%d", tc.code, tc.sub)
		require.Equal(t, "Atrace", e.RequestID)
		o := table(t).Outcome(httpx.FateAnswered, resp)
		require.Equal(t, tc.state, o.State, "%d/%d", tc.code, tc.sub)
		require.Equal(t, tc.retry, o.Retry, "%d/%d", tc.code, tc.sub)
		require.Equal(t, tc.state, e.Outcome)
		for _, status := range []int{500, 503, 302, 408} { // no code makes these sure
			require.Equal(t, smm.OutcomeUnknown, table(t).Outcome(httpx.FateAnswered, response(status, errorBody(tc.code, tc.sub, false))).State)
		}
	}
}

// TestWordsDecideNothing: the same code with any words is the same error.
func TestWordsDecideNothing(t *testing.T) {
	for _, words := range []string{"rate limit reached", "Session has expired", "(#190) Error validating access token", "duplicate status message", ""} {
		body, err := json.Marshal(map[string]any{"error": map[string]any{"code": 100, "message": words, "error_user_msg": words}})
		require.NoError(t, err)
		require.ErrorIs(t, table(t).Error("op", smm.Ref{}, response(400, string(body))), smm.ErrRejected)
	}
}

func TestErrorShapes(t *testing.T) {
	for body, want := range map[string]meta.GraphError{
		`{"error":{"code":190,"error_subcode":463,"type":"OAuthException","message":"m","fbtrace_id":"T","is_transient":true,"error_user_title":"t","error_user_msg":"u"}}`: {Code: 190, Subcode: 463, Type: "OAuthException", Message: "m", TraceID: "T", Transient: true, UserTitle: "t", UserMessage: "u"},
		`{"error":{"code":"190","error_subcode":"463"}}`:                                 {Code: 190, Subcode: 463},
		`{"error":{"code":190.0,"message":{"a":1}}}`:                                     {Code: 190},
		`{"error":{"code":1.5,"type":7}}`:                                                {},
		`{"error":{"code":1e30}}`:                                                        {},
		`{"error":"invalid_request"}`:                                                    {Type: "invalid_request"},
		`{"error":[1]}`:                                                                  {},
		`{"error":{"code":1},"error":{"code":190}}`:                                      {Code: 190},
		` {"error":{"code":-2,"error_subcode":2207003}} `:                                {Code: -2, Subcode: 2207003},
		`{"debug_info":{"retriable":true,"type":"ProcessingFailedError","message":"m"}}`: {Type: "ProcessingFailedError", Message: "m", Transient: true},
		`{"error_type":"OAuthException","code":400,"error_message":"m"}`:                 {Type: "OAuthException", Code: 400, Message: "m"},
	} {
		got, ok := meta.ParseError([]byte(body))
		require.True(t, ok, body)
		require.Equal(t, want, got, body)
	}
	for _, body := range []string{"", "x", "[]", "{}", `{"error":null}`, `{"error":{}}`, `{"data":{"error":{"code":1}}}`, `{"error":`, strings.Repeat(`{"error":`, 100) + "1" + strings.Repeat("}", 100), `{"error_type":1}`} {
		_, ok := meta.ParseError([]byte(body))
		require.False(t, ok, body)
	}
}

// TestStatusAlone: answers without a readable code.
func TestStatusAlone(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		err    error
		state  smm.OutcomeState
	}{
		{400, "", smm.ErrRejected, smm.OutcomeRefused},
		{401, "", smm.ErrUnauthorized, smm.OutcomeRefused},
		{403, "{}", smm.ErrForbidden, smm.OutcomeRefused},
		{404, "[]", smm.ErrNotFound, smm.OutcomeRefused},
		{429, "", smm.ErrRateLimited, smm.OutcomeRefused},
		{429, "<html>", smm.ErrUnavailable, smm.OutcomeRefused},
		{500, "", smm.ErrUnavailable, smm.OutcomeUnknown},
		{408, "", smm.ErrUnavailable, smm.OutcomeUnknown},
		{302, "", smm.ErrUnavailable, smm.OutcomeUnknown},
		{401, " <!doctype html>", smm.ErrUnavailable, smm.OutcomeUnknown},
		{404, "\xef\xbb\xbf<html>", smm.ErrUnavailable, smm.OutcomeUnknown},
	} {
		resp := response(tc.status, tc.body)
		e := table(t).Error("op", smm.Ref{}, resp)
		require.ErrorIs(t, e, tc.err, tc)
		require.Equal(t, tc.state, table(t).Outcome(httpx.FateAnswered, resp).State, tc)
		require.Equal(t, "header-id", e.RequestID)
	}
	require.Equal(t, smm.OutcomeUnknown, table(t).Outcome(httpx.FateAnswered, nil).State)
	require.Equal(t, smm.OutcomeNotSent, table(t).Outcome(httpx.FateNotSent, nil).State)
	require.Equal(t, smm.OutcomeUnknown, table(t).Outcome(httpx.FateUnknown, response(400, errorBody(190, 0, false))).State, "a cut answer proves nothing")
}

func TestTransientWithoutRow(t *testing.T) {
	resp := response(400, errorBody(4711, 0, true))
	require.ErrorIs(t, table(t).Error("op", smm.Ref{}, resp), smm.ErrUnavailable)
	require.Equal(t, smm.OutcomeUnknown, table(t).Outcome(httpx.FateAnswered, resp).State)
}

func TestOwnRowsStandFirst(t *testing.T) {
	own := meta.Row{Code: 190, Subcode: 463, Err: smm.ErrConflict, Verdict: httpx.VerdictPending}
	resp := response(400, errorBody(190, 463, false))
	require.ErrorIs(t, table(t, own).Error("op", smm.Ref{}, resp), smm.ErrConflict)
	require.Equal(t, smm.OutcomePending, table(t, own).Outcome(httpx.FateAnswered, resp).State)
	require.ErrorIs(t, table(t, own).Error("op", smm.Ref{}, response(400, errorBody(190, 0, false))), smm.ErrUnauthorized)
	typed := meta.Row{Type: "THApiException", Err: smm.ErrConflict}
	require.ErrorIs(t, table(t, typed).Error("op", smm.Ref{}, response(400, errorBody(100, 0, false))), smm.ErrRejected)
	require.ErrorIs(t, table(t, typed).Error("op", smm.Ref{}, response(400, `{"error":{"code":100,"type":"THApiException"}}`)), smm.ErrConflict)
	_, err := meta.NewTable(platform, meta.Row{Err: smm.ErrRejected})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// TestRowsHaveSources: each row says where it is from and when that was read, has
// a sentinel, and can be reached: no earlier row takes all that it fits.
func TestRowsHaveSources(t *testing.T) {
	dated := regexp.MustCompile(`20\d\d-\d\d-\d\d`)
	rows := table(t).Rows()
	for i, r := range rows {
		require.Regexp(t, dated, r.Source, r)
		require.Error(t, r.Err, r)
		code, sub := r.Code, r.Subcode
		if code == 0 {
			code = 4711
		}
		resp := response(400, errorBody(code, sub, r.Transient))
		require.ErrorIs(t, table(t).Error("op", smm.Ref{}, resp), r.Err, "row %d is out of reach: %+v", i, r)
	}
}

// TestSecretsInWords: words that repeat a piece of a secret are dropped, whatever
// the piece.
func TestSecretsInWords(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const secret = "EAABsbCS1iHgBO7ZCq2ZBxyz"
	for range 2000 {
		from := r.IntN(len(secret) - 8)
		piece := secret[from : from+8+r.IntN(len(secret)-from-8+1)]
		body, err := json.Marshal(map[string]any{"error": map[string]any{"code": 190, "message": "Malformed access token " + piece + " here"}})
		require.NoError(t, err)
		e := table(t).Error("op", smm.Ref{}, response(400, string(body)), "", secret)
		require.Empty(t, e.Message)
	}
	e := table(t).Error("op", smm.Ref{}, response(400, errorBody(190, 0, false)), "", secret)
	require.Equal(t, "words", e.Message)
	e = table(t).Error("op", smm.Ref{}, response(400, `{"error":{"type":"`+secret+`","fbtrace_id":"`+secret+`"}}`), secret)
	require.Empty(t, e.Code+e.RequestID)
	e = table(t).Error("op", smm.Ref{}, response(400, errorBody(190, 0, false)), "ord")
	require.Empty(t, e.Message, "a short secret")
}

func TestThrottleSaysWhen(t *testing.T) {
	resp := response(400, errorBody(80001, 0, true))
	resp.Header.Set("X-Business-Use-Case-Usage", `{"10":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":19}]}`)
	e := table(t).Error("op", smm.Ref{}, resp)
	wait, ok := smm.RetryAfter(e)
	require.True(t, ok)
	require.Equal(t, 19*time.Minute, wait)
	require.Equal(t, epoch.Add(wait), table(t).Outcome(httpx.FateAnswered, resp).Next)
	resp.Body = []byte(errorBody(4, 0, true)) // the app's throttle is not over when the account's is
	wait, ok = smm.RetryAfter(table(t).Error("op", smm.Ref{}, resp))
	require.True(t, ok)
	require.Equal(t, 5*time.Minute, wait, "nobody says")
	resp.Wait = time.Second
	wait, _ = smm.RetryAfter(table(t).Error("op", smm.Ref{}, resp))
	require.Equal(t, time.Second, wait)
}
