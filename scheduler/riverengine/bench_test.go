package riverengine_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/riverengine"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// BenchmarkDue measures how late a handler is called for 1,000 records that were
// planned ahead: all due at an instant, or spread over ten seconds. One process
// works on them, and each is completed with a durable write.
func BenchmarkDue(b *testing.B) {
	b.Run("instant", func(b *testing.B) { benchmarkDue(b, 0) })
	b.Run("spread", func(b *testing.B) { benchmarkDue(b, 10*time.Second) })
}

func benchmarkDue(b *testing.B, spread time.Duration) {
	const n = 1000
	ahead := 12 * time.Second // more than River's leader looks ahead
	for b.Loop() {
		db, err := pgstore.Open(b.Context(), pgtest.NewDatabase(b)+"&pool_max_conns=32", nil)
		require.NoError(b, err)
		require.NoError(b, riverengine.Migrate(b.Context(), db, ""))
		var (
			mu   sync.Mutex
			late []time.Duration
		)
		ctx, stop := context.WithCancel(b.Context())
		e, err := riverengine.New(db, nil)
		require.NoError(b, err)
		due := scheduler.Micro(time.Now().Add(ahead))
		planAhead(b, db, e, due, spread, n)
		if time.Until(due) < time.Second {
			b.Fatal("planning took too long to measure anything")
		}
		require.NoError(b, e.Run(ctx, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
			was := time.Since(r.NotBefore)
			finish(r)
			err := db.Deliveries().Save(context.WithoutCancel(ctx), r, time.Now())
			mu.Lock()
			defer mu.Unlock()
			if late = append(late, was); len(late) == n {
				stop()
			}
			return time.Time{}, err
		}))
		slices.Sort(late)
		b.ReportMetric(float64(late[n/2].Milliseconds()), "p50-ms")
		b.ReportMetric(float64(late[n*99/100].Milliseconds()), "p99-ms")
		require.NoError(b, db.Close())
	}
}

// planAhead inserts records and their jobs in one transaction.
func planAhead(b *testing.B, db *pgstore.DB, e *riverengine.Engine, due time.Time, spread time.Duration, n int) {
	b.Helper()
	rs := make([]*scheduler.Record, n)
	for i := range rs {
		rs[i] = schedulertest.NewRecord("shop", fmt.Sprint(i), scheduler.Micro(due.Add(spread*time.Duration(i)/time.Duration(n))))
	}
	require.NoError(b, pgx.BeginFunc(b.Context(), db.Pool(), func(tx pgx.Tx) error {
		ctx := pgstore.WithTx(b.Context(), tx)
		if err := db.Deliveries().Insert(ctx, rs...); err != nil {
			return err
		}
		for _, r := range rs {
			if err := e.Wake(ctx, r.Key(), r.NotBefore); err != nil {
				return err
			}
		}
		return nil
	}))
}
