package mastodon

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const limitsSource = "https://docs.joinmastodon.org/entities/Instance/ and https://docs.joinmastodon.org/user/posting/, read August 2026"

var limitsDate = time.Date(2026, time.August, 20, 0, 0, 0, 0, time.UTC)

// DocumentedLimits are Mastodon's defaults, in force where the server says
// nothing else.
func DocumentedLimits() smm.Limits {
	return smm.Limits{
		Text: smm.TextLimits{Max: 500, Unit: smm.UnitGraphemes, URL: textx.MastodonURLLength},
		Media: smm.MediaLimits{
			MaxItems: 4, MaxImages: 4, MaxVideos: 1,
			Types: []string{
				"image/jpeg", "image/png", "image/gif", "image/heic", "image/heif", "image/webp", "image/avif",
				"video/webm", "video/mp4", "video/quicktime", "video/ogg",
				"audio/wave", "audio/wav", "audio/x-wav", "audio/ogg", "audio/vorbis", "audio/mpeg", "audio/mp3", "audio/webm",
				"audio/flac", "audio/aac", "audio/m4a", "audio/x-m4a", "audio/mp4", "audio/3gpp", "video/x-ms-asf",
			},
			ImageBytes: 16777216, ImagePixels: 33177600, VideoBytes: 103809024, VideoPixels: 8294400, AltText: 1500,
		},
		Poll: smm.PollLimits{
			MinOptions: 2, MaxOptions: 4, OptionChars: 50,
			MinDuration: 300 * time.Second, MaxDuration: 2629746 * time.Second,
		},
		Source: limitsSource, Date: limitsDate,
	}
}

// Limits are the documented limits with what the server announces in place of
// the defaults. Live names the fields that came from the server.
func (in *InstanceInfo) Limits() smm.Limits {
	l := DocumentedLimits()
	set := func(path string, into *int, c Count) {
		if c.Known && c.Value > 0 && c.Value < 1<<31 {
			*into = int(c.Value)
			l.Live = append(l.Live, path)
		}
	}
	set64 := func(path string, into *int64, c Count) {
		if c.Known && c.Value > 0 {
			*into = c.Value
			l.Live = append(l.Live, path)
		}
	}
	seconds := func(path string, into *time.Duration, c Count) {
		if c.Known && c.Value < 1<<31 {
			*into = time.Duration(c.Value) * time.Second
			l.Live = append(l.Live, path)
		}
	}
	st, me, po := in.Configuration.Statuses, in.Configuration.MediaAttachments, in.Configuration.Polls
	set("text.max", &l.Text.Max, known(st.MaxCharacters, in.MaxTootChars))
	set("text.url", &l.Text.URL, st.CharactersReservedPerURL)
	set("media.max_items", &l.Media.MaxItems, known(st.MaxMediaAttachments, in.MaxMediaAttachments))
	set("media.alt_text", &l.Media.AltText, known(me.DescriptionLimit, in.DescriptionLimit))
	set64("media.image_bytes", &l.Media.ImageBytes, known(me.ImageSizeLimit, in.UploadLimit))
	set64("media.image_pixels", &l.Media.ImagePixels, me.ImageMatrixLimit)
	set64("media.video_bytes", &l.Media.VideoBytes, known(me.VideoSizeLimit, in.UploadLimit))
	set64("media.video_pixels", &l.Media.VideoPixels, me.VideoMatrixLimit)
	set("poll.max_options", &l.Poll.MaxOptions, known(po.MaxOptions, in.PollLimits.MaxOptions))
	set("poll.option_chars", &l.Poll.OptionChars, known(po.MaxCharactersPerOption, in.PollLimits.MaxOptionChars))
	seconds("poll.min_duration", &l.Poll.MinDuration, known(po.MinExpiration, in.PollLimits.MinExpiration))
	seconds("poll.max_duration", &l.Poll.MaxDuration, known(po.MaxExpiration, in.PollLimits.MaxExpiration))
	if len(me.SupportedMimeTypes) > 0 {
		l.Media.Types = nil
		for _, t := range me.SupportedMimeTypes {
			l.Media.Types = append(l.Media.Types, strings.ToLower(string(t)))
		}
		l.Live = append(l.Live, "media.types")
	}
	in.mixing(&l)
	return l
}

// mixing sets how many of which kind may stand together: Mastodon takes one
// video, animation or sound, or else images; the compatible servers mix.
func (in *InstanceInfo) mixing(l *smm.Limits) {
	l.Media.MaxImages = l.Media.MaxItems
	switch in.Software() {
	case GoToSocial, Akkoma, Pleroma, Pixelfed:
		l.Media.MaxVideos, l.Media.Mix = l.Media.MaxItems, true
	}
}

func known(a, b Count) Count {
	if a.Known {
		return a
	}
	return b
}

// CountStatus counts a status as Mastodon does: graphemes of text and content
// warning together, any link perURL (0: 23), a mention without its host.
func CountStatus(text, warning string, perURL int) int {
	return textx.MastodonLength(text, warning, perURL)
}

// The budgets that the vendor counts, as QuotaKey.Bucket names them.
const (
	budgetReads    = "requests"
	budgetStatuses = "statuses"
	budgetMedia    = "media"
	budgetDelete   = "delete"
	budgetFollows  = "follows"
	budgetReports  = "reports"
)

// budgets are all of them.
var budgets = []string{budgetReads, budgetStatuses, budgetMedia, budgetDelete, budgetFollows, budgetReports}

const ratesSource = "https://docs.joinmastodon.org/api/rate-limits/, read August 2026; families from the server's source"

// QuotaLimit declares the documented budgets behind the keys that this package
// charges, for an implementation of smm.Quota. Windows are fixed and common to
// all, counted per account; compatible servers differ and say so in headers.
func QuotaLimit(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	if key.Platform != Platform {
		return smm.QuotaLimit{}, false
	}
	l := smm.QuotaLimit{Shape: smm.QuotaFixed, Source: ratesSource}
	switch key.Bucket {
	case budgetReads:
		l.Limit, l.Window = 300, 5*time.Minute
	case budgetMedia, budgetDelete:
		l.Limit, l.Window = 30, 30*time.Minute
	case budgetStatuses:
		l.Limit, l.Window = 300, 3*time.Hour
	case budgetFollows, budgetReports:
		l.Limit, l.Window = 400, 24*time.Hour
	default:
		return smm.QuotaLimit{}, false
	}
	return l, true
}

// budgetOf names the family of an operation, budgetReads if it has none.
func budgetOf(op string) string {
	switch op {
	case "statuses.create":
		return budgetStatuses
	case "media.upload":
		return budgetMedia
	case "statuses.delete", "statuses.unreblog":
		return budgetDelete
	case "accounts.follow":
		return budgetFollows
	case "reports.create":
		return budgetReports
	}
	return budgetReads
}

// charges are what a request costs: one of all requests, and one of its family.
func (c *Client) charges(ctx context.Context, family string) []smm.Charge {
	if !c.quota {
		return nil
	}
	key := smm.QuotaKey{Tenant: smm.TenantFrom(ctx), Platform: Platform, Space: c.server.Host, Account: string(c.account), Bucket: budgetReads}
	out := []smm.Charge{{Key: key, Cost: 1}}
	if family != budgetReads {
		key.Bucket = family
		out = append(out, smm.Charge{Key: key, Cost: 1})
	}
	return out
}

// quotaStates reads which budget the headers of an answer speak of. They tell
// of the one nearest to its end, and on the creation of a status of that
// family; elsewhere its size tells the families from the rest.
func quotaStates(r *httpx.Request, resp *httpx.Response) []smm.QuotaState {
	info, ok := httpx.ParseRateHeaders(resp.Header, resp.At)
	if !ok || len(r.Charges) == 0 {
		return nil
	}
	key := r.Charges[0].Key
	if len(r.Charges) > 1 {
		family := r.Charges[1].Key
		declared, _ := QuotaLimit(family)
		if family.Bucket == budgetStatuses && r.Method == http.MethodPost || declared.Limit == info.Limit {
			key = family
		}
	}
	return []smm.QuotaState{info.State(key)}
}

// supports reports whether the limits list a type with the given prefix.
func supportsType(l smm.Limits, prefix string) bool {
	return len(l.Media.Types) == 0 || slices.ContainsFunc(l.Media.Types, func(t string) bool { return strings.HasPrefix(t, prefix) })
}
