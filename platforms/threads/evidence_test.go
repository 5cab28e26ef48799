package threads_test

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/evidence"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/smm"
)

// TestEvidence holds the record of what is proved against what this run has seen
// succeed: on a simulator that was made from the vendor's documentation, which is
// all that there is without an account.
func TestEvidence(t *testing.T) {
	b := open(t, nil)
	w := run(t, b)
	evidence.Check(t, string(threads.Platform), "documentation", evidence.File{
		Level: evidence.Documentation, Against: "developers.facebook.com/documentation/threads and fbsamples/threads_api",
		Version: "overview of 2025-12-22, samples of 2026-01-02, webhooks of 2026-06-30",
	}, slices.Sorted(maps.Keys(w.ops)))
}

// seenOps is a logger that keeps the operations that succeeded.
type seenOps struct {
	wiretap

	mu  sync.Mutex
	ops map[string]bool
}

func (s *seenOps) Enabled(context.Context, slog.Level) bool { return true }
func (s *seenOps) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *seenOps) WithGroup(string) slog.Handler            { return s }

func (s *seenOps) Handle(_ context.Context, r slog.Record) error {
	op, ok := "", false
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "op":
			op = a.Value.String()
		case "status":
			ok = a.Value.Kind() == slog.KindInt64 && a.Value.Int64() == http.StatusOK
		}
		return true
	})
	if ok {
		s.mu.Lock()
		s.ops[op] = true
		s.mu.Unlock()
	}
	return nil
}

// run calls every method of the vendor client and every setter of the driver.
func run(t *testing.T, b *bench) *seenOps {
	t.Helper()
	seen := &seenOps{ops: map[string]bool{}}
	seen.next = &http.Transport{}
	b.config.HTTPClient, b.config.Logger = &http.Client{Transport: &seen.wiretap}, slog.New(seen)
	vendorCalls(t, b)
	replyCalls(t, b)
	ctx, ch := t.Context(), b.channel(t)
	own := b.publish(t, &smm.Post{Text: "Hello"})
	theirs := must(b.VisitorPosts(ctx, visitorHandle, "", "share me, @shop"))
	require.NoError(t, ch.SetReposted(ctx, theirs, true))
	_, err := ch.Mentions(nil).Collect(ctx, 0)
	require.NoError(t, err)
	_, err = ch.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
	_, err = ch.Profile(ctx, b.visitor)
	require.NoError(t, err)
	b.world.Clock.Advance(time.Hour)
	_, err = ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{own.Post, b.account.Channel}})
	require.NoError(t, err)
	for i := range 100 {
		require.NoError(t, b.VisitorFollows(ctx, "fan"+string(rune('a'+i%26))+string(rune('a'+i/26)), "shop"))
	}
	_, err = ch.Audience(ctx, smm.Window{})
	require.NoError(t, err)
	return seen
}
