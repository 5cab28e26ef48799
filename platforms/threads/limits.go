package threads

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const limitsSource = "developers.facebook.com/documentation/threads (overview of 2025-12-22), fbsamples/threads_api of 2026-01-02; " +
	"the numbers of media are those that programs check that publish in volume; read 2026-11-22"

var limitsDate = time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)

// The bounds that smm.Limits has no field for.
const (
	MaxLinks      = 5  // different addresses in a post, the link attachment included
	MaxTopic      = 50 // characters of a topic
	MaxLongText   = 10_000
	MaxSpoilers   = 10
	MaxCarousel   = 20
	MinCarousel   = 2
	PollDuration  = 24 * time.Hour // polls have no other (not verified)
	containerLife = 23 * time.Hour // an hour less than the vendor's
	minAudience   = 100            // followers that demographics need
)

// DocumentedLimits are the vendor's limits. The vendor tells none of them live;
// what it tells live are the budgets of a day, which show in the states of
// capabilities.
func DocumentedLimits() smm.Limits {
	return smm.Limits{
		Text: smm.TextLimits{Max: 500, Unit: smm.UnitCodePoints},
		Media: smm.MediaLimits{
			MaxItems: MaxCarousel, MaxImages: MaxCarousel, MaxVideos: MaxCarousel, Mix: true,
			Types:      []string{"image/jpeg", "image/png", "video/mp4", "video/quicktime"},
			ImageBytes: 8 << 20, VideoBytes: 1 << 30, VideoLength: 300 * time.Second,
			MinAspect: 0.01, MaxAspect: 10, AltText: 1000,
		},
		Poll:   smm.PollLimits{MinOptions: 2, MaxOptions: maxPollOptions, OptionChars: 25, MinDuration: PollDuration, MaxDuration: PollDuration},
		Source: limitsSource, Date: limitsDate,
	}
}

// CountText counts a text as the vendor is believed to: in characters, of which
// an emoji counts as many as it has UTF-8 bytes in the strict form. Neither is
// verified: post nothing whose plain count is above 500, and expect a refusal of
// what only the strict count forbids.
func CountText(text string) (plain, strict int) {
	for _, r := range text {
		plain++
		if isEmoji(r) {
			strict += utf8.RuneLen(r)
			continue
		}
		strict++
	}
	return plain, strict
}

// isEmoji covers the blocks of pictographs, and what joins and styles them.
func isEmoji(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || r >= 0x2600 && r <= 0x27bf || r == 0x200d || r == 0xfe0f || r == 0x20e3
}

// links are the different addresses in a post.
func links(p *smm.Post) []string {
	var out []string
	add := func(s string) {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, e := range textx.Extract(p.Text, textx.Rules{URLs: textx.URLScheme}) {
		add(e.Value)
	}
	if p.Card != nil {
		add(p.Card.URL)
	}
	return out
}

// checkTopic says what is wrong with a topic, "" if nothing is.
func checkTopic(topic string) string {
	switch n := utf8.RuneCountInString(topic); {
	case topic == "":
		return ""
	case n > MaxTopic:
		return "a topic has at most " + strconv.Itoa(MaxTopic) + " characters"
	case strings.ContainsAny(topic, ".&"):
		return `a topic has no "." and no "&"`
	}
	return ""
}

// reachable says why the vendor cannot fetch an address, "" if it may be able to.
func reachable(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return "the media host gave no address of the web"
	case u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".local"):
		return "the media host's address is one of this machine"
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()) {
		return "the media host's address is one of a private network"
	}
	if u.Scheme == "http" {
		return "the media host's address is not one of https"
	}
	return ""
}
