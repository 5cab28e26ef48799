package httpx

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Verdict is what a row of an ErrorTable says of a commit that was answered so.
type Verdict int

// The verdicts.
const (
	VerdictDefault Verdict = iota // what OutcomeOf says of the status
	VerdictUnknown                // a code that lies: the item may exist
	VerdictRefused                // nothing happened and nothing will
	VerdictRetry                  // nothing happened; the same request may succeed later
	VerdictPending                // accepted, not yet public
)

// ErrorRow maps answers of a platform. Rows are data: put the source of each
// beside it.
type ErrorRow struct {
	Status  int    // 0 for any
	Code    string // as VendorError.Code has it; "" for any
	Err     error  // a sentinel of package smm; nil for the status's own
	Verdict Verdict
}

// VendorError is what a platform's error body says.
type VendorError struct {
	Code    string        // verbatim; several parts joined by "/" ("190/463")
	Message string        // for people
	Scope   string        // the vendor's name of the spent quota, if it told
	Wait    time.Duration // where the body says how long to wait; 0 if not
}

// ErrorTable is a platform's knowledge of its error answers. Its zero value
// judges by status alone. It must not change once in use.
type ErrorTable struct {
	Platform smm.Platform
	// Decode reads the error body. It gets answers outside 2xx, which need not
	// be JSON, and returns the zero value for what it cannot read. Nil knows no
	// codes.
	Decode func(resp *Response) VendorError
	// Rows are tried in order; the first whose Status and Code fit decides.
	Rows []ErrorRow
}

func (t *ErrorTable) decode(resp *Response) VendorError {
	if t.Decode == nil {
		return VendorError{}
	}
	return t.Decode(resp)
}

func (t *ErrorTable) row(status int, code string) ErrorRow {
	for _, r := range t.Rows {
		if (r.Status == 0 || r.Status == status) && (r.Code == "" || r.Code == code) {
			return r
		}
	}
	return ErrorRow{}
}

// Error describes an answer. Its Err is the row's sentinel, or else that of the
// status; for smm.ErrRateLimited it is an *smm.RateLimitError with the wait
// that the answer asked for. Outcome is as Outcome says.
func (t *ErrorTable) Error(op string, ch smm.Ref, resp *Response) *smm.Error {
	v := t.decode(resp)
	row := t.row(resp.Status, v.Code)
	err := row.Err
	if err == nil {
		err = sentinelOf(resp.Status)
	}
	switch {
	case errors.Is(err, smm.ErrRateLimited):
		err = rateLimitError(resp, v)
	case resp.Status >= 300 && resp.Status <= 399 && row.Err == nil:
		err = fmt.Errorf("%w: redirected, which is not followed: check the base URL", err)
	}
	if v.Message == "" && isHTML(resp.Body) {
		v.Message = "the answer is an HTML page, not one of the API"
	}
	return &smm.Error{
		Op: op, Platform: t.Platform, Channel: ch, Outcome: t.judge(FateAnswered, resp, v).State,
		Status: resp.Status, Code: cleanCode(v.Code), Message: smm.CleanMessage(v.Message),
		RequestID: resp.RequestID, Err: err,
	}
}

// Outcome judges a commit. resp may be nil unless fate is FateAnswered.
func (t *ErrorTable) Outcome(fate Fate, resp *Response) smm.Outcome {
	if resp == nil {
		if fate == FateAnswered {
			fate = FateUnknown
		}
		return OutcomeOf(fate, 0, time.Time{})
	}
	var v VendorError
	if !resp.OK() {
		v = t.decode(resp)
	}
	return t.judge(fate, resp, v)
}

func (t *ErrorTable) judge(fate Fate, resp *Response, v VendorError) smm.Outcome {
	var next time.Time
	if w := max(resp.Wait, v.Wait); w > 0 {
		next = resp.At.Add(w)
	}
	o := OutcomeOf(fate, resp.Status, next)
	if fate != FateAnswered || resp.OK() {
		return o
	}
	row := t.row(resp.Status, v.Code)
	switch row.Verdict {
	case VerdictUnknown:
		o.State, o.Retry = smm.OutcomeUnknown, false
	case VerdictRefused:
		o.State, o.Retry = smm.OutcomeRefused, false
	case VerdictRetry:
		o.State, o.Retry = smm.OutcomeRefused, true
	case VerdictPending:
		o.State, o.Retry = smm.OutcomePending, false
	case VerdictDefault:
		if errors.Is(row.Err, smm.ErrRateLimited) && o.State == smm.OutcomeRefused {
			o.Retry = true
		}
	}
	return o
}

func rateLimitError(resp *Response, v VendorError) error {
	e := &smm.RateLimitError{Scope: v.Scope, After: max(resp.Wait, v.Wait)}
	if info, ok := ParseRateHeaders(resp.Header, resp.At); ok {
		e.Limit, e.Remaining, e.Reset = max(info.Limit, 0), max(info.Remaining, 0), info.Reset
		if e.After == 0 && info.Remaining <= 0 && !info.Reset.IsZero() {
			e.After = max(info.Reset.Sub(resp.At), 0)
		}
	}
	if e.Reset.IsZero() && e.After > 0 {
		e.Reset = resp.At.Add(e.After)
	}
	return e
}

// sentinelOf says what a status means where the platform's table is silent.
func sentinelOf(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return smm.ErrUnauthorized
	case http.StatusForbidden, http.StatusPaymentRequired:
		return smm.ErrForbidden
	case http.StatusNotFound, http.StatusGone:
		return smm.ErrNotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		return smm.ErrConflict
	case http.StatusTooManyRequests:
		return smm.ErrRateLimited
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return smm.ErrUnavailable
	}
	if status >= 400 && status <= 499 {
		return smm.ErrRejected
	}
	return smm.ErrUnavailable
}

// cleanCode bounds a vendor's code, which ends up in logs.
func cleanCode(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return smm.CleanMessage(s)
}
