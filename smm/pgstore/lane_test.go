package pgstore_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// More is due than a claim passes over one by one. Lanes keep their order and
// their limit all the same, every tenant gets its turn, nothing is left, and what
// waits for a person is in nobody's way and is reminded of.
func TestBacklogOfLanes(t *testing.T) {
	const n, limit = 1500, 2
	s := open(t, newSchema(t)).Deliveries()
	waiting := make(map[string][]string) // lane of a tenant: IDs in order
	fillUp(t, s, n, func(i int, r *scheduler.Record) {
		d := &r.Delivery
		d.Tenant = smm.Tenant(fmt.Sprint("t", i%5))
		d.Request.Tenant = d.Tenant
		switch {
		case i%10 == 9:
			return // in no lane
		case i < 10:
			d.Phase = smm.PhaseHuman
		}
		r.Lane = fmt.Sprint("lane", i%20)
		if i >= 10 {
			key := string(d.Tenant) + r.Lane
			waiting[key] = append(waiting[key], d.ID)
		}
	})
	claimed := 0
	for {
		rs, err := s.Claim(t.Context(), scheduler.Claim{Now: time.Unix(2e9, 0), Lease: time.Minute, Limit: 50, LaneLimit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if len(rs) == 0 {
			break
		}
		tenants, inLane := make(map[smm.Tenant]int), make(map[string]int)
		for i, r := range rs {
			tenants[r.Delivery.Tenant]++
			key := string(r.Delivery.Tenant) + r.Lane
			if q := waiting[key]; r.Lane != "" && r.Delivery.Phase != smm.PhaseHuman {
				if inLane[key]++; inLane[key] > limit || (q[0] != r.Delivery.ID && q[min(1, len(q)-1)] != r.Delivery.ID) {
					t.Fatalf("%s is claimed before its turn in %s", r.Delivery.ID, key)
				}
			}
			if i > 0 && rs[i-1].Delivery.Wake.After(r.Delivery.Wake) {
				t.Fatalf("%s comes after a later one", r.Delivery.ID)
			}
		}
		if claimed == 0 && len(tenants) != 5 {
			t.Errorf("the first claim serves %v", tenants)
		}
		claimed += len(rs)
		saveAll(t, s, rs)
		for _, r := range rs {
			key := string(r.Delivery.Tenant) + r.Lane
			for i, id := range waiting[key] {
				if id == r.Delivery.ID {
					waiting[key] = append(waiting[key][:i:i], waiting[key][i+1:]...)
					break
				}
			}
		}
	}
	if claimed != n {
		t.Errorf("%d records were claimed, want %d", claimed, n)
	}
}

// saveAll ends deliveries.
func saveAll(t *testing.T, s scheduler.Store, rs []*scheduler.Record) {
	t.Helper()
	var wg sync.WaitGroup
	for _, r := range rs {
		wg.Go(func() {
			c := r.Clone()
			c.Delivery.Phase, c.Delivery.Wake, c.LeaseUntil = smm.PhaseCancelled, time.Time{}, time.Time{}
			if err := s.Save(t.Context(), c, time.Unix(2e9, 0)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
