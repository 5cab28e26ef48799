package sqlitestore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/internal/worktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// refresher is a process that uses all accounts until the issuer has had enough.
type refresher struct {
	url, name string
	limit     time.Duration
	store     smm.CredentialStore
	client    *http.Client
	errs      atomic.Int64 // failures for now
}

// workRefresh is the process. The task is its name, the limit of a request, and
// how it keeps credentials.
func workRefresh(path, url, task string) error {
	name, rest, _ := strings.Cut(task, " ")
	limit, mode, _ := strings.Cut(rest, " ")
	ctx := context.Background()
	db, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	v, err := newVault(db, "k")
	if err != nil {
		return err
	}
	p := &refresher{url: url, name: name, store: v, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	switch mode {
	case "blind":
		p.store = blindStore{v}
	case "unlocked":
		p.store = struct{ smm.CredentialStore }{v}
	}
	if p.limit, err = time.ParseDuration(limit); err != nil {
		return err
	}
	accounts, err := v.Accounts(ctx, shop, refreshed)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, "ready"); err != nil {
		return err
	}
	var wg sync.WaitGroup
	failed := make(chan error, len(accounts))
	for _, a := range accounts {
		wg.Go(func() { failed <- p.work(ctx, a) })
	}
	wg.Wait()
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	if err == nil {
		_, err = fmt.Fprintf(os.Stdout, "done, %d failures for now\n", p.errs.Load())
	}
	return errors.Join(err, db.Close())
}

const refreshed smm.Platform = "refreshed"

// blindStore is how many programs store tokens: the last writer wins, and nobody
// locks.
type blindStore struct{ smm.CredentialStore }

func (s blindStore) Swap(ctx context.Context, t smm.Tenant, r smm.Ref, _ int64, c smm.Credential) (int64, error) {
	for {
		have, err := s.Load(ctx, t, r)
		if err != nil {
			return 0, err
		}
		if v, err := s.CredentialStore.Swap(ctx, t, r, have.Version, c); !errors.Is(err, smm.ErrConflict) {
			return v, err
		}
	}
}

// hasGrace is what the process knows of the platform.
func hasGrace(account smm.Ref) bool { return strings.HasPrefix(account.ID, "grace") }

// work uses an account until the issuer has had enough.
func (p *refresher) work(ctx context.Context, account smm.Ref) error {
	k, err := keep.New(keep.Config{
		Store: p.store, Tenant: shop, Account: account, Grace: hasGrace(account), Limit: p.limit,
		Renew: func(ctx context.Context, c smm.Credential) (smm.Credential, error) {
			return p.renew(ctx, account, c)
		},
	})
	if err != nil {
		return err
	}
	for {
		c, err := k.Credential(ctx)
		status := 0
		if err == nil {
			status, _, err = p.post(ctx, "/use", account, c.AccessToken.Reveal())
		}
		if status == http.StatusUnauthorized {
			_, err = k.Refused(ctx, c)
		}
		switch {
		case status == http.StatusGone:
			return nil // with a token that works
		case smm.NeedsReconnect(err):
			if err := p.reconnect(ctx, account, err); err != nil {
				return err
			}
		case errors.Is(err, smm.ErrUnavailable):
			p.errs.Add(1)
			wait(20 * time.Millisecond)
		case err != nil:
			return err
		}
	}
}

// reconnect does what package connect does when a person comes back.
func (p *refresher) reconnect(ctx context.Context, account smm.Ref, why error) error {
	old, err := p.store.Load(ctx, shop, account)
	if err != nil {
		return err
	}
	status, body, err := p.post(ctx, "/reconnect", account, "")
	if err != nil || status == http.StatusConflict { // somebody else did
		wait(5 * time.Millisecond)
		return err
	}
	if hasGrace(account) {
		return fmt.Errorf("%s: %w", account, why)
	}
	for {
		_, err := p.store.Swap(ctx, shop, account, old.Version, old.Renewed(credentialOf(body)))
		if !errors.Is(err, smm.ErrConflict) {
			return err
		}
		if old, err = p.store.Load(ctx, shop, account); err != nil {
			return err
		}
	}
}

func credentialOf(t tokens) smm.Credential {
	return smm.Credential{AccessToken: smm.NewSecret(t.Access), RefreshToken: smm.NewSecret(t.Refresh), Obtained: time.Now()}
}

func (p *refresher) renew(ctx context.Context, account smm.Ref, c smm.Credential) (smm.Credential, error) {
	status, body, err := p.post(ctx, "/refresh", account, c.RefreshToken.Reveal())
	switch {
	case err != nil:
		return smm.Credential{}, err
	case status != http.StatusOK:
		return smm.Credential{}, &smm.Error{Op: "refresh", Platform: refreshed, Status: status, Code: "invalid_grant", Err: smm.ErrUnauthorized}
	}
	return credentialOf(body), nil
}

// post sends a form. An error means that nobody knows whether it arrived.
func (p *refresher) post(ctx context.Context, path string, account smm.Ref, token string) (int, tokens, error) {
	form := url.Values{"account": {account.ID}, "token": {token}, "process": {p.name}}
	unknown := &smm.Error{Op: path, Platform: refreshed, Err: smm.ErrUnavailable}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, tokens{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.client.Do(req)
	if err != nil {
		return 0, tokens{}, unknown
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, tokens{}, unknown
	}
	var body tokens
	if len(b) > 0 {
		if err := json.Unmarshal(b, &body); err != nil {
			return 0, tokens{}, unknown
		}
	}
	return resp.StatusCode, body, nil
}

// connectAccounts stores the first tokens of n accounts, half of them on a
// platform with grace.
func connectAccounts(t *testing.T, path string, n int) []string {
	t.Helper()
	db := open(t, path)
	s := openVault(t, db, "k")
	ids := make([]string, n)
	for i := range ids {
		if ids[i] = fmt.Sprint("strict", i); i%2 == 0 {
			ids[i] = fmt.Sprint("grace", i)
		}
		ref := smm.Ref{Platform: refreshed, Kind: smm.KindChannel, ID: ids[i]}
		if _, err := s.Swap(t.Context(), shop, ref, 0, credentialOf((&family{}).pair())); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return ids
}

func startRefresher(t *testing.T, path string, i *issuer, name, mode string) *worktest.Process {
	t.Helper()
	p := worktest.Start(t, "SQLITESTORE_REFRESH="+path, "SQLITESTORE_PUBLIC="+i.url, fmt.Sprintf("SQLITESTORE_TASK=%s %s %s", name, i.limit, mode))
	p.Await(t, "ready")
	return p
}

// finish waits for a process that ends by itself.
func finish(t *testing.T, p *worktest.Process) {
	t.Helper()
	line, err := p.Out.ReadString('\n')
	if err := errors.Join(err, p.Cmd.Wait()); err != nil || !strings.HasPrefix(line, "done") {
		t.Errorf("a process ended with %q, %v", line, err)
	}
}

const (
	raceProcesses = 3
	raceAccounts  = 40
)

func startRefreshers(t *testing.T, path string, i *issuer, mode string) []*worktest.Process {
	t.Helper()
	ps := make([]*worktest.Process, raceProcesses)
	for n := range ps {
		ps[n] = startRefresher(t, path, i, strconv.Itoa(n), mode)
	}
	return ps
}

func runRaces(t *testing.T, races int, mode string) issuerCounts {
	t.Helper()
	path := filepath.Join(t.TempDir(), "smm.db")
	i := newIssuer(t, races, 20*time.Second, 15*time.Second, connectAccounts(t, path, raceAccounts))
	begun := time.Now()
	for _, p := range startRefreshers(t, path, i, mode) {
		finish(t, p)
	}
	c, took := i.figures(), time.Since(begun)
	t.Logf("%d processes, %s: %+v, %.0f races/s", raceProcesses, took.Round(time.Millisecond), c, float64(c.races)/took.Seconds())
	if c.revoked != 0 || c.reconnects != 0 {
		t.Errorf("%d families were revoked: %q", c.revoked, i.complaints())
	}
	return c
}

// Several processes race to renew the same credentials, 5,000 times. The platform
// loses replies, and revokes whatever family it sees a refresh token of twice.
func TestRefreshRaces(t *testing.T) {
	races := 5000
	if testing.Short() {
		races = 200
	}
	c := runRaces(t, races, "kept")
	if c.lost == 0 || c.graced < c.lost {
		t.Errorf("%d replies were lost and %d asked for again: the test proves nothing", c.lost, c.graced)
	}
}

// Compare-and-swap alone keeps the families, where a store has no leases.
func TestRefreshRacesWithoutLeases(t *testing.T) {
	races := 1000
	if testing.Short() {
		races = 100
	}
	runRaces(t, races, "unlocked")
}

// The races are real: over a store that lets the last writer win and locks
// nothing, families are revoked.
func TestRefreshRacesNeedTheStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	i := newIssuer(t, 1000, time.Second, 15*time.Second, connectAccounts(t, path, raceAccounts))
	ps := startRefreshers(t, path, i, "blind")
	for end := time.Now().Add(time.Minute); i.figures().revoked == 0 && time.Now().Before(end); {
		wait(10 * time.Millisecond)
	}
	for _, p := range ps {
		_ = p.Cmd.Process.Kill() // it may have ended by itself
		_ = p.Cmd.Wait()
	}
	if c := i.figures(); c.revoked == 0 {
		t.Errorf("%+v: no family was revoked: the races prove nothing", c)
	} else {
		t.Logf("%d of %d families were revoked after %d refreshes", c.revoked, raceAccounts, c.races)
	}
}

// Processes are killed again and again while they renew. No family is revoked but
// where there is no grace and the kill came between the answer and the save: that
// is reported, and a person connects the account again.
func TestKilledWhileRefreshing(t *testing.T) {
	kills := 60
	if testing.Short() {
		kills = 8
	}
	path := filepath.Join(t.TempDir(), "smm.db")
	i := newIssuer(t, math.MaxInt, 30*time.Millisecond, 2*time.Second, connectAccounts(t, path, raceAccounts))
	begun := time.Now()
	names, ps := make([]string, raceProcesses), make([]*worktest.Process, raceProcesses)
	start := func(n, life int) {
		names[n] = fmt.Sprintf("%d.%d", n, life)
		ps[n] = startRefresher(t, path, i, names[n], "kept")
	}
	for n := range ps {
		start(n, 0)
	}
	for k := 0; k < kills || i.figures().cutOff == 0 && k < 10*kills; k++ {
		wait(time.Duration(20+rand.IntN(80)) * time.Millisecond)
		n := rand.IntN(raceProcesses)
		if err := ps[n].Cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := ps[n].Cmd.Wait(); err == nil {
			t.Fatal("a process ended by itself")
		}
		i.died(names[n])
		start(n, k+1)
	}
	i.stop()
	for _, p := range ps {
		finish(t, p)
	}
	c := i.figures()
	t.Logf("at least %d kills, %s: %+v", kills, time.Since(begun).Round(time.Millisecond), c)
	switch {
	case c.wronged > 0:
		t.Errorf("%d families were revoked without a reason: %q", c.wronged, i.complaints())
	case c.reconnects != c.revoked:
		t.Errorf("%d families were revoked, and %d reported", c.revoked, c.reconnects)
	case c.cutOff == 0:
		t.Error("no kill came between an answer and its save: the test proves nothing")
	}
}
