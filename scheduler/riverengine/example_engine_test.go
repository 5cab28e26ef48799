package riverengine_test

import (
	"context"
	"fmt"
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

// A host keeps its products, the deliveries and River's jobs in one database, and
// writes them in one transaction. Any process that runs the scheduler publishes. The
// example has no output because it needs a server; TestExample runs it.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // as the host's signal handler does
	if err := serve(ctx, "postgres://smm@db.internal/smm", nil); err != nil {
		fmt.Println(err)
	}
}

func serve(ctx context.Context, url string, onEvent func(scheduler.Event)) error {
	db, err := pgstore.Open(ctx, url, nil)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it always returns nil
	if err := riverengine.Migrate(ctx, db, ""); err != nil {
		return err
	}
	engine, err := riverengine.New(db, &riverengine.Options{Lease: 10 * time.Second})
	if err != nil {
		return err
	}
	client, err := smm.New([]smm.Driver{&schedulertest.Driver{}}) // in earnest: mastodon.New(...), bluesky.New(...)
	if err != nil {
		return err
	}
	s, err := scheduler.New(client, db.Deliveries(),
		scheduler.WithEngine(engine), scheduler.WithLease(10*time.Second), scheduler.WithEvents(onEvent))
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, db.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS products (name text)"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO products VALUES ('lamp')"); err != nil {
			return err
		}
		_, _, err := s.Enqueue(pgstore.WithTx(ctx, tx), &smm.Post{Text: "We have a new lamp"}, []smm.Ref{schedulertest.Channel("shop")}, nil)
		return err
	})
	if err != nil {
		return err
	}
	return s.Run(ctx) // until ctx ends
}

func TestExample(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	url := pgtest.NewDatabase(t)
	require.NoError(t, serve(ctx, url, func(e scheduler.Event) {
		if e.Kind == scheduler.EventPublished {
			cancel()
		}
	}))
	db := prepared(t, url)
	require.Equal(t, map[smm.Phase]int{smm.PhasePublished: 1}, counts(t, db))
}
