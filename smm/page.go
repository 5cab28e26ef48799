package smm

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// PageRequest asks a driver for one page of a list.
type PageRequest struct {
	Cursor string    // from the page before, "" for the first; opaque, the vendor's own
	Limit  int       // wanted items, 0 for the driver's choice; a driver may give fewer or more
	Since  time.Time // skip what is older, where the platform can; else the front filters nothing
	Until  time.Time // skip what is younger, likewise
}

// Page is one page of a list, newest first unless the method says otherwise.
// An empty page with a Next cursor is allowed; the end is an empty Next.
type Page[T any] struct {
	Items []T
	Next  string
}

// ListOptions shape a list of the front. The zero value lists everything from
// the newest.
type ListOptions struct {
	Cursor   string // from List.Cursor of an earlier run: go on there
	PageSize int
	Since    time.Time
	Until    time.Time
}

// List is a list that is fetched as it is read. It can stop anywhere and go on
// later, also in another process, from its Cursor. A List is for one goroutine.
type List[T any] struct {
	fetch func(context.Context, PageRequest) (Page[T], error)
	req   PageRequest
	skip  int // items of the page at req.Cursor that were already yielded
	done  bool
	err   error
}

// NewList makes a List over a page function. Drivers do not need it; it serves
// hosts and packages that page through something of their own.
func NewList[T any](fetch func(context.Context, PageRequest) (Page[T], error), opts *ListOptions) *List[T] {
	l := &List[T]{fetch: fetch}
	if opts == nil {
		return l
	}
	l.req = PageRequest{Limit: opts.PageSize, Since: opts.Since, Until: opts.Until}
	l.skip, l.req.Cursor, l.done, l.err = parseCursor(opts.Cursor)
	return l
}

func failedList[T any](err error) *List[T] { return &List[T]{err: err} }

// All yields the items. On an error it yields the zero item with that error
// and stops; Cursor then points at the page that failed, so that a later List
// can go on there. A cursor that comes back to a page already read is such an
// error, so that a misbehaving server cannot hold the reader for ever.
func (l *List[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if l.err != nil {
			yield(zero, l.err)
			return
		}
		seen := map[string]bool{l.req.Cursor: true}
		for !l.done {
			page, err := l.fetch(ctx, l.req)
			if err != nil {
				yield(zero, err)
				return
			}
			for i := l.skip; i < len(page.Items); i++ {
				l.skip = i + 1
				if !yield(page.Items[i], nil) {
					return
				}
			}
			if page.Next == "" {
				l.done = true
				return
			}
			if seen[page.Next] {
				yield(zero, fmt.Errorf("%w: the platform's list returned to a page it gave before", ErrUnavailable))
				return
			}
			seen[page.Next] = true
			l.req.Cursor, l.skip = page.Next, 0
		}
	}
}

// Collect reads at most limit items, or all if limit is 0. The items read
// before an error are returned with it.
func (l *List[T]) Collect(ctx context.Context, limit int) ([]T, error) {
	var out []T
	for v, err := range l.All(ctx) {
		if err != nil {
			return out, err
		}
		if out = append(out, v); len(out) == limit {
			break
		}
	}
	return out, nil
}

// Cursor returns the place of the next item, for ListOptions.Cursor. It is
// text without secrets and may be stored.
func (l *List[T]) Cursor() string {
	if l.done {
		return "end"
	}
	return strconv.Itoa(l.skip) + ":" + l.req.Cursor
}

func parseCursor(s string) (skip int, cursor string, done bool, err error) {
	switch s {
	case "":
		return 0, "", false, nil
	case "end":
		return 0, "", true, nil
	}
	n, cursor, ok := strings.Cut(s, ":")
	skip, convErr := strconv.Atoi(n)
	if !ok || convErr != nil || skip < 0 {
		return 0, "", true, fmt.Errorf("%w: list cursor %q was not made by List.Cursor", ErrInvalid, s)
	}
	return skip, cursor, false, nil
}
