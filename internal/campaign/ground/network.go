package ground

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// Network connects clients and servers within a bubble.
type Network struct {
	mu      sync.Mutex
	hosts   map[string]*listener
	servers []*http.Server
	done    sync.WaitGroup
}

// NewNetwork returns a network without servers.
func NewNetwork() *Network { return &Network{hosts: make(map[string]*listener)} }

// Serve lets h answer at an address.
func (n *Network) Serve(addr string, h http.Handler) {
	l := &listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	srv := &http.Server{Handler: h} //nolint:gosec // nobody hostile is here
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[addr] = l
	n.servers = append(n.servers, srv)
	n.done.Go(func() { _ = srv.Serve(l) }) // ends by Close
}

// Close ends all servers.
func (n *Network) Close() {
	n.mu.Lock()
	servers := n.servers
	n.mu.Unlock()
	for _, s := range servers {
		_ = s.Close()
	}
	n.done.Wait()
}

// Dial connects to the server at addr.
func (n *Network) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	n.mu.Lock()
	l := n.hosts[addr]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("nobody listens at %s", addr)}
	if l == nil {
		return nil, refused
	}
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
