package textx

import "unicode/utf8"

// asciiLabelLen is the length of a host label in its ASCII form: of the label
// itself, or "xn--" and its Punycode (RFC 3492, without mapping). It stops
// counting above 63, the longest a label may be.
func asciiLabelLen(label string) int {
	basic, runes := 0, 0
	for _, r := range label {
		if r < utf8.RuneSelf {
			basic++
		}
		runes++
	}
	if basic == runes {
		return basic
	}
	length := len("xn--") + basic
	if basic > 0 {
		length++
	}
	if length+runes-basic > 63 {
		return length + runes - basic
	}
	rs := []rune(label)
	const initialN, initialBias = 128, 72
	delta, bias, handled := 0, initialBias, basic
	for n := rune(initialN); handled < len(rs); n++ {
		next := rune(utf8.MaxRune)
		for _, r := range rs {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (handled + 1)
		n = next
		for _, r := range rs {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			length += punycodeDigits(delta, bias)
			bias = punycodeAdapt(delta, handled+1, handled == basic)
			delta = 0
			handled++
		}
		delta++
	}
	return length
}

const punycodeBase, punycodeTMin, punycodeTMax = 36, 1, 26

func punycodeDigits(delta, bias int) int {
	digits := 1
	for k := punycodeBase; ; k += punycodeBase {
		t := min(max(k-bias, punycodeTMin), punycodeTMax)
		if delta < t {
			return digits
		}
		delta = (delta - t) / (punycodeBase - t)
		digits++
	}
}

func punycodeAdapt(delta, points int, first bool) int {
	const skew, damp = 38, 700
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for delta > (punycodeBase-punycodeTMin)*punycodeTMax/2 {
		delta /= punycodeBase - punycodeTMin
		k += punycodeBase
	}
	return k + (punycodeBase-punycodeTMin+1)*delta/(delta+skew)
}
