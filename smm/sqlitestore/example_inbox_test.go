package sqlitestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// A question arrives in one process; a later one finds it unanswered.
func ExampleDB_Inbox() {
	dir, _ := os.MkdirTemp("", "smm")
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, path := context.Background(), filepath.Join(dir, "smm.db")
	channel := smm.Ref{Platform: "example", Kind: smm.KindChannel, ID: "shop"}

	process := func(work func(*inbox.Inbox) error) {
		db, err := sqlitestore.Open(ctx, path, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		in, err := inbox.New(db.Inbox())
		if err == nil {
			err = work(in)
		}
		fmt.Println("done:", err, db.Close())
	}
	process(func(in *inbox.Inbox) error {
		_, err := in.Ingest(ctx, "", smm.Event{
			Kind: smm.EventMessageReceived, Channel: channel, At: time.Unix(1e9, 0),
			Message: &smm.Message{Ref: channel.WithKind(smm.KindComment, "1"), Root: channel.WithKind(smm.KindPost, "9"), Text: "When do you open?", At: time.Unix(1e9, 0)},
		})
		return err
	})
	process(func(in *inbox.Inbox) error {
		for c, err := range in.Store().List(ctx, "", inbox.Query{Unanswered: true}) {
			if err != nil {
				return err
			}
			for it, err := range in.Store().Items(ctx, "", channel, c.Ref) {
				fmt.Println(c.About, "asks", it.Message.Text, err)
			}
		}
		return nil
	})
	// Output:
	// done: <nil> <nil>
	// example/post/9 asks When do you open? <nil>
	// done: <nil> <nil>
}
