package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSample(t *testing.T) {
	page := filepath.Join(t.TempDir(), "report.html")
	var out, errOut bytes.Buffer
	require.Equal(t, 0, run([]string{"-as-of", "2026-10-01", "-html", page}, &out, &errOut), errOut.String())

	for _, want := range []string{
		"5 rows of instagram-posts", "18 of 18 headers", // recognised
		"2066", // likes: 212 + 1033 + 305 + 18 + 498
		"instagram 17840000000000007",
	} {
		require.Contains(t, strings.ReplaceAll(out.String(), ",", ""), strings.ReplaceAll(want, ",", ""), out.String())
	}
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "</html>")
	require.NotContains(t, string(html), "<script")
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.csv")
	require.NoError(t, os.WriteFile(broken, []byte(strings.ReplaceAll(sample, ",212,", ",=2+2,")), 0o600))
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"a cell":        {[]string{broken}, 1, `column 14 ("Likes"): "=2+2": this is not a number`},
		"another file":  {[]string{"main.go"}, 1, "this export is not known"},
		"no file":       {[]string{"nowhere.csv"}, 1, "nowhere.csv"},
		"other account": {[]string{"-channel", "x/channel/1"}, 1, "want a channel of instagram"},
		"no account":    {[]string{"-channel", "x"}, 2, "want platform"},
		"no day":        {[]string{"-as-of", "soon"}, 2, "soon"},
		"a period":      {[]string{"-period", "2026-09-30/2026-09-01"}, 2, "a day, a slash"},
		"no flag":       {[]string{"-colour"}, 2, "-colour"},
	} {
		var out, errOut bytes.Buffer
		require.Equal(t, c.code, run(c.args, &out, &errOut), name)
		require.Contains(t, errOut.String(), c.want, name)
		require.Empty(t, out.String(), name)
	}
}
