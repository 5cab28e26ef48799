package x_test

import (
	"log/slog"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/wire"
	"github.com/smmkit/smmkit/internal/evidence"
	"github.com/smmkit/smmkit/platforms/x"
)

func logger(ops *wire.Ops) *slog.Logger {
	if ops == nil {
		return nil
	}
	return slog.New(ops)
}

// TestRequests is the contract: every request of the client is one of the
// vendor's document, by a credential that the document names, and the answers
// that the document promises are read.
func TestRequests(t *testing.T) {
	b := open(t)
	require.ElementsMatch(t, x.Operations(), slices.Collect(maps.Keys(calls)))
	b.drive(x.NamesTweet)
	slices.Sort(b.judge.wrong)
	require.Empty(t, slices.Compact(b.judge.wrong))
	require.ElementsMatch(t, slices.Collect(maps.Keys(b.judge.excuses)), slices.Collect(maps.Keys(b.judge.excepted)), "exceptions that nothing needs any more")

	found, err := evidence.Operations("../../../platforms/x")
	require.NoError(t, err)
	require.ElementsMatch(t, found, slices.Collect(maps.Keys(b.ops.Seen())), "the scan of the source and the wire must agree")
	require.ElementsMatch(t, x.Operations(), b.ops.Succeeded())
	evidence.Check(t, "x", "contract", evidence.File{
		Level: evidence.Contract, Against: "xdevplatform/docs openapi.json", Version: "2.167 of 2026-08-22",
	}, b.ops.Succeeded())
	all := b.judge.doc.Operations()
	t.Logf("%s %s: %d exchanges, %d of %d operations", b.judge.doc.Title, b.judge.doc.Version, len(b.recorder.Exchanges()), len(b.judge.driven), len(all))
	for _, o := range all {
		if b.judge.driven[o.Method+" "+o.Path] == 0 {
			t.Logf("not covered: %s %s", o.Method, o.Path)
		}
	}
}

// TestNewNames: by the document's own names nothing departs from it but events
// that it does not know yet.
func TestNewNames(t *testing.T) {
	b := open(t)
	b.drive(x.NamesPost)
	slices.Sort(b.judge.wrong)
	require.Empty(t, slices.Compact(b.judge.wrong))
	require.Len(t, b.judge.excepted, 4)
	for key := range b.judge.excepted {
		require.Contains(t, key, "event_type")
	}
}

// TestScopes: what the client asks for is what the document demands.
func TestScopes(t *testing.T) {
	b := open(t)
	base, err := x.Scopes()
	require.NoError(t, err)
	for _, op := range x.Operations() {
		before := len(b.recorder.Exchanges())
		require.NoError(t, calls[op][0](t.Context(), client(t, b.recorder, x.NamesPost, nil)))
		sent := b.recorder.Exchanges()[before:]
		require.Len(t, sent, 1)
		o, _ := b.judge.doc.Find(sent[0].Request.Method, sent[0].Request.URL.Path)
		want := append(slices.Clone(base), o.Security["OAuth2UserToken"]...)
		slices.Sort(want)
		got, err := x.Scopes(op)
		require.NoError(t, err)
		require.Equal(t, slices.Compact(want), got, op)
	}
}

// TestExamplesAreValid: what the client is given is what the document promises,
// as the check reads it.
func TestExamplesAreValid(t *testing.T) {
	b := open(t)
	n := 0
	for _, o := range b.judge.doc.Operations() {
		for _, status := range []string{"200", "201"} {
			if o.Answers[status]["application/json"] == nil {
				continue
			}
			v, err := b.judge.doc.Example(o, status)
			require.NoError(t, err, o.Path)
			found := b.judge.doc.Answer(o, map[string]int{"200": 200, "201": 201}[status], "application/json", encode(t, v))
			require.Empty(t, found, o.Path)
			n++
		}
	}
	t.Logf("%d answers", n)
	require.Greater(t, n, 140)
}
