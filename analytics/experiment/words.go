package experiment

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Names are the words in which a Result tells about itself. Empty ones have the
// defaults named.
type Names struct {
	A    string // "A"
	B    string // "B"
	Verb string // "converts" for proportions, else "scores": what a group does more or less
}

// Words returns the finding as a sentence for people: "B converts 12 % more
// than A (95 % interval 3 % more to 22 % more)". A result that is not
// significant begins with "No clear difference"; an undefined one says why.
// Where A is zero the absolute difference stands in, for proportions in
// percentage points.
func (r Result) Words(n Names) string {
	n = r.names(n)
	if _, ok := r.P(); !ok {
		return "Nothing can be said about " + n.B + " against " + n.A + ": " + r.Reason
	}
	format, i := percent, r.Uplift
	if _, ok := i.Float64(); !ok {
		format, i = decimal, r.Difference
		if r.proportions() {
			format = points
		}
	}
	estimate, ok := i.Float64()
	if !ok {
		return "Nothing can be said about " + n.B + " against " + n.A + ": " + i.Reason
	}
	var b strings.Builder
	if !r.Significant() {
		b.WriteString("No clear difference: ")
	}
	fmt.Fprintf(&b, "%s %s %s than %s", n.B, n.Verb, moreOrLess(estimate, format), n.A)
	if low, high, ok := i.Bounds(); ok {
		fmt.Fprintf(&b, " (%s interval %s)", percent(r.Level), span(low, high, format))
	} else {
		b.WriteString(" (no interval: " + i.Reason + ")")
	}
	if r.Warning != "" {
		b.WriteString(". Take care: " + r.Warning)
	}
	return b.String()
}

func (r Result) names(n Names) Names {
	if n.A == "" {
		n.A = "A"
	}
	if n.B == "" {
		n.B = "B"
	}
	if n.Verb == "" {
		n.Verb = "scores"
		if r.proportions() {
			n.Verb = "converts"
		}
	}
	return n
}

func (r Result) proportions() bool {
	return r.Method == MethodZPooled || r.Method == MethodZUnpooled || r.Method == MethodFisher
}

func moreOrLess(v float64, format func(float64) string) string {
	if v < 0 {
		return format(-v) + " less"
	}
	return format(v) + " more"
}

// span says both bounds, and the direction only where it is needed.
func span(low, high float64, format func(float64) string) string {
	if low >= 0 {
		return format(low) + " to " + format(high)
	}
	return moreOrLess(low, format) + " to " + moreOrLess(high, format)
}

func percent(v float64) string { return round(100*v) + " %" }

func points(v float64) string { return round(100*v) + " percentage points" }

func decimal(v float64) string { return round(v) }

// round keeps two digits that mean something, and all before the point.
func round(v float64) string {
	digits := 0
	if a := math.Abs(v); a > 0 && a < 10 {
		digits = min(1-int(math.Floor(math.Log10(a))), 12)
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
