package safehttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// dialer resolves once, checks every address and connects to what it checked.
type dialer struct {
	policy   policy
	resolver Resolver
	connect  func(ctx context.Context, network string, addr netip.AddrPort) (net.Conn, error)
}

func newDialer(o Options, p policy) *dialer {
	d := &dialer{policy: p, resolver: o.Resolver, connect: o.DialContext}
	if d.connect == nil {
		nd := &net.Dialer{Timeout: dialTimeout, KeepAlive: -1, ControlContext: p.control}
		d.connect = func(ctx context.Context, network string, addr netip.AddrPort) (net.Conn, error) {
			return nd.DialContext(ctx, network, addr.String())
		}
	}
	return d
}

// control is the last check, directly before connect(2), on the address that
// the kernel will be given.
func (p policy) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || (network != "tcp4" && network != "tcp6") {
		return &BlockedError{Reason: ReasonAddress, Detail: "not a TCP address"}
	}
	return p.checkAddr(ap)
}

func (p policy) checkAddr(ap netip.AddrPort) error {
	if !slices.Contains(p.ports, ap.Port()) {
		return &BlockedError{Reason: ReasonPort, Detail: "the port is not allowed"}
	}
	if why := refusal(ap.Addr(), p.allow); why != "" {
		return &BlockedError{Reason: ReasonAddress, Addr: ap.Addr().Unmap(), Detail: why}
	}
	return nil
}

// dial is the transport's DialContext.
func (d *dialer) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &BlockedError{Reason: ReasonHost, Detail: "host or port is malformed"}
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, &BlockedError{Reason: ReasonPort, Detail: "the port is not a number"}
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	var public []netip.AddrPort
	var refused error
	for _, a := range addrs {
		ap := netip.AddrPortFrom(a.Unmap(), uint16(port))
		if err := d.policy.checkAddr(ap); err != nil {
			if refused == nil {
				refused = err
			}
			continue
		}
		public = append(public, ap)
	}
	if len(public) == 0 {
		return nil, refused
	}
	return d.race(ctx, interleave(public))
}

func (d *dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, errors.New("safehttp: the name has no address")
	}
	return addrs, nil
}

// interleave alternates families, IPv6 first (RFC 8305 section 4), and keeps
// the first few.
func interleave(addrs []netip.AddrPort) []netip.AddrPort {
	var six, four []netip.AddrPort
	for _, a := range addrs {
		if a.Addr().Is6() {
			six = append(six, a)
		} else {
			four = append(four, a)
		}
	}
	var out []netip.AddrPort
	for i := range max(len(six), len(four)) {
		if i < len(six) {
			out = append(out, six[i])
		}
		if i < len(four) {
			out = append(out, four[i])
		}
	}
	return out[:min(len(out), maxDialAddrs)]
}

type dialResult struct {
	conn net.Conn
	err  error
}

// race starts one attempt after another, each with a short head start, and
// returns the first connection; later ones are closed.
func (d *dialer) race(ctx context.Context, addrs []netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	results := make(chan dialResult, len(addrs))
	start := func(a netip.AddrPort) {
		go func() {
			c, err := d.connect(ctx, "tcp", a)
			results <- dialResult{c, err}
		}()
	}
	stagger := time.NewTimer(dialStagger)
	defer stagger.Stop()
	var errs []error
	running, next := 0, 0
	for {
		if next < len(addrs) && running == 0 {
			start(addrs[next])
			running, next = running+1, next+1
			stagger.Reset(dialStagger)
		}
		select {
		case r := <-results:
			running--
			if r.err == nil {
				cancel()
				go closeRest(results, running)
				return r.conn, nil
			}
			errs = append(errs, r.err)
			if running == 0 && next == len(addrs) {
				return nil, fmt.Errorf("safehttp: connecting: %w", errors.Join(errs...))
			}
		case <-stagger.C:
			if next < len(addrs) {
				start(addrs[next])
				running, next = running+1, next+1
				stagger.Reset(dialStagger)
			}
		case <-ctx.Done():
			go closeRest(results, running)
			return nil, ctx.Err()
		}
	}
}

func closeRest(results <-chan dialResult, running int) {
	for range running {
		if r := <-results; r.conn != nil {
			_ = r.conn.Close() // lost the race; nothing was sent on it
		}
	}
}
