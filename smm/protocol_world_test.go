package smm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// The model checker runs the production code, Client.Advance with its pure
// transition functions, and explores every interleaving of two workers that
// share one delivery, up to the budgets below. Workers are coroutines that stop
// before each effect: claim, save, prepare, commit, read, release. The explorer
// decides who goes next, what the network does to a commit, who crashes, when
// requests that were given up still arrive, and how time passes.

const (
	tick        = 10 * time.Second
	leaseTicks  = 4
	commitLimit = 2 * tick
	requestLife = 2 * tick
	readLag     = tick
	keyWindow   = 12 * tick
	handleLife  = 10 * tick
)

var epochZero = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// budgets bound a run, so that the number of states is finite.
type budgets struct {
	Faults, Crashes, Freezes, Cancels, Ticks, Restores int
}

// record is what the store holds.
type record struct {
	d     []byte // JSON of the delivery: what a fresh process would load
	phase smm.Phase
	wake  time.Time
	epoch int
	owner int // worker index + 1, 0 for none
	until time.Time
}

// request is a commit that its caller gave up while it was on its way.
type request struct {
	key    string
	handle int
	latest time.Time // it arrives by then or never
}

// item is something public.
type item struct {
	key  string
	born time.Time
}

type world struct {
	class   smm.Class
	m       mutant
	left    budgets
	now     time.Time
	store   record
	flight  []request
	items   []item
	keys    map[string]time.Time // when a key was first seen
	handles []time.Time          // when each handle was made
	used    map[int]bool         // handles that were published
	workers []*worker
	backup  *record   // what a backup holds
	taken   time.Time // when it was taken
	back    bool      // it was put to use
}

// Now and Sleep make the world the clock of the clients.
func (w *world) Now() time.Time { return w.now }

func (w *world) Sleep(context.Context, time.Duration) error {
	return errors.New("the protocol must not sleep")
}

// effect is what a worker is about to do.
type effect string

const (
	doClaim   effect = "claim"
	doSave    effect = "save"
	doPrepare effect = "prepare"
	doCommit  effect = "commit"
	doSettle  effect = "settle"
	doRelease effect = "release"
)

type worker struct {
	w      *world
	id     int
	next   func() (effect, bool)
	stop   func()
	yield  func(effect) bool
	at     effect
	d      *smm.Delivery
	epoch  int
	until  time.Time
	frozen bool // does nothing until it thaws

	attempt smm.Attempt // of the commit in hand
	prep    prepState
	cached  *smm.Outcome // what the first read said, for a mutant

	outcome smm.Outcome // result of the effect just performed
	err     error
}

type crashed struct{}

func newWorld(class smm.Class, m mutant, b budgets) *world {
	w := &world{class: class, m: m, left: b, now: epochZero, keys: map[string]time.Time{}, used: map[int]bool{}}
	d := smm.Delivery{
		Schema: smm.DeliverySchema, ID: "d1", Phase: smm.PhasePreparing, Wake: w.now,
		Policy: smm.Policy{MaxAttempts: 3, CommitLimit: commitLimit},
		Request: smm.PublishRequest{ID: "d1", Kind: smm.CreatePost, Created: w.now,
			Channel: smm.Ref{Platform: "model", Kind: smm.KindChannel, ID: "c"}, Post: smm.Post{Text: "once"}},
	}
	w.put(&d)
	for i := range 2 {
		w.workers = append(w.workers, w.start(i))
	}
	return w
}

func (w *world) put(d *smm.Delivery) {
	d.Log, d.Failure = nil, nil // history does not change the future
	b, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	w.store.d, w.store.phase, w.store.wake = b, d.Phase, d.Wake
}

func (w *world) load() *smm.Delivery {
	var d smm.Delivery
	if err := json.Unmarshal(w.store.d, &d); err != nil {
		panic(err)
	}
	return &d
}

func (w *world) start(id int) *worker {
	wk := &worker{w: w, id: id}
	client, err := smm.New([]smm.Driver{modelDriver{wk}}, smm.WithClock(w))
	if err != nil {
		panic(err)
	}
	wk.next, wk.stop = iter.Pull(func(yield func(effect) bool) {
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(crashed); !ok {
					panic(r)
				}
			}
		}()
		wk.yield = yield
		wk.loop(client)
	})
	wk.at, _ = wk.next()
	return wk
}

// do stops before an effect until the explorer has performed it.
func (wk *worker) do(e effect) {
	if !wk.yield(e) {
		panic(crashed{})
	}
}

// loop is what a scheduler does: claim, advance while there is something to
// do, release.
func (wk *worker) loop(client *smm.Client) {
	for {
		wk.do(doClaim)
		left := wk.until.Sub(wk.w.now) - tick/2
		ctx, cancel := context.WithTimeout(context.Background(), left)
		for range 8 {
			if err := client.Advance(ctx, wk.d, wk); err != nil {
				break
			}
			if wk.d.Phase.Final() || wk.d.Phase == smm.PhaseHuman || wk.d.Wake.After(wk.w.now) {
				wk.do(doRelease)
				break
			}
		}
		cancel()
		wk.d = nil
	}
}

// Save makes the worker the journal of its client.
func (wk *worker) Save(_ context.Context, d *smm.Delivery) error {
	// The clock of contexts is the machine's; take its noise out.
	d.Attempt.Deadline = d.Attempt.Deadline.Round(time.Second)
	if d.Phase == smm.PhaseCommitting {
		d.Wake = d.Attempt.Deadline
	}
	wk.do(doSave)
	return wk.err
}

type modelDriver struct{ wk *worker }

func (modelDriver) Platform() smm.Platform { return "model" }

func (modelDriver) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	return smm.Capabilities{}, nil
}

// prepState is what the model's driver remembers.
type prepState struct {
	Key    string
	Handle int
	Before int // items that there were before the first attempt
}

func (m modelDriver) Prepare(_ context.Context, r *smm.PublishRequest, _ smm.Prepared) (smm.Prepared, error) {
	m.wk.do(doPrepare)
	w := m.wk.w
	g := smm.Guarantee{Class: w.class, RequestLife: requestLife, ReadLag: readLag}
	var st prepState
	var expires time.Time
	switch w.class {
	case smm.ClassKey:
		g.KeyWindow = keyWindow
		st.Key = r.ID
	case smm.ClassHandle:
		w.handles = append(w.handles, w.now)
		st.Handle = len(w.handles) - 1
		expires = w.now.Add(handleLife)
	case smm.ClassReadBack:
		if r.Restored.IsZero() || w.m.baseline {
			st.Before = len(w.items)
		}
	}
	state, err := json.Marshal(st)
	if err != nil {
		panic(err)
	}
	if w.m.guarantee != nil {
		w.m.guarantee(&g)
	}
	return smm.Prepared{State: state, Ready: true, Guarantee: g, Expires: expires}, nil
}

func (m modelDriver) Commit(_ context.Context, _ *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	m.wk.take(p)
	m.wk.attempt = a
	m.wk.do(doCommit)
	o := m.wk.outcome
	if m.wk.w.m.answer != nil {
		o = m.wk.w.m.answer(o)
	}
	return o, nil
}

func (m modelDriver) Settle(_ context.Context, _ *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	m.wk.take(p)
	m.wk.attempt = a
	m.wk.do(doSettle)
	return m.wk.outcome, nil
}

// take reads the driver's state.
func (wk *worker) take(p smm.Prepared) {
	if err := json.Unmarshal(p.State, &wk.prep); err != nil {
		panic(err)
	}
}

// arrive lets a commit take effect and says what the platform answers.
func (w *world) arrive(r request) smm.Outcome {
	published := func(e smm.Evidence) smm.Outcome {
		return smm.Outcome{State: smm.OutcomePublished, Post: smm.Ref{Platform: "model", Kind: smm.KindPost, ID: "p"}, Evidence: e}
	}
	switch w.class {
	case smm.ClassKey:
		if first, ok := w.keys[r.key]; ok && w.now.Sub(first) <= keyWindow {
			return published(smm.EvidenceKeyReplay)
		}
		w.keys[r.key] = w.now
	case smm.ClassHandle:
		if w.used[r.handle] {
			return published(smm.EvidenceHandle)
		}
		if w.now.Sub(w.handles[r.handle]) >= handleLife {
			return smm.Outcome{State: smm.OutcomeRefused}
		}
		w.used[r.handle] = true
	}
	w.items = append(w.items, item{r.key, w.now})
	return published(smm.EvidenceReply)
}

// look answers a read at the worst that ReadLag allows.
func (w *world) look(wk *worker) smm.Outcome {
	found := smm.Outcome{State: smm.OutcomePublished, Post: smm.Ref{Platform: "model", Kind: smm.KindPost, ID: "p"}, Evidence: smm.EvidenceReadBack}
	visible := slices.ContainsFunc(w.items[min(wk.prep.Before, len(w.items)):], func(i item) bool {
		return !w.now.Before(i.born.Add(readLag)) && !i.born.Before(wk.attempt.First)
	})
	switch {
	case w.class == smm.ClassBlind:
		return smm.Outcome{}
	case w.class == smm.ClassHandle:
		switch {
		case w.used[wk.prep.Handle] && visible:
			return found
		case w.now.Sub(w.handles[wk.prep.Handle]) >= handleLife:
			return smm.Outcome{State: smm.OutcomeAbsent}
		}
		return smm.Outcome{State: smm.OutcomeRepeatable}
	case visible:
		return found
	}
	return smm.Outcome{State: smm.OutcomeAbsent}
}

// hash is the state as far as the future depends on it. The workers are
// alike, so their order does not matter.
func (w *world) hash() string {
	var b strings.Builder
	sec := func(t time.Time) int64 { return int64(t.Sub(epochZero) / time.Second) }
	fmt.Fprintf(&b, "%d %v|%s %d %d|%v %v|", sec(w.now), w.left, w.store.d, w.store.epoch, sec(w.store.until), w.flight, w.items)
	fmt.Fprintf(&b, "%v %v %v|", w.keys, w.handles, w.used)
	if w.backup != nil && !w.back {
		fmt.Fprintf(&b, "backup of %d: %s|", sec(w.taken), w.backup.d)
	}
	var ws []string
	for _, wk := range w.workers {
		s := string(wk.at)
		if wk.d != nil {
			d := *wk.d
			d.Log, d.Failure = nil, nil
			j, _ := json.Marshal(&d)
			s += fmt.Sprintf("%s %d %d %v %v %v", j, wk.epoch, sec(wk.until), wk.attempt.N, wk.prep, wk.outcome.State)
		}
		ws = append(ws, fmt.Sprintf("%t %t %s", w.store.owner == wk.id+1, wk.frozen, s))
	}
	slices.Sort(ws)
	b.WriteString(strings.Join(ws, "\n"))
	return b.String()
}

func (w *world) close() {
	for _, wk := range w.workers {
		wk.stop()
	}
}
