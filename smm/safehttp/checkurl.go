package safehttp

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CheckURL reports whether rawURL could be used under the default [Options]:
// the static part of the check, without DNS. A nil answer is no promise, since
// what the name resolves to is checked when it is connected to. It is meant for
// forms that store an address for later. The error is a [*BlockedError].
func CheckURL(rawURL string) error {
	_, err := policy{ports: []uint16{80, 443}}.parse(rawURL)
	return err
}

// policy is the part of the options that decides about addresses.
type policy struct {
	http  bool
	ports []uint16
	allow []netip.Prefix
}

// parse checks the text, then what net/url makes of it. The text comes first
// because the danger is in spellings that two parsers read differently.
func (p policy) parse(rawURL string) (*url.URL, error) {
	switch {
	case len(rawURL) > maxURLLength:
		return nil, &BlockedError{Reason: ReasonSyntax, Detail: "longer than 4096 bytes"}
	case !utf8.ValidString(rawURL):
		return nil, &BlockedError{Reason: ReasonSyntax, Detail: "not valid UTF-8"}
	case strings.ContainsFunc(rawURL, confusing):
		return nil, &BlockedError{Reason: ReasonSyntax, Detail: "has a space, backslash or control character"}
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		// The parser's error quotes its input, secrets included.
		return nil, &BlockedError{Reason: ReasonSyntax, Detail: "not a URL"}
	}
	if err := p.check(u); err != nil {
		return nil, err
	}
	return u, nil
}

func confusing(r rune) bool {
	return r <= ' ' || r == '\\' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0x2028 || r == 0x2029
}

// check is the static check of a parsed URL; it runs on every hop.
func (p policy) check(u *url.URL) error {
	blocked := func(r Reason, detail string) error {
		return &BlockedError{URL: redactURL(u), Reason: r, Detail: detail}
	}
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !p.http):
		if p.http {
			return blocked(ReasonScheme, "use https or http")
		}
		return blocked(ReasonScheme, "use https")
	case u.User != nil:
		return blocked(ReasonUserinfo, "remove the user name and password")
	case u.Opaque != "" || u.Host == "":
		return blocked(ReasonSyntax, "has no host")
	}
	host, port, ok := splitHost(u.Host)
	if !ok {
		return blocked(ReasonHost, "host or port is malformed")
	}
	if port == 0 {
		port = defaultPort(u.Scheme)
	}
	if !slices.Contains(p.ports, port) {
		return blocked(ReasonPort, "the port is not allowed")
	}
	addr, detail := parseHost(host)
	if detail != "" {
		return blocked(ReasonHost, detail)
	}
	if addr.IsValid() {
		if why := refusal(addr, p.allow); why != "" {
			return &BlockedError{URL: redactURL(u), Reason: ReasonAddress, Addr: addr, Detail: why}
		}
	}
	return nil
}

func defaultPort(scheme string) uint16 {
	if scheme == "http" {
		return 80
	}
	return 443
}

// splitHost parts "host", "host:port" and "[v6]:port". Brackets stay with the
// host. A port is canonical decimal; 0 means none was given.
func splitHost(hostport string) (host string, port uint16, ok bool) {
	i := strings.LastIndexByte(hostport, ':')
	if i < 0 || strings.HasSuffix(hostport, "]") {
		return hostport, 0, true
	}
	digits := hostport[i+1:]
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 || digits[0] == '0' || digits[0] == '+' {
		return "", 0, false
	}
	return hostport[:i], uint16(n), true
}

// parseHost returns an address, or nothing for a DNS name, or what is wrong.
func parseHost(host string) (netip.Addr, string) {
	if after, ok := strings.CutPrefix(host, "["); ok {
		addr, err := netip.ParseAddr(strings.TrimSuffix(after, "]"))
		switch {
		case err != nil || !addr.Is6():
			return netip.Addr{}, "not an IPv6 address"
		case addr.Zone() != "":
			return netip.Addr{}, "an address with a zone is local to one machine"
		case addr.Is4In6():
			return netip.Addr{}, "write IPv4 addresses in dotted decimal"
		}
		return addr, ""
	}
	if detail := checkName(host); detail != "" {
		return netip.Addr{}, detail
	}
	// By the URL standard a host whose last label is a number is an IPv4
	// address, in any of a dozen spellings; only one of them is taken.
	last := host[strings.LastIndexByte(host, '.')+1:]
	if !numeric(last) {
		if !strings.Contains(host, ".") {
			return netip.Addr{}, "use a full domain name"
		}
		if slices.Contains(privateDomains, strings.ToLower(last)) {
			return netip.Addr{}, "the domain is not part of the public internet"
		}
		return netip.Addr{}, ""
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || !addr.Is4() {
		return netip.Addr{}, "write IPv4 addresses in dotted decimal"
	}
	return addr, ""
}

// privateDomains are never delegated in the public DNS. Source: IANA
// special-use domain names (RFC 6761 and successors) and ICANN's reservation of
// .internal (2024-07-29), as remembered on 2026-11-22: the lists themselves were
// not at hand.
var privateDomains = []string{"alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion", "test"}

// checkName admits the letters, digits, hyphens and underscores of real host
// names (RFC 1123, RFC 1035 lengths), internationalised names in punycode.
func checkName(host string) string {
	if len(host) > 253 {
		return "the host is longer than 253 bytes"
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "the host has an empty, overlong or hyphen-edged label"
		}
		for i := range len(label) {
			if c := label[i]; !('a' <= c|0x20 && c|0x20 <= 'z') && !('0' <= c && c <= '9') && c != '-' && c != '_' {
				return "the host is not a plain ASCII name; write international names in punycode (xn--)"
			}
		}
	}
	return ""
}

// numeric is the URL standard's "ends in a number": digits, or 0x and hex.
func numeric(label string) bool {
	digits := strings.TrimLeft(label, "0123456789") == ""
	hex := len(label) >= 2 && label[0] == '0' && label[1]|0x20 == 'x' &&
		strings.Trim(strings.ToLower(label[2:]), "0123456789abcdef") == ""
	return digits || hex
}
