package imports

import (
	"math"
	"math/bits"
	"strings"
	"unicode"
)

// A DecimalSign is what stands before the fraction of a number.
type DecimalSign string

// The decimal signs.
const (
	DecimalUnknown DecimalSign = ""
	DecimalPoint   DecimalSign = "."
	DecimalComma   DecimalSign = ","
)

// number is what a cell says, exactly.
type number struct {
	micros   int64  // millionths
	percent  bool   // with a percent sign
	rounded  bool   // with a multiplier: "1.2K"
	currency string // ISO 4217, if the cell says
	symbol   string // a sign that several currencies share
	fraction int    // digits after the decimal sign
	missing  bool   // the cell has no number
}

// missingWords are what exports write where there is no number. They are
// compared in lower case.
var missingWords = map[string]bool{
	"": true, "-": true, "--": true, "---": true, "–": true, "—": true, "n/a": true, "na": true, "n.a.": true, "#n/a": true,
	"null": true, "none": true, "nan": true, "k. a.": true, "k.a.": true, "n.v.": true, "s/o": true, "n/d": true,
	"not available": true, "nicht verfügbar": true,
}

// multipliers are compared in lower case and without a final point.
var multipliers = map[string]int64{
	"k": 1e3, "tsd": 1e3, "mil": 1e3, "rb": 1e3, "tis": 1e3, "тыс": 1e3,
	"m": 1e6, "mio": 1e6, "mln": 1e6, "mn": 1e6, "mill": 1e6, "млн": 1e6, "jt": 1e6,
	"b": 1e9, "bn": 1e9, "mrd": 1e9, "md": 1e9, "g": 1e9,
}

var currencySigns = map[string]string{
	"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "zł": "PLN",
	"us$": "USD", "r$": "BRL", "a$": "AUD", "c$": "CAD",
}

// thousands are the signs between groups of digits.
var thousands = map[string]bool{".": true, ",": true, " ": true, "'": true, "’": true, "\u00a0": true, "\u202f": true, "\u2009": true}

// sharedSigns need the help of Options.Currency.
var sharedSigns = map[string]bool{"$": true, "¥": true, "kr": true, "kr.": true}

// trim removes spaces of every kind and the marks that spreadsheets leave.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' || r == '\u200e' || r == '\u200f'
	})
}

// unguard takes the text out of ="text", by which exports keep a spreadsheet
// from touching an id.
func unguard(s string) string {
	if inner, ok := strings.CutPrefix(s, `="`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); ok && !strings.Contains(inner, `"`) {
			return inner
		}
	}
	return s
}

// parseNumber reads a cell. decimal is what the file is known to use; whole
// says that the column counts.
func parseNumber(cell string, decimal DecimalSign, whole bool) (number, *fault) {
	s := strings.ToLower(trim(unguard(trim(cell))))
	if missingWords[s] {
		return number{missing: true}, nil
	}
	var n number
	first := strings.IndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' })
	last := strings.LastIndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' })
	if first < 0 {
		return n, faultf(CodeNumber, "this is not a number")
	}
	if first > 0 && (s[first-1] == '.' || s[first-1] == ',') {
		first-- // ".5"
	}
	before, digits, after := trim(s[:first]), s[first:last+1], trim(s[last+1:])
	negative := false
	for _, sign := range []string{"-", "−", "+"} {
		rest, ok := strings.CutPrefix(before, sign)
		if !ok {
			rest, ok = strings.CutSuffix(before, sign)
		}
		if ok {
			before, negative = trim(rest), sign != "+"
			break
		}
	}
	factor := int64(1)
	if f := n.affix(before); f != nil {
		return n, f
	}
	// "3,4 Mio. €" has two.
	for word := range strings.FieldsSeq(spaced(after)) {
		if m, ok := multipliers[strings.TrimSuffix(word, ".")]; ok && factor == 1 {
			factor, n.rounded = m, true
			continue
		}
		if f := n.affix(word); f != nil {
			return n, f
		}
	}
	if decimal == DecimalUnknown {
		decimal = evidence(digits, whole && !n.rounded)
	}
	f := n.value(digits, decimal, factor)
	if negative {
		n.micros = -n.micros
	}
	return n, f
}

// spaced separates signs that are written without a space: "1.2K%".
func spaced(s string) string {
	for _, sign := range []string{"%", "€", "£", "¥", "₹"} {
		s = strings.ReplaceAll(s, sign, " "+sign+" ")
	}
	return s
}

// affix reads what stands beside the digits.
func (n *number) affix(s string) *fault {
	switch {
	case s == "":
		return nil
	case s == "%" && !n.percent:
		n.percent = true
		return nil
	case n.currency != "" || n.symbol != "":
	case currencySigns[s] != "":
		n.currency = currencySigns[s]
		return nil
	case sharedSigns[s]:
		n.symbol = s
		return nil
	case len(s) == 3 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "":
		n.currency = strings.ToUpper(s)
		return nil
	}
	return faultf(CodeNumber, "this is not a number: it has %q beside the digits", excerpt(s))
}

// value reads digits with separators, times factor.
func (n *number) value(digits string, decimal DecimalSign, factor int64) *fault {
	whole, fraction, f := split(digits, decimal)
	if f != nil {
		return f
	}
	n.fraction = len(fraction)
	if len(fraction) > 18 {
		fraction = fraction[:18]
	}
	v, ok := scale(whole, 1e6, factor)
	if !ok {
		return faultf(CodeRange, "this number is too large")
	}
	unit := uint64(factor) * 1e6 // at most 1e15
	var part uint64
	for _, d := range fraction {
		unit /= 10
		part += uint64(d-'0') * unit
	}
	if part > math.MaxInt64-v {
		return faultf(CodeRange, "this number is too large")
	}
	n.micros = int64(v + part)
	return nil
}

// scale multiplies, and reports whether the product fits.
func scale(whole string, factors ...int64) (uint64, bool) {
	var v uint64
	for _, d := range whole {
		if v > (math.MaxInt64-9)/10 {
			return 0, false
		}
		v = v*10 + uint64(d-'0')
	}
	for _, f := range factors {
		high, low := bits.Mul64(v, uint64(f))
		if high != 0 || low > math.MaxInt64 {
			return 0, false
		}
		v = low
	}
	return v, true
}

// split takes digits apart at the decimal sign and removes the separators of
// thousands.
func split(digits string, decimal DecimalSign) (whole, fraction string, f *fault) {
	if decimal == DecimalUnknown && strings.ContainsAny(digits, ".,") {
		return "", "", faultf(CodeAmbiguous, "this can be read in two ways: set Options.Decimal to the sign before the fraction")
	}
	whole = digits
	if i := strings.LastIndex(digits, string(decimal)); decimal != DecimalUnknown && i >= 0 {
		whole, fraction = digits[:i], digits[i+1:]
	}
	if strings.Trim(fraction, "0123456789") != "" {
		return "", "", faultf(CodeAmbiguous, "the file writes fractions after %q, but not here: set Options.Decimal", decimal)
	}
	groups := strings.FieldsFunc(whole, func(r rune) bool { return r < '0' || r > '9' })
	separators := strings.FieldsFunc(whole, func(r rune) bool { return r >= '0' && r <= '9' })
	for i, sep := range separators {
		switch {
		case sep != separators[0], !thousands[sep], sep == string(decimal):
			return "", "", faultf(CodeNumber, "this is not a number: separators of thousands do not alternate")
		// South Asia groups by two after the first three.
		case len(groups) != len(separators)+1, len(groups[len(groups)-1]) != 3, len(groups[i]) > 3 || (i > 0 && len(groups[i]) < 2):
			if sep == "." || sep == "," {
				return "", "", faultf(CodeAmbiguous, "%q does not separate thousands here: set Options.Decimal", sep)
			}
			return "", "", faultf(CodeNumber, "this is not a number: %q does not separate thousands here", sep)
		}
	}
	return strings.Join(groups, ""), fraction, nil
}

// evidence says which decimal sign a number uses, if it can be told from that
// number alone: a count of "1,520" is no fraction, while "1,000" may be one.
func evidence(digits string, whole bool) DecimalSign {
	point, comma := strings.LastIndexByte(digits, '.'), strings.LastIndexByte(digits, ',')
	switch {
	case point >= 0 && comma >= 0:
		if point > comma {
			return DecimalPoint
		}
		return DecimalComma
	case point < 0 && comma < 0:
		return DecimalUnknown
	}
	sign, other, at := DecimalPoint, DecimalComma, point
	if comma >= 0 {
		sign, other, at = DecimalComma, DecimalPoint, comma
	}
	switch {
	case strings.Count(digits, string(sign)) > 1:
		return other // it separates thousands
	case len(digits)-at-1 != 3 || at == 0 || at > 3 || (at == 1 && digits[0] == '0'):
		return sign
	case whole && !strings.HasSuffix(digits, "000"):
		return other
	}
	return DecimalUnknown
}
