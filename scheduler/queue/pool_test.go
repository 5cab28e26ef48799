package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

func posts(texts ...string) []smm.Post {
	var out []smm.Post
	for _, s := range texts {
		out = append(out, smm.Post{Text: s})
	}
	return out
}

func pool(green ...Evergreen) *Pool { return &Pool{Name: "green", Posts: green} }

func uses(texts ...string) []Use {
	var out []Use
	for _, s := range texts { // "a 0 2026-03-01T00:00Z"
		f := strings.Fields(s)
		out = append(out, Use{f[0], int(f[1][0] - '0'), at(f[2])})
	}
	return out
}

func picks(ps []Pick) string {
	var out []string
	for _, p := range ps {
		out = append(out, fmt.Sprint(p.Post, p.Variant))
	}
	return strings.Join(out, " ")
}

func TestPicks(t *testing.T) {
	one := posts("x")
	season := func(m1 time.Month, d1 int, m2 time.Month, d2 int) []Season {
		return []Season{{MonthDay{m1, d1}, MonthDay{m2, d2}}}
	}
	for _, c := range []struct {
		name  string
		pool  *Pool
		uses  []Use
		at    string
		picks string
	}{
		{"none", pool(), nil, "2026-03-10T12:00Z", ""},
		{"least recently first", pool(Evergreen{ID: "a", Variants: one}, Evergreen{ID: "b", Variants: one}),
			uses("a 0 2026-03-01T00:00Z", "b 0 2026-02-01T00:00Z"), "2026-03-10T12:00Z", "b0 a0"},
		{"never used before all", pool(Evergreen{ID: "a", Variants: one}, Evergreen{ID: "b", Variants: one, Weight: 100}),
			uses("b 0 2020-03-01T00:00Z"), "2026-03-10T12:00Z", "a0 b0"},
		{"times the weight", pool(Evergreen{ID: "a", Variants: one}, Evergreen{ID: "b", Variants: one, Weight: 3}),
			uses("a 0 2026-03-01T00:00Z", "b 0 2026-03-05T00:00Z"), "2026-03-10T00:00Z", "b0 a0"},
		{"weight among unused", pool(Evergreen{ID: "a", Variants: one}, Evergreen{ID: "b", Variants: one, Weight: 2}), nil, "2026-03-10T00:00Z", "b0 a0"},
		{"too soon", pool(Evergreen{ID: "a", Variants: one, MinDays: 10}), uses("a 0 2026-03-01T12:00Z"), "2026-03-10T12:00Z", ""},
		{"just not too soon", pool(Evergreen{ID: "a", Variants: one, MinDays: 9}), uses("a 0 2026-03-01T12:00Z"), "2026-03-10T12:00Z", "a0"},
		{"days of the zone, not of 24 hours", pool(Evergreen{ID: "a", Variants: one, MinDays: 1}), uses("a 0 2026-03-09T22:30Z"), "2026-03-09T23:30Z", "a0"},
		{"too soon before a later one", pool(Evergreen{ID: "a", Variants: one, MinDays: 10}), uses("a 0 2026-03-15T12:00Z"), "2026-03-10T12:00Z", ""},
		{"used up", pool(Evergreen{ID: "a", Variants: one, MaxUses: 2}), uses("a 0 2020-01-01T00:00Z", "a 0 2021-01-01T00:00Z"), "2026-03-10T12:00Z", ""},
		{"not used up", pool(Evergreen{ID: "a", Variants: one, MaxUses: 3}), uses("a 0 2020-01-01T00:00Z", "a 0 2021-01-01T00:00Z"), "2026-03-10T12:00Z", "a0"},
		{"expired", pool(Evergreen{ID: "a", Variants: one, Expires: civil.Date{Year: 2026, Month: 3, Day: 9}}), nil, "2026-03-10T12:00Z", ""},
		{"the last day", pool(Evergreen{ID: "a", Variants: one, Expires: civil.Date{Year: 2026, Month: 3, Day: 10}}), nil, "2026-03-10T22:59Z", "a0"},
		{"the last day in the zone", pool(Evergreen{ID: "a", Variants: one, Expires: civil.Date{Year: 2026, Month: 3, Day: 10}}), nil, "2026-03-10T23:00Z", ""},
		{"in season", pool(Evergreen{ID: "a", Variants: one, Seasons: season(3, 1, 3, 10)}), nil, "2026-03-10T12:00Z", "a0"},
		{"out of season", pool(Evergreen{ID: "a", Variants: one, Seasons: season(3, 1, 3, 9)}), nil, "2026-03-10T12:00Z", ""},
		{"over the new year", pool(Evergreen{ID: "a", Variants: one, Seasons: season(12, 1, 1, 6)}), nil, "2026-01-06T12:00Z", "a0"},
		{"over the new year, before it", pool(Evergreen{ID: "a", Variants: one, Seasons: season(12, 1, 1, 6)}), nil, "2026-12-01T12:00Z", "a0"},
		{"over the new year, and out", pool(Evergreen{ID: "a", Variants: one, Seasons: season(12, 1, 1, 6)}), nil, "2026-01-07T12:00Z", ""},
		{"another channel", pool(Evergreen{ID: "a", Variants: one, Channels: []smm.Ref{schedulertest.Channel("x")}}), nil, "2026-03-10T12:00Z", ""},
		{"the other variant", pool(Evergreen{ID: "a", Variants: posts("x", "y", "z")}),
			uses("a 0 2026-01-03T00:00Z", "a 1 2026-01-01T00:00Z", "a 2 2026-01-02T00:00Z"), "2026-03-10T12:00Z", "a1"},
		{"a variant never used", pool(Evergreen{ID: "a", Variants: posts("x", "y", "z")}), uses("a 0 2026-01-03T00:00Z", "a 1 2026-01-01T00:00Z"), "2026-03-10T12:00Z", "a2"},
		{"a variant that is gone", pool(Evergreen{ID: "a", Variants: one}), uses("a 5 2026-01-03T00:00Z"), "2026-03-10T12:00Z", "a0"},
	} {
		if err := c.pool.Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		s := Slot{Channel: main(), Start: at(c.at), At: at(c.at)}
		if got := picks(c.pool.Picks(s, zone(t, "Europe/Berlin"), c.uses)); got != c.picks {
			t.Errorf("%s: %q, want %q", c.name, got, c.picks)
		}
	}
	// Ties go by the seed: the same one gives the same order, all of them many.
	p := pool()
	for i := range 6 {
		p.Posts = append(p.Posts, Evergreen{ID: fmt.Sprint(i), Variants: one})
	}
	orders := make(map[string]bool)
	for p.Seed = range 50 {
		s := Slot{Channel: main(), At: at("2026-03-10T12:00Z")}
		a, b := picks(p.Picks(s, civil.UTC(), nil)), picks(p.Picks(s, civil.UTC(), nil))
		if a != b {
			t.Fatalf("seed %d: %s and %s", p.Seed, a, b)
		}
		orders[a] = true
	}
	if len(orders) < 30 {
		t.Errorf("only %d orders", len(orders))
	}
}

func TestPoolCheck(t *testing.T) {
	for name, change := range map[string]func(e *Evergreen, p *Pool){
		"no name":       func(e *Evergreen, p *Pool) { p.Name = "" },
		"no ID":         func(e *Evergreen, p *Pool) { e.ID = "" },
		"a slash":       func(e *Evergreen, p *Pool) { e.ID = "a/b" },
		"twice":         func(e *Evergreen, p *Pool) { p.Posts = append(p.Posts, p.Posts[0]) },
		"no variant":    func(e *Evergreen, p *Pool) { e.Variants = nil },
		"weight":        func(e *Evergreen, p *Pool) { e.Weight = 101 },
		"min days":      func(e *Evergreen, p *Pool) { e.MinDays = -1 },
		"max uses":      func(e *Evergreen, p *Pool) { e.MaxUses = -1 },
		"expiry":        func(e *Evergreen, p *Pool) { e.Expires = civil.Date{Year: 2026, Month: 2, Day: 30} },
		"30 February":   func(e *Evergreen, p *Pool) { e.Seasons = []Season{{MonthDay{2, 30}, MonthDay{3, 1}}} },
		"no such month": func(e *Evergreen, p *Pool) { e.Seasons = []Season{{MonthDay{1, 1}, MonthDay{13, 1}}} },
	} {
		p := pool(Evergreen{ID: "a", Variants: posts("x")})
		change(&p.Posts[0], p)
		wantErr(t, name, p.Check(), smm.ErrInvalid)
	}
}

func (w *world) texts() string {
	var out []string
	for r, err := range w.store.List(w.t.Context(), scheduler.Query{Channel: main(), Phases: openPhases}) {
		w.ok(err)
		out = append(out, r.Delivery.Request.Post.Text)
	}
	return strings.Join(out, " ")
}

func TestFill(t *testing.T) {
	w, q, ids := filled(t, 3)
	_, err := w.m.Remove(t.Context(), q, ids[1], nil)
	w.ok(err)
	p := pool(Evergreen{ID: "a", Variants: posts("a0", "a1"), MinDays: 3}, Evergreen{ID: "b", Variants: posts("b0"), MinDays: 5})
	p.Seed = 1
	done, err := w.m.Fill(t.Context(), q, p, at("2026-03-14T00:00Z"), nil)
	w.ok(err)
	got := w.texts()
	// Slots on the 4th (a hole), 6th, 9th, 10th, 11th, 12th and 13th are free.
	if got != "post 1 b0 post 3 a0 b0 a1 a0" && got != "post 1 a0 post 3 b0 a1 b0 a0" || len(done) != 7 {
		t.Errorf("%d slots, planned %s", len(done), got)
	}
	empty := 0
	for _, f := range done {
		if f.ID == "" {
			empty++
		}
	}
	if empty != 2 {
		t.Errorf("%d slots had nothing, want 2: %+v", empty, done)
	}
	again, err := w.m.Fill(t.Context(), q, p, at("2026-03-14T00:00Z"), nil)
	w.ok(err)
	for _, f := range again {
		if f.ID != "" {
			t.Errorf("filled again: %+v", f)
		}
	}
	if w.texts() != got {
		t.Error("filled again")
	}
	// What is taken out of a slot is not put back into it.
	id := done[0].ID
	_, err = w.m.Remove(t.Context(), q, id, nil)
	w.ok(err)
	if us, err := w.m.Uses(t.Context(), q, p, main()); err != nil || len(us) != 4 {
		t.Errorf("uses without the one removed: %v %v", us, err)
	}
	again, err = w.m.Fill(t.Context(), q, p, done[0].Slot.Start.Add(time.Second), nil)
	w.ok(err)
	if len(again) != 1 || again[0].Pick.Post == done[0].Pick.Post {
		t.Errorf("put back: %+v", again)
	}
}

func TestFillLimits(t *testing.T) {
	w, q, _ := filled(t, 0)
	p := pool(Evergreen{ID: "a", Variants: posts("a0"), MinDays: 2}, Evergreen{ID: "bad", Variants: posts(strings.Repeat("x", 600))})
	q.Horizon = 3 * 24 * time.Hour // Tuesday to Thursday
	done, err := w.m.Fill(t.Context(), q, p, at("2027-01-01T00:00Z"), &FillOptions{
		History: map[smm.Ref][]Use{main(): uses("a 0 2026-03-02T00:00Z")},
	})
	w.ok(err)
	var got []string
	for _, f := range done {
		got = append(got, f.Slot.Start.Format("02")+f.Pick.Post)
		var fe *smm.FindingsError
		if f.Pick.Post == "" && !errors.As(f.Refused["bad"], &fe) {
			t.Errorf("%+v", f)
		}
	}
	if s := strings.Join(got, " "); s != "03 04a 05" {
		t.Errorf("filled %s", s)
	}
	q.Paused = true
	_, err = w.m.Fill(t.Context(), q, p, at("2027-01-01T00:00Z"), nil)
	wantErr(t, "paused", err, ErrPaused)
	q.Paused = false
	_, err = w.m.Fill(t.Context(), q, p, at("2027-01-01T00:00Z"), &FillOptions{Schedule: scheduler.ScheduleOptions{Token: "x"}})
	wantErr(t, "token", err, smm.ErrInvalid)
	p.Name = ""
	_, err = w.m.Fill(t.Context(), q, p, at("2027-01-01T00:00Z"), nil)
	wantErr(t, "name", err, smm.ErrInvalid)
}

// Several processes that fill at once fill each slot once, and keep MinDays.
func TestFillRaces(t *testing.T) {
	w, q, _ := filled(t, 0)
	p := pool()
	for i := range 8 {
		p.Posts = append(p.Posts, Evergreen{ID: fmt.Sprint("p", i), Variants: posts(fmt.Sprint("x", i), fmt.Sprint("y", i)), MinDays: 5})
	}
	until := at("2026-06-01T00:00Z")
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for n := range errs {
		m, err := New(w.s, w.store, WithClock(w.clock))
		w.ok(err)
		wg.Go(func() { _, errs[n] = m.Fill(t.Context(), q, p, until, nil) })
	}
	wg.Wait()
	w.ok(errors.Join(errs...))
	us, err := w.m.Uses(t.Context(), q, p, main())
	w.ok(err)
	if want := len(q.Slots(main(), w.clock.Now(), until)); len(us) != want {
		t.Errorf("%d uses, want %d", len(us), want)
	}
	last := make(map[string]Use)
	for _, u := range us {
		if l, ok := last[u.Post]; ok {
			days := civil.In(l.At, q.Zone).Date.DaysUntil(civil.In(u.At, q.Zone).Date)
			if days < 5 || l.Variant == u.Variant {
				t.Errorf("%s: variant %d %d days after variant %d", u.Post, u.Variant, days, l.Variant)
			}
		}
		last[u.Post] = u
	}
	if len(last) != 8 || !slices.IsSortedFunc(us, func(a, b Use) int { return a.At.Compare(b.At) }) {
		t.Errorf("%d posts used", len(last))
	}
}
