package metatest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Token is an access token.
type Token struct {
	Value      string
	Scopes     []string
	Issued     time.Time
	Expires    time.Time // zero for never
	DataAccess time.Time

	node     *Node // nil for the app's own
	long     bool
	declined []string
	revoked  int    // the subcode that says why; 0 for not at all
	by       string // of a page's token: the user that it came by
}

func (t *Token) has(scope string) bool { return t.node == nil || slices.Contains(t.Scopes, scope) }

// owner is the id of the node that a token acts for, "" for the app.
func (t *Token) owner() string {
	if t.node == nil {
		return ""
	}
	return t.node.ID
}

// IssueToken makes a long token that acts for a node.
func (s *Server) IssueToken(node string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(s.nodes[node], scopes, s.opts.LongLife, true).Value
}

// prefixes of tokens, by what they act for.
func (s *Server) prefix() string {
	switch s.opts.Login {
	case Instagram:
		return "IGAA"
	case Threads:
		return "THAA"
	}
	return "EAA"
}

func (s *Server) issue(n *Node, scopes []string, life time.Duration, long bool) *Token {
	t := &Token{
		Value: s.prefix() + secretWord() + secretWord(), Scopes: slices.Clone(scopes), Issued: s.now(), node: n, long: long,
		DataAccess: s.now().Add(s.opts.DataAccess),
	}
	if life > 0 {
		t.Expires = s.now().Add(life)
	}
	s.tokens[t.Value] = t
	return t
}

// Revoke makes every token of a node invalid. The subcode says why: 458 the app
// was removed, 460 the password changed, 0 for 467.
func (s *Server) Revoke(node string, subcode int) {
	if subcode == 0 {
		subcode = 467
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		if t.node != nil && t.node.ID == node {
			t.revoked = subcode
		}
	}
}

// tokenIn is the token of a request, from header or parameter.
func tokenIn(h http.Header, q url.Values) string {
	v := h.Get("Authorization")
	for _, scheme := range []string{"Bearer ", "OAuth "} {
		if t, ok := strings.CutPrefix(v, scheme); ok {
			return t
		}
	}
	return q.Get("access_token")
}

// judge checks a token and the proof of the app. Within a batch the outer request
// had the proof.
func (s *Server) judge(value, proof string, inBatch bool) (*Token, *Error) {
	if value == s.appToken() {
		return &Token{Value: value, Issued: s.now()}, nil
	}
	t := s.tokens[value]
	switch {
	case value == "":
		return nil, &Error{Code: 104, Message: "An access token is required to request this resource."}
	case t == nil:
		return nil, &Error{Status: http.StatusUnauthorized, Code: 190, Message: "Malformed access token " + value}
	case t.revoked != 0:
		return t, &Error{Code: 190, Subcode: t.revoked, Message: "Error validating access token: The session has been invalidated."}
	case !t.Expires.IsZero() && !s.now().Before(t.Expires):
		return t, errExpired(t.Expires)
	case proof == "" && s.opts.RequireProof && !inBatch:
		return t, &Error{Code: 100, Type: typeMethod, Message: "API calls from the server require an appsecret_proof argument"}
	case proof != "" && !hmac.Equal([]byte(proof), []byte(s.proof(value))):
		return t, &Error{Code: 100, Type: typeMethod, Message: "Invalid appsecret_proof provided in the API argument"}
	}
	return t, nil
}

// appToken is the token of the app itself.
func (s *Server) appToken() string {
	if s.opts.Login == Threads {
		return "TH|" + s.opts.AppID + "|" + s.opts.AppSecret
	}
	return s.opts.AppID + "|" + s.opts.AppSecret
}

func (s *Server) proof(token string) string {
	mac := hmac.New(sha256.New, []byte(s.opts.AppSecret))
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil))
}

type wireInspection struct {
	AppID       string     `json:"app_id"`
	Type        string     `json:"type,omitempty"`
	Application string     `json:"application"`
	IssuedAt    int64      `json:"issued_at,omitempty"`
	ExpiresAt   int64      `json:"expires_at"`
	DataAccess  int64      `json:"data_access_expires_at,omitempty"`
	Valid       bool       `json:"is_valid"`
	Scopes      []string   `json:"scopes"`
	UserID      string     `json:"user_id,omitempty"`
	ProfileID   string     `json:"profile_id,omitempty"`
	Error       *wireError `json:"error,omitempty"`
}

// debugToken tells the app what a token is good for.
func (s *Server) debugToken(c *Call) Reply {
	if c.Token.node != nil {
		return Fail(&Error{Code: 100, Message: "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app"})
	}
	out := wireInspection{AppID: s.opts.AppID, Application: "simulated app", Scopes: []string{}}
	t, fault := s.judge(c.Get("input_token"), "", true)
	if fault != nil {
		out.Error = &wireError{Code: fault.Code, Subcode: fault.Subcode, Message: fault.Message}
	}
	if t != nil && t.node != nil {
		out.Valid, out.Scopes, out.IssuedAt, out.DataAccess = fault == nil, t.Scopes, t.Issued.Unix(), t.DataAccess.Unix()
		out.Type, out.UserID = strings.ToUpper(t.node.Kind), t.node.ID
		if t.node.Kind == "page" {
			out.UserID, out.ProfileID = t.by, t.node.ID
		}
		if !t.Expires.IsZero() {
			out.ExpiresAt = t.Expires.Unix()
		}
	}
	return OK(struct {
		Data wireInspection `json:"data"`
	}{out})
}

type wireAccount struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Token     string   `json:"access_token"`
	Tasks     []string `json:"tasks"`
	Instagram *wireRef `json:"instagram_business_account,omitempty"`
}

type wireRef struct {
	ID string `json:"id"`
}

// accounts lists the pages of a user with a token for each, which does not end if
// the user's is a long one.
func (s *Server) accounts(c *Call) Reply {
	var pages []wireAccount
	for _, id := range sortedKeys(s.nodes) {
		n := s.nodes[id]
		tasks, has := n.roles[c.Node.ID]
		if n.Kind != "page" || !has {
			continue
		}
		w := wireAccount{ID: n.ID, Name: n.Name, Tasks: tasks, Token: s.pageToken(n, c.Token).Value}
		if n.linked != "" {
			w.Instagram = &wireRef{n.linked}
		}
		pages = append(pages, w)
	}
	return Paged(c, pages, 25)
}

// pageToken is the token of a page for a user, the same as long as it is good.
func (s *Server) pageToken(page *Node, user *Token) *Token {
	for _, t := range s.tokens {
		if t.node == page && t.by == user.owner() && t.revoked == 0 && t.long == user.long && slices.Equal(t.Scopes, user.Scopes) {
			return t
		}
	}
	t := s.issue(page, user.Scopes, 0, user.long)
	t.by = user.owner()
	if !user.long {
		t.Expires = user.Expires
	}
	return t
}

type wirePermission struct {
	Permission string `json:"permission"`
	Status     string `json:"status"`
}

func (s *Server) permissions(c *Call) Reply {
	out := []wirePermission{}
	for _, scope := range c.Token.Scopes {
		out = append(out, wirePermission{scope, "granted"})
	}
	for _, scope := range c.Token.declined {
		out = append(out, wirePermission{scope, "declined"})
	}
	return OK(struct {
		Data []wirePermission `json:"data"`
	}{out})
}

// deauthorize removes the app from a user, and with it every token that came by
// him.
func (s *Server) deauthorize(c *Call) Reply {
	const removed = 458
	for _, t := range s.tokens {
		if t.owner() == c.Node.ID || t.by == c.Node.ID {
			t.revoked = removed
		}
	}
	return Success()
}
