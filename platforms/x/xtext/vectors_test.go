package xtext_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/sharedspec"
)

// vector is one case of a conformance file. Fields are the lines below its
// description as they are written; Items are the maps below "expected:".
type vector struct {
	Description string
	Fields      map[string]string
	Items       []map[string]string
}

func (v vector) text(t *testing.T) string { return v.scalar(t, "text") }

// scalar is the value of a field that every case of its section must have.
func (v vector) scalar(t *testing.T, field string) string {
	t.Helper()
	raw, ok := v.Fields[field]
	require.True(t, ok, "no field %s", field)
	return scalar(t, raw)
}

func (v vector) yes(t *testing.T) bool {
	t.Helper()
	yes, err := strconv.ParseBool(v.scalar(t, "expected"))
	require.NoError(t, err)
	return yes
}

// list reads ["a", "b"], which in these files is JSON but for \U.
func (v vector) list(t *testing.T) []string {
	t.Helper()
	raw := v.Fields["expected"]
	require.Regexp(t, `^\[.*\]$`, raw)
	out := []string{}
	for rest := strings.TrimSpace(raw[1 : len(raw)-1]); rest != ""; rest = strings.TrimLeft(rest, ", ") {
		quoted, err := strconv.QuotedPrefix(rest)
		require.NoError(t, err, raw)
		out = append(out, scalar(t, quoted))
		rest = rest[len(quoted):]
	}
	return out
}

// scalar reads a YAML scalar: in double quotes with escapes that are those of
// Go, in single quotes, or plain.
func scalar(t *testing.T, raw string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(raw, `"`):
		// The files escape a slash and a single quote now and then, which Go does not.
		s, err := strconv.Unquote(strings.NewReplacer(`\\`, `\\`, `\/`, `/`, `\'`, `'`).Replace(raw))
		require.NoError(t, err, raw)
		return s
	case strings.HasPrefix(raw, `'`):
		require.True(t, len(raw) > 1 && strings.HasSuffix(raw, `'`), raw)
		return strings.ReplaceAll(raw[1:len(raw)-1], `''`, `'`)
	}
	return raw
}

var descriptionLine = regexp.MustCompile(`(?m)^ *- description:`)

// readVectors reads the subset of YAML that the files of twitter-text use, and
// fails on anything that it does not understand.
func readVectors(t *testing.T, name string) map[string][]vector {
	t.Helper()
	data := string(sharedspec.Read(t, "vectors/twitter-text/"+name))
	sections := map[string][]vector{}
	section, total := "", 0
	for n, line := range strings.Split(data, "\n") {
		body := strings.TrimSpace(line)
		if body == "" || body[0] == '#' || body == "tests:" {
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		item := strings.HasPrefix(body, "- ")
		key, value, ok := strings.Cut(strings.TrimPrefix(body, "- "), ":")
		require.True(t, ok, "%s:%d", name, n+1)
		value = strings.TrimSpace(value)
		cases := sections[section]
		switch {
		case indent == 2 && !item && value == "":
			section = key
			require.NotContains(t, sections, section, "%s:%d", name, n+1)
		case indent == 4 && key == "description" && item:
			sections[section] = append(cases, vector{Description: scalar(t, value), Fields: map[string]string{}})
			total++
		case indent == 6 && !item && len(cases) > 0:
			fields := cases[len(cases)-1].Fields
			require.NotContains(t, fields, key, "%s:%d", name, n+1)
			fields[key] = value
		case indent >= 8 && len(cases) > 0:
			last := &cases[len(cases)-1]
			if item || len(last.Items) == 0 {
				last.Items = append(last.Items, map[string]string{})
			}
			last.Items[len(last.Items)-1][key] = value
		default:
			require.Failf(t, "cannot read", "%s:%d: %s", name, n+1, line)
		}
	}
	require.Len(t, descriptionLine.FindAllString(data, -1), total, "cases were lost in %s", name)
	requireSectionSizes(t, name, data, sections)
	return sections
}

// requireSectionSizes counts again, by cutting the file at its headings.
func requireSectionSizes(t *testing.T, name, data string, sections map[string][]vector) {
	t.Helper()
	heading := regexp.MustCompile(`(?m)^  (\w+):[ \t]*$`)
	found := heading.FindAllStringSubmatchIndex(data, -1)
	require.Len(t, sections, len(found), "sections of %s", name)
	for i, at := range found {
		end := len(data)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		title := data[at[2]:at[3]]
		require.Len(t, sections[title], strings.Count(data[at[1]:end], "- description:"), "%s: %s", name, title)
	}
}

// conform runs every case of a section and logs how many hold. A case that is
// named in exceptions, with the reason, must not hold.
func conform(t *testing.T, section string, cases []vector, exceptions map[string]string, holds func(t *testing.T, v vector) (want, got any)) {
	t.Helper()
	require.NotEmpty(t, cases, "section %s is missing", section)
	passed, excepted := 0, 0
	for _, v := range cases {
		t.Run(section+"/"+v.Description, func(t *testing.T) {
			want, got := holds(t, v)
			if reason, ok := exceptions[section+": "+v.Description]; ok {
				excepted++
				require.NotEqual(t, want, got, "this vector holds now; take it off the list of exceptions (%s)", reason)
				return
			}
			require.Equal(t, want, got, "%+q", v.text(t))
			passed++
		})
	}
	named := 0
	for key := range exceptions {
		if strings.HasPrefix(key, section+": ") {
			named++
		}
	}
	require.Equal(t, named, excepted, "%s: an exception names no vector, or one that two bear", section)
	t.Logf("vectors %s: %d of %d, %d excepted", section, passed, len(cases), excepted)
}

func number(t *testing.T, item map[string]string, key string) int {
	t.Helper()
	n, err := strconv.Atoi(item[key])
	require.NoError(t, err, key)
	return n
}

func indices(t *testing.T, item map[string]string) (out [2]int) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(item["indices"]), &out), item)
	return out
}
