package quota

import (
	"math"
	"strconv"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/smmkit/smmkit/smm"
)

// BenchmarkPerRequest is what a request pays, beside x/time/rate, which has no
// windows, no answers and no other processes.
func BenchmarkPerRequest(b *testing.B) {
	ctx := b.Context()
	b.Run("x-time-rate", func(b *testing.B) {
		b.ReportAllocs()
		l := rate.NewLimiter(math.MaxInt32, math.MaxInt32)
		for b.Loop() {
			if !l.Allow() {
				b.Fatal("refused")
			}
		}
	})
	for _, shape := range []smm.QuotaShape{smm.QuotaFixed, smm.QuotaRolling, smm.QuotaBucket} {
		for _, shared := range []bool{false, true} {
			name := string(shape)
			if shared {
				name += "-shared"
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				cfg := Config{Limit: declare(shape, 1<<40, time.Hour)}
				if shared {
					cfg.Store = NewMemoryStore(nil)
				}
				l := mustNew(b, cfg)
				charges := []smm.Charge{{Key: smm.QuotaKey{Tenant: "t", Platform: "x", Account: "u", Bucket: "all"}, Cost: 1}}
				report := smm.QuotaReport{Sent: true}
				for b.Loop() {
					g, err := l.Reserve(ctx, smm.PriorityPublish, charges...)
					if err != nil {
						b.Fatal(err)
					}
					l.Report(ctx, g, report)
				}
			})
		}
	}
	b.Run("tenants-100", func(b *testing.B) {
		b.ReportAllocs()
		l := mustNew(b, Config{Limit: declare(smm.QuotaRolling, 1<<40, time.Hour)})
		charges := []smm.Charge{{Key: sharedKey, Cost: 1}}
		i := 0
		tenants := make([]smm.Tenant, 100)
		for n := range tenants {
			tenants[n] = smm.Tenant(strconv.Itoa(n))
		}
		for b.Loop() {
			i++
			who := smm.ContextWithTenant(ctx, tenants[i%100])
			g, err := l.Reserve(who, smm.PriorityPublish, charges...)
			if err != nil {
				b.Fatal(err)
			}
			l.Report(who, g, smm.QuotaReport{Sent: true})
		}
	})
}

// BenchmarkStoreAccess is what a talk with the store costs beside the store
// itself, with a full log.
func BenchmarkStoreAccess(b *testing.B) {
	store := NewMemoryStore(nil)
	clock := newFakeClock()
	l := mustNew(b, Config{Clock: clock, Store: store, Limit: declare(smm.QuotaRolling, 1<<40, time.Hour)})
	charge := smm.Charge{Key: sharedKey, Cost: 1}
	for range 128 {
		g, err := l.Reserve(b.Context(), smm.PriorityPublish, charge)
		if err != nil {
			b.Fatal(err)
		}
		l.Report(b.Context(), g, smm.QuotaReport{Sent: true})
		clock.now = clock.now.Add(20 * time.Second)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.mu.Lock()
		bud := l.budgets[sharedKey]
		l.mu.Unlock()
		if err := l.sync(b.Context(), bud, &claim{b: bud, cost: 1, gen: bud.share.gen}); err != nil {
			b.Fatal(err)
		}
	}
	state, _, _ := store.Load(b.Context(), sharedKey)
	b.ReportMetric(float64(len(state)), "state-bytes")
}

// TestNoAllocations: a request pays none while its budget is at hand.
func TestNoAllocations(t *testing.T) {
	for _, store := range []Store{nil, NewMemoryStore(nil)} {
		l := mustNew(t, Config{Store: store, Limit: declare(smm.QuotaFixed, 1<<40, time.Hour)})
		charges := []smm.Charge{{Key: userKey, Cost: 1}}
		request := func() {
			g, err := l.Reserve(t.Context(), smm.PriorityPublish, charges...)
			if err != nil {
				t.Fatal(err)
			}
			l.Report(t.Context(), g, smm.QuotaReport{Sent: true})
		}
		for range 10_000 { // until slices are large
			request()
		}
		if n := testing.AllocsPerRun(1000, request); n > 0 {
			t.Errorf("%v allocations", n)
		}
	}
}
