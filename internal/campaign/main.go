// Command campaign tries to make the scheduler lose or double a post, on the
// simulators of every platform, and prints what came of it.
//
//	go run ./internal/campaign -tier ci|deep [-seed N] [-only entry] [-platforms row,row] [-seed-bug name] [-write]
//
// It ends with status 1 if anything was lost, duplicated, stuck or told wrongly.
// With -write it also writes RELIABILITY.md, in the current directory. With
// -seed-bug the product is decorated with a mistake, and finding it is what is
// expected: "-seed-bug list" names them.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/entry"
	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/internal/campaign/process"
	"github.com/smmkit/smmkit/internal/campaign/report"
)

func main() {
	if process.Main(func(name string) ground.Bug { b, _ := entry.BugNamed(name); return b.Bug }) {
		return
	}
	c := options{args: os.Args[1:]}
	if err := c.parse(); err != nil {
		fmt.Fprintln(os.Stderr, "campaign:", err)
		os.Exit(2)
	}
	// Bubbles belong to tests, so the campaign is one.
	os.Args = os.Args[:1]
	testing.Main(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "Campaign", F: c.run}}, nil, nil)
}

type options struct {
	args  []string
	tier  string
	seed  uint64
	only  string
	rows  string
	bug   string
	bugs  bool
	write bool
}

func (c *options) parse() error {
	f := flag.NewFlagSet("campaign", flag.ContinueOnError)
	f.StringVar(&c.tier, "tier", "ci", "how much: ci or deep")
	f.Uint64Var(&c.seed, "seed", 1, "what the random parts are drawn from")
	f.StringVar(&c.only, "only", "", "only this entry")
	f.StringVar(&c.rows, "platforms", "", "only these rows of the tables, with commas between")
	f.StringVar(&c.bug, "seed-bug", "", "make this mistake on purpose; list: name them")
	f.BoolVar(&c.bugs, "bugs", true, "make mistakes on purpose in the end, to see whether they are found")
	f.BoolVar(&c.write, "write", false, "write RELIABILITY.md in the current directory")
	if err := f.Parse(c.args); err != nil {
		return err
	}
	if _, ok := entry.BugNamed(c.bug); !ok {
		return fmt.Errorf("-seed-bug %q: want one of %s", c.bug, strings.Join(entry.BugNames(), ", "))
	}
	if _, ok := tiers[c.tier]; !ok {
		return fmt.Errorf("-tier %q: want ci or deep", c.tier)
	}
	known := func(e entry.Entry) bool { return e.Name == c.only }
	if c.only != "" && c.only != "bugs" && !slices.ContainsFunc(entry.All(), known) {
		return fmt.Errorf("-only %q: no such entry", c.only)
	}
	if c.write && (c.only != "" || c.bug != "" || c.rows != "" || !c.bugs) {
		return fmt.Errorf("-write needs the whole campaign, without a bug")
	}
	return nil
}

// tiers say how much of each entry is run.
var tiers = map[string]entry.Size{
	"ci":   {Steps: 1, Pairs: 10, Histories: 10_000, OnSQLite: 200, Kills: 2_000, Freezes: 100},
	"deep": {Steps: 1, Pairs: 400, Histories: 200_000, OnSQLite: 4_000, Kills: 20_000, Freezes: 1_000},
}

func (c *options) run(t *testing.T) {
	size := tiers[c.tier]
	size.Seed, size.Dir, size.Workers = c.seed, t.TempDir(), runtime.GOMAXPROCS(0)
	if c.rows != "" {
		size.Platforms = strings.Split(c.rows, ",")
	}
	say := func(line string) { _, _ = fmt.Fprintln(os.Stdout, line) }
	size.Log = func(line string) { say("   " + line) }
	out := report.Report{Tier: c.tier, Seed: c.seed, Begun: time.Now()}
	for _, e := range entry.All() {
		if c.only != "" && e.Name != c.only {
			continue
		}
		say("== " + e.Name + ": " + e.Title)
		r := e.Run(t, &size, c.bug)
		say(report.Text(r))
		out.Results = append(out.Results, r)
		if r.Err != nil || r.Bad() > 0 {
			t.Fail()
		}
	}
	if c.bugs && c.bug == "" && (c.only == "" || c.only == "bugs") {
		say("== bugs: mistakes made on purpose")
		out.Bugs = entry.FindBugs(t, entry.Size{Seed: c.seed, Steps: 5, Histories: 700, Kills: 80, Workers: size.Workers, Dir: t.TempDir(), Log: size.Log})
		for _, b := range out.Bugs {
			say(report.BugText(&b))
			if !b.Found() {
				t.Fail()
			}
		}
	}
	out.Took = time.Since(out.Begun)
	say(fmt.Sprintf("in all %s", out.Took.Round(time.Second)))
	if c.write && !t.Failed() {
		if err := out.Write("RELIABILITY.md"); err != nil {
			t.Fatal(err)
		}
	}
}
