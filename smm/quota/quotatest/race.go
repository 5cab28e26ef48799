package quotatest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
)

// checkRace has many callers count to the same number: each increment that
// Swap confirmed must be in it, and no other.
func checkRace(ctx context.Context, s quota.Store) error {
	const callers, each = 8, 25
	failed := make(chan error, callers)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				if err := increment(ctx, s); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		return err
	}
	state, _, err := s.Load(ctx, key)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	if string(state) != strconv.Itoa(callers*each) {
		return fmt.Errorf("%d increments that were confirmed gave %q", callers*each, state)
	}
	return nil
}

func increment(ctx context.Context, s quota.Store) error {
	for range 10_000 {
		state, v, err := s.Load(ctx, key)
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		n := 0
		if state != nil {
			if n, err = strconv.Atoi(string(state)); err != nil {
				return fmt.Errorf("loaded %q, which nobody stored", state)
			}
		}
		_, err = put(ctx, s, key, v, strconv.Itoa(n+1))
		if err == nil {
			return nil
		}
		if !errors.Is(err, smm.ErrConflict) {
			return err
		}
	}
	return errors.New("10,000 conflicts in a row: nobody gets on")
}
