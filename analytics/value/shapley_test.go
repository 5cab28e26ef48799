package value

import (
	"math"
	"slices"
	"testing"
)

// byOrders is the definition itself: the mean, over all orders of the channels,
// of what each adds to those before it.
func byOrders(channels []string, worth func(set map[string]bool) float64) map[string]float64 {
	out := map[string]float64{}
	n := 0.0
	var walk func(order []string)
	walk = func(order []string) {
		if len(order) == len(channels) {
			n++
			set := map[string]bool{}
			before := worth(set)
			for _, c := range order {
				set[c] = true
				after := worth(set)
				out[c] += after - before
				before = after
			}
			return
		}
		for _, c := range channels {
			if !slices.Contains(order, c) {
				walk(append(slices.Clone(order), c))
			}
		}
	}
	walk(nil)
	for c := range out {
		out[c] /= n
	}
	return out
}

func worthOf(paths []Path, g Game) func(set map[string]bool) float64 {
	return func(set map[string]bool) float64 {
		sum, within, all := 0.0, 0.0, 0.0
		for _, p := range paths {
			if len(p.Touches) == 0 {
				continue
			}
			all++
			if slices.ContainsFunc(p.Touches, func(t Touch) bool { return !set[t.Channel] }) {
				continue
			}
			within++
			if p.Converted {
				sum += float64(p.Value.Micros)
			}
		}
		switch {
		case g == GameValue:
			return sum
		case within == 0:
			return 0
		}
		return sum / within * all
	}
}

// Both games agree with all orders of five channels.
func TestShapleyAgainstItsDefinition(t *testing.T) {
	worst := 0.0
	for _, g := range []Game{GameValue, GameRate} {
		for seed := range uint64(6) {
			paths := randomPaths(seed+100, 60, 4) // and direct
			a, err := Attribute(paths, Shapley(g), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, c := range a.Channels {
				names = append(names, c.Channel)
			}
			want := byOrders(names, worthOf(paths, g))
			for _, c := range a.Channels {
				diff := math.Abs(float64(c.Value.Micros) - want[c.Channel])
				worst = max(worst, diff)
				if diff > 60 { // each of 60 paths is rounded to a millionth
					t.Errorf("%s, seed %d: %s has %d, want %v", g, seed, c.Channel, c.Value.Micros, want[c.Channel])
				}
			}
		}
	}
	t.Logf("largest difference: %.2f millionths", worst)
}

// Worked by hand. a alone: 1 of 2 paths converts, worth 10, so 5 for each path;
// b alone: 0 of 2; both: 1 of 1 converts, worth 20, so 30 for 5 paths, 6 each.
// a: (5-0 + 6-0)/2 = 5.5; b: (0 + 6-5)/2 = 0.5; times 5 paths: 27.50 and 2.50.
func TestShapleyRateByHand(t *testing.T) {
	paths := []Path{path(eur(10), "a"), lost("a"), lost("b"), lost("b"), path(eur(20), "b", "a"), path(eur(3)), lost()}
	a, err := Attribute(paths, Shapley(GameRate), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Channels[0].Value != eur(27.5) || a.Channels[1].Value != eur(2.5) || a.Unassigned.Value != eur(3) {
		t.Errorf("%+v", a)
	}
	// Where b is on paths that mostly fail, it costs: a alone 10, both 10 of 11 paths.
	paths = []Path{path(eur(10), "a")}
	for range 10 {
		paths = append(paths, lost("a", "b"))
	}
	if a, err = Attribute(paths, Shapley(GameRate), Options{}); err != nil || a.Channels[1].Value.Micros >= 0 || a.Channels[0].Value.Micros <= eur(10).Micros {
		t.Errorf("b should be blamed: %+v, %v", a, err)
	}
}

func TestShapleyTakesTwelve(t *testing.T) {
	var paths []Path
	for i := range MaxChannels {
		paths = append(paths, path(eur(float64(i+1)), string(rune('a'+i))))
	}
	a, err := Attribute(paths, Shapley(GameRate), Options{})
	if err != nil || len(a.Channels) != MaxChannels {
		t.Fatalf("%+v, %v", a, err)
	}
	for i := 1; i < MaxChannels; i++ {
		if a.Channels[i].Value.Micros <= a.Channels[i-1].Value.Micros {
			t.Errorf("a channel whose paths are worth more gets more: %+v", a.Channels)
		}
	}
}

func BenchmarkShapleyRate12(b *testing.B) {
	paths := randomPaths(5, 10_000, 11)
	for b.Loop() {
		if _, err := Attribute(paths, Shapley(GameRate), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
