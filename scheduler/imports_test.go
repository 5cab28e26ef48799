package scheduler_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

func TestImportAddsWhatWasPublishedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, l := withLister(t)
		time.Sleep(48 * time.Hour)
		now := time.Now()
		sent := w.schedule("ours", 0, nil)[0]
		w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
		l.add("x", "ours", now)
		l.posts[0].Ref = w.get(sent.ID).Delivery.Outcome.Post
		l.add("3", "third", now.Add(-time.Hour))
		l.add("2", "second", now.Add(-2*time.Hour))
		l.add("0", "no time", time.Time{})
		l.add("1", "first", now.Add(-30*time.Hour))
		o := scheduler.ImportOptions{Since: now.Add(-24 * time.Hour), Labels: smm.Labels{Campaign: "before us"}, Limit: 1}
		for _, want := range []scheduler.ImportReport{
			{Listed: 2, Known: 1, Added: 1}, // at the limit
			{Listed: 3, Known: 2, Added: 1, Undated: 0},
			{Listed: 3, Known: 3, Undated: 1},
		} {
			got, err := w.s.Import(t.Context(), "", main()[0], o)
			w.ok(err)
			if got != want {
				t.Fatalf("report %+v, want %+v", got, want)
			}
		}
		var texts []string
		for r, err := range w.s.List(t.Context(), scheduler.Query{Labels: o.Labels}) {
			w.ok(err)
			d := &r.Delivery
			texts = append(texts, d.Request.Post.Text)
			if d.Phase != smm.PhasePublished || d.Outcome.Evidence != smm.EvidenceImport || d.Outcome.URL == "" || d.Check() != nil {
				t.Errorf("imported %+v", d)
			}
		}
		if got := strings.Join(texts, ","); got != "second,third" {
			t.Fatalf("imported %s", got)
		}
		if _, err := w.s.Import(t.Context(), "", main()[0], scheduler.ImportOptions{Since: now, Until: now}); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("no time: %v", err)
		}
		l.fails = smm.ErrUnavailable
		if _, err := w.s.Import(t.Context(), "", main()[0], scheduler.ImportOptions{}); !errors.Is(err, smm.ErrUnavailable) {
			t.Errorf("a list that fails: %v", err)
		}
	})
}

func TestImportLeavesOutWhatIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, l := withLister(t)
		l.Guarantee = smm.Guarantee{Class: smm.ClassBlind}
		l.OnCommit = func(context.Context, *smm.PublishRequest) schedulertest.Fault { return schedulertest.FaultLostReply }
		w.schedule("ours?", 0, nil)
		w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
		l.add("1", "ours?", time.Now())
		got, err := w.s.Import(t.Context(), "", main()[0], scheduler.ImportOptions{})
		w.ok(err)
		if want := (scheduler.ImportReport{Listed: 1, Unsettled: 1}); got != want {
			t.Fatalf("report %+v, want %+v", got, want)
		}
	})
}

func TestImportNeedsAListOfPosts(t *testing.T) {
	w := newWorld(t, &schedulertest.Driver{})
	if _, err := w.s.Import(t.Context(), "", main()[0], scheduler.ImportOptions{}); !errors.Is(err, smm.ErrUnsupported) {
		t.Fatalf("got %v", err)
	}
}

func (w *world) after(parent string, r smm.Relation, post *smm.Post) (scheduler.Item, error) {
	items, _, err := w.s.Enqueue(w.t.Context(), post, []smm.Ref{schedulertest.Channel("second")}, &scheduler.ScheduleOptions{After: &smm.After{Parent: parent, Relation: r}})
	if err != nil {
		return scheduler.Item{}, err
	}
	return items[0], nil
}

func TestAPostWaitsForOneOnAnotherChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, l := withLister(t)
		parent := w.schedule("the film", time.Hour, nil)[0]
		link, err := w.after(parent.ID, smm.RelationLink, &smm.Post{Text: "see {link}", FirstComment: "again: {link}"})
		w.ok(err)
		_, err = w.after(parent.ID, smm.RelationReply, &smm.Post{Text: "well done"})
		w.ok(err)
		l.OnCommit = func(_ context.Context, r *smm.PublishRequest) schedulertest.Fault {
			if r.Post.Text == "the film" { // the platform tells the address only when asked
				l.add("x", r.Post.Text, time.Now())
				l.posts[0].Ref = r.Channel.WithKind(smm.KindPost, r.ID+".0")
			}
			return ""
		}
		w.ok(w.s.RunUntilIdle(t.Context(), 2*time.Hour))
		w.wantPublic("the film", "see https://fake.example/x", "again: https://fake.example/x", "well done")
		for _, i := range l.Ledger.Items() {
			if want := map[string]string{"well done": parent.ID + ".0", "again: https://fake.example/x": link.ID + ".0"}[i.Text]; i.Parent != want {
				t.Errorf("%q answers %q, want %q", i.Text, i.Parent, want)
			}
		}
	})
}

func TestAddressesThatAreNotToBeHad(t *testing.T) {
	for name, tc := range map[string]struct {
		set  func(l *lister)
		want time.Duration // until it fails
	}{
		"not listed":   {func(*lister) {}, 24 * time.Hour},
		"forbidden":    {func(l *lister) { l.fails = smm.ErrForbidden }, 0},
		"without one":  {func(l *lister) { l.OnCommit = l.listed("") }, 0},
		"no web page":  {func(l *lister) { l.OnCommit = l.listed("javascript:alert(1)") }, 0},
		"not answered": {func(l *lister) { l.fails = smm.ErrUnavailable }, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, l := withLister(t)
				tc.set(l)
				parent := w.schedule("the film", 0, nil)[0]
				link, err := w.after(parent.ID, smm.RelationLink, &smm.Post{Text: "see {link}"})
				w.ok(err)
				begun := time.Now()
				w.ok(w.s.RunUntilIdle(t.Context(), time.Hour))
				w.wantPhase(link.ID, smm.PhaseFailed)
				if took := time.Since(begun); took < tc.want || took > tc.want+time.Hour {
					t.Errorf("failed after %s, want %s", took, tc.want)
				}
				if f := w.get(link.ID).Delivery.Failure; f == nil || f.Op != "parent" || !strings.Contains(f.Message, "no address to link to") {
					t.Errorf("failure %+v", f)
				}
				w.wantPublic("the film")
			})
		})
	}
}

func (l *lister) listed(address string) func(context.Context, *smm.PublishRequest) schedulertest.Fault {
	return func(_ context.Context, r *smm.PublishRequest) schedulertest.Fault {
		l.add("x", r.Post.Text, time.Now())
		l.posts[0].Ref, l.posts[0].URL = r.Channel.WithKind(smm.KindPost, r.ID+".0"), address
		return ""
	}
}

func TestAfterIsChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		parent, gone := w.schedule("the film", time.Hour, nil)[0], w.schedule("gone", time.Hour, nil)[0]
		if _, err := w.s.Cancel(t.Context(), "", gone.ID); err != nil {
			t.Fatal(err)
		}
		for name, try := range map[string]func() error{
			"no such parent":   func() error { _, err := w.after("none", smm.RelationLink, &smm.Post{Text: "{link}"}); return err },
			"a dead parent":    func() error { _, err := w.after(gone.ID, smm.RelationLink, &smm.Post{Text: "{link}"}); return err },
			"no placeholder":   func() error { _, err := w.after(parent.ID, smm.RelationLink, &smm.Post{Text: "see"}); return err },
			"no such relation": func() error { _, err := w.after(parent.ID, "near", &smm.Post{Text: "{link}"}); return err },
			"too long with it": func() error {
				_, err := w.after(parent.ID, smm.RelationLink, &smm.Post{Text: strings.Repeat("x", 400) + "{link}"})
				return err
			},
			"answers two items": func() error {
				_, err := w.after(parent.ID, "", &smm.Post{Text: "x", ReplyTo: main()[0].WithKind(smm.KindPost, "1")})
				return err
			},
		} {
			if err := try(); !errors.Is(err, smm.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, _, err := w.s.Enqueue(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{{Platform: "paper", Kind: smm.KindChannel, ID: "b"}},
			&scheduler.ScheduleOptions{After: &smm.After{Parent: parent.ID}, Manual: &smm.ManualOptions{}})
		if !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("an answer on another platform: %v", err)
		}
		if _, err := w.after(parent.ID, smm.RelationLink, &smm.Post{Text: strings.Repeat("x", 380) + "{link}"}); err != nil {
			t.Errorf("it fits: %v", err)
		}
	})
}
