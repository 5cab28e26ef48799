package blueskytest

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

// NewProxy returns a handler that passes requests on to a real server, at a
// base URL, and lets the faults of a world strike on the way: where they do
// before a simulator, and in the same words. What it makes public is known to
// the server alone; the world's ledger stays empty. transport may be nil.
func NewProxy(world *sim.World, server *url.URL, transport http.RoundTripper) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(server) },
		Transport:    transport,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ error) { vendorError(w, r, http.StatusBadGateway) },
	}
	wire := sim.Wire{
		World: world, Classify: classify, Expire: expired, Error: vendorError,
		Throttle: func(w http.ResponseWriter, _ *http.Request) {
			throttle(w, (*Options)(nil).defaults().WritePointsHour, world.Clock.Now().Add(time.Minute))
		},
	}
	onward := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What has arrived is acted on, whether or not somebody still listens.
		proxy.ServeHTTP(dated{w, world}, r.WithContext(context.WithoutCancel(r.Context())))
	})
	return wire.Handler(onward)
}

// dated gives an answer the world's date, against which clients measure.
type dated struct {
	http.ResponseWriter
	world *sim.World
}

func (w dated) WriteHeader(status int) {
	w.Header().Set("Date", w.world.Clock.Now().Format(http.TimeFormat))
	w.ResponseWriter.WriteHeader(status)
}

func (w dated) Unwrap() http.ResponseWriter { return w.ResponseWriter }
