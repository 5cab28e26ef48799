package main

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// results are the figures by "peer/case unit".
type results map[string][]float64

// add reads a line of go test: "BenchmarkSQLite/work-2  20000  70153 ns/op  14255 jobs/s".
func (r results) add(line string) {
	f := strings.Fields(line)
	name, ok := strings.CutPrefix(strings.Join(f[:min(1, len(f))], ""), "Benchmark")
	if !ok || len(f) < 4 {
		return
	}
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		name = name[:i] // the number of processors
	}
	for i := 2; i+1 < len(f); i += 2 {
		if v, err := strconv.ParseFloat(f[i], 64); err == nil {
			r[name+" "+f[i+1]] = append(r[name+" "+f[i+1]], v)
		}
	}
}

func (r results) of(peer, name, unit string) float64 { return median(r[peer+"/"+name+" "+unit]) }

// goal is a row of the table.
type goal struct {
	text, name, unit string
	want             float64
	least            bool   // want is the least that is good, else the most
	why              string // the goal is missed, where it is
}

func goals() []goal {
	return []goal{
		{"single inserts, one caller", "insert/callers=1", "inserts/s", 3000, true, ""},
		{"single inserts, sixteen callers", "insert/callers=16", "inserts/s", 10_000, true, ""},
		{"inserts, 1,000 a batch", "insert/batch=1000", "inserts/s", 50_000, true,
			"a row is in five indexes, two of them in random order, so that a larger file costs more: 20,000 rows go in at 50,000 a second. " +
				"An index less would make a list, an entry or a tenant's turn a scan"},
		{"claim and complete, no-op work", "work", "jobs/s", 20_000, true,
			"a completion is a fenced write of its own, two statements of some 25 µs each on the one connection that writes. " +
				"Completions in bulk would be faster, and a crash between would leave more of them in doubt"},
		{"10,000 due at one instant, p99", "due/at-once", "p99-ms", 600, false,
			"the last of them is handed out when the others are complete, so it follows from the rate of the row above"},
		{"10,000 due over 10 s, p99", "due/over-10s", "p99-ms", 25, false, ""},
	}
}

func number(v float64) string {
	switch {
	case v == 0:
		return "–"
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	s := strconv.FormatInt(int64(v), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// ratio says how many times better ours is.
func ratio(ours, theirs float64, least bool) string {
	if ours == 0 || theirs == 0 {
		return "–"
	}
	if !least {
		ours, theirs = theirs, ours
	}
	return strconv.FormatFloat(ours/theirs, 'f', 1, 64)
}

func met(v float64, g goal) string {
	if (g.least && v >= g.want) || (!g.least && v <= g.want) {
		return "yes"
	}
	return "**no**"
}

func (r results) page(w io.Writer, rounds int, machine string) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // a buffer
	p("# Benchmarks\n\nWritten by `go run ./internal/bench -write`. Do not edit.\n\n")
	p("Medians of %d rounds on %s, %s, Go %s. In each round every peer runs the same load right after the other.\n",
		rounds, machine, time.Now().UTC().Format(time.DateOnly), strings.TrimPrefix(runtime.Version(), "go"))
	p("Absolute figures are those of this machine while it ran them; ratios are what to compare.\n\n")
	p("Jobs do nothing and carry a post of 110 characters. SQLite runs with synchronous=FULL for both, PostgreSQL 15 with its\n" +
		"defaults on loopback. River fetches every millisecond, which made it fastest; its workers are counted when they are done,\n" +
		"ours when the result is in the database.\n\n")
	p("## The embedded default: SQLite\n\n| | goal | smmkit | met | River on SQLite | times |\n|---|---|---|---|---|---|\n")
	for _, g := range goals() {
		v, peer := r.of("SQLite", g.name, g.unit), r.of("RiverSQLite", g.name, g.unit)
		p("| %s, %s | %s | %s | %s | %s | %s |\n", g.text, unitOf(g.unit), number(g.want), number(v), met(v, g), number(peer), ratio(v, peer, g.least))
	}
	limit := r.of("Limit", "insert/callers=1", "inserts/s")
	p("\nThe disk's own limit in the same run: %s synchronised appends a second, so single inserts reach %s of it.\n\n",
		number(limit), share(r.of("SQLite", "insert/callers=1", "inserts/s"), limit))
	for _, g := range goals() {
		if v := r.of("SQLite", g.name, g.unit); v > 0 && met(v, g) != "yes" {
			p("Why not %s: %s.\n\n", g.text, g.why)
		}
	}
	p("Schedule gives records a lane and a fingerprint as well, for order within a channel and the search for repeats, which peers do not\n"+
		"have. With both in use over 1,000 channels: %s inserts/s in batches, %s jobs/s.\n\n",
		number(r.of("Full", "insert/batch=1000", "inserts/s")), number(r.of("Full", "work", "jobs/s")))
	p("With 1,000,000 records in the file: %s bytes a row beyond the payload, %s with lane and fingerprint (goal: at most 200), the process\n"+
		"grew by %s MB (at most 64), and %s records a second are claimed.\n\n",
		number(r.of("Million", "plain", "B/row")), number(r.of("Million", "full", "B/row")),
		number(r.of("Million", "full", "grown-MB")), number(r.of("Million", "plain", "claims/s")))
	p("## PostgreSQL\n\n| | smmkit, embedded engine | smmkit, River as engine | River alone |\n|---|---|---|---|\n")
	for _, g := range goals() {
		p("| %s, %s | %s | %s | %s |\n", g.text, unitOf(g.unit), number(r.of("Postgres", g.name, g.unit)),
			number(r.of("RiverEngine", g.name, g.unit)), number(r.of("RiverPostgres", g.name, g.unit)))
	}
	p("\nWith River as the engine every delivery brings a job, and both are durable on their own here; in the caller's\ntransaction they share one commit.\n\n")
	p("## Memory\n\n| | goal | smmkit |\n|---|---|---|\n")
	for _, g := range goals() {
		p("| %s, %s | %s | %s |\n", g.text, unitOf(g.unit), memoryGoal(g), number(r.of("Memory", g.name, g.unit)))
	}
	p("\nThe goals are those of a queue of names. The store keeps, and gives out, copies of whole records of 1.6 kB, so that nobody can\n" +
		"change what is stored without a write; a third of the time is the garbage collector's.\n")
}

func memoryGoal(g goal) string {
	if g.least {
		return "500,000"
	}
	return "2"
}

func unitOf(unit string) string {
	if ms, ok := strings.CutSuffix(unit, "-ms"); ok && ms != "" {
		return "ms"
	}
	return unit
}

func share(part, whole float64) string {
	if whole == 0 {
		return "–"
	}
	return strconv.FormatFloat(100*part/whole, 'f', 0, 64) + " %"
}
