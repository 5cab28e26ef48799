package sentiment

import "context"

// Class is the direction of a text. The empty Class belongs to texts without a
// score.
type Class string

// The classes.
const (
	Negative Class = "negative"
	Neutral  Class = "neutral"
	Positive Class = "positive"
)

// State says whether a text has a score, and why not.
type State string

// The states. Only StateScored comes with numbers.
const (
	StateScored      State = "scored"
	StateNoWords     State = "no words"            // nothing but addresses, names, numbers, or nothing at all
	StateScript      State = "another script"      // most letters are not Latin
	StateLanguage    State = "another language"    // the words of its grammar are those of another language
	StateUnknown     State = "unknown language"    // no word that tells the language, and none with a weight
	StateUnsupported State = "scorer has no model" // for scorers of hosts
)

// Threshold is the compound from which, on either side, a text has a direction:
// positive at or above Threshold, negative at or below -Threshold, else neutral.
const Threshold = 0.05

// Score is what a scorer says about one text. The zero Score is not scored.
type Score struct {
	State State
	// Compound is the sum of all weights, normalised to [-1, 1].
	Compound float64
	// Positive, Neutral and Negative are the shares of the text that point in each
	// direction, in [0, 1]; they add up to 1. They are shares of words, and are not
	// probabilities of classes.
	Positive, Neutral, Negative float64
	Class                       Class
	// Confidence is the estimated probability, in [0, 1], that people who rate the
	// text put it into Class. It was fitted on short English posts.
	Confidence float64
}

// Scored reports whether the text has a score. A text without one is not neutral:
// it must be left out and counted apart.
func (s Score) Scored() bool { return s.State == StateScored }

// Float64 returns the compound, and false if the text has none.
func (s Score) Float64() (float64, bool) { return s.Compound, s.Scored() }

// A Scorer judges texts: [Rules] here, and models of the host. Score returns an
// error only if it could not be asked (a network, a context that ended); a text that
// it cannot judge has a State that is not StateScored. It may be called from several
// goroutines.
type Scorer interface {
	Score(ctx context.Context, text string) (Score, error)
}

// First returns a Scorer that asks the given ones in turn until one has a score or
// an error: the rules for English, say, and models for other languages behind them.
// If none has a score the answer is that of the first. Without scorers every text is
// StateUnsupported.
func First(scorers ...Scorer) Scorer { return first(append([]Scorer(nil), scorers...)) }

type first []Scorer

func (f first) Score(ctx context.Context, text string) (Score, error) {
	answer := Score{State: StateUnsupported}
	for i, scorer := range f {
		s, err := scorer.Score(ctx, text)
		if err != nil || s.Scored() {
			return s, err
		}
		if i == 0 {
			answer = s
		}
	}
	return answer, nil
}
