package meta_test

import (
	"context"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// quota grants everything and remembers.
type quota struct {
	mu      sync.Mutex
	charged [][]smm.Charge
	states  []smm.QuotaState // of the last report
}

func (q *quota) Reserve(_ context.Context, _ smm.Priority, charges ...smm.Charge) (smm.QuotaGrant, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.charged = append(q.charged, charges)
	return smm.QuotaGrant{Charges: charges}, nil
}

func (q *quota) Report(_ context.Context, _ smm.QuotaGrant, r smm.QuotaReport) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.states = r.States
}

func (q *quota) percent(bucket string) float64 {
	for _, s := range q.states {
		if s.Key.Bucket == bucket {
			return s.Percent
		}
	}
	return -1
}

func clockAt(t time.Time) smm.Clock { return sim.NewClock(t, true) }
