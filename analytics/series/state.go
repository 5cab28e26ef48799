package series

import (
	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// state is smm.MetricState in a byte.
type state uint8

const (
	measured state = iota
	zero
	estimated // from here on a number is not a plain count
	notReported
	notYet
	withdrawn
)

// oddStates are those from estimated on.
const oddStates = 4

func stateOf(s smm.MetricState) state {
	switch s {
	case smm.MetricMeasured:
		return measured
	case smm.MetricZero:
		return zero
	case smm.MetricEstimated:
		return estimated
	case smm.MetricNotYet:
		return notYet
	case smm.MetricWithdrawn:
		return withdrawn
	}
	return notReported // as analytics.ValueOf has it
}

func (s state) known() bool { return s <= estimated }

// tally counts the parts of a sum that are no plain counts, by state.
type tally [oddStates]uint32

func (t *tally) add(s state) {
	if s >= estimated {
		t[s-estimated]++
	}
}

// parts returns the parts of a sum of n numbers.
func (t *tally) parts(n int) analytics.Parts {
	p := analytics.Parts{Estimated: int(t[0]), NotReported: int(t[1]), NotYet: int(t[2]), Withdrawn: int(t[3])}
	p.Measured = n - p.Estimated - p.Missing()
	return p
}
