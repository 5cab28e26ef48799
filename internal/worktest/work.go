package worktest

import (
	"fmt"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Plan schedules n posts, in turns on the channels, due at once, and returns the
// deliveries.
func Plan(t *testing.T, s *scheduler.Scheduler, n int, channels ...string) []string {
	t.Helper()
	ids := make([]string, 0, n)
	for i := range n {
		items, _, err := s.Enqueue(t.Context(), &smm.Post{Text: fmt.Sprint("post ", i)}, []smm.Ref{Channel(channels[i%len(channels)])},
			&scheduler.ScheduleOptions{Policy: smm.Policy{CommitLimit: 700 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, items[0].ID)
	}
	return ids
}

// WantPublished fails the test unless the store has n deliveries, all published.
func WantPublished(t *testing.T, store scheduler.Store, n int) {
	t.Helper()
	seen := 0
	for r, err := range store.List(t.Context(), scheduler.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if d := &r.Delivery; d.Phase != smm.PhasePublished {
			t.Errorf("%s is %s: %+v", d.ID, d.Phase, d.Log)
		}
		seen++
	}
	if seen != n {
		t.Errorf("%d deliveries in the store, want %d", seen, n)
	}
}

// Committing returns the records whose commits are under way, or were when their
// process was killed.
func Committing(t *testing.T, store scheduler.Store) []*scheduler.Record {
	t.Helper()
	var out []*scheduler.Record
	for r, err := range store.List(t.Context(), scheduler.Query{Phases: []smm.Phase{smm.PhaseCommitting}}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}
