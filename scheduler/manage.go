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

// Get returns a record. The error matches ErrNotFound if the tenant has none of
// this ID.
func (s *Scheduler) Get(ctx context.Context, tenant smm.Tenant, id string) (*Record, error) {
	return s.store.Get(ctx, Key{tenant, id})
}

// List yields the records that q selects, by planned time; see Store.List.
func (s *Scheduler) List(ctx context.Context, q Query) iter.Seq2[*Record, error] {
	return s.store.List(ctx, q)
}

// Why returns the last steps of a delivery, oldest first: why it is where it is.
func (s *Scheduler) Why(ctx context.Context, tenant smm.Tenant, id string) ([]smm.LogLine, error) {
	r, err := s.store.Get(ctx, Key{tenant, id})
	if err != nil {
		return nil, err
	}
	return r.Delivery.Log, nil
}

// Cancel takes back the whole entry that the delivery belongs to: all channels
// and all parts, or those on the channels named. What is final already stays as
// it is. If something was sent or may have been, the rest is cancelled all the
// same, and the error matches smm.ErrConflict and names what is left: delete it
// once it is public. The items say where everything stands.
func (s *Scheduler) Cancel(ctx context.Context, tenant smm.Tenant, id string, channels ...smm.Ref) ([]Item, error) {
	rs, err := s.entry(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	var errs []error
	for i, r := range slices.Backward(rs) { // parts before what they wait for
		if len(channels) > 0 && !slices.Contains(channels, r.Delivery.Request.Channel) {
			continue
		}
		after, err := s.update(ctx, r.Key(), func(r *Record, now time.Time) error {
			if p := r.Delivery.Phase; p == smm.PhaseFailed || p == smm.PhaseExpired {
				return errNothingToDo
			}
			return r.Delivery.Cancel(now)
		})
		if after != nil {
			rs[i] = after
		}
		if err != nil && !errors.Is(err, errNothingToDo) {
			errs = append(errs, err)
		}
	}
	return itemsOf(rs), errors.Join(errs...)
}

var errNothingToDo = errors.New("nothing to do")

// Resolve applies a person's answer to a delivery in doubt; see
// smm.Delivery.Resolve.
func (s *Scheduler) Resolve(ctx context.Context, tenant smm.Tenant, id string, answer smm.Resolution) error {
	_, err := s.update(ctx, Key{tenant, id}, func(r *Record, now time.Time) error {
		if r.Delivery.Phase == smm.PhaseHuman { // nobody works on it
			r.LeaseUntil = time.Time{}
		}
		return r.Delivery.Resolve(answer, now)
	})
	return err
}

// Requeue begins a delivery again that failed, expired or was cancelled, at the
// time given or, if that is zero, now; and with it the parts that failed only
// because it did. staleAfter is as in ScheduleOptions, counted from that time.
func (s *Scheduler) Requeue(ctx context.Context, tenant smm.Tenant, id string, at time.Time, staleAfter time.Duration) error {
	requeue := func(r *Record, now time.Time) error {
		when, stale := now, time.Time{}
		if at.After(now) {
			when = Micro(at)
		}
		if staleAfter > 0 {
			stale = when.Add(staleAfter)
		}
		if err := r.Delivery.Requeue(stale, now); err != nil {
			return err
		}
		r.Delivery.Wake, r.NotBefore, r.LeaseUntil = when, when, time.Time{}
		return nil
	}
	if staleAfter < 0 {
		return fmt.Errorf("%w: negative staleAfter", smm.ErrInvalid)
	}
	if _, err := s.update(ctx, Key{tenant, id}, requeue); err != nil {
		return err
	}
	rs, err := s.entry(ctx, tenant, id)
	if err != nil {
		return err
	}
	begun := map[string]bool{id: true}
	var errs []error
	for _, r := range rs {
		d := &r.Delivery
		if !begun[d.Parent] || d.Phase != smm.PhaseFailed || d.Failure == nil || d.Failure.Op != "parent" {
			continue
		}
		begun[d.ID] = true
		_, err := s.update(ctx, r.Key(), requeue)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Purge removes what is final and was planned before a time, to keep the store
// small and to forget what need not be kept; see Store.Purge.
func (s *Scheduler) Purge(ctx context.Context, p Purge) (int, error) { return s.store.Purge(ctx, p) }

// entry returns all records of the entry that the delivery belongs to, in the
// order of itemsOf.
func (s *Scheduler) entry(ctx context.Context, tenant smm.Tenant, id string) ([]*Record, error) {
	r, err := s.store.Get(ctx, Key{tenant, id})
	if err != nil {
		return nil, err
	}
	if r.Delivery.Entry == "" {
		return []*Record{r}, nil
	}
	var rs []*Record
	for r, err := range s.store.List(ctx, Query{Tenant: tenant, Entry: r.Delivery.Entry}) {
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	return inOrder(rs), nil
}

// inOrder sorts the records of an entry by channel, and on each channel every
// part behind the one that it waits for.
func inOrder(rs []*Record) []*Record {
	depth := make(map[string]int, len(rs))
	parent := make(map[string]string, len(rs))
	for _, r := range rs {
		parent[r.Delivery.ID] = r.Delivery.Parent
	}
	for id := range parent {
		for at := id; parent[at] != "" && depth[id] <= len(rs); at = parent[at] {
			depth[id]++
		}
	}
	out := slices.Clone(rs)
	slices.SortStableFunc(out, func(a, b *Record) int {
		x, y := &a.Delivery, &b.Delivery
		if n := strings.Compare(x.Request.Channel.String(), y.Request.Channel.String()); n != 0 {
			return n
		}
		if n := depth[x.ID] - depth[y.ID]; n != 0 {
			return n
		}
		return strings.Compare(x.ID, y.ID)
	})
	return out
}
