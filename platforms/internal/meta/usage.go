package meta

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// The budgets that rows of errors speak of: what all tokens of the app share, and
// that of the account. A QuotaKey has the first as its Bucket, and for the second
// the use case: "pages", "instagram", "messenger".
const (
	BudgetApp     = "app"
	BudgetAccount = "account"
)

// The types of Usage that stand in headers of their own.
const (
	usagePage = "page"
	usageAd   = "ad_account"
)

// QuotaLimit returns the shape of a budget. The vendor tells its use in percent
// and nothing of its size. Windows: an hour for the app, 24 hours for use cases,
// an hour for those of advertising (rate limiting, read 2026-11-22; the last is
// not verified).
func QuotaLimit(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	l := smm.QuotaLimit{Shape: smm.QuotaPercent, Limit: 100, Window: 24 * time.Hour, Source: srcLimits}
	switch {
	case key.Bucket == "":
		return smm.QuotaLimit{}, false
	case key.Bucket == BudgetApp, key.Bucket == usageAd, strings.HasPrefix(key.Bucket, "ads_"):
		l.Window = time.Hour
	}
	return l, true
}

// Usage is what a header says of one budget.
type Usage struct {
	Type    string        // BudgetApp, "page", "ad_account", or the use case: "pages", "instagram"
	Object  string        // the business, page or account that a use case is counted for
	Percent float64       // the highest of calls, time and processor time, 0 to 100; -1 if none can be read
	Regain  time.Duration // how long access is lost yet; 0 if it is not
	Tier    string        // of access, with advertising
}

// UsageList is what the headers of one answer say.
type UsageList []Usage

const (
	maxUsages = 64
	maxHeader = 64 << 10
)

// Usages reads X-App-Usage, X-Page-Usage, X-Business-Use-Case-Usage and
// X-Ad-Account-Usage. Each holds JSON; what cannot be read is left out.
//
// A share is the highest of call_count, total_time and total_cputime, since any
// of them that is full throttles; shares below 0 or no numbers count as not told,
// those above 100 as 100. Times to regain access are minutes, in the header of
// ad accounts seconds, and are believed up to httpx.MaxRetryAfter.
func Usages(h http.Header) UsageList {
	var out UsageList
	var flat wireUsage
	if decodeHeader(h, "X-App-Usage", &flat) {
		out = append(out, Usage{Type: BudgetApp, Percent: flat.percent()})
	}
	flat = wireUsage{}
	if decodeHeader(h, "X-Page-Usage", &flat) {
		out = append(out, Usage{Type: usagePage, Percent: flat.percent()})
	}
	var ad wireAdUsage
	if decodeHeader(h, "X-Ad-Account-Usage", &ad) {
		out = append(out, Usage{Type: usageAd, Percent: share(ad.Percent), Regain: span(ad.Reset, time.Second), Tier: word(ad.Tier)})
	}
	var cases map[string][]wireUsage
	if !decodeHeader(h, "X-Business-Use-Case-Usage", &cases) {
		return out
	}
	for _, id := range sortedKeys(cases) {
		for _, u := range cases[id] {
			if len(out) == maxUsages {
				return out
			}
			out = append(out, Usage{
				Type: word(u.Type), Object: id, Percent: u.percent(), Regain: span(u.Regain, time.Minute), Tier: word(u.Tier),
			})
		}
	}
	return out
}

type wireUsage struct {
	Type   json.RawMessage `json:"type"`
	Calls  json.RawMessage `json:"call_count"`
	Time   json.RawMessage `json:"total_time"`
	CPU    json.RawMessage `json:"total_cputime"`
	Regain json.RawMessage `json:"estimated_time_to_regain_access"`
	Tier   json.RawMessage `json:"ads_api_access_tier"`
}

// wireAdUsage has names that are not verified.
type wireAdUsage struct {
	Percent json.RawMessage `json:"acc_id_util_pct"`
	Reset   json.RawMessage `json:"reset_time_duration"`
	Tier    json.RawMessage `json:"ads_api_access_tier"`
}

func (u wireUsage) percent() float64 { return max(share(u.Calls), share(u.Time), share(u.CPU)) }

func decodeHeader(h http.Header, name string, v any) bool {
	values := h[http.CanonicalHeaderKey(name)]
	if len(values) == 0 || len(values[0]) > maxHeader || tooDeep([]byte(values[0])) {
		return false
	}
	return json.Unmarshal([]byte(values[0]), v) == nil
}

// share reads a percentage; -1 is one that was not told.
func share(raw json.RawMessage) float64 {
	f, err := strconv.ParseFloat(strings.Trim(string(raw), `" `), 64)
	if err != nil || math.IsNaN(f) || f < 0 {
		return -1
	}
	return min(f, 100)
}

func span(raw json.RawMessage, unit time.Duration) time.Duration {
	f, err := strconv.ParseFloat(strings.Trim(string(raw), `" `), 64)
	if err != nil || math.IsNaN(f) || f <= 0 {
		return 0
	}
	if f >= float64(httpx.MaxRetryAfter/unit) {
		return httpx.MaxRetryAfter
	}
	return time.Duration(f * float64(unit))
}

// regain is the longest wait that the headers ask for: of the use cases for a
// throttle of the account, of the app's own for one of the app.
func (l UsageList) regain(budget string) time.Duration {
	var wait time.Duration
	for _, u := range l {
		if budget == "" || (u.Type == BudgetApp) == (budget == BudgetApp) {
			wait = max(wait, u.Regain)
		}
	}
	return wait
}

// charges are what a call costs: one of the app's budget, which all tenants
// share and which so has none in its key, one of the account's, and one of each
// that the request names.
func (c *Client) charges(ctx context.Context, r *Request) []smm.Charge {
	if !c.quota {
		return nil
	}
	cost := max(r.Cost, 1)
	out := []smm.Charge{{Key: smm.QuotaKey{Platform: c.table.platform, Space: hostOf(c.host), Bucket: BudgetApp}, Cost: cost}}
	if c.useCase != "" {
		out = append(out, smm.Charge{Cost: cost, Key: c.Key(ctx, c.useCase)})
	}
	for _, b := range r.Buckets {
		if c.account != "" {
			out = append(out, smm.Charge{Cost: 1, Key: c.Key(ctx, b)})
		}
	}
	return out
}

// Key names a budget of the account.
func (c *Client) Key(ctx context.Context, bucket string) smm.QuotaKey {
	return smm.QuotaKey{Tenant: smm.TenantFrom(ctx), Platform: c.table.platform, Space: hostOf(c.host), Account: c.account, Bucket: bucket}
}

// RollingDay declares a budget of n in any 24 hours.
func RollingDay(n int64, source string) smm.QuotaLimit {
	return smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: n, Window: 24 * time.Hour, Source: source}
}

func hostOf(base string) string {
	_, host, _ := strings.Cut(base, "://")
	return host
}

// quotaStates are what an answer says of the budgets that its request was charged
// to. A use case may be counted for an object that the request does not name, so
// its type decides; X-Page-Usage speaks of the account. Of several shares of one
// budget the highest counts. A throttle is a full budget, whatever a header says.
// Of budgets that are not of calls no answer speaks.
func (c *Client) quotaStates(r *httpx.Request, resp *httpx.Response) []smm.QuotaState {
	var out []smm.QuotaState
	for _, ch := range r.Charges {
		if ch.Key.Bucket != BudgetApp && ch.Key.Bucket != c.useCase {
			continue
		}
		s := smm.QuotaState{Key: ch.Key, Limit: -1, Remaining: -1, Percent: -1}
		for _, u := range Usages(resp.Header) {
			if u.Type != ch.Key.Bucket && (u.Type != usagePage || ch.Key.Bucket == BudgetApp) {
				continue
			}
			s.Percent = max(s.Percent, u.Percent)
			if u.Regain > 0 {
				s.Percent, s.Reset = 100, later(s.Reset, resp.At.Add(u.Regain))
			}
		}
		if c.throttled(ch.Key.Bucket, resp) {
			s.Percent = 100
			if resp.Wait > 0 {
				s.Reset = later(s.Reset, resp.At.Add(resp.Wait))
			}
		}
		if s.Percent >= 0 {
			out = append(out, s)
		}
	}
	return out
}

// throttled reports whether an answer refused for lack of the budget. Without one
// of the account's, its throttle counts for the app's.
func (c *Client) throttled(bucket string, resp *httpx.Response) bool {
	g, ok := ParseError(resp.Body)
	if !ok {
		return false
	}
	row := c.table.row(g)
	switch row.Budget {
	case BudgetApp:
		return bucket == BudgetApp
	case BudgetAccount:
		return bucket != BudgetApp || c.useCase == ""
	}
	return false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
