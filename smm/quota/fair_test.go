package quota

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// crowd is what tenants got of a budget that they share.
type crowd struct {
	served map[smm.Tenant]int
	waited map[smm.Tenant]time.Duration // the longest
	asked  map[smm.Tenant]int
	late   map[smm.Tenant]int // how often the first try was refused
	mu     sync.Mutex
}

func newCrowd() *crowd {
	return &crowd{
		served: make(map[smm.Tenant]int), waited: make(map[smm.Tenant]time.Duration),
		asked: make(map[smm.Tenant]int), late: make(map[smm.Tenant]int),
	}
}

// join has a tenant ask every so often, with a number of workers.
func (c *crowd) join(t *testing.T, wg *sync.WaitGroup, l *Limiter, p *platformSim, who smm.Tenant, workers int, every, d time.Duration) {
	ctx := smm.ContextWithTenant(t.Context(), who)
	end := time.Now().Add(d)
	for range workers {
		wg.Go(func() {
			w := worker{l: l, p: p, key: sharedKey, clock: l.clock}
			for time.Now().Before(end) {
				began := time.Now()
				for n := 0; ; n++ {
					g, err := l.Reserve(ctx, smm.PriorityPublish, smm.Charge{Key: sharedKey, Cost: 1})
					if err == nil {
						c.note(who, time.Since(began), n)
						w.request(ctx, g)
						break
					}
					if time.Now().After(end) {
						c.note(who, time.Since(began), n)
						return
					}
					_ = l.clock.Sleep(ctx, after(t, err))
				}
				_ = l.clock.Sleep(ctx, every)
			}
		})
	}
}

func (c *crowd) note(who smm.Tenant, waited time.Duration, refusals int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[who]++
	c.waited[who] = max(c.waited[who], waited)
	if refusals > 0 {
		c.late[who]++
	} else {
		c.served[who]++
	}
	if refusals > 0 {
		c.served[who]++
	}
}

// tenantShapes are the budgets that tenants share in these tests, with one
// process and with two.
func tenantShapes(t *testing.T, f func(t *testing.T, p *platformSim, procs []*Limiter)) {
	t.Helper()
	for _, s := range []scene{
		{"fixed", smm.QuotaFixed, false, tellEpoch}, {"rolling", smm.QuotaRolling, false, nil},
	} {
		counts := []int{0, 1, 2, 4}
		if testing.Short() { // the race detector makes this a matter of minutes
			counts = []int{0, 2}
		}
		for _, n := range counts {
			t.Run(fmt.Sprintf("%s/%d sharing", s.name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := &platformSim{shape: s.shape, limit: 600, window: 5 * time.Minute, tell: s.tell}
					procs := []*Limiter{process(t, nil, 0, declare(s.shape, 600, 5*time.Minute))}
					if n > 0 {
						procs = procs[:0]
						store := NewMemoryStore(nil)
						for range n {
							procs = append(procs, process(t, store, 0, declare(s.shape, 600, 5*time.Minute)))
						}
					}
					f(t, p, procs)
					require.Zero(t, p.refused)
				})
			})
		}
	}
}

// TestTenantsGetTheirShares: one with 16 workers and four with one each, all
// wanting more than there is, in each process.
func TestTenantsGetTheirShares(t *testing.T) {
	tenantShapes(t, func(t *testing.T, p *platformSim, procs []*Limiter) {
		c := newCrowd()
		var wg sync.WaitGroup
		const windows = 6
		for _, l := range procs {
			c.join(t, &wg, l, p, "greedy", 16, 0, windows*p.window)
			for i := range 4 {
				c.join(t, &wg, l, p, smm.Tenant(fmt.Sprint("modest ", i)), 1, 0, windows*p.window)
			}
		}
		wg.Wait()
		fair := float64(p.served) / 5
		most := 1.25
		if len(procs) > 2 { // what one process does not know of the others yet
			most = 1.6
		}
		for who, n := range c.served {
			require.Greater(t, float64(n), fair*0.75, who)
			require.Less(t, float64(n), fair*most, who)
		}
		require.GreaterOrEqual(t, float64(p.served)/float64(windows*p.limit), 0.93, "and little is left")
		t.Log(c.served)
	})
}

// TestLightTenantIsServedAtOnce beside ten that take all they can get.
func TestLightTenantIsServedAtOnce(t *testing.T) {
	tenantShapes(t, func(t *testing.T, p *platformSim, procs []*Limiter) {
		c := newCrowd()
		var wg sync.WaitGroup
		const windows = 6
		c.join(t, &wg, procs[0], p, "light", 1, 20*time.Second, windows*p.window)
		for _, l := range procs {
			for i := range 10 {
				c.join(t, &wg, l, p, smm.Tenant(fmt.Sprint("greedy ", i)), 4, 0, windows*p.window)
			}
		}
		wg.Wait()
		require.Greater(t, c.asked["light"], 80)
		require.Zero(t, c.late["light"], "of %d requests; the longest wait was %s", c.asked["light"], c.waited["light"])
		require.GreaterOrEqual(t, float64(p.served)/float64(windows*p.limit), 0.90)
		t.Logf("light asked %d times and waited %s at most; %d served in all", c.asked["light"], c.waited["light"], p.served)
	})
}

// TestManyLightTenants beside a greedy one: each waits at most twice the time
// in which its share comes round.
func TestManyLightTenants(t *testing.T) {
	tenantShapes(t, func(t *testing.T, p *platformSim, procs []*Limiter) {
		c := newCrowd()
		var wg sync.WaitGroup
		const windows, lights = 4, 20
		for i := range lights {
			c.join(t, &wg, procs[i%len(procs)], p, smm.Tenant(fmt.Sprint("light ", i)), 1, 25*time.Second, windows*p.window)
		}
		for _, l := range procs {
			c.join(t, &wg, l, p, "greedy", 16, 0, windows*p.window)
		}
		wg.Wait()
		fair := p.window * time.Duration(lights+1) / time.Duration(p.limit)
		for i := range lights {
			who := smm.Tenant(fmt.Sprint("light ", i))
			require.LessOrEqual(t, c.waited[who], 2*fair, who)
			require.Greater(t, c.served[who], 35, who)
		}
		require.GreaterOrEqual(t, float64(p.served)/float64(windows*p.limit), 0.85)
		t.Logf("greedy got %d, the %d others %d", c.served["greedy"], lights, p.served-c.served["greedy"])
	})
}

// TestTenantAloneGetsEverything, also when others were there long ago.
func TestTenantAloneGetsEverything(t *testing.T) {
	tenantShapes(t, func(t *testing.T, p *platformSim, procs []*Limiter) {
		c := newCrowd()
		var wg sync.WaitGroup
		for i := range 5 {
			c.join(t, &wg, procs[0], p, smm.Tenant(fmt.Sprint("gone ", i)), 1, time.Second, time.Minute)
		}
		wg.Wait()
		time.Sleep(2 * p.window)
		p.served = 0
		for _, l := range procs {
			c.join(t, &wg, l, p, "alone", 4, 0, 4*p.window)
		}
		wg.Wait()
		require.GreaterOrEqual(t, float64(p.served)/float64(4*p.limit), 0.95)
	})
}

// TestOwnBudgetsNeedNoFairness: a key with a tenant is that tenant's alone.
func TestOwnBudgetsNeedNoFairness(t *testing.T) {
	l := mustNew(t, Config{Limit: declare(smm.QuotaRolling, 10, time.Hour), Clock: newFakeClock()})
	for _, who := range []smm.Tenant{"a", "b"} {
		key := smm.QuotaKey{Tenant: who, Bucket: "own"}
		for range 10 {
			_, err := l.Reserve(smm.ContextWithTenant(context.Background(), who), smm.PriorityPublish, smm.Charge{Key: key, Cost: 1})
			require.NoError(t, err)
		}
	}
}
