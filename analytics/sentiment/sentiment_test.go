package sentiment

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestOwnWords(t *testing.T) {
	r, err := New(Options{Words: map[string]float64{
		"Killer": 0, "smol": 2, "sick burn": 3, "🚀": 2.5, "top-heavy": -2, "étoile": 2,
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text  string
		class Class
	}{
		{"we saw Killer Mike and the killer of it", Neutral}, {"it is so smol", Positive}, {"that was a sick burn", Positive},
		{"to the moon 🚀", Positive}, {"it is TOP heavy", Negative}, {"it is an étoile and an Étoile", Positive}, {"we love it", Positive},
	} {
		if s := r.Analyze(c.text); s.Class != c.class {
			t.Errorf("%q is %+v, want %s", c.text, s, c.class)
		}
	}
	if s := Analyze("we saw the killer of it"); s.Class != Negative {
		t.Errorf("the words of one host changed those of all: %+v", s)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, words := range []map[string]float64{
		{"good": 4.1}, {"good": math.NaN()}, {"good": math.Inf(-1)}, {"": 1}, {"   ": 1}, {"a b c d e f": 1}, {"no.way": 1}, {"a,b": 1},
		{strings.Repeat("x", maxKey+1): 1}, {"приве\xff": 1},
	} {
		_, err := New(Options{Words: words})
		isInvalid(t, err)
	}
	many := make(map[string]float64)
	for i := range maxOwn + 1 {
		many["w"+strings.Repeat("a", i%20)+string(rune('a'+i/20%26))+strings.Repeat("b", i/520)] = 1
	}
	for i := 0; len(many) <= maxOwn; i++ {
		many["q"+strings.Repeat("z", i%30)+strings.Repeat("y", i/30%30)+strings.Repeat("x", i/900)] = 1
	}
	_, err := New(Options{Words: many})
	isInvalid(t, err)
}

type fixed struct {
	score Score
	err   error
}

func (f fixed) Score(context.Context, string) (Score, error) { return f.score, f.err }

func TestFirst(t *testing.T) {
	broken := errors.New("no network")
	model := fixed{score: Score{State: StateScored, Compound: 0.9, Class: Positive}}
	for _, c := range []struct {
		name    string
		scorers []Scorer
		text    string
		want    Score
		err     error
	}{
		{"rules answer", []Scorer{&Rules{}, fixed{err: broken}}, "we love it", Analyze("we love it"), nil},
		{"model answers", []Scorer{&Rules{}, model}, "das ist nicht schlecht", model.score, nil},
		{"nobody knows", []Scorer{&Rules{}, fixed{score: Score{State: StateUnsupported}}}, "das ist nicht schlecht", Score{State: StateLanguage}, nil},
		{"error", []Scorer{&Rules{}, fixed{err: broken}, model}, "das ist nicht schlecht", Score{}, broken},
		{"nobody", nil, "we love it", Score{State: StateUnsupported}, nil},
	} {
		got, err := First(c.scorers...).Score(t.Context(), c.text)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

// The embedded lists are whole: every weight is in range, every idiom can be met, the
// table is at most two thirds full, and the notice of the licence is there.
func TestEmbeddedLists(t *testing.T) {
	table := defaultTable()
	weighted := 0
	for i := range table.entries {
		e := &table.entries[i]
		if e.flags&weighs != 0 {
			weighted++
		}
		if e.weight < -4 || e.weight > 4 || e.key == "" || len(e.key) > maxKey {
			t.Errorf("entry %+v", e)
		}
		if got := table.find(e.key, hash(e.key)); int(got) != i+1 {
			t.Errorf("%q is found at %d instead of %d", e.key, got, i+1)
		}
	}
	for _, it := range table.idioms {
		if len(it.before) == 0 || len(it.before) > 4 {
			t.Errorf("an idiom of %d words", len(it.before)+1)
		}
	}
	t.Logf("%d entries, %d with a weight, %d idioms, %d bytes embedded", len(table.entries), weighted, len(table.idioms), len(lexiconText))
	if weighted < 7500 || len(table.entries)+4*maxOwn > len(table.slots)*2/3 {
		t.Error("too few weights, or too full a table")
	}
	if !strings.Contains(lexiconText, "Copyright (c) 2016 C.J. Hutto") || !strings.Contains(lexiconText, "MIT License") {
		t.Error("the notice is missing")
	}
	for word, weight := range map[string]float32{"good": 1.9, "bad": -2.5, ":)": 2, "love": 3.2, "😍": 4} {
		if i := table.find(word, hash(word)); i == 0 || table.entries[i-1].weight != weight {
			t.Errorf("%q does not weigh %v", word, weight)
		}
	}
}

// A text costs what its length says, whatever is in it: were a rule to look back or
// ahead without a bound, a quarter of a megabyte would take minutes.
func TestLongTexts(t *testing.T) {
	for _, part := range []string{
		":", ":-", "but ", "good but ", "😍", "a'", "no ", "no good ", "@", "@a", "http://", "o", "*", "a*", "&lt;3", "?", "good? ", "(", "<", "é", "日", "kiss of death ", "\xff",
	} {
		text := strings.Repeat(part, (1<<18)/len(part))
		began := time.Now()
		score, terms := Explain(text)
		checkWhole(t, text, score)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("256 kB of %q took %v for %d terms", part, took, len(terms))
		}
	}
}

func FuzzAnalyze(f *testing.F) {
	for _, text := range []string{
		"The room was NOT clean, but we LOVED it 😍!", "no no good", "never so good", "kiss of death", "x", "'", "**", "a*", "’s", "&lt;3&", "@", "http", "www.", "🏳️‍🌈👍🏽\u200d", "\xf0\x9f", "but but", "SOOOO", ":-)", "o_O d: x-p", "Ää É", "日本 love",
		"is it good? 😍? no", strings.Repeat("very ", 50) + "good", "d8", "it's JOHN's", "%-)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := Analyze(text)
		checkWhole(t, text, s)
		again, terms := Explain(text)
		if again != s || Analyze(text) != s {
			t.Fatalf("%q: %+v and %+v", text, s, again)
		}
		for _, term := range terms {
			if term.From < 0 || term.To > len(text) || term.From >= term.To || term.Text != text[term.From:term.To] || math.IsNaN(term.Weight) {
				t.Fatalf("%q: term %+v", text, term)
			}
		}
	})
}

func FuzzNew(f *testing.F) {
	for _, word := range []string{"good", "not good", "🚀", "a-b", "é", "'", "x*y", "no'", "\xff", "ẞ", "İ", "8\n8"} {
		f.Add(word, 1.5)
	}
	f.Fuzz(func(t *testing.T, word string, weight float64) {
		r, err := New(Options{Words: map[string]float64{word: weight}})
		if err != nil {
			isInvalid(t, err)
			return
		}
		checkWhole(t, word, r.Analyze(word))
		phrase := strings.Join(strings.Fields(word), " ") // a line's end parts words in a text, and not in what a host gives
		if s, terms := r.Explain("we say " + phrase + "\n to it"); s.Scored() && weight != 0 && len(terms) == 0 {
			t.Fatalf("%q was taken and is never met: %+v", word, s)
		}
	})
}
