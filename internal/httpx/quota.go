package httpx

import (
	"context"
	"errors"
	"net/http"

	"github.com/smmkit/smmkit/smm"
)

// reserve takes what r costs, or says when to ask again. How urgent it is, the
// context says, or else the request, or else the way out that it takes.
func (c *Client) reserve(ctx context.Context, r *Request, wayOut smm.Priority) (smm.QuotaGrant, error) {
	if c.quota == nil || len(r.Charges) == 0 {
		return smm.QuotaGrant{}, nil
	}
	p, set := smm.PriorityFrom(ctx)
	switch {
	case set:
	case r.Priority != 0:
		p = r.Priority
	default:
		p = wayOut
	}
	g, err := c.quota.Reserve(ctx, p, r.Charges...)
	if err != nil {
		return smm.QuotaGrant{}, c.wrap(r, smm.OutcomeNotSent, err)
	}
	return g, nil
}

// reserveWaiting sleeps a wait that is short enough, as often as the policy
// has attempts.
func (c *Client) reserveWaiting(ctx context.Context, r *Request) (smm.QuotaGrant, error) {
	for n := 1; ; n++ {
		g, err := c.reserve(ctx, r, smm.PriorityModerate)
		if err == nil {
			return g, nil
		}
		limited, ok := errors.AsType[*smm.RateLimitError](err)
		if !ok || n >= c.retry.Attempts || limited.After > c.retry.MaxWait {
			return g, err
		}
		if endsWithin(ctx, limited.After) {
			return g, err
		}
		if serr := c.clock.Sleep(ctx, limited.After); serr != nil {
			return g, c.wrap(r, smm.OutcomeNotSent, networkError(serr))
		}
	}
}

// report tells the quota of an answer. It must reach it also when the caller
// has given up, since the grant would stay in flight for ever.
func (c *Client) report(ctx context.Context, r *Request, g smm.QuotaGrant, resp *Response) {
	if c.quota == nil || len(g.Charges) == 0 {
		return
	}
	c.quota.Report(context.WithoutCancel(ctx), g, smm.QuotaReport{
		Sent: true, At: resp.At, Throttle: resp.Status == http.StatusTooManyRequests, After: resp.Wait,
		States: c.states(r, resp),
	})
}

// reportFailure tells the quota of a request without an answer. Unless it is
// known not to have been sent, it counts.
func (c *Client) reportFailure(ctx context.Context, g smm.QuotaGrant, sent bool) {
	if c.quota == nil || len(g.Charges) == 0 {
		return
	}
	c.quota.Report(context.WithoutCancel(ctx), g, smm.QuotaReport{Sent: sent, At: c.clock.Now()})
}

func (c *Client) statesFromHeaders(r *Request, resp *Response) []smm.QuotaState {
	info, ok := ParseRateHeaders(resp.Header, resp.At)
	if !ok || len(r.Charges) == 0 {
		return nil
	}
	return []smm.QuotaState{info.State(r.Charges[0].Key)}
}
