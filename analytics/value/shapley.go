package value

import (
	"fmt"
	"math/bits"

	"github.com/smmkit/smmkit/smm"
)

// rateGame is Shapley with GameRate. It keeps the paths as sets of channels, a
// bit for each.
type rateGame struct {
	channels int
	sets     []uint16 // by path; 0: no touch, which is not part of the game
	paths    []prepared
	weights  []float64 // of a set of k channels: k! (n-k-1)! / n!

	// For one evaluation, by set.
	values, counts []float64
}

func newRateGame(ps []prepared, names []string) (*rateGame, error) {
	if len(names) > MaxChannels {
		return nil, fmt.Errorf("%w: %d channels, and GameRate takes %d: put the small ones into one, or use GameValue",
			smm.ErrInvalid, len(names), MaxChannels)
	}
	g := &rateGame{
		channels: len(names), sets: make([]uint16, len(ps)), paths: ps,
		values: make([]float64, 1<<len(names)), counts: make([]float64, 1<<len(names)),
	}
	at := make(map[string]int, len(names))
	for i, name := range names {
		at[name] = i
	}
	for i := range ps {
		for _, t := range ps[i].touches {
			g.sets[i] |= 1 << at[t.Channel]
		}
	}
	// k! (n-k-1)! / n! = 1 / (n * C(n-1, k))
	n, choose := float64(g.channels), 1.0
	for k := range g.channels {
		g.weights = append(g.weights, 1/(n*choose))
		choose = choose * (n - 1 - float64(k)) / float64(k+1)
	}
	return g, nil
}

func (g *rateGame) exact() (values, conversions []int64) {
	once := make([]int32, len(g.sets))
	var micros, converted int64
	for i := range once {
		once[i] = 1
		if g.sets[i] != 0 && g.paths[i].converted {
			micros += g.paths[i].micros
			converted += Conversion
		}
	}
	out := make([]float64, g.channels)
	g.resampled(once, out)
	values = round(micros, out)
	g.play(once, out, func(*prepared) float64 { return Conversion })
	return values, round(converted, out)
}

func (g *rateGame) resampled(times []int32, out []float64) {
	g.play(times, out, func(p *prepared) float64 { return float64(p.micros) })
}

// play puts the Shapley value of each channel into out, in the unit of worth and
// scaled so that they sum up to the worth of all conversions in the game.
func (g *rateGame) play(times []int32, out []float64, worth func(*prepared) float64) {
	clear(g.values)
	clear(g.counts)
	clear(out)
	total := 0.0
	for i, n := range times {
		set := g.sets[i]
		if n == 0 || set == 0 {
			continue
		}
		total += float64(n)
		g.counts[set] += float64(n)
		if p := &g.paths[i]; p.converted {
			g.values[set] += float64(n) * worth(p)
		}
	}
	// From "exactly this set" to "this set or a part of it".
	for c := range g.channels {
		for set := range g.values {
			if set>>c&1 == 1 {
				g.values[set] += g.values[set^1<<c]
				g.counts[set] += g.counts[set^1<<c]
			}
		}
	}
	for set, n := range g.counts {
		if n > 0 {
			g.values[set] *= total / n
		}
	}
	for set := range g.values {
		for c := range g.channels {
			if set>>c&1 == 0 {
				out[c] += g.weights[bits.OnesCount(uint(set))] * (g.values[set|1<<c] - g.values[set])
			}
		}
	}
}
