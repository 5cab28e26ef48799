package x_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/deviate"
	"github.com/smmkit/smmkit/internal/contract/openapi"
	"github.com/smmkit/smmkit/internal/contract/wire"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

// TestDeviationsAreCaught takes every request of the client, makes one mistake at
// a time in it, and expects each to be seen that the document has a word about,
// and what the document admits to pass.
func TestDeviationsAreCaught(t *testing.T) {
	b := open(t)
	b.drive(x.NamesPost)
	require.Empty(t, b.judge.wrong)
	bodies := &deviate.Tally[openapi.Problem]{Side: "bodies"}
	params := &deviate.Tally[openapi.Problem]{Side: "parameters"}
	seen := make(map[string]bool)
	for _, e := range b.recorder.Exchanges() {
		r := request(e)
		o, _ := b.judge.doc.Find(r.Method, r.Path)
		if slices.ContainsFunc(b.judge.doc.Request(r), func(p openapi.Problem) bool { return b.judge.exception(p.String()) != "" }) {
			continue // there is a mistake in it already
		}
		spoilBody(t, bodies, b.judge.doc, o, r, seen)
		spoilParameters(params, b.judge.doc, o, r, seen)
		for _, m := range []string{http.MethodPatch, "GET ", "get"} {
			other := r
			other.Method = m
			params.Must(o.ID+" by "+m, b.judge.doc.Request(other))
		}
	}
	for _, c := range []*deviate.Tally[openapi.Problem]{bodies, params} {
		t.Log(c)
		require.Empty(t, c.Missed)
		require.Greater(t, c.Made, 250)
	}
}

func spoilBody(t *testing.T, c *deviate.Tally[openapi.Problem], doc *openapi.Document, o *openapi.Operation, r openapi.Request, seen map[string]bool) {
	t.Helper()
	if r.ContentType != "application/json" {
		return
	}
	v, err := openapi.Decode(r.Body)
	require.NoError(t, err)
	check := func(v any) []openapi.Problem {
		spoiled := r
		spoiled.Body = encode(t, v)
		return doc.Request(spoiled)
	}
	for s := range doc.BodySites(o, v) {
		place := o.ID + deviate.Path(s.Path) + map[bool]string{true: "!"}[s.Required]
		if seen[place] {
			continue
		}
		seen[place] = true
		if s.Property {
			m := deviate.Remove(v, s.Path)
			if s.Required {
				c.Must(place+m.String(), check(m.Value))
			} else {
				c.May(place+m.String(), check(m.Value))
			}
			m = deviate.Rename(v, s.Path)
			c.Must(place+m.String(), check(m.Value))
		}
		for _, m := range deviate.Swap(v, s.Path) {
			if s.Free || s.Type == "number" && m.Now() == json.Number("0.5") {
				c.May(place+m.String(), check(m.Value))
				continue
			}
			c.Must(place+m.String(), check(m.Value))
		}
	}
}

// spoilParameters makes mistakes in the path and the query of a request.
func spoilParameters(c *deviate.Tally[openapi.Problem], doc *openapi.Document, o *openapi.Operation, r openapi.Request, seen map[string]bool) {
	for _, p := range o.Parameters {
		place := o.ID + " " + p.Name
		if seen[place] {
			continue
		}
		if p.In == "path" {
			seen[place] = true
			_, values := doc.Find(r.Method, r.Path)
			other := r
			other.Path = strings.Replace(o.Path, "{"+p.Name+"}", "a b!", 1)
			for name, v := range values {
				other.Path = strings.Replace(other.Path, "{"+name+"}", v, 1)
			}
			if s := doc.Resolve(p.Schema); s.Pattern != nil {
				c.Must(place+" spoiled", doc.Request(other))
			} else {
				c.May(place+" spoiled", doc.Request(other))
			}
			continue
		}
		if !r.Query.Has(p.Name) {
			continue
		}
		seen[place] = true
		try := func(change func(q url.Values)) []openapi.Problem {
			other := r
			other.Query = maps.Clone(r.Query)
			change(other.Query)
			return doc.Request(other)
		}
		value := r.Query.Get(p.Name)
		c.Must(place+" renamed", try(func(q url.Values) { q.Set(p.Name+"s_", value); q.Del(p.Name) }))
		c.Must(place+" twice", try(func(q url.Values) { q[p.Name] = []string{value, value} }))
		missing := try(func(q url.Values) { q.Del(p.Name) })
		if p.Required {
			c.Must(place+" missing", missing)
		} else {
			c.May(place+" missing", missing)
		}
		if free[p.Name] {
			c.May(place+" other text", try(func(q url.Values) { q.Set(p.Name, value+"!") }))
			continue
		}
		for _, other := range []string{"", value + "!", value + ","} {
			c.Must(place+" "+other, try(func(q url.Values) { q.Set(p.Name, other) }))
		}
		again := try(func(q url.Values) { q.Set(p.Name, value+","+value) })
		if s := doc.Resolve(p.Schema); s.Type == "array" && !s.Unique {
			c.May(place+" again", again)
		} else {
			c.Must(place+" again", again)
		}
		if p.Schema.Type == "integer" {
			for _, other := range []string{"-1", "1000000", "1.5", "07", "true"} {
				c.Must(place+" "+other, try(func(q url.Values) { q.Set(p.Name, other) }))
			}
		}
	}
}

// free are parameters in which any text may stand.
var free = map[string]bool{"query": true, "pagination_token": true}

// TestDecodersMeetDeviations gives every method the answer that the document
// promises with one mistake in it, of which one in ten is made: all of them were
// 93,000 and took a minute. It may take it or refuse it by an error that says
// what to do; it may not panic.
func TestDecodersMeetDeviations(t *testing.T) {
	b := open(t)
	taken, refused := 0, 0
	for _, op := range x.Operations() {
		do := calls[op][0]
		before := len(b.recorder.Exchanges())
		require.NoError(t, do(t.Context(), client(t, b.recorder, x.NamesTweet, nil)))
		answer := b.recorder.Exchanges()[before]
		v, err := openapi.Decode(answer.Got)
		require.NoError(t, err)
		for _, m := range deviate.Some(testing.Short(), deviate.Some(true, deviate.Each(v))) {
			if err := playback(t, answer, encode(t, m.Value), do); err != nil {
				refused++
				require.True(t, typed(err), "%s %s: %v", op, m, err)
				continue
			}
			taken++
		}
	}
	t.Logf("%d answers with a mistake: %d taken, %d refused by a typed error", taken+refused, taken, refused)
	if !testing.Short() {
		require.Greater(t, taken+refused, 5_000)
		require.Greater(t, refused, 1_000)
	}
}

func typed(err error) bool {
	e, ok := errors.AsType[*smm.Error](err)
	return ok && e.Err != nil && e.Platform == x.Platform
}

func playback(t testing.TB, answer wire.Exchange, body []byte, do call) error {
	t.Helper()
	answer.Got = body
	return do(t.Context(), client(t, &wire.Playback{Answers: []wire.Exchange{answer}}, x.NamesTweet, nil))
}

// TestCreatesSurviveDeviations: however the answer to a create is spoiled, the
// client says the id that is in it, or that it does not know.
func TestCreatesSurviveDeviations(t *testing.T) {
	b := open(t)
	for _, op := range []string{"posts.create", "messages.send", "messages.create"} {
		before := len(b.recorder.Exchanges())
		require.NoError(t, calls[op][0](t.Context(), client(t, b.recorder, x.NamesTweet, nil)))
		answer := b.recorder.Exchanges()[before]
		v, err := openapi.Decode(answer.Got)
		require.NoError(t, err)
		known, doubt := 0, 0
		for _, m := range deviate.Each(v) {
			answer.Got = encode(t, m.Value)
			id, err := create(t.Context(), op, client(t, &wire.Playback{Answers: []wire.Exchange{answer}}, x.NamesTweet, nil))
			if err == nil {
				known++
				require.Equal(t, idIn(m.Value), id, "%s %s", op, m)
				continue
			}
			doubt++
			require.True(t, typed(err), "%s %s: %v", op, m, err)
			e, _ := errors.AsType[*smm.Error](err)
			require.Equal(t, smm.OutcomeUnknown, e.Outcome, "%s %s", op, m)
		}
		t.Logf("%s: %d answers with a mistake: %d known, %d in doubt", op, known+doubt, known, doubt)
		require.Positive(t, known)
		require.Positive(t, doubt)
	}
}

func create(ctx context.Context, op string, c *x.Client) (string, error) {
	switch op {
	case "posts.create":
		p, err := c.Posts.Create(ctx, x.PostParams{Text: "Hello"})
		return p.ID.String(), err
	case "messages.send":
		m, err := c.Messages.Send(ctx, "8", hello)
		return m.EventID.String(), err
	}
	m, err := c.Messages.CreateGroup(ctx, []x.ID{"8", "9"}, hello)
	return m.EventID.String(), err
}

// idIn reads the id of an answer as a person would.
func idIn(v any) string {
	o, _ := v.(map[string]any)
	data, _ := o["data"].(map[string]any)
	for _, name := range []string{"id", "dm_event_id"} {
		switch id := data[name].(type) {
		case string:
			return id
		case json.Number:
			return id.String()
		}
	}
	return ""
}
