package threads

import (
	"context"
	"errors"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// WORKAROUND, in this file alone: the budget of the app tells its use in percent
// and not when there is some again, so that meta's error of a throttle has no
// wait, and a caller would ask again at once. untoldWait stands in; once meta
// gives one itself, hurried changes nothing.

// untoldWait is a twelfth of the hour over which the budget of the app rolls.
const untoldWait = 5 * time.Minute

// hurried gives an error of a throttle a wait.
func hurried(err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return err
	}
	limit, ok := errors.AsType[*smm.RateLimitError](err)
	if !ok || limit.After > 0 {
		return err
	}
	out, told := *e, *limit
	told.After = untoldWait
	out.Err = &told
	return &out
}

func get[T any](ctx context.Context, c *Client, r *meta.Request) (T, error) {
	v, err := meta.Get[T](ctx, c.api, r)
	return v, hurried(err)
}

func list[T any](ctx context.Context, c *Client, r *meta.Request, p ListParams) (Page[T], error) {
	page, err := meta.List[T](ctx, c.api, r, p)
	return page, hurried(err)
}

func (c *Client) write(ctx context.Context, r *meta.Request, into any) error {
	return hurried(c.api.Write(ctx, r, into))
}

func (c *Client) do(ctx context.Context, r *meta.Request) error { return hurried(c.api.Do(ctx, r)) }

func (c *Client) send(ctx context.Context, r *meta.Request, into any) (smm.Outcome, error) {
	o, err := c.api.Commit(ctx, r, into)
	return o, hurried(err)
}
