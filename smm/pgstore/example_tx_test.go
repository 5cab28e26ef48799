package pgstore_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// A host writes its own row and the deliveries of a post in one transaction. The
// example has no output because it needs a server; TestExampleWithTx runs it.
func ExampleWithTx() {
	if err := announce(context.Background(), "postgres://smm@db.internal/smm"); err != nil {
		fmt.Println(err)
	}
}

func announce(ctx context.Context, connString string) error {
	db, err := pgstore.Open(ctx, connString, nil)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it always returns nil
	client, err := smm.New([]smm.Driver{&schedulertest.Driver{}})
	if err != nil {
		return err
	}
	s, err := scheduler.New(client, db.Deliveries())
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, db.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS products (name text, announced boolean)"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO products VALUES ('lamp', true)"); err != nil {
			return err
		}
		_, _, err := s.Enqueue(pgstore.WithTx(ctx, tx), &smm.Post{Text: "We have a new lamp"}, []smm.Ref{schedulertest.Channel("shop")}, nil)
		return err
	})
}

func TestExampleWithTx(t *testing.T) {
	url := sharedURL(t)
	if err := announce(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db := openOn(t, url, "smmkit")
	var products int
	if err := db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM products WHERE announced").Scan(&products); err != nil {
		t.Fatal(err)
	}
	deliveries, err := all(t.Context(), db.Deliveries())
	if products != 1 || deliveries != 1 || err != nil {
		t.Errorf("%d products and %d deliveries, %v", products, deliveries, err)
	}
}
