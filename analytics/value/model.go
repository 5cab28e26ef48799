package value

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Model says how the value of a conversion is divided among the touches before
// it. The zero Model is refused. A Model does not change and is safe for
// concurrent use.
type Model struct {
	name string
	// weigh returns the weights of touches, of which there is at least one; their
	// sum is above zero and below 2^63.
	weigh func(touches []Touch) []uint64
	game  Game
	err   error
}

// String returns the name of the model, for reports.
func (m Model) String() string { return m.name }

// FirstTouch gives everything to the first touch. Source: Kaushik, "Multi-Channel
// Attribution Modeling", kaushik.net, 2012, as for the other models of position.
func FirstTouch() Model {
	return Model{name: "first touch", weigh: func(ts []Touch) []uint64 { return only(len(ts), 0) }}
}

// LastTouch gives everything to the last touch.
func LastTouch() Model {
	return Model{name: "last touch", weigh: func(ts []Touch) []uint64 { return only(len(ts), len(ts)-1) }}
}

// LastNonDirect gives everything to the last touch of a channel other than
// Direct, and to the last touch if there is none: what Google Analytics calls
// last click.
func LastNonDirect() Model {
	return Model{name: "last non-direct touch", weigh: func(ts []Touch) []uint64 {
		for i, t := range slices.Backward(ts) {
			if t.Channel != Direct {
				return only(len(ts), i)
			}
		}
		return only(len(ts), len(ts)-1)
	}}
}

// Linear gives the same to every touch; a channel touched twice gets two shares.
func Linear() Model {
	return Model{name: "linear", weigh: func(ts []Touch) []uint64 {
		w := make([]uint64, len(ts))
		for i := range w {
			w[i] = 1
		}
		return w
	}}
}

// Position gives first and last percent to the first and the last touch, and the
// rest in equal shares to those between; Position(40, 40) is the U shape. Of
// two touches the two get their percentages in proportion, and one touch gets
// all. Percentages below 0, or above 100 together, or both 0 are errors when the
// model is used.
func Position(first, last int) Model {
	m := Model{name: fmt.Sprintf("position %d-%d-%d", first, 100-first-last, last)}
	if first < 0 || last < 0 || first+last > 100 || first+last == 0 {
		m.err = fmt.Errorf("%w: model %s: want percentages of 0 or more that are 1 to 100 together", smm.ErrInvalid, m.name)
		return m
	}
	m.weigh = func(ts []Touch) []uint64 {
		n := len(ts)
		switch {
		case n == 1:
			return []uint64{1}
		case n == 2:
			return []uint64{uint64(first), uint64(last)}
		}
		// Everything times the number of touches between, to stay whole.
		between := uint64(n - 2)
		w := make([]uint64, n)
		for i := range w {
			w[i] = uint64(100 - first - last)
		}
		w[0], w[n-1] = uint64(first)*between, uint64(last)*between
		return w
	}
	return m
}

// decayUnit is the weight of the newest touch: fine enough for a millionth, and
// small enough for sums of two billion touches.
const decayUnit = 1 << 32

// TimeDecay halves the weight of a touch for every halfLife that it is older
// than the newest one: w = 2^(-age/halfLife). A touch more than 33 half-lives
// older gets nothing. A half-life that is not above zero is an error when the
// model is used.
func TimeDecay(halfLife time.Duration) Model {
	m := Model{name: "time decay, half-life " + halfLife.String()}
	if halfLife <= 0 {
		m.err = fmt.Errorf("%w: model %s: want a half-life above 0", smm.ErrInvalid, m.name)
		return m
	}
	m.weigh = func(ts []Touch) []uint64 {
		w := make([]uint64, len(ts))
		newest := ts[len(ts)-1].At
		for i, t := range ts {
			age := float64(newest.Sub(t.At)) / float64(halfLife)
			w[i] = uint64(math.Round(decayUnit * math.Exp2(-age)))
		}
		return w
	}
	return m
}

func only(n, i int) []uint64 {
	w := make([]uint64, n)
	w[i] = 1
	return w
}

// Game is what a set of channels is worth in the Shapley model.
type Game string

// The games.
const (
	// GameValue: a set is worth the value of the paths that its channels make up
	// alone. What follows is that the value of each path is divided equally among
	// its distinct channels, however many channels there are.
	GameValue Game = "value"
	// GameRate: a set is worth the value for each path, converted or not, that its
	// channels make up alone. A channel that often occurs on paths without a
	// conversion gets less, and its credit may be negative. At most MaxChannels.
	GameRate Game = "rate"
)

// MaxChannels is how many distinct channels GameRate takes: it looks at all
// 2^12 sets.
const MaxChannels = 12

// Shapley gives to each channel the mean of what it adds to the sets of the
// other channels, over all orders in which they can come together. Neither the
// order of touches nor their number matters. A set of channels of which no path
// is made up is worth 0. Source: Shapley, "A Value for n-Person Games", 1953.
// A game that is none of the two is an error when the model is used.
func Shapley(g Game) Model {
	m := Model{name: "Shapley, " + string(g), game: g}
	switch g {
	case GameValue:
		m.weigh = distinct
	case GameRate:
	default:
		m.err = fmt.Errorf("%w: no game %q: use GameValue or GameRate", smm.ErrInvalid, g)
	}
	return m
}

// distinct weighs the first touch of every channel alike.
func distinct(ts []Touch) []uint64 {
	w := make([]uint64, len(ts))
	for i, t := range ts {
		if !slices.ContainsFunc(ts[:i], func(u Touch) bool { return u.Channel == t.Channel }) {
			w[i] = 1
		}
	}
	return w
}
