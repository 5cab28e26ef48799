package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Filled is what Fill did with a slot.
type Filled struct {
	Slot Slot
	Pick Pick // zero if the pool had nothing for it
	ID   string
	// Refused says why posts that the pool had were not taken, by ID, such as a
	// *smm.FindingsError or a *scheduler.RepeatError.
	Refused map[string]error
}

// FillOptions shape Fill. nil means the zero value.
type FillOptions struct {
	// Schedule is passed on. Its Tenant, Slot, Zone and Token must be empty.
	Schedule scheduler.ScheduleOptions
	// History has uses that the store does not know, because they were purged or
	// published elsewhere, by channel.
	History map[smm.Ref][]Use
}

// Fill plans evergreen posts in the free slots of the queue before until, never
// behind its Horizon, in the order of the slots. Each slot is durable by itself:
// after an error, what was done is returned with it. Calls at once, in whatever
// processes, fill no slot twice; with the same pool they keep MinDays too, since
// each begins at the first free slot and looks again at what is planned whenever
// it loses one.
func (m *Manager) Fill(ctx context.Context, q *Queue, p *Pool, until time.Time, opts *FillOptions) ([]Filled, error) {
	if opts == nil {
		opts = &FillOptions{}
	}
	if err := p.Check(); err != nil {
		return nil, err
	}
	if opts.Schedule.Token != "" {
		return nil, fmt.Errorf("%w: Fill names what it plans by itself: leave Token empty", smm.ErrInvalid)
	}
	if _, err := q.mayAdd(&AddOptions{Schedule: opts.Schedule}); err != nil {
		return nil, err
	}
	var out []Filled
	for _, ch := range q.Channels {
		f := &filler{m: m, q: q, p: p, opts: opts}
		done, err := f.fill(ctx, ch, until)
		out = append(out, done...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// filler fills the slots of one channel.
type filler struct {
	m     *Manager
	q     *Queue
	p     *Pool
	opts  *FillOptions
	taken *taken
	uses  []Use
	// removed has the posts that were in a slot and failed or were taken out of
	// it, by its name: whoever did that does not want them back there.
	removed map[string][]string
}

func (f *filler) fill(ctx context.Context, ch smm.Ref, until time.Time) ([]Filled, error) {
	if err := f.look(ctx, ch); err != nil {
		return nil, err
	}
	var out []Filled
	for s := range f.m.after(f.q, ch, f.m.clock.Now()) {
		if !s.Start.Before(until) {
			break
		}
		if f.taken.place(s).ID != "" {
			continue
		}
		done, lost, err := f.slot(ctx, s)
		switch {
		case err != nil:
			return out, err
		case lost:
			if err := f.look(ctx, ch); err != nil {
				return out, err
			}
			continue
		}
		out = append(out, done)
	}
	return out, nil
}

// look reads what is planned, and what of it came from the pool.
func (f *filler) look(ctx context.Context, ch smm.Ref) (err error) {
	if f.taken, err = f.m.taken(ctx, f.q, ch); err != nil {
		return err
	}
	f.uses, f.removed, err = f.m.history(ctx, f.q, f.p, ch)
	f.uses = append(f.uses, f.opts.History[ch]...)
	return err
}

// token names a use: it is how a record tells what it came from. It is new each
// time, since the slot already keeps two from doing the same.
func (f *filler) token(pick Pick, s Slot) string {
	return f.p.prefix() + pick.Post + "/" + strconv.Itoa(pick.Variant) + "/" + rand.Text() + "/" + s.Name
}

func (p *Pool) prefix() string { return "evergreen/" + p.Name + "/" }

// slot fills one slot; lost is true if somebody else did.
func (f *filler) slot(ctx context.Context, s Slot) (done Filled, lost bool, err error) {
	done.Slot = s
	for _, pick := range f.p.Picks(s, f.q.Zone, f.uses) {
		if slices.Contains(f.removed[s.Name], pick.Post) {
			continue
		}
		post := &f.p.post(pick.Post).Variants[pick.Variant]
		entry := f.m.entry(f.q, post, s, f.opts.Schedule, f.token(pick, s))
		items, _, err := f.m.planner.ScheduleAll(ctx, []scheduler.Entry{entry})
		if err == nil && len(items[0]) > 0 {
			done.Pick, done.ID = pick, items[0][0].ID
			f.uses = append(f.uses, Use{pick.Post, pick.Variant, s.At})
			f.taken.slots[s.Name] = done.ID
			f.taken.records = append(f.taken.records, &scheduler.Record{NotBefore: s.At, Delivery: smm.Delivery{ID: done.ID}})
			return done, false, nil
		}
		batch, refused := errors.AsType[*scheduler.BatchError](err)
		if !refused {
			return done, false, err
		}
		why := batch.Errors[0]
		if _, ok := errors.AsType[*scheduler.SlotError](why); ok {
			return done, true, nil
		}
		if done.Refused == nil {
			done.Refused = make(map[string]error)
		}
		done.Refused[pick.Post] = why
	}
	return done, false, nil
}

// Uses returns the uses of a pool's posts on a channel that the store knows,
// oldest first: those that are planned, and those that were published and not
// purged since. What failed or was cancelled is none.
func (m *Manager) Uses(ctx context.Context, q *Queue, p *Pool, ch smm.Ref) ([]Use, error) {
	uses, _, err := m.history(ctx, q, p, ch)
	return uses, err
}

func (m *Manager) history(ctx context.Context, q *Queue, p *Pool, ch smm.Ref) (uses []Use, removed map[string][]string, err error) {
	removed = make(map[string][]string)
	for r, err := range m.store.List(ctx, scheduler.Query{Tenant: q.Tenant, Channel: ch}) {
		if err != nil {
			return nil, nil, err
		}
		rest, ours := strings.CutPrefix(r.Token, p.prefix())
		parts := strings.SplitN(rest, "/", 3)
		if !ours || r.Delivery.Parent != "" || len(parts) < 3 {
			continue
		}
		variant, err := strconv.Atoi(parts[1])
		switch {
		case err != nil || variant < 0:
		case !r.Live():
			removed[r.Slot] = append(removed[r.Slot], parts[0])
		default:
			uses = append(uses, Use{parts[0], variant, r.NotBefore})
		}
	}
	slices.SortStableFunc(uses, func(a, b Use) int { return a.At.Compare(b.At) })
	return uses, removed, nil
}
