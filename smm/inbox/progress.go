package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// progress is how far the reading of a list got, in the form in which a mark
// is stored.
type progress struct {
	// Top is the time of the youngest item up to which everything was read.
	Top time.Time `json:"top,omitzero"`
	// Resume is where a reading that was cut short goes on, and Pending the Top
	// that it will have reached at its end.
	Resume  string    `json:"resume,omitempty"`
	Pending time.Time `json:"pending,omitzero"`
}

// overlap is how far behind the last reading the next one begins: clocks of
// servers differ, and items become visible late.
const overlap = time.Hour

// source is a list that is read again and again.
type source[T any] struct {
	name string
	list func(*smm.ListOptions) *smm.List[T]
	// at gives the time by which the list is ordered, youngest first; nil if it
	// has no order, so that it must be read to its end each time.
	at   func(T) time.Time
	keep func(T) error
	// hold, if it returns true at the end, keeps the mark where it was.
	hold func() bool
}

// pull reads a source from its mark on, at most limit items, and moves the
// mark. more says that it was cut short and goes on there at the next call.
func pull[T any](ctx context.Context, in *Inbox, t smm.Tenant, channel smm.Ref, src source[T], limit int) (more bool, err error) {
	p, err := in.mark(ctx, t, channel, src.name)
	if err != nil {
		return false, err
	}
	var since time.Time
	if src.at != nil && !p.Top.IsZero() {
		since = p.Top.Add(-overlap)
	}
	list := src.list(&smm.ListOptions{Cursor: p.Resume, Since: since})
	// A far future, forged or mistaken, must not hide what comes after it.
	youngest, now := p.Pending, in.clock.Now().UTC()
	n := 0
	for v, err := range list.All(ctx) {
		if err != nil {
			return false, in.interrupted(ctx, t, channel, src.name, p, err)
		}
		if src.at != nil {
			at := src.at(v)
			if !since.IsZero() && !at.IsZero() && at.Before(since) {
				break
			}
			if at.Before(now) {
				youngest = later(youngest, at)
			}
		}
		if err := src.keep(v); err != nil {
			return false, err
		}
		if n++; n >= limit {
			p.Resume, p.Pending = list.Cursor(), youngest
			return true, in.setMark(ctx, t, channel, src.name, p)
		}
	}
	if src.hold != nil && src.hold() {
		return false, nil
	}
	return false, in.setMark(ctx, t, channel, src.name, progress{Top: later(p.Top, youngest)})
}

// interrupted forgets a place to go on that the platform does not take any
// more, so that the next reading begins anew, and returns err.
func (in *Inbox) interrupted(ctx context.Context, t smm.Tenant, channel smm.Ref, source string, p progress, err error) error {
	stale := errors.Is(err, smm.ErrInvalid) || errors.Is(err, smm.ErrNotFound) || errors.Is(err, smm.ErrRejected)
	if p.Resume == "" || !stale {
		return err
	}
	return errors.Join(err, in.setMark(ctx, t, channel, source, progress{Top: p.Top}))
}

func (in *Inbox) mark(ctx context.Context, t smm.Tenant, channel smm.Ref, source string) (progress, error) {
	s, err := in.store.Mark(ctx, t, channel, source)
	if err != nil || s == "" {
		return progress{}, err
	}
	var p progress
	if err := json.Unmarshal([]byte(s), &p); err != nil {
		return progress{}, fmt.Errorf("%w: inbox: mark of %s of %s: %w", smm.ErrInvalid, source, channel, err)
	}
	return p, nil
}

func (in *Inbox) setMark(ctx context.Context, t smm.Tenant, channel smm.Ref, source string, p progress) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return in.store.SetMark(ctx, t, channel, source, string(b))
}
