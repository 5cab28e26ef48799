package bluesky_test

import (
	"encoding/json"
	"iter"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/deviate"
	"github.com/smmkit/smmkit/internal/contract/lexicon"
)

// tally counts mistakes of one side of the wire.
type tally struct{ deviate.Tally[lexicon.Problem] }

func newTally(side string) *tally { return &tally{deviate.Tally[lexicon.Problem]{Side: side}} }

func (c *tally) check(t *testing.T) {
	t.Helper()
	require.Empty(t, c.Missed, c)
	t.Log(c)
	require.Greater(t, c.Made, 300)
}

// deviations makes every mistake at every place of v that sites names and that
// no earlier value had.
func (c *tally) deviations(name string, v any, sites iter.Seq[lexicon.Site], seen map[string]bool, check func(any) []lexicon.Problem) {
	for s := range sites {
		place := name + " " + s.Type + " " + index.ReplaceAllString(deviate.Path(s.Path), "/*")
		if seen[place] {
			continue
		}
		seen[place] = true
		v, path := deviate.Focus(v, s.Path)
		if s.Property {
			m := deviate.Remove(v, path)
			if s.Required {
				c.Must(name+m.String(), check(m.Value))
			} else {
				c.May(name+m.String(), check(m.Value))
			}
			m = deviate.Rename(v, path)
			c.Must(name+m.String(), check(m.Value))
		}
		for _, m := range deviate.Swap(v, path) {
			if s.Nullable && m.Null() {
				c.May(name+m.String(), check(m.Value))
				continue
			}
			c.Must(name+m.String(), check(m.Value))
		}
	}
}

var index = regexp.MustCompile(`/\d+`)

// TestDeviationsAreCaught takes the exchanges of the whole run, makes one mistake
// at a time in each, and expects every one to be seen that the lexicons have a
// word about; and what they allow to pass.
func TestDeviationsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand checks of one goroutine: nothing for the race detector")
	}
	b := drive(t)
	require.Empty(t, b.judge.wrong)
	catalog := b.judge.catalog
	sent, got, failed := newTally("requests"), newTally("answers"), newTally("errors")
	params := newTally("parameters")
	seen := make(map[string]bool)
	for _, e := range b.recorder.Exchanges() {
		r, ok := request(e)
		if !ok {
			continue
		}
		params.query(r, seen, b.judge)
		if v, ok := jsonBody(e.Sent, r.ContentType); ok {
			sent.deviations(r.NSID+" input", v, catalog.RequestSites(r.NSID, v), seen, func(v any) []lexicon.Problem {
				m := r
				m.Body = encode(t, v)
				return catalog.Request(m)
			})
		}
		a := lexicon.Answer{Status: e.Status, ContentType: e.Header.Get("Content-Type")}
		v, ok := jsonBody(e.Got, a.ContentType)
		check := func(v any) []lexicon.Problem {
			a.Body = encode(t, v)
			return catalog.Answer(r.NSID, a)
		}
		switch {
		case !ok, r.NSID == "app.bsky.video.uploadVideo": // answered outside its lexicon, see deviations.json
		case e.OK():
			got.deviations(r.NSID+" output", v, catalog.AnswerSites(r.NSID, v), seen, check)
		default:
			failed.deviations("error", v, catalog.ErrorSites(v), seen, check)
		}
	}
	sent.check(t)
	got.check(t)
	require.Empty(t, params.Missed)
	require.Empty(t, failed.Missed)
	t.Logf("parameters: %d made, %d caught; errors: %d made, %d caught", params.Made, params.Caught, failed.Made, failed.Caught)
	require.Greater(t, params.Made, 100)
}

// query makes mistakes in the parameters of a request.
func (c *tally) query(r lexicon.Request, seen map[string]bool, j *judge) {
	for name := range r.Query {
		place := r.NSID + " parameter " + name
		if seen[place] || j.excuses[r.NSID+" parameters: "+name+" is not in the lexicon"] != "" {
			continue
		}
		seen[place] = true
		try := func(what string, change func(q url.Values)) (string, []lexicon.Problem) {
			m := r
			m.Query = make(url.Values)
			for k, v := range r.Query {
				m.Query[k] = append([]string(nil), v...)
			}
			change(m.Query)
			return place + " " + what, j.catalog.Request(m)
		}
		c.Must(try("renamed", func(q url.Values) { q[name+"s_"] = q[name]; q.Del(name) }))
		required, typ := j.catalog.Parameter(r.NSID, name)
		what, found := try("missing", func(q url.Values) { q.Del(name) })
		if required {
			c.Must(what, found)
		} else {
			c.May(what, found)
		}
		switch typ {
		case "integer", "boolean":
			c.Must(try("swapped", func(q url.Values) { q.Set(name, "seven") }))
			c.Must(try("written otherwise", func(q url.Values) { q.Set(name, "01") }))
		}
		if typ != "array" {
			c.Must(try("given twice", func(q url.Values) { q.Add(name, q.Get(name)) }))
		}
	}
}

func jsonBody(body []byte, contentType string) (any, bool) {
	if len(body) == 0 || len(contentType) < len("application/json") || contentType[:len("application/json")] != "application/json" {
		return nil, false
	}
	v, err := lexicon.Decode(body)
	return v, err == nil
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}
