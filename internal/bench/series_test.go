package main

import (
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics/series"
	"github.com/smmkit/smmkit/smm"
)

const (
	tableRows     = 10_000_000
	tableChannels = 20
	tableDays     = 365
)

// tableColumns are also those of the peers.
var tableColumns = []series.Column{
	{Name: smm.MetricImpressions}, {Name: smm.MetricLikes}, {Name: smm.MetricClicks}, {Name: smm.MetricSpend, Unit: smm.UnitMicros, Currency: "EUR"},
}

// tableRow fills row with random keys and numbers, of which 5 % are not reported.
func tableRow(r *rand.Rand, row *series.Row, refs []smm.Ref, days []time.Time, words []string, labels [][]string) {
	row.Channel, row.At = refs[r.IntN(len(refs))], days[r.IntN(len(days))]
	row.Campaign, row.ContentType, row.Labels = words[r.IntN(len(words))], words[r.IntN(5)], labels[r.IntN(len(labels))]
	for i := range row.Values {
		v := r.Int64N(100_000)
		row.Values[i] = series.Cell{Value: v, State: smm.Counted(v)}
		if r.IntN(20) == 0 {
			row.Values[i] = series.Cell{}
		}
	}
}

// tableKeys are what rows are drawn from.
func tableKeys() (refs []smm.Ref, days []time.Time, words []string, labels [][]string) {
	for i := range tableChannels {
		refs = append(refs, smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: strconv.Itoa(i)})
	}
	for i := range tableDays {
		days = append(days, time.Date(2025, 1, 1+i, 12, 0, 0, 0, time.UTC))
	}
	for i := range 30 {
		words = append(words, "campaign "+strconv.Itoa(i))
		labels = append(labels, []string{"topic " + strconv.Itoa(i)})
	}
	return refs, days, words, labels
}

func fullTable(b *testing.B) *series.Table {
	b.Helper()
	t, err := series.New(tableColumns, nil)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	refs, days, words, labels := tableKeys()
	row := series.Row{Values: make([]series.Cell, len(tableColumns))}
	for range tableRows {
		tableRow(r, &row, refs, days, words, labels)
		if err := t.Append(&row); err != nil {
			b.Fatal(err)
		}
	}
	return t
}

// clock reads wall time and this process's own time on a core. The second is
// what compares on a machine that others load too.
type clock struct {
	wall time.Time
	core time.Duration
}

func now(b *testing.B) clock {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return clock{time.Now(), time.Duration(u.Utime.Nano() + u.Stime.Nano())}
}

func rowsPerSecond(b *testing.B, rows int, start clock) {
	b.Helper()
	end := now(b)
	millions := float64(rows) * float64(b.N) / 1e6
	b.ReportMetric(millions/end.wall.Sub(start.wall).Seconds(), "Mrows/s")
	b.ReportMetric(millions/(end.core-start.core).Seconds(), "Mrows/core-s")
}

// BenchmarkSeries groups the rows by channel and day, sums four columns with
// their states, and makes the result.
func BenchmarkSeries(b *testing.B) {
	b.Run("group", func(b *testing.B) {
		t := fullTable(b)
		b.ResetTimer()
		start := now(b)
		for range b.N {
			r, err := t.Query(series.Query{By: []series.By{series.ByChannel, series.ByDay}})
			if err != nil || len(r.Groups) != tableChannels*tableDays {
				b.Fatal(len(r.Groups), err)
			}
		}
		rowsPerSecond(b, tableRows, start)
	})
	b.Run("ingest", func(b *testing.B) { ingest(b, 0) })
	b.Run("ingest-with-posts", func(b *testing.B) { ingest(b, 20_000) })
}

// ingest appends rows that exist already, which is what a host's reader hands
// over; posts is the number of posts that they are about.
func ingest(b *testing.B, posts int) {
	b.Helper()
	const rows = 1 << 16
	r := rand.New(rand.NewPCG(1, 2))
	refs, days, words, labels := tableKeys()
	made := make([]series.Row, rows)
	for i := range made {
		made[i].Values = make([]series.Cell, len(tableColumns))
		tableRow(r, &made[i], refs, days, words, labels)
		if posts > 0 {
			made[i].Post = made[i].Channel.WithKind(smm.KindPost, strconv.Itoa(r.IntN(posts)))
		}
	}
	b.ResetTimer()
	start := now(b)
	for range b.N {
		t, err := series.New(tableColumns, nil)
		if err != nil {
			b.Fatal(err)
		}
		for i := range tableRows {
			if err := t.Append(&made[i%rows]); err != nil {
				b.Fatal(err)
			}
		}
	}
	rowsPerSecond(b, tableRows, start)
}

// plainRow is a row as a program without a table would hold it: keys are small
// numbers already, which spares the peer the hashing of strings.
type plainRow struct {
	channel, day uint16
	values       [4]int64
	states       [4]uint8
}

type plainKey struct{ channel, day uint16 }

type plainSum struct {
	rows  int
	sums  [4]int64
	parts [4][6]int
}

// BenchmarkSeriesMap is the peer: a map of structs.
func BenchmarkSeriesMap(b *testing.B) {
	b.Run("group", func(b *testing.B) {
		rows := make([]plainRow, tableRows)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range rows {
			rows[i].channel, rows[i].day = uint16(r.IntN(tableChannels)), uint16(r.IntN(tableDays))
			for j := range rows[i].values {
				if rows[i].values[j] = r.Int64N(100_000); r.IntN(20) == 0 {
					rows[i].values[j], rows[i].states[j] = 0, 3
				}
			}
		}
		b.ResetTimer()
		start := now(b)
		for range b.N {
			groups := make(map[plainKey]*plainSum)
			for i := range rows {
				x := &rows[i]
				g := groups[plainKey{x.channel, x.day}]
				if g == nil {
					g = new(plainSum)
					groups[plainKey{x.channel, x.day}] = g
				}
				g.rows++
				for j, v := range x.values {
					g.sums[j] += v
					g.parts[j][x.states[j]]++
				}
			}
			if len(groups) != tableChannels*tableDays {
				b.Fatal(len(groups))
			}
		}
		rowsPerSecond(b, tableRows, start)
	})
}

// BenchmarkSeriesScan is the limit: it reads the columns that the query reads,
// and adds up each into one number.
func BenchmarkSeriesScan(b *testing.B) {
	b.Run("group", func(b *testing.B) {
		channel, day, odd := make([]uint32, tableRows), make([]uint32, tableRows), make([]uint8, tableRows)
		var values [4][]int64
		for j := range values {
			values[j] = make([]int64, tableRows)
		}
		for i := range tableRows {
			channel[i], day[i], odd[i] = uint32(i), uint32(i), uint8(i)
			for j := range values {
				values[j][i] = int64(i)
			}
		}
		b.ResetTimer()
		start := now(b)
		var total uint64
		for range b.N {
			for i := range channel {
				total += uint64(channel[i]) + uint64(day[i]) + uint64(odd[i])
			}
			v0, v1, v2, v3 := values[0], values[1][:len(values[0])], values[2][:len(values[0])], values[3][:len(values[0])]
			var s0, s1, s2, s3 int64
			for i := range v0 {
				s0 += v0[i]
				s1 += v1[i]
				s2 += v2[i]
				s3 += v3[i]
			}
			total += uint64(s0 + s1 + s2 + s3)
		}
		rowsPerSecond(b, tableRows, start)
		if total == 0 {
			b.Fatal("nothing was read")
		}
	})
}
