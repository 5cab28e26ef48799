package ga4

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// millionths parses a plain decimal number, with an exponent if there is one,
// into millionths. exact is false if it was rounded, half away from zero. Group
// separators, decimal commas, signs of currencies and NaN are refused: which
// of them is meant cannot be told from one cell.
func millionths(s string) (n int64, exact bool, err error) {
	bad := func(why string) (int64, bool, error) {
		return 0, false, fmt.Errorf("%w: %q is not a plain number: %s", smm.ErrInvalid, clip(s), why)
	}
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if exponent, err = strconv.Atoi(s[i+1:]); err != nil || exponent > 30 || exponent < -400 {
			return bad("its exponent")
		}
		mantissa = s[:i]
	}
	negative := strings.HasPrefix(mantissa, "-")
	mantissa = strings.TrimPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return bad("want digits with a point, as in 1234.5")
	}
	// point is how many digits stand before the decimal point of the millionths.
	point := len(whole) + exponent + 6
	kept, rest := digits, ""
	switch {
	case point < 0:
		kept, rest = "", digits
		if strings.Trim(rest, "0") != "" {
			rest = "0" + rest // far below one millionth, and not zero
		}
	case point < len(digits):
		kept, rest = digits[:point], digits[point:]
	default:
		kept += strings.Repeat("0", point-len(digits))
	}
	kept = strings.TrimLeft(kept, "0")
	if kept != "" {
		if n, err = strconv.ParseInt(kept, 10, 64); err != nil || n == math.MaxInt64 {
			return bad("too large")
		}
	}
	if rest != "" && rest[0] >= '5' {
		n++
	}
	if negative {
		n = -n
	}
	return n, strings.Trim(rest, "0") == "", nil
}

// whole parses a count. exact is false if it had a fraction and was rounded.
func whole(s string) (n int64, exact bool, err error) {
	m, exact, err := millionths(s)
	if err != nil {
		return 0, false, err
	}
	n = m / 1_000_000
	switch rest := m % 1_000_000; {
	case rest == 0:
		return n, exact, nil
	case rest >= 500_000:
		n++
	case rest <= -500_000:
		n--
	}
	return n, false, nil
}

// clip shortens foreign text for an error.
func clip(s string) string {
	r := []rune(s)
	if len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}
