package quotatest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
)

var key = smm.QuotaKey{Tenant: "t", Platform: "x", Space: "social.example", Account: "1", Bucket: "statuses"}

// later is an expiry that no run of the suite reaches.
func later() time.Time { return time.Now().Add(24 * time.Hour) }

// put stores a state and reports what went wrong, if anything.
func put(ctx context.Context, s quota.Store, k smm.QuotaKey, old int64, state string) (int64, error) {
	v, err := s.Swap(ctx, k, old, []byte(state), later())
	if err != nil {
		return 0, fmt.Errorf("swap over version %d: %w", old, err)
	}
	if v <= 0 || v <= old {
		return 0, fmt.Errorf("swap over version %d gave version %d: want one above it", old, v)
	}
	return v, nil
}

// want compares what is stored.
func want(ctx context.Context, s quota.Store, k smm.QuotaKey, version int64, state string) error {
	got, v, err := s.Load(ctx, k)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	if v != version || string(got) != state {
		return fmt.Errorf("loaded %q at version %d, want %q at version %d", got, v, state, version)
	}
	return nil
}

func checkNothing(ctx context.Context, s quota.Store) error {
	state, v, err := s.Load(ctx, key)
	if err != nil || v != 0 || state != nil {
		return fmt.Errorf("an unknown key gave %q, version %d, %w: want nil, 0 and no error", state, v, err)
	}
	return nil
}

func checkRoundTrip(ctx context.Context, s quota.Store) error {
	for _, state := range []string{`{"schema":1}`, "\x00\xff'\"", strings.Repeat("x", 64<<10)} {
		k := key
		k.Bucket = fmt.Sprint("bucket ", len(state))
		v, err := put(ctx, s, k, 0, state)
		if err != nil {
			return err
		}
		if err := want(ctx, s, k, v, state); err != nil {
			return err
		}
	}
	return nil
}

func checkVersions(ctx context.Context, s quota.Store) error {
	seen := map[int64]bool{0: true}
	var v int64
	for i := range 20 {
		next, err := put(ctx, s, key, v, fmt.Sprint(i))
		if err != nil {
			return err
		}
		if seen[next] {
			return fmt.Errorf("version %d was given twice", next)
		}
		seen[next], v = true, next
	}
	return want(ctx, s, key, v, "19")
}

func checkConflicts(ctx context.Context, s quota.Store) error {
	refused := func(old int64) error {
		v, err := s.Swap(ctx, key, old, []byte("wrong"), later())
		if !errors.Is(err, smm.ErrConflict) {
			return fmt.Errorf("swap over version %d, which is not the one stored, gave version %d, %v: want smm.ErrConflict", old, v, err)
		}
		return nil
	}
	if err := refused(1); err != nil { // nothing is stored at all
		return err
	}
	if err := checkNothing(ctx, s); err != nil {
		return err
	}
	first, err := put(ctx, s, key, 0, "a")
	if err != nil {
		return err
	}
	second, err := put(ctx, s, key, first, "b")
	if err != nil {
		return err
	}
	for _, old := range []int64{0, first, second + 1} {
		if err := refused(old); err != nil {
			return err
		}
	}
	return want(ctx, s, key, second, "b")
}

func checkKeys(ctx context.Context, s quota.Store) error {
	// Also such that would be the same if the fields were joined with a sign
	// that occurs in them.
	keys := []smm.QuotaKey{
		key,
		{Platform: key.Platform, Space: key.Space, Account: key.Account, Bucket: key.Bucket},
		{Tenant: "t", Platform: "y", Space: "social.example", Account: "1", Bucket: "statuses"},
		{Tenant: "t", Platform: "x", Account: "1", Bucket: "statuses"},
		{Tenant: "t", Platform: "x", Space: "social.example", Bucket: "statuses"},
		{Tenant: "t", Platform: "x", Space: "social.example", Account: "1"},
		{Account: "a/b", Bucket: "c"}, {Account: "a", Bucket: "b/c"},
		{Account: "a|b", Bucket: "c"}, {Account: "a", Bucket: "b|c"},
		{Account: "a:b", Bucket: "c"}, {Account: "a", Bucket: "b:c"},
		{Account: "a\x00b", Bucket: "c"}, {Account: "a", Bucket: "b\x00c"},
		{Account: "A"}, {Account: "a"},
	}
	versions := make([]int64, len(keys))
	for i, k := range keys {
		v, err := put(ctx, s, k, 0, fmt.Sprint("state ", i))
		if err != nil {
			return fmt.Errorf("%+v: %w", k, err)
		}
		versions[i] = v
	}
	for i, k := range keys {
		if err := want(ctx, s, k, versions[i], fmt.Sprint("state ", i)); err != nil {
			return fmt.Errorf("%+v: %w", k, err)
		}
	}
	return nil
}

func checkCopies(ctx context.Context, s quota.Store) error {
	mine := []byte("before")
	v, err := s.Swap(ctx, key, 0, mine, later())
	if err != nil {
		return fmt.Errorf("swap: %w", err)
	}
	copy(mine, "AFTER!")
	if err := want(ctx, s, key, v, "before"); err != nil {
		return fmt.Errorf("the caller changed its bytes after Swap: %w", err)
	}
	got, _, err := s.Load(ctx, key)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	copy(got, bytes.Repeat([]byte("!"), len(got)))
	if err := want(ctx, s, key, v, "before"); err != nil {
		return fmt.Errorf("the caller changed the bytes that Load gave: %w", err)
	}
	return nil
}

// checkExpired holds a store to its own word: whatever Load says of an expired
// document, Swap must take it for true.
func checkExpired(ctx context.Context, s quota.Store) error {
	if _, err := s.Swap(ctx, key, 0, []byte("old"), time.Now().Add(-time.Hour)); err != nil {
		return fmt.Errorf("swap with an expiry in the past: %w", err)
	}
	state, v, err := s.Load(ctx, key)
	if err != nil {
		return fmt.Errorf("load of what expired: %w", err)
	}
	if (v == 0) != (state == nil) {
		return fmt.Errorf("load of what expired gave %q at version %d", state, v)
	}
	next, err := put(ctx, s, key, v, "new")
	if err != nil {
		return fmt.Errorf("after what expired: %w", err)
	}
	return want(ctx, s, key, next, "new")
}

func checkCancelled(ctx context.Context, s quota.Store) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := s.Load(ended, key); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("load for a caller who has gone: %v, want context.Canceled", err)
	}
	if _, err := s.Swap(ended, key, 0, []byte("x"), later()); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("swap for a caller who has gone: %v, want context.Canceled", err)
	}
	return checkNothing(ctx, s)
}
