package xtext_test

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/sharedspec"
	"github.com/smmkit/smmkit/platforms/x/xtext"
)

// exceptions are the vectors that do not hold, with the reason.
var exceptions = map[string]string{
	"tweets: Invalid Tweet: 141 characters":                                                                              limit140,
	"tweets: Invalid Tweet: 141 characters (due to newline)":                                                             limit140,
	"WeightedTweetsCounterTest: Count a mix of single byte single word, and double word unicode characters":              version2,
	"WeightedTweetsCounterTest: Count unicode emoji chars outside the basic multilingual plane with skin tone modifiers": version2,
}

const (
	limit140 = "written for the limit of 140 characters, which configuration version 2 ended in 2017"
	version2 = "written for configuration version 2, which counts every code point of an emoji; version 3 counts the emoji once"
)

func TestConstantsArePublished(t *testing.T) {
	var published struct {
		Version, Scale, DefaultWeight int
		MaxWeightedTweetLength        int
		TransformedURLLength          int
		EmojiParsingEnabled           bool
		Ranges                        []struct{ Start, End, Weight int }
	}
	require.NoError(t, json.Unmarshal(sharedspec.Read(t, "vectors/twitter-text/config-v3.json"), &published))
	require.Equal(t, 3, published.Version)
	require.Equal(t, published.MaxWeightedTweetLength, xtext.MaxLength)
	require.Equal(t, published.TransformedURLLength, xtext.URLLength)
	require.Equal(t, published.TransformedURLLength, xtext.Length("https://example.com/a/long/path/to/somewhere").Length)
	require.Equal(t, published.DefaultWeight/published.Scale, xtext.Length("😀").Length)
	require.True(t, published.EmojiParsingEnabled)
	require.NotEmpty(t, published.Ranges)
	// Every code point that is not an emoji weighs what its range says.
	weigh := func(r rune) int {
		for _, x := range published.Ranges {
			if int(r) >= x.Start && int(r) <= x.End {
				return x.Weight / published.Scale
			}
		}
		return published.DefaultWeight / published.Scale
	}
	for r := rune(0); r < 0x30000; r++ {
		if r >= 0xD800 && r < 0xE000 || r >= 0x1F000 && r < 0x20000 || changedByNFC(r) {
			continue
		}
		got := xtext.Length(string(r)).Length
		if want := weigh(r); got != want {
			require.Contains(t, "‼⁉", string(r), "%U: %d, not %d", r, got, want) // emoji inside a range
		}
	}
}

func TestVectorsValidate(t *testing.T) {
	vectors := readVectors(t, "validate.yml")
	judges := map[string]func(string) bool{
		"tweets":    func(s string) bool { return xtext.Length(s).Valid },
		"usernames": xtext.ValidUsername, "lists": xtext.ValidList, "hashtags": xtext.ValidHashtag,
		"urls": xtext.ValidURL, "urls_without_protocol": xtext.ValidBareURL,
	}
	weighted := map[string]bool{
		"WeightedTweetsCounterTest": true, "WeightedTweetsWithDiscountedEmojiCounterTest": true, "UnicodeDirectionalMarkerCounterTest": true,
	}
	require.Len(t, vectors, len(judges)+len(weighted), "a section has no judge")
	for section, judge := range judges {
		conform(t, section, vectors[section], exceptions, func(t *testing.T, v vector) (want, got any) {
			return v.yes(t), judge(v.text(t))
		})
	}
	type result struct{ length, permillage, displayStart, displayEnd, validStart, validEnd, valid any }
	for section := range weighted {
		conform(t, section, vectors[section], exceptions, func(t *testing.T, v vector) (want, got any) {
			require.Len(t, v.Items, 1)
			n := func(key string) int { return number(t, v.Items[0], key) }
			c := xtext.Length(v.text(t))
			return result{
					n("weightedLength"), n("permillage"), n("displayRangeStart"), n("displayRangeEnd"),
					n("validRangeStart"), n("validRangeEnd"), v.Items[0]["valid"] == "true",
				}, result{
					c.Length, c.Permillage, 0, max(c.Total.UTF16-1, 0), 0, max(c.Fits.UTF16-1, 0), c.Valid,
				}
		})
	}
}

// found is an entity as the vectors write it down.
type found struct {
	Value   string
	Indices [2]int
}

func TestVectorsExtract(t *testing.T) {
	vectors := readVectors(t, "extract.yml")
	sections := map[string]struct {
		kinds []xtext.Kind
		field string // of the value, in sections with indices
	}{
		"mentions":                       {[]xtext.Kind{xtext.Mention, xtext.List}, ""},
		"mentions_with_indices":          {[]xtext.Kind{xtext.Mention, xtext.List}, "screen_name"},
		"mentions_or_lists_with_indices": {[]xtext.Kind{xtext.Mention, xtext.List}, "screen_name"},
		"urls":                           {[]xtext.Kind{xtext.URL}, ""},
		"urls_with_indices":              {[]xtext.Kind{xtext.URL}, "url"},
		"urls_with_directional_markers":  {[]xtext.Kind{xtext.URL}, "url"},
		"tco_urls_with_params":           {[]xtext.Kind{xtext.URL}, ""},
		"hashtags":                       {[]xtext.Kind{xtext.Hashtag}, ""},
		"hashtags_from_astral":           {[]xtext.Kind{xtext.Hashtag}, ""},
		"hashtags_with_indices":          {[]xtext.Kind{xtext.Hashtag}, "hashtag"},
		"cashtags":                       {[]xtext.Kind{xtext.Cashtag}, ""},
		"cashtags_with_indices":          {[]xtext.Kind{xtext.Cashtag}, "cashtag"},
	}
	require.Len(t, vectors, len(sections)+1, "a section has no judge")
	for section, s := range sections {
		conform(t, section, vectors[section], exceptions, func(t *testing.T, v vector) (want, got any) {
			text := v.text(t)
			es := xtext.Find(text, s.kinds...)
			if s.field == "" {
				values := []string{}
				for _, e := range es {
					require.Equal(t, e.Value, e.Span.In(text)[len(e.Span.In(text))-len(e.Value):])
					values = append(values, e.Value)
				}
				return v.list(t), values
			}
			expected, runes, units := []found{}, []found{}, []found{}
			for _, item := range v.Items {
				expected = append(expected, found{scalar(t, item[s.field]) + scalar(t, item["list_slug"]), indices(t, item)})
			}
			for _, e := range es {
				value := e.Value
				if e.Kind == xtext.List && section == "mentions_or_lists_with_indices" {
					value += "/" + e.Slug
				}
				runes = append(runes, found{value, [2]int{e.Span.Start.Rune, e.Span.End.Rune}})
				units = append(units, found{value, [2]int{e.Span.Start.UTF16, e.Span.End.UTF16}})
			}
			if !astral(text) {
				require.Equal(t, runes, units)
			}
			return expected, runes
		})
	}
	conform(t, "replies", vectors["replies"], exceptions, func(t *testing.T, v vector) (want, got any) {
		return v.scalar(t, "expected"), xtext.ReplyTo(v.text(t))
	})
}

func astral(s string) bool {
	for _, r := range s {
		if r > 0xFFFF {
			return true
		}
	}
	return false
}

var anchor = regexp.MustCompile(`<a [^>]*>(.*?)</a>`)

// TestVectorsAutolink takes from the expected HTML what is linked. The HTML
// itself is no matter of this package.
func TestVectorsAutolink(t *testing.T) {
	vectors := readVectors(t, "autolink.yml")
	sections := map[string][]xtext.Kind{
		"usernames": {xtext.Mention, xtext.List}, "lists": {xtext.Mention, xtext.List}, "hashtags": {xtext.Hashtag},
		"urls": {xtext.URL}, "cashtags": {xtext.Cashtag}, "all": {xtext.URL, xtext.Mention, xtext.List, xtext.Hashtag, xtext.Cashtag},
	}
	require.Len(t, vectors, len(sections)+1, "a section has no judge")
	for section, kinds := range sections {
		conform(t, "autolink "+section, vectors[section], exceptions, func(t *testing.T, v vector) (want, got any) {
			text, linked, ours := v.text(t), []string{}, []string{}
			for _, m := range anchor.FindAllStringSubmatch(v.scalar(t, "expected"), -1) {
				linked = append(linked, html.UnescapeString(m[1]))
			}
			for _, e := range xtext.Find(text, kinds...) {
				value := e.Span.In(text)
				if e.Kind == xtext.URL && !strings.Contains(value, "://") {
					continue // the linker of the vectors wants a scheme
				}
				if e.Kind == xtext.Mention || e.Kind == xtext.List {
					value = value[len(value)-len(e.Value):] // the sign stands outside the anchor
					if e.Kind == xtext.List {
						value = e.Value + "/" + e.Slug
					}
				}
				ours = append(ours, value)
			}
			return linked, ours
		})
	}
	conform(t, "autolink json", vectors["json"], exceptions, func(t *testing.T, v vector) (want, got any) {
		type place struct{ Indices [2]int }
		var given struct {
			Hashtags, URLs []place
			Mentions       []place `json:"user_mentions"`
		}
		require.NoError(t, json.Unmarshal([]byte(v.scalar(t, "json")), &given))
		ours := given
		ours.Hashtags, ours.URLs, ours.Mentions = []place{}, []place{}, []place{}
		for _, e := range xtext.Entities(v.text(t)) {
			p := place{[2]int{e.Span.Start.Rune, e.Span.End.Rune}}
			switch e.Kind {
			case xtext.Hashtag:
				ours.Hashtags = append(ours.Hashtags, p)
			case xtext.URL:
				ours.URLs = append(ours.URLs, p)
			default:
				ours.Mentions = append(ours.Mentions, p)
			}
		}
		return fmt.Sprint(given), fmt.Sprint(ours)
	})
}
