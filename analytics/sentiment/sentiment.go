package sentiment

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Rules is the rule-based scorer for English. The zero Rules has no words of its own
// and is ready for use; see [New] for one that has. It is safe for concurrent use.
type Rules struct {
	own *table
}

// Options are what a host knows better than the lexicon.
type Options struct {
	// Words are weights in [-4, 4] of words, of emoji of one rune or, with spaces or
	// hyphens, of idioms of up to five words, in any case; at most 2,000 of them. 0
	// makes a word neutral: the name of a product, say.
	Words map[string]float64
}

// New returns rules with words of the host. What is wrong with one of them is an
// *Error.
func New(o Options) (*Rules, error) {
	if len(o.Words) > maxOwn {
		return nil, &Error{Field: "words", Problem: fmt.Sprintf("%d of them, more than %d", len(o.Words), maxOwn), Cure: "give those that matter"}
	}
	t := defaultTable().clone()
	for _, key := range slices.Sorted(maps.Keys(o.Words)) {
		weight := o.Words[key]
		if math.IsNaN(weight) || weight < -4 || weight > 4 {
			return nil, &Error{Field: "words", Problem: fmt.Sprintf("weight %v of %q is outside of its range", weight, key), Cure: "give -4 to 4"}
		}
		words := strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(key, "’", "'")), func(r rune) bool { return unicode.IsSpace(r) || r == '-' })
		if len(words) == 0 || len(words) > 5 {
			return nil, &Error{Field: "words", Problem: fmt.Sprintf("%q has %d words", key, len(words)), Cure: "give one to five"}
		}
		for _, word := range words {
			if !isToken(word) {
				return nil, &Error{
					Field: "words", Problem: fmt.Sprintf("%q can never be met in a text", word),
					Cure: fmt.Sprintf("give words of Latin letters, digits and apostrophes, of at most %d bytes", maxKey),
				}
			}
		}
		t.weigh(strings.Join(words, " "), float32(weight))
	}
	return &Rules{own: t}, nil
}

// maxOwn bounds the words of a host, so that entries keep their places.
const maxOwn = 2000

// isToken says whether the tokenizer returns the word, or emoji, as one.
func isToken(word string) bool {
	if r, size := utf8.DecodeRuneInString(word); size == len(word) && kindOf(r) == symbolRune {
		return true
	}
	s := state{table: defaultTable(), text: word}
	s.scan()
	return len(word) <= maxKey && s.lang.other == 0 && s.before(0).from == 0 && s.before(0).to == len(word)
}

// Analyze scores one English text with the lexicon alone. It does not allocate; a
// text of any length is read once. It is safe for concurrent use.
func Analyze(text string) Score { return analyze(defaultTable(), text) }

func analyze(t *table, text string) Score {
	s := state{table: t, text: text}
	s.scan()
	return s.finish()
}

// Analyze scores one English text; see the function of this name.
func (r *Rules) Analyze(text string) Score { return analyze(r.table(), text) }

// Score is Analyze as a [Scorer]; the error is always nil.
func (r *Rules) Score(_ context.Context, text string) (Score, error) { return r.Analyze(text), nil }

func (r *Rules) table() *table {
	if r == nil || r.own == nil {
		return defaultTable()
	}
	return r.own
}

// A Term is a part of a text that has a weight.
type Term struct {
	Text     string  // as it stands in the text; an idiom is one term
	From, To int     // place in the text, in bytes
	Weight   float64 // with everything that stands around it: negation, boosters, capitals, contrast

	loud float64
}

// Explain is Analyze with the reasons: the terms that made the compound, the heaviest
// first. A text that is not scored has none. Punctuation adds to the sum of all and
// to no term.
func (r *Rules) Explain(text string) (Score, []Term) {
	var terms []Term
	s := state{table: r.table(), text: text, terms: &terms}
	s.scan()
	score := s.finish()
	if !score.Scored() {
		return score, nil
	}
	mixed := s.loudWords > 0 && s.quietWords > 0
	for i := range terms {
		t := &terms[i]
		t.Text = text[t.From:t.To]
		if mixed {
			t.Weight += t.loud
		}
		t.loud = 0
	}
	terms = slices.DeleteFunc(terms, func(t Term) bool { return t.To == 0 || t.Weight == 0 })
	slices.SortStableFunc(terms, func(a, b Term) int { return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)) })
	return score, terms
}

// Explain is the method of this name without words of the host.
func Explain(text string) (Score, []Term) { return (*Rules)(nil).Explain(text) }
