package oauthx

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Token is what a token endpoint gave.
type Token struct {
	Access  smm.Secret
	Refresh smm.Secret // zero if the server gave none: then an older one stays good, see smm.Credential.Renewed
	Type    string     // "Bearer" or "DPoP"
	// Obtained is when it was issued: by the server's created_at, or when it was
	// asked for.
	Obtained time.Time
	// Expires is zero if the server did not say, or named no time within the next
	// ten years.
	Expires time.Time
	// Scopes are those granted; nil if the server did not say, which by RFC 6749
	// section 5.1 means: as asked for.
	Scopes  []string
	Subject string // "sub", which some profiles add; "" if the server did not say
	// Raw is the whole answer, for what a vendor adds.
	Raw smm.Secret
}

// Credential is t as a credential for an account on server ("" where there is
// only one). Scopes stay nil where the server did not say.
func (t *Token) Credential(server string) smm.Credential {
	return smm.Credential{
		AccessToken: t.Access, RefreshToken: t.Refresh, TokenType: t.Type,
		Expires: t.Expires, Obtained: t.Obtained, Scopes: t.Scopes, Server: server,
	}
}

// tokenAnswer is RFC 6749 section 5.1 as servers write it: members whose types
// vary are looked at later, because a token that was issued must not be lost
// over its decoration.
type tokenAnswer struct {
	Access  string          `json:"access_token"`
	Refresh json.RawMessage `json:"refresh_token"`
	Type    json.RawMessage `json:"token_type"`
	Expires json.RawMessage `json:"expires_in"`
	Scope   json.RawMessage `json:"scope"`
	Created json.RawMessage `json:"created_at"`
	Subject json.RawMessage `json:"sub"`
}

// Errors of parseToken. None quotes the answer.
var (
	errNoJSON    = errors.New("the answer is not the JSON of a token endpoint")
	errNoToken   = errors.New("the answer holds no access token")
	errBadToken  = errors.New("the answer's token holds characters that no header can carry")
	errTokenType = errors.New("the server issued a token of a type that was not asked for")
)

const (
	maxLife        = 10 * 365 * 24 * time.Hour
	maxTokenLength = 64 << 10
)

// parseToken reads a 200 answer. asked is when the request was made, bound
// whether a token was asked for that is bound to a key.
func parseToken(body []byte, asked, now time.Time, bound bool) (*Token, error) {
	var a tokenAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, errNoJSON
	}
	if a.Access == "" {
		return nil, errNoToken
	}
	t := &Token{
		Access: smm.NewSecret(a.Access), Refresh: smm.NewSecret(text(a.Refresh)),
		Obtained: asked, Scopes: scopesOf(a.Scope), Subject: subjectOf(a.Subject),
		Raw: smm.NewSecret(string(body)),
	}
	if !sendable(a.Access) || !sendable(t.Refresh.Reveal()) {
		return nil, errBadToken
	}
	switch typ := text(a.Type); {
	case strings.EqualFold(typ, "DPoP"):
		t.Type = "DPoP"
	case strings.EqualFold(typ, "Bearer"), typ == "":
		t.Type = "Bearer"
	default:
		return nil, errTokenType
	}
	if bound != (t.Type == "DPoP") {
		return nil, errTokenType // RFC 9449 section 5: a downgrade, or a token that cannot be used
	}
	if life := lifeOf(a.Expires); life > 0 {
		t.Expires = asked.Add(life)
	}
	if at := createdAt(a.Created); !at.IsZero() && !at.After(now) {
		t.Obtained = at
	}
	return t, nil
}

// text is the string that raw holds, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// sendable reports whether a token has the characters of RFC 6749 appendix A.12.
func sendable(s string) bool {
	if len(s) > maxTokenLength {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// number is the number that raw holds, as such or in a string, or NaN.
func number(raw json.RawMessage) float64 {
	s := strings.TrimSpace(string(bytes.Trim(bytes.TrimSpace(raw), `"`)))
	if s == "" || len(s) > 512 || strings.ContainsAny(s, "xXpPnNiI_") {
		return math.NaN()
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// lifeOf reads expires_in: seconds, as whole or decimal number or string. 0 for
// what is none, not positive or beyond all sense: the token is then used until it
// is refused.
func lifeOf(raw json.RawMessage) time.Duration {
	secs := number(raw)
	if math.IsNaN(secs) || secs <= 0 || secs > maxLife.Seconds() {
		return 0
	}
	return time.Duration(secs * float64(time.Second))
}

// createdAt reads Mastodon's created_at, Unix seconds.
func createdAt(raw json.RawMessage) time.Time {
	secs := number(raw)
	if math.IsNaN(secs) || secs < 1e9 || secs > 1e11 {
		return time.Time{}
	}
	return time.Unix(int64(secs), 0)
}

// scopesOf reads scope: a string with spaces between, or an array as some write.
func scopesOf(raw json.RawMessage) []string {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return append([]string{}, list...)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil
	}
	return append([]string{}, strings.Fields(s)...)
}

func subjectOf(raw json.RawMessage) string {
	const longest = 2048
	s := text(raw)
	if len(s) > longest || smm.CleanMessage(s[:min(len(s), 300)]) != s[:min(len(s), 300)] {
		return ""
	}
	return s
}
