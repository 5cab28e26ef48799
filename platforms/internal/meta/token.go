package meta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

const (
	opRedeem   = "oauth.access_token"
	opLengthen = "oauth.exchange"
	opRenew    = "oauth.refresh"
	opDebug    = "oauth.debug_token"
)

// Token is what a login gave.
type Token struct {
	Access   smm.Secret
	Obtained time.Time
	Expires  time.Time // zero if it does not end or nobody said
	Scopes   []string  // as granted, where the answer says
	UserID   string    // where the answer says
}

// Credential is t as a credential.
func (t *Token) Credential() smm.Credential {
	return smm.Credential{AccessToken: t.Access, TokenType: "Bearer", Expires: t.Expires, Obtained: t.Obtained, Scopes: t.Scopes}
}

// ExtraDataAccess is where a credential keeps, in RFC 3339, when the app loses a
// person's data unless the person comes back: about 90 days after the last
// visit, also where the token does not end.
const ExtraDataAccess = "data_access_expires"

// DataAccessEnds returns what ExtraDataAccess holds.
func DataAccessEnds(c smm.Credential) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, c.Extra[ExtraDataAccess].Reveal())
	return t, err == nil
}

// tokenCall is a request of a login. form is posted; without one it is a GET with
// query, as the vendor documents it, and the token goes into the header.
type tokenCall struct {
	op      string
	url     string
	form    url.Values
	query   url.Values
	token   smm.Secret
	secrets []string
	repeats bool // asking again does no harm, so a lost reply is asked for again
}

func (a *App) call(ctx context.Context, call *tokenCall) (*httpx.Response, error) {
	if call.url == "" {
		return nil, a.refuse(call.op, fmt.Errorf("%w: this login has no such address", smm.ErrUnsupported))
	}
	hr := &httpx.Request{Op: call.op, URL: call.url, Query: call.query, Auth: httpx.Anonymous(), Repeatable: call.repeats}
	if call.form != nil {
		hr.Method, hr.Body = http.MethodPost, httpx.Form(call.form)
	}
	if !call.token.IsZero() {
		hr.Auth = httpx.Bearer(call.token)
	}
	resp, whole, err := a.send(ctx, hr, call.repeats)
	secrets := append([]string{a.cfg.Secret.Reveal()}, call.secrets...)
	switch {
	case err != nil && (!whole || !errors.Is(err, errAnswered)):
		return nil, err
	case err != nil:
		return nil, a.table.Error(call.op, smm.Ref{}, resp, secrets...)
	}
	if failureIn(resp.Body) {
		return nil, a.table.Error(call.op, smm.Ref{}, resp, secrets...)
	}
	return resp, nil
}

// send reports whether an answer came whole.
func (a *App) send(ctx context.Context, hr *httpx.Request, repeats bool) (*httpx.Response, bool, error) {
	if repeats {
		resp, err := a.http.Read(ctx, hr)
		return resp, resp != nil, err
	}
	resp, fate, err := a.http.Commit(ctx, hr)
	return resp, fate == httpx.FateAnswered, err
}

func (a *App) token(ctx context.Context, call *tokenCall) (*Token, error) {
	asked := a.cfg.Clock.Now()
	resp, err := a.call(ctx, call)
	if err != nil {
		return nil, err
	}
	t, err := parseToken(resp.Body, asked)
	if err != nil {
		return nil, &smm.Error{
			Op: call.op, Platform: a.cfg.Platform, Status: resp.Status, RequestID: resp.RequestID,
			Err: fmt.Errorf("%w: unreadable answer: %w", smm.ErrUnavailable, err),
		}
	}
	return t, nil
}

// wireToken is the answer of all three logins. Instagram's first may be wrapped
// in a list named data.
type wireToken struct {
	Access      string            `json:"access_token"`
	Expires     json.RawMessage   `json:"expires_in"`
	UserID      json.RawMessage   `json:"user_id"`
	Permissions json.RawMessage   `json:"permissions"`
	Data        []json.RawMessage `json:"data"`
}

var errNoToken = errors.New("no access token in it")

const (
	maxLife  = 10 * 365 * 24 * time.Hour
	maxToken = 8 << 10
)

func parseToken(body []byte, asked time.Time) (*Token, error) {
	if tooDeep(body) {
		return nil, errNoToken
	}
	var w wireToken
	if json.Unmarshal(body, &w) != nil {
		return nil, errNoToken
	}
	if w.Access == "" && len(w.Data) == 1 {
		if json.Unmarshal(w.Data[0], &w) != nil {
			return nil, errNoToken
		}
	}
	if w.Access == "" || len(w.Access) > maxToken || strings.ContainsFunc(w.Access, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, errNoToken
	}
	t := &Token{Access: smm.NewSecret(w.Access), Obtained: asked, Scopes: scopes(w.Permissions)}
	var id ID
	if id.UnmarshalJSON(w.UserID) == nil {
		t.UserID = string(id)
	}
	if secs, err := strconv.ParseFloat(strings.Trim(string(w.Expires), `"`), 64); err == nil && secs > 0 && secs < maxLife.Seconds() && !math.IsNaN(secs) {
		t.Expires = asked.Add(time.Duration(secs) * time.Second)
	}
	return t, nil
}

// scopes reads a list, or names with commas between them.
func scopes(raw json.RawMessage) []string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	if s := text(raw); s != "" {
		return strings.Split(s, ",")
	}
	return nil
}

// Inspection is what debug_token says of a token.
type Inspection struct {
	AppID            string
	Type             string // "USER", "PAGE"
	UserID           string
	ProfileID        string // of a Page's token
	Valid            bool
	Expires          time.Time // zero if it does not end
	DataAccessEnds   time.Time
	Scopes           []string
	Granular         []GranularScope
	Error            GraphError // why it is not valid, where the vendor says
	IssuedAt         time.Time
	ApplicationTitle string
}

// GranularScope is a scope that holds for some objects only; none means all.
type GranularScope struct {
	Scope   string `json:"scope"`
	Targets []ID   `json:"target_ids"`
}

type wireInspection struct {
	Data *struct {
		AppID       ID              `json:"app_id"`
		Type        json.RawMessage `json:"type"`
		Application json.RawMessage `json:"application"`
		UserID      ID              `json:"user_id"`
		ProfileID   ID              `json:"profile_id"`
		Valid       bool            `json:"is_valid"`
		Issued      int64           `json:"issued_at"`
		Expires     int64           `json:"expires_at"`
		DataAccess  int64           `json:"data_access_expires_at"`
		Scopes      []string        `json:"scopes"`
		Granular    []GranularScope `json:"granular_scopes"`
		Error       json.RawMessage `json:"error"`
	} `json:"data"`
}

// Inspect asks what a token is good for. The vendor takes the token that is asked
// about as a parameter of the address and nowhere else, the one case in which this
// package writes a token there.
func (a *App) Inspect(ctx context.Context, token smm.Secret) (*Inspection, error) {
	if token.IsZero() {
		return nil, a.refuse(opDebug, fmt.Errorf("%w: no token to inspect", smm.ErrInvalid))
	}
	resp, err := a.call(ctx, &tokenCall{
		repeats: true, op: opDebug, url: a.at.debug, query: url.Values{"input_token": {token.Reveal()}}, token: a.AppToken(), secrets: []string{token.Reveal()},
	})
	if err != nil {
		return nil, err
	}
	var w wireInspection
	if tooDeep(resp.Body) || json.Unmarshal(resp.Body, &w) != nil || w.Data == nil {
		return nil, &smm.Error{
			Op: opDebug, Platform: a.cfg.Platform, Status: resp.Status, RequestID: resp.RequestID,
			Err: fmt.Errorf("%w: unreadable answer: no data", smm.ErrUnavailable),
		}
	}
	d := w.Data
	out := &Inspection{
		AppID: string(d.AppID), Type: word(d.Type), UserID: string(d.UserID), ProfileID: string(d.ProfileID), Valid: d.Valid,
		Expires: unix(d.Expires), DataAccessEnds: unix(d.DataAccess), IssuedAt: unix(d.Issued), Scopes: d.Scopes, Granular: d.Granular,
		ApplicationTitle: word(d.Application),
	}
	out.Error, _ = errorObject(d.Error)
	if repeats(out.Error.Message, []string{token.Reveal(), a.cfg.Secret.Reveal()}) {
		out.Error.Message = ""
	}
	return out, nil
}

// Credential is a token with what an inspection says of it.
func (i *Inspection) Credential(token smm.Secret, obtained time.Time) smm.Credential {
	c := smm.Credential{AccessToken: token, TokenType: "Bearer", Expires: i.Expires, Obtained: obtained, Scopes: i.Scopes}
	if !i.DataAccessEnds.IsZero() {
		c.Extra = map[string]smm.Secret{ExtraDataAccess: smm.NewSecret(i.DataAccessEnds.Format(time.RFC3339))}
	}
	return c
}
