package sqlitestore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// inLane returns a record that is due and planned at, of the channel's lane.
func inLane(tenant smm.Tenant, id, lane string, at time.Time) *scheduler.Record {
	r := schedulertest.NewRecord(tenant, id, at)
	r.Lane = lane
	return r
}

func claimIDs(t testing.TB, s scheduler.Store, c scheduler.Claim) []string {
	t.Helper()
	rs, err := s.Claim(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]string, 0, len(rs))
	for _, r := range rs {
		ids = append(ids, string(r.Delivery.Tenant)+"/"+r.Delivery.ID)
	}
	return ids
}

// What waits for its lane is passed over once, not by every claim, and comes when
// its turn does.
func TestALongLane(t *testing.T) {
	const n = 10_000
	t0 := time.Unix(1e9, 0)
	s := open(t, filepath.Join(t.TempDir(), "smm.db")).Deliveries()
	batch := make([]*scheduler.Record, 0, n)
	for i := range n {
		batch = append(batch, inLane("crowd", fmt.Sprintf("c%05d", i), "lane", t0)) // the same instant: the ID decides
	}
	if err := s.Insert(t.Context(), batch...); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if err := s.Insert(t.Context(), inLane("crowd", fmt.Sprintf("x%02d", i), "", t0.Add(time.Second))); err != nil {
			t.Fatal(err)
		}
	}
	c := scheduler.Claim{Now: t0.Add(time.Minute), Lease: time.Minute, Limit: 10, LaneLimit: 1}
	begun := time.Now()
	first := claimIDs(t, s, c)
	once := time.Since(begun)
	if len(first) != 10 || first[0] != "crowd/c00000" {
		t.Fatalf("claimed %q, want the lane's first and nine others", first)
	}
	var later []time.Duration
	for range 3 {
		begun := time.Now()
		if got := claimIDs(t, s, c); len(got) != 10 {
			t.Fatalf("claimed %q, want ten", got)
		}
		later = append(later, time.Since(begun))
	}
	if next, ok, err := s.NextWake(t.Context()); err != nil || !ok || !next.Equal(t0) {
		t.Errorf("the next wake is %s, %t, %v: want that of what waits", next, ok, err)
	}
	t.Logf("%d that wait: %s for the first claim, %v for the next", n, once.Round(time.Millisecond), later)
	if slices.Min(later) > max(once/4, 20*time.Millisecond) {
		t.Errorf("later claims take %v, the first %s: they look at what waits again", later, once)
	}
	for i := range 50 { // each that is done lets one go
		r, err := s.Get(t.Context(), scheduler.Key{Tenant: "crowd", ID: fmt.Sprintf("c%05d", i)})
		if err != nil {
			t.Fatal(err)
		}
		published(r)
		if err := s.Save(t.Context(), r, c.Now); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("crowd/c%05d", i+1)
		if got := claimIDs(t, s, c); !slices.Contains(got, want) {
			t.Fatalf("after %d are done, %q were claimed, want %s", i+1, got, want)
		}
	}
}

func published(r *scheduler.Record) {
	d := &r.Delivery
	d.Phase, d.Wake, r.LeaseUntil = smm.PhasePublished, time.Time{}, time.Time{}
	d.Outcome = smm.Outcome{State: smm.OutcomePublished, Post: d.Request.Channel.WithKind(smm.KindPost, "1"), Evidence: smm.EvidenceReply}
}

// Random histories give the same on the file as in memory, where a lane is
// looked through anew each time.
func TestLanesAsInMemory(t *testing.T) {
	for seed := range uint64(25) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		file, memory := open(t, filepath.Join(t.TempDir(), "smm.db")).Deliveries(), scheduler.NewMemory()
		h := history{T: t, rnd: rnd, stores: [2]scheduler.Store{file, memory}, now: time.Unix(1e9, 0)}
		for range 250 {
			h.step()
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// history does the same to two stores.
type history struct {
	*testing.T

	rnd    *rand.Rand
	stores [2]scheduler.Store
	now    time.Time
	ids    []scheduler.Key
}

func (h *history) step() {
	h.Helper()
	switch h.rnd.IntN(6) {
	case 0, 1:
		h.insert()
	case 2, 3:
		h.claim()
	case 4:
		h.now = h.now.Add(time.Duration(h.rnd.IntN(40)-5) * time.Second) // now and then it jumps back
	default:
		h.change()
	}
}

func (h *history) insert() {
	h.Helper()
	k := scheduler.Key{Tenant: smm.Tenant([]string{"", "x"}[h.rnd.IntN(2)]), ID: fmt.Sprintf("prefix%c%03d", 'a'+rune(h.rnd.IntN(3)), len(h.ids))}
	if h.rnd.IntN(2) == 0 {
		k.ID = fmt.Sprintf("%c%03d", 'a'+rune(h.rnd.IntN(3)), len(h.ids))
	}
	h.ids = append(h.ids, k)
	lane := []string{"", "one", "two", "fake/channel/main"}[h.rnd.IntN(4)]
	planned, wait := h.now.Add(time.Duration(h.rnd.IntN(5)-2)*10*time.Second), time.Duration(h.rnd.IntN(3))*5*time.Second
	h.both(func(s scheduler.Store) error {
		r := inLane(k.Tenant, k.ID, lane, planned)
		r.Delivery.Wake = planned.Add(wait)
		return s.Insert(h.Context(), r)
	})
}

func (h *history) claim() {
	h.Helper()
	c := scheduler.Claim{Now: h.now, Lease: 20 * time.Second, Limit: 1000, LaneLimit: []int{1, 1, 1, 2, 3, 0}[h.rnd.IntN(6)]}
	if h.rnd.IntN(4) == 0 && len(h.ids) > 0 {
		c.Keys = []scheduler.Key{h.ids[h.rnd.IntN(len(h.ids))], h.ids[h.rnd.IntN(len(h.ids))]}
	}
	var got [2][]string
	for i, s := range h.stores {
		got[i] = claimIDs(h, s, c)
		slices.Sort(got[i])
	}
	if !slices.Equal(got[0], got[1]) {
		h.Fatalf("claim %+v: file %q, memory %q", c, got[0], got[1])
	}
	var next [2]time.Time
	for i, s := range h.stores {
		var err error
		if next[i], _, err = s.NextWake(h.Context()); err != nil {
			h.Fatal(err)
		}
	}
	if !next[0].Equal(next[1]) {
		h.Fatalf("next wake: file %s, memory %s", next[0], next[1])
	}
}

// change saves what a worker, a person or a host may make of a record.
func (h *history) change() {
	h.Helper()
	if len(h.ids) == 0 {
		return
	}
	k, what, shift := h.ids[h.rnd.IntN(len(h.ids))], h.rnd.IntN(6), time.Duration(h.rnd.IntN(9)-4)*10*time.Second
	h.both(func(s scheduler.Store) error {
		r, err := s.Get(h.Context(), k)
		if err != nil {
			return err
		}
		d := &r.Delivery
		switch what {
		case 0, 1:
			published(r)
		case 2:
			d.Phase, d.Wake, r.LeaseUntil = smm.PhaseHuman, h.now.Add(5*time.Second), time.Time{}
		case 3:
			r.NotBefore = r.NotBefore.Add(shift)
		case 4:
			d.Phase, d.Wake, d.Outcome, r.LeaseUntil = smm.PhasePreparing, h.now.Add(shift), smm.Outcome{}, time.Time{}
		default:
			d.Phase, d.Wake, r.LeaseUntil = smm.PhaseCancelled, time.Time{}, time.Time{}
		}
		if what%2 == 0 {
			return s.Save(h.Context(), r, h.now)
		}
		return s.Apply(h.Context(), h.now, r)
	})
}

func (h *history) both(do func(scheduler.Store) error) {
	h.Helper()
	a, b := do(h.stores[0]), do(h.stores[1])
	if (a == nil) != (b == nil) || errors.Is(a, smm.ErrConflict) != errors.Is(b, smm.ErrConflict) {
		h.Fatalf("file: %v, memory: %v", a, b)
	}
}

// Who waits comes forward when what it waits for, or itself, is planned anew.
func TestALanePlannedAnew(t *testing.T) {
	t0 := time.Unix(1e9, 0)
	c := scheduler.Claim{Now: t0.Add(time.Minute), Lease: time.Minute, Limit: 10, LaneLimit: 1}
	for name, move := range map[string]struct {
		id   string
		to   time.Duration
		want string
	}{
		"the first to the end":  {"a", 40 * time.Second, "/b"},
		"the last to the front": {"c", -time.Second, "/c"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), "smm.db")).Deliveries()
			a, b, last := inLane("", "a", "lane", t0), inLane("", "b", "lane", t0.Add(time.Second)), inLane("", "c", "lane", t0.Add(2*time.Second))
			if err := s.Insert(t.Context(), a, b, last); err != nil {
				t.Fatal(err)
			}
			if got := claimIDs(t, s, c); !slices.Equal(got, []string{"/a"}) {
				t.Fatalf("claimed %q, want a", got)
			}
			r, err := s.Get(t.Context(), scheduler.Key{ID: move.id})
			if err != nil {
				t.Fatal(err)
			}
			r.NotBefore = t0.Add(move.to)
			if err := s.Save(t.Context(), r, t0); err != nil {
				t.Fatal(err)
			}
			if got := claimIDs(t, s, c); !slices.Equal(got, []string{move.want}) {
				t.Fatalf("claimed %q, want %s", got, move.want)
			}
		})
	}
}
