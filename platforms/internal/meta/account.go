package meta

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Account is a Page that a person may act for, with the Page's own token: one that
// does not end where the person's is a long one.
type Account struct {
	ID        ID
	Name      string
	Username  string
	Token     smm.Secret
	Tasks     []string // CREATE_CONTENT, MODERATE, MESSAGING, ANALYZE, ADVERTISE, MANAGE
	Instagram ID       // the professional account that the Page is linked to
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Account) UnmarshalJSON(b []byte) error {
	var w struct {
		ID        ID       `json:"id"`
		Name      string   `json:"name"`
		Username  string   `json:"username"`
		Token     string   `json:"access_token"`
		Tasks     []string `json:"tasks"`
		Instagram *struct {
			ID ID `json:"id"`
		} `json:"instagram_business_account"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return errors.New("a page that cannot be read") // the decoder's own words may quote the token
	}
	if w.ID == "" {
		return errors.New("a page without an id")
	}
	*a = Account{ID: w.ID, Name: w.Name, Username: w.Username, Token: smm.NewSecret(w.Token), Tasks: w.Tasks}
	if w.Instagram != nil {
		a.Instagram = w.Instagram.ID
	}
	return nil
}

// Credential is the Page's own token as a credential. Where person's was a long
// one, which Finish gives, it does not end; else it ends with that. What the app
// may see of person ends all the same.
func (a Account) Credential(person *Inspection, obtained time.Time) smm.Credential {
	c := person.Credential(a.Token, obtained)
	if c.Expires.Sub(obtained) > longest {
		c.Expires = time.Time{}
	}
	return c
}

// longest is more than a short token lives.
const longest = 24 * time.Hour

// Accounts lists the Pages of the person whose token the client has.
func (c *Client) Accounts(ctx context.Context, p ListParams) (Page[Account], error) {
	return List[Account](ctx, c, &Request{
		Op: "me.accounts", Path: []string{"me", "accounts"},
		Fields: []string{"id", "name", "username", "access_token", "tasks", "instagram_business_account"},
	}, p)
}

// Permission is a scope and what the person said to it.
type Permission struct {
	Name   string `json:"permission"`
	Status string `json:"status"` // "granted", "declined", "expired"
}

// Permissions lists what the person granted and declined.
func (c *Client) Permissions(ctx context.Context) ([]Permission, error) {
	page, err := List[Permission](ctx, c, &Request{Op: "me.permissions", Path: []string{"me", "permissions"}}, ListParams{})
	return page.Items, err
}

// Deauthorize removes the app from the person whose token the client has: every
// token that came of it is over. A token that is over already is no error.
func (c *Client) Deauthorize(ctx context.Context) error {
	err := c.Do(ctx, &Request{Op: "me.permissions.delete", Method: http.MethodDelete, Path: []string{"me", "permissions"}})
	if errors.Is(err, smm.ErrUnauthorized) {
		return nil
	}
	return err
}

// AllAccounts lists them all, up to a bound that nobody meets.
func (c *Client) AllAccounts(ctx context.Context) ([]Account, error) {
	return Collect(ctx, ListParams{Limit: 100}, c.Accounts)
}

// MissingScopes are those of asked that were not granted, sorted.
func MissingScopes(asked, granted []string) []string {
	var out []string
	for _, s := range asked {
		if !slices.Contains(granted, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TokenEnd says why a token is over, where the vendor does.
type TokenEnd string

// Why tokens end.
const (
	EndUnknown    TokenEnd = ""
	EndAppRemoved TokenEnd = "app removed"      // the person removed the app
	EndCheckpoint TokenEnd = "checkpoint"       // the person must sign in at the platform and pass a check
	EndPassword   TokenEnd = "password changed" //
	EndExpired    TokenEnd = "expired"          //
	EndInvalid    TokenEnd = "invalid"          //
	EndRoleLost   TokenEnd = "role lost"        // the person may not act for the Page any more
)

// tokenEnds are the subcodes of 190. Source: Graph API error handling, read
// 2026-11-22.
var tokenEnds = map[string]TokenEnd{
	"190/458": EndAppRemoved, "190/459": EndCheckpoint, "190/464": EndCheckpoint, "190/460": EndPassword, "190/463": EndExpired,
	"190/467": EndInvalid, "190/492": EndRoleLost,
}

// TokenEndOf returns why the token that err speaks of is over, so that a host can
// tell the person what to do beside connecting again.
func TokenEndOf(err error) TokenEnd {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok || !errors.Is(err, smm.ErrUnauthorized) {
		return EndUnknown
	}
	return tokenEnds[e.Code]
}
