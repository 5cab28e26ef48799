package scheduler

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// FreezeReport says what a freeze found.
type FreezeReport struct {
	// InFlight is what may become public all the same: its request was sent, or
	// was about to be, before the freeze. It is settled as usual, and not repeated.
	InFlight []Item
	// Holds is how many deliveries wait because of it, now and in future.
	Holds int
}

// Freeze keeps everything that f matches from being sent, until Release. It binds
// every process on the store, and what is planned later. When it returns, nothing
// that f matches is sent any more but what the report names. A freeze with the
// same Tenant and ID is replaced. f.At may be zero, for now.
//
// What is frozen can be planned, edited, moved and cancelled as usual; it expires
// if it becomes stale.
func (s *Scheduler) Freeze(ctx context.Context, f Freeze) (FreezeReport, error) {
	if f.At.IsZero() {
		f.At = Micro(s.clock.Now())
	}
	if err := s.store.SetFreeze(ctx, f); err != nil {
		return FreezeReport{}, fmt.Errorf("scheduler: freeze %s: %w", f.ID, err)
	}
	// Whoever saved an intent and read the freezes before that was stored is found
	// by what is listed from here on.
	var rep FreezeReport
	for r, err := range s.frozenBy(ctx, f) {
		switch {
		case err != nil:
			return rep, fmt.Errorf("scheduler: freeze %s is set, but what is in flight could not be listed: %w", f.ID, err)
		case inFlight(&r.Delivery):
			rep.InFlight = append(rep.InFlight, itemsOf([]*Record{r})...)
		default:
			rep.Holds++
		}
	}
	return rep, nil
}

// Freezes returns the freezes that a tenant is subject to; see Store.Freezes.
func (s *Scheduler) Freezes(ctx context.Context, tenant smm.Tenant) ([]Freeze, error) {
	return s.store.Freezes(ctx, tenant)
}

// inFlight reports whether a request may be out that is not answered.
func inFlight(d *smm.Delivery) bool {
	return d.Phase == smm.PhaseCommitting || d.Phase == smm.PhaseSettling || d.Attempt.Doubt
}

// frozenBy yields the records that f matches and that are not final.
func (s *Scheduler) frozenBy(ctx context.Context, f Freeze) iter.Seq2[*Record, error] {
	q := Query{Tenant: f.Tenant, AllTenants: f.AllTenants, Channel: f.Channel, Labels: f.Labels}
	return func(yield func(*Record, error) bool) {
		for r, err := range s.store.List(ctx, q) {
			if err == nil && (r.Delivery.Phase.Final() || !f.Match(r, f.At)) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Late says what becomes of a delivery whose planned time passed in a freeze, by
// more than WithMaxPast permits.
type Late string

// What becomes of late deliveries. The zero value is LateSend.
const (
	LateSend   Late = "send"   // it is sent now, in the order of the planned times
	LateHold   Late = "hold"   // it stays held until Reschedule and ReleaseItem, Edit or Cancel
	LateCancel Late = "cancel" // it is cancelled, with its parts
)

// ReleaseOptions shape Release and ReleaseItem.
type ReleaseOptions struct {
	Late   Late
	DryRun bool // only report
}

// HeldItem is an item that stays held.
type HeldItem struct {
	Item

	Reason   string
	Findings smm.Findings // why, if validation found something
}

// ReleaseReport says what became of the deliveries that a freeze held.
type ReleaseReport struct {
	Released  []Item // they go on: now, or at their time
	Held      []HeldItem
	Cancelled []Item
}

// Release ends a freeze. Everything that it held is validated again first: an
// item that would be refused now stays held, with the findings as its reason,
// until Edit, Cancel or ReleaseItem. What another freeze matches stays held by
// that. The others go on at their times, or now if those have passed; see
// ReleaseOptions.Late. The error matches ErrNotFound if there is no such freeze.
//
// If Release fails or its process ends in the middle, call it again: until the
// last step but one the freeze is in force, and if only waking was left, what is
// released goes on by itself within a quarter of an hour.
func (s *Scheduler) Release(ctx context.Context, tenant smm.Tenant, id string, opts ReleaseOptions) (ReleaseReport, error) {
	fs, err := s.store.Freezes(ctx, tenant)
	if err != nil {
		return ReleaseReport{}, err
	}
	i := slices.IndexFunc(fs, func(f Freeze) bool { return f.ID == id && f.Tenant == tenant })
	if i < 0 {
		return ReleaseReport{}, fmt.Errorf("%w: freeze %s", ErrNotFound, id)
	}
	var rs []*Record
	for r, err := range s.frozenBy(ctx, fs[i]) {
		if err != nil {
			return ReleaseReport{}, err
		}
		rs = append(rs, r)
	}
	return s.release(ctx, rs, fs[i], opts, func() error { return s.store.Unfreeze(ctx, tenant, id) })
}

// ReleaseItem validates one entry again on the channel of the delivery named, and
// lets it go on if nothing is found and no freeze matches it: for what stayed held
// after Release. Opts.Late is about it as well.
func (s *Scheduler) ReleaseItem(ctx context.Context, tenant smm.Tenant, id string, opts ReleaseOptions) (ReleaseReport, error) {
	rs, err := s.onChannel(ctx, tenant, id)
	if err != nil {
		return ReleaseReport{}, err
	}
	rs = slices.DeleteFunc(rs, func(r *Record) bool { return r.Delivery.Phase.Final() })
	return s.release(ctx, rs, Freeze{}, opts, func() error { return nil })
}

// release writes what must not go on, then lifts the freeze, then wakes the rest:
// in this order a crash leaves nothing unheld that should be held, and nothing
// asleep for longer than a recheck.
func (s *Scheduler) release(ctx context.Context, rs []*Record, lifted Freeze, opts ReleaseOptions, lift func() error) (ReleaseReport, error) {
	switch opts.Late {
	case "", LateSend, LateHold, LateCancel:
	default:
		return ReleaseReport{}, fmt.Errorf("%w: ReleaseOptions.Late %q is unknown", smm.ErrInvalid, opts.Late)
	}
	r := &releasing{s: s, opts: opts, lifted: lifted, now: s.clock.Now(), freezes: make(map[smm.Tenant][]Freeze)}
	var wake []*Record
	for _, group := range byEntryAndChannel(rs) {
		goOn, err := r.judge(ctx, group)
		if err != nil {
			return r.rep, err
		}
		wake = append(wake, goOn...)
	}
	if opts.DryRun {
		return r.rep, nil
	}
	if err := lift(); err != nil {
		return r.rep, fmt.Errorf("scheduler: release: %w", err)
	}
	var errs []error
	for _, rec := range wake {
		_, err := s.update(ctx, rec.Key(), wakeHeld)
		if err != nil && !errors.Is(err, errNothingToDo) {
			errs = append(errs, err)
		}
	}
	return r.rep, errors.Join(errs...)
}

// wakeHeld makes a held record due at its time.
func wakeHeld(r *Record, now time.Time) error {
	if r.Held == "" || r.Delivery.Phase.Final() {
		return errNothingToDo
	}
	r.Held = ""
	if r.Delivery.Phase != smm.PhaseWaiting {
		r.Delivery.Wake = Micro(later(now, r.NotBefore))
	}
	return nil
}

var errNothingToDo = errors.New("nothing to do")

// releasing is a release under way.
type releasing struct {
	s       *Scheduler
	opts    ReleaseOptions
	lifted  Freeze // the one that ends
	now     time.Time
	rep     ReleaseReport
	freezes map[smm.Tenant][]Freeze
}

// judge decides about the parts of an entry on one channel, and returns those
// that go on.
func (r *releasing) judge(ctx context.Context, group []*Record) ([]*Record, error) {
	group = slices.DeleteFunc(group, func(o *Record) bool { return !unsent(&o.Delivery) }) // settled as ever
	if len(group) == 0 {
		return nil, nil
	}
	if other, err := r.otherFreeze(ctx, group[0]); err != nil || other != "" {
		r.hold(group, other, nil)
		return nil, err
	}
	if late := r.now.After(group[0].NotBefore.Add(r.s.maxPast)); late {
		switch r.opts.Late {
		case LateCancel:
			r.rep.Cancelled = append(r.rep.Cancelled, itemsOf(group)...)
			return nil, r.write(ctx, group, func(o *Record) error {
				o.Held = ""
				return o.Delivery.Cancel(r.now)
			})
		case LateHold:
			why := HeldLate + "planned for " + group[0].NotBefore.UTC().Format(time.RFC3339)
			return nil, r.keep(ctx, group, why, nil)
		}
	}
	d := &group[0].Delivery
	if d.Phase == smm.PhaseManual { // findings do not stop a task, and its platform may have no driver
		r.rep.Released = append(r.rep.Released, itemsOf(group)...)
		return group, nil
	}
	post, err := r.s.postOf(ctx, group[0])
	if err != nil {
		return nil, err
	}
	findings, err := r.s.client.ForTenant(d.Tenant).Validate(ctx, post, []smm.Ref{d.Request.Channel})
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if why := heldFor(findings, err); why != "" {
		return nil, r.keep(ctx, group, why, findings)
	}
	r.rep.Released = append(r.rep.Released, itemsOf(group)...)
	return group, nil
}

// heldFor is the reason to hold what was found, "" for none.
func heldFor(findings smm.Findings, err error) string {
	var all []string
	for _, f := range findings {
		if f.Severity == smm.SeverityError {
			all = append(all, f.Code+": "+f.Message)
		}
	}
	if err != nil {
		all = append(all, "could not be validated: "+smm.CleanMessage(err.Error()))
	}
	if len(all) == 0 {
		return ""
	}
	return HeldFindings + strings.Join(all, "; ")
}

// otherFreeze names a freeze that matches o and is not the one that ends.
func (r *releasing) otherFreeze(ctx context.Context, o *Record) (string, error) {
	t := o.Delivery.Tenant
	fs, ok := r.freezes[t]
	if !ok {
		var err error
		if fs, err = r.s.store.Freezes(ctx, t); err != nil {
			return "", err
		}
		r.freezes[t] = fs
	}
	rest := slices.DeleteFunc(slices.Clone(fs), func(f Freeze) bool { return f.ID == r.lifted.ID && f.Tenant == r.lifted.Tenant })
	return frozen(rest, o, r.now).Reason, nil
}

func (r *releasing) hold(group []*Record, why string, findings smm.Findings) {
	for _, it := range itemsOf(group) {
		r.rep.Held = append(r.rep.Held, HeldItem{Item: it, Reason: why, Findings: findings})
	}
}

// keep holds the group until a person does something about it.
func (r *releasing) keep(ctx context.Context, group []*Record, why string, findings smm.Findings) error {
	r.hold(group, why, findings)
	err := r.write(ctx, group, func(o *Record) error {
		o.Held = why
		return nil
	})
	if err == nil && !r.opts.DryRun {
		for _, o := range group {
			r.s.tellHeld(&o.Delivery, why)
		}
	}
	return err
}

// write changes the records of the group that may still be changed.
func (r *releasing) write(ctx context.Context, group []*Record, f func(*Record) error) error {
	if r.opts.DryRun {
		return nil
	}
	_, err := r.s.change(ctx, func(time.Time) ([]*Record, error) {
		var rs []*Record
		for _, old := range group {
			o, err := r.s.store.Get(ctx, old.Key())
			if err != nil {
				return nil, err
			}
			if !unsent(&o.Delivery) {
				continue
			}
			if err := f(o); err != nil {
				return nil, err
			}
			rs = append(rs, o)
		}
		return rs, nil
	})
	return err
}

// byEntryAndChannel groups records, and sorts each group as itemsOf does and the
// groups by planned time.
func byEntryAndChannel(rs []*Record) [][]*Record {
	type key struct {
		tenant  smm.Tenant
		entry   string
		channel smm.Ref
	}
	var out [][]*Record
	at := make(map[key]int)
	for _, r := range rs {
		d := &r.Delivery
		k := key{d.Tenant, d.Entry, d.Request.Channel}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], r)
	}
	for i := range out {
		out[i] = inOrder(out[i])
	}
	return out
}

// postOf puts the parts of r's entry on its channel together again, as the post
// that was planned. A first comment and a part of a thread look the same when
// there is but one of them and it is plain text: it is taken for a comment, of
// which less is asked.
func (s *Scheduler) postOf(ctx context.Context, r *Record) (*smm.Post, error) {
	d := &r.Delivery
	rs, err := s.entry(ctx, d.Tenant, d.ID)
	if err != nil {
		return nil, err
	}
	rs = slices.DeleteFunc(rs, func(o *Record) bool {
		return o.Delivery.Request.Channel != d.Request.Channel || !o.Live()
	})
	if len(rs) == 0 {
		p := d.Request.Post
		return &p, nil
	}
	head := &rs[0].Delivery
	post := head.Request.Post
	answered := make(map[string]bool)
	for _, o := range rs {
		answered[o.Delivery.Parent] = true
	}
	comment := -1
	for i, o := range rs[1:] {
		p := &o.Delivery.Request.Post
		plain := len(p.Media) == 0 && p.Poll == nil && p.Card == nil && p.Quote.IsZero() && len(p.Entities) == 0
		if o.Delivery.Parent == head.ID && !answered[o.Delivery.ID] && plain {
			comment = i + 1
		}
	}
	for i, o := range rs[1:] {
		p := o.Delivery.Request.Post
		if i+1 == comment {
			post.FirstComment = p.Text
			continue
		}
		p.ReplyTo = smm.Ref{}
		post.Thread = append(slices.Clip(post.Thread), p)
	}
	return &post, nil
}
