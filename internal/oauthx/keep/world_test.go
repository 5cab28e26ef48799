package keep_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/smm"
)

var account = smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us"}

const life = 10 * time.Minute // of an access token

// issuer is a platform that rotates refresh tokens and revokes the family when
// one comes twice. With grace, the one before the newest gets the newest again.
type issuer struct {
	mu      sync.Mutex
	grace   bool
	strict  bool // a rotation ends the access token before
	silent  bool // it does not say when access tokens end
	n       int  // the newest pair
	ends    map[string]time.Time
	revoked bool
	asked   int
	onBreak func() // called when the family is revoked
}

func newIssuer() *issuer { return &issuer{ends: make(map[string]time.Time)} }

// pair is what the n-th answer holds. It must be called with mu held.
func (i *issuer) pair() smm.Credential {
	c := smm.Credential{
		AccessToken: smm.NewSecret(fmt.Sprint("a", i.n)), RefreshToken: smm.NewSecret(fmt.Sprint("r", i.n)), Obtained: time.Now(),
	}
	if !i.silent {
		c.Expires = i.ends[c.AccessToken.Reveal()]
	}
	return c
}

func (i *issuer) first() smm.Credential {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.rotate()
}

func (i *issuer) rotate() smm.Credential {
	if i.strict {
		delete(i.ends, fmt.Sprint("a", i.n))
	}
	i.n++
	i.ends[fmt.Sprint("a", i.n)] = time.Now().Add(life)
	return i.pair()
}

var errRefused = &smm.Error{Platform: "test", Op: "refresh", Status: 400, Code: "invalid_grant", Err: smm.ErrUnauthorized}

func (i *issuer) refresh(token smm.Secret) (smm.Credential, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked++
	switch t := token.Reveal(); {
	case i.revoked:
		return smm.Credential{}, errRefused
	case t == fmt.Sprint("r", i.n):
		return i.rotate(), nil
	case i.grace && t == fmt.Sprint("r", i.n-1):
		return i.pair(), nil
	case strings.HasPrefix(t, "r"):
		i.revoked = true
		clear(i.ends)
		i.onBreak()
	}
	return smm.Credential{}, errRefused
}

func (i *issuer) valid(access smm.Secret) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return time.Now().Before(i.ends[access.Reveal()])
}

// fault is what happens at a step.
type fault int

const (
	none         fault = iota
	failBefore         // an error, and nothing was done; to a request: it was not sent
	failAfter          // an error, although it was done: a lost reply
	lostRequest        // to a request: it never arrived, and nobody knows
	answered           // to a request: the platform is overloaded, and says so
	crashBefore        // the process dies
	crashAfter         // the process dies, and it was done
	slow               // it takes nearly as long as a request may
	freezeBefore       // the process stands still for longer than any lease
	freezeAfter        // the same, after it was done
	late               // to a request: it arrives when nobody waits for it any more
	faults
)

func (f fault) String() string {
	return []string{"none", "fail before", "fail after", "lost request", "answered", "crash before", "crash after", "slow", "freeze before", "freeze after", "late"}[f]
}

// world is one run: processes over one store and one issuer, and one fault.
type world struct {
	issuer *issuer
	store  smm.CredentialStore
	locks  bool

	at    int   // the step that the fault is at
	fault fault //

	mu     sync.Mutex
	steps  int
	ops    []string
	used   bool
	onAsk  bool // the fault fell on a request
	onSwap bool
	wrong  []string
	were   []string // access tokens that the store has had
}

func (w *world) complain(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// process is one keeper and what it meets.
type process struct {
	w      *world
	name   string
	delay  time.Duration // of each of its steps
	ctx    context.Context
	die    context.CancelFunc
	hurt   bool      // a fault fell on this process since its last call began
	stands time.Time // until when it stands still
	keeper *keep.Keeper
	last   error
	seen   []error
}

func (w *world) process(name string, delay time.Duration) *process {
	p := &process{w: w, name: name, delay: delay}
	p.begin()
	return p
}

// begin starts the process, anew after a crash.
func (p *process) begin() {
	p.ctx, p.die = context.WithCancel(context.Background())
	life := &lifetime{process: p, ctx: p.ctx}
	var s smm.CredentialStore = &store{life}
	if p.w.locks {
		s = &lockingStore{store{life}}
	}
	k, err := keep.New(keep.Config{Store: s, Account: account, Renew: life.renew, Grace: p.w.issuer.grace})
	if err != nil {
		panic(err)
	}
	p.keeper = k
}

// lifetime is a process between two crashes.
type lifetime struct {
	*process
	ctx context.Context
}

var errWeather = errors.New("weather")

// step passes time and tells which fault happens.
func (p *lifetime) step(op string) fault {
	p.alive()
	pass(p.delay)
	p.alive()
	p.w.mu.Lock()
	p.w.steps++
	p.w.ops = append(p.w.ops, p.name+":"+op)
	f := none
	if p.w.steps == p.w.at {
		f, p.w.used, p.hurt = p.w.fault, true, true
		p.w.onAsk, p.w.onSwap = op == "ask", op == "swap"
	}
	p.w.mu.Unlock()
	switch f {
	case crashBefore:
		p.crash()
	case freezeBefore:
		p.freeze(3 * time.Minute)
	case slow:
		p.freeze(13 * time.Second)
	}
	return f
}

// alive ends the goroutine of a process that is dead.
func (p *lifetime) alive() {
	if p.ctx.Err() != nil {
		runtime.Goexit()
	}
}

// after ends a step that was done.
func (p *lifetime) after(f fault) error {
	switch f {
	case crashAfter:
		p.crash()
	case freezeAfter:
		p.freeze(3 * time.Minute)
	case failAfter:
		return errWeather
	}
	return nil
}

func (p *lifetime) freeze(d time.Duration) {
	p.w.mu.Lock()
	p.stands = time.Now().Add(d + time.Minute)
	p.w.mu.Unlock()
	pass(d)
}

func (p *lifetime) crash() {
	p.die()
	runtime.Goexit()
}

// store is the world's, seen by a process.
type store struct{ p *lifetime }

func (s *store) Load(ctx context.Context, t smm.Tenant, r smm.Ref) (smm.Credential, error) {
	f := s.p.step("load")
	if f == failBefore {
		return smm.Credential{}, errWeather
	}
	c, err := s.p.w.store.Load(ctx, t, r)
	return c, errors.Join(err, s.p.after(f))
}

func (s *store) Swap(ctx context.Context, t smm.Tenant, r smm.Ref, old int64, c smm.Credential) (int64, error) {
	f := s.p.step("swap")
	if f == failBefore {
		return 0, errWeather
	}
	v, err := s.p.w.store.Swap(ctx, t, r, old, c)
	if err == nil {
		s.p.w.history(c)
	}
	if e := s.p.after(f); e != nil {
		return 0, e
	}
	return v, err
}

func (s *store) Delete(ctx context.Context, t smm.Tenant, r smm.Ref) error {
	s.p.w.complain("%s deletes the credential", s.p.name)
	return s.p.w.store.Delete(ctx, t, r)
}

func (s *store) Accounts(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
	return s.p.w.store.Accounts(ctx, t, p)
}

type lockingStore struct{ store }

func (s *lockingStore) LockCredential(ctx context.Context, t smm.Tenant, r smm.Ref, ttl time.Duration) (func(), error) {
	f := s.p.step("lock")
	if f == failBefore {
		return nil, errWeather
	}
	unlock, err := s.p.w.store.(smm.CredentialLocker).LockCredential(ctx, t, r, ttl)
	if e := s.p.after(f); e != nil && err == nil {
		return nil, e // and the lease lasts
	}
	return func() {
		if s.p.ctx.Err() == nil && unlock != nil {
			unlock()
		}
	}, err
}

// renew is the way to the issuer.
func (p *lifetime) renew(ctx context.Context, c smm.Credential) (smm.Credential, error) {
	f := p.step("ask")
	weather := &smm.Error{Platform: "test", Op: "refresh", Err: smm.ErrUnavailable}
	switch {
	case f == failBefore, ctx.Err() != nil:
		weather.Outcome = smm.OutcomeNotSent
		return smm.Credential{}, weather
	case f == answered:
		weather.Outcome = smm.OutcomeRefused
		return smm.Credential{}, weather
	case f == lostRequest:
		<-ctx.Done()
		return smm.Credential{}, weather
	case f == late:
		go func() {
			pass(25 * time.Second)
			_, _ = p.w.issuer.refresh(c.RefreshToken)
		}()
		<-ctx.Done()
		return smm.Credential{}, weather
	}
	next, err := p.w.issuer.refresh(c.RefreshToken)
	if e := p.after(f); e != nil {
		return smm.Credential{}, weather
	}
	if ctx.Err() != nil { // it stood still for too long to read the answer
		return smm.Credential{}, weather
	}
	return next, err
}

// history notes a version that was stored, and returns all access tokens so far.
func (w *world) history(c smm.Credential) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.were = append(w.were, c.AccessToken.Reveal())
	return slices.Clone(w.were)
}

// stored is what the store holds now.
func (w *world) stored() smm.Credential {
	c, err := w.store.Load(context.Background(), "", account)
	if err != nil {
		w.complain("the credential is gone: %v", err)
	}
	return c
}

// use is one thing that a program does with the account: a request, with one
// more try if the token is refused.
func (p *process) use() error {
	p.w.mu.Lock()
	p.hurt = time.Now().Before(p.stands)
	p.w.mu.Unlock()
	ctx := p.ctx
	c, err := p.get(ctx)
	if err != nil || p.w.issuer.valid(c.AccessToken) {
		return err
	}
	again, err := p.keeper.Refused(ctx, c)
	switch {
	case err != nil:
		return err
	case !again:
		return errRefused
	}
	if c, err = p.get(ctx); err == nil && !p.w.issuer.valid(c.AccessToken) {
		return fmt.Errorf("a token that was renewed after a refusal is refused: %w", smm.ErrUnauthorized)
	}
	return err
}

func (p *process) get(ctx context.Context) (smm.Credential, error) {
	before := p.w.stored()
	c, err := p.keeper.Credential(ctx)
	if ctx.Err() != nil {
		return c, ctx.Err()
	}
	after := p.w.stored()
	known := []string{before.AccessToken.Reveal(), after.AccessToken.Reveal()}
	switch {
	case err == nil && !slices.Contains(p.w.history(after), c.AccessToken.Reveal()):
		p.w.complain("%s was given %s, which is not stored", p.name, c.AccessToken.Reveal())
	case err != nil && !p.hurt && slices.Equal(known[:1], known[1:]) && p.w.issuer.valid(after.AccessToken) && !after.Expired(time.Now(), 10*time.Second) && !after.Expires.IsZero():
		p.w.complain("%s fails although %s works: %v", p.name, known[1], err)
	}
	return c, err
}
