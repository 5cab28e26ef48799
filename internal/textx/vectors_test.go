package textx_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/sharedspec"
)

// vectorCase is one entry of a conformance file. Expected is the text after
// "expected:" on its line; Items are the entries of a list or the one map
// below it.
type vectorCase struct {
	Description, Text, Expected string
	Items                       []map[string]string
}

// vectorDir is where the vectors of twitter-text are; the test is skipped, or
// fails if they are required, when they are absent.
func vectorDir(t *testing.T) string {
	t.Helper()
	return filepath.Join(sharedspec.Dir(t), "vectors", "twitter-text")
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
