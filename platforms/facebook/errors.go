package facebook

import (
	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

const (
	srcMemory = "not verified against a document; written down 2026-11-22"
	srcReels  = "reels publishing, updated 2026-07-30, which names the limit and no code; read 2026-11-22"
)

// rows are what the Page's own methods answer beyond the rows that all products
// of the vendor share, which follow them. Those have the codes of photos, links
// and conduct (subcodes 1366046, 1366051, 1346003, 1390008, 1404xxx, 1609xxx),
// the throttle of Pages (32, 80001), and the errors of messages.
var rows = []meta.Row{
	// A video that is not uploaded or not processed yet, and an upload at another
	// place than the server's: both end by themselves.
	{Code: 6000, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcMemory},                     // the file cannot be used
	{Code: 6001, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry, Source: srcMemory},                    // the transfer broke off
	{Code: 100, Subcode: 1363030, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry, Source: srcMemory},   // the transfer took too long
	{Code: 100, Subcode: 1363037, Err: smm.ErrUnavailable, Verdict: httpx.VerdictRetry, Source: srcMemory},   // the chunk begins elsewhere
	{Code: 100, Subcode: 1363019, Err: smm.ErrUnavailable, Verdict: httpx.VerdictUnknown, Source: srcMemory}, // trouble with the upload
	{Code: 100, Subcode: subReelLimit, Err: smm.ErrRateLimited, Verdict: httpx.VerdictRetry, Source: srcReels},
}

// subReelLimit stands for the refusal of a reel beyond MaxReelsPerDay, whose code
// is in no document. The simulator answers by it; on a mistake the refusal is
// final where it should wait.
const subReelLimit = 1363144
