package schedulertest

import (
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var laneTests = map[string]func(*suite){
	"one after the other": func(s *suite) {
		s.insert(inLane("c", t0(), "l"), inLane("a", at(-2*time.Hour), "l"), inLane("b", at(-time.Hour), "l"))
		for _, id := range []string{"a", "b", "c"} {
			rs := s.claimLanes(t0(), 10, 1)
			s.wantIDs(rs, id)
			s.wantIDs(s.claimLanes(t0(), 10, 1)) // the head is being worked on
			finish(rs[0])
			s.save(rs[0], t0())
		}
		s.wantIDs(s.claimLanes(t0(), 10, 1))
	},
	"two at a time": func(s *suite) {
		for n := range 4 {
			s.insert(inLane(numbered(n), at(time.Duration(n)*time.Second), "l"))
		}
		rs := s.claimLanes(at(time.Minute), 10, 2)
		s.wantIDs(rs, numbered(0), numbered(1))
		finish(rs[1])
		s.save(rs[1], at(time.Minute))
		s.wantIDs(s.claimLanes(at(time.Minute), 10, 2), numbered(2))
		s.wantIDs(s.claimLanes(at(time.Minute), 10, 2))
	},
	"no limit": func(s *suite) {
		s.insert(inLane("a", t0(), "l"), inLane("b", t0(), "l"), inLane("c", t0(), "l"))
		s.wantIDs(s.claimLanes(t0(), 1, 1), "a")
		s.wantIDs(s.claimLanes(t0(), 10, 0), "b", "c")
	},
	"lanes do not know each other": func(s *suite) {
		s.insert(inLane("a", t0(), "l"), inLane("b", at(1), "m"), inLane("c", at(2), "L"), inLane("d", at(3), "l "),
			NewRecord("", "e", at(4)), NewRecord("", "f", at(5)))
		s.wantIDs(s.claimLanes(at(time.Second), 10, 1), "a", "b", "c", "d", "e", "f")
	},
	"nor do tenants": func(s *suite) {
		a, b := inLane("r", t0(), "l"), inLane("r", at(1), "l")
		b.Delivery.Tenant, b.Delivery.Request.Tenant = "x", "x"
		s.insert(a, b)
		s.wantIDs(s.claimLanes(at(time.Second), 10, 1), "r", "r")
	},
	"planned at the same time": func(s *suite) {
		s.insert(inLane("b", t0(), "l"), inLane("a", t0(), "l"))
		s.wantIDs(s.claimLanes(t0(), 10, 1), "a")
		s.wantIDs(s.claimLanes(t0(), 10, 1))
	},
	"the planned time counts, not the wake": func(s *suite) {
		first, second := inLane("first", t0(), "l"), inLane("second", at(time.Second), "l")
		first.Delivery.Wake = at(time.Hour) // as after an error
		s.insert(first, second)
		s.wantIDs(s.claimLanes(at(time.Minute), 10, 1))
		s.wantIDs(s.claimLanes(at(time.Hour), 10, 1), "first")
	},
	"what waits for a person does not block": func(s *suite) {
		for i, wake := range []time.Time{{}, at(time.Hour)} {
			lane := numbered(i)
			s.insert(inLane("h"+lane, t0(), lane), inLane("n"+lane, at(time.Second), lane))
			rs := s.claimLanes(t0(), 10, 1)
			s.wantIDs(rs, "h"+lane)
			rs[0].Delivery.Phase, rs[0].Delivery.Wake, rs[0].LeaseUntil = smm.PhaseHuman, wake, time.Time{}
			s.save(rs[0], t0())
			s.wantIDs(s.claimLanes(at(time.Second), 10, 1), "n"+lane)
		}
	},
	"what failed does not block": func(s *suite) {
		for _, p := range []smm.Phase{smm.PhaseFailed, smm.PhaseCancelled, smm.PhaseExpired} {
			s.insert(inLane("a"+string(p), t0(), string(p)), inLane("b"+string(p), at(1), string(p)))
			r := s.get("", "a"+string(p))
			end(r, p)
			s.save(r, t0())
			s.wantIDs(s.claimLanes(at(time.Second), 10, 1), "b"+string(p))
		}
	},
	"what is blocked is looked at again": func(s *suite) {
		second := at(time.Second)
		s.insert(inLane("a", t0(), "l"), inLane("b", second, "l"), inLane("c", second, "l"))
		s.wantIDs(s.claimLanes(second, 10, 1), "a")
		s.wantIDs(s.claimLanes(at(29*time.Second), 10, 1))
		s.wantIDs(s.claimLanes(at(time.Minute), 10, 1), "a") // the lease ended; still the head
		s.wantNext(second)                                   // lanes are the claims' business
		moved := s.get("", "a")
		moved.NotBefore, moved.Delivery.Wake, moved.LeaseUntil = at(time.Hour), at(time.Hour), time.Time{}
		s.save(moved, at(time.Minute))
		s.wantIDs(s.claimLanes(at(time.Minute), 10, 1), "b")
	},
	"by name": func(s *suite) {
		s.insert(inLane("a", t0(), "l"), inLane("b", at(1), "l"))
		claim := func(ids ...string) []*scheduler.Record {
			c := scheduler.Claim{Now: at(time.Second), Lease: time.Minute, Limit: 9, LaneLimit: 1}
			for _, id := range ids {
				c.Keys = append(c.Keys, scheduler.Key{ID: id})
			}
			rs, err := s.store.Claim(s.Context(), c)
			s.ok(err)
			return rs
		}
		s.wantIDs(claim("b"))
		rs := claim("b", "a")
		s.wantIDs(rs, "a")
		finish(rs[0])
		s.save(rs[0], t0())
		s.wantIDs(claim("b"), "b")
	},
	"a long lane starves nobody": func(s *suite) {
		const crowd = 3000
		batch := make([]*scheduler.Record, 0, crowd)
		for n := range crowd {
			r := inLane(numbered(n), at(time.Duration(n)*time.Microsecond), "l")
			r.Delivery.Tenant, r.Delivery.Request.Tenant = "crowd", "crowd"
			batch = append(batch, r)
		}
		s.insert(batch...)
		s.insert(NewRecord("x", "x", at(time.Minute)), NewRecord("crowd", "free", at(time.Minute)))
		var got []string
		for range 3 {
			got = append(got, ids(s.claimLanes(at(time.Hour), 3, 1))...)
		}
		slices.Sort(got)
		if want := []string{"free", numbered(0), "x"}; !slices.Equal(got, want) {
			s.Fatalf("claimed %q, want %q", got, want)
		}
	},
}

// inLane returns a record of the empty tenant in a lane.
func inLane(id string, planned time.Time, lane string) *scheduler.Record {
	r := NewRecord("", id, planned)
	r.Lane = lane
	return r
}

// end makes a record's delivery final, with nothing public.
func end(r *scheduler.Record, p smm.Phase) {
	r.Delivery.Phase, r.Delivery.Wake, r.LeaseUntil = p, time.Time{}, time.Time{}
}

// claimLanes claims with a lease of 30 s.
func (s *suite) claimLanes(now time.Time, limit, lane int) []*scheduler.Record {
	s.Helper()
	rs, err := s.store.Claim(s.Context(), scheduler.Claim{Now: now, Lease: 30 * time.Second, Owner: "worker", Limit: limit, LaneLimit: lane})
	s.ok(err)
	return rs
}
