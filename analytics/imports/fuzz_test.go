package imports_test

import (
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/imports"
)

func FuzzRead(f *testing.F) {
	f.Add([]byte(instagram), "")
	f.Add([]byte("\ufeff"+strings.ReplaceAll(instagram, ",", ";")), "")
	f.Add([]byte("Date\tFollowers\tDifference in followers from previous day\n1 May\t1.2K\t-1\n"), "tiktok-followers")
	f.Add([]byte("# Start date: 20250101\n# End date: 20250211\nPage path and screen class,Views\n/,1\n"), "ga4-pages")
	f.Add([]byte("\xff\xfeD\x00a\x00"), "x-overview")
	f.Fuzz(func(t *testing.T, in []byte, export string) {
		res, err := imports.Read(strings.NewReader(string(in)), imports.Options{AsOf: asOf, Export: export})
		if res == nil {
			if err == nil {
				t.Fatal("nothing and no error")
			}
			return
		}
		s := res.Summary
		left := 0
		for why, n := range s.Skipped {
			if why != imports.SkipPreamble {
				left += n
			}
		}
		if s.Imported+left != s.Rows {
			t.Fatalf("%d rows, %d imported, %v left out", s.Rows, s.Imported, s.Skipped)
		}
		for _, m := range res.Metrics {
			if m.Value < 0 || m.Unit == "" || m.Name == "" || m.Subject.IsZero() || m.AsOf.IsZero() || (!m.State.Known() && m.Value != 0) {
				t.Fatalf("a metric that nobody can use: %+v", m)
			}
		}
		// Overlaps may be in the file; nothing else is refused.
		if _, err := analytics.Collect(res.Metrics); err != nil && !strings.Contains(err.Error(), "overlap") && !strings.Contains(err.Error(), "cannot be added") &&
			!strings.Contains(err.Error(), "belongs to") && !strings.Contains(err.Error(), "overflows") {
			t.Fatal(err)
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1,234.5", "3,4 Mio. €", "--", "=1+1", "1'234", "-.5%", "9223372036854"} {
		f.Add(s, ",", true)
	}
	f.Fuzz(func(t *testing.T, cell, sign string, whole bool) {
		n, code := imports.ParseNumber(cell, imports.DecimalSign(sign), whole)
		if code == "" && n.Missing && n.Micros != 0 {
			t.Fatalf("missing and %d", n.Micros)
		}
		if code == "" && !n.Missing && !strings.ContainsAny(cell, "0123456789") {
			t.Fatalf("%q has no digit and is %+v", cell, n)
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"2026-02-03", "28 May", "Tue, Mar 10, 2026 6:08 PM", "02/03/2026", "2026-02-03T14:05:09Z"} {
		f.Add(s, "mdy")
	}
	f.Fuzz(func(t *testing.T, cell, order string) {
		got, _, code := imports.ParseTime(cell, imports.DateOrder(order), time.UTC, asOf)
		if code == "" && got.IsZero() {
			t.Fatalf("%q is no time and no error", cell)
		}
	})
}

func FuzzMapping(f *testing.F) {
	f.Add([]byte(`{"id":"a","subject":"post","window":"lifetime","columns":[{"field":"post_id","aliases":[{"source":"unverified","names":["A"]}]},{"metric":"likes","unit":"count","aliases":[{"source":"unverified","names":["B"]}]}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := imports.ParseMapping(strings.NewReader(string(in)))
		if err != nil {
			return
		}
		_, _ = imports.Read(strings.NewReader("A,B\n1,2\n"), imports.Options{AsOf: asOf, Channel: channel(m.Platform), Mappings: []imports.Mapping{*m}})
	})
}
