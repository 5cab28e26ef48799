package moderation_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/smm"
)

func says(v moderation.Verdict, err error) moderation.Filter {
	return moderation.FilterFunc(func(context.Context, *smm.Message) (moderation.Verdict, error) { return v, err })
}

func TestActionsAreOrdered(t *testing.T) {
	all := moderation.Actions()
	for i, a := range all {
		require.True(t, a.Valid())
		require.Positive(t, a.Compare("nonsense"), a)
		for j, b := range all {
			require.Equal(t, i < j, a.Compare(b) < 0, "%s and %s", a, b)
		}
	}
	require.True(t, moderation.Action("").Valid())
	require.Zero(t, moderation.Action("").Compare(moderation.ActionAllow))
	require.False(t, moderation.Action("nonsense").Valid())
}

func TestChain(t *testing.T) {
	reason := func(a moderation.Action, code string) moderation.Verdict {
		return moderation.Verdict{Action: a, Score: 0.5, Reasons: []moderation.Reason{{Code: code, Action: a}}}
	}
	hide, allow, block := reason(moderation.ActionHide, "h"), reason(moderation.ActionAllow, "a"), reason(moderation.ActionBlock, "b")
	broken := errors.New("no answer")
	for name, c := range map[string]struct {
		filters []moderation.Filter
		want    moderation.Action
		reasons int
		err     error
	}{
		"none":                     {nil, moderation.ActionAllow, 0, nil},
		"a zero verdict":           {[]moderation.Filter{says(moderation.Verdict{}, nil)}, moderation.ActionAllow, 0, nil},
		"the strongest, any order": {[]moderation.Filter{says(hide, nil), says(block, nil), says(allow, nil)}, moderation.ActionBlock, 3, nil},
		"an error holds":           {[]moderation.Filter{says(allow, nil), says(moderation.Verdict{}, broken)}, moderation.ActionHold, 2, broken},
		"an error stops nothing":   {[]moderation.Filter{says(moderation.Verdict{}, broken), says(block, nil)}, moderation.ActionBlock, 2, broken},
		"an unknown action holds":  {[]moderation.Filter{says(reason("nuke", "n"), nil)}, moderation.ActionHold, 2, smm.ErrInvalid},
		"an error with a verdict":  {[]moderation.Filter{says(hide, broken)}, moderation.ActionHide, 2, broken},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := moderation.Chain(c.filters...).Filter(t.Context(), &smm.Message{})
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.want, v.Action)
			require.Len(t, v.Reasons, c.reasons)
			require.Equal(t, c.want == moderation.ActionAllow, v.Allowed())
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v, err := moderation.Chain(says(allow, nil)).Filter(ctx, &smm.Message{})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, moderation.ActionHold, v.Action, "what was not looked at is not allowed")
}
