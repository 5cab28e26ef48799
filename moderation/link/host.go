package link

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// canonical brings a host into the form in which hosts are compared.
func canonical(host string) string {
	host = strings.Trim(strings.ToLower(norm.NFKC.String(host)), ".")
	if !strings.Contains(host, "xn--") {
		return host
	}
	labels := strings.Split(host, ".")
	for i, l := range labels {
		if rest, ok := strings.CutPrefix(l, "xn--"); ok {
			if decoded, ok := punycode(rest); ok {
				labels[i] = strings.ToLower(norm.NFKC.String(decoded))
			}
		}
	}
	return strings.Join(labels, ".")
}

// punycode decodes a label without its prefix (RFC 3492, section 6.2).
func punycode(s string) (string, bool) {
	const base, tMin, tMax, skew, damp = 36, 1, 26, 38, 700
	if len(s) > 63 {
		return "", false
	}
	var out []rune
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		out, s = []rune(s[:i]), s[i+1:]
	}
	n, i, bias := 128, 0, 72
	for s != "" {
		oldI, w := i, 1
		for k := base; ; k += base {
			if s == "" {
				return "", false
			}
			digit := strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789", s[0])
			s = s[1:]
			if digit < 0 || i > unicode.MaxRune*64 {
				return "", false
			}
			i += digit * w
			t := min(max(k-bias, tMin), tMax)
			if digit < t {
				break
			}
			w *= base - t
		}
		size := len(out) + 1
		bias = adapt(i-oldI, size, oldI == 0, base, tMin, tMax, skew, damp)
		n += i / size
		i %= size
		if n > unicode.MaxRune {
			return "", false
		}
		out = append(out[:i], append([]rune{rune(n)}, out[i:]...)...)
		i++
	}
	return string(out), true
}

func adapt(delta, size int, first bool, base, tMin, tMax, skew, damp int) int {
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / size
	k := 0
	for ; delta > (base-tMin)*tMax/2; k += base {
		delta /= base - tMin
	}
	return k + (base-tMin+1)*delta/(delta+skew)
}

// checkDomain reports what is wrong with an entry of a list.
func checkDomain(d string) error {
	if d == "" {
		return errors.New("empty")
	}
	if strings.ContainsAny(d, "/:@*? \t\n#\\") {
		return errors.New("want a bare domain such as spam.example; everything below it is covered")
	}
	c := canonical(d)
	if !strings.Contains(c, ".") || strings.Contains(c, "..") || len(c) > 253 {
		return errors.New("want a domain with at least two labels")
	}
	return nil
}

// hostOf returns the host of an address that may lack its scheme, in canonical
// form, and whether the address names a user before it ("bank.example@evil").
func hostOf(address string) (host string, user bool, err error) {
	if scheme, _, ok := strings.Cut(address, ":"); ok && !strings.Contains(address, "://") && !strings.ContainsAny(scheme, ".[]") {
		return "", false, nil // mailto:, tel: and the like have no host
	}
	if !strings.Contains(address, "://") {
		address = "https://" + strings.TrimPrefix(address, "//")
	}
	// Browsers take a backslash for a slash; the parser must see what they see.
	u, err := url.Parse(strings.ReplaceAll(address, `\`, "/"))
	if err != nil {
		return "", false, fmt.Errorf("not an address: %w", err)
	}
	return canonical(u.Hostname()), u.User != nil, nil
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || numeric(host)
}

// numeric reports hosts such as 2130706433 or 0x7f.1, which browsers take for
// IP addresses: the last label is a number.
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	last = strings.TrimPrefix(last, "0x")
	return last != "" && strings.Trim(last, "0123456789abcdef") == "" && strings.ContainsAny(last[:1], "0123456789")
}

// mixedScripts reports a label in which Latin letters stand beside Cyrillic or
// Greek ones.
func mixedScripts(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		latin, other := false, false
		for _, r := range label {
			latin = latin || unicode.Is(unicode.Latin, r)
			other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee)
		}
		if latin && other {
			return true
		}
	}
	return false
}

// within reports whether host is domain or below it.
func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}
