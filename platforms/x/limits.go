package x

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const (
	limitsSource = "https://docs.x.com/x-api/media/quickstart/best-practices, https://docs.x.com/fundamentals/counting-characters and OpenAPI 2.167, read August 2026"
	ratesSource  = "https://docs.x.com/x-api/fundamentals/rate-limits, read August 2026"
)

var limitsDate = time.Date(2026, time.August, 22, 0, 0, 0, 0, time.UTC)

// Limits that smm.Limits has no place for.
const (
	GIFBytes       = 15 << 20 // an animation
	MaxTagged      = 10       // users tagged in the media of a post
	MaxVideoFPS    = 60
	MinVideo       = 500 * time.Millisecond
	MinGroup       = 2   // participants of a new group besides oneself
	MaxGroup       = 49  //
	MaxLookup      = 100 // ids of one lookup
	MaxQuery       = 512 // characters of a search in the self-serve tier; the specification takes 4,096
	MaxActivityTag = 200
	MaxWebhookURL  = 200
)

// DocumentedLimits are those of an account without Premium. Posts of Premium
// accounts may be longer: up to 25,000 characters by X's own pages, which is not
// verified.
func DocumentedLimits() smm.Limits {
	return smm.Limits{
		Text: smm.TextLimits{Max: 280, Unit: smm.UnitWeighted, URL: 23},
		Media: smm.MediaLimits{
			MaxItems: 4, MaxImages: 4, MaxVideos: 1,
			Types:      []string{"image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/quicktime"},
			ImageBytes: 5 << 20, VideoBytes: 512 << 20, VideoPixels: 1280 * 1024, VideoLength: 140 * time.Second,
			MinAspect: 1.0 / 3, MaxAspect: 3, AltText: 1_000,
		},
		Poll: smm.PollLimits{
			MinOptions: 2, MaxOptions: 4, OptionChars: 25,
			MinDuration: 5 * time.Minute, MaxDuration: 10_080 * time.Minute,
		},
		Source: limitsSource, Date: limitsDate,
	}
}

// CountText counts a text as X does: twitter-text configuration 3, in which a
// link counts 23, an emoji 2, and most letters outside Latin 2 as well.
func CountText(text string) int { return textx.TwitterLength(text) }

// rates are the documented budgets of a method in requests, 0 for none. Within
// 15 minutes X counts either the account's or, for the app's own credential, the
// app's requests; the budgets of a day are counted beside them.
type rates struct {
	bucket          string // the method whose budgets are shared; "" for its own
	user, app       int64  // in 15 minutes
	userDay, appDay int64  // in 24 hours
}

// The windows, as QuotaKey.Bucket names them after the method and a slash.
const (
	windowUser    = "user-15m"
	windowApp     = "app-15m"
	windowUserDay = "user-24h"
	windowAppDay  = "app-24h"
)

func (r *rates) limit(window string) int64 {
	switch window {
	case windowUser:
		return r.user
	case windowApp:
		return r.app
	case windowUserDay:
		return r.userDay
	case windowAppDay:
		return r.appDay
	}
	return 0
}

// QuotaLimit declares the documented budgets behind the keys that this package
// charges, for an implementation of smm.Quota. Windows are fixed.
func QuotaLimit(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	if key.Platform != Platform {
		return smm.QuotaLimit{}, false
	}
	op, window, _ := strings.Cut(key.Bucket, "/")
	o, ok := operations[op]
	n := o.rates.limit(window)
	if !ok || n == 0 || o.rates.bucket != "" {
		return smm.QuotaLimit{}, false
	}
	l := smm.QuotaLimit{Shape: smm.QuotaFixed, Limit: n, Window: 15 * time.Minute, Source: ratesSource}
	if window == windowUserDay || window == windowAppDay {
		l.Window = 24 * time.Hour
	}
	return l, true
}

// charges are what a call costs in each of its budgets, that of 15 minutes
// first. Those of the app are common to all tenants.
func (c *Client) charges(ctx context.Context, op string, asApp bool) []smm.Charge {
	if !c.quota {
		return nil
	}
	r := operations[op].rates
	windows := []string{windowUser, windowUserDay, windowAppDay}
	if asApp {
		windows = []string{windowApp, windowAppDay}
	}
	bucket := op
	if r.bucket != "" {
		bucket = r.bucket
	}
	var out []smm.Charge
	for _, w := range windows {
		if r.limit(w) == 0 {
			continue
		}
		key := smm.QuotaKey{Platform: Platform, Account: c.app, Bucket: bucket + "/" + w}
		if w == windowUser || w == windowUserDay {
			key.Tenant, key.Account = smm.TenantFrom(ctx), string(c.account)
		}
		out = append(out, smm.Charge{Key: key, Cost: 1})
	}
	return out
}

// The headers of the budgets of a day. X documents those of 15 minutes; these
// are known from answers that people published.
var dayHeaders = map[string]string{windowUserDay: "X-User-Limit-24hour-", windowAppDay: "X-App-Limit-24hour-"}

// dayInfo reads the headers of one budget of a day.
func dayInfo(h http.Header, prefix string, now time.Time) (httpx.RateInfo, bool) {
	as := make(http.Header, 4)
	for _, part := range []string{"Limit", "Remaining", "Reset"} {
		if v := h.Get(prefix + part); v != "" {
			as.Set("X-Rate-Limit-"+part, v)
		}
	}
	as.Set("Date", h.Get("Date"))
	return httpx.ParseRateHeaders(as, now)
}

// quotaStates reads which budgets the headers of an answer speak of.
func quotaStates(r *httpx.Request, resp *httpx.Response) []smm.QuotaState {
	var out []smm.QuotaState
	for _, ch := range r.Charges {
		_, window, _ := strings.Cut(ch.Key.Bucket, "/")
		info, ok := httpx.ParseRateHeaders(resp.Header, resp.At)
		if prefix := dayHeaders[window]; prefix != "" {
			info, ok = dayInfo(resp.Header, prefix, resp.At)
		}
		if ok {
			out = append(out, info.State(ch.Key))
		}
	}
	return out
}
