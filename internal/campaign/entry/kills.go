package entry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/internal/campaign/process"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const killLanes = 2

// Kills kills worker processes at random moments, each as soon as the one before
// is dead, while they publish from a store on SQLite to simulators in this process.
func Kills(t *testing.T, s *Size, bug string) *Result {
	t.Helper()
	begun := time.Now()
	r := &Result{Name: "kills", Title: "kill -9 of worker processes"}
	var all rows
	found := make([]map[string]smm.Class, killLanes)
	each(killLanes, killLanes, func(i int) {
		k := killer{
			size: s, bug: bug, kills: s.Kills / killLanes, found: make(map[string]smm.Class),
			rng: seeded(s.Seed, uint64(1000+i)), name: fmt.Sprint("kills", i), lane: i,
		}
		tallies, err := k.run(t.Context())
		all.add(tallies, err)
		found[i] = k.found
	})
	r.Rows, r.Err, r.Took = all.rows, errors.Join(all.errs...), time.Since(begun)
	interrupted := make(map[smm.Class]int)
	total := 0
	for _, m := range found {
		for _, class := range m {
			interrupted[class]++
			total++
		}
	}
	r.Facts = append(r.Facts, fmt.Sprintf("%d kills, %.0f a minute; %d commits were found interrupted: %s",
		s.Kills/killLanes*killLanes, float64(s.Kills)/r.Took.Minutes(), total, classes(interrupted)))
	r.unnamed()
	if r.Err == nil && bug == "" && total < s.Kills/4 {
		r.Err = fmt.Errorf("%d kills interrupted only %d commits: that proves little", s.Kills, total)
	}
	return r
}

type killer struct {
	size  *Size
	bug   string
	kills int
	name  string
	lane  int
	rng   *rand.Rand
	found map[string]smm.Class
	next  int
}

func (k *killer) run(ctx context.Context) (map[string]*ground.Tally, error) {
	l, err := openLane(ctx, k.size.Dir, k.name, 6, k.size.beside(k.lane)...) //nolint:contextcheck // servers outlive contexts
	if err != nil {
		return nil, err
	}
	defer l.close()
	// Answers take a moment, so that many a kill falls between a deed and the word
	// of it.
	slow := l.place.World.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.Slow, Times: -1, Delay: 8 * time.Millisecond})
	c := l.config(time.Second)
	c.Bug = k.bug
	for n := range k.kills {
		if err := k.fill(ctx, l); err != nil {
			return nil, err
		}
		w, err := process.Start(ctx, &c)
		if err != nil {
			return nil, err
		}
		if err := k.await(ctx, l, n); err != nil {
			return nil, err
		}
		w.Kill()
		if err := l.committing(ctx, k.found); err != nil {
			return nil, err
		}
		if n%500 == 499 {
			k.size.log("%s: %d of %d", k.name, n+1, k.kills)
		}
	}
	l.place.World.Faults.Remove(slow)
	if err := l.finish(ctx, c); err != nil {
		return nil, err
	}
	return l.place.Judge(ctx, ground.Circumstances{Faults: k.kills})
}

// await waits until the moment of a kill: one of four at random from the start of
// the process, the others soon after it has begun to commit, whatever else the
// machine has to do.
func (k *killer) await(ctx context.Context, l *lane, n int) error {
	clock, pause := smm.SystemClock(), time.Duration(k.rng.IntN(35))*time.Millisecond
	script := l.place.World.Faults
	before := script.RequestsOf(sim.Commit)
	for begun := time.Now(); n%4 > 0 && script.RequestsOf(sim.Commit) == before && time.Since(begun) < 2*time.Second; {
		if err := clock.Sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return clock.Sleep(ctx, pause)
}

// fill sees to it that workers have enough to do.
func (k *killer) fill(ctx context.Context, l *lane) error {
	const level = 150
	public := 0
	for _, i := range l.place.World.Ledger.Items() {
		if !i.Visitor {
			public++
		}
	}
	for len(l.place.Plans)-public < level {
		s := l.place.Stands()[k.next%len(l.place.Stands())]
		k.next++
		f := &s.Platform.Forms[k.rng.IntN(len(s.Platform.Forms))]
		if strings.HasPrefix(f.Name, "scheduled") {
			continue // the server's clock would have to run, too
		}
		err := l.place.Plan(ctx, l.host, s, s.Scenes[k.rng.IntN(len(s.Scenes))], f, l.place.NewMarks(f.Marks()), time.Now(),
			smm.Policy{CommitLimit: 700 * time.Millisecond, MaxAttempts: 500})
		if err != nil {
			return err
		}
	}
	return nil
}

func classes(m map[smm.Class]int) string {
	out := ""
	for _, c := range []smm.Class{smm.ClassKey, smm.ClassHandle, smm.ClassReadBack, smm.ClassBlind} {
		if m[c] > 0 {
			if out != "" {
				out += ", "
			}
			out += fmt.Sprintf("%d %s", m[c], c)
		}
	}
	return out
}
