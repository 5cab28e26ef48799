package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// run is a call of go test -bench.
type run struct {
	dir     string // in internal/bench
	pattern string
	time    string // -benchtime
}

// Every round runs these in this order, so that peers stand side by side in time.
func runs() []run {
	const throughput, lateness = "2s", "1x"
	var out []run
	for _, c := range []struct{ name, time string }{{"insert", throughput}, {"work", "20000x"}, {"due", lateness}} {
		for _, peer := range []struct{ dir, name string }{
			{".", "Limit"}, {".", "SQLite"}, {".", "Full"}, {"riversqlite", "RiverSQLite"}, {".", "Postgres"}, {".", "RiverPostgres"}, {".", "RiverEngine"}, {".", "Memory"},
		} {
			out = append(out, run{peer.dir, "^Benchmark" + peer.name + "$/" + c.name, c.time})
		}
	}
	return out
}

func main() {
	rounds := flag.Int("rounds", 3, "how often everything is run")
	write := flag.Bool("write", false, "write docs/benchmarks.md, else print it")
	flag.Parse()
	if err := measure(context.Background(), *rounds, *write); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, rounds int, write bool) error {
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	all := make(results)
	for n := range rounds {
		todo := runs()
		if n == 0 { // what it measures hardly varies
			todo = append(todo, run{".", "^BenchmarkMillion$", "1x"})
		}
		for _, r := range todo {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", n+1, rounds, r.pattern)
			if err := r.into(ctx, root, all); err != nil {
				return err
			}
		}
	}
	var page bytes.Buffer
	all.page(&page, rounds, machine())
	if !write {
		_, err := os.Stdout.Write(page.Bytes())
		return err
	}
	return os.WriteFile(filepath.Join(root, "docs", "benchmarks.md"), page.Bytes(), 0o600)
}

// repository is the root of the workspace that the command is started in.
func repository(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOWORK").Output()
	path := strings.TrimSpace(string(out))
	if err == nil && path == "" {
		err = errors.New("start it in the repository: there is no go.work")
	}
	return filepath.Dir(path), err
}

// into runs the benchmarks and adds their figures. Peers are built apart from each
// other, as their users build them.
func (r run) into(ctx context.Context, root string, all results) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", r.pattern, "-benchtime", r.time, "-timeout", "20m", ".") //nolint:gosec // the patterns are those above
	cmd.Dir = filepath.Join(root, "internal", "bench", r.dir)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", r.pattern, err, out)
	}
	for line := range strings.Lines(string(out)) {
		all.add(line)
	}
	return nil
}

// machine describes the machine, as far as it matters.
func machine() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	lines := strings.Split(string(b), "\n")
	cores, model := 0, ""
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ":")
		switch strings.TrimSpace(name) {
		case "processor":
			cores++
		case "model name":
			model = strings.TrimSpace(value)
		}
	}
	return fmt.Sprintf("%d cores of %s", cores, model)
}

// median of what was measured; 0 for nothing.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
