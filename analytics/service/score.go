package service

import (
	"fmt"
	"math"
	"strconv"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// Score is a share or a net score with its confidence interval. Null and
// undefined, with a reason, if nobody answered; incomplete if it has no
// interval. It survives JSON.
type Score struct {
	Value  *float64        `json:"value"` // a fraction: 0.8 is 80 % or, of a net score, +80
	Low    *float64        `json:"low"`
	High   *float64        `json:"high"`
	N      int64           `json:"n"` // answers
	Level  float64         `json:"level"`
	State  analytics.State `json:"state"`
	Reason string          `json:"reason,omitempty"`
}

// Float64 returns the score, and false if it is undefined.
func (s Score) Float64() (float64, bool) {
	if s.Value == nil {
		return 0, false
	}
	return *s.Value, true
}

// Bounds returns the interval, and false if there is none.
func (s Score) Bounds() (low, high float64, ok bool) {
	if s.Low == nil || s.High == nil {
		return 0, 0, false
	}
	return *s.Low, *s.High, true
}

// CSAT returns the customer satisfaction score, satisfied answers / answers,
// with Wilson's interval. The zero level is 0.95.
//
// Unit: fraction. Source of the interval: E. B. Wilson, "Probable Inference, the
// Law of Succession, and Statistical Inference", 1927. Undefined without
// answers. Negative counts and more satisfied answers than answers are errors
// that match smm.ErrInvalid. Safe for concurrent use.
func CSAT(satisfied, answers int64, level float64) (Score, error) {
	level, err := levelOf(level)
	if err != nil {
		return Score{}, err
	}
	if satisfied < 0 || satisfied > answers {
		return Score{}, fmt.Errorf("%w: %d satisfied of %d answers: count the answers, of whatever kind", smm.ErrInvalid, satisfied, answers)
	}
	if answers == 0 {
		return Score{Level: level, State: analytics.StateUndefined, Reason: "nobody answered"}, nil
	}
	return share(satisfied, answers, level), nil
}

// CSATOf returns CSAT of ratings from 1 to 5, of which 4 and 5 are satisfied.
// Another rating is an error that matches smm.ErrInvalid.
func CSATOf(ratings []int, level float64) (Score, error) {
	satisfied := int64(0)
	for i, r := range ratings {
		if r < 1 || r > 5 {
			return Score{}, fmt.Errorf("%w: rating %d is %d: give 1 to 5, and leave those out who did not answer", smm.ErrInvalid, i, r)
		}
		if r >= 4 {
			satisfied++
		}
	}
	return CSAT(satisfied, int64(len(ratings)), level)
}

// NPS returns the net promoter score, (promoters - detractors) / answers, with
// the interval of the mean of a score of 1, 0 or -1. The zero level is 0.95.
//
// Formula: NPS -+ z sqrt((p + d - (p-d)^2) / n), cut at -1 and 1, where p and d
// are the shares of promoters and detractors. Unit: fraction from -1 to 1;
// people write a hundred times that. Source of the score: Frederick Reichheld,
// "The One Number You Need to Grow", Harvard Business Review, 2003.
//
// Undefined without answers; without an interval if all answers are of one
// kind, whose variance nobody knows. Below some 30 answers the interval is
// rough. Negative counts are errors that match smm.ErrInvalid. Safe
// for concurrent use.
func NPS(promoters, passives, detractors int64, level float64) (Score, error) {
	level, err := levelOf(level)
	if err != nil {
		return Score{}, err
	}
	if promoters < 0 || passives < 0 || detractors < 0 || promoters+passives < 0 || promoters+passives+detractors < 0 {
		return Score{}, fmt.Errorf("%w: %d promoters, %d passives, %d detractors: give counts", smm.ErrInvalid, promoters, passives, detractors)
	}
	answers := promoters + passives + detractors
	s := Score{N: answers, Level: level, State: analytics.StateUndefined, Reason: "nobody answered"}
	if answers == 0 {
		return s, nil
	}
	n := float64(answers)
	net := (float64(promoters) - float64(detractors)) / n
	s.Value, s.State, s.Reason = &net, analytics.StateComplete, ""
	variance := (float64(promoters)+float64(detractors))/n - net*net
	if max(promoters, passives, detractors) == answers {
		s.State, s.Reason = analytics.StateIncomplete, "all answers are of one kind, which leaves no interval"
		return s, nil
	}
	half := stat.NormalUpper((1-level)/2) * math.Sqrt(max(variance, 0)/n)
	s.Low, s.High = new(max(net-half, -1)), new(min(net+half, 1))
	return s, nil
}

// NPSOf returns NPS of ratings from 0 to 10: 9 and 10 are promoters, 7 and 8
// passives, the others detractors. Another rating is an error that matches
// smm.ErrInvalid.
func NPSOf(ratings []int, level float64) (Score, error) {
	var promoters, passives, detractors int64
	for i, r := range ratings {
		switch {
		case r < 0 || r > 10:
			return Score{}, fmt.Errorf("%w: rating %d is %d: give 0 to 10, and leave those out who did not answer", smm.ErrInvalid, i, r)
		case r >= 9:
			promoters++
		case r >= 7:
			passives++
		default:
			detractors++
		}
	}
	return NPS(promoters, passives, detractors, level)
}

// String returns the score in hundredths for people: "80 (95 % interval 71 to
// 87, 100 answers)".
func (s Score) String() string {
	v, ok := s.Float64()
	if !ok {
		return "undefined: " + s.Reason
	}
	whole := func(f float64) string { return strconv.FormatFloat(math.Round(100*f)+0, 'f', 0, 64) }
	low, high, ok := s.Bounds()
	if !ok {
		return fmt.Sprintf("%s (no interval: %s)", whole(v), s.Reason)
	}
	return fmt.Sprintf("%s (%s %% interval %s to %s, %d answers)", whole(v), strconv.FormatFloat(100*s.Level, 'g', 4, 64), whole(low), whole(high), s.N)
}
