package connect

import (
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Form says what a person is asked for before a platform's consent page. The
// zero Form asks for nothing.
type Form struct {
	// Name is the platform's name as people write it; "" for its Platform with a
	// capital.
	Name string
	// Server asks where the account lives; a zero Field asks for nothing.
	Server Field
	// Token are the fields of a page on which a credential is typed that was got
	// elsewhere. Empty for none. The platform's connector must be an
	// smm.TokenConnector.
	Token []TokenField
}

// Field is an input of a form.
type Field struct {
	Label       string // "Your server"
	Placeholder string // "social.example"
	Hint        string // one sentence, shown under it
	Required    bool
}

// TokenField is an input of the token page.
type TokenField struct {
	Field

	// Key says what of the credential is typed here: TokenAccess, TokenServer, or
	// an entry of smm.Credential.Extra as the platform's package documents it.
	Key string
	// Visible shows what is typed, for what is no secret: a handle, a server.
	Visible bool
}

// The keys of a TokenField that are not entries of Extra.
const (
	TokenAccess = "access_token" // smm.Credential.AccessToken
	TokenServer = "server"       // smm.Credential.Server
)

func defaultForm() Form {
	return Form{Server: Field{Label: "Server or account name", Hint: "Only needed where the platform has many servers."}}
}

func (f Form) check(p *platform) error {
	if len(f.Token) == 0 {
		return nil
	}
	if _, ok := p.Connector.(smm.TokenConnector); !ok {
		return fmt.Errorf("%w: connect.Config.Forms: the connector of %s takes no tokens", smm.ErrInvalid, p.name)
	}
	seen := make(map[string]bool)
	for _, t := range f.Token {
		if t.Key == "" || t.Label == "" || seen[t.Key] || len(t.Key) > 64 {
			return fmt.Errorf("%w: connect.Config.Forms: every token field of %s needs a label and a key of its own", smm.ErrInvalid, p.name)
		}
		seen[t.Key] = true
	}
	return nil
}

// displayName is for people.
func (p *platform) displayName() string {
	if p.form.Name != "" {
		return p.form.Name
	}
	return strings.ToUpper(string(p.name[:1])) + string(p.name[1:])
}

// credential builds what the person typed into the token page.
func (f Form) credential(value func(key string) string) (smm.Credential, error) {
	c := smm.Credential{}
	for _, t := range f.Token {
		v := strings.TrimSpace(value(t.Key))
		switch {
		case v == "" && t.Required:
			return smm.Credential{}, &inputError{fmt.Errorf("%w: %q is empty", smm.ErrInvalid, t.Label)}
		case len(v) > maxTyped:
			return smm.Credential{}, &inputError{fmt.Errorf("%w: %q is too long", smm.ErrInvalid, t.Label)}
		case v == "":
		case t.Key == TokenAccess:
			c.AccessToken = smm.NewSecret(v)
		case t.Key == TokenServer:
			c.Server = v
		default:
			if c.Extra == nil {
				c.Extra = make(map[string]smm.Secret)
			}
			c.Extra[t.Key] = smm.NewSecret(v)
		}
	}
	return c, nil
}

// maxTyped bounds one thing that a person types, in bytes. The longest that
// exists are tokens in the form of a JWT.
const maxTyped = 8 << 10
