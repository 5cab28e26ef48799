package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// options are what the command line says.
type options struct {
	data    string        // where the database lives; "" chooses a place
	connect string        // control URL of simulators that run already
	files   string        // folder with calendar.csv and its companions; "" for those built in
	live    bool          // real accounts
	json    bool          // one summary for machines instead of tables
	hurry   bool          // move the clock of those simulators
	step    time.Duration // between the planned times of two posts
	timeout time.Duration

	mediaAddr string // where pictures and films are served
	mediaURL  string // how the platforms get there
}

// usageError says that the program was called in a way that cannot work, and
// what to do about it. The exit code is then 2.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

const usage = `Usage: quickstart [flags]

Publishes a content calendar to Bluesky, Facebook, Instagram, Mastodon, Threads
and X, answers and moderates what comes back, and reports key figures. Without
flags it starts simulators of all platforms in its own process and needs no
account.

With -connect it uses simulators that run already (go run ./examples/simulators
prints their control URL). Killed and started again with the same -connect and
-data it goes on where it was, and publishes nothing twice.

With -live it posts to real accounts, named by environment variables; those of one
platform are enough:
`

func parseFlags(args []string, errOut io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are printed once, by run
	fs.StringVar(&o.data, "data", "", "`folder` for the database and the report (default: a cache folder, which is printed)")
	fs.StringVar(&o.connect, "connect", "", "control `URL` of simulators that run already")
	fs.StringVar(&o.files, "files", "", "`folder` with calendar.csv, guide.json, rules.json, answers.json, visitors.json and media (default: built in)")
	fs.BoolVar(&o.live, "live", false, "publish to real accounts")
	fs.BoolVar(&o.hurry, "hurry", false, "with -connect: move the simulators' clock ahead while there is nothing to do but wait")
	fs.StringVar(&o.mediaAddr, "media-addr", "127.0.0.1:0", "serve pictures and films on `host:port`, for the platforms that fetch them")
	fs.StringVar(&o.mediaURL, "media-url", "", "with -live: public `URL` that leads to -media-addr; Instagram and Threads take media from there")
	fs.BoolVar(&o.json, "json", false, "print one line of JSON at the end instead of tables")
	fs.DurationVar(&o.step, "step", 250*time.Millisecond, "`time` between two posts")
	fs.DurationVar(&o.timeout, "timeout", 5*time.Minute, "give up after this `time`")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		_, err = fmt.Fprintf(errOut, "%s%s\n", usage, liveVariables())
		fs.SetOutput(errOut)
		fs.PrintDefaults()
		return o, errors.Join(flag.ErrHelp, err)
	case err != nil:
		return o, usagef("%v; -h lists the flags", err)
	}
	return o, o.check(fs.Args())
}

// liveVariables lists what a login takes on each platform.
func liveVariables() string {
	var b strings.Builder
	for _, p := range platforms {
		fmt.Fprintf(&b, "  %-10s %s", p.name, strings.Join(p.needs, " "))
		if len(p.may) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(p.may, " "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (o *options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return usagef("unexpected argument %q; -h lists the flags", rest[0])
	case o.live && o.connect != "":
		return usagef("-live is for real accounts and -connect for simulators: choose one")
	case o.hurry && o.connect == "":
		return usagef("-hurry is for simulators that run already: add -connect")
	case o.mediaURL != "" && !o.live:
		return usagef("-media-url is for real accounts: simulators reach -media-addr")
	case o.step < 0:
		return usagef("-step %s: want 0 or more, such as 250ms", o.step)
	case o.timeout <= 0:
		return usagef("-timeout %s: want more than 0, such as 2m", o.timeout)
	}
	if o.connect == "" {
		return nil
	}
	u, err := url.Parse(o.connect)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return usagef("-connect %q: want the control URL that the simulators print, such as http://127.0.0.1:8080", o.connect)
	}
	o.connect = strings.TrimSuffix(o.connect, "/")
	return nil
}
