package entry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/internal/campaign/platform"
	"github.com/smmkit/smmkit/internal/campaign/process"
	"github.com/smmkit/smmkit/smm"
)

// frozen are the forms that Freezes publishes, in turns: each class of each platform.
var frozen = [][2]string{
	{"bluesky", "text"}, {"bluesky", "gated"}, {"mastodon", "text"}, {"bluesky", "message"}, {"mastodon/gotosocial", "text"},
	{"bluesky", "images"}, {"mastodon", "poll"}, {"blind (stand-in)", "text"}, {"bluesky", "reply"},
	{"facebook", "text"}, {"facebook", "photos"}, {"facebook", "reel"}, {"facebook", "reply"}, {"facebook", "story-photo"}, {"facebook/one-step", "text"},
	{"instagram", "photo"}, {"instagram", "story-photo"}, {"instagram", "message"}, {"instagram", "mention-answer"}, {"instagram/own-login", "photo"},
	{"threads", "text"}, {"threads", "image"}, {"threads", "reply"}, {"x", "text"}, {"x", "message"},
}

const freezeLanes = 8

// Freezes stops a worker process at the moment when it is about to send a commit,
// lets another one take over and finish, and lets the first go on. Every other one
// sends although its time is over, as the kernel does with what it was given before.
//
// That a platform without keys and handles may then show an item twice is stated in
// package scheduler. Such duplicates are counted in the facts and not as failures.
func Freezes(t *testing.T, s *Size, bug string) *Result {
	t.Helper()
	begun := time.Now()
	r := &Result{Name: "freezes", Title: "SIGSTOP of worker processes past their lease"}
	var (
		all   rows
		mu    sync.Mutex
		stood = make(map[smm.Class]int)
		twice = make(map[smm.Class]int)
	)
	each(s.Freezes, freezeLanes, func(i int) {
		f := freeze{size: s, bug: bug, n: i}
		tallies, err := f.run(t.Context())
		if err != nil {
			err = fmt.Errorf("freeze %d, of %s: %w", i, frozen[i%len(frozen)], err)
		}
		mu.Lock()
		defer mu.Unlock()
		stood[f.class]++
		for _, tl := range tallies {
			if f.class == smm.ClassReadBack || f.class == smm.ClassBlind {
				twice[f.class] += tl.Duplicated
				tl.Duplicated, tl.Notes = 0, nil
			}
		}
		all.add(tallies, err)
	})
	r.Rows, r.Err, r.Took = all.rows, errors.Join(all.errs...), time.Since(begun)
	r.Facts = append(r.Facts,
		fmt.Sprintf("%d frozen in the middle of a commit: %s", s.Freezes, classes(stood)),
		fmt.Sprintf("public twice where nothing can prevent it: %d of %d with read-back, %d of %d blind; with keys and handles every duplicate is a failure",
			twice[smm.ClassReadBack], stood[smm.ClassReadBack], twice[smm.ClassBlind], stood[smm.ClassBlind]))
	return r
}

type freeze struct {
	size  *Size
	bug   string
	n     int
	class smm.Class
}

func (f *freeze) run(ctx context.Context) (map[string]*ground.Tally, error) {
	which := frozen[f.n%len(frozen)]
	var p *platform.Platform
	for _, x := range platform.All() { //nolint:contextcheck // servers outlive contexts
		if x.Name == which[0] {
			p = x
		}
	}
	l, err := openLane(ctx, f.size.Dir, fmt.Sprint("freeze", f.n), 1, p)
	if err != nil {
		return nil, err
	}
	defer l.close()
	s := l.place.Stands()[0]
	for i := range p.Forms {
		if form := &p.Forms[i]; form.Name == which[1] {
			f.class = form.Class
			policy := smm.Policy{CommitLimit: 700 * time.Millisecond}
			if err := l.place.Plan(ctx, l.host, s, s.Scenes[0], form, l.place.NewMarks(1), time.Now(), policy); err != nil {
				return nil, err
			}
		}
	}
	if err := f.stopAndGo(ctx, l); err != nil {
		return nil, err
	}
	return l.place.Judge(ctx, ground.Circumstances{Faults: 1})
}

// stopAndGo freezes a worker, lets another finish, and thaws the first.
func (f *freeze) stopAndGo(ctx context.Context, l *lane) error {
	c := l.config(time.Second)
	c.Bug, c.Announce, c.Careless = f.bug, true, f.n/len(frozen)%2 == 0
	w, err := process.Start(ctx, &c)
	if err != nil {
		return err
	}
	defer w.Kill()
	if err := w.Await("commit"); err != nil {
		return err
	}
	if err := w.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	found := make(map[string]smm.Class)
	if err := l.committing(ctx, found); err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("%d commits in flight while it is frozen", len(found))
	}
	second := l.config(time.Second)
	second.Bug = f.bug
	if err := l.finish(ctx, second); err != nil {
		return err
	}
	if err := w.Process.Signal(syscall.SIGCONT); err != nil {
		return err
	}
	if err := w.Await("answered"); err != nil {
		return fmt.Errorf("thawed: %w", err)
	}
	// What it makes of the answer must not reach the store either.
	return w.End()
}
