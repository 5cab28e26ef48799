package safehttp

import "net/netip"

// specialRange is one row of the deny table.
type specialRange struct {
	prefix netip.Prefix
	name   string
	source string // RFC and month of allocation, or the vendor's documentation
}

func deny(prefix, name, source string) specialRange {
	return specialRange{netip.MustParsePrefix(prefix), name, source}
}

// specialRanges is everything that is not an ordinary public destination.
//
// Source: the IANA special-purpose address registries,
// https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry, with each row's
// own RFC; compiled on 2026-11-22 from the RFCs and copies of the registries,
// the live pages were not at hand; newest row RFC 9780 (2025-04). Blocks that the
// registries call globally reachable (AS112, AMT) are refused as well: nobody
// serves web pages there. Multicast and site-local come from the address space
// registries.
//
// For IPv6 the table is the second line: addresses outside 2000::/3 are refused
// by [publicV6] already. The rows outside it give errors a name and keep the
// data complete.
var specialRanges = []specialRange{
	deny("0.0.0.0/8", "this network", "RFC 791, 1981-09"),
	deny("10.0.0.0/8", "private use", "RFC 1918, 1996-02"),
	deny("100.64.0.0/10", "shared address space", "RFC 6598, 2012-04"),
	deny("127.0.0.0/8", "loopback", "RFC 1122, 1981-09"),
	deny("169.254.0.0/16", "link local", "RFC 3927, 2005-05"),
	deny("172.16.0.0/12", "private use", "RFC 1918, 1996-02"),
	deny("192.0.0.0/24", "IETF protocol assignments", "RFC 6890, 2010-01"),
	deny("192.0.2.0/24", "documentation", "RFC 5737, 2010-01"),
	deny("192.31.196.0/24", "AS112", "RFC 7535, 2014-12"),
	deny("192.52.193.0/24", "AMT", "RFC 7450, 2014-12"),
	deny("192.88.99.0/24", "6to4 relay anycast", "RFC 7526, 2001-06"),
	deny("192.168.0.0/16", "private use", "RFC 1918, 1996-02"),
	deny("192.175.48.0/24", "AS112 direct delegation", "RFC 7534, 1996-01"),
	deny("198.18.0.0/15", "benchmarking", "RFC 2544, 1999-03"),
	deny("198.51.100.0/24", "documentation", "RFC 5737, 2010-01"),
	deny("203.0.113.0/24", "documentation", "RFC 5737, 2010-01"),
	deny("224.0.0.0/4", "multicast", "RFC 5771"),
	deny("240.0.0.0/4", "reserved and broadcast", "RFC 1112, 1989-08"),

	deny("::/128", "unspecified", "RFC 4291, 2006-02"),
	deny("::1/128", "loopback", "RFC 4291, 2006-02"),
	deny("::/96", "IPv4-compatible", "RFC 4291, deprecated"),
	deny("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765, deprecated"),
	deny("64:ff9b::/96", "NAT64", "RFC 6052, 2010-10"),
	deny("64:ff9b:1::/48", "NAT64, local use", "RFC 8215, 2017-06"),
	deny("100::/64", "discard only", "RFC 6666, 2012-06"),
	deny("100:0:0:1::/64", "dummy prefix", "RFC 9780, 2025-04"),
	deny("2001::/23", "IETF protocol assignments", "RFC 2928, 2000-09"),
	deny("2001::/32", "Teredo", "RFC 4380, 2006-01"),
	deny("2001:db8::/32", "documentation", "RFC 3849, 2004-07"),
	deny("2002::/16", "6to4", "RFC 3056, 2001-02"),
	deny("2620:4f:8000::/48", "AS112 direct delegation", "RFC 7534, 2011-05"),
	deny("3ffe::/16", "6bone", "RFC 3701, returned 2006-06"),
	deny("3fff::/20", "documentation", "RFC 9637, 2024-07"),
	deny("5f00::/16", "segment routing", "RFC 9602, 2024-04"),
	deny("fc00::/7", "unique local", "RFC 4193, 2005-10"),
	deny("fe80::/10", "link local", "RFC 4291, 2006-02"),
	deny("fec0::/10", "site local", "RFC 3879, deprecated 2004-09"),
	deny("ff00::/8", "multicast", "RFC 4291, 2006-02"),
}

// metadataAddrs hand out a machine's credentials to whoever can ask. Some lie
// in public space, and none is opened by a wide Options.AllowPrefixes. Put
// together from memory of the vendors' documentation on 2026-11-22, which was
// not at hand: unverified.
var metadataAddrs = []specialRange{
	deny("169.254.169.254/32", "cloud metadata", "AWS, GCP, Azure, OCI, DigitalOcean, OpenStack"),
	deny("169.254.169.253/32", "cloud resolver", "AWS"),
	deny("169.254.170.2/32", "container credentials", "AWS ECS"),
	deny("169.254.170.23/32", "pod identity", "AWS EKS"),
	deny("169.254.42.42/32", "cloud metadata", "Scaleway"),
	deny("169.254.0.23/32", "cloud metadata", "Tencent Cloud"),
	deny("100.100.100.200/32", "cloud metadata", "Alibaba Cloud"),
	deny("168.63.129.16/32", "host agent", "Azure"),
	deny("192.0.0.192/32", "cloud metadata", "OCI classic"),
	deny("fd00:ec2::254/128", "cloud metadata", "AWS"),
	deny("fd00:ec2::23/128", "pod identity", "AWS EKS"),
	deny("fd20:ce::254/128", "cloud metadata", "GCP"),
	deny("fd00:c1::a9fe:a9fe/128", "cloud metadata", "OCI"),
	deny("fd00:42::42/128", "cloud metadata", "Scaleway"),
}

var (
	publicV6 = netip.MustParsePrefix("2000::/3") // all IANA unicast assignments, RFC 4291 section 2.4
	nat64    = netip.MustParsePrefix("64:ff9b::/96")
)

// refusal returns why addr may not be connected to, or "". addr may be
// IPv4-mapped; a zone is always refused, for it names an interface of this
// machine.
func refusal(addr netip.Addr, allow []netip.Prefix) string {
	if !addr.IsValid() || addr.Zone() != "" {
		return "not a plain address"
	}
	addr = addr.Unmap()
	for _, r := range metadataAddrs {
		if r.prefix.Contains(addr) && !named(allow, addr) {
			return r.name
		}
	}
	if allowed(allow, addr) {
		// A translator's prefix is a door to all of IPv4, so opening it does
		// not open what lies behind it.
		if nat64.Contains(addr) {
			b := addr.As16()
			return refusal(netip.AddrFrom4([4]byte(b[12:])), allow)
		}
		return ""
	}
	name, bits := "", -1
	for _, r := range specialRanges {
		if r.prefix.Contains(addr) && r.prefix.Bits() > bits {
			name, bits = r.name, r.prefix.Bits()
		}
	}
	if name == "" && addr.Is6() && !publicV6.Contains(addr) {
		return "outside 2000::/3"
	}
	return name
}

func allowed(allow []netip.Prefix, addr netip.Addr) bool {
	for _, p := range allow {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// named reports whether addr itself, not a range around it, is allowed.
func named(allow []netip.Prefix, addr netip.Addr) bool {
	for _, p := range allow {
		if p.IsSingleIP() && p.Addr() == addr {
			return true
		}
	}
	return false
}
