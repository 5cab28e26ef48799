package main

import (
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkLimit is what the disk allows: 1,000 bytes appended and synchronised.
func BenchmarkLimit(b *testing.B) {
	b.Run("insert/callers=1", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "log"))
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = f.Close() }() // nothing in it is wanted
		line := make([]byte, 1000)
		for b.Loop() {
			if _, err := f.Write(line); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
	})
}
