package facebook

import (
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Where limits come from. None is reported live by the platform; what the vendor
// documents itself is marked, the rest is what clients that publish in volume
// keep to.
const limitsSource = "Facebook Pages: reels publishing (vendor, updated 2026-07-30); lengths and photos: gitroomhq/postiz-app facebook.provider.ts, August 2026; read 2026-11-22"

var limitsDate = time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)

// Limits that package smm has no place for.
const (
	MaxText       = 63_206     // characters of a post
	MaxComment    = 8_000      // characters
	MaxMessage    = 2_000      // characters of a private message
	MaxBackground = 130        // characters of a text on a background
	MaxFile       = 25_000_000 // bytes of a file in a message
	MaxPhotos     = 10         // of one post; no number is documented, and 10 work

	// MaxReelsPerDay is how many reels the API takes for a Page in 24 hours.
	MaxReelsPerDay = 30
	MinReel        = 3 * time.Second
	MaxReel        = 90 * time.Second
	MaxStory       = 60 * time.Second // of a video
	minReelWidth   = 540
	minReelHeight  = 960

	// MinScheduleAhead and MaxScheduleAhead bound when the vendor publishes by
	// itself. Documents say 30 and 75 days; reels take 29.
	MinScheduleAhead     = 10 * time.Minute
	MaxScheduleAhead     = 30 * 24 * time.Hour
	MaxReelScheduleAhead = 29 * 24 * time.Hour
)

// DocumentedLimits are the limits in force.
func DocumentedLimits() smm.Limits {
	return smm.Limits{
		Text:    smm.TextLimits{Max: MaxText, Unit: smm.UnitCodePoints},
		Reply:   smm.TextLimits{Max: MaxComment, Unit: smm.UnitCodePoints},
		Message: smm.TextLimits{Max: MaxMessage, Unit: smm.UnitCodePoints},
		Media: smm.MediaLimits{
			MaxItems: MaxPhotos, MaxImages: MaxPhotos, MaxVideos: 1,
			Types:      []string{"image/jpeg", "image/png", "video/mp4", "video/quicktime"},
			ImageBytes: 4 << 20, VideoBytes: 10 << 30, VideoLength: 4 * time.Hour,
		},
		Source: limitsSource, Date: limitsDate,
	}
}

// useCase is the name of the budget that calls with a Page's token are counted
// to.
const useCase = "pages"

// bucketReels is the rolling number of reels of a day.
const bucketReels = "reels"

// QuotaLimit declares the budgets behind the keys that this package charges, for
// an implementation of smm.Quota: that of the app, which all Pages share, and
// that of the Page. The vendor tells their use in percent and nothing of their
// size (rate limiting, read 2026-11-22). Beside them reels are counted, of which a
// Page has MaxReelsPerDay.
func QuotaLimit(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	switch {
	case key.Platform != Platform:
		return smm.QuotaLimit{}, false
	case key.Bucket == bucketReels:
		return meta.RollingDay(MaxReelsPerDay, limitsSource), true
	}
	return meta.QuotaLimit(key)
}

// budgets are all of them.
var budgets = []string{meta.BudgetApp, useCase, bucketReels}

// CountText counts a text: characters, as code points.
func CountText(text string) int { return utf8.RuneCountInString(text) }
