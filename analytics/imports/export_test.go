package imports

import "time"

// Number is what the tests see of a parsed cell.
type Number struct {
	Micros                    int64
	Percent, Rounded, Missing bool
	Currency                  string
}

// ParseNumber opens parseNumber to the tests.
func ParseNumber(cell string, d DecimalSign, whole bool) (Number, Code) {
	n, f := parseNumber(cell, d, whole)
	out := Number{n.micros, n.percent, n.rounded, n.missing, n.currency}
	if f != nil {
		return out, f.code
	}
	return out, ""
}

// ParseTime opens parseTime to the tests.
func ParseTime(cell string, order DateOrder, zone *time.Location, asOf time.Time) (time.Time, bool, Code) {
	t, whole, f := dateContext{order, zone, asOf}.parseTime(cell)
	if f != nil {
		return t, whole, f.code
	}
	return t, whole, ""
}
