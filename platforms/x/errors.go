package x

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Codes that are not X's own.
const (
	// codeHTML stands for an error answered with a page: it comes from what stands
	// in front of the API and says nothing about the token or the thing asked for.
	codeHTML = "html-page"
	// codeDuplicate stands for X's refusal of a text that the account posted
	// before. It has no type and no code, so that this is recognised by its words,
	// as nothing else here is.
	codeDuplicate = "duplicate-content"
	// codeAuthKind stands for a credential of the wrong kind: of the app where one
	// of an account is wanted, or the other way round.
	codeAuthKind = "unsupported-authentication"
	// codeCredits stands for an app without credits.
	codeCredits = "credits-depleted"
	// codeTier stands for what the tier does not have and was not sent.
	codeTier = "tier"
)

const problemPrefix = "/2/problems/"

// problemCode is the last part of a problem's type, "" for about:blank.
func problemCode(uri string) string {
	if _, code, ok := strings.Cut(uri, problemPrefix); ok {
		return code
	}
	return ""
}

// errorTable says what the answers of X mean. Sources:
// https://docs.x.com/x-api/fundamentals/response-codes-and-errors and the
// problems of OpenAPI 2.167 (read August 2026); numbers are those of the former
// API, which some endpoints still answer with.
var errorTable = &httpx.ErrorTable{
	Platform: Platform,
	Decode:   decodeError,
	Rows: []httpx.ErrorRow{
		{Status: http.StatusBadRequest, Code: codeHTML, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},
		{Status: http.StatusUnauthorized, Code: codeHTML, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},
		{Status: http.StatusForbidden, Code: codeHTML, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},
		{Status: http.StatusNotFound, Code: codeHTML, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},

		{Code: codeDuplicate, Err: smm.ErrDuplicate, Verdict: httpx.VerdictRefused},
		{Code: "187", Err: smm.ErrDuplicate, Verdict: httpx.VerdictRefused}, // from memory of the former API

		// Money and plan: waiting does not help.
		{Code: "client-forbidden", Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused},
		{Code: "usage-capped", Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused},
		{Code: codeCredits, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused},
		{Status: http.StatusPaymentRequired, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused},
		{Code: codeAuthKind, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused},
		{Code: "oauth1-permissions", Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused}, // from memory

		{Code: "rate-limit-exceeded", Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry},
		{Code: "88", Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry},

		{Code: "not-authorized-for-resource", Err: smm.ErrForbidden},
		{Code: "not-authorized-for-field", Err: smm.ErrForbidden},
		{Code: "field-unauthorized", Err: smm.ErrForbidden},
		{Code: "rule-cap", Err: smm.ErrForbidden},
		{Code: "resource-not-found", Err: smm.ErrNotFound},
		{Code: "disallowed-resource", Err: smm.ErrRejected},
		{Code: "invalid-request", Err: smm.ErrRejected},
		{Code: "duplicate-rules", Err: smm.ErrDuplicate},
		{Code: "resource-unavailable", Err: smm.ErrUnavailable},
		{Code: "field-hydration-failure", Err: smm.ErrUnavailable},
		{Code: "internal-error", Err: smm.ErrUnavailable},
		{Code: "streaming-connection", Err: smm.ErrUnavailable},

		{Code: "32", Err: smm.ErrUnauthorized}, // these four from memory of the former API
		{Code: "89", Err: smm.ErrUnauthorized},
		{Code: "64", Err: smm.ErrForbidden},
		{Code: "326", Err: smm.ErrForbidden},

		{Status: http.StatusUnauthorized, Err: smm.ErrUnauthorized},
		{Status: http.StatusForbidden, Err: smm.ErrForbidden},
		{Status: http.StatusNotFound, Err: smm.ErrNotFound},
		{Status: http.StatusMethodNotAllowed, Err: smm.ErrUnsupported},
		{Status: http.StatusConflict, Err: smm.ErrConflict},
		{Status: http.StatusTooManyRequests, Err: smm.ErrRateLimited},
		{Status: http.StatusBadRequest, Err: smm.ErrRejected},
		{Status: http.StatusUnprocessableEntity, Err: smm.ErrRejected},
	},
}

// errorBody has every shape of an error: a problem (RFC 9457), a list of them,
// the former API's list of numbers, and OAuth's pair of words.
type errorBody struct {
	Type   text            `json:"type"`
	Title  text            `json:"title"`
	Detail text            `json:"detail"`
	Errors json.RawMessage `json:"errors"`

	Error       text `json:"error"`
	Description text `json:"error_description"`
}

type listedError struct {
	Code    json.Number `json:"code"`
	Type    text        `json:"type"`
	Title   text        `json:"title"`
	Detail  text        `json:"detail"`
	Message text        `json:"message"`
}

// text is a string where anything may stand.
type text string

// UnmarshalJSON takes strings and leaves the rest out.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
	}
	return nil
}

// decodeError reads an error answer.
func decodeError(resp *httpx.Response) httpx.VendorError {
	if bytes.HasPrefix(bytes.TrimSpace(resp.Body), []byte("<")) {
		return httpx.VendorError{Code: codeHTML, Message: "the answer is an HTML page, not one of the API"}
	}
	var body errorBody
	if json.Unmarshal(resp.Body, &body) != nil {
		return spent(resp, httpx.VendorError{})
	}
	v := httpx.VendorError{Code: problemCode(string(body.Type)), Message: string(body.Detail)}
	title := string(body.Title)
	var list []json.RawMessage
	if json.Unmarshal(body.Errors, &list) == nil && len(list) > 0 {
		var first listedError
		if json.Unmarshal(list[0], &first) == nil {
			v, title = first.merge(v, title)
		}
	}
	for _, other := range []text{body.Title, body.Description, body.Error} {
		if v.Message == "" {
			v.Message = string(other)
		}
	}
	if v.Code == "" {
		v.Code = untyped(resp.Status, title, v.Message)
	}
	if v.Code == "" && isWord(string(body.Error)) {
		v.Code = string(body.Error)
	}
	return spent(resp, v)
}

// merge adds what the first error of a list says to what stands beside the list.
func (e *listedError) merge(v httpx.VendorError, title string) (httpx.VendorError, string) {
	if v.Code == "" {
		v.Code = problemCode(string(e.Type))
	}
	if n, err := strconv.Atoi(string(e.Code)); v.Code == "" && err == nil && n > 0 {
		v.Code = strconv.Itoa(n)
	}
	for _, m := range []text{e.Detail, e.Message} {
		if m != "" && (v.Message == "" || problemCode(string(e.Type)) != "" || v.Code != "") {
			v.Message = string(m)
			break
		}
	}
	if title == "" {
		title = string(e.Title)
	}
	return v, title
}

// untyped recognises the refusals that have a title or words and nothing else.
func untyped(status int, title, detail string) string {
	switch {
	case status == http.StatusForbidden && strings.Contains(strings.ToLower(detail), "duplicate content"):
		return codeDuplicate
	case title == "Unsupported Authentication":
		return codeAuthKind
	case title == "CreditsDepleted":
		return codeCredits
	}
	return ""
}

// spent adds which budget of a day is over, where the answer tells: its wait is
// hours, and the header of the 15 minutes says that all is well.
func spent(resp *httpx.Response, v httpx.VendorError) httpx.VendorError {
	if resp.Status != http.StatusTooManyRequests {
		return v
	}
	for window, prefix := range dayHeaders {
		info, ok := dayInfo(resp.Header, prefix, resp.At)
		if !ok || info.Remaining != 0 || info.Reset.IsZero() {
			continue
		}
		if wait := min(info.Reset.Sub(resp.At), httpx.MaxRetryAfter); wait > v.Wait {
			v.Wait, v.Scope = wait, window
		}
	}
	return v
}

// isWord tells "invalid_scope" from a sentence.
func isWord(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// problemError is the error of an answer with success as its status that has
// nothing but problems. What it says of a create is not known: X may have done
// it and failed to show it.
func problemError(op string, resp *httpx.Response, p *Problem) error {
	as := *resp
	as.Status = p.Status
	if as.Status < 400 || as.Status > 599 {
		as.Status = http.StatusBadRequest
	}
	e := errorTable.Error(op, smm.Ref{}, &as)
	e.Status, e.Outcome = resp.Status, smm.OutcomeUnknown
	return e
}
