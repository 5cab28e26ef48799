package vcr

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// redacted starts every placeholder; text that holds it is never scrubbed
// again, so scrubbing what is scrubbed changes nothing.
const redacted = "REDACTED"

// scrubber takes secrets out of one exchange. It is pure: the same input gives
// the same output in every process, which is what lets a replayed request, with
// other secrets, match the recorded one.
type scrubber struct {
	fields []string // further field names, normalised
	values []string // exact secrets
	keep   []string // further header names, canonical
}

// Headers outside these lists are not written. Neither list may ever hold a
// header in forbiddenHeaders.
var (
	requestHeaders  = []string{"Accept", "Content-Type", "If-None-Match", "Linkedin-Version", "X-Restli-Protocol-Version", "X-Restli-Method"}
	responseHeaders = []string{
		"Content-Type", "Link", "Location", "Retry-After", "Etag", "Last-Modified", "Date", "Deprecation", "Sunset", "X-Restli-Id",
		"X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage", "X-Ad-Account-Usage", "Www-Authenticate", "Dpop-Nonce",
	}
	forbiddenHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "Set-Cookie2", "Dpop", "X-Api-Key"}
)

func (s *scrubber) header(h http.Header, list []string) http.Header {
	out := http.Header{}
	for name, values := range h {
		name = http.CanonicalHeaderKey(name)
		limit := list[0] == responseHeaders[0] && (strings.HasPrefix(name, "X-Ratelimit-") || strings.HasPrefix(name, "X-Rate-Limit-") || strings.HasPrefix(name, "Ratelimit"))
		if !limit && !slices.Contains(list, name) && !slices.Contains(s.keep, name) || slices.Contains(forbiddenHeaders, name) {
			continue
		}
		for _, v := range values {
			switch name {
			case "Location":
				v = s.url(v)
			case "Dpop-Nonce":
				v = placeholder("nonce")
			case "Content-Type":
				v = withoutBoundary(v)
			default:
				v = s.text(v)
			}
			out[name] = append(out[name], v)
		}
	}
	return out
}

var boundaryParam = regexp.MustCompile(`(?i)boundary=("[^"]*"|[^;\s]*)`)

func withoutBoundary(contentType string) string {
	return boundaryParam.ReplaceAllString(contentType, "boundary=vcr")
}

func placeholder(name string) string { return redacted + "-" + name }

// normal folds access_token, accessToken and Access-Token together.
func normal(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r | 0x20
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		}
		return -1
	}, name)
}

var (
	secretNames = []string{
		"code", "authcode", "password", "passwd", "pwd", "pass", "secret", "token", "auth", "authorization", "apikey", "email", "mail", "phone",
		"phonenumber", "mobile", "session", "sessionid", "cookie", "cookies", "signature", "sig", "otp", "pin", "jwt", "assertion", "dpop",
		"codeverifier", "codechallenge", "appsecretproof", "signedrequest", "credential", "credentials", "username",
	}
	secretSuffixes = []string{"token", "tokens", "secret", "secrets", "password", "jwt", "apikey", "privatekey", "accesskey", "secretkey", "email", "emails", "phonenumber", "assertion", "sessionid"}
	// Cursors are named like tokens; what they hold is judged by its shape.
	cursorNames = []string{"nextpagetoken", "prevpagetoken", "pagetoken", "nexttoken", "previoustoken", "paginationtoken", "continuationtoken"}
)

// place is where a named value stands, since some names mean different things.
type place int

const (
	inRequest  place = iota // a request's JSON
	inParams                // query or form
	inResponse              // a response's JSON
)

func (s *scrubber) secret(name string, at place) bool {
	n := normal(name)
	if slices.Contains(cursorNames, n) {
		return false
	}
	if n == "username" && at == inResponse {
		return false // a public handle
	}
	return slices.Contains(secretNames, n) || slices.Contains(s.fields, n) || at == inParams && (n == "key" || n == "state") ||
		slices.ContainsFunc(secretSuffixes, func(suffix string) bool { return strings.HasSuffix(n, suffix) })
}

// errorCode matches the error codes that vendors put in a field named code,
// like an authorization code: "ok", "rate_limit_exceeded".
var errorCode = regexp.MustCompile(`^[a-z][a-z_. ]{0,60}$|^[A-Z][A-Z_]{0,60}$`)

// named scrubs a value by its name, then by its shape.
func (s *scrubber) named(name, value string, at place) string {
	if value == "" || strings.HasPrefix(value, redacted) {
		return value
	}
	if s.secret(name, at) && !(at == inResponse && normal(name) == "code" && errorCode.MatchString(value)) {
		return placeholder(normal(name))
	}
	return s.text(value)
}

var (
	pair     = regexp.MustCompile(`([A-Za-z0-9_.-]+)=([^&\s"'<>#;,]+)`)
	jsonPair = regexp.MustCompile(`"([A-Za-z0-9_.-]+)"(\s*:\s*)"((?:[^"\\]|\\.)*)("|\\?$)`) // $: a document cut short
)

// text scrubs prose and anything without a structure known here.
func (s *scrubber) text(text string) string {
	for _, v := range s.values {
		text = strings.ReplaceAll(text, v, placeholder("value"))
		text = strings.ReplaceAll(text, url.QueryEscape(v), placeholder("value"))
	}
	text = replaceNamed(pair, text, func(m []string) string { return m[1] + "=" + s.byName(m[1], m[2], inParams) })
	text = replaceNamed(jsonPair, text, func(m []string) string {
		return `"` + m[1] + `"` + m[2] + `"` + s.byName(m[1], m[3], inResponse) + m[4]
	})
	var b strings.Builder
	last := 0
	for _, f := range find(text) {
		b.WriteString(text[last:f.start])
		switch f.kind {
		case KindEmail:
			b.WriteString("redacted@example.com")
		case KindPhone:
			b.WriteString("+12025550100")
		default:
			b.WriteString(placeholder(string(f.kind)))
		}
		last = f.end
	}
	b.WriteString(text[last:])
	return b.String()
}

// byName is named without the shapes, which text applies to the whole.
func (s *scrubber) byName(name, value string, at place) string {
	if value == "" || strings.HasPrefix(value, redacted) || !s.secret(name, at) || at == inResponse && normal(name) == "code" && errorCode.MatchString(value) {
		return value
	}
	return placeholder(normal(name))
}

func replaceNamed(re *regexp.Regexp, text string, f func(m []string) string) string {
	return re.ReplaceAllStringFunc(text, func(m string) string { return f(re.FindStringSubmatch(m)) })
}

// url scrubs an address and puts its query in order.
func (s *scrubber) url(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return s.text(raw)
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	u.Host = strings.ToLower(u.Host)
	if path := s.text(u.Path); path != u.Path {
		u.Path, u.RawPath = path, ""
	}
	if u.RawQuery != "" {
		q, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			u.RawQuery = s.text(u.RawQuery)
		} else {
			u.RawQuery = s.params(q).Encode()
		}
	}
	return u.String()
}

// params scrubs a query or form.
func (s *scrubber) params(in url.Values) url.Values {
	out := url.Values{}
	for name, values := range in {
		for _, v := range values {
			clean := s.text(name)
			out[clean] = append(out[clean], s.named(name, v, inParams))
		}
	}
	return out
}

// json scrubs a decoded document. under is set below a secret's name: then
// every leaf is taken out.
func (s *scrubber) json(name string, v any, at place, under bool) any {
	under = under || name != "" && s.secret(name, at) && normal(name) != "code"
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, child := range v {
			out[s.text(k)] = s.json(k, child, at, under)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, child := range v {
			out[i] = s.json(name, child, at, under)
		}
		return out
	case string:
		if under && v != "" && !strings.HasPrefix(v, redacted) {
			return placeholder(normal(name))
		}
		return s.named(name, v, at)
	case json.Number:
		if under {
			return json.Number("0")
		}
		if clean := s.text(v.String()); clean != v.String() {
			return clean
		}
		return v
	}
	return v
}

// leaks reports whether data still holds one of the exact secrets, plainly,
// escaped, or inside base64.
func (s *scrubber) leaks(data []byte) bool {
	for _, v := range s.values {
		if bytes.Contains(data, []byte(v)) || bytes.Contains(data, []byte(url.QueryEscape(v))) {
			return true
		}
	}
	for _, run := range base64Run.FindAll(data, -1) {
		run = bytes.TrimRight(run, "=")
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			decoded, _ := enc.DecodeString(string(run)) // what decodes before an error counts too
			if slices.ContainsFunc(s.values, func(v string) bool { return bytes.Contains(decoded, []byte(v)) }) {
				return true
			}
		}
	}
	return false
}

var base64Run = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}={0,2}`)
