package meta

import (
	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Where rows come from. Community sources are maps of codes and issue threads of
// projects that publish in volume; what no document was seen for says so.
const (
	srcGraph     = "Graph API error handling, as quoted by client libraries; read 2026-11-22"
	srcPermits   = "Graph API permissions errors 200 to 299; read 2026-11-22"
	srcLimits    = "Graph API rate limiting; read 2026-11-22"
	srcInstagram = "Instagram Platform error codes, updated 2026-06-02; read 2026-11-22"
	srcPostiz    = "gitroomhq/postiz-app, its providers' maps of codes, August 2026; read 2026-11-22"
	srcLie       = "gitroomhq/postiz-app issue 1681: publish answered 4/2207051 and the post was live; read 2026-11-22"
	srcMessenger = "Messenger send errors, quoted in research of 2026-07-12 and 2026-09-27; read 2026-11-22"
	srcSendLie   = "Messenger: 1/1357046, the message may have been sent although an error came back; read 2026-11-22"
	srcThreads   = "gitroomhq/postiz-app issue 2047: 24/4279009 right after a container was made; read 2026-11-22"
	srcMemory    = "not verified against a document; written down 2026-11-22"
)

// sharedRows are tried in order: pairs, subcodes, codes, ranges, and what the
// vendor calls transient.
var sharedRows = []Row{
	// Codes that lie: it may be public although an error came back.
	{Subcode: 2207051, Err: smm.ErrForbidden, Verdict: httpx.VerdictUnknown, Source: srcLie},         // with code 4
	{Subcode: 2207001, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcInstagram}, // with code -1
	{Code: 1, Subcode: 1357046, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcSendLie},
	{Subcode: 1363047, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcPostiz},
	{Subcode: 1609010, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcPostiz},
	// A duplicate is a signal and no proof: an earlier attempt may have made it.
	{Code: 506, Err: smm.ErrDuplicate, Verdict: httpx.VerdictUnknown, Source: srcMemory},
	{Subcode: 1366051, Err: smm.ErrDuplicate, Verdict: httpx.VerdictUnknown, Source: srcPostiz},

	// The token is over, whatever the subcode; see TokenEndOf.
	{Code: 190, Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRefused, Source: srcGraph},
	{Code: 102, Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRefused, Source: srcGraph},

	// Instagram's containers. "Not ready" and "not found yet" end by themselves.
	{Code: 9007, Subcode: 2207027, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry, Source: srcInstagram},
	{Code: 24, Subcode: 2207008, Err: smm.ErrNotFound, Verdict: httpx.VerdictRetry, Source: srcInstagram},
	{Code: 24, Subcode: 4279009, Err: smm.ErrNotFound, Verdict: httpx.VerdictRetry, Source: srcThreads},
	{Subcode: 2207003, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry, Source: srcInstagram}, // the media's address did not answer
	{Subcode: 2207052, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry, Source: srcInstagram},
	{Subcode: 2207077, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry, Source: srcPostiz},
	{Subcode: 2207020, Err: smm.ErrNotFound, Verdict: httpx.VerdictRefused, Source: srcInstagram}, // the container expired
	{Subcode: 2207006, Err: smm.ErrNotFound, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207032, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram}, // a new container is needed
	{Subcode: 2207053, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207082, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcPostiz},
	{Subcode: 2207042, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Source: srcInstagram}, // posts of a day
	{Subcode: 2207050, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcInstagram}, // the account is restricted
	{Subcode: 2207004, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207005, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207009, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207010, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207023, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207026, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207028, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207040, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207057, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcInstagram},
	{Subcode: 2207081, Err: smm.ErrUnsupported, Verdict: httpx.VerdictRefused, Source: srcPostiz},
	{Subcode: 4279013, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcPostiz}, // the user is restricted

	// Messages: outside the window, restricted, nobody there, switched off.
	{Code: 10, Subcode: 2018278, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMemory},
	{Code: 10, Subcode: 2534022, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMessenger},
	{Code: 10, Subcode: 1893063, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMessenger},
	{Subcode: 1545041, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMessenger},
	{Code: 100, Subcode: 2018001, Err: smm.ErrNotFound, Verdict: httpx.VerdictRefused, Source: srcMemory},
	{Code: 100, Subcode: 2534014, Err: smm.ErrNotFound, Verdict: httpx.VerdictRefused, Source: srcMessenger},
	{Code: 100, Subcode: 2534029, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMessenger},
	{Subcode: 2018108, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMemory},
	{Subcode: 2534041, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMessenger},
	{Code: 613, Subcode: 2534040, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Budget: BudgetAccount, Source: srcMessenger},

	// Content and conduct.
	{Subcode: 1346003, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcPostiz},
	{Subcode: 1404102, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcPostiz},
	{Subcode: 1404006, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcPostiz},
	{Subcode: 1404112, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcPostiz},
	{Subcode: 1390008, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Source: srcPostiz},
	{Subcode: 1609008, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcPostiz},
	{Subcode: 1366046, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcPostiz},  // a photo that is too large
	{Subcode: 1404078, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcPostiz}, // page publishing authorization
	{Subcode: 4854002, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcPostiz}, // identity to be confirmed
	{Code: 368, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcGraph},
	{Code: 551, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMessenger},

	// Throttles.
	{Code: 4, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Budget: BudgetApp, Source: srcLimits},
	{Code: 17, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Budget: BudgetApp, Source: srcLimits},
	{Code: 32, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Budget: BudgetAccount, Source: srcLimits},
	{Code: 341, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Source: srcMemory},
	{Code: 613, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Budget: BudgetAccount, Source: srcLimits},
	{Code: 80000, To: 80099, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Budget: BudgetAccount, Source: srcLimits},

	// Permission, and what is not there.
	{Code: 3, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcGraph},
	{Code: 10, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcGraph},
	{Code: 200, To: 299, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcPermits},
	{Code: 100, Subcode: 33, Err: smm.ErrNotFound, Verdict: httpx.VerdictRefused, Source: srcGraph},
	{Code: 803, Err: smm.ErrNotFound, Verdict: httpx.VerdictRefused, Source: srcGraph},
	{Code: 100, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcGraph},

	// The vendor does not know itself.
	{Code: 1, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcGraph},
	{Code: 2, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcGraph},
	{Code: -1, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcInstagram},
	{Code: -2, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcInstagram},
	{Code: 1200, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcMemory},
	{Transient: true, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcGraph},
}
