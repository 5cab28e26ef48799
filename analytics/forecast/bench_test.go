package forecast

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkDaily forecasts two weeks from half a year, all methods of a count
// without spend back-tested from 56 days.
func BenchmarkDaily(b *testing.B) {
	y, _ := families()[3].make(rand.New(rand.NewPCG(1, 1)), 180)
	p := points(y)
	b.ReportAllocs()
	for b.Loop() {
		if f, err := Daily(p, Options{}); err != nil || len(f.Days) != 14 {
			b.Fatal(err, f.Reason)
		}
	}
}
