package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// lister is the fake platform with lists of posts.
type lister struct {
	*schedulertest.Driver
	posts []smm.PublishedPost
	fails error
}

func (l *lister) ListPosts(context.Context, smm.Ref, smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	return smm.Page[smm.PublishedPost]{Items: l.posts}, l.fails
}

func (l *lister) GetPost(_ context.Context, _, post smm.Ref) (smm.PublishedPost, error) {
	for _, p := range l.posts {
		if p.Ref == post {
			return p, l.fails
		}
	}
	if l.fails != nil {
		return smm.PublishedPost{}, l.fails
	}
	return smm.PublishedPost{}, smm.ErrNotFound
}

func (l *lister) add(id, text string, at time.Time) {
	ref := main()[0].WithKind(smm.KindPost, id)
	l.posts = append(l.posts, smm.PublishedPost{Ref: ref, Channel: main()[0], URL: "https://fake.example/" + id, Text: smm.Untrusted(text), At: at})
}

// withLister returns a world whose platform lists posts.
func withLister(t *testing.T, opts ...scheduler.Option) (*world, *lister) {
	t.Helper()
	l := &lister{Driver: &schedulertest.Driver{}}
	w := newWorld(t, l.Driver)
	client, err := smm.New([]smm.Driver{l})
	w.ok(err)
	w.s, err = scheduler.New(client, w.store, append([]scheduler.Option{scheduler.WithEvents(w.record)}, opts...)...)
	w.ok(err)
	return w, l
}

// told returns the events of a kind as "kind" or "kind again".
func (w *world) told() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, e := range w.events {
		if s := string(e.Kind); e.Reminder {
			out = append(out, s+" again")
		} else {
			out = append(out, s)
		}
	}
	return out
}

func (w *world) wantTold(want ...string) {
	w.t.Helper()
	if got := w.told(); !slices.Equal(got, want) {
		w.t.Fatalf("told %q, want %q", got, want)
	}
}

func TestATaskNeedsNoDriver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		w.start(w.s)
		channel := smm.Ref{Platform: "paper", Kind: smm.KindChannel, ID: "board"}
		post := &smm.Post{
			Text: "Open day", Media: []smm.Media{{Name: "poster.png", AltText: "a poster"}}, Card: &smm.Card{URL: "https://example.com/day"},
			Thread: []smm.Post{{Text: "Bring friends"}}, FirstComment: "See you",
		}
		due := time.Now().Add(time.Hour)
		items, _, err := w.s.Schedule(t.Context(), post, []smm.Ref{channel}, due, &scheduler.ScheduleOptions{Manual: &smm.ManualOptions{Reason: "paper has no API"}})
		w.ok(err)
		if len(items) != 1 {
			t.Fatalf("%d items, want one task with all parts", len(items))
		}
		id := items[0].ID
		time.Sleep(3*time.Hour + time.Minute)
		synctest.Wait()
		w.wantTold("task", "task again", "task again")

		task, err := w.s.Task(t.Context(), "", id)
		w.ok(err)
		if !task.Due.Equal(due.UTC().Truncate(time.Microsecond)) || task.Channel != channel || task.Reason != "paper has no API" || task.Reminded != 3 || len(task.Parts) != 3 ||
			task.Parts[0].Media[0] != (scheduler.TaskMedia{Name: "poster.png", AltText: "a poster"}) || task.Parts[0].Link != "https://example.com/day" || !task.Parts[2].Comment {
			t.Fatalf("task %+v", task)
		}
		steps := strings.Join(task.Steps, "\n")
		for _, want := range []string{"paper as board", "poster.png", "alternative texts", "next part", "first comment", "close this task"} {
			if !strings.Contains(steps, want) {
				t.Errorf("no step says %q:\n%s", want, steps)
			}
		}
		for _, bad := range []scheduler.Done{
			{},
			{URL: "example.com/1"},
			{URL: "ftp://example.com/1"},
			{URL: "https:///1"},
			{URL: "https://me:secret@example.com/1"},
			{Post: schedulertest.Channel("main").WithKind(smm.KindPost, "1")}, {Post: channel},
		} {
			if err := w.s.Done(t.Context(), "", id, bad); !errors.Is(err, smm.ErrInvalid) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		done := scheduler.Done{URL: "https://paper.example/1"}
		w.ok(w.s.Done(t.Context(), "", id, done))
		w.ok(w.s.Done(t.Context(), "", id, done)) // a second click
		if err := w.s.Done(t.Context(), "", id, scheduler.Done{URL: "https://paper.example/2"}); !errors.Is(err, smm.ErrConflict) {
			t.Errorf("another address: %v", err)
		}
		w.wantPhase(id, smm.PhasePublished)
		if o := w.get(id).Delivery.Outcome; o.URL != done.URL || o.Evidence != smm.EvidenceHuman {
			t.Errorf("outcome %+v", o)
		}
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		w.wantTold("task", "task again", "task again")
	})
}

// Nobody is asked to publish what is frozen.
func TestAFreezeHoldsTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		w.start(w.s)
		_, err := w.s.Freeze(t.Context(), scheduler.Freeze{ID: "crisis"})
		w.ok(err)
		channel := smm.Ref{Platform: "paper", Kind: smm.KindChannel, ID: "board"}
		_, _, err = w.s.Enqueue(t.Context(), &smm.Post{Text: "Open day"}, []smm.Ref{channel}, &scheduler.ScheduleOptions{Manual: &smm.ManualOptions{}})
		w.ok(err)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		w.wantTold("held")
		report, err := w.s.Release(t.Context(), "", "crisis", scheduler.ReleaseOptions{})
		w.ok(err)
		if len(report.Released) != 1 {
			t.Fatalf("report %+v", report)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		w.wantTold("held", "task")
	})
}

func TestFindingsDoNotStopATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		manual := &scheduler.ScheduleOptions{Manual: &smm.ManualOptions{Steps: []string{"call Ann"}}, StaleAfter: 90 * time.Minute}
		items, findings, err := w.s.Schedule(t.Context(), &smm.Post{Text: strings.Repeat("x", 600)}, main(), time.Now(), manual)
		w.ok(err)
		if !findings.HasErrors() {
			t.Fatalf("findings %v, want the text's length", findings)
		}
		n := 0
		for task, err := range w.s.Tasks(t.Context(), scheduler.Query{}) {
			w.ok(err)
			n++
			if !slices.Equal(task.Steps, []string{"call Ann"}) {
				t.Errorf("steps %q", task.Steps)
			}
		}
		if n != 1 {
			t.Fatalf("%d tasks", n)
		}
		w.start(w.s)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		w.wantTold("task", "task again", "expired")
		w.wantPhase(items[0].ID, smm.PhaseExpired)
		if w.driver.Calls("prepare")+w.driver.Calls("commit") != 0 {
			t.Fatal("the driver was asked to publish a task")
		}
	})
}

func TestCancelAndDropEndTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		manual := &scheduler.ScheduleOptions{Manual: &smm.ManualOptions{}}
		a, b := w.schedule("a", time.Hour, manual)[0], w.schedule("b", time.Hour, manual)[0]
		if _, err := w.s.Cancel(t.Context(), "", a.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Resolve(t.Context(), "", b.ID, smm.Resolution{SendAgain: true}); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("send a task again: %v", err)
		}
		w.ok(w.s.Resolve(t.Context(), "", b.ID, smm.Resolution{Drop: true}))
		w.wantPhase(a.ID, smm.PhaseCancelled)
		w.wantPhase(b.ID, smm.PhaseFailed)
		w.ok(w.s.RunUntilIdle(t.Context(), 2*time.Hour))
		w.wantTold()
		if _, err := w.s.Task(t.Context(), "", w.schedule("c", time.Hour, nil)[0].ID); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("an ordinary delivery as a task: %v", err)
		}
	})
}

func TestATaskIsClosedByReadBack(t *testing.T) {
	for name, tc := range map[string]struct {
		posts func(l *lister, due time.Time)
		want  smm.Phase
		note  string
	}{
		"found": {func(l *lister, due time.Time) {
			l.add("new", "Come  to\nour day https://t.example/x", due.Add(30*time.Minute))
			l.add("other", "something else", due)
		}, smm.PhasePublished, ""},
		"a little early": {func(l *lister, due time.Time) { l.add("new", "Come to our day", due.Add(-50*time.Minute)) }, smm.PhasePublished, ""},
		"last year's":    {func(l *lister, due time.Time) { l.add("old", "Come to our day", due.Add(-61*time.Minute)) }, smm.PhaseManual, ""},
		"another text":   {func(l *lister, due time.Time) { l.add("new", "Come to your day", due) }, smm.PhaseManual, ""},
		"the list fails": {func(l *lister, _ time.Time) { l.fails = smm.ErrUnavailable }, smm.PhaseManual, ""},
		"two alike":      {func(l *lister, due time.Time) { l.add("1", "Come to our day", due); l.add("2", "Come to our day", due) }, smm.PhaseManual, "2 posts on the channel"},
		"an answer to one": {func(l *lister, due time.Time) {
			l.add("1", "Come to our day", due)
			l.posts[0].InReplyTo = main()[0].WithKind(smm.KindPost, "0")
		}, smm.PhaseManual, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, l := withLister(t)
				due := time.Now().Add(time.Minute)
				item := w.schedule("Come to our day https://example.com/a-long-address", time.Minute, &scheduler.ScheduleOptions{Manual: &smm.ManualOptions{}})[0]
				tc.posts(l, due)
				w.start(w.s)
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				w.wantPhase(item.ID, tc.want)
				r := w.get(item.ID)
				if o := r.Delivery.Outcome; tc.want == smm.PhasePublished && (o.Evidence != smm.EvidenceReadBack || o.URL == "" || o.Post.ID != "new") {
					t.Errorf("outcome %+v", o)
				}
				if !strings.Contains(logOf(r), tc.note) {
					t.Errorf("no note says %q:\n%s", tc.note, logOf(r))
				}
			})
		})
	}
}

func TestWhatTheSchedulerPublishedClosesNoTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, l := withLister(t)
		sent := w.schedule("Come to our day", 0, nil)[0]
		w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
		l.add("x", "Come to our day", time.Now())
		l.posts[0].Ref = w.get(sent.ID).Delivery.Outcome.Post
		task := w.schedule("Come to our day", 0, &scheduler.ScheduleOptions{Manual: &smm.ManualOptions{}})[0]
		w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
		w.wantPhase(task.ID, smm.PhaseManual)
	})
}

func TestPeopleAreReminded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{Guarantee: smm.Guarantee{Class: smm.ClassBlind}}
		d.OnCommit = func(context.Context, *smm.PublishRequest) schedulertest.Fault { return schedulertest.FaultLostReply }
		w := newWorld(t, d)
		w.start(w.s)
		item := w.schedule("once", 0, &scheduler.ScheduleOptions{Policy: smm.Policy{Remind: 2 * time.Hour}})[0]
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		w.wantTold("progress", "needs-human", "needs-human again", "needs-human again")
		before := w.get(item.ID)
		if d.Calls("commit") != 1 || before.LeaseUntil != (time.Time{}) || !before.Delivery.Wake.After(time.Now()) {
			t.Fatalf("%d commits, lease until %s, wake %s", d.Calls("commit"), before.LeaseUntil, before.Delivery.Wake)
		}
		w.ok(w.s.Resolve(t.Context(), "", item.ID, smm.Resolution{Drop: true}))
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		w.wantTold("progress", "needs-human", "needs-human again", "needs-human again")
	})
}

func TestOverdueIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{OnPrepare: func(context.Context, *smm.PublishRequest) error { return smm.ErrUnavailable }}
		w := newWorld(t, d, scheduler.WithOverdue(30*time.Minute))
		item := w.schedule("late", 0, nil)[0]
		for range 3 { // three processes, one after the other
			stop := w.start(w.another(scheduler.WithOverdue(30 * time.Minute)))
			time.Sleep(40 * time.Minute)
			synctest.Wait()
			stop()
		}
		n := 0
		for _, e := range w.events {
			if e.Kind == scheduler.EventOverdue {
				n++
				if late := e.At.Sub(w.get(item.ID).NotBefore); late < 30*time.Minute || late > 45*time.Minute {
					t.Errorf("told %s after its time", late)
				}
			}
		}
		if n != 1 {
			t.Fatalf("told %d times that it is overdue", n)
		}
	})
}

func ExampleScheduler_Task() {
	ctx := context.Background()
	client, err := smm.New([]smm.Driver{&schedulertest.Driver{}})
	if err != nil {
		panic(err)
	}
	s, err := scheduler.New(client, scheduler.NewMemory())
	if err != nil {
		panic(err)
	}
	board := smm.Ref{Platform: "paper", Kind: smm.KindChannel, ID: "board"} // no driver knows it
	items, _, err := s.Enqueue(ctx, &smm.Post{Text: "Open day on Saturday"}, []smm.Ref{board}, &scheduler.ScheduleOptions{
		Manual: &smm.ManualOptions{Reason: "it hangs in the hall"},
	})
	if err != nil {
		panic(err)
	}
	task, err := s.Task(ctx, "", items[0].ID)
	if err != nil {
		panic(err)
	}
	for _, step := range task.Steps {
		fmt.Println(step)
	}
	err = s.Done(ctx, "", task.ID, scheduler.Done{URL: "https://intranet.example/hall.jpg"})
	fmt.Println(err)
	// Output:
	// Open paper as board.
	// Copy the text into a new post.
	// Publish it.
	// Copy the address of the post and close this task with it.
	// <nil>
}
