package meta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/smmkit/smmkit/smm"
)

const opRevoke = "connect.revoke"

// EndConsent ends a token at the platform, which removes the app from the person
// that it came of: every other token that came of the same consent is over as well.
// What is over already is no error. graph makes a client of a token.
//
// The token of a Page cannot be ended by itself. Only with ofPages is the consent
// behind it ended, in the name of the app (unverified); else the error matches
// smm.ErrUnsupported. person is whose it is, "" for whom the vendor names.
func (a *App) EndConsent(ctx context.Context, token smm.Secret, person string, ofPages bool, graph func(smm.Secret) (*Client, error)) error {
	in, err := a.Inspect(ctx, token)
	if err == nil {
		person = cmp.Or(person, in.UserID)
	}
	switch {
	case errors.Is(err, smm.ErrUnauthorized): // of the app's own token, which says nothing of the person's
		return a.refuse(opRevoke, fmt.Errorf("%w: the vendor does not accept the app's id and secret", smm.ErrInvalid))
	case err != nil:
		return err
	case in.AppID != "" && in.AppID != a.cfg.ID:
		return a.refuse(opRevoke, fmt.Errorf("%w: the token belongs to another app", smm.ErrForbidden))
	case !in.Valid:
		return nil
	case in.Type != "PAGE":
		g, err := graph(token)
		if err != nil {
			return a.refuse(opRevoke, err)
		}
		return g.Deauthorize(ctx)
	case !ofPages || person == "" || person == in.ProfileID:
		return a.refuse(opRevoke, fmt.Errorf(
			"%w: the token of a Page ends with the consent of a person, which may reach other channels: they remove the app in their settings", smm.ErrUnsupported))
	}
	g, err := graph(a.AppToken())
	if err != nil {
		return a.refuse(opRevoke, err)
	}
	err = g.Do(ctx, &Request{Op: "user.permissions.delete", Method: http.MethodDelete, Path: []string{person, "permissions"}})
	if errors.Is(err, smm.ErrUnauthorized) {
		return a.refuse(opRevoke, fmt.Errorf("%w: the vendor does not take this from the app", smm.ErrForbidden))
	}
	return err
}
