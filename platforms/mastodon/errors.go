package mastodon

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// errorTable says what the answers of servers mean. Their texts are localised,
// so the status decides; the only codes are those of OAuth (RFC 6749 section
// 5.2). Source: https://docs.joinmastodon.org/entities/Error/ and the error
// sections of the methods (read August 2026).
var errorTable = &httpx.ErrorTable{
	Platform: Platform,
	Decode:   decodeError,
	Rows: []httpx.ErrorRow{
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
