package bluesky

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/platforms/bluesky/scope"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// Connector connects accounts by AT Protocol OAuth. It implements smm.Connector,
// smm.TokenConnector and smm.Revoker, keeps nothing between calls, and is safe
// for concurrent use.
type Connector struct {
	cfg      ConnectorConfig
	app      *app
	scopes   []string // those of the document
	metadata ClientMetadata
	keySet   JWKS
}

var (
	_ smm.Connector      = (*Connector)(nil)
	_ smm.TokenConnector = (*Connector)(nil)
	_ smm.Revoker        = (*Connector)(nil)
	_ Guard              = (*safehttp.Guard)(nil)
	_ Resolver           = (*identity.Resolver)(nil)
)

// NewConnector checks cfg and returns a Connector. Errors match smm.ErrInvalid.
func NewConnector(cfg ConnectorConfig) (*Connector, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	keys, err := cfg.Client.takeKeys()
	if err != nil {
		return nil, err
	}
	c := &Connector{cfg: cfg, app: &app{
		id: cfg.Client.ID, keys: keys, fetch: cfg.Guard, http: cfg.Guard.Client(), clock: cfg.Clock, log: cfg.Logger, agent: cfg.UserAgent,
		nonces: new(oauthx.Nonces),
	}}
	if c.scopes, err = c.Scopes(cfg.Capabilities...); err != nil {
		return nil, err
	}
	if cfg.Client.ID == "" {
		if len(keys) > 0 || len(cfg.Redirects) > 0 {
			return nil, fmt.Errorf("%w: bluesky: ConnectorConfig has a key or redirect addresses and no Client.ID", smm.ErrInvalid)
		}
		return c, nil
	}
	if err := checkClientID(cfg.Client.ID); err != nil {
		return nil, err
	}
	if c.metadata, err = cfg.metadata(keys, c.scopes); err != nil {
		return nil, err
	}
	c.keySet, err = keySet(keys)
	return c, err
}

// Platform implements smm.Connector.
func (c *Connector) Platform() smm.Platform { return Platform }

// Scopes implements smm.Connector.
func (c *Connector) Scopes(caps ...smm.Capability) ([]string, error) {
	if c.cfg.Granular {
		return scope.Granular(c.cfg.services(), caps...)
	}
	return scope.Transitional(caps...)
}

// private is what Finish needs of Begin, in ConnectStart.Private.
type private struct {
	Schema   int    `json:"schema"`
	Client   string `json:"client"`           // client id
	KeyID    string `json:"key_id,omitempty"` // "" for a public client
	Issuer   string `json:"issuer"`
	DID      string `json:"did,omitempty"` // "" if a server was named: whoever signs in
	PDS      string `json:"pds,omitempty"`
	Handle   string `json:"handle,omitempty"`
	Verifier string `json:"verifier"`
	Key      string `json:"key"` // the private half of what the tokens will be bound to
}

const privateSchema = 1

// parsePrivate reads what Begin wrote. Its error quotes nothing.
func parsePrivate(s smm.Secret) (private, error) {
	var p private
	dec := json.NewDecoder(bytes.NewReader([]byte(s.Reveal())))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil || p.Schema != privateSchema || p.Client == "" || p.Issuer == "" || p.Verifier == "" || p.Key == "" ||
		(p.DID == "") != (p.PDS == "") || p.DID != "" && !identity.IsDID(p.DID) {
		return private{}, fmt.Errorf("%w: this is no authorization that was begun here: begin again", smm.ErrInvalid)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return private{}, fmt.Errorf("%w: this is no authorization that was begun here: begin again", smm.ErrInvalid)
	}
	return p, nil
}

// locale is the form of language tag that the reference server takes.
var locale = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z]{2})?$`)

// Begin implements smm.Connector. ConnectRequest.Server may be a handle, a DID, a
// server's address, an e-mail address or empty.
func (c *Connector) Begin(ctx context.Context, r smm.ConnectRequest) (smm.ConnectStart, error) {
	clientID, keyID, err := c.clientFor(r)
	if err != nil {
		return smm.ConnectStart{}, c.fail(err)
	}
	f, hint, err := c.find(ctx, r.Server, r.Account.ID)
	if err != nil {
		return smm.ConnectStart{}, c.fail(err)
	}
	client, err := c.app.client(f.server, clientID, keyID)
	if err != nil {
		return smm.ConnectStart{}, c.fail(err)
	}
	key, err := oauthx.NewKey()
	if err != nil {
		return smm.ConnectStart{}, c.fail(err)
	}
	params := url.Values{}
	if locale.MatchString(r.Language) {
		params.Set("ui_locales", r.Language)
	}
	started, err := client.Start(ctx, oauthx.AuthRequest{
		Redirect: r.Redirect, State: r.State, Scopes: r.Scopes, LoginHint: hint, Key: key, Params: params,
	})
	if err != nil {
		return smm.ConnectStart{}, c.fail(err)
	}
	secret, err := json.Marshal(private{
		Schema: privateSchema, Client: clientID, KeyID: keyID, Issuer: f.server.Issuer, DID: f.id.DID, PDS: f.id.PDS, Handle: f.id.Handle,
		Verifier: started.Verifier.Reveal(), Key: key.Secret().Reveal(),
	})
	if err != nil {
		return smm.ConnectStart{}, c.fail(err)
	}
	return smm.ConnectStart{
		Platform: Platform, URL: started.URL, Issuer: f.server.Issuer, Redirect: r.Redirect, Scopes: slices.Clone(r.Scopes),
		Account: r.Account, Expires: started.Expires, Private: smm.NewSecret(string(secret)),
	}, nil
}

// clientFor decides which client asks: that of the document, or one that is made
// of a redirect address on this machine.
func (c *Connector) clientFor(r smm.ConnectRequest) (clientID, keyID string, err error) {
	if !slices.Contains(r.Scopes, scope.Atproto) {
		return "", "", fmt.Errorf("%w: the scope atproto is always needed: take ConnectRequest.Scopes from Connector.Scopes", smm.ErrInvalid)
	}
	if !r.Account.IsZero() && (r.Account.Platform != Platform || !identity.IsDID(r.Account.ID)) {
		return "", "", fmt.Errorf("%w: %s is no Bluesky account", smm.ErrInvalid, r.Account)
	}
	if onLoopback(r.Redirect) {
		return loopbackID(r.Redirect, r.Scopes), "", nil
	}
	if c.cfg.Client.ID == "" {
		return "", "", fmt.Errorf("%w: without ClientIdentity.ID the redirect address must be on http://127.0.0.1", smm.ErrInvalid)
	}
	if !slices.Contains(c.cfg.Redirects, r.Redirect) {
		return "", "", fmt.Errorf("%w: the redirect address is not in ConnectorConfig.Redirects: servers compare it exactly", smm.ErrInvalid)
	}
	for _, s := range r.Scopes {
		if !slices.Contains(c.scopes, s) {
			return "", "", fmt.Errorf("%w: the scope %s is not in the app's document: add its capability to ConnectorConfig.Capabilities", smm.ErrInvalid, smm.CleanMessage(s))
		}
	}
	if len(c.app.keys) > 0 {
		keyID = c.app.keys[0].id
	}
	return c.cfg.Client.ID, keyID, nil
}

// fail makes an error an *smm.Error, if it is none yet.
func (c *Connector) fail(err error) error {
	if _, ok := errors.AsType[*smm.Error](err); ok {
		return err
	}
	return &smm.Error{Op: "connect", Platform: Platform, Err: err}
}

// Finish implements smm.Connector. A token that turns out to be of no use is
// revoked before the error is returned.
func (c *Connector) Finish(ctx context.Context, s smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	p, err := parsePrivate(s.Private)
	if err != nil {
		return nil, c.fail(err)
	}
	if s.Issuer != p.Issuer {
		return nil, c.fail(fmt.Errorf("%w: the start was put together from two: begin again", smm.ErrInvalid))
	}
	if err := oauthx.CheckReply(s, r, true); err != nil {
		return nil, err
	}
	key, err := oauthx.ParseKey(smm.NewSecret(p.Key))
	if err != nil {
		return nil, c.fail(err)
	}
	server, err := c.issuer(ctx, p.Issuer)
	if err != nil {
		return nil, c.fail(err)
	}
	client, err := c.app.client(server, p.Client, p.KeyID)
	if err != nil {
		return nil, c.fail(err)
	}
	token, err := client.Exchange(ctx, r.Code, s.Redirect, smm.NewSecret(p.Verifier), key)
	if err != nil {
		return nil, c.fail(err)
	}
	id, err := c.ownerOf(ctx, p, s.Account, token)
	if err != nil {
		c.discard(ctx, client, token, key)
		return nil, c.fail(err)
	}
	cred := token.Credential(id.PDS)
	cred.Extra = map[string]smm.Secret{
		ExtraDPoPKey: key.Secret(), ExtraIssuer: smm.NewSecret(p.Issuer), ExtraClientID: smm.NewSecret(p.Client),
	}
	if p.KeyID != "" {
		cred.Extra[ExtraClientKeyID] = smm.NewSecret(p.KeyID)
	}
	got := c.probe(ctx, id, cred)
	got.Missing = scope.Missing(token.Scopes, s.Scopes)
	return []smm.Connected{got}, nil
}

// discard ends a token that nobody will use.
func (c *Connector) discard(ctx context.Context, client *oauthx.Client, t *oauthx.Token, key *oauthx.Key) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	end := t.Refresh
	if end.IsZero() {
		end = t.Access
	}
	_ = client.Revoke(ctx, end, key) // if that fails, the token ends by itself
}

// ownerOf finds out whose a token is. The server says so, and is believed only
// for accounts whose own server hands sign-ins over to it: otherwise any server
// could give out tokens that name somebody else's account.
func (c *Connector) ownerOf(ctx context.Context, p private, wanted smm.Ref, t *oauthx.Token) (identity.Identity, error) {
	switch {
	case !slices.Contains(t.Scopes, scope.Atproto):
		return identity.Identity{}, fmt.Errorf("%w: the server granted no access to the account's identity (scope atproto)", smm.ErrForbidden)
	case !identity.IsDID(t.Subject):
		return identity.Identity{}, fmt.Errorf("%w: the server does not say whose the token is", smm.ErrForbidden)
	case wanted.ID != "" && t.Subject != wanted.ID:
		return identity.Identity{}, fmt.Errorf("%w: another account was signed in than the one to connect again: begin again and sign in as %s", smm.ErrForbidden, wanted.ID)
	case p.DID != "" && t.Subject != p.DID:
		return identity.Identity{}, fmt.Errorf("%w: another account was signed in than the one that was named: begin again and sign in as %s", smm.ErrForbidden, p.DID)
	case p.DID != "":
		return identity.Identity{DID: p.DID, Handle: p.Handle, PDS: p.PDS}, nil
	}
	id, err := c.cfg.Resolver.Resolve(ctx, t.Subject)
	if err != nil {
		return identity.Identity{}, resolveError(t.Subject, err)
	}
	m, err := c.authServer(ctx, id.PDS)
	if err != nil {
		return identity.Identity{}, err
	}
	if m.Issuer != p.Issuer {
		return identity.Identity{}, fmt.Errorf("%w: the server gave a token for %s, whose own server hands sign-ins over to another", smm.ErrForbidden, t.Subject)
	}
	return id, nil
}

// probe looks at an account with the credential that was just issued.
func (c *Connector) probe(ctx context.Context, id identity.Identity, cred smm.Credential) smm.Connected {
	out := smm.Connected{
		Channel:    smm.Channel{Ref: ChannelRef(id.DID), Name: id.Handle, Handle: id.Handle, URL: profileURL(id.DID)},
		Credential: cred,
	}
	if out.Channel.Name == "" {
		out.Channel.Name = id.DID
	}
	client, err := c.clientOf(id.DID, cred)
	if err != nil {
		out.Err = c.fail(err)
		return out
	}
	session, err := client.Server.GetSession(ctx)
	switch {
	case err != nil:
		out.Err = err
	case session.DID != id.DID:
		out.Err = c.fail(fmt.Errorf("%w: the account's server takes the token for another account", smm.ErrForbidden))
	default:
		out.Err = session.inactive()
	}
	return out
}

// clientOf is a client that sends a credential as it is.
func (c *Connector) clientOf(did string, cred smm.Credential) (*Client, error) {
	cc := ClientConfig{
		Server: serverOf(cred), DID: did, HTTPClient: c.cfg.Guard.Client(), Clock: c.cfg.Clock, Logger: c.cfg.Logger, UserAgent: c.cfg.UserAgent,
	}
	switch {
	case cred.TokenType == dpopType:
		key, err := oauthx.ParseKey(cred.Extra[ExtraDPoPKey])
		if err != nil {
			return nil, fmt.Errorf("the token's key in Extra[ExtraDPoPKey]: %w", err)
		}
		cc.Auth = &oauthx.DPoPAuth{Key: key, Token: cred.AccessToken, Nonces: c.app.nonces, Clock: c.cfg.Clock}
	case !cred.AccessToken.IsZero():
		cc.Auth = StaticToken(cred.AccessToken)
	}
	return NewClient(cc)
}

// ConnectToken implements smm.TokenConnector. c holds either an app password with
// its identifier in Extra (ExtraIdentifier, ExtraAppPassword), and Server unless
// that is to be found by the identifier; or an access token of a session, with
// Server, and with its key in Extra if TokenType is "DPoP".
func (c *Connector) ConnectToken(ctx context.Context, cred smm.Credential) ([]smm.Connected, error) {
	if !cred.AccessToken.IsZero() {
		return c.connectSession(ctx, cred)
	}
	who, password := cred.Extra[ExtraIdentifier].Reveal(), cred.Extra[ExtraAppPassword]
	if who == "" || password.IsZero() {
		return nil, c.fail(fmt.Errorf("%w: want an app password and its handle in Extra, or an access token", smm.ErrInvalid))
	}
	t, err := parseTyped(who, c.cfg.DefaultServer)
	switch {
	case err != nil:
		return nil, c.fail(err)
	case cred.Server != "": // as the person says
	case t.identity != "":
		id, err := c.cfg.Resolver.Resolve(ctx, t.identity)
		if err != nil {
			return nil, c.fail(resolveError(t.identity, err))
		}
		cred.Server = id.PDS
	default:
		cred.Server = t.server
	}
	if t.identity != "" {
		who = t.identity
	}
	client, err := c.clientOf("", smm.Credential{Server: cred.Server})
	if err != nil {
		return nil, c.fail(err)
	}
	ch, got, err := signIn(ctx, client, who, password, c.cfg.Guard.CheckURL)
	if err != nil {
		return nil, err
	}
	return []smm.Connected{{Channel: ch, Credential: got}}, nil
}

// connectSession looks whose a token is.
func (c *Connector) connectSession(ctx context.Context, cred smm.Credential) ([]smm.Connected, error) {
	if cred.Server == "" {
		return nil, c.fail(fmt.Errorf("%w: a token without its server: set Credential.Server to the account's PDS", smm.ErrInvalid))
	}
	client, err := c.clientOf("", cred)
	if err != nil {
		return nil, c.fail(err)
	}
	session, err := client.Server.GetSession(ctx)
	if err != nil {
		return nil, err
	}
	id, err := c.cfg.Resolver.Resolve(ctx, session.DID)
	switch {
	case err != nil:
		return nil, c.fail(resolveError(session.DID, err))
	case id.PDS != client.Base():
		return nil, c.fail(fmt.Errorf("%w: the server says that the token is of %s, whose server is another", smm.ErrForbidden, id.DID))
	}
	out := smm.Connected{
		Channel:    smm.Channel{Ref: ChannelRef(id.DID), Name: session.Handle, Handle: id.Handle, URL: profileURL(id.DID)},
		Credential: cred, Err: session.inactive(),
	}
	return []smm.Connected{out}, nil
}

// Revoke implements smm.Revoker. It ends the session; an app password itself can
// only be deleted by its owner.
func (c *Connector) Revoke(ctx context.Context, account smm.Ref, cred smm.Credential) error {
	if cred.TokenType != dpopType {
		client, err := c.clientOf("", smm.Credential{Server: serverOf(cred)})
		if err != nil || cred.RefreshToken.IsZero() {
			return err
		}
		if err = client.Server.DeleteSession(ctx, cred.RefreshToken); tokenRefused(err) {
			return nil
		}
		return err
	}
	client, key, err := c.app.of(ctx, cred)
	if err != nil {
		return &smm.Error{Op: "revoke", Platform: Platform, Channel: account, Outcome: smm.OutcomeNotSent, Err: err}
	}
	end := cred.RefreshToken
	if end.IsZero() {
		end = cred.AccessToken
	}
	return client.Revoke(ctx, end, key)
}
