package besttimes

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Post is one post of the history.
type Post struct {
	At time.Time // when it was published
	N  int64     // what it got, not negative: engagements, reach, clicks
	// State says whether N is known; posts of which it is not are left aside.
	State smm.MetricState
}

// Options say how to look. The zero value is the default.
type Options struct {
	Zone  *time.Location // in which hours are counted; UTC if nil
	Alpha float64        // how often a flat history may seem to differ; 0.05 if 0
	Seed  uint64         // of the permutations
}

const (
	hours      = 24
	cells      = 7 * hours
	minPosts   = 30
	shuffles   = 199
	enough     = 10                // shuffles that are as good
	confidence = 1.959963984540054 // the normal quantile for 95 %
)

// Cell is an hour of the week.
type Cell struct {
	Weekday time.Weekday
	Hour    int // it begins at Hour:00 in Options.Zone
	Posts   int // of the history in this hour
	// Score is the expected effect relative to an average post, 1 being average,
	// after shrinkage; Low and High hold it with 95 %.
	Score, Low, High float64
}

// Found is what a history shows. It is not changed after Find, and safe for
// concurrent use.
type Found struct {
	Differs bool    // the best hour is better than chance explains
	P       float64 // the share of shuffled histories whose best hour is as good
	Posts   int     // that were known
	Cells   []Cell  // hours with posts, the best first; equal ones in the order of the week
	Reason  string  // for people, where Differs is false
	channel smm.Ref
	zone    *time.Location
}

// Find looks for the best hours. With fewer than 30 known posts it answers that
// the history does not tell. The same input gives the same output, whatever the
// order of posts of different times.
//
// Unit of the scores: factor. Formula: y = ln(1+n); the mean of a cell of k
// posts is shrunk to the mean of all by τ²/(τ²+σ²/k), where σ² is the variance
// within cells and τ² that between them by moments. Source of the shrinkage:
// Efron and Morris, "Stein's paradox in statistics", Scientific American 1977;
// of the moments: Searle, Casella and McCulloch, "Variance Components". Errors
// match smm.ErrInvalid: a post without a time or with a negative number, and an
// Alpha outside of 0 to 1.
func Find(channel smm.Ref, posts []Post, o Options) (*Found, error) {
	o.Alpha = cmp.Or(o.Alpha, 0.05)
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if channel.IsZero() || !(o.Alpha > 0 && o.Alpha < 1) {
		return nil, fmt.Errorf("%w: set a channel, and Alpha between 0 and 1", smm.ErrInvalid)
	}
	var (
		cell []int
		y    []float64
	)
	sorted := slices.Clone(posts)
	slices.SortStableFunc(sorted, func(a, b Post) int { return a.At.Compare(b.At) })
	for i, p := range sorted {
		if p.At.IsZero() || (p.State.Known() && p.N < 0) {
			return nil, fmt.Errorf("%w: post %d by time: want a time and a number that is not negative", smm.ErrInvalid, i)
		}
		if p.State.Known() {
			at := p.At.In(o.Zone)
			cell = append(cell, (int(at.Weekday())+6)%7*hours+at.Hour())
			y = append(y, math.Log1p(float64(p.N)))
		}
	}
	f := &Found{P: 1, Posts: len(y), channel: channel, zone: o.Zone}
	if len(y) < minPosts {
		f.Reason = fmt.Sprintf("%d posts with a known number, and at least %d are needed", len(y), minPosts)
		return f, nil
	}
	f.P = permute(cell, y, o.Seed)
	f.Differs = f.P <= o.Alpha
	if !f.Differs {
		f.Reason = fmt.Sprintf("no difference between the hours that chance does not explain (p = %.2f)", f.P)
	}
	f.Cells = shrink(cell, y)
	return f, nil
}

// groups holds the sums of the cells.
type groups struct {
	n   [cells]float64
	sum [cells]float64
}

func (g *groups) add(cell []int, y []float64) {
	for i, c := range cell {
		g.n[c]++
		g.sum[c] += y[i]
	}
}

// best is how far the best cell lies above the mean, in units that are the same
// for cells of any size.
func (g *groups) best(mean float64) float64 {
	most := 0.0
	for c, n := range &g.n {
		if n > 0 {
			most = max(most, (g.sum[c]-n*mean)/math.Sqrt(n))
		}
	}
	return most
}

// permute returns how often a history whose numbers are shuffled has a cell as
// good as the best one. It stops early once that is sure to be often. Source:
// Besag and Clifford, "Sequential Monte Carlo p-values", Biometrika 78 (1991).
func permute(cell []int, y []float64, seed uint64) float64 {
	var (
		seen groups
		sum  float64
	)
	for _, v := range y {
		sum += v
	}
	mean := sum / float64(len(y))
	seen.add(cell, y)
	observed := seen.best(mean) - 1e-9                   // sums in another order round otherwise
	r := rand.New(rand.NewPCG(seed, 0x6265737474696d65)) //nolint:gosec // a test of statistics must be repeatable
	shuffled := slices.Clone(y)
	more := 0
	for i := range shuffles {
		for i := uint32(len(shuffled)) - 1; i > 0; i-- { // r.Shuffle, without a call for each step
			j := r.Uint32N(i + 1)
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		}
		var g groups
		g.add(cell, shuffled)
		if g.best(mean) >= observed {
			more++
		}
		if more == enough {
			return float64(more) / float64(i+1)
		}
	}
	return float64(more+1) / (shuffles + 1)
}

// shrink estimates the cells.
func shrink(cell []int, y []float64) []Cell {
	var g groups
	g.add(cell, y)
	var total, squares, used, sumN2 float64
	for i := range y {
		total += y[i]
		d := y[i] - g.sum[cell[i]]/g.n[cell[i]]
		squares += d * d
	}
	n := float64(len(y))
	mean := total / n
	var between float64
	for c, k := range &g.n {
		if k > 0 {
			used++
			sumN2 += k * k
			d := g.sum[c]/k - mean
			between += k * d * d
		}
	}
	var within, tau float64
	if n > used {
		within = squares / (n - used)
	}
	if used > 1 && n > sumN2/n {
		tau = max((between-(used-1)*within)/(n-sumN2/n), 0)
	}
	var out []Cell
	for c, k := range &g.n {
		if k == 0 {
			continue
		}
		weight := 0.0
		if tau > 0 {
			weight = tau / (tau + within/k)
		}
		effect := weight * (g.sum[c]/k - mean)
		half := confidence * math.Sqrt(tau*(1-weight))
		out = append(out, Cell{
			Weekday: time.Weekday((c/hours + 1) % 7), Hour: c % hours, Posts: int(k),
			Score: math.Exp(effect), Low: math.Exp(effect - half), High: math.Exp(effect + half),
		})
	}
	slices.SortStableFunc(out, func(a, b Cell) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// Slots returns the first times of the n best hours that are not before after,
// the best first; none if Differs is false. Hours that a change of clocks skips
// move as in time.Date. Score, Low and High are those of the cells, with 95 %.
func (f *Found) Slots(after time.Time, n int) []smm.Slot {
	if !f.Differs {
		return nil
	}
	var out []smm.Slot
	local := after.In(f.zone)
	for _, c := range f.Cells[:min(max(n, 0), len(f.Cells))] {
		days := (int(c.Weekday) - int(local.Weekday()) + 7) % 7
		at := time.Date(local.Year(), local.Month(), local.Day()+days, c.Hour, 0, 0, 0, f.zone)
		if at.Before(after) {
			at = time.Date(local.Year(), local.Month(), local.Day()+days+7, c.Hour, 0, 0, 0, f.zone)
		}
		out = append(out, smm.Slot{
			Channel: f.channel, Start: at.UTC(), Score: c.Score, Low: c.Low, High: c.High,
			Reason: fmt.Sprintf("%d own posts on %s at %02d:00 %s, shrunk for their number", c.Posts, c.Weekday, c.Hour, f.zone),
		})
	}
	return out
}
