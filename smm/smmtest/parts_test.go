package smmtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/smmtest/internal/reference"
)

// observe runs topics on a harness that change has made into that of another
// server.
func observe(t *testing.T, wrap func(*reference.Driver) smm.Driver, change func(*Harness), only ...string) *recorder {
	t.Helper()
	r := newRecorder(t)
	s := newSuite(r, func(tester) *Harness {
		h := buildAt(t, sim.SkippingClock(), smm.ClassKey, wrap)
		change(h)
		return h
	})
	for _, p := range topics() {
		if len(only) == 0 || slices.Contains(only, p.name) {
			s.sub(r, "", p.name, func(t tester) { p.run(t, s) })
		}
	}
	return r
}

// TestPartsOfARealServer: each part that a server offers brings what needs it,
// and nothing fails for want of another.
func TestPartsOfARealServer(t *testing.T) {
	t.Parallel()
	ledger := func(h *Harness) func(testing.TB) []sim.Item {
		world := h.World
		return func(testing.TB) []sim.Item {
			return slices.DeleteFunc(world.Ledger.Items(), func(i sim.Item) bool { return i.Removed }) // as a real server tells it
		}
	}
	for _, tt := range []struct {
		name          string
		change        func(*Harness)
		runs, skipped []string
	}{
		{
			"the driver alone", func(h *Harness) { h.World, h.Server, h.Secrets = nil, nil, []string{"none-of-them"} },
			[]string{"/findings/oversized", "/publish/front", "/capabilities/list-posts"},
			[]string{"/publish/text", "/setters/like", "/faults", "/metrics/post", "/errors/gone"},
		},
		{
			"with a public", func(h *Harness) { h.World = nil },
			[]string{"/setters/like", "/setters/delete", "/pages/comments", "/metrics/post", "/errors/gone", "/tenants/list-comments", "/capabilities/follow"},
			[]string{"/publish/text", "/conversations", "/faults", "/cancel", "/errors/list-posts", "/channels"},
		},
		{
			"with what is public", func(h *Harness) { h.Items, h.World = ledger(h), nil },
			[]string{"/publish/text", "/publish/reply", "/conversations/comments", "/channels/at-once", "/setters/hide", "/setters/delete"},
			[]string{"/faults", "/crashes", "/cancel", "/channels/resume-the-failed-alone"},
		},
		{
			"with a world of faults", func(h *Harness) { h.Items = ledger(h) },
			[]string{"/faults/text", "/crashes/text", "/channels/resume-the-failed-alone", "/cancel/front"}, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := observe(t, nil, func(h *Harness) {
				tt.change(h)
				h.Skip = map[string]string{"cancel/in-commit-unanswered": "slow", "crashes/pairs": "many"}
			})
			if len(r.lines) > 0 {
				t.Errorf("%d failures: %s", len(r.lines), strings.Join(r.lines, "\n"))
			}
			for _, name := range tt.runs {
				if !slices.Contains(r.ran, name) {
					t.Errorf("%s did not run", name)
				}
			}
			for _, name := range tt.skipped {
				if slices.Contains(r.ran, name) {
					t.Errorf("%s ran", name)
				}
			}
		})
	}
}

// behind is a driver whose reads miss what they are asked for the first few
// times.
type behind struct {
	*reference.Driver
	misses int
	mu     *sync.Mutex
	asked  map[string]int // shared by all processes
}

func (d behind) miss(format string, a ...any) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := fmt.Sprintf(format, a...)
	d.asked[key]++
	return d.asked[key] <= d.misses
}

func (d behind) GetPost(ctx context.Context, ch, post smm.Ref) (smm.PublishedPost, error) {
	if d.miss("post %s", post.ID) {
		return smm.PublishedPost{}, &smm.Error{Op: "post", Platform: reference.Platform, Err: smm.ErrNotFound}
	}
	return d.Driver.GetPost(ctx, ch, post)
}

func (d behind) ListComments(ctx context.Context, ch, post smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	if d.miss("comments %s", post.ID) {
		return smm.Page[smm.Message]{}, nil
	}
	return d.Driver.ListComments(ctx, ch, post, r)
}

func (d behind) ReadMetrics(ctx context.Context, ch smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	got, err := d.Driver.ReadMetrics(ctx, ch, r)
	if len(r.Subjects) > 1 && d.miss("metrics %v", r.Subjects) {
		for i := range got {
			if got[i].State.Known() {
				got[i].Value, got[i].State = 0, smm.MetricZero
			}
		}
	}
	return got, err
}

// TestLag: a server whose reads are behind passes if it says so, and not if
// they never catch up.
func TestLag(t *testing.T) {
	t.Parallel()
	run := func(misses int, lag time.Duration) []string {
		var mu sync.Mutex
		asked := make(map[string]int)
		wrap := func(d *reference.Driver) smm.Driver { return behind{d, misses, &mu, asked} }
		r := observe(t, wrap, func(h *Harness) { h.Lag = lag }, "publish", "conversations", "metrics", "setters")
		return r.lines
	}
	if lines := run(2, time.Minute); len(lines) > 0 {
		t.Errorf("behind, and says so: %s", strings.Join(lines, "\n"))
	}
	for what, lines := range map[string][]string{
		"GetPost of the Ref just published": run(2, 0),
		"cannot be read 50ms after":         run(1_000_000, 50*time.Millisecond),
	} {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, what) }) {
			t.Errorf("nothing says %q: %q", what, lines)
		}
	}
}

func TestInThread(t *testing.T) {
	a, b, c := sim.Item{ID: "a", Parent: "elsewhere"}, sim.Item{ID: "b", Parent: "a"}, sim.Item{ID: "c", Parent: "b"}
	got := inThread([]sim.Item{c, a, b})
	for i, want := range []string{"a", "b", "c"} {
		if got[i].ID != want {
			t.Fatalf("%v", got)
		}
	}
	circle := []sim.Item{{ID: "a", Parent: "b"}, {ID: "b", Parent: "a"}}
	if got := inThread(circle); len(got) != 2 {
		t.Fatalf("%v", got)
	}
}
