package entry

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// unfenced is a store whose Save overwrites whatever is there.
type unfenced struct{ scheduler.Store }

func newUnfenced(s scheduler.Store) scheduler.Store { return unfenced{s} }

func (s unfenced) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	err := s.Store.Save(ctx, r, now)
	if !errors.Is(err, scheduler.ErrFenced) {
		return err
	}
	have, gerr := s.Get(ctx, r.Key())
	if gerr != nil {
		return gerr
	}
	forced := r.Clone()
	forced.Version, forced.Epoch = have.Version, have.Epoch
	if err := s.Store.Save(ctx, forced, time.Time{}); err != nil {
		return err
	}
	r.Version = forced.Version
	return nil
}

// claimLeased gives out records whose lease is not over.
type claimLeased struct {
	scheduler.Store

	mu   sync.Mutex
	last time.Time // when it claimed
}

func newClaimLeased(s scheduler.Store) scheduler.Store { return &claimLeased{Store: s} }

func (s *claimLeased) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	rs, err := s.Store.Claim(ctx, c)
	if err != nil || len(rs) >= c.Limit {
		return rs, err
	}
	var keys []scheduler.Key
	for r, err := range s.List(ctx, scheduler.Query{AllTenants: true}) {
		if err != nil {
			break
		}
		d := &r.Delivery
		if r.LeaseUntil.After(c.Now) && !d.Wake.After(c.Now.Add(time.Minute)) && r.LeaseOwner != c.Owner {
			keys = append(keys, r.Key())
		}
	}
	if len(keys) == 0 {
		return rs, nil
	}
	c.Keys, c.Limit, c.Lease, c.Now = keys, c.Limit-len(rs), c.Lease+time.Minute, c.Now.Add(time.Minute)
	more, err := s.Store.Claim(ctx, c)
	if err != nil {
		return rs, nil //nolint:nilerr // what was claimed is claimed
	}
	return append(rs, more...), nil
}

// NextWake names what is leased as due, once a second.
func (s *claimLeased) NextWake(ctx context.Context) (time.Time, bool, error) {
	next, ok, err := s.Store.NextWake(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); ok && err == nil && now.Sub(s.last) > time.Second {
		next, s.last = next.Add(-time.Minute), now
	}
	return next, ok, err
}

// insertForgets keeps new records in the process until its next write.
type insertForgets struct {
	scheduler.Store

	mu   sync.Mutex
	held [][]*scheduler.Record
}

func newInsertForgets(s scheduler.Store) scheduler.Store { return &insertForgets{Store: s} }

func (s *insertForgets) Insert(_ context.Context, rs ...*scheduler.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var held []*scheduler.Record
	for _, r := range rs {
		held = append(held, r.Clone())
	}
	s.held = append(s.held, held)
	return nil
}

func (s *insertForgets) NextWake(ctx context.Context) (time.Time, bool, error) {
	next, ok, err := s.Store.NextWake(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rs := range s.held {
		for _, r := range rs {
			if due, has := r.Due(); has && (!ok || due.Before(next)) {
				next, ok = due, true
			}
		}
	}
	return next, ok, err
}

func (s *insertForgets) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	s.mu.Lock()
	for len(s.held) > 0 {
		if err := s.Store.Insert(ctx, s.held[0]...); err != nil && !errors.Is(err, smm.ErrConflict) {
			break
		}
		s.held = s.held[1:]
	}
	s.mu.Unlock()
	return s.Store.Claim(ctx, c)
}

// saveBehind writes a record when the next one comes.
type saveBehind struct {
	scheduler.Store

	mu   sync.Mutex
	held map[scheduler.Key]*scheduler.Record
}

func newSaveBehind(s scheduler.Store) scheduler.Store {
	return &saveBehind{Store: s, held: make(map[scheduler.Key]*scheduler.Record)}
}

func (s *saveBehind) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.held[r.Key()]; h != nil {
		delete(s.held, r.Key())
		if err := s.Store.Save(ctx, h, time.Time{}); err != nil {
			return err
		}
	}
	if r.Delivery.Phase != smm.PhaseCommitting {
		return s.Store.Save(ctx, r, now)
	}
	s.held[r.Key()] = r.Clone()
	r.Version++
	return nil
}

// wakeForgets never wakes what is in doubt.
type wakeForgets struct{ scheduler.Store }

func newWakeForgets(s scheduler.Store) scheduler.Store { return wakeForgets{s} }

func (s wakeForgets) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	c := r.Clone()
	if c.Delivery.Phase == smm.PhaseSettling {
		c.Delivery.Wake = c.Delivery.Wake.AddDate(10, 0, 0)
	}
	err := s.Store.Save(ctx, c, now)
	r.Version = c.Version
	return err
}

// intentUnsaved takes the intent for saved.
type intentUnsaved struct{ scheduler.Store }

func newIntentUnsaved(s scheduler.Store) scheduler.Store { return intentUnsaved{s} }

func (s intentUnsaved) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	if r.Delivery.Phase == smm.PhaseCommitting {
		return nil
	}
	return s.Store.Save(ctx, r, now)
}

// rescueResends takes a commit that was interrupted for one that never began.
type rescueResends struct{ scheduler.Store }

func newRescueResends(s scheduler.Store) scheduler.Store { return rescueResends{s} }

func (s rescueResends) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	rs, err := s.Store.Claim(ctx, c)
	for _, r := range rs {
		if d := &r.Delivery; d.Phase == smm.PhaseCommitting {
			d.Phase, d.Attempt = smm.PhaseReady, smm.Attempt{}
			d.Wake = c.Now.Add(-time.Second)
		}
	}
	return rs, err
}

// unrenewed says that a lease was renewed and leaves it.
type unrenewed struct{ scheduler.Store }

func newUnrenewed(s scheduler.Store) scheduler.Store { return unrenewed{s} }

func (s unrenewed) Renew(ctx context.Context, l scheduler.Lease) error {
	r, err := s.Get(ctx, l.Key)
	if err != nil || r.LeaseUntil.Before(l.Until) {
		return err
	}
	return s.Store.Renew(ctx, l) // giving it back works
}
