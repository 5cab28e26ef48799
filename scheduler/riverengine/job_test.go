package riverengine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/riverengine"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

func count(t *testing.T, db *pgstore.DB, where string) (n int) {
	t.Helper()
	require.NoError(t, db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE "+where).Scan(&n))
	return n
}

func insert(t *testing.T, db *pgstore.DB, r *scheduler.Record) *scheduler.Record {
	t.Helper()
	require.NoError(t, db.Deliveries().Insert(t.Context(), r))
	return r
}

// The sweeper has no part in this: what is due now, soon and later is woken by
// jobs, and not before its time.
func TestJobsComeInTime(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	var handled atomic.Int64
	var latest atomic.Int64
	done := complete(db, &handled)
	e := runWith(t, db, noSweep(), func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
		late := time.Since(r.NotBefore)
		if late < 0 {
			t.Errorf("%s comes %s too early", r.Delivery.ID, -late)
		}
		latest.Store(max(latest.Load(), int64(late)))
		return done(ctx, r)
	})
	begun := time.Now()
	for i, ahead := range []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 7 * time.Second} {
		r := insert(t, db, schedulertest.NewRecord("shop", fmt.Sprint(i), scheduler.Micro(begun.Add(ahead))))
		require.NoError(t, e.Wake(t.Context(), r.Key(), r.NotBefore))
	}
	eventually(t, 30*time.Second, "all are done", func() bool { return handled.Load() == 5 })
	t.Logf("at most %s late", time.Duration(latest.Load()))
	require.Less(t, time.Duration(latest.Load()), 2*time.Second, "River's leader alone would take up to 5 s")
}

// A key may have letters that JSON in PostgreSQL does not take.
func TestOddKeys(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	var handled atomic.Int64
	e := runWith(t, db, noSweep(), complete(db, &handled))
	for i, tenant := range []smm.Tenant{"a/b c%41", "\x00", "ü\u2028"} {
		r := insert(t, db, schedulertest.NewRecord(tenant, fmt.Sprint("%2f", i), time.Now()))
		require.NoError(t, e.Wake(t.Context(), r.Key(), time.Now()))
	}
	eventually(t, 30*time.Second, "all are done", func() bool { return handled.Load() == 3 })
}

// One job for each record and time, while it is not finished; in the caller's
// transaction there may be more.
func TestOneJobForEachTime(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	e, err := riverengine.New(db, nil)
	require.NoError(t, err)
	key, at := scheduler.Key{Tenant: "shop", ID: "one"}, time.Now().Add(time.Hour)
	for range 3 {
		require.NoError(t, e.Wake(t.Context(), key, at))
	}
	require.Equal(t, 1, count(t, db, "state = 'scheduled'"))
	require.NoError(t, e.Wake(t.Context(), key, at.Add(time.Minute)))
	require.NoError(t, e.Wake(t.Context(), scheduler.Key{ID: "one"}, at))
	require.Equal(t, 3, count(t, db, "true"))

	// A caller that takes his time holds up nobody who wakes the same record.
	tx, err := db.Pool().Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	require.NoError(t, e.Wake(pgstore.WithTx(t.Context(), tx), key, at))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, e.Wake(ctx, key, at))
	tag, err := db.Pool().Exec(ctx, "UPDATE river_job SET metadata = '{}'")
	require.NoError(t, err)
	require.EqualValues(t, 3, tag.RowsAffected())
}

// River rescues a job that runs for long, and runs it a second time while the
// first still works: the record is worked on once, and both jobs end.
func TestJobRescuedWhileRunning(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	var handled, began atomic.Int64
	release := make(chan struct{})
	done := complete(db, &handled)
	e := runWith(t, db, noSweep(), func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
		began.Add(1)
		<-release
		return done(ctx, r)
	})
	r := insert(t, db, schedulertest.NewRecord("shop", "one", time.Now()))
	require.NoError(t, e.Wake(t.Context(), r.Key(), time.Now()))
	eventually(t, 30*time.Second, "it is worked on", func() bool { return began.Load() == 1 })
	// As the rescuer leaves it, which looks every half minute.
	_, err := db.Pool().Exec(t.Context(), "UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state = 'running'")
	require.NoError(t, err)
	eventually(t, 30*time.Second, "the second run ends", func() bool { return jobs(t, db) == 0 })
	require.EqualValues(t, 1, began.Load())
	close(release)
	eventually(t, 30*time.Second, "the first run ends", func() bool { return handled.Load() == 1 })
	require.EqualValues(t, 1, began.Load())
	require.Equal(t, map[smm.Phase]int{smm.PhasePublished: 1}, countsOf(t, db, "shop"))
}

// What becomes of a job whose record cannot be claimed.
func TestJobsOfOthers(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	s := db.Deliveries()
	now := time.Now()
	final := insert(t, db, schedulertest.NewRecord("shop", "final", now))
	_, err := complete(db, new(atomic.Int64))(t.Context(), final)
	require.NoError(t, err)
	held := insert(t, db, schedulertest.NewRecord("shop", "held", now))
	claimed, err := s.Claim(t.Context(), scheduler.Claim{Now: now.Add(time.Second), Lease: time.Hour, Limit: 1, Keys: []scheduler.Key{held.Key()}})
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	first := schedulertest.NewRecord("shop", "first", now.Add(-time.Minute))
	first.Lane, first.Delivery.Wake = "main", now.Add(time.Hour)
	insert(t, db, first)
	blocked := schedulertest.NewRecord("shop", "blocked", now)
	blocked.Lane = "main"
	insert(t, db, blocked)
	later := insert(t, db, schedulertest.NewRecord("shop", "later", now.Add(time.Hour)))

	done := complete(db, new(atomic.Int64))
	e := runWith(t, db, noSweep(), func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
		t.Errorf("%s is worked on", r.Delivery.ID)
		return done(ctx, r)
	})
	for _, key := range []scheduler.Key{final.Key(), held.Key(), blocked.Key(), later.Key(), {Tenant: "shop", ID: "gone"}} {
		require.NoError(t, e.Wake(t.Context(), key, now))
	}
	eventually(t, 30*time.Second, "the jobs end", func() bool { return count(t, db, "state = 'completed'") == 5 })
	require.Equal(t, 1, jobs(t, db), "one for what is due later")
	require.Equal(t, 1, count(t, db, "state = 'scheduled' AND args->>'id' = 'later' AND scheduled_at > now() + interval '50 minutes'"))
}

// A handler that gives a record back without a word, as at the end, leaves it to
// others at once: nobody waits for a lease or a sweeper.
func TestDrain(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	e, err := riverengine.New(db, &riverengine.Options{Sweep: time.Minute})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	began, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- e.Run(ctx, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
			close(began)
			<-ctx.Done()
			return time.Time{}, db.Deliveries().Renew(context.WithoutCancel(ctx), scheduler.Lease{Key: r.Key(), Epoch: r.Epoch, Until: time.Now()})
		})
	}()
	r := insert(t, db, schedulertest.NewRecord("shop", "one", time.Now()))
	require.NoError(t, e.Wake(t.Context(), r.Key(), time.Now()))
	<-began
	cancel()
	require.NoError(t, <-ended)
	require.Equal(t, 1, jobs(t, db))

	var handled atomic.Int64
	runWith(t, db, noSweep(), complete(db, &handled))
	eventually(t, 20*time.Second, "another takes it", func() bool { return handled.Load() == 1 })
}

// All jobs are lost in the middle; the sweeper finishes everything.
func TestJobsTruncated(t *testing.T) {
	const n = 300
	db := prepared(t, pgtest.NewDatabase(t))
	var handled atomic.Int64
	e := run(t, db, complete(db, &handled))
	begun := time.Now()
	for i := range n {
		r := insert(t, db, schedulertest.NewRecord("shop", fmt.Sprintf("%03d", i), begun.Add(time.Duration(i)*10*time.Millisecond)))
		require.NoError(t, pgx.BeginFunc(t.Context(), db.Pool(), func(tx pgx.Tx) error {
			return e.Wake(pgstore.WithTx(t.Context(), tx), r.Key(), r.Delivery.Wake)
		}))
		if i == n/2 {
			_, err := db.Pool().Exec(t.Context(), "TRUNCATE river_job")
			require.NoError(t, err)
		}
	}
	_, err := db.Pool().Exec(t.Context(), "TRUNCATE river_job")
	require.NoError(t, err)
	eventually(t, time.Minute, "all are done", func() bool { return handled.Load() == n })
	require.Equal(t, map[smm.Phase]int{smm.PhasePublished: n}, countsOf(t, db, "shop"))
}
