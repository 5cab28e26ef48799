package textx_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// vectorCase is one entry of a conformance file. Expected is the text after
// "expected:" on its line; Items are the entries of a list or the one map
// below it.
type vectorCase struct {
	Description, Text, Expected string
	Items                       []map[string]string
}

// vectorDir finds the twitter-text vectors: in the folder that SMMKIT_SHARED
// names, or in a folder "shared" beside one of the parents.
func vectorDir(t *testing.T) string {
	t.Helper()
	roots := []string{os.Getenv("SMMKIT_SHARED")}
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		roots = append(roots, filepath.Join(dir, "..", "shared"))
	}
	for _, root := range roots {
		d := filepath.Join(root, "vectors", "twitter-text")
		if _, err := os.Stat(filepath.Join(d, "validate.yml")); root != "" && err == nil {
			return d
		}
	}
	t.Skip("the vectors of twitter-text are not here; set SMMKIT_SHARED to the folder that holds vectors/twitter-text")
	return ""
}

// readVectors reads the subset of YAML that the vector files use.
func readVectors(t *testing.T, name string) map[string][]vectorCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectorDir(t), name))
	require.NoError(t, err)
	sections := map[string][]vectorCase{}
	section := ""
	for n, line := range strings.Split(string(data), "\n") {
		body := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if body == "" || body[0] == '#' || indent == 0 {
			continue
		}
		if indent == 2 {
			section = strings.TrimSuffix(body, ":")
			continue
		}
		item := strings.HasPrefix(body, "- ")
		key, value, ok := strings.Cut(strings.TrimPrefix(body, "- "), ":")
		require.True(t, ok, "%s line %d", name, n+1)
		value = strings.TrimSpace(value)
		cases := sections[section]
		if indent == 4 && item {
			sections[section] = append(cases, vectorCase{Description: unquote(t, value)})
			continue
		}
		last := &cases[len(cases)-1]
		switch {
		case indent == 6 && key == "text":
			last.Text = unquote(t, value)
		case indent == 6:
			last.Expected = value
		default:
			if item || len(last.Items) == 0 {
				last.Items = append(last.Items, map[string]string{})
			}
			last.Items[len(last.Items)-1][key] = value
		}
	}
	return sections
}

func unquote(t *testing.T, s string) string {
	t.Helper()
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	v, err := strconv.Unquote(s)
	require.NoError(t, err, s)
	return v
}

// unquoteList reads ["a", "b"].
func unquoteList(t *testing.T, s string) []string {
	t.Helper()
	list := []string{}
	for s = strings.Trim(s, "[] "); s != ""; s = strings.TrimLeft(s, ", ") {
		q, err := strconv.QuotedPrefix(s)
		require.NoError(t, err, s)
		list = append(list, unquote(t, q))
		s = s[len(q):]
	}
	return list
}

func intField(t *testing.T, item map[string]string, key string) int {
	t.Helper()
	n, err := strconv.Atoi(item[key])
	require.NoError(t, err, key)
	return n
}

// tally runs every case of a section and logs how many passed.
func tally(t *testing.T, name string, cases []vectorCase, run func(t *testing.T, c vectorCase)) {
	t.Helper()
	require.NotEmpty(t, cases, "section %s is missing", name)
	passed := 0
	for _, c := range cases {
		if t.Run(name+"/"+c.Description, func(t *testing.T) { run(t, c) }) {
			passed++
		}
	}
	t.Logf("%s: %d of %d", name, passed, len(cases))
}
