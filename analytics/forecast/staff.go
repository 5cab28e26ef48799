package forecast

import (
	"fmt"
	"math"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// maxLoad bounds the load that Agents staffs, in erlangs.
const maxLoad = 100_000

// ErlangC returns the probability that somebody who arrives has to wait, with
// the load in erlangs (arrivals · handling time) on that many servers:
//
//	C(n, a) = (a^n/n!)·n/(n-a) / (Σ(k<n) a^k/k! + (a^n/n!)·n/(n-a))
//
// computed by the recursion of Erlang B, B(k) = a·B(k-1)/(k + a·B(k-1)), and
// C = n·B/(n - a·(1-B)), which neither overflows nor loses digits. It takes
// arrivals at random, handling times of any mean that are exponential, and
// people who wait for as long as it takes.
//
// Unit: a probability. False unless servers > 0 and 0 <= load < servers: with as
// much load as servers the queue grows without end. Safe for concurrent use.
// Source: A. K. Erlang, "Solution of some problems in the theory of
// probabilities of significance in automatic telephone exchanges" (1917); the
// formula is in every book on queues as M/M/c.
func ErlangC(servers int, load float64) (float64, bool) {
	if servers <= 0 || !(load >= 0) || load >= float64(servers) {
		return 0, false
	}
	b := 1.0
	for k := 1; k <= servers; k++ {
		b = load * b / (float64(k) + load*b)
	}
	return waits(float64(servers), load, b), true
}

func waits(n, load, b float64) float64 { return n * b / (n - load*(1-b)) }

// ServiceTarget is the promise to answer a share of the messages in time, for
// example 0.8 within 20 seconds.
type ServiceTarget struct {
	Share  float64       `json:"share"` // a fraction, above 0 and below 1
	Within time.Duration `json:"within"`
}

// StaffOptions say how messages are answered.
type StaffOptions struct {
	Handle time.Duration `json:"handle"` // mean time of work on one conversation
	Target ServiceTarget `json:"target"`
	// MaxOccupancy is the largest share of the time that people may be busy; 0
	// is 1, no bound. Above 0.85 or so people burn out.
	MaxOccupancy float64 `json:"max_occupancy,omitempty"`
	// Shrinkage is the share of paid time that is not spent answering (breaks,
	// training, leave), at least 0 and below 1.
	Shrinkage float64 `json:"shrinkage,omitempty"`
	// Concurrent is how many conversations one person has open at a time; 0 is
	// 1. Each counts as a server of its own, and Handle is then the time for
	// which a conversation is open: an approximation, since people who switch
	// between conversations get slower.
	Concurrent int `json:"concurrent,omitempty"`
}

// Staffing is how many people are needed, and what they achieve.
type Staffing struct {
	Arrivals float64 `json:"arrivals"` // in the interval
	Load     float64 `json:"load"`     // in erlangs: arrivals · handling time / interval
	// Agents answer at the same time, and Scheduled have to be on the roster
	// for that: agents / (1 - shrinkage), rounded up.
	Agents    int `json:"agents"`
	Scheduled int `json:"scheduled"`
	// Occupancy is the share of the time that they are busy.
	Occupancy float64 `json:"occupancy"`
	// WaitProbability is the share of messages that are not answered at once.
	WaitProbability float64 `json:"wait_probability"`
	// ServiceLevel is the share that is answered within the target:
	// 1 - C·exp(-(n - a)·within/handle).
	ServiceLevel float64 `json:"service_level"`
	// AnswerTime is the mean time to an answer over all messages, those
	// answered at once included: C·handle/(n - a). Also called average speed of
	// answer, ASA.
	AnswerTime time.Duration `json:"answer_time"`
}

// Agents returns the smallest number of people that answer the arrivals of an
// interval within the target and stay below the occupancy. No arrivals need
// nobody, and all of them are answered.
//
// Formula and source: see ErlangC. Errors match smm.ErrInvalid: values out of
// range, more than 100,000 erlangs. Safe for concurrent use.
func Agents(arrivals float64, interval time.Duration, o StaffOptions) (Staffing, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Staffing{}, err
	}
	if !(arrivals >= 0) || math.IsInf(arrivals, 0) || interval <= 0 {
		return Staffing{}, fmt.Errorf("%w: %v arrivals in %v: want numbers that are not negative, in an interval above zero", smm.ErrInvalid, arrivals, interval)
	}
	if arrivals == 0 {
		return Staffing{ServiceLevel: 1}, nil
	}
	load := arrivals * o.Handle.Seconds() / interval.Seconds()
	if load > maxLoad {
		return Staffing{}, fmt.Errorf("%w: a load of %.0f erlangs, at most %d are staffed: check the units of arrivals, interval and handling time", smm.ErrInvalid, load, maxLoad)
	}
	st := Staffing{Arrivals: arrivals, Load: load}
	b := 1.0
	for n := 1; ; n++ {
		b = load * b / (float64(n) + load*b)
		if float64(n) <= load || n%o.Concurrent != 0 {
			continue
		}
		st.WaitProbability = waits(float64(n), load, b)
		spare := float64(n) - load
		st.ServiceLevel = 1 - st.WaitProbability*math.Exp(-spare*o.Target.Within.Seconds()/o.Handle.Seconds())
		st.Occupancy = load / float64(n)
		if st.ServiceLevel >= o.Target.Share && st.Occupancy <= o.MaxOccupancy {
			st.Agents = n / o.Concurrent
			st.AnswerTime = time.Duration(st.WaitProbability / spare * float64(o.Handle))
			break
		}
	}
	// A hair less, so that 14/0.7 is 20 and not 21 by rounding.
	st.Scheduled = int(math.Ceil(float64(st.Agents)/(1-o.Shrinkage) - 1e-9))
	return st, nil
}

func (o StaffOptions) withDefaults() (StaffOptions, error) {
	if o.MaxOccupancy == 0 {
		o.MaxOccupancy = 1
	}
	if o.Concurrent == 0 {
		o.Concurrent = 1
	}
	switch {
	case o.Handle <= 0:
		return o, fmt.Errorf("%w: a handling time of %v: set Handle to the mean time of work on a conversation", smm.ErrInvalid, o.Handle)
	case !(o.Target.Share > 0 && o.Target.Share < 1) || o.Target.Within < 0:
		return o, fmt.Errorf("%w: a target of %v within %v: want a fraction above 0 and below 1, and a time that is not negative", smm.ErrInvalid, o.Target.Share, o.Target.Within)
	case !(o.MaxOccupancy >= 0.01 && o.MaxOccupancy <= 1):
		return o, fmt.Errorf("%w: an occupancy of %v: want a fraction of at least 0.01 and at most 1", smm.ErrInvalid, o.MaxOccupancy)
	case !(o.Shrinkage >= 0 && o.Shrinkage <= 0.99):
		return o, fmt.Errorf("%w: a shrinkage of %v: want a fraction of at least 0 and at most 0.99", smm.ErrInvalid, o.Shrinkage)
	case o.Concurrent < 1 || o.Concurrent > 100:
		return o, fmt.Errorf("%w: %d conversations at a time: want 1 to 100", smm.ErrInvalid, o.Concurrent)
	}
	return o, nil
}
