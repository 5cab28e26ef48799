package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplaceKeepsWhatIsAround(t *testing.T) {
	got, err := replace([]byte("a\n<!-- x -->\nold\n<!-- /x -->\nb\n"), "x", "new\n")
	require.NoError(t, err)
	require.Equal(t, "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n", string(got))
	_, err = replace([]byte("nothing"), "x", "new\n")
	require.Error(t, err)
}

func TestTablesNameWhatTheDriversSay(t *testing.T) {
	reports, err := survey(t.Context())
	require.NoError(t, err)
	require.Contains(t, platformTable(reports), "300 graphemes, 3000 bytes")
	require.Contains(t, platformTable(reports), "a link counts 23")
	require.Contains(t, capabilityTable(reports), "| `post.poll` | – | yes |")
	require.Contains(t, guaranteeTable(reports), "| Bluesky | post | key | the same key is sent again, at any time")
}
