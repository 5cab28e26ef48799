package bluesky

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// errorTable says what the answers of the network mean. Sources: the errors
// that the lexicons declare (August 2026) and @atproto/pds 0.4.217 as measured
// in November 2026. Note what is unusual here: a bad token is 400, a record
// that does not exist is 400, and a create on a taken key is a plain 500, which
// therefore never counts as a failure.
var errorTable = &httpx.ErrorTable{
	Platform: Platform,
	Decode:   decodeError,
	Rows: []httpx.ErrorRow{
		// The credential. Nothing was done; a renewed session may succeed.
		{Code: "ExpiredToken", Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRetry},
		{Code: "InvalidToken", Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRefused},
		{Code: "AuthMissing", Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRefused},
		{Code: "AuthenticationRequired", Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRefused},
		{Code: "AuthFactorTokenRequired", Err: smm.ErrUnauthorized},

		// OAuth (RFC 6750, RFC 9449). A proof is refused for its nonce, or for this
		// machine's clock; the account is not to blame.
		{Code: "invalid_token", Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRetry},
		{Code: "use_dpop_nonce", Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},
		{Code: "invalid_dpop_proof", Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry},
		{Code: "ScopeMissingError", Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused},

		// The account.
		{Code: "AccountTakedown", Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused},
		{Code: "AccountSuspended", Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused},
		{Code: "AccountDeactivated", Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused},
		{Code: "RepoTakendown", Err: smm.ErrForbidden},
		{Code: "RepoSuspended", Err: smm.ErrForbidden},
		{Code: "RepoDeactivated", Err: smm.ErrForbidden},

		// What the request names is not there.
		{Code: "RecordNotFound", Err: smm.ErrNotFound},
		{Code: "NotFound", Err: smm.ErrNotFound},
		{Code: "RepoNotFound", Err: smm.ErrNotFound},
		{Code: "HandleNotFound", Err: smm.ErrNotFound},
		{Code: "DidNotFound", Err: smm.ErrNotFound},
		{Code: "InvalidConvo", Err: smm.ErrNotFound},
		{Code: "RecipientNotFound", Err: smm.ErrNotFound},
		{Code: "ReplyTargetNotFound", Err: smm.ErrNotFound},

		// Somebody does not want it.
		{Code: "BlockedActor", Err: smm.ErrForbidden},
		{Code: "BlockedByActor", Err: smm.ErrForbidden},
		{Code: "BlockedSubject", Err: smm.ErrForbidden},
		{Code: "MessagesDisabled", Err: smm.ErrForbidden},
		{Code: "NotFollowedBySender", Err: smm.ErrForbidden},
		{Code: "ConvoLocked", Err: smm.ErrForbidden},

		// A compare-and-swap lost. About a commit it says that the key is taken,
		// which may be by an earlier attempt.
		{Code: "InvalidSwap", Err: smm.ErrConflict, Verdict: httpx.VerdictUnknown},

		// The server does not have the method or the service behind it.
		{Code: "XRPCNotSupported", Err: smm.ErrUnsupported, Verdict: httpx.VerdictRefused},
		{Code: "MethodNotImplemented", Err: smm.ErrUnsupported, Verdict: httpx.VerdictRefused},

		{Code: "RateLimitExceeded", Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry},
		{Code: "BlobNotFound", Err: smm.ErrRejected, Verdict: httpx.VerdictRefused},
		{Status: http.StatusRequestEntityTooLarge, Err: smm.ErrRejected},
		{Status: http.StatusBadRequest, Err: smm.ErrRejected},
	},
}

func decodeError(resp *httpx.Response) httpx.VendorError {
	var v struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
	}
	if json.Unmarshal(resp.Body, &v) != nil {
		return httpx.VendorError{} // proxies answer HTML
	}
	var out httpx.VendorError
	tolerant(v.Error, &out.Code)
	tolerant(v.Message, &out.Message)
	return out
}

// codeOf returns the vendor's name of an error, or "".
func codeOf(err error) string {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e.Code
	}
	return ""
}

// chatError reads what "InvalidToken" means from the chat service: requests
// come here with a token that was renewed on the first such answer, so that it
// is not the session that is refused but its right to read messages.
func chatError(err error) error {
	if e, ok := errors.AsType[*smm.Error](err); ok && e.Code == "InvalidToken" {
		c := *e
		c.Err = errNoChatScope
		return &c
	}
	return err
}

var errNoChatScope = fmt.Errorf("%w: make an app password with access to direct messages", smm.ErrForbidden)
