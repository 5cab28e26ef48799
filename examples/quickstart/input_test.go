package main

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// copyOfFiles copies the program's files to a folder, for -files.
func copyOfFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, builtIn))
	return dir
}

func TestFilesOfOnesOwn(t *testing.T) {
	own, err := loadPlan(copyOfFiles(t))
	require.NoError(t, err)
	built, err := loadPlan("")
	require.NoError(t, err)
	require.Equal(t, built.rows, own.rows)
	require.Len(t, own.rows, wantRows)
}

func TestBadInput(t *testing.T) {
	with := func(name, content string) func(t *testing.T) []string {
		return func(t *testing.T) []string {
			dir := copyOfFiles(t)
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
			return []string{"-files", dir}
		}
	}
	without := func(name string) func(t *testing.T) []string {
		return func(t *testing.T) []string {
			dir := copyOfFiles(t)
			require.NoError(t, os.Remove(filepath.Join(dir, name)))
			return []string{"-files", dir}
		}
	}
	args := func(a ...string) func(*testing.T) []string { return func(*testing.T) []string { return a } }
	guide, err := fs.ReadFile(builtIn, "guide.json")
	require.NoError(t, err)

	for name, c := range map[string]struct {
		args func(t *testing.T) []string
		env  map[string]string
		want []string
	}{
		"unknown flag":        {args: args("-colour"), want: []string{"-colour", "-h"}},
		"argument":            {args: args("start"), want: []string{`"start"`}},
		"live and connect":    {args: args("-live", "-connect", "http://127.0.0.1:1"), want: []string{"choose one"}},
		"step":                {args: args("-step", "-1s"), want: []string{"-step"}},
		"timeout":             {args: args("-timeout", "0s"), want: []string{"-timeout"}},
		"connect to nonsense": {args: args("-connect", "localhost:80"), want: []string{"control URL"}},
		"live without a word": {args: args("-live"), want: []string{
			"BLUESKY_SERVER", "BLUESKY_IDENTIFIER", "BLUESKY_APP_PASSWORD", "MASTODON_SERVER", "MASTODON_TOKEN",
			"FACEBOOK_TOKEN", "INSTAGRAM_TOKEN", "THREADS_TOKEN", "X_ACCESS_TOKEN",
		}},
		"live with half a login": {
			args: args("-live"), env: map[string]string{"MASTODON_SERVER": "https://social.example"}, want: []string{"MASTODON_TOKEN"},
		},
		"hurry alone":      {args: args("-hurry"), want: []string{"-connect"}},
		"media for nobody": {args: args("-media-url", "https://shop.example"), want: []string{"-media-url"}},
		"media address":    {args: args("-media-addr", "nowhere"), want: []string{"-media-addr"}},
		"media from nowhere": {
			args: args("-live", "-media-url", "shop.example"), env: map[string]string{"THREADS_TOKEN": "token"}, want: []string{"-media-url"},
		},
		"no folder":          {args: args("-files", "does-not-exist"), want: []string{"calendar.csv"}},
		"no calendar":        {args: without("calendar.csv"), want: []string{"calendar.csv"}},
		"empty calendar":     {args: with("calendar.csv", ""), want: []string{"calendar.csv", "empty"}},
		"another calendar":   {args: with("calendar.csv", "date,text\n"), want: []string{"calendar.csv", "id,when,channels"}},
		"broken calendar":    {args: with("calendar.csv", strings.Join(columns, ",")+"\n\"a"), want: []string{"calendar.csv", "line"}},
		"guide with a typo":  {args: with("guide.json", strings.Replace(string(guide), `"tone"`, `"tonne"`, 1)), want: []string{"guide.json", "tonne"}},
		"rules with a typo":  {args: with("rules.json", `{"keyword": {}}`), want: []string{"rules.json", "keyword"}},
		"answers with a gap": {args: with("answers.json", `[{"id":"x","keywords":["x"],"template":{"id":"x","text":"{{y}}"},"values":{}}]`), want: []string{"answers.json", "x"}},
		"visitors":           {args: with("visitors.json", `[{"do":"dance","platform":"bluesky","handle":"a","row":"new-loaf"}]`), want: []string{"visitors.json", "dance", "comment"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errOut := runHere(t, c.env, append(c.args(t), "-data", t.TempDir())...)
			require.Equal(t, 2, code, errOut)
			require.Empty(t, out)
			for _, w := range c.want {
				require.Contains(t, errOut, w)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	code, _, errOut := runHere(t, nil, "-h")
	require.Zero(t, code)
	require.Contains(t, errOut, "-connect")
	require.Contains(t, errOut, "MASTODON_TOKEN")
}

func TestNobodyAnswers(t *testing.T) {
	code, _, errOut := runHere(t, nil, "-connect", "http://127.0.0.1:1", "-data", t.TempDir())
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "do not answer")
}

func TestCalendarProblems(t *testing.T) {
	file := func(rows ...[]string) string {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		require.NoError(t, w.WriteAll(append([][]string{columns}, rows...)))
		return b.String()
	}
	rows, err := parseCalendar(strings.NewReader(file(
		[]string{"a", "tomorrow", "bluesky orkut bluesky", "perhaps", "en", "", "", "", "x.jpg", "one|two", "a|b|c|d", "soon|x|y", "", "", "", ""},
		[]string{"a", "2026-12-01 10:00", "mastodon", "yes", "en", "", "fine", "", "", "", "", "", "", "", "", ""},
		[]string{"b", "2026-12-01 09:00", "mastodon", "yes"},
		[]string{"", "2026-12-01 11:00", "mastodon", "no", "en", "t", "text", "", "", "", "", "1h|x|y", "two|three", "", "", ""},
		[]string{"c", "2026-12-01 12:00", "mastodon", "yes", "en", "", "text", "story", "", "", "", "", "", "", "a", "b"},
		[]string{"d", "2026-12-01 13:00", "instagram", "yes", "en", "", "", "story", "", "", "", "", "", "", "", "a"},
		[]string{"e", "2026-12-01 14:00", "instagram", "yes", "en", "", "text", "film", "", "", "", "", "", "", "late", ""},
		[]string{"late", "2026-12-01 15:00", "mastodon", "yes", "en", "", "text", "", "", "", "", "", "", "", "", "c"},
	)))
	require.NoError(t, err)
	got := make(map[int][]string)
	for _, r := range rows {
		for _, p := range r.Problems {
			require.Equal(t, smm.SeverityError, p.Severity)
			require.Equal(t, r.Line, p.Line)
			got[r.Line] = append(got[r.Line], p.Path)
		}
	}
	require.Equal(t, map[int][]string{
		2: {"when", "channels", "channels", "approved", "text", "alt_text", "card", "poll"}, // all at once
		3: {"id"},
		4: {"row"},
		5: {"id"},
		6: {"format", "quote"},    // no stories there, and not both
		7: {"quote"},              // its channel has no such post
		8: {"format", "reply_to"}, // a format that nobody has, and a post that comes later
		9: {"quote"},              // a quote of a quote
	}, got)
	at := slices.IndexFunc(rows, func(r row) bool { return r.Line == 5 })
	require.Len(t, rows[at].Post.Thread, 2)
	require.Equal(t, []string{"x", "y"}, rows[at].Post.Poll.Options)
	require.Equal(t, "calendar:a", rows[at-1].token("mastodon"))
	last := rows[len(rows)-1]
	require.Equal(t, "calendar:late@mastodon", last.token("mastodon"))
	require.Equal(t, "late", rowOf(last.token("mastodon")))
}

func FuzzCalendar(f *testing.F) {
	b, err := fs.ReadFile(builtIn, "calendar.csv")
	require.NoError(f, err)
	f.Add(string(b))
	f.Add(strings.Join(columns, ",") + "\n,,,,,,,,,,,,,,,\n")
	f.Add(strings.Join(columns, ",") + "\na,2026-01-01 00:00,bluesky,yes,en,,x,reel,|,|,|,|,|,x,a,a\n")
	f.Fuzz(func(t *testing.T, s string) {
		rows, err := parseCalendar(strings.NewReader(s))
		if err != nil {
			return
		}
		for _, r := range rows {
			if len(r.Problems) == 0 {
				require.NotEmpty(t, r.ID)
				require.False(t, r.When.IsZero())
				require.NotEmpty(t, r.Channels)
				require.True(t, r.Post.Text != "" || r.Format == "story")
				require.False(t, r.ReplyTo != "" && r.Quotes != "")
			}
		}
	})
}

func TestDamagedFilesSayWhatToDo(t *testing.T) {
	for _, name := range []string{"connect-campaign.json", "connect-keys", "connect-campaign.db"} {
		t.Run(name, func(t *testing.T) {
			web, dir := simulators(t), t.TempDir()
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, []byte("{no\n"), 0o600))
			code, _, errOut := runHere(t, nil, "-connect", web.URL(), "-data", dir)
			require.NotZero(t, code)
			require.Contains(t, errOut, path)
		})
	}
}
