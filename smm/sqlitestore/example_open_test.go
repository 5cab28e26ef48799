package sqlitestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// One process plans a post and ends; a later one publishes it.
func ExampleOpen() {
	dir, _ := os.MkdirTemp("", "smm")
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, path := context.Background(), filepath.Join(dir, "smm.db")
	driver := &schedulertest.Driver{}
	client, _ := smm.New([]smm.Driver{driver})

	process := func(work func(*scheduler.Scheduler) error) {
		db, err := sqlitestore.Open(ctx, path, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		s, err := scheduler.New(client, db.Deliveries())
		if err == nil {
			err = work(s)
		}
		fmt.Println("done:", err, db.Close())
	}
	process(func(s *scheduler.Scheduler) error {
		_, _, err := s.Enqueue(ctx, &smm.Post{Text: "Hello"}, []smm.Ref{schedulertest.Channel("shop")}, nil)
		return err
	})
	process(func(s *scheduler.Scheduler) error { return s.RunUntilIdle(ctx, time.Second) })
	fmt.Println(driver.Ledger.Counts("").Posts, "post is public")
	// Output:
	// done: <nil> <nil>
	// done: <nil> <nil>
	// 1 post is public
}
