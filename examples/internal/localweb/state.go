package localweb

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// maxAdvance bounds one step of the clock, so that a slip of the keyboard does
// not leave the world in a year that no program can print.
const maxAdvance = 10 * 365 * 24 * time.Hour

func (w *Web) getFaults(*http.Request) (any, error) { return w.world.Faults.Active(), nil }

func (w *Web) postFault(r *http.Request) (any, error) {
	in, err := decode[FaultRequest](r)
	if err != nil {
		return nil, err
	}
	f := in.Fault
	f.Delay = time.Duration(in.Delay)
	id, err := w.addFault(f)
	return FaultAdded{ID: id}, err
}

// addFault puts a fault in force if it can ever strike.
func (w *Web) addFault(f sim.Fault) (int, error) {
	switch {
	case f.Kind == "" || !slices.Contains(sim.FaultKinds(), f.Kind):
		return 0, refusef(http.StatusBadRequest, "kind %q: want one of %v", f.Kind, sim.FaultKinds())
	case f.Platform != "" && w.servers[f.Platform] == nil:
		return 0, w.noPlatform(f.Platform)
	case f.Class != "" && !slices.Contains(classes(), f.Class):
		return 0, refusef(http.StatusBadRequest, "class %q: want one of %v, or leave it out for all", f.Class, classes())
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return 0, refusef(http.StatusBadRequest, "status %d: want 400 to 599, or leave it out for 500", f.Status)
	case f.Skip < 0 || f.Bytes < 0 || f.Delay < 0:
		return 0, refusef(http.StatusBadRequest, "skip, bytes and delay: want 0 or more")
	}
	return w.world.Faults.Add(f), nil
}

func classes() []sim.Class {
	return []sim.Class{sim.Read, sim.Prepare, sim.Commit, sim.Write, sim.Auth}
}

func (w *Web) deleteFaults(*http.Request) (any, error) {
	w.world.Faults.Remove(0)
	return struct{}{}, nil
}

func (w *Web) deleteFault(r *http.Request) (any, error) {
	return struct{}{}, w.removeFault(r.PathValue("id"))
}

func (w *Web) removeFault(text string) error {
	id, err := strconv.Atoi(text)
	if err != nil {
		return refusef(http.StatusBadRequest, "fault %q: want a number from GET /faults", text)
	}
	if !slices.ContainsFunc(w.world.Faults.Active(), func(f sim.Fault) bool { return f.ID == id }) {
		return refusef(http.StatusNotFound, "no fault %d is in force; it may have struck already", id)
	}
	w.world.Faults.Remove(id)
	return nil
}

func (w *Web) getClock(*http.Request) (any, error) { return ClockTime{w.world.Clock.Now()}, nil }

func (w *Web) postClock(r *http.Request) (any, error) {
	in, err := decode[ClockAdvance](r)
	if err != nil {
		return nil, err
	}
	if err := w.advance(time.Duration(in.Advance)); err != nil {
		return nil, err
	}
	return w.getClock(r)
}

func (w *Web) advance(d time.Duration) error {
	if d <= 0 || d > maxAdvance {
		return refusef(http.StatusBadRequest, "advance %s: want more than 0 and at most ten years, such as \"1h30m\"; time never goes back", d)
	}
	w.world.Clock.Advance(d)
	return nil
}

func (w *Web) getCounters(*http.Request) (any, error) { return w.counters(), nil }

func (w *Web) counters() Counters {
	c := Counters{Counts: w.world.Ledger.Counts(""), Platforms: make(map[smm.Platform]sim.Counts)}
	for _, p := range w.platforms {
		c.Platforms[p] = w.world.Ledger.Counts(p)
	}
	return c
}

func (w *Web) getItems(r *http.Request) (any, error) {
	p := smm.Platform(r.URL.Query().Get("platform"))
	if p != "" && w.servers[p] == nil {
		return nil, w.noPlatform(p)
	}
	items := []sim.Item{} // never null in JSON
	for _, i := range w.world.Ledger.Items() {
		if p == "" || i.Platform == p {
			items = append(items, i)
		}
	}
	return items, nil
}
