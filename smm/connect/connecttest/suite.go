package connecttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

// Run runs the suite. open returns an empty store that uses the machine's
// clock, and is called for each test.
func Run(t *testing.T, open func(t *testing.T) connect.Store) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(t.Context(), open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

type check struct {
	name string
	run  func(ctx context.Context, s connect.Store) error
}

func checks() []check {
	return []check{
		{"put and take", putAndTake},
		{"once", once},
		{"missing", missing},
		{"expired", expired},
		{"apart", apart},
		{"conflict", conflict},
		{"ids", ids},
		{"large", large},
		{"copies", copies},
		{"race", race},
		{"cancelled", cancelled},
	}
}

func later() time.Time { return time.Now().Add(time.Hour) }

// want takes id and compares.
func want(ctx context.Context, s connect.Store, id string, value []byte) error {
	got, err := s.Take(ctx, id)
	if err != nil {
		return fmt.Errorf("taking what was put: %w", err)
	}
	if !bytes.Equal(got, value) {
		return fmt.Errorf("took %d bytes that differ from the %d put", len(got), len(value))
	}
	return nil
}

func wantNone(ctx context.Context, s connect.Store, id, what string) error {
	if got, err := s.Take(ctx, id); !errors.Is(err, smm.ErrNotFound) || len(got) != 0 {
		return fmt.Errorf("taking what %s: %d bytes and %w, want nothing and an error that matches smm.ErrNotFound", what, len(got), orNil(err))
	}
	return nil
}

func orNil(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}

func putAndTake(ctx context.Context, s connect.Store) error {
	for _, value := range [][]byte{[]byte("sealed"), {0}, {0, 1, 0xff, 0xfe, '\n'}} {
		if err := s.Put(ctx, "id", value, later()); err != nil {
			return err
		}
		if err := want(ctx, s, "id", value); err != nil {
			return err
		}
	}
	return nil
}

func once(ctx context.Context, s connect.Store) error {
	if err := s.Put(ctx, "id", []byte("x"), later()); err != nil {
		return err
	}
	if err := want(ctx, s, "id", []byte("x")); err != nil {
		return err
	}
	return wantNone(ctx, s, "id", "was taken")
}

func missing(ctx context.Context, s connect.Store) error {
	return wantNone(ctx, s, "id", "was never put")
}

func expired(ctx context.Context, s connect.Store) error {
	if err := s.Put(ctx, "old", []byte("x"), time.Now().Add(-time.Second)); err != nil {
		return fmt.Errorf("putting what is over is no error: %w", err)
	}
	if err := s.Put(ctx, "new", []byte("y"), later()); err != nil {
		return err
	}
	if err := wantNone(ctx, s, "old", "is over"); err != nil {
		return err
	}
	if err := want(ctx, s, "new", []byte("y")); err != nil {
		return fmt.Errorf("beside what is over: %w", err)
	}
	// An end in another zone is the same end.
	if err := s.Put(ctx, "zone", []byte("z"), time.Now().Add(time.Minute).In(time.FixedZone("far", -11*3600))); err != nil {
		return err
	}
	if err := want(ctx, s, "zone", []byte("z")); err != nil {
		return fmt.Errorf("an end in another zone: %w", err)
	}
	if err := s.Put(ctx, "again", []byte("1"), time.Now().Add(-time.Second)); err != nil {
		return err
	}
	if err := s.Put(ctx, "again", []byte("2"), later()); err != nil {
		return fmt.Errorf("an id whose entry is over can be used again: %w", err)
	}
	return want(ctx, s, "again", []byte("2"))
}

func apart(ctx context.Context, s connect.Store) error {
	list := []string{"a", "A", "b", "ab", "a%", "_"}
	for _, id := range list {
		if err := s.Put(ctx, id, []byte("of "+id), later()); err != nil {
			return err
		}
	}
	for _, id := range list {
		if err := want(ctx, s, id, []byte("of "+id)); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
	}
	return nil
}

func conflict(ctx context.Context, s connect.Store) error {
	if err := s.Put(ctx, "id", []byte("first"), later()); err != nil {
		return err
	}
	if err := s.Put(ctx, "id", []byte("second"), later()); !errors.Is(err, smm.ErrConflict) {
		return fmt.Errorf("putting an id twice: %w, want an error that matches smm.ErrConflict", orNil(err))
	}
	return want(ctx, s, "id", []byte("first"))
}

func ids(ctx context.Context, s connect.Store) error {
	var printable strings.Builder
	for c := byte(0x21); c < 0x7f; c++ {
		printable.WriteByte(c)
	}
	list := []string{"x", strings.Repeat("f", 128), strings.Repeat("f", 127) + "e", printable.String()}
	for _, id := range list {
		if err := s.Put(ctx, id, []byte("x"), later()); err != nil {
			return fmt.Errorf("an id of %d characters: %w", len(id), err)
		}
	}
	for _, id := range list {
		if err := want(ctx, s, id, []byte("x")); err != nil {
			return fmt.Errorf("an id of %d characters: %w", len(id), err)
		}
	}
	return nil
}

func large(ctx context.Context, s connect.Store) error {
	value := bytes.Repeat([]byte{0, 1, 2, 3}, 1<<18)
	if err := s.Put(ctx, "id", value, later()); err != nil {
		return fmt.Errorf("1 MiB: %w", err)
	}
	return want(ctx, s, "id", value)
}

// copies changes what was given and got.
func copies(ctx context.Context, s connect.Store) error {
	value := []byte("sealed")
	if err := s.Put(ctx, "id", value, later()); err != nil {
		return err
	}
	clear(value)
	return want(ctx, s, "id", []byte("sealed"))
}

// race has many take the same entries.
func race(ctx context.Context, s connect.Store) error {
	const entries, takers = 20, 16
	var mu sync.Mutex
	taken := make([]int, entries)
	var bad error
	for i := range entries {
		if err := s.Put(ctx, fmt.Sprint("id", i), []byte{byte(i)}, later()); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for range takers {
		wg.Go(func() {
			<-gate
			for i := range entries {
				got, err := s.Take(ctx, fmt.Sprint("id", i))
				mu.Lock()
				switch {
				case err == nil && len(got) == 1 && got[0] == byte(i):
					taken[i]++
				case err == nil:
					bad = errors.New("a racing Take got the wrong entry")
				case !errors.Is(err, smm.ErrNotFound):
					bad = fmt.Errorf("a racing Take failed: %w", err)
				}
				mu.Unlock()
			}
		})
	}
	close(gate)
	wg.Wait()
	for i, n := range taken {
		if n != 1 && bad == nil {
			bad = fmt.Errorf("entry %d was taken %d times by %d callers at once, want once", i, n, takers)
		}
	}
	return bad
}

func cancelled(ctx context.Context, s connect.Store) error {
	if err := s.Put(ctx, "id", []byte("x"), later()); err != nil {
		return err
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Take(over, "id"); err == nil || errors.Is(err, smm.ErrNotFound) {
		return fmt.Errorf("taking with a context that is over: %w, want its error", orNil(err))
	}
	if err := s.Put(over, "other", []byte("x"), later()); err == nil {
		return errors.New("putting with a context that is over: no error")
	}
	return want(ctx, s, "id", []byte("x"))
}
