package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/moderation/policy"
	"github.com/smmkit/smmkit/smm"
)

const sample = `{
  "keywords": {
    "patterns": [
      {"pattern": "idiot*", "action": "hide", "category": "abuse", "score": 0.9},
      {"pattern": "free money", "action": "delete", "category": "spam", "plain": true}
    ],
    "exceptions": ["idiotproof"], "names": true
  },
  "links": {"deny": ["spam.example"], "shorteners": [], "max": 2, "max_action": "flag"},
  "spam": {"max_mentions": 3, "max_hashtags": 5, "links_only": true, "action": "hold"}
}`

func TestLoad(t *testing.T) {
	f, err := policy.Load(strings.NewReader(sample))
	require.NoError(t, err)
	for text, want := range map[string]moderation.Action{
		"When do you open?": moderation.ActionAllow,
		"You 1d10t":         moderation.ActionHide,
		"It is idiotproof":  moderation.ActionAllow,
		"Get free money at https://spam.example now":    moderation.ActionDelete,
		"https://bit.ly/x is fine here":                 moderation.ActionAllow,
		"https://a.com https://b.com https://c.com see": moderation.ActionFlag,
		"@a @b @c @d hello":                             moderation.ActionHold,
	} {
		v, err := f.Filter(t.Context(), &smm.Message{Text: smm.Untrusted(text)})
		require.NoError(t, err)
		require.Equal(t, want, v.Action, text)
	}
	f, err = policy.Load(strings.NewReader(`{}`))
	require.NoError(t, err)
	v, err := f.Filter(t.Context(), &smm.Message{Text: "You idiot https://bit.ly/x"})
	require.NoError(t, err)
	require.True(t, v.Allowed())
}

func TestLoadListsAllErrors(t *testing.T) {
	_, err := policy.Load(strings.NewReader(`{
	  "keywords": {"patterns": [{"pattern": 7, "colour": 1}, "x", {"Pattern": "y"}], "exceptions": {}, "names": "yes"},
	  "links": {"deny": [1, "ok.example"], "max": 1.5, "max": 2, "deny_action": null}, "spam": [], "extra": {}
	}`))
	require.ErrorIs(t, err, smm.ErrInvalid)
	for _, want := range []string{
		"keywords.patterns[0].pattern: want a text", "keywords.patterns[0].colour: unknown", "keywords.patterns[1]: want an object", "keywords.patterns[2].Pattern: unknown",
		"keywords.exceptions: want an array", "keywords.names: want true or false", "links.deny[0]: want a text", "links.max: want a whole number", "links.max: given twice",
		"links.deny_action: want a text", "spam: want an object", "extra: unknown key",
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = policy.Load(strings.NewReader(`{"keywords": {"patterns": [{"pattern": "*"}, {"pattern": "ok", "action": "nuke"}]}, "links": {"deny": ["x"]}, "spam": {"max_mentions": -1}}`))
	for _, want := range []string{"patterns[0]", "patterns[1]", "deny[0]", "max_mentions"} {
		require.ErrorContains(t, err, want)
	}
	for _, text := range []string{"", "{", "[]", "null", `{"a":1} x`, "\xff"} {
		_, err := policy.Load(strings.NewReader(text))
		require.ErrorIs(t, err, smm.ErrInvalid, text)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(sample)
	f.Add(`{"keywords":{"patterns":[{"pattern":"a*b"}]}}`)
	f.Add(`{"links":{"deny":["xn--99999"]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := policy.Load(strings.NewReader(text))
		if err != nil {
			require.Nil(t, filter)
			return
		}
		_, err = filter.Filter(t.Context(), &smm.Message{Text: smm.Untrusted(text)})
		require.NoError(t, err)
	})
}
