package vault

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// credentialSchema is the newest form that this program knows.
const credentialSchema = 1

// durable is what is sealed of a credential. Secrets are bytes, and so base64 in
// JSON: they come back as they were whatever they hold.
type durable struct {
	Schema       int               `json:"schema"`
	AccessToken  []byte            `json:"access_token,omitempty"`
	RefreshToken []byte            `json:"refresh_token,omitempty"`
	TokenType    string            `json:"token_type,omitempty"`
	Expires      time.Time         `json:"expires,omitzero"`
	Obtained     time.Time         `json:"obtained,omitzero"`
	Scopes       []string          `json:"scopes"` // null: nobody said
	Server       string            `json:"server,omitempty"`
	Extra        map[string][]byte `json:"extra,omitempty"`
	Refreshing   time.Time         `json:"refreshing,omitzero"`
}

// placeOf is what a credential is bound to.
func placeOf(t smm.Tenant, account smm.Ref) []byte {
	var b []byte
	for _, part := range [...]string{"smmkit credential 1", string(t), string(account.Platform), account.String(), "credential"} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return b
}

func encode(c *smm.Credential) ([]byte, error) {
	d := durable{
		Schema: credentialSchema, AccessToken: []byte(c.AccessToken.Reveal()), RefreshToken: []byte(c.RefreshToken.Reveal()),
		TokenType: c.TokenType, Expires: c.Expires.UTC(), Obtained: c.Obtained.UTC(), Scopes: c.Scopes, Server: c.Server, Refreshing: c.Refreshing.UTC(),
	}
	texts := append([]string{c.TokenType, c.Server}, c.Scopes...)
	for name, value := range c.Extra {
		if d.Extra == nil {
			d.Extra = make(map[string][]byte, len(c.Extra))
		}
		d.Extra[name] = []byte(value.Reveal())
		texts = append(texts, name)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) {
			return nil, fmt.Errorf("%w: vault: a token type, server, scope or name in Extra is not UTF-8", smm.ErrInvalid)
		}
	}
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("%w: vault: a time of the credential has no JSON form", smm.ErrInvalid)
	}
	return b, nil
}

func decode(b []byte) (smm.Credential, error) {
	var d durable
	if err := json.Unmarshal(b, &d); err != nil {
		// The text of err may quote what is secret.
		return smm.Credential{}, fmt.Errorf("%w: what was sealed is no credential", smm.ErrSealed)
	}
	switch {
	case d.Schema < 1:
		return smm.Credential{}, fmt.Errorf("%w: what was sealed is no credential", smm.ErrSealed)
	case d.Schema > credentialSchema:
		return smm.Credential{}, fmt.Errorf("%w: the credential has schema %d, newer than this program's %d: upgrade it", smm.ErrSealed, d.Schema, credentialSchema)
	}
	c := smm.Credential{
		AccessToken: smm.NewSecret(string(d.AccessToken)), RefreshToken: smm.NewSecret(string(d.RefreshToken)),
		TokenType: d.TokenType, Expires: d.Expires, Obtained: d.Obtained, Scopes: d.Scopes, Server: d.Server, Refreshing: d.Refreshing,
	}
	for name, value := range d.Extra {
		if c.Extra == nil {
			c.Extra = make(map[string]smm.Secret, len(d.Extra))
		}
		c.Extra[name] = smm.NewSecret(string(value))
	}
	return c, nil
}
