package vcr

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// Kind names what a piece of text looks like.
type Kind string

const (
	KindJWT        Kind = "jwt"
	KindAuthHeader Kind = "auth-header" // Bearer, Basic or DPoP with a value
	KindVendorKey  Kind = "vendor-key"  // a token whose prefix names its vendor
	KindPrivateKey Kind = "private-key"
	KindEntropy    Kind = "entropy" // long, random-looking
	KindHex        Kind = "hex"     // 32 or more hexadecimal digits, not labelled as a digest
	KindEmail      Kind = "email"
	KindPhone      Kind = "phone"
)

// span is one match in a text.
type span struct {
	start, end int
	kind       Kind
}

// shape is a pattern; keep, if set, decides whether a match is a secret. hint
// is a literal that every match contains, to skip the pattern cheaply.
type shape struct {
	kind Kind
	hint string
	re   *regexp.Regexp
	keep func(text string, start, end int) bool
}

// shapes are tried in this order; a match hides later ones that overlap.
// Prefixes are those the vendors document or that their secret-scanning
// partners publish.
var shapes = []shape{
	{KindPrivateKey, "PRIVATE KEY", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`), nil},
	{KindJWT, "eyJ", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*`), nil},
	{KindAuthHeader, "", regexp.MustCompile(`(?i)\b(?:bearer|basic|dpop)\s+[A-Za-z0-9._~+/=-]{8,}`), realCredential},
	{KindVendorKey, "_", regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|sk_live_[A-Za-z0-9]{16,}|pin[ar]_[A-Za-z0-9]{20,})`), nil},
	{KindVendorKey, "xox", regexp.MustCompile(`\bxox[a-z]-[A-Za-z0-9-]{10,}`), nil},
	{KindVendorKey, "xapp-", regexp.MustCompile(`\bxapp-[A-Za-z0-9-]{10,}`), nil},
	{KindVendorKey, "EAA", regexp.MustCompile(`\bEAA[A-Za-z0-9]{20,}`), nil},
	{KindVendorKey, "IG", regexp.MustCompile(`\bIG(?:QV|QW|AA)[A-Za-z0-9_-]{20,}`), nil},
	{KindVendorKey, "THAA", regexp.MustCompile(`\bTHAA[A-Za-z0-9_-]{20,}`), nil},
	{KindVendorKey, "ya29.", regexp.MustCompile(`\bya29\.[A-Za-z0-9_-]{10,}`), nil},
	{KindVendorKey, "AIza", regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{30,}`), nil},
	{KindVendorKey, "GOCSPX-", regexp.MustCompile(`\bGOCSPX-[A-Za-z0-9_-]{20,}`), nil},
	{KindVendorKey, "1//", regexp.MustCompile(`\b1//[A-Za-z0-9_-]{20,}`), nil},
	{KindVendorKey, "AKIA", regexp.MustCompile(`\bAKIA[A-Z0-9]{16}\b`), nil},
	{KindVendorKey, ":", regexp.MustCompile(`\d{6,12}:[A-Za-z0-9_-]{32,}`), nil}, // Telegram bot
	{KindVendorKey, ".", regexp.MustCompile(`\b[MNO][A-Za-z0-9_-]{22,}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}`), nil},
	{KindVendorKey, "-", regexp.MustCompile(`\b[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}\b`), hasDigit}, // Bluesky app password
	{KindEmail, "@", regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`), realEmail},
	{KindPhone, "+", regexp.MustCompile(`\+[1-9][0-9]{0,2}(?:[ .()-]{0,2}[0-9]{2,5}){2,5}`), realPhone},
	{KindPhone, "-", regexp.MustCompile(`\(?\b[2-9][0-9]{2}\)?[ .-][2-9][0-9]{2}[.-][0-9]{4}\b`), realPhone},
	{KindHex, "", regexp.MustCompile(`[0-9a-fA-F]{32,}`), secretHex},
	{KindEntropy, "", regexp.MustCompile(`[A-Za-z0-9+_=-]{20,}`), randomLooking},
}

// publicShapes look random but are meant to be seen: content identifiers,
// DIDs, public multibase keys, UUIDs, ULIDs.
var publicShapes = regexp.MustCompile(`^(?:baf[ky][a-z2-7]{40,}|Qm[1-9A-HJ-NP-Za-km-z]{44}|[a-z2-7]{24}|z(?:6Mk|Q3sh|Dn)[1-9A-HJ-NP-Za-km-z]{40,}|` +
	`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-7][0-9A-HJKMNP-TV-Z]{25})$`)

// publicLabel ends right before a value that is public by its name: digests,
// blurhashes, fediverse accounts.
var publicLabel = regexp.MustCompile(`(?i)(?:sha-?(?:1|224|256|384|512)|md5|digest|hash|checksum|etag|commit|blurhash|cid)\\?["']?[\s:=-]{1,3}\\?["']?$`)

// find returns the secrets in text, in order and without overlap.
func find(text string) []span {
	var out []span
	for _, s := range shapes {
		if s.hint != "" && !strings.Contains(text, s.hint) {
			continue
		}
		for _, m := range s.re.FindAllStringIndex(text, -1) {
			overlaps := slices.ContainsFunc(out, func(o span) bool { return m[0] < o.end && o.start < m[1] })
			if overlaps || strings.Contains(text[m[0]:m[1]], redacted) || s.keep != nil && !s.keep(text, m[0], m[1]) {
				continue
			}
			out = append(out, span{m[0], m[1], s.kind})
		}
	}
	slices.SortFunc(out, func(a, b span) int { return a.start - b.start })
	return out
}

func before(text string, start int) string { return text[max(0, start-24):start] }

func hasDigit(text string, start, end int) bool {
	return strings.ContainsAny(text[start:end], "0123456789")
}

// realCredential tells "Bearer abc123..." from prose about bearer tokens.
func realCredential(text string, start, end int) bool {
	value := text[start:end]
	value = value[strings.IndexAny(value, " \t\r\n")+1:]
	rest := value[1:] // words may begin with a capital
	camel := strings.ToUpper(rest) != rest && strings.ToLower(rest) != rest
	return hasDigit(text, start, end) || camel || len(value) > 24
}

// realEmail passes over reserved domains (RFC 2606), fediverse handles, image
// names such as logo@2x.png, and vendor notations in at:// addresses.
func realEmail(text string, start, end int) bool {
	_, domain, _ := strings.Cut(strings.ToLower(text[start:end]), "@")
	for _, reserved := range []string{"example.com", "example.org", "example.net", "example", "test", "invalid", "localhost"} {
		if domain == reserved || strings.HasSuffix(domain, "."+reserved) {
			return false
		}
	}
	pre := before(text, start)
	if strings.HasSuffix(pre, "@") || strings.HasSuffix(pre, "acct:") || acctLabel.MatchString(pre) {
		return false
	}
	tld := domain[strings.LastIndexByte(domain, '.')+1:]
	return !slices.Contains([]string{"png", "jpg", "jpeg", "gif", "webp", "svg"}, tld)
}

var acctLabel = regexp.MustCompile(`(?i)(?:acct|webfinger)\\?["']?\s*[:=]\s*\\?["']?$`)

// realPhone wants 8 to 15 digits (E.164) outside the numbers reserved for
// fiction: 555-01xx in North America, Ofcom's drama ranges in Britain.
func realPhone(text string, start, end int) bool {
	if start > 0 && (isWord(text[start-1]) || strings.IndexByte("+/=.", text[start-1]) >= 0) || end < len(text) && isWord(text[end]) {
		return false
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text[start:end])
	if len(digits) < 8 || len(digits) > 15 {
		return false
	}
	fictional := strings.Contains(digits[max(0, len(digits)-7):], "55501") ||
		strings.HasPrefix(digits, "447700900") || strings.HasPrefix(digits, "442079460") || strings.Trim(digits, "0") == ""
	return !fictional
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// secretHex: an app secret is 32 hexadecimal digits. So is an MD5 digest,
// which is why digests must say that they are one.
func secretHex(text string, start, end int) bool {
	if start > 0 && isWord(text[start-1]) || end < len(text) && isWord(text[end]) {
		return false // part of something longer, which is judged as a whole
	}
	value := text[start:end]
	if strings.Trim(value, "0123456789") == "" || entropy(value) < 2.5 {
		return false // a number, or a pattern such as 0000...
	}
	return !publicLabel.MatchString(before(text, start))
}

// randomLooking: over 4 bits per character, with digits and letters mixed in at
// least one of its words; titles and identifiers made of words are not.
func randomLooking(text string, start, end int) bool {
	value := strings.Trim(text[start:end], "-_=+")
	if start > 0 && text[start-1] == '%' && escaped.MatchString(value) {
		value = value[2:] // the "%3A" before it is a colon
	}
	if len(value) < 20 || entropy(value) <= 4 || publicShapes.MatchString(value) || publicLabel.MatchString(before(text, start)) {
		return false
	}
	for word := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == '-' || r == '_' || r == '=' }) {
		if mixed(word) {
			return true
		}
	}
	return false
}

// escaped is the rest of a percent-encoded byte.
var escaped = regexp.MustCompile(`^[0-9A-Fa-f]{2}`)

// mixed reports letters and digits alternating as they do in no word. Random
// base62 changes class (lower, upper, digit) at 62 % of its steps, camelCase at
// under 35 %; random base36 has at least three runs of digits as a rule.
func mixed(word string) bool {
	changes, digitRuns, prev := 0, 0, byte(0)
	for i := range len(word) {
		class := byte('a')
		switch c := word[i]; {
		case '0' <= c && c <= '9':
			class = '0'
		case 'A' <= c && c <= 'Z':
			class = 'A'
		}
		if class != prev {
			changes++
			if class == '0' {
				digitRuns++
			}
		}
		prev = class
	}
	return digitRuns >= 3 || len(word) >= 10 && changes*100 >= 40*len(word)
}

// entropy is Shannon's, in bits per character.
func entropy(s string) float64 {
	counts := make([]int, 256)
	for i := range len(s) {
		counts[s[i]]++
	}
	var h float64
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			h -= p * math.Log2(p)
		}
	}
	return h
}
