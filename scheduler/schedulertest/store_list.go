package schedulertest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var listTests = map[string]func(*suite){
	"by every field": func(s *suite) {
		all := variety()
		s.insert(all...)
		for _, r := range all {
			if r.Delivery.Request.Channel.ID == "main" && r.Delivery.Tenant == "a" {
				finish(r)
				s.save(r, t0())
			}
		}
		slices.SortFunc(all, func(a, b *scheduler.Record) int { return a.Position().Compare(b.Position()) })
		for _, q := range queries() {
			var want []string
			for _, r := range all {
				if q.Match(r) && (q.Limit == 0 || len(want) < q.Limit) {
					want = append(want, r.Delivery.ID)
				}
			}
			if got := ids(s.list(q)); !slices.Equal(got, want) {
				s.Errorf("query %+v\n got %q\nwant %q", q, got, want)
			}
		}
	},
	"goes on where it stopped": func(s *suite) {
		s.insert(variety()...)
		want := ids(s.list(scheduler.Query{AllTenants: true}))
		var (
			got []string
			pos scheduler.Position
		)
		for {
			rs := s.list(scheduler.Query{AllTenants: true, After: pos, Limit: 7})
			if len(rs) == 0 {
				break
			}
			got = append(got, ids(rs)...)
			b, err := json.Marshal(rs[len(rs)-1].Position())
			s.ok(err)
			pos = scheduler.Position{}
			s.ok(json.Unmarshal(b, &pos))
		}
		if !slices.Equal(got, want) {
			s.Fatalf("in pages %q, at once %q", got, want)
		}
	},
	"writing while reading": func(s *suite) {
		const n = 700 // more than a store may read ahead
		batch := make([]*scheduler.Record, 0, n)
		for i := range n {
			batch = append(batch, NewRecord("", numbered(i), t0()))
		}
		s.insert(batch...)
		seen := 0
		for r, err := range s.store.List(s.Context(), scheduler.Query{}) {
			s.ok(err)
			if r.Delivery.ID != numbered(seen) {
				s.Fatalf("record %s at place %d", r.Delivery.ID, seen)
			}
			seen++
			finish(r)
			s.save(r, t0())
		}
		if seen != n {
			s.Fatalf("%d records, want %d", seen, n)
		}
	},
	"stops when asked": func(s *suite) {
		s.insert(variety()...)
		n := 0
		for _, err := range s.store.List(s.Context(), scheduler.Query{AllTenants: true}) {
			s.ok(err)
			if n++; n == 3 {
				break
			}
		}
		s.insert(NewRecord("", "after", t0())) // nothing is held
	},
}

// variety returns records that differ in everything that a query asks for.
func variety() []*scheduler.Record {
	const n = 48
	out := make([]*scheduler.Record, 0, n)
	for i := range n {
		r := NewRecord([]smm.Tenant{"", "a", "b"}[i%3], fmt.Sprintf("v%02d", (i*7)%n), at(time.Duration(i%5)*time.Hour))
		d := &r.Delivery
		d.Entry = fmt.Sprintf("e%d", i%4)
		d.Request.Channel = channel([]string{"main", "second", "x/y@z"}[i%7%3])
		d.Request.Post.Labels = smm.Labels{Campaign: []string{"", "spring", "o'clock"}[i%5%3], Topic: []string{"", "news"}[i%2]}
		if i%4 == 0 {
			d.Request.Post.Labels.Tags = []string{"x", "y"}
		}
		if i%6 == 0 {
			d.Phase = smm.PhaseWaiting
		}
		if i == 5 {
			withToken(r, "tok")
		}
		r.Draft = []string{"", "d1", "d'2"}[i/3%3]
		if i%7 == 0 {
			r.Held = "frozen"
		}
		if i%5 == 2 {
			r.Fingerprint = []byte("fingerprint 16 b")
		}
		out = append(out, r)
	}
	return out
}

func queries() []scheduler.Query {
	return []scheduler.Query{
		{},
		{Tenant: "a"},
		{Tenant: "none"},
		{AllTenants: true},
		{AllTenants: true, Limit: 5},
		{Tenant: "b", Entry: "e1"},
		{AllTenants: true, Draft: "d'2"},
		{Tenant: "a", Draft: "d1"},
		{AllTenants: true, Held: true},
		{Tenant: "b", Held: true, Limit: 1},
		{AllTenants: true, Fingerprint: []byte("fingerprint 16 b")},
		{Tenant: "a", Fingerprint: []byte("fingerprint 16 b")},
		{AllTenants: true, Fingerprint: []byte("no such print...")},
		{AllTenants: true, Entry: "e2"},
		{AllTenants: true, Token: "tok"},
		{AllTenants: true, Channel: channel("second")},
		{Tenant: "a", Channel: channel("x/y@z")},
		{AllTenants: true, Channel: smm.Ref{Platform: "other", Kind: smm.KindChannel, ID: "main"}},
		{AllTenants: true, Phases: []smm.Phase{smm.PhaseWaiting, smm.PhasePublished}},
		{Tenant: "a", Phases: []smm.Phase{smm.PhasePublished}},
		{AllTenants: true, From: at(time.Hour), Until: at(3 * time.Hour)},
		{Tenant: "a", From: at(2 * time.Hour)},
		{AllTenants: true, Labels: smm.Labels{Campaign: "o'clock"}},
		{AllTenants: true, Labels: smm.Labels{Topic: "news", Tags: []string{"y"}}},
		{AllTenants: true, Labels: smm.Labels{Topic: "news"}, Limit: 4},
		{AllTenants: true, Labels: smm.Labels{Brand: "none"}},
	}
}
