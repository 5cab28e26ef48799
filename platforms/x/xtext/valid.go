package xtext

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// ValidUsername reports whether s is a mention from end to end, its sign
// included: "@alice".
func ValidUsername(s string) bool { return whole(s, Mention) }

// ValidList reports whether s is the name of a list from end to end:
// "@alice/friends".
func ValidList(s string) bool { return whole(s, List) }

// ValidHashtag reports whether s is a hashtag from end to end, its sign
// included.
func ValidHashtag(s string) bool { return whole(s, Hashtag) }

// ValidCashtag reports whether s is a cashtag from end to end, its sign
// included.
func ValidCashtag(s string) bool { return whole(s, Cashtag) }

// ValidBareURL reports whether s is an address without a scheme that X links
// from end to end: "example.com/path".
func ValidBareURL(s string) bool { return whole(s, URL) && !hasScheme(s) }

func whole(s string, kind Kind) bool {
	es := Find(s, kind)
	return len(es) == 1 && es[0].Span.Start.Byte == 0 && es[0].Span.End.Byte == len(s)
}

func hasScheme(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// ValidURL reports whether s is an address with http:// or https:// that X
// takes where a field asks for one. The rule is about the form alone and other
// than that of links in a text: numeric addresses and a user name before the
// host are accepted, and any top level domain.
func ValidURL(s string) bool {
	if !hasScheme(s) || !utf8.ValidString(s) {
		return false
	}
	_, rest, _ := strings.Cut(s, "://")
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	return validAuthority(authority) && validPart(path, "/:@|") && validPart(query, "/?:@|") && validPart(fragment, "/?:@|")
}

// validAuthority judges [user[:password]@]host[:port].
func validAuthority(s string) bool {
	user, host, ok := cutLast(s, "@")
	if ok && !validPart(user, ":") {
		return false
	}
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return false
		}
		addr, err := netip.ParseAddr(host[1:end])
		return err == nil && addr.Is6() && validPort(host[end+1:])
	}
	if colon := strings.IndexByte(host, ':'); colon >= 0 {
		if !validPort(host[colon:]) {
			return false
		}
		host = host[:colon]
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Is4()
	}
	return validDomain(host)
}

// cutLast is strings.Cut at the last separator; without one, all is after it.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

const maxPortDigits = 5

func validPort(s string) bool {
	if s == "" {
		return true
	}
	digits := s[1:]
	return s[0] == ':' && digits != "" && len(digits) <= maxPortDigits && strings.Trim(digits, "0123456789") == ""
}

// validDomain wants two labels at least. An underscore is allowed inside a
// subdomain only; the top level starts with a letter, which tells it from the
// end of a wrong numeric address.
func validDomain(host string) bool {
	labels := strings.Split(host, ".")
	last := len(labels) - 1
	if last < 1 {
		return false
	}
	for i, label := range labels {
		if !validLabel(label, i < last-1) {
			return false
		}
	}
	c := labels[last][0]
	return c >= utf8.RuneSelf || isLetter(c)
}

func validLabel(s string, subdomain bool) bool {
	if s == "" || s[0] == '-' || s[0] == '_' || s[len(s)-1] == '-' || s[len(s)-1] == '_' {
		return false
	}
	for _, r := range s {
		switch {
		case r == '_' && !subdomain, r >= utf8.RuneSelf && (isSpace(r) || isRefused(r)):
			return false
		case r < utf8.RuneSelf && !isLetter(byte(r)) && (r < '0' || r > '9') && r != '-' && r != '_':
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// validPart judges a part of an address: the unreserved characters and
// delimiters of RFC 3986, percent-encoded bytes, the signs in more, and
// letters of other scripts, which browsers encode.
func validPart(s, more string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			if isSpace(r) || isRefused(r) {
				return false
			}
			i += size - 1
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		case !isLetter(c) && (c < '0' || c > '9') && !strings.Contains("-._~!$&'()*+,;=", s[i:i+1]) && !strings.Contains(more, s[i:i+1]):
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
