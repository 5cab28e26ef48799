package queue

import (
	"context"
	"strings"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// PauseGate returns a gate for scheduler.WithGate that holds what waits in a queue
// while the host says that it is paused. After a pause, call Realign before
// paused says false, or everything whose time went by goes out at once.
func PauseGate(paused func(ctx context.Context, tenant smm.Tenant, queue string) (bool, error)) scheduler.Gate {
	return pauseGate(paused)
}

type pauseGate func(ctx context.Context, tenant smm.Tenant, queue string) (bool, error)

// Admit implements scheduler.Gate.
func (g pauseGate) Admit(ctx context.Context, r *scheduler.Record) (scheduler.Hold, error) {
	rest, ok := strings.CutPrefix(r.Slot, "queue/")
	if !ok {
		return scheduler.Hold{}, nil
	}
	name, _, _ := strings.Cut(rest, "/")
	paused, err := g(ctx, r.Delivery.Tenant, name)
	if err != nil || !paused {
		return scheduler.Hold{}, err
	}
	return scheduler.Hold{Reason: "queue " + name + " is paused"}, nil
}
