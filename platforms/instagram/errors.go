package instagram

import (
	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

const (
	srcErrors  = "Instagram Platform error codes, updated 2026-06-02; read 2026-11-22"
	srcMemory  = "not verified against a document; written down 2026-11-22"
	srcReports = "research notes on Instagram insights; read 2026-11-22"
)

// rows are what Instagram's codes mean beside those that package meta has for all
// products, Instagram's containers among them. They stand before those.
var rows = []meta.Row{
	{Code: 36000, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcErrors},                    // the picture is too large
	{Code: 36001, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcErrors},                    // its format
	{Code: 36003, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcErrors},                    // its shape
	{Code: 36004, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcErrors},                    // the caption is too long
	{Code: 352, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcErrors},                      // the film's format
	{Code: 9, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Source: srcErrors},                       // posts of a day
	{Code: 9007, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry, Source: srcErrors},                    // not ready
	{Code: 9004, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry, Source: srcErrors},                    // the media's address did not answer
	{Code: 10, Subcode: 2108006, Err: smm.ErrUnsupported, Verdict: httpx.VerdictRefused, Source: srcReports}, // insights of a media older than the professional account (unverified)
	{Subcode: 2207024, Err: smm.ErrNotFound, Verdict: httpx.VerdictRefused, Source: srcMemory},               // there is no such hashtag
	{Subcode: 2207013, Err: smm.ErrNotFound, Verdict: httpx.VerdictRefused, Source: srcMemory},               // there is no such account to discover
	{Code: 230, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMemory},                     // the person has not written to the account
}

// containerErrors are the subcodes that stand in the words of a container that
// failed, where they mean something else than that the file is bad.
var containerErrors = map[string]error{
	"2207003": smm.ErrUnavailable, "2207052": smm.ErrUnavailable, "2207077": smm.ErrUnavailable, // the address did not answer
	"2207001": smm.ErrUnavailable, "2207032": smm.ErrUnavailable, "2207053": smm.ErrUnavailable, "2207082": smm.ErrUnavailable,
	"2207051": smm.ErrForbidden, "2207050": smm.ErrForbidden,
}
