package oauthx

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// errorAnswer is RFC 6749 section 5.2. Some vendors put an object or a sentence
// where the code belongs.
type errorAnswer struct {
	Error       json.RawMessage `json:"error"`
	Description json.RawMessage `json:"error_description"`
}

// parseError reads the error of an answer. failed is true if there is one, even
// if its code cannot be read.
func parseError(body []byte) (code, description string, failed bool) {
	var a errorAnswer
	if json.Unmarshal(body, &a) != nil {
		return "", "", false
	}
	switch string(a.Error) {
	case "", "null", "false", `""`:
		return "", "", false
	}
	return knownForm(text(a.Error)), text(a.Description), true
}

// knownForm returns s if it has the form of an error code as RFC 6749 and those
// that extend it write them, "" for anything else: a sentence, or worse.
func knownForm(s string) string {
	if len(s) > 48 {
		return ""
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && c != '_' && c != '-' && c != '.' {
			return ""
		}
	}
	return s
}

// errorRows judge codes. Sources: RFC 6749 sections 4.1.2.1 and 5.2, RFC 7009
// section 2.2.1, RFC 8707 section 2, RFC 9126 section 2.3, RFC 9449 sections 5 and
// 8, OpenID Connect Core section 3.1.2.6.
//
// invalid_grant alone means that the account's credential is over; a status of
// 401 without it blames the app, whose secret no person can renew by connecting
// an account.
var errorRows = []httpx.ErrorRow{
	{Status: http.StatusTooManyRequests, Err: smm.ErrRateLimited},
	{Code: "slow_down", Err: smm.ErrRateLimited},
	{Code: "invalid_grant", Err: smm.ErrUnauthorized},
	{Code: "invalid_client", Err: smm.ErrForbidden},
	{Code: "unauthorized_client", Err: smm.ErrForbidden},
	{Code: "access_denied", Err: smm.ErrForbidden},
	{Code: "invalid_scope", Err: smm.ErrForbidden},
	{Code: "insufficient_scope", Err: smm.ErrForbidden},
	{Code: "invalid_target", Err: smm.ErrForbidden},
	{Code: "login_required", Err: smm.ErrForbidden},
	{Code: "consent_required", Err: smm.ErrForbidden},
	{Code: "interaction_required", Err: smm.ErrForbidden},
	{Code: "account_selection_required", Err: smm.ErrForbidden},
	{Code: "temporarily_unavailable", Err: smm.ErrUnavailable},
	{Code: "server_error", Err: smm.ErrUnavailable},
	{Code: "unsupported_token_type", Err: smm.ErrUnsupported},
	{Code: "invalid_token", Err: smm.ErrRejected},
	{Code: "invalid_request", Err: smm.ErrRejected},
	{Code: "invalid_redirect_uri", Err: smm.ErrRejected},
	{Code: "unsupported_grant_type", Err: smm.ErrRejected},
	{Code: "unsupported_response_type", Err: smm.ErrRejected},
	{Code: "use_dpop_nonce", Err: smm.ErrRejected},
	{Code: "invalid_dpop_proof", Err: smm.ErrRejected},
	{Status: http.StatusUnauthorized, Err: smm.ErrForbidden},
}

// errorTable reads OAuth's errors. What a 5xx says is dropped: a server that
// fails while it answers invalid_grant has not decided anything.
func errorTable(p smm.Platform) *httpx.ErrorTable {
	return &httpx.ErrorTable{
		Platform: p,
		Decode: func(resp *httpx.Response) httpx.VendorError {
			if resp.Status >= http.StatusInternalServerError {
				return httpx.VendorError{}
			}
			code, _, _ := parseError(resp.Body)
			return httpx.VendorError{Code: code}
		},
		Rows: errorRows,
	}
}

// sentinelOf is what a code means apart from any status.
func sentinelOf(code string) error {
	for _, r := range errorRows {
		if r.Status == 0 && r.Code == code {
			return r.Err
		}
	}
	return smm.ErrRejected
}

// Code returns the OAuth error code that err carries: "invalid_grant". "" if the
// server gave none.
func Code(err error) string {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e.Code
	}
	return ""
}

// cures say what to do about a code, where the sentinel alone does not.
var cures = map[string]string{
	"invalid_client":      "the server does not know the app, or refused its secret or key: check the app's registration",
	"unauthorized_client": "the app may not do this on that server: check the app's registration",
	"invalid_scope":       "the server does not grant a scope that was asked for",
	"access_denied":       "the person or the server denied it: begin again",
	"invalid_request":     "the server found the request malformed",
	"invalid_dpop_proof":  "the server refused the proof of the key: check this machine's clock",
}

// words replaces the answer's text by what may be shown: our own sentence, and
// the server's description if nothing of it comes from what was sent.
func words(code, description string, sent []string) string {
	description = smm.CleanMessage(description)
	if repeats(description, sent) {
		description = ""
	}
	switch cure := cures[code]; {
	case cure == "":
		return description
	case description == "":
		return cure
	default:
		return cure + ": " + description
	}
}

// repeats reports whether text holds a piece of eight or more characters of one
// of the secrets.
func repeats(text string, secrets []string) bool {
	const piece = 8
	if text == "" {
		return false
	}
	for _, s := range secrets {
		if s != "" && len(s) < piece && strings.Contains(text, s) {
			return true
		}
		for i := 0; i+piece <= len(s); i++ {
			if strings.Contains(text, s[i:i+piece]) {
				return true
			}
		}
	}
	return false
}

// CheckReply compares what the browser brought back with the start: the state
// where both know it, the issuer (RFC 9207 section 2.4), and then the server's
// error, if that is what came. requireIssuer refuses an answer that names none,
// for servers whose metadata promises it.
//
// Errors match smm.ErrForbidden: the answer is not one to this start, or consent
// was denied; or smm.ErrUnavailable for a server that failed.
func CheckReply(start smm.ConnectStart, r smm.ConnectReply, requireIssuer bool) error {
	fail := func(code, message string, err error) error {
		return &smm.Error{Op: "oauth.authorize", Platform: start.Platform, Outcome: smm.OutcomeRefused, Code: code, Message: message, Err: err}
	}
	if want := stateOf(start.URL); !want.IsZero() && r.State != "" && !want.Equal(smm.NewSecret(r.State)) {
		return fail("", "", fmt.Errorf("%w: the answer belongs to another attempt: begin again", smm.ErrForbidden))
	}
	switch {
	case start.Issuer == "":
	case r.Issuer == "" && requireIssuer:
		return fail("", "", fmt.Errorf("%w: the answer does not name its server, which the server promised: begin again", smm.ErrForbidden))
	case r.Issuer != "" && r.Issuer != start.Issuer:
		return fail("", "", fmt.Errorf("%w: the answer comes from another server than the one that was asked: begin again", smm.ErrForbidden))
	}
	if r.Error != "" {
		code := knownForm(r.Error)
		err := smm.ErrForbidden
		if errors.Is(sentinelOf(code), smm.ErrUnavailable) {
			err = smm.ErrUnavailable
		}
		return fail(code, words(code, r.Description, []string{r.State}), err)
	}
	if r.Code.IsZero() {
		return fail("", "", fmt.Errorf("%w: the answer holds no code: begin again", smm.ErrForbidden))
	}
	return nil
}
