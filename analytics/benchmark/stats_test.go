package benchmark

import (
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
