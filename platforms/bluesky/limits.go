package bluesky

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const limitsSource = "https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky, read August 2026"

var limitsDate = time.Date(2026, time.August, 20, 0, 0, 0, 0, time.UTC)

// Limits that smm.Limits has no place for.
const (
	maxTags        = 8
	tagGraphemes   = 64
	tagBytes       = 640
	thumbBytes     = 1_000_000 // of a link card, an avatar or a banner
	captionBytes   = 20_000
	maxCaptions    = 20
	maxLabels      = 10
	maxHidden      = 300 // replies hidden by one threadgate
	reportChars    = 2_000
	nameGraphemes  = 64
	bioGraphemes   = 256
	blobLimitGuess = 50 << 20 // where a server does not say; its documentation's value
)

// DocumentedLimits are those of the lexicons, in force on every server.
func DocumentedLimits() smm.Limits {
	return smm.Limits{
		Text:    smm.TextLimits{Max: 300, Unit: smm.UnitGraphemes, Bytes: 3_000},
		Message: smm.TextLimits{Max: 1_000, Unit: smm.UnitGraphemes, Bytes: 10_000},
		Media: smm.MediaLimits{
			MaxItems: 4, MaxImages: 4, MaxVideos: 1,
			Types:      []string{"image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4"},
			ImageBytes: 2_000_000, VideoBytes: 300_000_000,
		},
		Langs:  3,
		Source: limitsSource, Date: limitsDate,
	}
}

// liveLimits lowers the documented limits to what the server takes in one
// upload. The video service uploads what it made of a video by itself, so that
// the size handed to it is bounded by the lexicon alone.
func liveLimits(info *ServerInfo, videoService bool) smm.Limits {
	l := DocumentedLimits()
	upload := info.BlobUploadLimit
	if upload > 0 {
		l.Live = append(l.Live, "media.video_bytes")
	} else {
		upload = blobLimitGuess
	}
	l.Media.ImageBytes = min(l.Media.ImageBytes, upload)
	if !videoService {
		l.Media.VideoBytes = min(l.Media.VideoBytes, upload)
	}
	return l
}

// Write points of the operations on a repository.
const (
	pointsCreate = 3
	pointsPut    = 2
	pointsDelete = 1
)

// The budgets that the vendor counts, as QuotaKey.Bucket names them.
const (
	BudgetRequests  = "requests"   // all requests to a server, by address
	BudgetWriteHour = "write-hour" // write points of an account
	BudgetWriteDay  = "write-day"
)

const ratesSource = "https://docs.bsky.app/docs/advanced-guides/rate-limits, read August 2026; headers measured November 2026"

// QuotaLimit declares the documented budgets behind the keys that this package
// charges, for an implementation of smm.Quota. Windows are fixed and begin with
// their first request.
func QuotaLimit(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	if key.Platform != Platform {
		return smm.QuotaLimit{}, false
	}
	l := smm.QuotaLimit{Shape: smm.QuotaFixed, Source: ratesSource}
	switch key.Bucket {
	case BudgetRequests:
		l.Limit, l.Window = 3_000, 5*time.Minute
	case BudgetWriteHour:
		l.Limit, l.Window = 5_000, time.Hour
	case BudgetWriteDay:
		l.Limit, l.Window = 35_000, 24*time.Hour
	default:
		return smm.QuotaLimit{}, false
	}
	return l, true
}

// charges are what a request costs: one of all requests to the server, which
// counts by address and so for all tenants together, and its write points.
func (c *Client) charges(points int64) []smm.Charge {
	if c.cfg.Quota == nil {
		return nil
	}
	host := c.cfg.Server
	if u, err := url.Parse(c.cfg.Server); err == nil {
		host = u.Host
	}
	out := []smm.Charge{{Key: smm.QuotaKey{Platform: Platform, Space: host, Bucket: BudgetRequests}, Cost: 1}}
	if points > 0 {
		key := smm.QuotaKey{Tenant: c.cfg.Tenant, Platform: Platform, Space: host, Account: c.cfg.DID, Bucket: BudgetWriteHour}
		out = append(out, smm.Charge{Key: key, Cost: points})
		key.Bucket = BudgetWriteDay
		out = append(out, smm.Charge{Key: key, Cost: points})
	}
	return out
}

// quotaStates reads which budget the headers of an answer speak of: they tell
// of the one nearest to its end, and name its window.
func quotaStates(r *httpx.Request, resp *httpx.Response) []smm.QuotaState {
	info, ok := httpx.ParseRateHeaders(resp.Header, resp.At)
	if !ok {
		return nil
	}
	for _, ch := range r.Charges {
		if l, known := QuotaLimit(ch.Key); known && l.Window == info.Window {
			return []smm.QuotaState{info.State(ch.Key)}
		}
	}
	return nil
}

// CountText implements smm.TextCounter: graphemes, and bytes beside them.
func (d *Driver) CountText(p *smm.Post) smm.TextCount {
	return smm.TextCount{Used: textx.Graphemes(p.Text), Unit: smm.UnitGraphemes, Bytes: len(p.Text)}
}

// ValidatePost implements smm.PostValidator. It asks nothing.
func (d *Driver) ValidatePost(_ context.Context, _ smm.Ref, p *smm.Post, _ smm.Capabilities) (smm.Findings, error) {
	out := validatePart(p, "", true)
	for i := range p.Thread {
		out = append(out, validatePart(&p.Thread[i], fmt.Sprintf("thread[%d].", i), false)...)
	}
	return out, nil
}

func validatePart(p *smm.Post, prefix string, first bool) smm.Findings {
	var out smm.Findings
	add := func(code, path, format string, a ...any) {
		out = append(out, smm.Finding{
			Code: code, Severity: smm.SeverityError, Path: prefix + path, Message: fmt.Sprintf(format, a...), Source: limitsSource,
		})
	}
	if _, err := decodeOptions(p); err != nil {
		add("options.invalid", "options", "%v", err)
	}
	if p.Visibility != "" && p.Visibility != smm.VisibilityPublic {
		add("visibility.unsupported", "visibility", "everything on Bluesky is public, there is no %q", p.Visibility)
	}
	if cw := p.ContentWarning; cw != "" && !slices.Contains(selfLabels, cw) {
		add("content-warning.unknown", "content_warning", "Bluesky has no free warnings: use one of %s", strings.Join(selfLabels, ", "))
	}
	if p.Card != nil && len(p.Media) > 0 {
		add("card.with-media", "card", "a post shows media or a link card, not both")
	}
	if kind, err := p.CreateKind(); err == nil && kind == smm.CreateMessage && first {
		if err := checkMessage(p); err != nil {
			add("message.media", "media", "a direct message carries text and a quoted post only")
		}
	}
	for i, m := range p.Media {
		if len(m.Captions) > maxCaptions {
			add("media.too-many-captions", fmt.Sprintf("media[%d].captions", i), "%d tracks, at most %d", len(m.Captions), maxCaptions)
		}
	}
	return out
}
