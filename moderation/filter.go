package moderation

import (
	"context"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// Filter judges messages. Implementations are safe for concurrent use, do not
// change m, and take time in proportion to its length at most. An error means
// that they could not judge; the message must then not be treated as allowed.
type Filter interface {
	Filter(ctx context.Context, m *smm.Message) (Verdict, error)
}

// FilterFunc is a function as a Filter.
type FilterFunc func(ctx context.Context, m *smm.Message) (Verdict, error)

// Filter calls f.
func (f FilterFunc) Filter(ctx context.Context, m *smm.Message) (Verdict, error) { return f(ctx, m) }

// Chain asks all filters, also after one found something, and joins what they
// say: the strongest action wins and all reasons are kept. A filter that fails,
// or whose action is unknown, adds a reason that holds the message; its error
// is returned as well, beside the verdict of all. If ctx ends meanwhile, the
// rest is not asked and the message is held.
func Chain(filters ...Filter) Filter { return chain(filters) }

type chain []Filter

func (c chain) Filter(ctx context.Context, m *smm.Message) (Verdict, error) {
	v := Verdict{Action: ActionAllow}
	var errs []error
	fail := func(i int, err error) {
		v.Add(Reason{Code: "filter.error", Filter: "chain", Action: ActionHold, Detail: fmt.Sprintf("filter %d: %s", i, smm.CleanMessage(err.Error()))})
		errs = append(errs, fmt.Errorf("moderation: filter %d: %w", i, err))
	}
	for i, f := range c {
		if err := ctx.Err(); err != nil {
			fail(i, err)
			break
		}
		w, err := f.Filter(ctx, m)
		if err == nil && !w.Action.Valid() {
			err = fmt.Errorf("%w: unknown action %q", smm.ErrInvalid, w.Action)
			w.Action = ActionHold
		}
		v.Merge(w)
		if err != nil {
			fail(i, err)
		}
	}
	return v, errors.Join(errs...)
}
