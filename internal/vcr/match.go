package vcr

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// want is what identifies a request: scrubbed, in canonical form.
type want struct{ method, url, body string }

// UnmatchedError says that no recorded exchange answers a request. Everything
// it prints is scrubbed.
type UnmatchedError struct {
	Cassette     string
	Method, Path string
	// Closest describes, best first, up to three recorded requests and the
	// first thing in which each differs.
	Closest []string
}

func (e *UnmatchedError) Error() string {
	msg := fmt.Sprintf("vcr: %s has no answer for %s %s", e.Cassette, e.Method, e.Path)
	for _, c := range e.Closest {
		msg += "\n\t" + c
	}
	return msg
}

type candidate struct {
	score int
	text  string
}

// unmatched explains why none of the recorded requests fits.
func unmatched(file string, w want, recorded []want, used []bool) *UnmatchedError {
	e := &UnmatchedError{Cassette: file, Method: w.method, Path: pathOf(w.url)}
	var cs []candidate
	for i, r := range recorded {
		score, diff := difference(r, w)
		if diff == "" {
			diff = "is equal, but used up: it was asked for once more than recorded"
		} else if used[i] {
			diff += " (used up, too)"
		}
		cs = append(cs, candidate{score, fmt.Sprintf("interaction %d, %s %s: %s", i+1, r.method, pathOf(r.url), diff)})
	}
	slices.SortStableFunc(cs, func(a, b candidate) int { return b.score - a.score })
	for _, c := range cs[:min(3, len(cs))] {
		e.Closest = append(e.Closest, c.text)
	}
	return e
}

func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Path
}

// difference tells the first thing in which got differs from recorded, and how
// close the two are.
func difference(recorded, got want) (score int, text string) {
	note := func(format string, args ...any) {
		if text == "" {
			text = fmt.Sprintf(format, args...)
		}
	}
	r, rerr := url.Parse(recorded.url)
	g, gerr := url.Parse(got.url)
	if rerr != nil || gerr != nil {
		return 0, "has an address that does not parse"
	}
	if recorded.method == got.method {
		score += 2
	} else {
		note("method differs: recorded %s, now %s", recorded.method, got.method)
	}
	if r.Path == g.Path {
		score += 4
	} else {
		note("path differs: recorded %s, now %s", short(r.Path), short(g.Path))
	}
	if r.Scheme == g.Scheme && r.Host == g.Host {
		score++
	} else {
		note("server differs: recorded %s://%s, now %s://%s", r.Scheme, r.Host, g.Scheme, g.Host)
	}
	if r.RawQuery == g.RawQuery {
		score++
	} else {
		note("query differs: %s", queryDifference(r.Query(), g.Query()))
	}
	if recorded.body == got.body {
		score++
	} else {
		note("body differs%s", bodyDifference(recorded.body, got.body))
	}
	return score, text
}

func queryDifference(r, g url.Values) string {
	names := make([]string, 0, len(r)+len(g))
	for n := range r {
		names = append(names, n)
	}
	for n := range g {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if !slices.Equal(r[n], g[n]) {
			return fmt.Sprintf("%s: recorded %s, now %s", n, short(fmt.Sprintf("%q", r[n])), short(fmt.Sprintf("%q", g[n])))
		}
	}
	return "order of equal names"
}

func bodyDifference(r, g string) string {
	rd, rok := decodeJSON([]byte(r))
	gd, gok := decodeJSON([]byte(g))
	if rok && gok {
		if path, rv, gv, found := jsonDifference("$", rd, gd); found {
			return fmt.Sprintf(" at %s: recorded %s, now %s", path, rv, gv)
		}
	}
	i := 0
	for i < len(r) && i < len(g) && r[i] == g[i] {
		i++
	}
	return fmt.Sprintf(" at byte %d: recorded %q, now %q", i, short(r[i:]), short(g[i:]))
}

func jsonDifference(path string, r, g any) (at, rv, gv string, found bool) {
	rm, rok := r.(map[string]any)
	gm, gok := g.(map[string]any)
	if rok && gok {
		keys := make([]string, 0, len(rm)+len(gm))
		for k := range rm {
			keys = append(keys, k)
		}
		for k := range gm {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range slices.Compact(keys) {
			rc, rhas := rm[k]
			gc, ghas := gm[k]
			if rhas != ghas {
				return path + "." + k, shown(rc, rhas), shown(gc, ghas), true
			}
			if at, rv, gv, found = jsonDifference(path+"."+k, rc, gc); found {
				return at, rv, gv, true
			}
		}
		return "", "", "", false
	}
	ra, rok := r.([]any)
	ga, gok := g.([]any)
	if rok && gok && len(ra) == len(ga) {
		for i := range ra {
			if at, rv, gv, found = jsonDifference(fmt.Sprintf("%s[%d]", path, i), ra[i], ga[i]); found {
				return at, rv, gv, true
			}
		}
		return "", "", "", false
	}
	if rs, gs := encodeJSON(r), encodeJSON(g); rs != gs {
		return path, short(rs), short(gs), true
	}
	return "", "", "", false
}

func shown(v any, has bool) string {
	if !has {
		return "nothing"
	}
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return short(encodeJSON(v))
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "..."
	}
	return strings.ReplaceAll(s, "\n", " ")
}
