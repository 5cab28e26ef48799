package smm_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

// pages serves 0..n-1 in pages of size, with the index as the cursor.
func pages(n, size int) func(context.Context, smm.PageRequest) (smm.Page[int], error) {
	return func(_ context.Context, r smm.PageRequest) (smm.Page[int], error) {
		from, _ := strconv.Atoi(r.Cursor)
		var p smm.Page[int]
		for i := from; i < min(from+size, n); i++ {
			p.Items = append(p.Items, i)
		}
		if from+size < n {
			p.Next = strconv.Itoa(from + size)
		}
		return p, nil
	}
}

func TestListResumesAnywhere(t *testing.T) {
	ctx := context.Background()
	for stop := range 24 {
		l := smm.NewList(pages(23, 5), nil)
		got, err := l.Collect(ctx, stop)
		if stop == 0 {
			got = nil
			l = smm.NewList(pages(23, 5), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		rest, err := smm.NewList(pages(23, 5), &smm.ListOptions{Cursor: l.Cursor()}).Collect(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(got, rest)
		want := make([]int, 23)
		for i := range want {
			want[i] = i
		}
		if !slices.Equal(all, want) {
			t.Fatalf("stopped at %d with cursor %q: %v", stop, l.Cursor(), all)
		}
	}
}

func TestListStopsAfterAnErrorAndGoesOnThere(t *testing.T) {
	ctx, broken := context.Background(), true
	fetch := func(ctx context.Context, r smm.PageRequest) (smm.Page[int], error) {
		if r.Cursor == "5" && broken {
			return smm.Page[int]{}, smm.ErrUnavailable
		}
		return pages(12, 5)(ctx, r)
	}
	l := smm.NewList(fetch, nil)
	got, err := l.Collect(ctx, 0)
	wantIs(t, err, smm.ErrUnavailable)
	broken = false
	rest, err := smm.NewList(fetch, &smm.ListOptions{Cursor: l.Cursor()}).Collect(ctx, 0)
	if err != nil || len(got)+len(rest) != 12 {
		t.Fatalf("%v then %v, %v", got, rest, err)
	}
}

func TestListRefusesACursorThatRunsInCircles(t *testing.T) {
	fetch := func(_ context.Context, r smm.PageRequest) (smm.Page[int], error) {
		return smm.Page[int]{Items: []int{1}, Next: map[string]string{"": "a", "a": "b", "b": "a"}[r.Cursor]}, nil
	}
	got, err := smm.NewList(fetch, nil).Collect(context.Background(), 0)
	wantIs(t, err, smm.ErrUnavailable)
	wantEqual(t, "items before the circle", len(got), 3)
}

func TestListRefusesForeignCursors(t *testing.T) {
	for _, c := range []string{"x", "-1:a", "abc", "1"} {
		_, err := smm.NewList(pages(3, 1), &smm.ListOptions{Cursor: c}).Collect(context.Background(), 0)
		if !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("cursor %q: %v", c, err)
		}
	}
}
