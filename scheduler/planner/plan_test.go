package planner_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/planner"
	"github.com/smmkit/smmkit/smm"
)

func at(seconds int) time.Time {
	return time.Date(2030, 4, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

func ref(name string) smm.Ref { return smm.Ref{Platform: "fake", Kind: smm.KindChannel, ID: name} }

func key(bucket string) smm.QuotaKey { return smm.QuotaKey{Platform: "fake", Bucket: bucket} }

func items(times ...int) []planner.Item {
	out := make([]planner.Item, len(times))
	for i, s := range times {
		out[i] = planner.Item{ID: fmt.Sprintf("%03d", i), Channel: ref("a"), Kind: smm.CreatePost, At: at(s)}
	}
	return out
}

func oneBudget(l smm.QuotaLimit, used ...planner.Use) planner.Rules {
	return planner.Rules{
		Tariffs: []planner.Tariff{{Charges: []smm.Charge{{Key: key("posts"), Cost: 1}}}},
		Budgets: []planner.Budget{{Key: key("posts"), Limit: l, Used: used}},
	}
}

func plan(t *testing.T, is []planner.Item, r planner.Rules) planner.Plan {
	t.Helper()
	p, err := planner.Make(is, r, at(0))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantTimes(t *testing.T, p planner.Plan, seconds ...int) {
	t.Helper()
	for i, s := range seconds {
		if got := p.Items[i].At; !got.Equal(at(s)) {
			t.Errorf("item %d goes at %s, want %s", i, got.Sub(at(0)), at(s).Sub(at(0)))
		}
	}
}

func TestShapes(t *testing.T) {
	rolling := smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 2, Window: 10 * time.Second}
	wantTimes(t, plan(t, items(1, 2, 3, 4, 30), oneBudget(rolling)), 1, 2, 11, 12, 30)
	wantTimes(t, plan(t, items(1), oneBudget(rolling, planner.Use{At: at(-4), Cost: 1}, planner.Use{At: at(0), Cost: 1})), 6)
	// What others will take later counts too: 5 and 9 leave room before 0 and from 15 on.
	wantTimes(t, plan(t, items(1), oneBudget(rolling, planner.Use{At: at(5), Cost: 1}, planner.Use{At: at(9), Cost: 1})), 15)
	fixed := smm.QuotaLimit{Shape: smm.QuotaFixed, Limit: 2, Window: 10 * time.Second}
	wantTimes(t, plan(t, items(1, 8, 9, 9, 9), oneBudget(fixed)), 1, 8, 10, 10, 20)
	r := oneBudget(fixed)
	r.Budgets[0].Reset = at(7)
	wantTimes(t, plan(t, items(1, 2, 3), r), 1, 2, 7)
	bucket := smm.QuotaLimit{Shape: smm.QuotaBucket, Limit: 10, Window: 20 * time.Second, Burst: 2}
	wantTimes(t, plan(t, items(1, 1, 1, 1, 30), oneBudget(bucket)), 1, 1, 3, 5, 30)
}

func TestWhatFits(t *testing.T) {
	r := oneBudget(smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 2, Window: 24 * time.Hour})
	r.Horizon = 30 * time.Hour
	p := plan(t, items(0, 0, 0, 0, 0, 0), r)
	if p.Fits() || !p.Items[1].Fits() || p.Items[2].Fits() || !slices.Equal(p.Items[2].Blocked, []smm.QuotaKey{key("posts")}) {
		t.Errorf("plan %+v", p)
	}
	if !p.Items[3].At.Equal(at(24*3600)) || !p.Items[4].At.IsZero() || p.Items[4].Fits() {
		t.Errorf("the fourth goes at %s, the fifth at %s", p.Items[3].At, p.Items[4].At)
	}
	if l := p.Loads; len(l) != 1 || l[0].Taken != 4 || l[0].Peak != 2 {
		t.Errorf("loads %+v", l)
	}
	r.Tariffs[0].Charges[0].Cost = 3
	if p := plan(t, items(0), r); !p.Items[0].At.IsZero() {
		t.Errorf("an item dearer than its whole budget goes at %s", p.Items[0].At)
	}
}

func TestPrices(t *testing.T) {
	usd := func(micros int64) smm.Money { return smm.Money{Micros: micros, Currency: "USD"} }
	r := planner.Rules{Tariffs: []planner.Tariff{
		{Platform: "x", Kind: smm.CreatePost, Link: true, Price: usd(200_000)},
		{Platform: "x", Price: usd(15_000)},
		{Platform: "ads", MinMedia: 2, Price: smm.Money{Micros: 1, Currency: "EUR"}},
	}}
	x := smm.Ref{Platform: "x", Kind: smm.KindChannel, ID: "1"}
	p := plan(t, []planner.Item{
		{ID: "1", Channel: x, Kind: smm.CreatePost, At: at(1), Link: true},
		{ID: "2", Channel: x, Kind: smm.CreateReply, At: at(2), Link: true},
		{ID: "3", Channel: smm.Ref{Platform: "ads", Kind: smm.KindChannel, ID: "1"}, At: at(3), Media: 2},
		{ID: "4", Channel: smm.Ref{Platform: "ads", Kind: smm.KindChannel, ID: "1"}, At: at(4), Media: 1},
		{ID: "5", Channel: x, Kind: smm.CreatePost, At: at(5)},
	}, r)
	if p.Cost["USD"] != usd(230_000) || p.Cost["EUR"].Micros != 1 || p.ByChannel[x]["USD"] != usd(230_000) || !p.Fits() {
		t.Errorf("costs %v %v", p.Cost, p.ByChannel)
	}
	if !p.Items[2].Known || p.Items[3].Known {
		t.Errorf("known: %+v", p.Items)
	}
}

// A budget that each channel has of its own is not shared, and tenants with the
// same channel do not share it either.
func TestBudgetOfEachChannel(t *testing.T) {
	own := smm.QuotaKey{Platform: "fake", Account: planner.Channel, Bucket: "posts"}
	one := smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 1, Window: time.Minute}
	three := one
	three.Limit = 3
	r := planner.Rules{
		Tariffs: []planner.Tariff{{Charges: []smm.Charge{{Key: own, Cost: 1}, {Key: key("app"), Cost: 1}}}},
		Budgets: []planner.Budget{
			{Key: own, Limit: one}, {Key: key("app"), Limit: smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 6, Window: time.Hour}},
			{Key: smm.QuotaKey{Platform: "fake", Account: "c", Bucket: "posts"}, Limit: three},
		},
	}
	var is []planner.Item
	for i, ch := range []string{"a", "b", "a", "a", "c", "c", "c"} {
		is = append(is, planner.Item{ID: fmt.Sprint(i), Channel: ref(ch), At: at(i)})
	}
	is[3].Tenant = "other"
	wantTimes(t, plan(t, is, r), 0, 1, 60, 3, 4, 5, 3600)
}

func TestPastAndSpent(t *testing.T) {
	p := plan(t, items(-100), oneBudget(smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 1, Window: time.Minute}))
	wantTimes(t, p, 0)
	s := smm.QuotaState{Limit: 10, Remaining: 4}
	if got := planner.Spent(s, at(5)); len(got) != 1 || got[0] != (planner.Use{At: at(5), Cost: 6}) {
		t.Errorf("spent %v", got)
	}
	for _, s := range []smm.QuotaState{{Limit: -1, Remaining: 3}, {Limit: 10, Remaining: -1}, {Limit: 10, Remaining: 10}, {Limit: 5, Remaining: 8}} {
		if got := planner.Spent(s, at(0)); got != nil {
			t.Errorf("%+v: spent %v", s, got)
		}
	}
}

func TestRefused(t *testing.T) {
	good := smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 1, Window: time.Minute}
	for name, spoil := range map[string]func(*planner.Rules, *[]planner.Item){
		"shape":   func(r *planner.Rules, _ *[]planner.Item) { r.Budgets[0].Limit.Shape = smm.QuotaPercent },
		"limit":   func(r *planner.Rules, _ *[]planner.Item) { r.Budgets[0].Limit.Limit = 0 },
		"window":  func(r *planner.Rules, _ *[]planner.Item) { r.Budgets[0].Limit.Window = 0 },
		"twice":   func(r *planner.Rules, _ *[]planner.Item) { r.Budgets = append(r.Budgets, r.Budgets[0]) },
		"price":   func(r *planner.Rules, _ *[]planner.Item) { r.Tariffs[0].Price.Micros = -1 },
		"cost":    func(r *planner.Rules, _ *[]planner.Item) { r.Tariffs[0].Charges[0].Cost = 0 },
		"horizon": func(r *planner.Rules, _ *[]planner.Item) { r.Horizon = -1 },
		"same ID": func(_ *planner.Rules, is *[]planner.Item) { *is = append(*is, (*is)[0]) },
		"no ID":   func(_ *planner.Rules, is *[]planner.Item) { (*is)[0].ID = "" },
		"no time": func(_ *planner.Rules, is *[]planner.Item) { (*is)[0].At = time.Time{} },
		"channel": func(_ *planner.Rules, is *[]planner.Item) { (*is)[0].Channel = smm.Ref{} },
	} {
		r, is := oneBudget(good), items(1)
		spoil(&r, &is)
		if _, err := planner.Make(is, r, at(0)); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// legal counts from scratch whether uses keep a limit: the judge of the property
// below. All times are whole seconds but those of buckets.
func legal(l smm.QuotaLimit, uses []planner.Use) bool {
	uses = slices.Clone(uses)
	slices.SortStableFunc(uses, func(a, b planner.Use) int { return a.At.Compare(b.At) })
	switch l.Shape {
	case smm.QuotaFixed:
		sums := make(map[int64]int64)
		for _, u := range uses {
			sums[u.At.UnixNano()/int64(l.Window)] += u.Cost
		}
		for _, s := range sums {
			if s > l.Limit {
				return false
			}
		}
	case smm.QuotaBucket:
		tokens := float64(l.Burst)
		for i, u := range uses {
			if i > 0 {
				tokens = min(float64(l.Burst), tokens+float64(l.Limit)*u.At.Sub(uses[i-1].At).Seconds()/l.Window.Seconds())
			}
			if tokens -= float64(u.Cost); tokens < -1e-9 {
				return false
			}
		}
	default:
		for i := range uses {
			sum := int64(0)
			for _, u := range uses[:i+1] {
				if uses[i].At.Sub(u.At) < l.Window {
					sum += u.Cost
				}
			}
			if sum > l.Limit {
				return false
			}
		}
	}
	return true
}

// Every item is placed where all budgets allow it, and at no earlier second would
// they have.
func TestPlacedLegallyAndEarliest(t *testing.T) {
	shapes := []smm.QuotaShape{smm.QuotaRolling, smm.QuotaFixed, smm.QuotaBucket}
	moved := 0
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		keys := []smm.QuotaKey{key("one"), key("two")}
		var r planner.Rules
		uses := make(map[smm.QuotaKey][]planner.Use)
		for _, k := range keys {
			l := smm.QuotaLimit{Shape: shapes[rnd.IntN(3)], Limit: 2 + rnd.Int64N(4), Window: time.Duration(1+rnd.IntN(12)) * time.Second, Burst: 1 + rnd.Int64N(3)}
			b := planner.Budget{Key: k, Limit: l}
			for range rnd.IntN(4) {
				u := planner.Use{At: at(rnd.IntN(20) - 5), Cost: 1}
				if legal(l, append(slices.Clone(b.Used), u)) {
					b.Used = append(b.Used, u)
				}
			}
			r.Budgets = append(r.Budgets, b)
			uses[k] = b.Used
		}
		r.Tariffs = []planner.Tariff{
			{Kind: smm.CreatePost, Charges: []smm.Charge{{Key: keys[0], Cost: 1}}},
			{Charges: []smm.Charge{{Key: keys[0], Cost: 1}, {Key: keys[1], Cost: 1}}},
		}
		var times []int
		for range 1 + rnd.IntN(8) {
			times = append(times, rnd.IntN(20))
		}
		is := items(times...)
		for i := range is {
			if rnd.IntN(2) == 0 {
				is[i].Kind = smm.CreateReply
			}
		}
		for _, p := range plan(t, is, r).Items {
			charges := r.Tariffs[0].Charges
			if p.Item.Kind == smm.CreateReply {
				charges = r.Tariffs[1].Charges
			}
			fits := func(when time.Time) bool {
				for _, c := range charges {
					b := r.Budgets[slices.Index(keys, c.Key)]
					if !legal(b.Limit, append(slices.Clone(uses[c.Key]), planner.Use{At: when, Cost: c.Cost})) {
						return false
					}
				}
				return true
			}
			if p.At.IsZero() || !fits(p.At) {
				t.Fatalf("seed %d: item %s is placed at %s, which is not legal", seed, p.Item.ID, p.At.Sub(at(0)))
			}
			for when := p.Item.At; when.Before(p.At); when = when.Add(time.Second) {
				moved++
				if fits(when) {
					t.Fatalf("seed %d: item %s is placed at %s, and %s is legal", seed, p.Item.ID, p.At.Sub(at(0)), when.Sub(at(0)))
				}
			}
			for _, c := range charges {
				uses[c.Key] = append(uses[c.Key], planner.Use{At: p.At, Cost: c.Cost})
			}
		}
	}
	if moved < 1000 {
		t.Errorf("only %d earlier times were tried: the test proves little", moved)
	}
}

func TestFromRecords(t *testing.T) {
	rec := func(id string, phase smm.Phase, p smm.Post) *scheduler.Record {
		return &scheduler.Record{NotBefore: at(9), Delivery: smm.Delivery{ID: id, Phase: phase, Tenant: "t", Request: smm.PublishRequest{Channel: ref("a"), Kind: smm.CreatePost, Post: p}}}
	}
	is := planner.FromRecords([]*scheduler.Record{
		rec("1", smm.PhasePreparing, smm.Post{Text: "see https://example.org/x", Media: []smm.Media{{Name: "a"}}}),
		rec("2", smm.PhasePublished, smm.Post{}), rec("3", smm.PhaseWaiting, smm.Post{Text: "no link: http:// nor example"}),
		rec("4", smm.PhaseReady, smm.Post{Card: &smm.Card{URL: "https://example.org"}}),
		rec("5", smm.PhaseReady, smm.Post{Text: "x", Entities: []smm.Entity{{Kind: smm.EntityLink, End: 1, Target: "https://example.org"}}}),
	})
	links := make([]bool, 0, 4)
	for _, i := range is {
		links = append(links, i.Link)
	}
	if !slices.Equal(links, []bool{true, false, true, true}) || is[0].Media != 1 || is[0].Tenant != "t" || !is[0].At.Equal(at(9)) {
		t.Errorf("items %+v", is)
	}
}

func BenchmarkMake(b *testing.B) {
	is := make([]planner.Item, 1000)
	for i := range is {
		is[i] = planner.Item{ID: fmt.Sprint(i), Channel: ref("a"), At: at(i * 10)}
	}
	r := oneBudget(smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 50, Window: time.Hour})
	for b.Loop() {
		if _, err := planner.Make(is, r, at(0)); err != nil {
			b.Fatal(err)
		}
	}
}
