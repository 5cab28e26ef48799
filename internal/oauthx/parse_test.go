package oauthx

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func TestParseToken(t *testing.T) {
	hour := noon.Add(time.Hour)
	for name, c := range map[string]struct {
		body  string
		bound bool
		want  Token
		err   error
	}{
		"RFC 6749 section 5.1": {
			body: `{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"x"}`,
			err:  errTokenType,
		},
		"all of it":       {body: `{"access_token":"a","token_type":"bearer","expires_in":3600,"refresh_token":"r","scope":"x y","sub":"did:plc:1"}`, want: Token{Refresh: smm.NewSecret("r"), Expires: hour, Scopes: []string{"x", "y"}, Subject: "did:plc:1"}},
		"Mastodon":        {body: `{"access_token":"a","token_type":"Bearer","scope":"read write","created_at":1764000000}`, want: Token{Scopes: []string{"read", "write"}, Obtained: time.Unix(1764000000, 0)}},
		"DPoP":            {body: `{"access_token":"a","token_type":"DPoP","expires_in":3600}`, bound: true, want: Token{Type: "DPoP", Expires: hour}},
		"dpop":            {body: `{"access_token":"a","token_type":"dpop"}`, bound: true, want: Token{Type: "DPoP"}},
		"a downgrade":     {body: `{"access_token":"a","token_type":"Bearer"}`, bound: true, err: errTokenType},
		"not said, bound": {body: `{"access_token":"a"}`, bound: true, err: errTokenType},
		"bound unasked":   {body: `{"access_token":"a","token_type":"DPoP"}`, err: errTokenType},
		"no type":         {body: `{"access_token":"a"}`},
		"type null":       {body: `{"access_token":"a","token_type":null}`},

		"expires as string":   {body: `{"access_token":"a","expires_in":"3600"}`, want: Token{Expires: hour}},
		"expires as float":    {body: `{"access_token":"a","expires_in":3.6e3}`, want: Token{Expires: hour}},
		"expires with a part": {body: `{"access_token":"a","expires_in":0.5}`, want: Token{Expires: noon.Add(time.Second / 2)}},
		"expires negative":    {body: `{"access_token":"a","expires_in":-1}`},
		"expires zero":        {body: `{"access_token":"a","expires_in":0}`},
		"expires huge":        {body: `{"access_token":"a","expires_in":1` + strings.Repeat("0", 400) + `}`},
		"expires 1e400":       {body: `{"access_token":"a","expires_in":1e400}`},
		"expires in 11 years": {body: `{"access_token":"a","expires_in":346896000}`},
		"expires NaN":         {body: `{"access_token":"a","expires_in":"NaN"}`},
		"expires hex":         {body: `{"access_token":"a","expires_in":"0x10"}`},
		"expires null":        {body: `{"access_token":"a","expires_in":null}`},
		"expires object":      {body: `{"access_token":"a","expires_in":{"s":1}}`},
		"expires never":       {body: `{"access_token":"a","expires_in":"never"}`},

		"scope empty":    {body: `{"access_token":"a","scope":""}`, want: Token{Scopes: []string{}}},
		"scope list":     {body: `{"access_token":"a","scope":["x","y"]}`, want: Token{Scopes: []string{"x", "y"}}},
		"scope null":     {body: `{"access_token":"a","scope":null}`},
		"scope number":   {body: `{"access_token":"a","scope":7}`},
		"refresh null":   {body: `{"access_token":"a","refresh_token":null}`},
		"refresh odd":    {body: `{"access_token":"a","refresh_token":7}`},
		"created future": {body: `{"access_token":"a","created_at":1999999999}`},
		"created in ms":  {body: `{"access_token":"a","created_at":1764000000000}`},
		"created huge":   {body: `{"access_token":"a","created_at":1e300}`},
		"sub forged":     {body: `{"access_token":"a","sub":"a\nb"}`},
		"sub long":       {body: `{"access_token":"a","sub":"` + strings.Repeat("a", 3000) + `"}`},

		"no token":       {body: `{"token_type":"bearer"}`, err: errNoToken},
		"token empty":    {body: `{"access_token":""}`, err: errNoToken},
		"token null":     {body: `{"access_token":null}`, err: errNoToken},
		"token a number": {body: `{"access_token":7}`, err: errNoJSON},
		"token a line":   {body: `{"access_token":"a\r\nX: y"}`, err: errBadToken},
		"token of ü":     {body: `{"access_token":"ü"}`, err: errBadToken},
		"refresh a line": {body: `{"access_token":"a","refresh_token":"\n"}`, err: errBadToken},
		"token huge":     {body: `{"access_token":"` + strings.Repeat("a", 70<<10) + `"}`, err: errBadToken},
		"array":          {body: `[]`, err: errNoJSON},
		"null":           {body: `null`, err: errNoToken},
		"form":           {body: `access_token=a&token_type=bearer`, err: errNoJSON},
		"HTML":           {body: `<html>`, err: errNoJSON},
		"nothing":        {body: ``, err: errNoJSON},
		"two values":     {body: `{"access_token":"a"}{}`, err: errNoJSON},
	} {
		got, err := parseToken([]byte(c.body), noon, noon, c.bound)
		if c.err != nil {
			require.ErrorIs(t, err, c.err, name)
			continue
		}
		require.NoError(t, err, name)
		c.want.Access, c.want.Raw = smm.NewSecret("a"), smm.NewSecret(c.body)
		if c.want.Type == "" {
			c.want.Type = "Bearer"
		}
		if c.want.Obtained.IsZero() {
			c.want.Obtained = noon
		}
		require.Equal(t, c.want, *got, name)
	}
}

func TestCredentialOfToken(t *testing.T) {
	tok, err := parseToken([]byte(`{"access_token":"a","token_type":"DPoP","expires_in":60,"refresh_token":"r","scope":"x"}`), noon, noon, true)
	require.NoError(t, err)
	require.Equal(t, smm.Credential{
		AccessToken: smm.NewSecret("a"), RefreshToken: smm.NewSecret("r"), TokenType: "DPoP", Server: "https://pds.example",
		Expires: noon.Add(time.Minute), Obtained: noon, Scopes: []string{"x"},
	}, tok.Credential("https://pds.example"))
}

func TestTokenIsNeverShown(t *testing.T) {
	tok, err := parseToken([]byte(`{"access_token":"canary-1","refresh_token":"canary-2","extra":"canary-3"}`), noon, noon, false)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", tok)
	inJSON, err := json.Marshal(tok)
	require.NoError(t, err)
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %s", tok, tok, tok, *tok), log.String(), string(inJSON)} {
		require.NotContains(t, s, "canary")
	}
}

func TestParseError(t *testing.T) {
	for body, want := range map[string]struct {
		code, description string
		failed            bool
	}{
		`{"error":"invalid_grant","error_description":"over"}`: {"invalid_grant", "over", true},
		`{"error":"invalid_grant"}`:                            {"invalid_grant", "", true},
		`{"error":"This is a sentence."}`:                      {"", "", true},
		`{"error":{"message":"no","code":190}}`:                {"", "", true},
		`{"error":190,"error_description":190}`:                {"", "", true},
		`{"error":true}`:                                       {"", "", true},
		`{"error":null}`:                                       {},
		`{"error":false}`:                                      {},
		`{"error":""}`:                                         {},
		`{"access_token":"a"}`:                                 {},
		`[]`:                                                   {},
		``:                                                     {},
		`<html>`:                                               {},
		`{"error":"` + strings.Repeat("a", 49) + `"}`: {"", "", true},
		`{"error":"a\nb"}`:                            {"", "", true},
	} {
		code, description, failed := parseError([]byte(body))
		require.Equal(t, want.code, code, body)
		require.Equal(t, want.failed, failed, body)
		require.Equal(t, want.description, description, body)
	}
}

func TestWordsRepeatNothingThatWasSent(t *testing.T) {
	sent := []string{"", "code-canary-0123456789", "pin77"}
	for description, shown := range map[string]bool{
		"the redirect address does not match": true,
		"code-canary-0123456789 is over":      false,
		"the code ends in 23456789":           false,
		"the code ends in 3456789":            true, // seven characters of a secret of 22 are no secret
		"pin77 is wrong":                      false,
		"line\x1b[31m one\nline two":          true,
	} {
		got := words("", description, sent)
		require.Equal(t, shown, got != "", description)
		require.NotContains(t, got, "\n")
		require.NotContains(t, got, "\x1b")
	}
	require.Contains(t, words("invalid_client", "who?", nil), "check the app's registration: who?")
	require.Equal(t, "", words("unheard_of", "", nil))
}

func TestCheckReply(t *testing.T) {
	code := smm.NewSecret("code")
	start := smm.ConnectStart{Platform: "sim", Issuer: "https://as.example", URL: "https://as.example/authorize?state=right&client_id=a"}
	anybody := smm.ConnectStart{URL: start.URL}
	pushed := smm.ConnectStart{Issuer: start.Issuer, URL: "https://as.example/authorize?request_uri=urn:x"}
	for name, c := range map[string]struct {
		start   smm.ConnectStart
		reply   smm.ConnectReply
		require bool
		want    error
		code    string
	}{
		"in order":               {start, smm.ConnectReply{Code: code, State: "right", Issuer: "https://as.example"}, true, nil, ""},
		"issuer not required":    {start, smm.ConnectReply{Code: code, State: "right"}, false, nil, ""},
		"issuer missing":         {start, smm.ConnectReply{Code: code, State: "right"}, true, smm.ErrForbidden, ""},
		"mix-up":                 {start, smm.ConnectReply{Code: code, State: "right", Issuer: "https://evil.example"}, false, smm.ErrForbidden, ""},
		"a slash more":           {start, smm.ConnectReply{Code: code, State: "right", Issuer: "https://as.example/"}, true, smm.ErrForbidden, ""},
		"nobody was named":       {anybody, smm.ConnectReply{Code: code, State: "right", Issuer: "https://as.example"}, false, nil, ""},
		"another state":          {start, smm.ConnectReply{Code: code, State: "wrong", Issuer: "https://as.example"}, true, smm.ErrForbidden, ""},
		"state was pushed":       {pushed, smm.ConnectReply{Code: code, State: "any", Issuer: "https://as.example"}, true, nil, ""},
		"denied":                 {start, smm.ConnectReply{Error: "access_denied", State: "right", Issuer: "https://as.example"}, true, smm.ErrForbidden, "access_denied"},
		"denied by a stranger":   {start, smm.ConnectReply{Error: "access_denied", State: "right", Issuer: "https://evil.example"}, true, smm.ErrForbidden, ""},
		"denied, wrong state":    {start, smm.ConnectReply{Error: "access_denied", State: "wrong", Issuer: "https://as.example"}, true, smm.ErrForbidden, ""},
		"the server fails":       {start, smm.ConnectReply{Error: "server_error", State: "right", Issuer: "https://as.example"}, true, smm.ErrUnavailable, "server_error"},
		"later":                  {start, smm.ConnectReply{Error: "temporarily_unavailable", State: "right"}, false, smm.ErrUnavailable, "temporarily_unavailable"},
		"a code of its own":      {start, smm.ConnectReply{Error: "odd_thing", State: "right"}, false, smm.ErrForbidden, "odd_thing"},
		"a sentence as code":     {start, smm.ConnectReply{Error: "You may not!", State: "right"}, false, smm.ErrForbidden, ""},
		"neither code nor error": {start, smm.ConnectReply{State: "right", Issuer: "https://as.example"}, true, smm.ErrForbidden, ""},
	} {
		err := CheckReply(c.start, c.reply, c.require)
		if c.want == nil {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, c.want, name)
		require.Equal(t, c.code, Code(err), name)
		require.NotContains(t, err.Error(), "evil.example", name)
	}
}

func TestChallengeError(t *testing.T) {
	for v, want := range map[string]string{
		`DPoP error="use_dpop_nonce", error_description="Authorization server requires nonce in DPoP proof"`: "use_dpop_nonce",
		`DPoP algs="ES256 PS256", error=use_dpop_nonce`:                                                      "use_dpop_nonce",
		`dpop realm="a, error=x", error="use_dpop_nonce"`:                                                    "use_dpop_nonce",
		`Bearer error="invalid_token", DPoP algs="ES256", error="use_dpop_nonce"`:                            "use_dpop_nonce",
		`DPoP algs="ES256", Bearer error="use_dpop_nonce"`:                                                   "",
		`Bearer error="use_dpop_nonce"`:                                                                      "",
		`DPoP realm="\", error=\"use_dpop_nonce"`:                                                            "",
		`DPoP, Bearer error="use_dpop_nonce"`:                                                                "",
		`Bearer, DPoP error="x"`:                                                                             "x",
		`DPoP`:                                                                                               "",
		``:                                                                                                   "",
		`DPoP error`:                                                                                         "",
		`DPoP error="` + strings.Repeat("x", 9000) + `"`:                                                     "",
	} {
		require.Equal(t, want, challengeError(v, "DPoP"), v)
	}
}

func FuzzParseToken(f *testing.F) {
	for _, s := range []string{
		`{"access_token":"a","token_type":"DPoP","expires_in":"1e9","scope":["a"],"created_at":1764000000,"sub":"x"}`,
		`{"access_token":"a","expires_in":-1,"scope":"a b","refresh_token":"r"}`, `{"ACCESS_TOKEN":"x"}`, `[`, `{"access_token":"\ud800"}`,
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, bound bool) {
		tok, err := parseToken(b, noon, noon, bound)
		if err != nil {
			return
		}
		if tok.Access.IsZero() || !sendable(tok.Access.Reveal()) || !sendable(tok.Refresh.Reveal()) {
			t.Fatal("a token that cannot be sent")
		}
		if bound != (tok.Type == "DPoP") {
			t.Fatal("the wrong type")
		}
		if !tok.Expires.IsZero() && (!tok.Expires.After(noon) || tok.Expires.After(noon.Add(maxLife))) {
			t.Fatalf("expires at %v", tok.Expires)
		}
		if tok.Obtained.After(noon) {
			t.Fatal("from the future")
		}
	})
}

func FuzzParseMetadata(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://a","authorization_endpoint":"https://a/x","token_endpoint":"https://a/y"}`))
	f.Add([]byte(`{"issuer":7}`))
	f.Add([]byte(" \n{}"))
	issuer, _ := url.Parse("https://a")
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = parseResourceMetadata(b)
		m, err := parseMetadata(b)
		if err != nil || m.check(issuer, true) != nil {
			return
		}
		for _, e := range m.endpoints() {
			if e.url != "" && !strings.HasPrefix(strings.ToLower(e.url), "https://a") {
				t.Fatalf("%s at %q", e.name, e.url)
			}
		}
	})
}

func FuzzParseError(f *testing.F) {
	f.Add([]byte(`{"error":"invalid_grant","error_description":"code-canary-0123456789"}`), `DPoP error="use_dpop_nonce"`)
	f.Add([]byte(`{"error":{"a":1}}`), `a, b c="d\"`)
	f.Fuzz(func(t *testing.T, b []byte, header string) {
		code, description, failed := parseError(b)
		if !failed && (code != "" || description != "") {
			t.Fatal("words without an error")
		}
		_ = challengeError(header, "DPoP") // must not panic
		for _, r := range code {
			if r <= ' ' || r > '~' {
				t.Fatalf("code %q", code)
			}
		}
		if s := words(code, description, []string{"code-canary-0123456789"}); strings.Contains(s, "canary-01") || strings.ContainsAny(s, "\n\r\x1b") {
			t.Fatalf("words %q", s)
		}
	})
}
