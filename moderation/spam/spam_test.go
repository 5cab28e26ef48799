package spam_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/moderation/spam"
	"github.com/smmkit/smmkit/smm"
)

func TestFilter(t *testing.T) {
	f, err := spam.New(spam.Config{MaxMentions: 2, MaxHashtags: 3, LinksOnly: true})
	require.NoError(t, err)
	marked := smm.Message{Text: "@a @b hello", Entities: []smm.Entity{
		{Kind: smm.EntityMention, Start: 0, End: 2}, {Kind: smm.EntityMention, Start: 3, End: 5}, {Kind: smm.EntityMention, Start: -4, End: 99},
	}}
	for _, c := range []struct {
		m    smm.Message
		want string
	}{
		{smm.Message{Text: "hello"}, ""},
		{smm.Message{Text: "thanks @a and @b@host.example"}, ""},
		{marked, ""},
		{smm.Message{Text: "@a @b @c hi"}, "spam.mentions"},
		{smm.Message{Text: "#a #b #c nice"}, ""},
		{smm.Message{Text: "#a #b #c #d nice"}, "spam.hashtags"},
		{smm.Message{Text: "https://win.com/now"}, "spam.links-only"},
		{smm.Message{Text: "  @a https://win.com #b "}, "spam.links-only"},
		{smm.Message{Text: "@a #b"}, ""},
		{smm.Message{Text: "look: https://win.com"}, ""},
		{smm.Message{Text: smm.Untrusted("https://win.com " + strings.Repeat("@aa #bb ", 50))}, "spam.mentions spam.hashtags spam.links-only"},
	} {
		v, err := f.Filter(t.Context(), &c.m)
		require.NoError(t, err)
		var codes []string
		for _, r := range v.Reasons {
			codes = append(codes, r.Code)
		}
		require.Equal(t, c.want, strings.Join(codes, " "), c.m.Text)
		require.Equal(t, c.want != "", v.Action == moderation.ActionHold)
	}
}

func TestNewListsAllErrors(t *testing.T) {
	_, err := spam.New(spam.Config{MaxMentions: -1, MaxHashtags: -2, Action: "nuke"})
	require.ErrorIs(t, err, smm.ErrInvalid)
	for _, want := range []string{"max_mentions", "max_hashtags", "nuke"} {
		require.ErrorContains(t, err, want)
	}
	f, err := spam.New(spam.Config{})
	require.NoError(t, err)
	v, err := f.Filter(t.Context(), &smm.Message{Text: "@a @b @c https://x.com"})
	require.NoError(t, err)
	require.True(t, v.Allowed())
}
