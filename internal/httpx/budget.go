package httpx

import "sync"

// retryBudget bounds retries to a share of first attempts, for each host. It
// has no clock: where nothing is asked, nothing needs to be retried.
type retryBudget struct {
	ratio, burst float64

	mu    sync.Mutex
	saved map[string]float64
}

// maxBudgetHosts bounds the memory for hosts that users name.
const maxBudgetHosts = 4096

func newRetryBudget(ratio, burst float64) *retryBudget {
	return &retryBudget{ratio: ratio, burst: burst, saved: make(map[string]float64)}
}

// first notes a first attempt.
func (b *retryBudget) first(host string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	have, ok := b.saved[host]
	if !ok { // a host starts with the full burst, which needs no entry
		return
	}
	if have += b.ratio; have >= b.burst {
		delete(b.saved, host)
		return
	}
	b.saved[host] = have
}

// take reports whether a retry may be made and pays for it.
func (b *retryBudget) take(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	have, ok := b.saved[host]
	if !ok {
		if len(b.saved) >= maxBudgetHosts {
			return false
		}
		have = b.burst
	}
	if have < 1 {
		return false
	}
	b.saved[host] = have - 1
	return true
}
