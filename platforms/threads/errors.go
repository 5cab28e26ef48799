package threads

import (
	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Where rows come from.
const (
	srcDocsBot = "fia-f1-docs-bot issue 52: publish answered code 10 and the container was PUBLISHED; read 2026-11-22"
	srcPostiz  = "gitroomhq/postiz-app threads.provider.ts of 2026-08 and issue 2047; read 2026-11-22"
)

// ownRows stand before the rows that all products of the vendor share. Most of
// what is seen on this host (190, throttles, 1 and 2, 2207051, 4279013) is there.
var ownRows = []meta.Row{
	// It lies. Refused for good it would be a delivery that failed while the post
	// is live, and then is written again by hand; in doubt it costs some reads.
	{Code: 10, Err: smm.ErrForbidden, Verdict: httpx.VerdictUnknown, Source: srcDocsBot},
	// Also of a container that was published or is not yet known everywhere: its
	// own state tells which. Published again for as long as this is the answer, a post
	// that is live would be asked for without an end.
	{Subcode: 4279009, Err: smm.ErrNotFound, Verdict: httpx.VerdictUnknown, Source: srcPostiz},
}

// The budgets of any 24 hours that are not of calls.
const (
	bucketPosts   = "posts"
	bucketReplies = "replies"
	bucketDeletes = "deletes"
)

// days is how much of each there is. That of deletions is from memory; what the
// vendor tells of all of them a driver reads before it takes from them.
var days = map[string]int64{bucketPosts: 250, bucketReplies: 1000, bucketDeletes: 100}

// QuotaLimit returns the shape of a budget: buckets "app" and "threads". The
// vendor allows 4,800 calls times the impressions of the account, at least 10,
// in 24 hours; what is used it tells in percent at best. What a driver publishes
// and deletes is counted in "posts", "replies" and "deletes".
func QuotaLimit(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	if n, ok := days[key.Bucket]; ok {
		return meta.RollingDay(n, limitsSource), true
	}
	return meta.QuotaLimit(key)
}
