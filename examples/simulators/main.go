// Command simulators runs the simulators of all platforms on this machine
// until it is stopped: a stand-in for the social web that programs in any
// language can be developed against.
//
//	go run ./examples/simulators
//	go run ./examples/simulators -json -addr 127.0.0.1:8090 -mastodon-addr 127.0.0.1:3000
//
// It prints where each platform's API is and credentials that work there. The
// control address has a page for people and a JSON API for programs: make
// accounts, act as a member of the public, inject faults, move the clock,
// count what the public saw. The endpoints are listed in
// examples/internal/localweb.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/smmkit/smmkit/examples/internal/localweb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "simulators:", err)
		os.Exit(1)
	}
}

// platforms are those that run, each with a flag for its address.
var platforms = []struct {
	name  string
	start func(addr string) localweb.Simulator
}{
	{"Bluesky", localweb.Bluesky},
	{"Facebook", localweb.Facebook},
	{"Instagram", localweb.Instagram},
	{"Mastodon", localweb.Mastodon},
	{"Threads", localweb.Threads},
	{"X", localweb.X},
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("simulators", flag.ContinueOnError)
	flags.SetOutput(errs)
	addr := flags.String("addr", "127.0.0.1:0", "listen on `host:port` with the page and the control API")
	addrs := make([]*string, len(platforms))
	for i, p := range platforms {
		addrs[i] = flags.String(strings.ToLower(p.name)+"-addr", "", "listen on `host:port` as "+p.name+" (default a free port)")
	}
	handles := flags.String("accounts", localweb.DefaultHandle, "make these accounts on every platform, `names` separated by commas")
	remote := flags.Bool("remote", false, "allow addresses that other machines can reach; nothing here has a password")
	asJSON := flags.Bool("json", false, "print one line of JSON and nothing else")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag; see -help", flags.Arg(0))
	}

	simulators := make([]localweb.Simulator, len(platforms))
	for i, p := range platforms {
		simulators[i] = p.start(*addrs[i])
	}
	web, err := localweb.Start(ctx, localweb.Options{
		Addr:      *addr,
		Platforms: simulators,
		Handles:   names(*handles),
		Remote:    *remote,
	})
	if err != nil {
		return err
	}
	if err := announce(out, web.Doc(), *asJSON); err != nil {
		return errors.Join(err, web.Close())
	}
	<-ctx.Done()
	return web.Close()
}

// names splits a list; an empty one asks for no accounts at all.
func names(list string) []string {
	out := []string{}
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// announce says where everything is.
func announce(out io.Writer, d localweb.Document, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(d)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "The local social web is up. Open %s in a browser; stop it with Ctrl-C.\n", d.Control)
	for _, a := range d.Accounts {
		fmt.Fprintf(&b, "\n%s at %s, account %s\n  channel %s\n", a.Platform, d.Platforms[a.Platform], a.Handle, a.Channel)
		for _, line := range a.LoginLines() {
			fmt.Fprintf(&b, "  export %s\n", line)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
