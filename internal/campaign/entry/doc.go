// Package entry holds the entries of the campaign: what is tried, how often, and
// the bugs that show that each entry can fail.
package entry

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/internal/campaign/platform"
)

// Size says how much of an entry is run.
type Size struct {
	Seed      uint64
	Steps     int // every nth point of the crash points; 1 for all
	Pairs     int // random pairs of crashes for each form
	Histories int
	OnSQLite  int // of the histories
	Kills     int
	Freezes   int
	Workers   int          // bubbles and lanes at a time
	Dir       string       // for files
	Log       func(string) // told of progress; nil for silence
	Platforms []string     // only these, if any
}

func (s *Size) platforms() []*platform.Platform {
	return slices.DeleteFunc(platform.All(), func(p *platform.Platform) bool {
		return len(s.Platforms) > 0 && !slices.Contains(s.Platforms, p.Name)
	})
}

// beside are those that one process can serve, another of those that exclude each
// other for each turn.
func (s *Size) beside(turn int) []*platform.Platform {
	var out []*platform.Platform
	all := s.platforms()
	for _, p := range all {
		var rivals []string
		for _, o := range all {
			if o == p || !o.Fits(p) {
				rivals = append(rivals, o.Name)
			}
		}
		if rivals[turn%len(rivals)] == p.Name {
			out = append(out, p)
		}
	}
	return out
}

func (s *Size) log(format string, args ...any) {
	if s.Log != nil {
		s.Log(fmt.Sprintf(format, args...))
	}
}

// Result is what an entry found.
type Result struct {
	Name  string
	Title string
	Took  time.Duration
	Rows  map[string]*ground.Tally // by platform
	Facts []string                 // further figures, as sentences
	Err   error                    // the entry could not be run
}

// Bad counts what must not be, over all platforms.
func (r *Result) Bad() int {
	n := 0
	for _, t := range r.Rows {
		n += t.Bad()
	}
	return n
}

// Sum returns the tally of all platforms together.
func (r *Result) Sum() *ground.Tally {
	sum := &ground.Tally{}
	for _, name := range slices.Sorted(maps.Keys(r.Rows)) {
		sum.Add(r.Rows[name])
	}
	return sum
}

// unnamed adds how often a name was left out, if it was.
func (r *Result) unnamed() {
	if n := r.Sum().Unnamed; n > 0 {
		r.Facts = append(r.Facts, fmt.Sprintf("%d files without a text were reported as published without saying under which name, "+
			"while another such file of the account was public", n))
	}
}

// Entry is a part of the campaign.
type Entry struct {
	Name  string
	Title string
	Run   func(t *testing.T, s *Size, bug string) *Result
}

// All returns the entries in the order in which they run.
func All() []Entry {
	return []Entry{
		{"steps", "a crash, or a reply cut, at every step", Steps},
		{"histories", "seeded random histories", Histories},
		{"kills", "kill -9 of worker processes", Kills},
		{"freezes", "SIGSTOP of worker processes past their lease", Freezes},
		{"powerloss", "losses of power under the store on SQLite", PowerLoss},
	}
}

// rows collects tallies from several goroutines.
type rows struct {
	mu   sync.Mutex
	rows map[string]*ground.Tally
	errs []error
}

func (r *rows) add(ts map[string]*ground.Tally, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.errs = append(r.errs, err)
	}
	if r.rows == nil {
		r.rows = make(map[string]*ground.Tally)
	}
	for name, t := range ts {
		if r.rows[name] == nil {
			r.rows[name] = &ground.Tally{}
		}
		r.rows[name].Add(t)
	}
}

// seeded is a source that gives the same again for the same numbers.
func seeded(seed, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, n)) //nolint:gosec // no secret depends on it
}

// each runs f for 0..n-1, so many at a time. A test that fails in f ends its
// goroutine, and no other.
func each(n, workers int, f func(i int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, max(workers, 1))
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	wg.Wait()
}
