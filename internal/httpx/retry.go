package httpx

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// RetryPolicy bounds how Read tries again. The zero value is the default.
type RetryPolicy struct {
	Attempts int           // requests in all; 0 for 3, 1 for no retry, at most 10
	Base     time.Duration // the first back-off is random in [0, Base], then doubled; 0 for 200 ms
	MaxDelay time.Duration // ceiling of the back-off; 0 for 10 s

	// MaxWait is the longest wait that the platform or the quota may ask for
	// and Read sleeps. Beyond it Read returns the *smm.RateLimitError at once,
	// so that a worker is not held. 0 for 15 s, negative for no such wait at all.
	MaxWait time.Duration

	// BudgetRatio is the extra load that retries may cause on a host, as a share
	// of its first attempts; 0 for 0.1. BudgetBurst is how many retries may be
	// saved up; 0 for 10. Together they keep an outage from becoming a storm.
	BudgetRatio float64
	BudgetBurst float64
}

func (p RetryPolicy) withDefaults() (RetryPolicy, error) {
	if p.Attempts < 0 || p.Attempts > 10 || p.Base < 0 || p.MaxDelay < 0 || p.BudgetRatio < 0 || p.BudgetRatio > 1 || p.BudgetBurst < 0 {
		return p, fmt.Errorf("%w: httpx: retry policy out of range", smm.ErrInvalid)
	}
	if p.Attempts == 0 {
		p.Attempts = 3
	}
	if p.Base == 0 {
		p.Base = 200 * time.Millisecond
	}
	if p.MaxDelay == 0 {
		p.MaxDelay = 10 * time.Second
	}
	if p.MaxWait == 0 {
		p.MaxWait = 15 * time.Second
	}
	if p.BudgetRatio == 0 {
		p.BudgetRatio = 0.1
	}
	if p.BudgetBurst == 0 {
		p.BudgetBurst = 10
	}
	return p, nil
}

// throttledBase is the first back-off after a 429 that named no time.
const throttledBase = time.Second

// delay is the wait before try n+1 (n counts from 0) after status (0 for none)
// and a wait asked for by the platform. ok is false if that is too long.
func (p RetryPolicy) delay(n, status int, asked time.Duration) (d time.Duration, ok bool) {
	if asked > 0 {
		if asked > p.MaxWait {
			return 0, false
		}
		// Everybody was told the same time, so nobody comes exactly then.
		return asked + rand.N(asked/10+50*time.Millisecond), true
	}
	base := p.Base
	if status == http.StatusTooManyRequests {
		base = max(base, throttledBase)
	}
	for range n {
		base = min(2*base, p.MaxDelay)
	}
	// Full jitter: M. Brooker, "Exponential Backoff And Jitter", 2015.
	return rand.N(min(base, p.MaxDelay) + 1), true
}

// retryableStatus reports whether a read may see another answer soon.
func retryableStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retryableError reports whether a failed exchange may go well next time.
func retryableError(err error) bool {
	return !certificateError(err) && !errors.Is(err, errRedirect) && !errors.Is(err, errTooLarge) && !errors.Is(err, errOnce)
}
