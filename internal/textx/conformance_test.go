package textx_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/textx"
)

func TestTwitterConfigMatchesPublished(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(vectorDir(t), "config-v3.json"))
	require.NoError(t, err)
	var published textx.WeightedConfig
	require.NoError(t, json.Unmarshal(data, &published))
	require.Empty(t, cmp.Diff(published, textx.TwitterConfig()))
}

func TestConformanceWeighted(t *testing.T) {
	vectors := readVectors(t, "validate.yml")
	v1 := textx.WeightedConfig{Version: 1, MaxWeightedLength: 140, Scale: 1, DefaultWeight: 1, URLLength: 23}
	v2, v3 := textx.TwitterConfig(), textx.TwitterConfig()
	v2.Version, v2.EmojiParsing = 2, false
	for section, cfg := range map[string]textx.WeightedConfig{
		"WeightedTweetsCounterTest":                    v2,
		"WeightedTweetsWithDiscountedEmojiCounterTest": v3,
		"UnicodeDirectionalMarkerCounterTest":          v3,
	} {
		tally(t, section, vectors[section], func(t *testing.T, c vectorCase) {
			require.Len(t, c.Items, 1)
			got := textx.Weighted(c.Text, cfg)
			require.LessOrEqual(t, got.ValidBytes, len(c.Text))
			got.ValidBytes = 0
			want := c.Items[0]
			require.Equal(t, textx.WeightedResult{
				Length: intField(t, want, "weightedLength"), Valid: want["valid"] == "true", Permillage: intField(t, want, "permillage"),
				DisplayStart: intField(t, want, "displayRangeStart"), DisplayEnd: intField(t, want, "displayRangeEnd"),
				ValidStart: intField(t, want, "validRangeStart"), ValidEnd: intField(t, want, "validRangeEnd"),
			}, got)
		})
	}
	tally(t, "tweets", vectors["tweets"], func(t *testing.T, c vectorCase) {
		require.Equal(t, c.Expected == "true", textx.Weighted(c.Text, v1).Valid)
	})
}

// TestConformanceValidate judges names by extracting them: valid is what is
// one entity from end to end.
func TestConformanceValidate(t *testing.T) {
	vectors := readVectors(t, "validate.yml")
	for section, kind := range map[string]textx.Kind{
		"usernames": textx.Mention, "lists": textx.Mention, "hashtags": textx.Hashtag, "urls_without_protocol": textx.URL,
	} {
		tally(t, section, vectors[section], func(t *testing.T, c vectorCase) {
			es := textx.Extract(c.Text, textx.TwitterRules())
			whole := len(es) == 1 && es[0].Kind == kind && es[0].Start == 0 && es[0].End == len(c.Text)
			if section == "lists" {
				whole = whole && strings.Contains(es[0].Value, "/")
			}
			require.Equal(t, c.Expected == "true", whole)
		})
	}
}

func TestConformanceExtract(t *testing.T) {
	vectors := readVectors(t, "extract.yml")
	mentions := textx.Rules{Mentions: textx.MentionTwitter}
	urls := textx.Rules{URLs: textx.URLTwitter}
	hashtags := textx.Rules{URLs: textx.URLTwitter, Hashtags: textx.HashtagTwitter}
	cash := textx.Rules{Cashtags: true}
	for _, s := range []struct {
		section string
		rules   textx.Rules
		kind    textx.Kind
		field   string // of the value, in sections with indices
	}{
		{"mentions", mentions, textx.Mention, ""},
		{"mentions_with_indices", mentions, textx.Mention, "screen_name"},
		{"mentions_or_lists_with_indices", mentions, textx.Mention, "screen_name"},
		{"urls", urls, textx.URL, ""},
		{"urls_with_indices", urls, textx.URL, "url"},
		{"urls_with_directional_markers", urls, textx.URL, "url"},
		{"tco_urls_with_params", urls, textx.URL, ""},
		{"hashtags", hashtags, textx.Hashtag, ""},
		{"hashtags_from_astral", hashtags, textx.Hashtag, ""},
		{"hashtags_with_indices", hashtags, textx.Hashtag, "hashtag"},
		{"cashtags", cash, textx.Cashtag, ""},
		{"cashtags_with_indices", cash, textx.Cashtag, "cashtag"},
	} {
		tally(t, s.section, vectors[s.section], func(t *testing.T, c vectorCase) {
			es := slices.DeleteFunc(textx.Extract(c.Text, s.rules), func(e textx.Entity) bool { return e.Kind != s.kind })
			if s.field == "" {
				got := []string{}
				for _, e := range es {
					got = append(got, e.Value)
				}
				require.Equal(t, unquoteList(t, c.Expected), got)
				return
			}
			got, want := []string{}, []string{}
			for _, e := range es {
				got = append(got, fmt.Sprintf("%s [%d, %d]", e.Value, textx.UTF16Units(c.Text[:e.Start]), textx.UTF16Units(c.Text[:e.End])))
			}
			for _, item := range c.Items {
				value := unquote(t, item[s.field]) + unquote(t, item["list_slug"])
				want = append(want, value+" "+item["indices"])
			}
			require.Equal(t, want, got)
		})
	}
}

// TestConformanceReplies: a reply is a mention with nothing but white space
// before it.
func TestConformanceReplies(t *testing.T) {
	tally(t, "replies", readVectors(t, "extract.yml")["replies"], func(t *testing.T, c vectorCase) {
		got := ""
		found := textx.Extract(c.Text, textx.Rules{Mentions: textx.MentionTwitter})
		if len(found) > 0 && strings.TrimSpace(c.Text[:found[0].Start]) == "" {
			got = found[0].Value
		}
		require.Equal(t, unquote(t, c.Expected), got)
	})
}
