package localweb

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"time"
)

// lookEvery is how often a stream looks for changes. The ledger tells nobody
// when it grows, and a person does not notice less than half a second.
const lookEvery = 400 * time.Millisecond

// events streams "change" whenever the page would look different, and "clock"
// with the time as the page shows it.
func (w *Web) events(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(rw)
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()

	seen, shown := uint64(0), ""
	for {
		if now := w.fingerprint(); now != seen {
			seen = now
			if _, err := fmt.Fprintf(rw, "event: change\ndata: %x\n\n", now); err != nil {
				return
			}
		}
		if now := clockText(w.world.Clock.Now()); now != shown {
			shown = now
			if _, err := fmt.Fprintf(rw, "event: clock\ndata: %s\n\n", now); err != nil {
				return
			}
		}
		if control.Flush() != nil {
			return
		}
		select {
		case <-ticks.C:
		case <-r.Context().Done():
			return
		case <-w.running.Done():
			return
		}
	}
}

// fingerprint changes whenever anything but the time does.
func (w *Web) fingerprint() uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%+v\n%+v\n", w.world.Ledger.Items(), w.world.Faults.Active())
	for _, p := range w.platforms {
		_, _ = fmt.Fprintf(h, "%d\n", len(w.servers[p].Accounts()))
	}
	return h.Sum64()
}
