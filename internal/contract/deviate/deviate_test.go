package deviate_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/deviate"
)

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestMistakes(t *testing.T) {
	value := func() any {
		return map[string]any{"list": []any{map[string]any{"n": json.Number("1")}, map[string]any{"n": json.Number("2")}}, "s": "x"}
	}
	v := value()
	path := []any{"list", 1, "n"}
	require.JSONEq(t, `{"list":[{"n":1},{}],"s":"x"}`, text(t, deviate.Remove(v, path).Value))
	require.JSONEq(t, `{"list":[{"n":1},{"nn":2}],"s":"x"}`, text(t, deviate.Rename(v, path).Value))
	var swapped []string
	for _, m := range deviate.Swap(v, path) {
		swapped = append(swapped, text(t, m.Now()))
	}
	require.Equal(t, []string{"null", "true", "0.5", `"seven"`, `["seven"]`, `{"seven":"7"}`}, swapped)
	require.Equal(t, value(), v, "the value itself stays as it is")

	focused, at := deviate.Focus(v, path)
	require.JSONEq(t, `{"list":[{"n":2}],"s":"x"}`, text(t, focused))
	require.Equal(t, []any{"list", 0, "n"}, at)

	m := deviate.Remove(v, []any{"s"})
	require.JSONEq(t, `{"other":1}`, text(t, m.Again(map[string]any{"s": "y", "other": 1})))
	require.Equal(t, "/s missing ", m.String())
}

// TestEach: each place once for all elements of a list, and the whole.
func TestEach(t *testing.T) {
	v := map[string]any{"list": []any{map[string]any{"n": "1"}, map[string]any{"n": "2"}}}
	found := make(map[string]bool)
	for _, m := range deviate.Each(v) {
		require.False(t, found[m.String()], "%s twice", m)
		found[m.String()] = true
	}
	// list: missing, renamed, 6 swaps; list/*: 6; list/*/n: missing, renamed, 7; the whole: 6 (one of its own kind less)
	require.Len(t, found, 8+6+8+6)
	require.True(t, found["/list/0/n missing "])
}
