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
	var (
		all  []*Record
		errs []error
	)
	_, err := s.change(ctx, func(now time.Time) (rs []*Record, err error) {
		if all, err = s.entry(ctx, tenant, id); err != nil {
			return nil, err
		}
		errs = nil
		for _, r := range all {
			if len(channels) > 0 && !slices.Contains(channels, r.Delivery.Request.Channel) {
				continue
			}
			switch p := r.Delivery.Phase; {
			case p == smm.PhaseFailed, p == smm.PhaseExpired, p == smm.PhaseCancelled:
			default:
				if err := r.Delivery.Cancel(now); err != nil {
					errs = append(errs, err)
					continue
				}
				r.Held = ""
				rs = append(rs, r)
			}
		}
		return rs, nil
	})
	if err != nil {
		return nil, err
	}
	return itemsOf(all), errors.Join(errs...)
}

// Resolve applies a person's answer to a delivery in doubt; see
// smm.Delivery.Resolve.
func (s *Scheduler) Resolve(ctx context.Context, tenant smm.Tenant, id string, answer smm.Resolution) error {
	_, err := s.update(ctx, Key{tenant, id}, func(r *Record, now time.Time) error {
		if r.Delivery.Phase == smm.PhaseHuman { // nobody works on it
			r.LeaseUntil = time.Time{}
		}
		err := r.Delivery.Resolve(answer, now)
		if r.Delivery.Phase.Final() {
			r.Held = ""
		}
		return err
	})
	return err
}

// Requeue begins a delivery again that failed, expired or was cancelled, at the
// time given or, if that is zero, now; and with it the parts that failed only
// because it did. staleAfter is as in ScheduleOptions, counted from that time.
func (s *Scheduler) Requeue(ctx context.Context, tenant smm.Tenant, id string, at time.Time, staleAfter time.Duration) error {
	if staleAfter < 0 {
		return fmt.Errorf("%w: negative staleAfter", smm.ErrInvalid)
	}
	_, err := s.change(ctx, func(now time.Time) ([]*Record, error) {
		all, err := s.entry(ctx, tenant, id)
		if err != nil {
			return nil, err
		}
		begun := map[string]bool{}
		var rs []*Record
		for _, r := range all {
			d := &r.Delivery
			failedWith := begun[d.Parent] && d.Phase == smm.PhaseFailed && d.Failure != nil && d.Failure.Op == "parent"
			if d.ID != id && !failedWith {
				continue
			}
			if err := r.requeue(at, staleAfter, now); err != nil {
				return nil, err
			}
			begun[d.ID] = true
			rs = append(rs, r)
		}
		return rs, nil
	})
	return err
}

func (r *Record) requeue(at time.Time, staleAfter time.Duration, now time.Time) error {
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
	r.Delivery.Wake, r.NotBefore, r.LeaseUntil, r.Held = when, when, time.Time{}, ""
	return nil
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
