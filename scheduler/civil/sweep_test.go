package civil

import (
	"slices"
	"testing"
	"time"
)

// TestEveryZone checks the laws of Resolve around every change of every zone in
// 30 years, to the second.
func TestEveryZone(t *testing.T) {
	zones := allZones(t)
	from := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	until := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	s := &sweep{t: t}
	seen := make(map[string]bool)
	for _, z := range zones {
		s.zone = z
		s.zones++
		trs := transitions(z, from, until, 24*60*60)
		key := fingerprint(trs, offsetAt(z, from))
		known := seen[key] // an alias of a zone that was checked
		if testing.Short() && known {
			continue
		}
		seen[key] = true
		s.near = []int64{0, 1, 2, 59, 60, 1800, 3599, 3600, 7200, 43200, 86399, 86400, 90000}
		if known {
			s.near = s.near[:2] // the edges, to the second
		}
		for _, tr := range trs {
			s.check(tr)
		}
		for year := 2010; year <= 2040 && !known; year++ { // where package time keeps its books
			for _, u := range s.nearby(time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).Unix(), time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC).Unix()) {
				s.wall(u)
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d zones (%d that differ in these years), %d gaps, %d overlaps, %d wall times and instants checked",
		s.zones, len(seen), s.gaps, s.overlaps, s.checked)
	if s.zones < 300 || s.gaps < 1000 || s.overlaps < 1000 {
		t.Errorf("only %d zones, %d gaps and %d overlaps: the sweep does not see what it should", s.zones, s.gaps, s.overlaps)
	}
}

func fingerprint(trs []transition, first int) string {
	b := []byte{byte(first >> 16), byte(first >> 8), byte(first)}
	for _, tr := range trs {
		for i := range 8 {
			b = append(b, byte(tr.at>>(8*i)))
		}
		b = append(b, byte(tr.after>>16), byte(tr.after>>8), byte(tr.after))
	}
	return string(b)
}

type sweep struct {
	t                              *testing.T
	zone                           Zone
	near                           []int64 // how far from what matters is looked
	zones, gaps, overlaps, checked int
}

// nearby returns seconds around some that matter, sorted.
func (s *sweep) nearby(marks ...int64) []int64 {
	var out []int64
	for _, m := range marks {
		for _, d := range s.near {
			out = append(out, m+d, m-d)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// wallOf reads a count of seconds as a wall time.
func wallOf(u int64) DateTime { return Of(time.Unix(u, 0).UTC()) }

func (s *sweep) check(tr transition) {
	jump := int64(tr.after - tr.before)
	if jump > 0 {
		s.gaps++
	} else {
		s.overlaps++
	}
	edges := []int64{tr.at + int64(tr.before), tr.at + int64(tr.after), tr.at + int64(tr.before+tr.after)/2}
	last := time.Time{}
	for _, u := range s.nearby(edges...) {
		at, kind := s.wall(u)
		if kind == Gap {
			s.gap(u, at)
			continue // walls in a gap fall among those behind it, by design
		}
		if !at.After(last) {
			s.t.Errorf("%s: %s is at %s, which is not after an earlier wall time's %s", s.zone, wallOf(u), at, last)
		}
		last = at
	}
	for _, x := range s.nearby(tr.at) {
		s.instant(time.Unix(x, 0).UTC())
	}
	// The change itself: the wall times on its two sides are where they should be.
	lo, hi := min(edges[0], edges[1]), max(edges[0], edges[1])
	s.wantKind(lo-1, Exact, tr)
	s.wantKind(hi, Exact, tr)
	want := Gap
	if jump < 0 {
		want = Overlap
	}
	s.wantKind(lo, want, tr)
	s.wantKind(hi-1, want, tr)
	if jump > 0 {
		if at, _ := Resolve(wallOf(lo), s.zone); at.Unix() != tr.at {
			s.t.Errorf("%s: the gap's first second is at %s, want the change itself, %s", s.zone, at, time.Unix(tr.at, 0).UTC())
		}
	}
}

func (s *sweep) wantKind(u int64, want Kind, tr transition) {
	if _, kind := Resolve(wallOf(u), s.zone); kind != want {
		s.t.Errorf("%s, change at %s: %s is %s, want %s", s.zone, time.Unix(tr.at, 0).UTC(), wallOf(u), kind, want)
	}
}

// readings returns all instants at which clocks show a wall time, by trying.
func (s *sweep) readings(u int64) []int64 {
	var out []int64
	for _, probe := range []int64{u - 16*3600, u - 26*3600, u + 26*3600, u + 16*3600} {
		at := u - int64(offsetAt(s.zone, probe))
		out = append(out, at, u-int64(offsetAt(s.zone, at)))
	}
	out = slices.DeleteFunc(out, func(at int64) bool { return at+int64(offsetAt(s.zone, at)) != u })
	slices.Sort(out)
	return slices.Compact(out)
}

// wall compares Resolve with what trying says.
func (s *sweep) wall(u int64) (time.Time, Kind) {
	s.checked++
	dt := wallOf(u)
	at, kind := Resolve(dt, s.zone)
	found := s.readings(u)
	want := min(Kind(0)+Kind(len(found)), 2)
	if [...]Kind{Gap, Exact, Overlap}[want] != kind {
		s.t.Errorf("%s: %s is %s, but occurs %d times", s.zone, dt, kind, len(found))
		return at, kind
	}
	later, _, _ := ResolveWith(dt, s.zone, Later)
	earlier, _, _ := ResolveWith(dt, s.zone, Earlier)
	_, _, err := ResolveWith(dt, s.zone, Reject)
	if (err != nil) != (kind != Exact) {
		s.t.Errorf("%s: Reject of %s, which is %s: %v", s.zone, dt, kind, err)
	}
	if kind != Gap && (at.Unix() != found[0] || !earlier.Equal(at) || later.Unix() != found[len(found)-1]) {
		s.t.Errorf("%s: %s gives %s, earlier %s, later %s; want %v", s.zone, dt, at, earlier, later, found)
	}
	if again, _ := Resolve(In(at, s.zone), s.zone); !again.Equal(at) {
		s.t.Errorf("%s: %s gives %s, and what clocks show then gives %s", s.zone, dt, at, again)
	}
	return at, kind
}

// gap checks that a skipped time moves by exactly the gap, to either side.
func (s *sweep) gap(u int64, at time.Time) {
	dt := wallOf(u)
	before, after := offsetAt(s.zone, u-26*3600), offsetAt(s.zone, at.Unix())
	moved := In(at, s.zone).Sub(dt)
	if want := time.Duration(after-before) * time.Second; moved != want {
		s.t.Errorf("%s: %s moved by %s, the gap is %s", s.zone, dt, moved, want)
	}
	if moved <= 0 || moved > 24*time.Hour {
		s.t.Errorf("%s: %s moved by %s", s.zone, dt, moved)
	}
	earlier, _, _ := ResolveWith(dt, s.zone, Earlier)
	later, _, _ := ResolveWith(dt, s.zone, Later)
	if back := dt.Sub(In(earlier, s.zone)); back != moved || !later.Equal(at) {
		s.t.Errorf("%s: %s goes %s back and %s on", s.zone, dt, back, moved)
	}
}

// instant checks the way there and back from an instant.
func (s *sweep) instant(x time.Time) {
	s.checked++
	dt := In(x, s.zone)
	at, kind := Resolve(dt, s.zone)
	last, _, _ := ResolveWith(dt, s.zone, Later)
	switch {
	case kind == Gap:
		s.t.Errorf("%s: clocks show %s at %s, and yet it is a gap", s.zone, dt, x)
	case kind == Exact && !at.Equal(x):
		s.t.Errorf("%s: %s became %s and came back as %s", s.zone, x, dt, at)
	case kind == Overlap && !at.Equal(x) && !last.Equal(x):
		s.t.Errorf("%s: %s became %s, which is %s or %s", s.zone, x, dt, at, last)
	}
}
