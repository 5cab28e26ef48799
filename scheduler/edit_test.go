package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

func TestEdit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		at := time.Now().Add(time.Hour)
		opts := &scheduler.ScheduleOptions{Token: "t", Labels: smm.Labels{Brand: "b"}, Slot: "mon", Draft: "d"}
		post := &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}}, FirstComment: "comment"}
		first, _, err := w.s.Schedule(t.Context(), post, main(), at, opts)
		w.ok(err)
		for _, p := range []*smm.Post{
			{Text: "only"},
			{Text: "uno", Thread: []smm.Post{{Text: "due"}, {Text: "tre"}, {Text: "quattro"}}},
		} {
			items, _, err := w.s.Edit(t.Context(), "", first[0].ID, p, nil)
			w.ok(err)
			if len(items) != 1+len(p.Thread) || items[0].ID != first[0].ID {
				t.Fatalf("%d items, want %d", len(items), 1+len(p.Thread))
			}
		}
		short := &smm.Post{Text: "eins", Thread: []smm.Post{{Text: "zwei"}}}
		other, _, err := w.s.Schedule(t.Context(), short, main(), at, nil)
		w.ok(err)
		_, _, err = w.s.Edit(t.Context(), "", other[0].ID, &smm.Post{Text: "nur eins"}, nil)
		w.ok(err)
		r := w.get(first[0].ID)
		if r.Slot != "mon" || r.Draft != "d" || r.Delivery.Request.Post.Labels.Brand != "b" || !r.NotBefore.Equal(scheduler.Micro(at)) {
			t.Fatalf("the edit lost something: %+v", r)
		}
		if _, _, err := w.s.Edit(t.Context(), "", first[0].ID, &smm.Post{}, nil); !errors.Is(err, smm.ErrInvalid) {
			t.Fatalf("an empty post: %v", err)
		}
		again, _, err := w.s.Schedule(t.Context(), post, main(), at, opts) // the same call as at first
		w.ok(err)
		if again[0].ID != first[0].ID {
			t.Fatal("the token was forgotten")
		}
		w.ok(w.s.RunUntilIdle(t.Context(), 2*time.Hour))
		w.wantPublic("uno", "due", "tre", "quattro", "nur eins")
		_, _, err = w.s.Edit(t.Context(), "", first[0].ID, post, nil)
		if _, late := errors.AsType[*scheduler.TooLateError](err); !late || !errors.Is(err, smm.ErrConflict) {
			t.Fatalf("edit of what is public: %v", err)
		}
	})
}

// An edit that comes while a process works on the old content wins over it.
func TestEditFencesOffTheWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{OnPrepare: func(ctx context.Context, _ *smm.PublishRequest) error {
			return smm.SystemClock().Sleep(ctx, 10*time.Second)
		}}
		w := newWorld(t, d)
		w.start(w.s)
		item := w.schedule("old", 0, nil)[0]
		time.Sleep(5 * time.Second)
		_, _, err := w.s.Edit(t.Context(), "", item.ID, &smm.Post{Text: "new"}, nil)
		w.ok(err)
		time.Sleep(time.Hour)
		synctest.Wait()
		w.wantPublic("new")
	})
}

func TestReschedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		channels := []smm.Ref{schedulertest.Channel("a"), schedulertest.Channel("b")}
		begun := time.Now()
		items, _, err := w.s.Schedule(t.Context(), &smm.Post{Text: "x", FirstComment: "y"}, channels, begun.Add(time.Hour),
			&scheduler.ScheduleOptions{StaleAfter: time.Minute, Slot: "mon"})
		w.ok(err)
		w.start(w.s)
		moved, err := w.s.Reschedule(t.Context(), "", items[0].ID, begun.Add(3*time.Hour), &scheduler.RescheduleOptions{Channels: channels[1:], Zone: "Asia/Tokyo"})
		w.ok(err)
		if len(moved) != 2 {
			t.Fatalf("moved %v", moved)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		w.wantPublic("x", "y")
		if _, err := w.s.Reschedule(t.Context(), "", items[0].ID, begun.Add(4*time.Hour), nil); !errors.Is(err, smm.ErrConflict) {
			t.Fatalf("moved what is public: %v", err)
		}
		if r := w.get(items[2].ID); !r.NotBefore.Equal(scheduler.Micro(begun.Add(3*time.Hour))) || r.Zone != "Asia/Tokyo" {
			t.Fatalf("planned for %s in %s", r.NotBefore, r.Zone)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		w.wantPublic("x", "y", "x", "y")
		other := w.schedule("other", time.Hour, &scheduler.ScheduleOptions{Slot: "tue"})[0]
		_, err = w.s.Reschedule(t.Context(), "", other.ID, time.Now().Add(2*time.Hour), &scheduler.RescheduleOptions{Slot: "mon"})
		if taken, ok := errors.AsType[*scheduler.SlotError](err); !ok || taken.Slot != "mon" {
			t.Fatalf("moved into a slot that is taken: %v", err)
		}
		if _, err := w.s.Reschedule(t.Context(), "", other.ID, time.Now().Add(-time.Hour), nil); !errors.Is(err, smm.ErrInvalid) {
			t.Fatalf("moved into the past: %v", err)
		}
	})
}

func TestARequeuedRecordMayFindItsSlotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		a := w.schedule("a", time.Hour, &scheduler.ScheduleOptions{Slot: "mon"})[0]
		_, err := w.s.Cancel(t.Context(), "", a.ID)
		w.ok(err)
		b := w.schedule("b", time.Hour, &scheduler.ScheduleOptions{Slot: "mon"})[0]
		taken, ok := errors.AsType[*scheduler.SlotError](w.s.Requeue(t.Context(), "", a.ID, time.Time{}, 0))
		if !ok || taken.By.ID != b.ID {
			t.Fatalf("requeued into a slot that is taken: %v", taken)
		}
		w.wantPhase(a.ID, smm.PhaseCancelled)
	})
}

func TestRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		plan := func(text string, after time.Duration, action scheduler.RepeatAction) (smm.Findings, error) {
			_, found, err := w.s.Schedule(t.Context(), &smm.Post{Text: text}, main(), time.Now().Add(after),
				&scheduler.ScheduleOptions{Repeat: scheduler.RepeatPolicy{Action: action, Window: 24 * time.Hour}})
			return found, err
		}
		_, err := plan("Sale: https://x.test/a?utm_source=fb&id=1 now!", time.Hour, scheduler.RepeatAllow)
		w.ok(err)
		same := " sale: https://X.test/a?id=1&fbclid=2\u200b  NOW "
		found, err := plan(same, 2*time.Hour, scheduler.RepeatWarn)
		w.ok(err)
		if len(found) != 1 || found[0].Code != "content.repeat" || found[0].Args["delivery"] == "" || found[0].Severity != smm.SeverityWarning {
			t.Fatalf("findings %v", found)
		}
		if _, err := plan(same, 3*time.Hour, scheduler.RepeatRefuse); !errors.Is(err, smm.ErrDuplicate) {
			t.Fatalf("refuse: %v", err)
		}
		_, err = plan(same, 48*time.Hour, scheduler.RepeatRefuse)
		w.ok(err)
		if _, err := plan(same, 49*time.Hour, scheduler.RepeatAllow); !errors.Is(err, smm.ErrDuplicate) {
			t.Fatalf("too close to one that was planned to be alone: %v", err)
		}
		for _, other := range []string{"Sale: https://x.test/a?id=2 now", "Sail: https://x.test/a?id=1 now", "sale: https://x.test/A?id=1 now"} {
			if found, err := plan(other, time.Hour, scheduler.RepeatWarn); err != nil || len(found) > 0 {
				t.Errorf("%s: %v, %v", other, found, err)
			}
		}
		if _, err := plan("x", time.Hour, "maybe"); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("unknown action: %v", err)
		}
		var (
			wg   sync.WaitGroup
			wins atomic.Int32
		)
		for i := range 8 {
			wg.Go(func() {
				if _, err := plan("race", time.Duration(i)*time.Minute, scheduler.RepeatRefuse); err == nil {
					wins.Add(1)
				} else if !errors.Is(err, smm.ErrDuplicate) {
					t.Errorf("race: %v", err)
				}
			})
		}
		wg.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d of eight planned the same", wins.Load())
		}
	})
}

func TestScheduleAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		at := time.Now().Add(time.Hour)
		entry := func(text string, opts scheduler.ScheduleOptions) scheduler.Entry {
			return scheduler.Entry{Post: &smm.Post{Text: text}, Channels: main(), At: at, Options: &opts}
		}
		w.schedule("before", time.Hour, &scheduler.ScheduleOptions{Slot: "taken"})
		bad := []scheduler.Entry{
			entry("fine", scheduler.ScheduleOptions{Slot: "a"}),
			entry("", scheduler.ScheduleOptions{}),
			entry("same slot", scheduler.ScheduleOptions{Slot: "a"}),
			{Post: &smm.Post{Text: "no time"}, Channels: main()},
			entry("one", scheduler.ScheduleOptions{Token: "t"}),
			entry("other", scheduler.ScheduleOptions{Token: "t"}),
		}
		_, findings, err := w.s.ScheduleAll(t.Context(), bad)
		batch, ok := errors.AsType[*scheduler.BatchError](err)
		if !ok || len(batch.Errors) != 4 || batch.Errors[1] == nil || batch.Errors[2] == nil || batch.Errors[3] == nil || batch.Errors[5] == nil {
			t.Fatalf("error %v, want entries 1, 2, 3 and 5", err)
		}
		if !findings[1].HasErrors() || !errors.Is(err, smm.ErrInvalid) || !errors.Is(err, smm.ErrConflict) {
			t.Fatalf("findings %v", findings)
		}
		_, _, err = w.s.ScheduleAll(t.Context(), []scheduler.Entry{bad[0], entry("x", scheduler.ScheduleOptions{Slot: "taken"})})
		if batch, ok := errors.AsType[*scheduler.BatchError](err); !ok || len(batch.Errors) != 1 || batch.Errors[1] == nil {
			t.Fatalf("a slot that is taken in the store: %v", err)
		}
		good := []scheduler.Entry{bad[0], entry("b", scheduler.ScheduleOptions{Token: "t"})}
		for range 2 { // the token makes it repeatable
			items, _, err := w.s.ScheduleAll(t.Context(), good)
			w.ok(err)
			if len(items) != 2 || len(items[0]) != 1 || len(items[1]) != 1 {
				t.Fatalf("items %v", items)
			}
			good = good[1:]
			good = append(good, entry("c", scheduler.ScheduleOptions{}))
		}
		w.ok(w.s.RunUntilIdle(t.Context(), 2*time.Hour))
		w.wantPublic("before", "fine", "b", "c")
	})
}

// A batch that has the same content twice is warned of it, or refused, like one
// that repeats what is in the store.
func TestRepeatsWithinABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		begin := time.Now().Add(time.Hour)
		entry := func(text string, after time.Duration, action scheduler.RepeatAction) scheduler.Entry {
			o := scheduler.ScheduleOptions{Repeat: scheduler.RepeatPolicy{Action: action, Window: time.Hour}}
			return scheduler.Entry{Post: &smm.Post{Text: text}, Channels: main(), At: begin.Add(after), Options: &o}
		}
		_, findings, err := w.s.ScheduleAll(t.Context(), []scheduler.Entry{
			entry("sale", 0, scheduler.RepeatWarn),
			entry("Sale!", 59*time.Minute, scheduler.RepeatWarn),
			entry("sale", 2*time.Hour, scheduler.RepeatWarn),
			entry("other", 0, scheduler.RepeatWarn),
			entry("sale", 30*time.Minute, scheduler.RepeatAllow),
		})
		w.ok(err)
		for i, want := range []int{0, 1, 0, 0, 0} {
			if len(findings[i]) != want || (want > 0 && findings[i][0].Code != "content.repeat") {
				t.Errorf("entry %d: findings %v, want %d", i, findings[i], want)
			}
		}
		_, _, err = w.s.ScheduleAll(t.Context(), []scheduler.Entry{
			entry("new", 0, scheduler.RepeatAllow), entry("new", time.Minute, scheduler.RepeatRefuse),
		})
		if batch, ok := errors.AsType[*scheduler.BatchError](err); !ok || batch.Errors[1] == nil || !errors.Is(err, smm.ErrDuplicate) {
			t.Errorf("error %v, want a refusal of entry 1", err)
		}
	})
}

func TestAThousandEntriesAtOnce(t *testing.T) {
	w := newWorld(t, &schedulertest.Driver{})
	entries := make([]scheduler.Entry, 1000)
	for i := range entries {
		entries[i] = scheduler.Entry{
			Post: &smm.Post{Text: fmt.Sprint("post ", i)}, Channels: main(), At: time.Now().Add(time.Hour),
			Options: &scheduler.ScheduleOptions{Token: fmt.Sprint(i), Slot: fmt.Sprint(i), Repeat: scheduler.RepeatPolicy{Action: scheduler.RepeatRefuse, Window: time.Hour}},
		}
	}
	begun := time.Now()
	items, _, err := w.s.ScheduleAll(t.Context(), entries)
	w.ok(err)
	if took := time.Since(begun); len(items) != 1000 || took > 2*time.Second {
		t.Fatalf("%d entries took %s", len(items), took)
	}
	t.Logf("1000 entries took %s", time.Since(begun))
}
