package instagram

import (
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

const limitsSource = "Instagram Platform: reference of IG User media, content publishing guide; read 2026-11-22"

var limitsDate = time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)

const (
	maxItems    = 10
	maxCaption  = 2200
	maxMentions = 20
	// maxHashtags is what documents say. The app allows 5 since the end of 2025, and
	// others who publish report the same of the API.
	maxHashtags    = 30
	likelyHashtags = 5
	// likelyComment is what the reference of IG Comment is remembered to say; the
	// vendor takes more (unverified).
	likelyComment  = 300
	maxMessage     = 1000 // bytes
	maxAltText     = 1000
	maxCollabs     = 3
	maxCoverBytes  = 8 << 20
	containerLife  = 24 * time.Hour
	directWindow   = 24 * time.Hour
	humanWindow    = 7 * 24 * time.Hour
	insightsWindow = 30 * 24 * time.Hour // of one call
)

// DocumentedLimits are the limits as documents have them. Text is counted in
// UTF-16 units, the strictest reading of "characters", since no document says.
// Hashtags is the documented 30; see Config.MaxHashtags. How many posts are left is
// no limit but a state: see smm.StateQuota.
//
// What one limit for all formats cannot say is left to the vendor, which refuses it
// when a container is made and so before anything is public: pictures in the feed
// from 4:5 to 1.91:1, reels from 3 seconds, stories of 3 to 60 seconds and 100 MB,
// films in a carousel up to 60 seconds.
func DocumentedLimits() smm.Limits {
	return smm.Limits{
		Text:    smm.TextLimits{Max: maxCaption, Unit: smm.UnitUTF16},
		Reply:   smm.TextLimits{Max: maxCaption, Unit: smm.UnitUTF16},
		Message: smm.TextLimits{Unit: smm.UnitUTF16, Bytes: maxMessage},
		Media: smm.MediaLimits{
			MaxItems: maxItems, MaxImages: maxItems, MaxVideos: maxItems, Mix: true,
			Types:      []string{"image/jpeg", "video/mp4", "video/quicktime"},
			ImageBytes: 8 << 20, VideoBytes: 300 << 20, VideoLength: 15 * time.Minute,
			MinAspect: 0.01, MaxAspect: 10, AltText: maxAltText,
		},
		Hashtags: maxHashtags,
		Source:   limitsSource, Date: limitsDate,
	}
}

// CountCaption counts a caption, comment or message in UTF-16 units.
func CountCaption(text string) int { return textx.UTF16Units(text) }

// tags counts the hashtags and mentions of a text. Both are ended by what is no
// letter, digit or underscore; a mention may have dots.
func tags(text string) (hashtags, mentions int) {
	for _, e := range entitiesOf(text) {
		switch e.Kind {
		case smm.EntityHashtag:
			hashtags++
		case smm.EntityMention:
			mentions++
		}
	}
	return hashtags, mentions
}

// entitiesOf finds hashtags and mentions. Links are not: captions show them as
// plain text.
func entitiesOf(text string) []smm.Entity {
	var out []smm.Entity
	before := ' '
	for at := 0; at < len(text); {
		c := text[at]
		if c != '#' && c != '@' || wordRune(before) {
			r, size := utf8.DecodeRuneInString(text[at:])
			before = r
			at += size
			continue
		}
		end := at + 1
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if !wordRune(r) && (c != '@' || r != '.') {
				break
			}
			end += size
		}
		for c == '@' && end > at+1 && text[end-1] == '.' {
			end--
		}
		if end > at+1 {
			e := smm.Entity{Kind: smm.EntityHashtag, Start: at, End: end, Target: text[at+1 : end]}
			if c == '@' {
				e.Kind, e.Target = smm.EntityMention, ""
			}
			out = append(out, e)
		}
		before, at = rune(text[end-1]), end // "##a" begins anew, "#a#b" does not
	}
	return out
}

func wordRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// useCase is the vendor's name of the account's budget of calls.
const useCase = "instagram"

// bucketPosts is the rolling number of posts of a day.
const bucketPosts = "posts"

// MaxPostsPerDay is how many posts the API takes for an account in any 24 hours. The
// guide says this, the reference 50; which it is MediaService.PublishingLimit reads,
// and a driver before each post.
const MaxPostsPerDay = 100

// QuotaLimit declares the budgets behind the keys that this package charges, for an
// implementation of smm.Quota: those of calls, which the vendor tells in percent,
// and that of posts.
func QuotaLimit(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	switch {
	case key.Platform != Platform:
		return smm.QuotaLimit{}, false
	case key.Bucket == bucketPosts:
		return meta.RollingDay(MaxPostsPerDay, limitsSource), true
	}
	return meta.QuotaLimit(key)
}
