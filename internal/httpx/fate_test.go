package httpx

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

func post(body string) *Request {
	return &Request{Op: "create", Method: http.MethodPost, URL: "/create", Body: Bytes("text/plain", []byte(body))}
}

func TestFateByPhaseOfDeath(t *testing.T) {
	const okHead = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
	reply := func(text string) func(*rawServer, *net.TCPConn) {
		return func(s *rawServer, c *net.TCPConn) {
			s.readRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, text)
		}
	}
	tests := []struct {
		name   string
		handle func(*rawServer, *net.TCPConn)
		fate   Fate
		status int
	}{
		{"closed at accept", func(*rawServer, *net.TCPConn) {}, FateUnknown, 0},
		{"reset at the first byte", func(_ *rawServer, c *net.TCPConn) {
			var b [1]byte
			_, _ = c.Read(b[:])
			_ = c.SetLinger(0)
		}, FateUnknown, 0},
		{"closed after the head", func(s *rawServer, c *net.TCPConn) { s.readHead(bufio.NewReaderSize(c, 16)) }, FateUnknown, 0},
		{"closed after the body", reply(""), FateUnknown, 0},
		{"reset after the body", func(s *rawServer, c *net.TCPConn) {
			s.readRequest(bufio.NewReader(c))
			_ = c.SetLinger(0)
		}, FateUnknown, 0},
		{"part of the status line", reply("HTTP/1.1 20"), FateUnknown, 0},
		{"part of the headers", reply("HTTP/1.1 200 OK\r\nContent-Le"), FateUnknown, 0},
		{"headers and no body", reply(okHead), FateUnknown, 200},
		{"part of the body", reply(okHead + "hel"), FateUnknown, 200},
		{"part of a chunk", reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"), FateUnknown, 200},
		{"error status with its body cut", reply("HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nhel"), FateUnknown, 400},
		{"not HTTP", reply("SSH-2.0-x\r\n"), FateUnknown, 0},
		{"whole", reply(okHead + "hello"), FateAnswered, 200},
		{"whole error", reply("HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nhello"), FateAnswered, 400},
		{"ended by close", reply("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"), FateAnswered, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newRawServer(t, tt.handle)
			resp, fate, err := testClient(t, s.url(), nil).Commit(t.Context(), post("hello"))
			require.Equal(t, tt.fate, fate, "%v", err)
			if tt.status == 0 {
				require.Nil(t, resp)
			} else {
				require.Equal(t, tt.status, resp.Status)
			}
			if tt.fate == FateUnknown {
				require.ErrorIs(t, err, smm.ErrUnavailable)
				e, ok := errors.AsType[*smm.Error](err)
				require.True(t, ok)
				require.Equal(t, smm.OutcomeUnknown, e.Outcome)
			}
			require.LessOrEqual(t, len(s.requests()), 1)
		})
	}
}

func TestFateBeforeAConnection(t *testing.T) {
	closed := newRawServer(t, func(*rawServer, *net.TCPConn) {})
	closed.ln.Close()
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	noName := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true}}
	}
	plain := newRawServer(t, func(s *rawServer, c *net.TCPConn) {
		var b [1]byte
		_, _ = c.Read(b[:])
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
	})
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0) // it reports the broken handshake
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)

	tests := []struct {
		name string
		url  string
		dial func(context.Context, string, string) (net.Conn, error)
		want error
	}{
		{"refused", closed.url(), nil, smm.ErrUnavailable},
		{"no such host", "http://api.example.com", noName, smm.ErrUnavailable},
		{"TLS to a server without", "https" + plain.url()[4:], nil, smm.ErrUnavailable},
		{"TLS certificate refused", untrusted.URL, nil, smm.ErrUnavailable},
		{"deadline while dialing", "http://api.example.com", hang, context.DeadlineExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := privateTransport(t)
			if tt.dial != nil {
				tr.DialContext = tt.dial
			}
			c := testClient(t, tt.url, func(cfg *Config) { cfg.HTTPClient = &http.Client{Transport: tr} })
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			resp, fate, err := c.Commit(ctx, post("hello"))
			require.Equal(t, FateNotSent, fate, "%v", err)
			require.Nil(t, resp)
			require.ErrorIs(t, err, tt.want)
			require.Equal(t, smm.OutcomeNotSent, c.Outcome(fate, resp).State)
			e, ok := errors.AsType[*smm.Error](err)
			require.True(t, ok)
			require.Equal(t, smm.OutcomeNotSent, e.Outcome)
		})
	}
}

func TestFateOfAnEndedContext(t *testing.T) {
	s := newRawServer(t, func(*rawServer, *net.TCPConn) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, fate, err := testClient(t, s.url(), nil).Commit(ctx, post("hello"))
	require.Equal(t, FateNotSent, fate)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, smm.ErrUnavailable)
}

func TestFateOfATimeoutAfterTheRequestIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := newRawServer(t, func(s *rawServer, c *net.TCPConn) {
		s.readRequest(bufio.NewReader(c))
		cancel()
		_, _ = io.Copy(io.Discard, c) // until the client hangs up
	})
	_, fate, err := testClient(t, s.url(), nil).Commit(ctx, post("hello"))
	require.Equal(t, FateUnknown, fate)
	require.ErrorIs(t, err, context.Canceled)
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFateOfATransportWithoutTraceIsUnknown(t *testing.T) {
	c := testClient(t, "https://api.example.com", func(cfg *Config) {
		cfg.HTTPClient = &http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
			return nil, errors.New("broken pipe")
		})}
	})
	_, fate, err := c.Commit(t.Context(), post("hello"))
	require.Equal(t, FateUnknown, fate)
	require.ErrorIs(t, err, smm.ErrUnavailable)
}

func TestFateOfLocalFaultsIsNotSent(t *testing.T) {
	c := testClient(t, "https://api.example.com", func(cfg *Config) {
		cfg.HTTPClient = &http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
			t.Error("it was sent")
			return nil, io.EOF
		})}
	})
	for name, r := range map[string]*Request{
		"no op":            {URL: "/x"},
		"bad method":       {Op: "x", Method: "B AD", URL: "/x"},
		"unencodable JSON": {Op: "x", Method: "POST", URL: "/x", Body: JSON(func() {})},
		"empty id":         {Op: "x", Method: "DELETE", URL: Path("/statuses", "") + "/x"},
		"dot segment":      {Op: "x", Method: "DELETE", URL: Path("/statuses", "..")},
		"userinfo":         {Op: "x", URL: "https://a:b@api.example.com/x"},
		"scheme":           {Op: "x", URL: "http://"},
	} {
		_, fate, err := c.Commit(t.Context(), r)
		require.Equal(t, FateNotSent, fate, name)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
}

func TestOutcomeOf(t *testing.T) {
	next := time.Unix(1, 0)
	for status, want := range map[int]smm.Outcome{
		200: {}, 302: {}, 307: {}, 408: {}, 425: {}, 500: {}, 502: {}, 503: {}, 504: {},
		400: {State: smm.OutcomeRefused}, 401: {State: smm.OutcomeRefused}, 404: {State: smm.OutcomeRefused},
		409: {State: smm.OutcomeRefused}, 422: {State: smm.OutcomeRefused},
		429: {State: smm.OutcomeRefused, Retry: true},
	} {
		want.Next, want.Evidence = next, smm.EvidenceReply
		require.Equal(t, want, OutcomeOf(FateAnswered, status, next), status)
		require.Equal(t, smm.Outcome{Next: next}, OutcomeOf(FateUnknown, status, next), status)
	}
	require.Equal(t, smm.Outcome{State: smm.OutcomeNotSent, Retry: true}, OutcomeOf(FateNotSent, 0, time.Time{}))
	require.Equal(t, smm.OutcomeUnknown, OutcomeOf(Fate(99), 400, next).State)
}
