package brand_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/brand"
	"github.com/smmkit/smmkit/smm"
)

func TestApplyFixes(t *testing.T) {
	g := guide(t)
	p := &smm.Post{
		Text: "Utilize alpenglow!!! #alpenglowcoffee @kim", FirstComment: "in order to e-mail",
		Entities: []smm.Entity{
			{Kind: smm.EntityHashtag, Start: 21, End: 37, Target: "alpenglowcoffee"}, {Kind: smm.EntityMention, Start: 38, End: 42, Target: "bluesky/author/kim"},
		},
		Thread: []smm.Post{{Text: "a cheap cafépass", Media: []smm.Media{{Name: "y", AltText: "alpenglow"}}}}, Poll: &smm.Poll{Options: []string{"utilize"}}, Media: []smm.Media{{Name: "x", AltText: "alpenglow"}},
		Card: &smm.Card{Title: "ALPENGLOW"},
	}
	before := *p
	found, err := g.Check(t.Context(), bluesky, p)
	require.NoError(t, err)
	fixed, n := brand.ApplyFixes(p, brand.Automatic(found))
	require.Equal(t, 11, n)
	require.Equal(t, "Use Alpenglow! #AlpenglowCoffee @kim", fixed.Text)
	require.Equal(t, "to email", fixed.FirstComment)
	require.Equal(t, "a cheap CaféPass", fixed.Thread[0].Text, "what needs asking stays")
	require.Equal(t, []string{"use"}, fixed.Poll.Options)
	require.Equal(t, "Alpenglow", fixed.Media[0].AltText)
	require.Equal(t, "Alpenglow", fixed.Card.Title)
	for i, want := range []string{"#AlpenglowCoffee", "@kim"} {
		e := fixed.Entities[i]
		require.Equal(t, want, fixed.Text[e.Start:e.End])
	}
	require.Equal(t, "AlpenglowCoffee", fixed.Entities[0].Target)
	require.Equal(t, before, *p, "the original stays as it was")
	require.Equal(t, "a cheap cafépass", p.Thread[0].Text)
	require.Equal(t, "alpenglow", p.Thread[0].Media[0].AltText)
	require.Equal(t, "utilize", p.Poll.Options[0])
	require.Equal(t, "ALPENGLOW", p.Card.Title)

	_, n = brand.ApplyFixes(&fixed, found)
	require.Equal(t, 1, n, "of another text's findings only the one that still fits")

	odd := smm.Findings{
		{Path: "text", Span: &smm.Span{Start: -1, End: 3}, Fix: &smm.Fix{}}, {Path: "text", Span: &smm.Span{Start: 3, End: 900}, Fix: &smm.Fix{}},
		{Path: "nowhere", Span: &smm.Span{}, Fix: &smm.Fix{}}, {Path: "text"},
	}
	same, n := brand.ApplyFixes(p, odd)
	require.Zero(t, n)
	require.Equal(t, p.Text, same.Text)
}

// Whatever the text: after Fix nothing is left that could be fixed without
// asking, and fixing again changes nothing.
func TestFixIsIdempotent(t *testing.T) {
	g := guide(t)
	pieces := strings.Split("utilize|Utilize |in |order |to |e-|mail |alpenglow |ALPENGLOW|cafépass |!|!!|!!! |#alpenglowcoffee |#x |cheap |. |\n|👍|https://x.com/alpenglow |@alpenglow | |,|'s ", "|")
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		var b strings.Builder
		for range 1 + rnd.IntN(12) {
			b.WriteString(pieces[rnd.IntN(len(pieces))])
		}
		p := &smm.Post{Text: b.String(), Thread: []smm.Post{{Text: b.String()}}}
		once, left, err := g.Fix(t.Context(), bluesky, p)
		require.NoError(t, err)
		require.Empty(t, brand.Automatic(left), "%q became %q", p.Text, once.Text)
		twice, _, err := g.Fix(t.Context(), bluesky, &once)
		require.NoError(t, err)
		require.Equal(t, once, twice)
	}
}
