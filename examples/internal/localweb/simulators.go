package localweb

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Simulator starts a platform's simulator in a world, to run until it is
// closed; ctx is for the start alone. With remote it may listen on addresses
// that other machines can reach.
type Simulator func(ctx context.Context, world *sim.World, remote bool) (sim.Server, error)

const loopbackAny = "127.0.0.1:0"

// Simulators starts every platform on a free port of the loopback interface, in
// the order of their names.
func Simulators() []Simulator {
	return []Simulator{Bluesky(""), Facebook(""), Instagram(""), Mastodon(""), Threads(""), X("")}
}

// Bluesky starts Bluesky's simulator on an address; "" means a free port of
// the loopback interface. So it does for the others.
func Bluesky(addr string) Simulator {
	return listenable("bluesky", addr, func(world *sim.World, addr string) sim.Server {
		return blueskytest.NewServer(world, &blueskytest.Options{Addr: addr})
	})
}

// Facebook starts the simulator of Facebook Pages, Messenger included.
func Facebook(addr string) Simulator {
	return listenable("facebook", addr, func(world *sim.World, addr string) sim.Server {
		return facebooktest.NewServer(world, &facebooktest.Options{Addr: addr})
	})
}

// Instagram starts Instagram's simulator. As the vendor does, it fetches the
// media of posts from addresses that it is given: here also those of loopback.
func Instagram(addr string) Simulator {
	return listenable("instagram", addr, func(world *sim.World, addr string) sim.Server {
		return instagramtest.NewServer(world, &instagramtest.Options{Addr: addr})
	})
}

// Mastodon starts Mastodon's simulator.
func Mastodon(addr string) Simulator {
	return listenable("mastodon", addr, func(world *sim.World, addr string) sim.Server {
		return mastodontest.NewServer(world, &mastodontest.Options{Addr: addr})
	})
}

// Threads starts the simulator of Threads, which fetches media as Instagram does.
func Threads(addr string) Simulator {
	return listenable("threads", addr, func(world *sim.World, addr string) sim.Server {
		return threadstest.NewServer(world, &threadstest.Options{Addr: addr})
	})
}

// X starts X's simulator, which counts texts as X does.
func X(addr string) Simulator {
	return listenable("x", addr, func(world *sim.World, addr string) sim.Server {
		return xtest.NewServer(world, &xtest.Options{Addr: addr, Length: x.CountText})
	})
}

// withoutMessages are the platforms that let no program read private messages.
var withoutMessages = map[smm.Platform]bool{threads.Platform: true}

// listenable starts a simulator once it is known that it can listen on addr.
// The simulators follow httptest and have no error to return for that.
func listenable(name, addr string, start func(world *sim.World, addr string) sim.Server) Simulator {
	return func(ctx context.Context, world *sim.World, remote bool) (sim.Server, error) {
		if addr == "" {
			return start(world, loopbackAny), nil
		}
		if err := checkAddr(addr, remote); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("localweb: %s address %s: %w", name, addr, err)
		}
		_ = l.Close()
		return start(world, addr), nil
	}
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
