package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"

	"github.com/smmkit/smmkit/moderation/policy"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// judge decides about a comment by the rules of moderation.
type judge = inbox.Judge

// parseRules builds the judge of a policy file. Package moderation says what
// shall happen, package inbox carries it out; the names of the actions are the
// same.
func parseRules(b []byte) (judge, error) {
	filter, err := policy.Load(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, m *smm.Message) (inbox.Decision, error) {
		v, err := filter.Filter(ctx, m)
		if err != nil || v.Allowed() {
			return inbox.Decision{Action: inbox.ActionAllow}, err
		}
		d := inbox.Decision{Action: inbox.Action(v.Action), Score: v.Score}
		for _, r := range v.Reasons {
			if r.Action == v.Action {
				d.Code, d.Reason = r.Code, fmt.Sprintf("%s: %s", cmp.Or(r.Category, r.Code), r.Pattern)
			}
		}
		return d, nil
	}, nil
}
