package mastodon

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// codeHTML stands for an error answered with an HTML page. The API answers JSON,
// so a page comes from what stands in front of the server: a proxy during
// maintenance, a challenge, a captive portal. It says nothing about the token or
// the thing asked for, and taking its 404 for "gone" would call a post deleted
// that is there.
const codeHTML = "html-page"

// errorTable says what the answers of servers mean. Their texts are localised,
// so the status decides; the only codes are those of OAuth (RFC 6749 section
// 5.2). Source: https://docs.joinmastodon.org/entities/Error/ and the error
// sections of the methods (read August 2026).
var errorTable = &httpx.ErrorTable{
	Platform: Platform,
	Decode:   decodeError,
	Rows: []httpx.ErrorRow{
		{Status: http.StatusUnauthorized, Code: codeHTML, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},
		{Status: http.StatusForbidden, Code: codeHTML, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},
		{Status: http.StatusNotFound, Code: codeHTML, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},
		{Status: http.StatusGone, Code: codeHTML, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},
		{Status: http.StatusBadRequest, Code: "invalid_grant", Err: smm.ErrUnauthorized},
		{Status: http.StatusUnauthorized, Code: "invalid_client", Err: smm.ErrUnauthorized},
		{Code: "invalid_scope", Err: smm.ErrForbidden},
		{Status: http.StatusForbidden, Code: "unauthorized_client", Err: smm.ErrForbidden},
		{Status: http.StatusUnauthorized, Err: smm.ErrUnauthorized},
		{Status: http.StatusForbidden, Err: smm.ErrForbidden},
		{Status: http.StatusNotFound, Err: smm.ErrNotFound},
		{Status: http.StatusGone, Err: smm.ErrNotFound},
		// A method that the server's software or version does not have.
		{Status: http.StatusMethodNotAllowed, Err: smm.ErrUnsupported},
		{Status: http.StatusNotImplemented, Err: smm.ErrUnsupported},
		{Status: http.StatusUnprocessableEntity, Err: smm.ErrRejected},
		{Status: http.StatusTooManyRequests, Err: smm.ErrRateLimited},
	},
}

// decodeError reads {"error":"text"}, {"error":"code","error_description":"text"}
// and the shapes of compatible servers.
func decodeError(resp *httpx.Response) httpx.VendorError {
	if bytes.HasPrefix(bytes.TrimSpace(resp.Body), []byte("<")) {
		return httpx.VendorError{Code: codeHTML, Message: "the answer is an HTML page, not one of the API"}
	}
	var body apiError
	if json.Unmarshal(resp.Body, &body) != nil {
		return httpx.VendorError{}
	}
	v := httpx.VendorError{Message: words(body.Error, 4)}
	if code := scalar(body.Error); isCode(code) {
		v.Code = code
		if d := words(body.Description, 4); d != "" {
			v.Message = d
		}
	}
	for _, other := range []json.RawMessage{body.Errors, body.Description, body.Message} {
		if v.Message == "" {
			v.Message = words(other, 4)
		}
	}
	return v
}

// isCode tells "invalid_scope" from a sentence.
func isCode(s string) bool {
	return strings.Contains(s, "_") && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}
