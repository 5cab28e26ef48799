package httpx

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// rawServer speaks TCP, so that tests decide at which byte a request dies.
type rawServer struct {
	ln   net.Listener
	wg   sync.WaitGroup
	mu   sync.Mutex
	seen []string // request lines that arrived, over all connections
}

// newRawServer calls handle for each connection; it closes the connection.
func newRawServer(t *testing.T, handle func(s *rawServer, conn *net.TCPConn)) *rawServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &rawServer{ln: ln}
	s.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() {
				defer c.Close()
				handle(s, c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		s.wg.Wait()
	})
	return s
}

func (s *rawServer) url() string { return "http://" + s.ln.Addr().String() }

func (s *rawServer) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, line)
}

func (s *rawServer) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.seen...)
}

// readHead reads and notes a request's head; ok is false at the end.
func (s *rawServer) readHead(br *bufio.Reader) (length string, ok bool) {
	line, err := br.ReadString('\n')
	if err != nil {
		return "", false
	}
	s.note(strings.TrimSpace(line))
	for {
		h, err := br.ReadString('\n')
		if err != nil {
			return "", false
		}
		h = strings.TrimSpace(h)
		if h == "" {
			return length, true
		}
		if v, is := strings.CutPrefix(strings.ToLower(h), "content-length: "); is {
			length = v
		}
	}
}

// readRequest reads a whole request as net/http does.
func (s *rawServer) readRequest(br *bufio.Reader) (*http.Request, string, bool) {
	req, err := http.ReadRequest(br)
	if err != nil {
		return nil, "", false
	}
	s.note(req.Method + " " + req.RequestURI)
	body, err := io.ReadAll(req.Body)
	return req, string(body), err == nil
}

// privateTransport is a transport with its own connections, closed at the end.
func privateTransport(t *testing.T) *http.Transport {
	t.Helper()
	tr := newTransport()
	tr.Proxy = nil
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func testClient(t *testing.T, base string, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{Platform: "testplatform", BaseURL: base, HTTPClient: &http.Client{Transport: privateTransport(t)}}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	require.NoError(t, err)
	return c
}
