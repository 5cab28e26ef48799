package experiment_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/smmkit/smmkit/analytics/experiment"
	"github.com/smmkit/smmkit/smm"
)

func assigner(t *testing.T, key, salt string, weights ...uint32) *experiment.Assigner {
	t.Helper()
	var variants []experiment.Variant
	for i, w := range weights {
		variants = append(variants, experiment.Variant{Name: string(rune('A' + i)), Weight: w})
	}
	a, err := experiment.NewAssigner(key, salt, variants)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The expected letters were computed apart, in Python, from the description
// that Assign gives: see the formula there.
func TestAssignmentIsPinned(t *testing.T) {
	a, got := assigner(t, "headline", "salt", 50, 30, 20), ""
	for i := range 40 {
		v, ok := a.Assign(fmt.Sprintf("user-%d", i))
		if !ok {
			t.Fatal(i)
		}
		got += v
	}
	const want = "AAAABCACAAABACABBBCABABBABBABBAAACACBBAB"
	if got != want {
		t.Errorf("assignment changed: %s, want %s", got, want)
	}
}

func TestAssignmentIsUniformAndIndependent(t *testing.T) {
	const units = 200_000
	one, two, salted := assigner(t, "one", "s", 1, 2, 7), assigner(t, "two", "s", 1, 1), assigner(t, "one", "other", 1, 2, 7)
	count, cells := map[string]int64{}, map[string]int64{}
	same := 0
	for i := range units {
		u := fmt.Sprint(i) // ids that differ little
		x, _ := one.Assign(u)
		y, _ := two.Assign(u)
		z, _ := salted.Assign(u)
		count[x]++
		cells[x+y]++
		if x == z {
			same++
		}
	}
	check := func(what string, observed []int64, weights []float64) {
		t.Helper()
		r, err := experiment.SampleRatio(observed, weights)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v, p = %.3f", what, observed, *r.PValue)
		if mismatch, ok := r.Mismatch(); mismatch || !ok {
			t.Errorf("%s: %v is not as planned: %s", what, observed, r.Words())
		}
	}
	check("by weight", []int64{count["A"], count["B"], count["C"]}, []float64{1, 2, 7})
	check("two experiments", []int64{cells["AA"], cells["AB"], cells["BA"], cells["BB"], cells["CA"], cells["CB"]}, []float64{1, 1, 2, 2, 7, 7})
	// With another salt units agree by chance only: 0.01 + 0.04 + 0.49.
	if share := float64(same) / units; math.Abs(share-0.54) > 0.005 {
		t.Errorf("salts agree on %.3f of the units, want about 0.54", share)
	}
}

func TestAssignmentKeepsPartsApart(t *testing.T) {
	x, y := assigner(t, "ab", "c", 1, 1), assigner(t, "b", "ca", 1, 1)
	differ := false
	for i := range 64 {
		u, _ := x.Assign(fmt.Sprint(i))
		v, _ := y.Assign(fmt.Sprint(i))
		differ = differ || u != v
	}
	if !differ {
		t.Error("salt and key run into each other")
	}
	if _, ok := x.Assign(""); ok {
		t.Error("the empty unit was assigned")
	}
}

func TestNewAssignerRefuses(t *testing.T) {
	two := []experiment.Variant{{Name: "A", Weight: 1}, {Name: "B", Weight: 1}}
	for name, c := range map[string]struct {
		key      string
		variants []experiment.Variant
	}{
		"no key": {"", two}, "one variant": {"k", two[:1]}, "weight 0": {"k", []experiment.Variant{{Name: "A", Weight: 1}, {Name: "B"}}},
		"twice": {"k", []experiment.Variant{two[0], two[0]}}, "no name": {"k", []experiment.Variant{two[0], {Weight: 1}}},
	} {
		if _, err := experiment.NewAssigner(c.key, "", c.variants); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, err := experiment.NewAssigner("k", "", two)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := a.Assign("u")
	two[0].Name, two[1].Name = "X", "Y"
	if after, _ := a.Assign("u"); after != before {
		t.Error("a change of the caller's slice reached the assigner")
	}
}

func BenchmarkAssign(b *testing.B) {
	a, err := experiment.NewAssigner("headline", "salt", []experiment.Variant{{Name: "A", Weight: 1}, {Name: "B", Weight: 1}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		a.Assign("mastodon@social.example/account/114")
	}
}
