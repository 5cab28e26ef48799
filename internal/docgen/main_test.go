package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/internal/evidence"
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
	require.Contains(t, capabilityTable(reports), "| `post.poll` | – | – | – | yes | yes | yes |")
	require.Contains(t, guaranteeTable(reports), "| Bluesky | post | key | the same key is sent again, at any time")
}

func TestKPIPageNamesEveryDefinition(t *testing.T) {
	page := kpiPage()
	require.Contains(t, page, "| `cpm` | Cost per 1,000 impressions (CPM) | money | 1000 * spend / impressions | `spend` | `impressions` |")
	require.Contains(t, page, "| `revenue`, less `spend` | `spend` |")
	require.Equal(t, len(analytics.Definitions())+2, strings.Count(page, "\n|"))
}

func TestEvidence(t *testing.T) {
	proofs := []proof{{"Some", "some", []evidence.Row{
		{Operation: "a.get", Level: evidence.RealServer, Against: "server", Version: "2", Date: "2026-11-26"},
		{Operation: "a.list", Level: evidence.Contract, Against: "schema", Version: "1", Date: "2026-11-25"},
		{Operation: "a.put", Level: evidence.Documentation},
	}, []evidence.Deviation{{From: "schema", Says: "one", Here: "two", Excuses: []string{"p"}}}}}
	require.Contains(t, evidenceTable(proofs), "| [Some](platforms/EVIDENCE.md#some) | 3 | 1 | 0 | 1 | 1 |")
	page := evidencePage(proofs)
	require.Contains(t, page, "| `a.get` | real server | server | 2 | 2026-11-26 |")
	require.Contains(t, page, "| `a.put` | documentation | nothing further | – | – |")
	require.Contains(t, page, "| schema | one | two | 1 |")
}

// TestNothingDrifted: what is committed is what would be generated.
func TestNothingDrifted(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "platforms"), os.DirFS("../../platforms")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "docs"), 0o755))
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), readme, 0o600))
	require.NoError(t, run(t.Context(), filepath.Join(dir, "README.md")))
	for _, name := range []string{"README.md", "platforms/EVIDENCE.md", "docs/kpis.md"} {
		want, err := os.ReadFile("../../" + name)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s: run go generate ./internal/docgen", name)
	}
}
