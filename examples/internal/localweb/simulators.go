package localweb

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm/sim"
)

// Simulator starts a platform's simulator in a world, to run until it is
// closed; ctx is for the start alone. With remote it may listen on addresses
// that other machines can reach.
type Simulator func(ctx context.Context, world *sim.World, remote bool) (sim.Server, error)

const loopbackAny = "127.0.0.1:0"

// Bluesky starts Bluesky's simulator on an address; "" means a free port of
// the loopback interface.
func Bluesky(addr string) Simulator {
	return func(ctx context.Context, world *sim.World, remote bool) (sim.Server, error) {
		return listenable(ctx, "bluesky", addr, remote, func(addr string) sim.Server {
			return blueskytest.NewServer(world, &blueskytest.Options{Addr: addr})
		})
	}
}

// Mastodon starts Mastodon's simulator on an address; "" means a free port of
// the loopback interface.
func Mastodon(addr string) Simulator {
	return func(ctx context.Context, world *sim.World, remote bool) (sim.Server, error) {
		return listenable(ctx, "mastodon", addr, remote, func(addr string) sim.Server { //nolint:contextcheck // the server answers requests with their own contexts
			return mastodontest.NewServer(world, &mastodontest.Options{Addr: addr})
		})
	}
}

// listenable starts a simulator once it is known that it can listen on addr.
// The simulators follow httptest and have no error to return for that.
func listenable(ctx context.Context, name, addr string, remote bool, start func(addr string) sim.Server) (sim.Server, error) {
	if addr == "" {
		return start(loopbackAny), nil
	}
	if err := checkAddr(addr, remote); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("localweb: %s address %s: %w", name, addr, err)
	}
	_ = l.Close()
	return start(addr), nil
}

// checkAddr reports why addr is no address to listen on. Names other than
// localhost are refused: they may resolve to anything.
func checkAddr(addr string, remote bool) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("localweb: address %q: want host:port, such as 127.0.0.1:8080: %w", addr, err)
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && ip.IsLoopback() || remote {
		return nil
	}
	return fmt.Errorf("localweb: address %q can be reached from other machines and nothing here has a password: "+
		"listen on 127.0.0.1, or allow remote access on purpose", addr)
}
