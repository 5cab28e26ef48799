package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// acked is what the store has said yes to.
type acked struct {
	mu      sync.Mutex
	seen    map[string]promise  // by record
	batches map[string][]string // records of calls that write several, as they were asked for
	freezes map[string]bool
}

// promise is the last write of a record that returned.
type promise struct {
	version int64
	phase   smm.Phase
}

func (a *acked) note(rs ...*scheduler.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range rs {
		if r.Version > a.seen[r.Delivery.ID].version {
			a.seen[r.Delivery.ID] = promise{r.Version, r.Delivery.Phase}
		}
	}
}

func (a *acked) asked(batch string, ids ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.batches[batch] = ids
}

func (a *acked) froze(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.freezes[id] = true
}

func (a *acked) copy() *acked {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &acked{seen: maps.Clone(a.seen), batches: maps.Clone(a.batches), freezes: maps.Clone(a.freezes)}
}

// loss is one loss of power: the promises before it, and what it left.
type loss struct {
	promised *acked
	files    map[string][]byte
	torn     bool
}

// found is what was wrong after a loss.
type found struct{ lost, half, damaged int }

// record of the workload, in one of a few lanes.
func laned(n, i int) *scheduler.Record {
	r := record(fmt.Sprintf("r%02d-%05d", n, i))
	r.Lane = fmt.Sprint("lane", i%7)
	r.Fingerprint = fmt.Appendf(nil, "%016d", i)
	return r
}

// runStore has many callers insert, claim, intend, publish and freeze at a time.
func runStore(ctx context.Context, db *sqlitestore.DB, a *acked, rounds int) error {
	s := db.Deliveries()
	now := time.Unix(1e9, 0)
	var (
		wg   sync.WaitGroup
		errs = make([]error, 8)
	)
	for n := range errs {
		wg.Go(func() {
			for i := 0; i < rounds && errs[n] == nil; i++ {
				errs[n] = errors.Join(insertSome(ctx, s, a, n, i), workSome(ctx, s, a, now))
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func insertSome(ctx context.Context, s scheduler.Store, a *acked, n, i int) error {
	switch i % 4 {
	case 0: // a batch
		rs := []*scheduler.Record{laned(n, 10*i), laned(n, 10*i+1), laned(n, 10*i+2)}
		a.asked(fmt.Sprint("insert", n, i), rs[0].Delivery.ID, rs[1].Delivery.ID, rs[2].Delivery.ID)
		if err := s.Insert(ctx, rs...); err != nil {
			return err
		}
		a.note(rs...)
	case 1: // two new ones with a change of an old one
		rs := []*scheduler.Record{laned(n, 10*i), laned(n, 10*i+1)}
		a.asked(fmt.Sprint("apply", n, i), rs[0].Delivery.ID, rs[1].Delivery.ID)
		old, err := s.Get(ctx, scheduler.Key{ID: fmt.Sprintf("r%02d-%05d", n, 10*(i-1))})
		if err != nil {
			return err
		}
		old.Held = "held"
		err = s.Apply(ctx, time.Unix(1e9, 0), append(rs, old)...)
		if errors.Is(err, scheduler.ErrFenced) {
			return nil
		}
		if err != nil {
			return err
		}
		a.note(append(rs, old)...)
	case 2:
		id := fmt.Sprintf("f%d-%d", n, i)
		if err := s.SetFreeze(ctx, scheduler.Freeze{ID: id, At: time.Unix(1e9, 0)}); err != nil {
			return err
		}
		a.froze(id)
	default:
		r := laned(n, 10*i)
		if err := s.Insert(ctx, r); err != nil {
			return err
		}
		a.note(r)
	}
	return nil
}

func workSome(ctx context.Context, s scheduler.Store, a *acked, now time.Time) error {
	rs, err := s.Claim(ctx, scheduler.Claim{Now: now, Lease: time.Minute, Limit: 2, LaneLimit: 2})
	if err != nil {
		return err
	}
	a.note(rs...)
	for _, r := range rs {
		d := &r.Delivery
		d.Phase, d.Prepared = smm.PhaseCommitting, smm.Prepared{Ready: true, Guarantee: smm.Guarantee{Class: smm.ClassKey}}
		d.Attempt = smm.Attempt{N: 1, First: now, Intent: now, Deadline: now.Add(time.Second)}
		if err := s.Save(ctx, r, now); errors.Is(err, scheduler.ErrFenced) {
			continue // a host's Apply came between
		} else if err != nil {
			return err
		}
		a.note(r)
		d.Phase, d.Wake, r.LeaseUntil = smm.PhasePublished, time.Time{}, time.Time{}
		d.Outcome = smm.Outcome{State: smm.OutcomePublished, Post: d.Request.Channel.WithKind(smm.KindPost, d.ID)}
		if err := s.Save(ctx, r, now); errors.Is(err, scheduler.ErrFenced) {
			continue
		} else if err != nil {
			return err
		}
		a.note(r)
	}
	return nil
}

// losePower runs a store on a disk and loses its power at random moments:
// between any two operations on its files.
func losePower(t *testing.T, seed uint64, losses int, spoil func(*testing.T, *disk, *sqlitestore.DB)) (sum found, intents int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	d := newDisk(t)
	db, err := sqlitestore.Open(sqlitestore.WithVFS(t.Context(), d.name), filepath.Join(t.TempDir(), "smm.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	spoil(t, d, db)
	a := &acked{seen: make(map[string]promise), batches: make(map[string][]string), freezes: make(map[string]bool)}
	var all []loss
	next := rnd.IntN(200)
	d.mu.Lock()
	d.at = func(op int) {
		if op < next || len(all) == losses {
			return
		}
		next = op + 1 + rnd.IntN(2*20_000/losses)
		torn := len(all)%2 == 1
		promised := a.copy() // before the files: what is promised meanwhile need not be there
		all = append(all, loss{promised, d.afterLoss(torn, rnd), torn})
	}
	d.mu.Unlock()
	if err := runStore(t.Context(), db, a, 80); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		f, n := check(t, l)
		sum.lost, sum.half, sum.damaged, intents = sum.lost+f.lost, sum.half+f.half, sum.damaged+f.damaged, intents+n
	}
	t.Logf("%d losses of power in %d operations, %d records: %+v", len(all), d.ops, len(a.seen), sum)
	return sum, intents
}

// check opens what a loss left and compares it with what was promised.
func check(t *testing.T, l loss) (f found, intents int) {
	t.Helper()
	path := restore(t, l.files)
	db, err := sqlitestore.Open(t.Context(), path, nil)
	if err != nil {
		return found{damaged: 1}, 0
	}
	defer func() { _ = db.Close() }()
	var word string
	if err := raw(t, path).QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&word); err != nil || word != "ok" {
		t.Logf("integrity: %q %v", word, err)
		f.damaged++
	}
	have := make(map[string]*scheduler.Record)
	for r, err := range db.Deliveries().List(t.Context(), scheduler.Query{AllTenants: true}) {
		if err != nil {
			f.damaged++
			return f, 0
		}
		have[r.Delivery.ID] = r
	}
	for id, p := range l.promised.seen {
		r := have[id]
		if r == nil || r.Version < p.version || (r.Version == p.version && r.Delivery.Phase != p.phase) {
			f.lost++
		}
		if p.phase == smm.PhaseCommitting {
			intents++
		}
	}
	for _, ids := range l.promised.batches {
		n := 0
		for _, id := range ids {
			if have[id] != nil {
				n++
			}
		}
		if n != 0 && n != len(ids) {
			f.half++
		}
	}
	frozen, err := db.Deliveries().Freezes(t.Context(), "")
	if err != nil {
		f.damaged++
	}
	for _, z := range frozen {
		delete(l.promised.freezes, z.ID)
	}
	f.lost += len(l.promised.freezes)
	return f, intents
}

// Whatever moment the power goes at, what returned is there.
func TestPowerLoss(t *testing.T) {
	seeds, losses := 2, 40
	if testing.Short() {
		seeds, losses = 1, 20
	}
	intents := 0
	for seed := range seeds {
		f, n := losePower(t, uint64(seed), losses, func(*testing.T, *disk, *sqlitestore.DB) {})
		if f != (found{}) {
			t.Errorf("seed %d: %+v", seed, f)
		}
		intents += n
	}
	if intents == 0 {
		t.Error("no loss came while an intent was the last word: the test proves nothing about them")
	}
	t.Logf("%d intents were the last word at a loss", intents)
}

// The test above finds what it looks for: stores and disks that do not keep
// their word lose what they have acknowledged.
func TestPowerLossHasTeeth(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it takes minutes under the race detector, and TestPowerLoss runs the same code there")
	}
	for name, spoil := range map[string]func(*testing.T, *disk, *sqlitestore.DB){
		"synchronous=NORMAL": func(t *testing.T, _ *disk, db *sqlitestore.DB) { setSynchronous(t, db, "NORMAL") },
		"synchronous=OFF":    func(t *testing.T, _ *disk, db *sqlitestore.DB) { setSynchronous(t, db, "OFF") },
		"a disk that does not sync the log": func(_ *testing.T, d *disk, _ *sqlitestore.DB) {
			d.liar = func(name string) bool { return strings.HasSuffix(name, "-wal") }
		},
		"a disk that does not sync the file": func(_ *testing.T, d *disk, _ *sqlitestore.DB) {
			d.liar = func(name string) bool { return !strings.HasSuffix(name, "-wal") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := losePower(t, 1, 20, spoil)
			if f.lost == 0 && (f.damaged == 0 || strings.HasPrefix(name, "synchronous")) {
				t.Error("nothing was lost")
			}
		})
	}
}

func setSynchronous(t *testing.T, db *sqlitestore.DB, level string) {
	t.Helper()
	if err := sqlitestore.SetSynchronous(t.Context(), db, level); err != nil {
		t.Fatal(err)
	}
}
