package account

import (
	"context"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// Left asks what is left of budgets; nil if nobody counts, who counts does not tell,
// or cannot answer: the health of an account does not hang on it.
func Left(ctx context.Context, q smm.Quota, keys ...smm.QuotaKey) []smm.QuotaState {
	reader, ok := q.(smm.QuotaReader)
	if !ok {
		return nil
	}
	states, err := reader.Left(ctx, keys...)
	if err != nil {
		return nil
	}
	return states
}

// LackingScopes are those of want that scopes do not hold; none if nobody said what
// was granted.
func LackingScopes(scopes, want []string) []string {
	if len(scopes) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(want), func(w string) bool { return slices.Contains(scopes, w) })
}

// Subjects are what numbers are asked of: the channel itself where nobody names
// any. check judges the others.
func Subjects(channel smm.Ref, r *smm.MetricRequest, check func(smm.Ref) error) ([]smm.Ref, error) {
	if len(r.Subjects) == 0 {
		return []smm.Ref{channel}, nil
	}
	for _, ref := range r.Subjects {
		if ref == channel {
			continue
		}
		if err := check(ref); err != nil {
			return nil, err
		}
	}
	return r.Subjects, nil
}
