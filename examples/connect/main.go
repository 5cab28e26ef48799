// Command connect is a host that lets people connect their accounts: a page
// that starts it, the platform's consent, the credential sealed in SQLite, and a
// page that says how every connection is.
//
//	go run ./examples/connect                  # accounts of simulators, in the same process
//	go run ./examples/connect -live            # real accounts
//	go run ./examples/connect -data DIR        # keep accounts in DIR
//
// It listens on 127.0.0.1 alone and has one tenant and no sign-in of its own. A
// product mounts the same Flow under its own address and says in
// connect.Config.Identify who is asking.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/smmkit/smmkit/examples/internal/keyfile"
	"github.com/smmkit/smmkit/smm/sqlitestore"
	"github.com/smmkit/smmkit/smm/vault"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "connect:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("connect", flag.ContinueOnError)
	flags.SetOutput(errs)
	addr := flags.String("addr", "127.0.0.1:0", "listen on this `port` of the loopback interface")
	data := flags.String("data", "", "keep accounts and keys in `dir` (default a new temporary folder)")
	live := flags.Bool("live", false, "connect real accounts instead of simulated ones")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := folder(*data)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // Serve closes it too
	if ip, ok := listener.Addr().(*net.TCPAddr); !ok || !ip.IP.IsLoopback() {
		return errors.New("-addr: anybody could connect accounts here: listen on 127.0.0.1")
	}

	db, err := sqlitestore.Open(ctx, filepath.Join(dir, "smm.db"), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	keys, err := keyfile.Open(filepath.Join(dir, "keys"))
	if err != nil {
		return err
	}
	credentials, err := vault.Open(db.Credentials(), keys, nil)
	if err != nil {
		return err
	}
	world, err := openWorld(ctx, *live)
	if err != nil {
		return err
	}
	defer world.close()

	base := "http://" + listener.Addr().String()
	host, err := newHost(base, world, credentials, db.Connects(), keys)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Open %s in a browser; stop with Ctrl-C. Accounts are kept in %s\n  %s\n", base, dir, strings.Join(world.hints, "\n  "))
	if err != nil {
		return err
	}
	return serve(ctx, listener, host)
}

func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(ending)
	})
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

func folder(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "smmkit-connect-")
	}
	return dir, os.MkdirAll(dir, 0o700)
}
