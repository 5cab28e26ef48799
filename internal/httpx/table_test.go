package httpx

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

func vendorTable() *ErrorTable {
	return &ErrorTable{
		Platform: "testplatform",
		Decode: func(r *Response) VendorError {
			v, err := Decode[struct{ Error, Message string }](r)
			if err != nil {
				return VendorError{}
			}
			return VendorError{Code: v.Error, Message: v.Message, Scope: "posts"}
		},
		Rows: []ErrorRow{
			{Status: 400, Code: "Duplicate", Err: smm.ErrDuplicate},
			{Code: "Lies", Err: smm.ErrRejected, Verdict: VerdictUnknown},
			{Code: "TooMany", Err: smm.ErrRateLimited},
			{Status: 500, Code: "Overloaded", Err: smm.ErrUnavailable, Verdict: VerdictRetry},
			{Status: 500, Code: "Queued", Verdict: VerdictPending},
			{Status: 503, Verdict: VerdictRefused, Err: smm.ErrUnavailable},
		},
	}
}

func TestErrorTable(t *testing.T) {
	tests := []struct {
		status  int
		code    string
		err     error
		outcome smm.Outcome
	}{
		{400, "Duplicate", smm.ErrDuplicate, smm.Outcome{State: smm.OutcomeRefused}},
		{422, "Duplicate", smm.ErrRejected, smm.Outcome{State: smm.OutcomeRefused}},
		{400, "Lies", smm.ErrRejected, smm.Outcome{}},
		{400, "TooMany", smm.ErrRateLimited, smm.Outcome{State: smm.OutcomeRefused, Retry: true}},
		{500, "TooMany", smm.ErrRateLimited, smm.Outcome{}},
		{500, "Overloaded", smm.ErrUnavailable, smm.Outcome{State: smm.OutcomeRefused, Retry: true}},
		{500, "Queued", smm.ErrUnavailable, smm.Outcome{State: smm.OutcomePending}},
		{500, "", smm.ErrUnavailable, smm.Outcome{}},
		{503, "x", smm.ErrUnavailable, smm.Outcome{State: smm.OutcomeRefused}},
		{401, "", smm.ErrUnauthorized, smm.Outcome{State: smm.OutcomeRefused}},
		{403, "", smm.ErrForbidden, smm.Outcome{State: smm.OutcomeRefused}},
		{404, "", smm.ErrNotFound, smm.Outcome{State: smm.OutcomeRefused}},
		{409, "", smm.ErrConflict, smm.Outcome{State: smm.OutcomeRefused}},
		{429, "", smm.ErrRateLimited, smm.Outcome{State: smm.OutcomeRefused, Retry: true}},
		{302, "", smm.ErrUnavailable, smm.Outcome{}},
	}
	ch := smm.Ref{Platform: "testplatform", Kind: smm.KindChannel, ID: "1"}
	for _, tt := range tests {
		resp := answer("", `{"error":"`+tt.code+`","message":"line\nbreak"}`)
		resp.Status, resp.At = tt.status, noon
		table := vendorTable()
		e := table.Error("create", ch, resp)
		require.ErrorIs(t, e, tt.err, "%d %s", tt.status, tt.code)
		require.Equal(t, tt.code, e.Code)
		require.Equal(t, "line break", e.Message)
		require.Equal(t, ch, e.Channel)
		require.Equal(t, tt.outcome.State, e.Outcome)
		tt.outcome.Evidence = smm.EvidenceReply
		require.Equal(t, tt.outcome, table.Outcome(FateAnswered, resp), "%d %s", tt.status, tt.code)
		// What was not answered in full is not judged by the table.
		require.Equal(t, smm.OutcomeUnknown, table.Outcome(FateUnknown, resp).State)
	}
}

func TestErrorTableRateLimit(t *testing.T) {
	resp := answer("", `{}`)
	resp.Status, resp.At, resp.Wait = 429, noon, 90*time.Second
	resp.Header.Set("X-RateLimit-Limit", "300")
	resp.Header.Set("X-RateLimit-Remaining", "0")
	resp.Header.Set("X-RateLimit-Reset", "80")
	err := vendorTable().Error("create", smm.Ref{}, resp)
	limited, ok := errors.AsType[*smm.RateLimitError](err)
	require.True(t, ok)
	require.Equal(t, &smm.RateLimitError{Scope: "posts", Limit: 300, Reset: noon.Add(80 * time.Second), After: 90 * time.Second}, limited)
	require.Equal(t, noon.Add(90*time.Second), vendorTable().Outcome(FateAnswered, resp).Next)
}

func TestErrorTableZeroValue(t *testing.T) {
	var table ErrorTable
	require.Equal(t, smm.OutcomeUnknown, table.Outcome(FateAnswered, nil).State)
	require.Equal(t, smm.OutcomeNotSent, table.Outcome(FateNotSent, nil).State)
	resp := answer("", strings.Repeat("x", 1<<16))
	resp.Status = 418
	require.ErrorIs(t, table.Error("op", smm.Ref{}, resp), smm.ErrRejected)
}

func TestAddress(t *testing.T) {
	tests := []struct{ base, url, want string }{
		{"https://h.example", "/a/b", "https://h.example/a/b"},
		{"https://h.example/v2/", "a?x=1", "https://h.example/v2/a?x=1&q=z"},
		{"https://h.example/v2", Path("/s", "a/b?c", "d"), "https://h.example/v2/s/a%2Fb%3Fc/d?q=z"},
		{"https://h.example", "https://other.example/x#f", "https://other.example/x?q=z"},
		{"https://h.example", "", "https://h.example?q=z"},
	}
	for i, tt := range tests {
		c := testClient(t, tt.base, nil)
		r := &Request{Op: "x", URL: tt.url}
		if i > 0 {
			r.Query = map[string][]string{"q": {"z"}}
		}
		req, err := c.build(t.Context(), r, 0)
		require.NoError(t, err)
		require.Equal(t, tt.want, req.URL.String())
	}
	for _, base := range []string{"ftp://h", "h.example", "https://u:p@h", "https://h?x", "https://", "https://%"} {
		_, err := New(Config{Platform: "x", BaseURL: base})
		require.ErrorIs(t, err, smm.ErrInvalid, base)
	}
	_, err := New(Config{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, err = New(Config{Platform: "x", Retry: RetryPolicy{Attempts: 99}})
	require.ErrorIs(t, err, smm.ErrInvalid)
}
