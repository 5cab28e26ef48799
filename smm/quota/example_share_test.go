package quota_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
	"github.com/smmkit/smmkit/smm/sim"
)

// posts is a budget of 3 posts an hour; platforms declare theirs in QuotaLimit.
func posts(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	return smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 3, Window: time.Hour}, key.Bucket == "posts"
}

var key = smm.QuotaKey{Platform: "example", Account: "shop", Bucket: "posts"}

// send stands for a platform's client, which asks before each request and
// reports each answer.
func send(ctx context.Context, l *quota.Limiter) error {
	grant, err := l.Reserve(ctx, smm.PriorityPublish, smm.Charge{Key: key, Cost: 1})
	if err != nil {
		return err
	}
	l.Report(ctx, grant, smm.QuotaReport{Sent: true})
	return nil
}

// One process: what does not fit is refused, with the time at which it will.
func Example() {
	ctx := context.Background()
	clock := sim.NewClock(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), true)
	limiter, err := quota.New(quota.Config{Limit: posts, Clock: clock})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 4 {
		fmt.Println(send(ctx, limiter))
		clock.Advance(10 * time.Minute)
	}
	at, err := limiter.When(ctx, smm.PriorityPublish, smm.Charge{Key: key, Cost: 3})
	fmt.Println("three more:", at.Format(time.TimeOnly), err)
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// rate limited (posts): try again in 30m0s
	// three more: 10:20:00 <nil>
}

// Several processes share one budget through a store: here two limiters in one
// program, elsewhere programs on several machines with one database.
func ExampleConfig_store() {
	ctx := context.Background()
	clock := sim.NewClock(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), true)
	store := quota.NewMemoryStore(clock)
	var processes []*quota.Limiter
	for range 2 {
		l, err := quota.New(quota.Config{Limit: posts, Clock: clock, Store: store})
		if err != nil {
			fmt.Println(err)
			return
		}
		defer l.Close(ctx)
		processes = append(processes, l)
	}
	for i := range 4 {
		err := send(ctx, processes[i%2])
		fmt.Println(i%2, errors.Is(err, smm.ErrRateLimited))
	}
	left, err := processes[0].Left(ctx, key)
	fmt.Println("left:", left[0].Remaining, err)
	// Output:
	// 0 false
	// 1 false
	// 0 false
	// 1 true
	// left: 0 <nil>
}

// Tenants share a budget whose key names none of them: who alone asks gets
// all, and who comes later gets its share as soon as there is more.
func ExampleLimiter_tenants() {
	clock := sim.NewClock(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), true)
	limiter, err := quota.New(quota.Config{Clock: clock, Limit: func(smm.QuotaKey) (smm.QuotaLimit, bool) {
		return smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 100, Window: time.Hour}, true
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	app := smm.Charge{Key: smm.QuotaKey{Platform: "example", Bucket: "app"}, Cost: 1}
	takes := func(tenant smm.Tenant, most int) (n int) {
		ctx := smm.ContextWithTenant(context.Background(), tenant)
		for ; n < most; n++ {
			grant, err := limiter.Reserve(ctx, smm.PriorityPublish, app)
			if err != nil {
				return n
			}
			limiter.Report(ctx, grant, smm.QuotaReport{Sent: true})
		}
		return n
	}
	fmt.Println("bakery:", takes("bakery", 200))
	fmt.Println("florist:", takes("florist", 10))
	clock.Advance(61 * time.Minute)
	fmt.Println("bakery:", takes("bakery", 200))
	fmt.Println("florist:", takes("florist", 10))
	// Output:
	// bakery: 100
	// florist: 0
	// bakery: 49
	// florist: 10
}
