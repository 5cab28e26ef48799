package quota

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// share is a process's part of a budget that several use: a slice that it
// claimed from the store and may spend without asking again until its lease
// ends, and what it has not yet told the store.
type share struct {
	busy  chan struct{} // held by the one that talks to the store
	gen   int           // how often that ended
	seq   int64         // of the attempts to write
	lease time.Duration

	have     int64     // of the slice, not yet granted
	others   int64     // what other processes held
	floor    int64     // what the whole budget had left beside the slice
	usable   time.Time // until when the slice may be granted from
	inFlight int64
	grain    int64 // how much to claim; follows use
	claimed  time.Time
	wrote    time.Time
	used     bool // something was granted since

	spent  entries // answered since the store was told
	unsure []delta // told by a write whose fate is unknown
	saw    *observation
	stop   halt

	// A claim of refused units and more is not worth asking for before again.
	refused int64
	again   time.Time

	timer *time.Timer
}

// observation is what an answer said of a budget.
type observation struct {
	smm.QuotaState

	at   time.Time // when it came
	sent time.Time // when its request was granted
}

// halt is a pause that the store has not been told of.
type halt struct {
	shrink int // how often the model should have prevented it
	until  time.Time
	calm   bool // an answer went well since
}

// claim is what to ask the store for.
type claim struct {
	b    *budget
	cost int64
	keep int64
	poll time.Duration // how soon to ask again if refused, 0 if the budget alone decides
	gen  int           // of the share that was not enough
}

// delta is what a write tells the store.
type delta struct {
	seq      int64
	spent    entries
	unsure   []delta
	saw      *observation
	stop     halt
	news     map[smm.Tenant]*asker
	inFlight int64
	have     int64 // left of the slice
	used     bool
	grain    int64
	due      time.Time // when the news are worth a write of their own
	doubt    bool      // whether it was written is unknown
}

// empty means that there is nothing to tell.
func (d *delta) empty(now time.Time) bool {
	return len(d.spent) == 0 && len(d.unsure) == 0 && d.saw == nil && d.stop == (halt{}) && d.have == 0 && d.inFlight == 0 &&
		(len(d.news) == 0 || now.Before(d.due))
}

func newShare(lease time.Duration) *share {
	return &share{busy: make(chan struct{}, 1), lease: lease, grain: 1}
}

// guard is the end of a lease in which nothing is granted any more, so that
// what was granted is with the platform when others count the slice as spent.
func (s *share) guard() time.Duration { return s.lease / 4 }

func (s *share) expire(now time.Time) {
	if !now.Before(s.usable) {
		s.have = 0 // others will count it as spent, or have returned it
	}
}

// decideShared is decide by the slice at hand.
func (b *budget) decideShared(now time.Time, a claim) (time.Duration, *claim) {
	s := b.share
	s.expire(now)
	// The slice lies above floor, where others cannot reach: what stays after
	// the grant is at least that.
	if a.cost <= s.have && s.floor+s.have-a.cost >= a.keep {
		return 0, nil
	}
	if s.again.After(now) && a.cost+a.keep >= s.refused {
		return s.again.Sub(now), nil
	}
	need := a // on the heap only here
	need.gen = s.gen
	return 0, &need
}

func (s *share) take(cost int64) {
	s.have -= cost
	s.inFlight += cost
	s.used = true
}

func (s *share) giveBack(cost int64) {
	s.inFlight -= cost
	s.have += cost // expire takes it if the lease is over
	s.again = time.Time{}
}

func (s *share) settle(now time.Time, cost int64, heard bool) {
	s.inFlight -= cost
	e := spent{from: now, at: now, cost: cost}
	if !heard {
		e.quiet = cost
	}
	s.spent, _ = record(s.spent, s.lease/bins, e)
}

// observe keeps what says most: of a fixed window the smallest remaining, of
// other shapes the latest word.
func (s *share) observe(b *budget, o observation) {
	if s.saw != nil {
		o = s.saw.merge(o, b.limit)
	}
	s.saw = &o
	limit := o.Remaining
	if m, is := b.model.(*percent); is && o.Percent >= 0 {
		limit = max(int64((percentFull-o.Percent)/m.PerUnit), 0)
	}
	if limit >= 0 && limit < s.have && (o.Reset.IsZero() || o.Reset.After(o.at)) {
		s.have = limit // somebody else uses the budget: what we thought was ours is not there
	}
}

func (o *observation) merge(next observation, lim smm.QuotaLimit) observation {
	if lim.Shape != smm.QuotaFixed || o.Reset.IsZero() || next.Reset.IsZero() {
		return next
	}
	switch d := next.Reset.Sub(o.Reset); {
	case d > lim.Window/2:
		return next
	case d < -lim.Window/2:
		return *o
	case d < 0:
		next.Reset = o.Reset
	}
	if o.Remaining >= 0 && (o.Remaining < next.Remaining || next.Remaining < 0) {
		next.Remaining = o.Remaining
	}
	if o.sent.After(next.sent) {
		next.sent = o.sent
	}
	return next
}

func (s *share) halt(first bool, until time.Time) {
	s.have = 0
	if first {
		s.stop.shrink++
	}
	s.stop.until, s.stop.calm = until, false
}

// pending reports whether the store must hear from us before the lease ends.
func (s *share) pending() bool {
	return s.have > 0 || s.inFlight > 0 || len(s.spent) > 0 || len(s.unsure) > 0 || s.stop.shrink > 0
}

func (s *share) idle(now time.Time) bool {
	return len(s.busy) == 0 && !s.pending() && !s.again.After(now)
}

// begin hands over what the store shall hear. Until end nothing can be granted
// from the slice.
func (s *share) begin(now time.Time) delta {
	s.expire(now)
	s.seq++
	d := delta{
		seq: s.seq, spent: s.spent, unsure: s.unsure, saw: s.saw, stop: s.stop,
		inFlight: s.inFlight, have: s.have, used: s.used, grain: s.grain, due: s.wrote.Add(s.lease / 8),
	}
	s.spent, s.unsure, s.saw, s.stop, s.have, s.used = nil, nil, nil, halt{}, 0, false
	return d
}

// fail takes back what the store may not have heard.
func (s *share) fail(b *budget, d *delta) {
	s.gen++
	s.used = s.used || d.used
	if d.doubt { // then the slice may be somebody else's by now
		d.unsure = append(d.unsure, delta{seq: d.seq, spent: d.spent, stop: d.stop})
	} else {
		s.have += d.have
		for _, e := range d.spent {
			s.spent, _ = record(s.spent, s.lease/bins, e)
		}
		if s.stop == (halt{}) {
			s.stop = d.stop
		} else {
			s.stop.shrink += d.stop.shrink
		}
	}
	s.unsure = d.unsure
	if d.saw != nil {
		later := s.saw
		if s.saw = d.saw; later != nil {
			s.observe(b, *later)
		}
	}
}

// end takes what the store granted.
func (s *share) end(now time.Time, d *delta, a *claim, r *result) {
	s.gen++
	if r.written {
		s.wrote = now
	}
	s.have += r.claimed // beside what was given back meanwhile
	s.floor, s.others = r.floor, r.others
	s.usable = r.until.Add(-s.guard())
	switch {
	case a == nil:
		if d.have > 2*r.claimed { // much of it was not needed
			s.grain = max(s.grain/2, 1)
		}
	case r.claimed == 0:
		s.refused, s.again = a.cost+a.keep, now.Add(r.wait)
	default:
		if !s.claimed.IsZero() && now.Sub(s.claimed) < s.lease/2 {
			s.grain = min(2*s.grain, most)
		}
		s.claimed = now
	}
}
