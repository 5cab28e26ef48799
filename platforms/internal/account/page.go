package account

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Between keeps the items within the request's times, those without a time
// included. The lists run from new to old, so one that is too old ends the list.
func Between[T any](r smm.PageRequest, items []T, next string, at func(*T) time.Time) ([]T, string) {
	var out []T
	for i := range items {
		t := at(&items[i])
		switch {
		case t.IsZero():
		case !r.Until.IsZero() && t.After(r.Until):
			continue
		case !r.Since.IsZero() && t.Before(r.Since):
			return out, ""
		}
		out = append(out, items[i])
	}
	return out, next
}
