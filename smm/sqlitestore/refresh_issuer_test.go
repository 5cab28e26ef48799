package sqlitestore_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// issuer is a platform whose refresh tokens are taken once, and whose access
// tokens end while every process is using them: then all of them want to renew
// at the same moment, which is a race.
type issuer struct {
	url       string
	processes int
	lifetime  time.Duration // of access tokens that not all processes use
	limit     time.Duration // of a request, as the processes have it
	goal      int           // races, after which no access token ends any more
	enough    chan struct{} // closed then

	mu       sync.Mutex
	accounts map[string]*family
	killed   map[string]bool // processes
	counts   issuerCounts
}

type issuerCounts struct {
	races      int // refreshes that gave a new pair
	refused    int // uses of an access token that was over before
	lost       int // replies
	graced     int // refresh tokens that came again, within grace
	revoked    int // families
	wronged    int // of them, those that no crash excuses
	tooSlow    int // of them, those whose process had not stored the answer after the limit of a request
	cutOff     int // answers that a kill took from the store
	reconnects int
}

// family is the tokens of an account since it was connected.
type family struct {
	grace     bool
	n         int // the newest pair is a<n> and r<n>
	family    int
	revoked   bool
	ended     chan struct{}   // closed when the access token ends
	issued    time.Time       // the newest pair
	holder    string          // process that was given the newest pair
	users     map[string]bool // processes that used the newest access token
	complaint string
}

func newIssuer(t *testing.T, goal int, lifetime, limit time.Duration, accounts []string) *issuer {
	t.Helper()
	i := &issuer{processes: raceProcesses, goal: goal, lifetime: lifetime, limit: limit, enough: make(chan struct{}), accounts: make(map[string]*family), killed: make(map[string]bool)}
	for n, a := range accounts {
		i.accounts[a] = &family{grace: n%2 == 0}
		i.accounts[a].renew("")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/use", i.use)
	mux.HandleFunc("/refresh", i.refresh)
	mux.HandleFunc("/reconnect", i.reconnect)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

// tokens is the answer of a refresh.
type tokens struct{ Access, Refresh string }

func (f *family) pair() tokens {
	return tokens{fmt.Sprintf("a%d.%d", f.family, f.n), fmt.Sprintf("r%d.%d", f.family, f.n)}
}

// renew begins the life of the newest pair, which holder was given.
func (f *family) renew(holder string) {
	f.ended, f.issued, f.holder, f.users = make(chan struct{}), time.Now(), holder, make(map[string]bool)
}

func (f *family) over() bool { return isClosed(f.ended) }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// end must be called with the issuer's mu held.
func (f *family) end() {
	if !f.over() {
		close(f.ended)
	}
}

// use takes as long as the newest access token lives, and answers 401 in the end,
// as to any other token; and 410 when the goal is reached.
func (i *issuer) use(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	f := i.accounts[r.FormValue("account")]
	if f.revoked || f.over() || r.FormValue("token") != f.pair().Access {
		i.counts.refused++
		i.mu.Unlock()
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if isClosed(i.enough) {
		f.users["anybody"] = true
		i.mu.Unlock()
		w.WriteHeader(http.StatusGone)
		return
	}
	if f.users[r.FormValue("process")] = true; len(f.users) >= i.processes {
		f.end()
	}
	ended := f.ended
	i.mu.Unlock()
	limit := time.NewTimer(i.lifetime)
	defer limit.Stop()
	select {
	case <-ended:
	case <-i.enough:
		if !isClosed(ended) {
			w.WriteHeader(http.StatusGone)
			return
		}
	case <-limit.C:
		i.mu.Lock()
		if f.ended == ended {
			f.end()
		}
		i.mu.Unlock()
	case <-r.Context().Done():
	}
	w.WriteHeader(http.StatusUnauthorized)
}

func (i *issuer) refresh(w http.ResponseWriter, r *http.Request) {
	if d := rand.N(4 * time.Millisecond); d > time.Millisecond { // on the way there and back
		wait(d / 2)
		defer wait(d / 2)
	}
	answer, lost := i.rotate(r.FormValue("account"), r.FormValue("token"), r.FormValue("process"))
	switch {
	case answer == nil:
		w.WriteHeader(http.StatusBadRequest)
	case lost:
		panic(http.ErrAbortHandler)
	default:
		_ = json.NewEncoder(w).Encode(answer) // a process that is dead does not read it
	}
}

func wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
}

// rotate gives the next pair for the newest refresh token. One that comes again
// is a theft, unless the family has grace.
func (i *issuer) rotate(account, token, process string) (answer *tokens, lost bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.accounts[account]
	pair := f.pair()
	before := fmt.Sprintf("r%d.%d", f.family, f.n-1)
	switch {
	case f.revoked:
		return nil, false
	case token == pair.Refresh:
		f.n++
		f.renew(process)
		if i.counts.races++; i.counts.races == i.goal {
			close(i.enough)
		}
		lost = f.grace && i.counts.races%17 == 0
	case f.grace && token == before:
		i.counts.graced++
		f.holder = process
	case strings.HasPrefix(token, fmt.Sprintf("r%d.", f.family)):
		i.revoke(account, f, token, process)
		return nil, false
	default:
		return nil, false
	}
	if lost {
		i.counts.lost++
	}
	pair = f.pair()
	return &pair, lost
}

// revoke ends a family. The excuse is that the process which was given the newest
// pair was killed before anybody used it, and that there is no grace.
func (i *issuer) revoke(account string, f *family, token, process string) {
	f.revoked = true
	f.end()
	i.counts.revoked++
	if !f.grace && !i.killed[f.holder] && len(f.users) == 0 && time.Since(f.issued) > i.limit {
		i.counts.tooSlow++
		return
	}
	if f.grace || len(f.users) > 0 || !i.killed[f.holder] {
		i.counts.wronged++
		f.complaint = fmt.Sprintf("%s: %s came again from process %s, when %s had been given to %s (killed %v, used by %d)",
			account, token, process, f.pair().Refresh, f.holder, i.killed[f.holder], len(f.users))
	}
}

// reconnect is a person who connects the account again. It answers 409 if it
// works.
func (i *issuer) reconnect(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.accounts[r.FormValue("account")]
	if !f.revoked {
		w.WriteHeader(http.StatusConflict)
		return
	}
	f.revoked = false
	f.family++
	f.n = 0
	f.renew("")
	i.counts.reconnects++
	_ = json.NewEncoder(w).Encode(f.pair()) // as above
}

func (i *issuer) figures() issuerCounts {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.counts
}

func (i *issuer) died(process string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.killed[process] = true
	for _, f := range i.accounts {
		if f.holder == process && len(f.users) == 0 {
			i.counts.cutOff++
		}
	}
}

// stop lets every access token live that is given from now on.
func (i *issuer) stop() {
	close(i.enough)
}

// complaints tells of the families that nothing excuses.
func (i *issuer) complaints() (out []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, f := range i.accounts {
		if f.complaint != "" {
			out = append(out, f.complaint)
		}
	}
	return out
}
