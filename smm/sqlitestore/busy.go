package sqlitestore

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// whileBusy calls f until it does not fail for another process's lock any more,
// for as long as patience lasts. It looks again within a millisecond or two:
// the lock is held for about as long, and whoever looks rarely loses it to the
// process that just had it.
func whileBusy(ctx context.Context, patience time.Duration, f func() error) error {
	end := time.Now().Add(patience)
	for {
		err := f()
		if !isBusy(err) || time.Now().After(end) {
			return err
		}
		t := time.NewTimer(200*time.Microsecond + rand.N(time.Millisecond)) //nolint:gosec // to look at different times is all
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return err
		}
	}
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}
