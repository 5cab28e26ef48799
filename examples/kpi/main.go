// Kpi turns the CSV export of a platform into a report: on the terminal, and as
// a page.
//
//	go run ./examples/kpi                                    # the sample
//	go run ./examples/kpi -html report.html export.csv
//
// Which export it is, the program sees from the headers. The job is in report;
// the rest is flags.
package main

import (
	"cmp"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/imports"
	"github.com/smmkit/smmkit/analytics/report"
	"github.com/smmkit/smmkit/smm"
)

// sample is made up, with the headers that the exports of Instagram accounts
// in Meta Business Suite are known to have.
//
//go:embed instagram.csv
var sample string

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// export reads a file and lays out its key figures.
func export(csv io.Reader, o imports.Options) (*report.Report, error) {
	res, err := imports.Read(csv, o)
	if err != nil {
		return nil, err
	}
	kpis, err := analytics.Summarize(res.Metrics)
	if err != nil {
		return nil, err
	}
	r := report.ForChannels("Key figures", kpis, nil)
	r.Generated, r.Summary = o.AsOf, notes(res.Summary)
	return r, nil
}

// notes says what became of the file, since a number that was not read is
// missed by nobody.
func notes(s imports.Summary) []string {
	out := []string{fmt.Sprintf("%d rows of %s: %s.", s.Imported, s.Export, s.Detection.Reason)}
	if skipped := s.Skipped[imports.SkipTotals]; skipped > 0 {
		out = append(out, fmt.Sprintf("%d rows of totals were left out.", skipped))
	}
	if names := s.Unmapped(); len(names) > 0 {
		out = append(out, "Not read, because nobody knows what they are: "+strings.Join(names, ", ")+".")
	}
	return out
}

// run is the program without its process. It returns 1 if the file could not be
// read, 2 if the program was called in a way that cannot work.
func run(args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("kpi", flag.ContinueOnError)
	flags.SetOutput(errOut)
	page := flags.String("html", "", "write the report as a page to this `file`")
	name := flags.String("export", "", "`id` of the export; without it, the headers decide")
	channel := flags.String("channel", "", "the account, if the file does not say: tiktok/channel/mybakery")
	asOf := flags.String("as-of", "", "when the export was made: 2026-10-01; without it, now")
	zone := flags.String("zone", "UTC", "zone of the dates in the file: Europe/Berlin")
	period := flags.String("period", "", "first/last `day` of numbers that cover a period which the file does not name: 2026-09-01/2026-09-30")
	o, err := imports.Options{}, flags.Parse(args)
	if err != nil {
		return 2
	}
	o.Export = *name
	o.AsOf, err = time.Parse(time.DateOnly, cmp.Or(*asOf, time.Now().Format(time.DateOnly)))
	if err == nil {
		o.Zone, err = time.LoadLocation(*zone)
	}
	if err == nil && *period != "" {
		o.Window, err = window(*period, o.Zone)
	}
	if err == nil && *channel != "" {
		o.Channel, err = smm.ParseRef(*channel)
	}
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "kpi:", err)
		return 2
	}
	if err := write(flags.Arg(0), *page, o, out); err != nil {
		_, _ = fmt.Fprintln(errOut, "kpi:", err)
		return 1
	}
	return 0
}

// window reads the days of a period, both included.
func window(period string, zone *time.Location) (smm.Window, error) {
	first, last, _ := strings.Cut(period, "/")
	from, err := time.ParseInLocation(time.DateOnly, first, zone)
	to, err2 := time.ParseInLocation(time.DateOnly, last, zone)
	if err != nil || err2 != nil || to.Before(from) {
		return smm.Window{}, fmt.Errorf("-period is %q: want a day, a slash and the same or a later day", period)
	}
	return smm.Window{From: from, To: to.AddDate(0, 0, 1)}, nil
}

// write reads the file of a name and writes the report.
func write(name, page string, o imports.Options, out io.Writer) error {
	csv := io.Reader(strings.NewReader(sample))
	if name != "" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // only read
		csv = f
	}
	r, err := export(csv, o)
	if err != nil {
		return err
	}
	if page != "" {
		f, err := os.Create(page)
		if err != nil {
			return err
		}
		if err := r.WriteHTML(f); err != nil {
			_ = f.Close() // the first error says more
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return r.WriteText(out)
}
