package quota

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// scene is one cell of the table.
type scene struct {
	name    string
	shape   smm.QuotaShape
	aligned bool
	tell    func(*platformSim, time.Time, int) told
}

func scenes() []scene {
	return []scene{
		{"fixed on the clock, reset in seconds", smm.QuotaFixed, true, tellEpoch},
		{"fixed on the clock, ISO 8601", smm.QuotaFixed, true, tellISO},
		{"fixed on the clock, no Date", smm.QuotaFixed, true, tellNoDate},
		{"fixed on the clock, no headers", smm.QuotaFixed, true, nil},
		{"fixed from the first request, headers", smm.QuotaFixed, false, tellEpoch},
		{"fixed from the first request, none", smm.QuotaFixed, false, nil},
		{"rolling, remaining told", smm.QuotaRolling, false, tellNoReset},
		{"rolling, no headers", smm.QuotaRolling, false, nil},
	}
}

type outcome struct {
	use      float64
	refused  int
	requests int
	asked    int64 // accesses of the store
}

const (
	tableLimit   = 300
	tableWindow  = 5 * time.Minute
	tableWindows = 6
)

// useOf is what was used of a budget, where it was saturated.
func useOf(p *platformSim, s scene) float64 {
	if s.aligned && s.tell != nil {
		return float64(p.served) / (tableLimit * tableWindows)
	}
	// How long it took until one more than so many windows hold was served: a
	// count would not see windows that drag on.
	n := tableLimit * tableWindows
	if len(p.times) <= n {
		return float64(p.served) / float64(n) / 2
	}
	return float64(tableWindows*tableWindow) / float64(p.times[n].Sub(p.times[0]))
}

// play runs processes with clocks that are off by skews. Without a store there
// is one, which keeps its budget to itself.
func play(t *testing.T, s scene, workers int, store bool, skews []time.Duration) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		p := &platformSim{shape: s.shape, limit: tableLimit, window: tableWindow, aligned: s.aligned, tell: s.tell}
		d := tableWindows * tableWindow
		if s.aligned { // begin anywhere in a window, and end with one
			time.Sleep(7 * time.Second)
			d -= 7 * time.Second
		}
		if !s.aligned || s.tell == nil {
			d += tableWindow
		}
		shared := &countingStore{Store: NewMemoryStore(nil)}
		var wg sync.WaitGroup
		for _, skew := range skews {
			l := process(t, nil, skew, declare(s.shape, tableLimit, tableWindow))
			if store {
				l = process(t, shared, skew, declare(s.shape, tableLimit, tableWindow))
			}
			wg.Go(func() {
				saturate(t, l, p, smm.QuotaKey{Platform: "x", Bucket: "all"}, workers, d)
				require.NoError(t, l.Close(t.Context()))
			})
		}
		wg.Wait()
		o = outcome{
			use: useOf(p, s), refused: p.refused,
			requests: p.served + p.refused, asked: shared.n.Load(),
		}
	})
	return o
}

// skewsOf gives n processes their clocks.
func skewsOf(kind string, n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		switch kind {
		case "-2s":
			out[i] = -2 * time.Second
		case "+2s":
			out[i] = 2 * time.Second
		case "mixed":
			out[i] = []time.Duration{-2 * time.Second, 2 * time.Second, 0, -time.Second}[i%4]
		}
	}
	return out
}

// TestTable is the promise: no 429 under a declared quota, and nearly all of
// it used. Run it with -v to see the figures.
func TestTable(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			var lines string
			for _, processes := range []int{0, 1, 2, 4} {
				for _, workers := range []int{1, 4, 16} {
					if testing.Short() && workers != 4 { // the race detector makes this a matter of minutes
						continue
					}
					lines += tableRow(t, s, processes, workers)
				}
			}
			t.Log("\n" + lines)
		})
	}
}

func tableRow(t *testing.T, s scene, processes, workers int) string {
	least, most, refused, requests, asked := 2.0, 0.0, 0, 0, int64(0)
	skews := []string{"-2s", "0s", "+2s", "mixed"}
	if testing.Short() {
		skews = skews[3:]
	}
	for _, skew := range skews {
		o := play(t, s, workers, processes > 0, skewsOf(skew, max(processes, 1)))
		bar := 0.95
		if processes == 4 {
			bar = 0.90
		}
		if o.refused > 0 || o.use < bar || o.use > 1 {
			t.Errorf("%d processes, %d workers each, skew %s: %d answers of 429, %.1f %% used", processes, workers, skew, o.refused, 100*o.use)
		}
		least, most = min(least, o.use), max(most, o.use)
		refused += o.refused
		requests += o.requests
		asked += o.asked
	}
	name := fmt.Sprintf("%d sharing", processes)
	if processes == 0 {
		name = "1 alone"
	}
	return fmt.Sprintf("%-10s %2d workers each: %d x 429, %.1f to %.1f %% used, store asked %.2f times a request\n",
		name, workers, refused, 100*least, 100*most, float64(asked)/float64(requests))
}
