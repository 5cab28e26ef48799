package sentiment

import (
	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// A Tally counts texts by class, and those without a score by reason. The zero Tally
// is empty. It is plain data: not safe for concurrent writes, and tallies of parts
// are joined with Merge.
//
//nolint:recvcheck // counting needs a pointer, reading works on values from maps too
type Tally struct {
	Positive, Neutral, Negative int
	// Texts without a score, which are in no share.
	NoWords, OtherLanguage, UnknownLanguage, Unsupported int
	// CompoundSum is the sum of the compounds of the scored texts.
	CompoundSum float64
}

// Add counts one text.
func (t *Tally) Add(s Score) {
	switch s.State {
	case StateScored:
		t.CompoundSum += s.Compound
		switch s.Class {
		case Positive:
			t.Positive++
		case Negative:
			t.Negative++
		default:
			t.Neutral++
		}
	case StateNoWords:
		t.NoWords++
	case StateScript, StateLanguage:
		t.OtherLanguage++
	case StateUnknown:
		t.UnknownLanguage++
	default:
		t.Unsupported++
	}
}

// Merge adds another tally.
func (t *Tally) Merge(o Tally) {
	t.Positive += o.Positive
	t.Neutral += o.Neutral
	t.Negative += o.Negative
	t.NoWords += o.NoWords
	t.OtherLanguage += o.OtherLanguage
	t.UnknownLanguage += o.UnknownLanguage
	t.Unsupported += o.Unsupported
	t.CompoundSum += o.CompoundSum
}

// Scored returns how many texts have a score.
func (t Tally) Scored() int { return t.Positive + t.Neutral + t.Negative }

// Unscored returns how many texts have none.
func (t Tally) Unscored() int { return t.NoWords + t.OtherLanguage + t.UnknownLanguage + t.Unsupported }

// Count returns how many texts are of a class; 0 for a class that does not exist.
func (t Tally) Count(c Class) int {
	switch c {
	case Positive:
		return t.Positive
	case Neutral:
		return t.Neutral
	case Negative:
		return t.Negative
	}
	return 0
}

// Mean returns the mean compound of the scored texts, in [-1, 1], and false if there
// are none.
func (t Tally) Mean() (float64, bool) {
	n := t.Scored()
	if n <= 0 {
		return 0, false
	}
	return t.CompoundSum / float64(n), true
}

// NetByScored returns (positive - negative) / scored, the net sentiment, a fraction
// in [-1, 1], and false if no text is scored.
//
// Unit: fraction. Source: the common net-sentiment figure of listening tools; the
// denominator differs among them (some leave the neutral out), so that it is part of
// the name.
func (t Tally) NetByScored() (float64, bool) {
	n := t.Scored()
	if n <= 0 {
		return 0, false
	}
	return float64(t.Positive-t.Negative) / float64(n), true
}

// A Share is a fraction of the scored texts with its 95 % interval.
type Share struct {
	Value     float64 // Count / Of, in [0, 1]
	Low, High float64 // the Wilson interval, in [0, 1]
	Count, Of int
}

// Overlaps reports whether the intervals of two shares have values in common: if
// not, the shares differ by more than chance explains. Shares that overlap may still
// differ.
func (s Share) Overlaps(o Share) bool { return s.Low <= o.High && o.Low <= s.High }

// Share returns the share of a class among the scored texts, and false if none is
// scored or the class does not exist.
//
// Unit: fraction. Formula: (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) with
// z = 1.959964. Source: Wilson, "Probable Inference, the Law of Succession, and
// Statistical Inference", Journal of the American Statistical Association 22 (1927).
// The interval is that of chance among texts; it knows nothing of texts that were
// classed wrongly.
func (t Tally) Share(c Class) (Share, bool) {
	n := t.Scored()
	if n <= 0 || c != Positive && c != Neutral && c != Negative {
		return Share{}, false
	}
	count := t.Count(c)
	low, high := wilson(count, n)
	return Share{Value: float64(count) / float64(n), Low: low, High: high, Count: count, Of: n}, true
}

// Ratio is the share in the stateful form: incomplete while texts are unscored, and
// undefined while none is scored.
func (t Tally) Ratio(c Class) analytics.Ratio {
	r := analytics.Ratio{Num: analytics.Count(int64(t.Count(c))), Den: analytics.Count(int64(t.Scored())), LeftOut: t.Unscored()}
	if t.Scored() == 0 {
		r.Num = analytics.Value{Unit: smm.UnitCount, Parts: analytics.Parts{NotReported: t.Unscored()}}
	}
	return r
}

// wilson is the interval of a share at 95 %.
func wilson(count, of int) (low, high float64) {
	low, high, _ = stat.Score(float64(count), float64(of), 0.95)
	return low, high
}
