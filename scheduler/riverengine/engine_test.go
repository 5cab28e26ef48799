package riverengine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/internal/worktest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/riverengine"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

func jobs(t *testing.T, db *pgstore.DB) int {
	t.Helper()
	var n int
	require.NoError(t, db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE state <> 'completed'").Scan(&n))
	return n
}

// A host's row, the deliveries and their jobs are one transaction.
func TestCallersTransaction(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	s, err := newScheduler(db, "")
	require.NoError(t, err)
	_, err = db.Pool().Exec(t.Context(), "CREATE TABLE orders (id text)")
	require.NoError(t, err)
	channels := []smm.Ref{worktest.Channel("key0"), worktest.Channel("key1")}
	enqueue := func(end error) error {
		return pgx.BeginFunc(t.Context(), db.Pool(), func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "INSERT INTO orders VALUES ('1')"); err != nil {
				return err
			}
			_, _, err := s.Enqueue(pgstore.WithTx(t.Context(), tx), &smm.Post{Text: "hello"}, channels, nil)
			return errors.Join(err, end)
		})
	}
	orders := func() (n int) {
		require.NoError(t, db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM orders").Scan(&n))
		return n
	}
	changed := errors.New("the host changed its mind")
	require.ErrorIs(t, enqueue(changed), changed)
	require.Empty(t, counts(t, db))
	require.Zero(t, orders()+jobs(t, db))
	require.NoError(t, enqueue(nil))
	require.Equal(t, map[smm.Phase]int{smm.PhasePreparing: 2}, counts(t, db))
	require.Equal(t, []int{1, 2}, []int{orders(), jobs(t, db)})
}

// A process that dies with its transaction open leaves none of it.
func TestKilledInTransaction(t *testing.T) {
	url := pgtest.NewDatabase(t)
	db := prepared(t, url)
	_, err := db.Pool().Exec(t.Context(), "CREATE TABLE orders (id text)")
	require.NoError(t, err)
	start(t, url, "", "RIVERENGINE_TASK=transaction").Kill(t) // it says that it is ready before it would commit
	eventually(t, 30*time.Second, "the transaction is gone", func() bool {
		var n int
		err := db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()").Scan(&n)
		return err == nil && n == 0
	})
	require.Empty(t, counts(t, db))
	require.Zero(t, jobs(t, db))
	var orders int
	require.NoError(t, db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM orders").Scan(&orders))
	require.Zero(t, orders)
}

// halfWay writes all of an order but the commit, and stays there.
func halfWay(ctx context.Context, db *pgstore.DB, s *scheduler.Scheduler) error {
	tx, err := db.Pool().Begin(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO orders VALUES ('1')"); err != nil {
		return err
	}
	ref := worktest.Channel("key0")
	inTx := pgstore.WithTx(ctx, tx)
	if _, _, err := s.Enqueue(inTx, &smm.Post{Text: "hello"}, []smm.Ref{ref}, nil); err != nil {
		return err
	}
	var rows, made int
	if err := tx.QueryRow(ctx, "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM river_job)").Scan(&rows, &made); err != nil {
		return err
	}
	if rows != 1 || made != 1 {
		return fmt.Errorf("%d orders and %d jobs in the transaction, want one of each", rows, made)
	}
	fmt.Println("ready") //nolint:forbidigo // the test waits for it
	<-ctx.Done()
	return nil
}

// run runs an engine until the test ends.
func run(t *testing.T, db *pgstore.DB, h scheduler.Handler) *riverengine.Engine {
	t.Helper()
	return runWith(t, db, riverengine.Options{Lease: lease}, h)
}

// noSweep leaves a test to the jobs.
func noSweep() riverengine.Options { return riverengine.Options{Sweep: time.Minute} }

func runWith(t *testing.T, db *pgstore.DB, o riverengine.Options, h scheduler.Handler) *riverengine.Engine {
	t.Helper()
	o.OnError = func(err error) { t.Log(err) }
	e, err := riverengine.New(db, &o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx, h) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	return e
}

// complete is a Handler that ends a record.
func complete(db *pgstore.DB, handled *atomic.Int64) scheduler.Handler {
	return func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
		defer handled.Add(1)
		finish(r)
		return time.Time{}, db.Deliveries().Save(context.WithoutCancel(ctx), r, time.Now())
	}
}

func finish(r *scheduler.Record) {
	d := &r.Delivery
	d.Phase, d.Wake, r.LeaseUntil = smm.PhasePublished, time.Time{}, time.Time{}
	d.Outcome = smm.Outcome{State: smm.OutcomePublished, Evidence: smm.EvidenceReply}
}

// Many jobs for one record, at once: it is worked on once.
func TestJobsTooMany(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	r := schedulertest.NewRecord("shop", "one", time.Now())
	require.NoError(t, db.Deliveries().Insert(t.Context(), r))
	var handled atomic.Int64
	e := run(t, db, complete(db, &handled))
	for range 20 {
		require.NoError(t, e.Wake(t.Context(), r.Key(), time.Now()))
	}
	eventually(t, time.Minute, "all jobs are done", func() bool { return jobs(t, db) == 0 })
	require.EqualValues(t, 1, handled.Load())
}

// Records that no job comes for are found: those that were inserted past the
// engine, and those whose jobs were lost.
func TestSweeper(t *testing.T) {
	const n = 50
	db := prepared(t, pgtest.NewDatabase(t))
	var handled atomic.Int64
	begun := time.Now()
	e := run(t, db, complete(db, &handled))
	for i := range n {
		r := schedulertest.NewRecord("shop", string(rune('A'+i)), begun.Add(time.Duration(i)*20*time.Millisecond))
		require.NoError(t, db.Deliveries().Insert(t.Context(), r))
		if i%2 == 0 {
			require.NoError(t, e.Wake(t.Context(), r.Key(), r.Delivery.Wake))
		}
		if i == n/2 {
			_, err := db.Pool().Exec(t.Context(), "DELETE FROM river_job WHERE state IN ('available', 'scheduled')")
			require.NoError(t, err)
		}
	}
	eventually(t, time.Minute, "all are done", func() bool { return handled.Load() == n })
	require.Equal(t, map[smm.Phase]int{smm.PhasePublished: n}, countsOf(t, db, "shop"))
}

func countsOf(t *testing.T, db *pgstore.DB, tenant smm.Tenant) map[smm.Phase]int {
	t.Helper()
	out := make(map[smm.Phase]int)
	for r, err := range db.Deliveries().List(t.Context(), scheduler.Query{Tenant: tenant}) {
		require.NoError(t, err)
		out[r.Delivery.Phase]++
	}
	return out
}

// A handler that fails loses nothing: the record comes back when its lease is over.
func TestHandlerFails(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	var tried, handled atomic.Int64
	done := complete(db, &handled)
	e := run(t, db, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
		if tried.Add(1) < 3 {
			return time.Time{}, errors.New("not today")
		}
		return done(ctx, r)
	})
	r := schedulertest.NewRecord("", "one", time.Now())
	require.NoError(t, db.Deliveries().Insert(t.Context(), r))
	require.NoError(t, e.Wake(t.Context(), r.Key(), time.Now()))
	eventually(t, time.Minute, "it is done", func() bool { return handled.Load() == 1 })
	require.EqualValues(t, 3, tried.Load())
}

// Records of a lane go one after the other, in their order, without the sweeper.
func TestLane(t *testing.T) {
	const n = 20
	db := prepared(t, pgtest.NewDatabase(t))
	var (
		mu    sync.Mutex
		order []string
	)
	var handled, busy atomic.Int64
	done := complete(db, &handled)
	begun := time.Now()
	e := runWith(t, db, noSweep(), func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
		if busy.Add(1) > 1 {
			t.Error("two of a lane at once")
		}
		defer busy.Add(-1)
		mu.Lock()
		order = append(order, r.Delivery.ID)
		mu.Unlock()
		return done(ctx, r)
	})
	want := make([]string, 0, n)
	for i := range n {
		r := schedulertest.NewRecord("", string(rune('A'+i)), begun.Add(time.Duration(i)*time.Microsecond))
		r.Lane = "main"
		want = append(want, r.Delivery.ID)
		require.NoError(t, db.Deliveries().Insert(t.Context(), r))
	}
	for _, id := range want {
		require.NoError(t, e.Wake(t.Context(), scheduler.Key{ID: id}, begun))
	}
	eventually(t, time.Minute, "all are done", func() bool { return handled.Load() == n })
	require.Equal(t, want, order)
}

func TestOptionsRefused(t *testing.T) {
	db := prepared(t, pgtest.NewDatabase(t))
	for name, o := range map[string]riverengine.Options{
		"short lease": {Lease: time.Millisecond}, "long lease": {Lease: 2 * time.Hour}, "concurrency": {Concurrency: -1},
		"sweep": {Sweep: time.Hour}, "queue": {Queue: "no queue!"},
		"cooldown": {FetchCooldown: time.Nanosecond}, "poll": {FetchCooldown: time.Second, FetchPollInterval: time.Millisecond},
	} {
		_, err := riverengine.New(db, &o)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	_, err := riverengine.New(nil, nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.ErrorIs(t, riverengine.Migrate(t.Context(), nil, ""), smm.ErrInvalid)
	small, err := pgstore.Open(t.Context(), db.Pool().Config().ConnString()+"&pool_max_conns=1", nil)
	require.NoError(t, err)
	defer small.Close()
	require.NoError(t, riverengine.Migrate(t.Context(), small, "other"))
	_, err = riverengine.New(small, nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// Without River's tables Run says what to do, and a Wake spoils no transaction.
func TestNotMigrated(t *testing.T) {
	db, err := pgstore.Open(t.Context(), pgtest.NewDatabase(t), nil)
	require.NoError(t, err)
	defer db.Close()
	e, err := riverengine.New(db, nil)
	require.NoError(t, err)
	require.ErrorIs(t, e.Run(t.Context(), nil), riverengine.ErrNotMigrated)
	key := scheduler.Key{ID: "one"}
	require.Error(t, e.Wake(t.Context(), key, time.Now()))
	require.NoError(t, pgx.BeginFunc(t.Context(), db.Pool(), func(tx pgx.Tx) error {
		ctx := pgstore.WithTx(t.Context(), tx)
		require.Error(t, e.Wake(ctx, key, time.Now()))
		return db.Deliveries().Insert(ctx, schedulertest.NewRecord("", "one", time.Now()))
	}))
}

// Several processes may migrate at once; here they are goroutines with a pool each.
func TestMigrateAtOnce(t *testing.T) {
	url := pgtest.NewDatabase(t)
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			db, err := pgstore.Open(t.Context(), url, nil)
			if err == nil {
				err = errors.Join(riverengine.Migrate(t.Context(), db, "river"), riverengine.Migrate(t.Context(), db, "river"), db.Close())
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
}

func TestEngine(t *testing.T) {
	dbs := make(map[scheduler.Store]*pgstore.DB)
	schedulertest.RunEngine(t, schedulertest.EngineOptions{
		Open: func(t *testing.T) scheduler.Store {
			t.Helper()
			db := prepared(t, pgtest.NewDatabase(t))
			s := db.Deliveries()
			dbs[s] = db
			return s
		},
		New: func(t *testing.T, s scheduler.Store) scheduler.Engine {
			t.Helper()
			e, err := riverengine.New(dbs[s], &riverengine.Options{Lease: lease})
			require.NoError(t, err)
			return e
		},
	})
}
