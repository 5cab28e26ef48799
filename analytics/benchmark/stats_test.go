package benchmark

import (
	"math"
	"testing"
)

func TestDistancesByHand(t *testing.T) {
	clock := func(hour int) []float64 { h := make([]float64, 24); h[hour] = 1; return h }
	near(t, "23 to 1 is two hours", circularDistance(clock(23), clock(1)), 2, 1e-12)
	near(t, "6 to 18 is twelve", circularDistance(clock(6), clock(18)), 12, 1e-12)
	near(t, "9 to 17 is eight", circularDistance(clock(9), clock(17)), 8, 1e-12)
	near(t, "the same", circularDistance(clock(9), clock(9)), 0, 0)
	near(t, "half", totalVariation([]float64{0.5, 0.5, 0}, []float64{0, 0.5, 0.5}), 0.5, 1e-15)
}

func TestWilson(t *testing.T) {
	// 8 of 10 at 95 %: (0.8 + 0.19207 ± 1.95996·sqrt(0.016 + 0.0096)) / 1.38415,
	// with z² = 3.84146.
	low, high, ok := Wilson(8, 10, 0.95)
	if !ok {
		t.Fatal("undefined")
	}
	near(t, "low", low, 0.4902, 0.0001)
	near(t, "high", high, 0.9433, 0.0001)
	low, high, _ = Wilson(0, 10, 0.95)
	near(t, "none of ten, low", low, 0, 0)
	near(t, "none of ten, high: z²/(n+z²)", high, 3.841459/13.841459, 1e-6)
	for _, c := range [][3]float64{{0, 0, 0.95}, {-1, 5, 0.95}, {6, 5, 0.95}, {1, 5, 1}, {math.NaN(), 5, 0.95}} {
		if _, _, ok := Wilson(c[0], c[1], c[2]); ok {
			t.Errorf("%v", c)
		}
	}
}

// Byar's bounds against the exact ones of printed tables: of 10, 4.80 to 18.39;
// of 0, nothing to 3.69.
func TestCountBounds(t *testing.T) {
	low, high := countBounds(10, 0.95)
	near(t, "low", low, 4.80, 0.02)
	near(t, "high", high, 18.39, 0.02)
	low, high = countBounds(0, 0.95)
	near(t, "none, low", low, 0, 0)
	near(t, "none, high", high, 3.69, 0.06)
}
