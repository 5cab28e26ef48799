package metatest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	codeLife = 10 * time.Minute
	minAge   = 24 * time.Hour // before a long token can be renewed
)

// grant is a code that was given out.
type grant struct {
	person   *Node
	scopes   []string
	declined []string
	redirect string
	at       time.Time
	spent    bool
}

func errLogin(code, subcode int, message string) Reply {
	return Fail(&Error{Code: code, Subcode: subcode, Message: message})
}

// dialog stands for the page on which a person consents. The simulator consents
// at once for the node named in login_as, and refuses for "!deny"; scopes named in
// decline are not granted.
func (s *Server) dialog(c *Call) Reply {
	redirect := c.Get("redirect_uri")
	to, err := url.Parse(redirect)
	switch {
	case c.Get("client_id") != s.opts.AppID:
		return errLogin(101, 0, "Error validating application. Invalid application ID.")
	case err != nil || !to.IsAbs() || s.opts.Redirects != nil && !slices.Contains(s.opts.Redirects, redirect):
		return errLogin(191, 0, "Can't load URL: the domain of this URL isn't included in the app's domains.")
	case c.Get("response_type") != "code" && c.Get("response_type") != "":
		return errLogin(100, 0, "(#100) response_type")
	}
	q := to.Query()
	q.Set("state", c.Get("state"))
	tail := ""
	switch who := s.nodes[c.Get("login_as")]; {
	case c.Get("login_as") == "!deny":
		q.Set("error", "access_denied")
		q.Set("error_reason", "user_denied")
		q.Set("error_description", "Permissions error")
	case who == nil:
		return Fail(NotFound(c.Get("login_as")))
	default:
		declined := c.List("decline")
		code := secretWord()
		s.codes[code] = &grant{
			person: who, declined: declined, redirect: redirect, at: s.now(),
			scopes: slices.DeleteFunc(c.List("scope"), func(x string) bool { return slices.Contains(declined, x) }),
		}
		q.Set("code", code)
		if tail = "#_"; s.opts.Login == Facebook {
			tail = "#_=_"
		}
	}
	to.RawQuery = q.Encode()
	return Reply{Status: http.StatusFound, Body: struct{}{}, Header: http.Header{"Location": {to.String() + tail}}}
}

type wireToken struct {
	Access      string   `json:"access_token"`
	Type        string   `json:"token_type,omitempty"`
	Expires     int64    `json:"expires_in,omitempty"`
	UserID      any      `json:"user_id,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
}

func (s *Server) long(t *Token) Reply {
	w := wireToken{Access: t.Value, Type: "bearer"}
	if !t.Expires.IsZero() {
		w.Expires = int64(t.Expires.Sub(s.now()) / time.Second)
	}
	return OK(w)
}

// redeem exchanges a code, and with Facebook also a short token.
func (s *Server) redeem(c *Call) Reply {
	if c.Get("client_id") != s.opts.AppID || c.Get("client_secret") != s.opts.AppSecret {
		return s.loginFails(101, 0, "Error validating client secret.")
	}
	switch grantType := c.Get("grant_type"); {
	case grantType == "fb_exchange_token" && s.opts.Login == Facebook:
		return s.exchange(c.Get("fb_exchange_token"))
	case grantType == "client_credentials":
		return OK(wireToken{Access: s.appToken(), Type: "bearer"})
	case grantType != "authorization_code" && (grantType != "" || s.opts.Login != Facebook):
		return s.loginFails(100, 0, "(#100) grant_type")
	}
	g := s.codes[c.Get("code")]
	switch {
	case g == nil:
		return s.loginFails(100, 36007, "Invalid verification code format.")
	case g.spent:
		return s.loginFails(100, 36009, "This authorization code has been used.")
	case !s.now().Before(g.at.Add(codeLife)):
		return s.loginFails(100, 36007, "This authorization code has expired.")
	case c.Get("redirect_uri") != g.redirect:
		return s.loginFails(100, 36008, "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request")
	}
	g.spent = true
	t := s.issue(g.person, g.scopes, s.opts.ShortLife, false)
	t.declined = g.declined
	switch s.opts.Login {
	case Instagram:
		w := wireToken{Access: t.Value, UserID: asNumber(g.person.ID), Permissions: g.scopes}
		if s.opts.WrapToken {
			return OK(struct {
				Data []wireToken `json:"data"`
			}{[]wireToken{w}})
		}
		return OK(w)
	case Threads:
		return OK(wireToken{Access: t.Value, UserID: g.person.ID})
	case Facebook:
	}
	return s.long(t)
}

// asNumber shows an id as the number that it is, as one of the logins does.
func asNumber(id string) any {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return n
	}
	return id
}

// loginFails answers in the words of api.instagram.com where that is the login.
func (s *Server) loginFails(code, subcode int, message string) Reply {
	if s.opts.Login != Instagram {
		return errLogin(code, subcode, message)
	}
	return Reply{Status: http.StatusBadRequest, Body: struct {
		Type    string `json:"error_type"`
		Code    int    `json:"code"`
		Message string `json:"error_message"`
	}{typeOAuth, http.StatusBadRequest, message}}
}

// exchange makes a long token of a short one.
func (s *Server) exchange(value string) Reply {
	t, fault := s.judge(value, "", true)
	switch {
	case fault != nil:
		return Fail(fault)
	case t.node == nil || t.long && s.opts.Login != Facebook:
		return errLogin(100, 0, "Unsupported exchange of this token")
	}
	out := s.issue(t.node, t.Scopes, s.opts.LongLife, true)
	out.declined, out.DataAccess = t.declined, t.DataAccess
	return s.long(out)
}

// lengthen is the exchange of Instagram and Threads.
func (s *Server) lengthen(c *Call) Reply {
	want := map[Login]string{Instagram: "ig_exchange_token", Threads: "th_exchange_token"}[s.opts.Login]
	switch {
	case want == "" || c.Get("grant_type") != want:
		return errLogin(100, 0, "(#100) grant_type")
	case c.Get("client_secret") != s.opts.AppSecret:
		return errLogin(101, 0, "Error validating client secret.")
	}
	return s.exchange(c.sent)
}

// refresh renews a long token that is a day old. The token before stays good.
func (s *Server) refresh(c *Call) Reply {
	want := map[Login]string{Instagram: "ig_refresh_token", Threads: "th_refresh_token"}[s.opts.Login]
	if want == "" || c.Get("grant_type") != want || c.Params.Has("client_secret") {
		return errLogin(100, 0, "(#100) grant_type")
	}
	t, fault := s.judge(c.sent, "", true)
	switch {
	case fault != nil:
		return Fail(fault)
	case !t.long || t.node == nil:
		return errLogin(100, 0, "Only long-lived tokens can be refreshed")
	case s.now().Sub(t.Issued) < minAge:
		return errLogin(100, 0, "The token is not yet 24 hours old")
	}
	return s.long(s.issue(t.node, t.Scopes, s.opts.LongLife, true))
}
