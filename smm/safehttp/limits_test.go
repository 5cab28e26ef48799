package safehttp

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a guard before a server that reads one request and then does as it likes with the
// connection.
func scripted(t testing.TB, o Options, script func(c net.Conn)) *Guard {
	o.AllowHTTP = true
	o.Resolver = lookupFunc(func(string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil })
	o.DialContext = func(context.Context, string, netip.AddrPort) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer func() { _ = server.Close() }()
			if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
				script(server)
			}
		}()
		return client, nil
	}
	return mustGuard(t, o)
}

// say writes until the peer hangs up.
func say(c net.Conn, parts ...string) bool {
	for _, p := range parts {
		if _, err := io.WriteString(c, p); err != nil {
			return false
		}
	}
	return true
}

func gzipped(n int) string {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	zeros := make([]byte, 1<<16)
	for n > 0 {
		k := min(n, len(zeros))
		_, _ = z.Write(zeros[:k]) // bytes.Buffer does not fail
		n -= k
	}
	_ = z.Close()
	return b.String()
}

// bomb expands a thousandfold, to 64 MiB.
var bomb = sync.OnceValue(func() string { return gzipped(64 << 20) })

const head = "HTTP/1.1 200 OK\r\n"

func TestLimits(t *testing.T) {
	const u = "http://example.com/secret-path?token=SECRET"
	small := gzipped(60 << 10) // ratio far over 100, but harmless
	tests := []struct {
		name   string
		opts   Options
		script func(c net.Conn)
		limit  Limit         // "" means success or wantErr
		want   error         // matched with errors.Is
		body   int           // bytes of a success
		least  time.Duration // time spent, at least
		most   time.Duration // and at most
	}{
		{name: "endless body", script: func(c net.Conn) {
			if say(c, head, "\r\n") {
				for say(c, strings.Repeat("x", 1<<16)) {
				}
			}
		}, limit: LimitBytes},
		{name: "endless chunks", script: func(c net.Conn) {
			if say(c, head, "Transfer-Encoding: chunked\r\n\r\n") {
				for say(c, "10000\r\n", strings.Repeat("x", 1<<16), "\r\n") {
				}
			}
		}, limit: LimitBytes},
		{name: "declared too long", script: func(c net.Conn) { say(c, head, "Content-Length: 99999999999\r\n\r\n") }, limit: LimitBytes},
		{name: "exactly the cap", opts: Options{MaxBytes: 1000}, script: func(c net.Conn) {
			say(c, head, "\r\n", strings.Repeat("x", 1000))
		}, body: 1000},
		{name: "one over the cap", opts: Options{MaxBytes: 1000}, script: func(c net.Conn) {
			say(c, head, "\r\n", strings.Repeat("x", 1001))
		}, limit: LimitBytes},
		{name: "gzip bomb", opts: Options{MaxBytes: 1 << 30}, script: func(c net.Conn) {
			say(c, head, "Content-Encoding: gzip\r\n\r\n", bomb())
		}, limit: LimitRatio},
		{name: "gzip over the expanded cap", opts: Options{MaxBytes: 50 << 10}, script: func(c net.Conn) {
			say(c, head, "Content-Encoding: gzip\r\n\r\n", small)
		}, limit: LimitExpanded},
		{name: "small gzip", script: func(c net.Conn) { say(c, head, "Content-Encoding: x-gzip\r\n\r\n", small) }, body: 60 << 10},
		{name: "gzip says, nothing comes", script: func(c net.Conn) { say(c, head, "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n") }},
		{name: "broken gzip", script: func(c net.Conn) { say(c, head, "Content-Encoding: gzip\r\n\r\n", "not gzip at all") }, want: gzip.ErrHeader},
		{name: "brotli", script: func(c net.Conn) { say(c, head, "Content-Encoding: br\r\n\r\nxx") }, want: ErrBlocked},
		{name: "gzip twice", script: func(c net.Conn) { say(c, head, "Content-Encoding: gzip, gzip\r\n\r\nxx") }, want: ErrBlocked},
		{name: "gzip in two lines", script: func(c net.Conn) {
			say(c, head, "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\nxx")
		}, want: ErrBlocked},
		{name: "1 MB header", script: func(c net.Conn) {
			say(c, head, "X: ", strings.Repeat("y", 1<<20), "\r\n\r\n")
		}, limit: LimitHeaders},
		{name: "many headers", script: func(c net.Conn) {
			say(c, head, strings.Repeat("X: yyyyyyyy\r\n", 1<<16), "\r\n")
		}, limit: LimitHeaders},
		{name: "length too long", script: func(c net.Conn) { say(c, head, "Content-Length: 100\r\n\r\nshort") }, want: io.ErrUnexpectedEOF},
		{name: "length too short", script: func(c net.Conn) { say(c, head, "Content-Length: 3\r\n\r\nabcdef") }, body: 3},
		{name: "one byte per second", script: func(c net.Conn) {
			if say(c, head, "\r\n") {
				for say(c, "x") {
					time.Sleep(time.Second)
				}
			}
		}, limit: LimitRate, least: 5 * time.Second, most: 6 * time.Second},
		{name: "999 bytes per second", script: func(c net.Conn) {
			if say(c, head, "\r\n") {
				for say(c, strings.Repeat("x", 999)) {
					time.Sleep(time.Second)
				}
			}
		}, limit: LimitRate, least: 5 * time.Second, most: 6 * time.Second},
		{name: "2000 bytes per second", script: func(c net.Conn) {
			if say(c, head, "\r\n") {
				for range 20 {
					say(c, strings.Repeat("x", 2000))
					time.Sleep(time.Second)
				}
			}
		}, body: 40000, least: 20 * time.Second, most: 20 * time.Second},
		{name: "burst, then silence", script: func(c net.Conn) {
			if say(c, head, "\r\n", strings.Repeat("x", 1<<20)) {
				time.Sleep(time.Hour)
			}
		}, limit: LimitRate, least: 5 * time.Second, most: 10 * time.Second},
		{name: "fast, but for ever", opts: Options{Timeout: 12 * time.Second}, script: func(c net.Conn) {
			if say(c, head, "\r\n") {
				for say(c, strings.Repeat("x", 4000)) {
					time.Sleep(time.Second)
				}
			}
		}, limit: LimitTime, least: 12 * time.Second, most: 12 * time.Second},
		{name: "header one byte per second", script: func(c net.Conn) {
			for _, b := range []byte(head + "X: " + strings.Repeat("y", 1000)) {
				if !say(c, string(b)) {
					return
				}
				time.Sleep(time.Second)
			}
		}, limit: LimitTime, least: 15 * time.Second, most: 15 * time.Second},
		{name: "no answer", script: func(net.Conn) { time.Sleep(time.Hour) }, limit: LimitTime, least: 15 * time.Second, most: 15 * time.Second},
		{name: "endless 1xx", script: func(c net.Conn) {
			for say(c, "HTTP/1.1 103 Early Hints\r\nX: "+strings.Repeat("y", 1000)+"\r\n\r\n") {
			}
		}, limit: LimitHeaders},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := scripted(t, tt.opts, tt.script)
				start := time.Now()
				resp, err := g.Fetch(t.Context(), u)
				took := time.Since(start)
				le, isLimit := errors.AsType[*LimitError](err)
				switch {
				case tt.limit != "":
					if !isLimit || le.Limit != tt.limit {
						t.Fatalf("got %v, want limit %s", err, tt.limit)
					}
					if le.Timeout() != (tt.limit == LimitTime || tt.limit == LimitRate) {
						t.Errorf("Timeout() = %v for %s", le.Timeout(), le.Limit)
					}
				case tt.want != nil:
					if !errors.Is(err, tt.want) {
						t.Fatalf("got %v, want %v", err, tt.want)
					}
				case err != nil:
					t.Fatal(err)
				case len(resp.Body) != tt.body:
					t.Fatalf("%d bytes, want %d", len(resp.Body), tt.body)
				}
				if err != nil && (resp != nil || strings.Contains(strings.ToLower(err.Error()), "secret")) {
					t.Errorf("got %v beside %q", resp, err)
				}
				if took < tt.least || tt.most > 0 && took > tt.most {
					t.Errorf("took %v, want %v to %v", took, tt.least, tt.most)
				}
				time.Sleep(2 * time.Hour) // let every script end, so that the bubble can
			})
		})
	}
}

// TestBombMemory holds the allocation of a refused bomb to the cap's order.
func TestBombMemory(t *testing.T) {
	g := scripted(t, Options{}, func(c net.Conn) { say(c, head, "Content-Encoding: gzip\r\n\r\n", bomb()) })
	_ = bomb() // made before counting
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := g.Fetch(t.Context(), "http://example.com/")
	runtime.ReadMemStats(&after)
	if _, ok := errors.AsType[*LimitError](err); !ok {
		t.Fatalf("got %v", err)
	}
	if grew := after.TotalAlloc - before.TotalAlloc; grew > 16<<20 {
		t.Errorf("allocated %d bytes", grew)
	} else {
		t.Logf("a bomb of 64 MiB was refused after allocating %d KiB", grew>>10)
	}
}

// TestSlowCaller: time between reads is the caller's own.
func TestSlowCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := scripted(t, Options{Timeout: time.Hour}, func(c net.Conn) { say(c, head, "\r\n", strings.Repeat("x", 100)) })
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com/", nil) // valid
		resp, err := g.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if b, err := io.ReadAll(resp.Body); err != nil || len(b) != 100 {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCallerCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := scripted(t, Options{}, func(net.Conn) { time.Sleep(time.Minute) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := g.Fetch(ctx, "http://example.com/?token=SECRET")
		if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("got %v, want the caller's deadline", err)
		}
		if _, ok := errors.AsType[*LimitError](err); ok {
			t.Errorf("the caller's own deadline is reported as a limit: %v", err)
		}
		time.Sleep(time.Minute)
	})
}

func TestRedactClientErrors(t *testing.T) {
	g := scripted(t, Options{}, func(c net.Conn) { say(c, "garbage\r\n\r\n") })
	for _, u := range []string{"http://example.com/hook/SECRET?token=SECRET", "http://user:SECRET@example.com/", "http://example.com/%zzSECRET", "gopher://example.com/SECRET"} {
		_, err := g.Client().Get(u) //nolint:bodyclose // there is no body on error, and the plain client is the point
		if err == nil {
			t.Fatalf("%s: no error", u)
		}
		if !strings.Contains(err.Error(), "SECRET") {
			t.Logf("net/http redacts this one by itself: %v", err)
		}
		if clean := Redact(err); clean == nil || strings.Contains(clean.Error(), "SECRET") {
			t.Errorf("Redact leaves %q", clean)
		}
	}
	if Redact(nil) != nil {
		t.Error("Redact(nil) is an error")
	}
	if err := Redact(io.EOF); !errors.Is(err, io.EOF) {
		t.Errorf("Redact(io.EOF) = %v", err)
	}
}

func TestRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := netip.MustParseAddr("93.184.216.34")
		dead := netip.MustParseAddr("2606:4700::1") // accepts nothing, says nothing
		var answer []netip.Addr
		var tried atomic.Int64
		g := mustGuard(t, Options{AllowHTTP: true,
			Resolver: lookupFunc(func(string) ([]netip.Addr, error) { return answer, nil }),
			DialContext: func(ctx context.Context, _ string, a netip.AddrPort) (net.Conn, error) {
				tried.Add(1)
				if a.Addr() != good {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				client, server := net.Pipe()
				go func() {
					_, _ = http.ReadRequest(bufio.NewReader(server)) // the answer does not depend on it
					say(server, head, "Content-Length: 2\r\n\r\nok")
					_ = server.Close()
				}()
				return client, nil
			}})
		answer = []netip.Addr{dead, good}
		start := time.Now()
		if _, err := g.Fetch(t.Context(), "http://example.com/"); err != nil || time.Since(start) != dialStagger {
			t.Errorf("with a dead first address: %v after %v, want success after %v", err, time.Since(start), dialStagger)
		}
		tried.Store(0)
		answer = nil
		for i := range 100 {
			answer = append(answer, netip.MustParseAddr(fmt.Sprintf("2606:4700::%x", i+1)))
		}
		_, err := g.Fetch(t.Context(), "http://example.com/")
		if le, ok := errors.AsType[*LimitError](err); !ok || le.Limit != LimitTime || tried.Load() != maxDialAddrs {
			t.Errorf("100 dead addresses: %v after %d attempts, want a time limit after %d", err, tried.Load(), maxDialAddrs)
		}
	})
}
