package experiment_test

import (
	"fmt"

	"github.com/smmkit/smmkit/analytics/experiment"
)

// Two captions of the same post: how many people clicked.
func ExampleCompareProportions() {
	a := experiment.Proportion{Successes: 1000, Trials: 20000}
	b := experiment.Proportion{Successes: 1122, Trials: 20000}
	r, err := experiment.CompareProportions(a, b, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, _ := r.P()
	fmt.Println(r.Words(experiment.Names{}))
	fmt.Printf("%s, p = %.4f\n", r.Method, p)
	// Output:
	// B converts 12 % more than A (95 % interval 3.3 % to 22 %)
	// z-pooled, p = 0.0065
}

// How many people does it take to see a rise from 5 % to 6 %, and what could
// 2,000 in each group see?
func ExampleSampleSizeProportions() {
	size, err := experiment.SampleSizeProportions(0.05, 0.06, experiment.Design{})
	if err != nil {
		fmt.Println(err)
		return
	}
	mde, err := experiment.MDEProportions(0.05, 2000, experiment.Design{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d and %d people; with 2,000 a rise of %.1f percentage points\n", size.A, size.B, 100*mde)
	// Output: 8158 and 8158 people; with 2,000 a rise of 2.1 percentage points
}

// The same account always gets the same variant, on every machine.
func ExampleAssigner() {
	a, err := experiment.NewAssigner("spring-headline", "salt of this host", []experiment.Variant{
		{Name: "question", Weight: 50}, {Name: "number", Weight: 50},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, unit := range []string{"x/account/1", "x/account/2", "x/account/3", "x/account/1"} {
		v, _ := a.Assign(unit)
		fmt.Println(unit, v)
	}
	// Output:
	// x/account/1 question
	// x/account/2 number
	// x/account/3 number
	// x/account/1 question
}

// Clicks by impressions, where people were assigned and each saw several.
func ExampleDeltaRatios() {
	a, err := experiment.DescribeRatio([]float64{1, 0, 2, 1}, []float64{10, 8, 12, 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := experiment.DescribeRatio([]float64{2, 1, 3, 2}, []float64{10, 9, 13, 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := experiment.DeltaRatios(a, b, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Words(experiment.Names{Verb: "is clicked"}))
	// Output:
	// B is clicked 100 % more than A (95 % interval 10 % to 467 %). Take care: a group has fewer than 30 units, and the method needs many
}

// A test that may be watched and stopped at any time.
func ExampleSequential() {
	s, err := experiment.NewSequential(experiment.SequentialDesign{Effect: 0.1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; !s.Significant() && i < 10_000; i++ {
		_ = s.AddA(float64(i % 5 / 4)) // every fifth converts
		_ = s.AddB(float64(i % 3 / 2)) // every third
	}
	r := s.Result()
	fmt.Println("stopped at", r.A.N)
	fmt.Println(r.Words(experiment.Names{Verb: "converts"}))
	// Output:
	// stopped at 189
	// B converts 70 % more than A (95 % interval 0.074 % to 227 %)
}

// Were people divided as planned?
func ExampleSampleRatio() {
	c, err := experiment.SampleRatio([]int64{10_000, 10_600}, []float64{50, 50})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Words())
	// Output: Units were not divided as planned (p = 2.9e-05): find out why before believing any result
}

// Four variants against one control are four chances to be wrong.
func ExampleHolm() {
	adjusted, err := experiment.Holm([]float64{0.01, 0.04, 0.03, 0.005})
	fmt.Println(adjusted, err)
	// Output: [0.03 0.06 0.06 0.02] <nil>
}
