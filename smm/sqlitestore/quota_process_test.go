package sqlitestore_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/worktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

const (
	sharedLimit  = 120
	sharedWindow = 3 * time.Second
	sharedRun    = 9 * time.Second
)

// rollingWindow is a platform that takes sharedLimit requests in any window.
type rollingWindow struct {
	mu              sync.Mutex
	log             []time.Time
	served, refused int
}

func (p *rollingWindow) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for len(p.log) > 0 && !p.log[0].After(now.Add(-sharedWindow)) {
		p.log = p.log[1:]
	}
	if len(p.log) >= sharedLimit {
		p.refused++
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	p.log = append(p.log, now)
	p.served++
}

// workQuota is a process that wants more than there is.
func workQuota(path, platform string) error {
	ctx, cancel := context.WithTimeout(context.Background(), sharedRun)
	defer cancel()
	db, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	l, err := quota.New(quota.Config{
		Store: db.Quota(), Skew: 5 * time.Millisecond, Lease: time.Second,
		Limit: func(smm.QuotaKey) (smm.QuotaLimit, bool) {
			return smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: sharedLimit, Window: sharedWindow}, true
		},
	})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				askOnce(ctx, l, platform)
			}
		})
	}
	wg.Wait()
	return l.Close(context.WithoutCancel(ctx))
}

func askOnce(ctx context.Context, l *quota.Limiter, platform string) {
	g, err := l.Reserve(ctx, smm.PriorityPublish, smm.Charge{Key: smm.QuotaKey{Platform: "x", Bucket: "all"}, Cost: 1})
	if err != nil {
		wait, ok := smm.RetryAfter(err)
		if !ok {
			wait = 20 * time.Millisecond
		}
		_ = smm.SystemClock().Sleep(ctx, wait)
		return
	}
	report := smm.QuotaReport{Sent: true}
	// What was sent counts, whether or not the run is over meanwhile.
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, platform, http.NoBody)
	if err == nil {
		var resp *http.Response
		if resp, err = http.DefaultClient.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			report.Throttle = resp.StatusCode == http.StatusTooManyRequests
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	l.Report(context.WithoutCancel(ctx), g, report)
}

// TestProcessesShareAQuota: four processes that want all they can get meet no
// refusal, and leave little of the budget.
func TestProcessesShareAQuota(t *testing.T) {
	if testing.Short() {
		t.Skipf("-short: it takes %s of real time", sharedRun)
	}
	p := &rollingWindow{}
	server := httptest.NewServer(p)
	defer server.Close()
	path := filepath.Join(t.TempDir(), "smm.db")
	began := time.Now()
	var all []*worktest.Process
	for range 4 {
		all = append(all, worktest.Start(t, "SQLITESTORE_QUOTA="+path, "SQLITESTORE_PUBLIC="+server.URL))
	}
	for _, w := range all {
		w.Wait(t)
	}
	took := time.Since(began)
	use := float64(p.served) / (sharedLimit * took.Seconds() / sharedWindow.Seconds())
	t.Logf("%d served, %d x 429, %.0f %% used in %s", p.served, p.refused, 100*use, took.Round(time.Millisecond))
	if p.refused > 0 || use < 0.6 {
		t.Errorf("%d x 429 and %.2f of the budget used, want none and more than 0.6 of it", p.refused, use)
	}
}
