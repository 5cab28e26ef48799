package connect

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// TokenRequest brings a credential that was got elsewhere.
type TokenRequest struct {
	Tenant     smm.Tenant
	Platform   smm.Platform
	Account    smm.Ref        // as in BeginRequest
	Credential smm.Credential // what the platform's package documents for smm.TokenConnector
	Return     string         // as in BeginRequest
}

// AcceptToken looks at the account behind a token or app password and goes on as
// Finish does. What the token may do is known only as far as the connector says
// so: Account.Lost may be empty although the platform will refuse something
// later, which ChannelClient.Health shows.
//
// A connector that takes no tokens gives an error that matches
// smm.ErrUnsupported.
func (f *Flow) AcceptToken(ctx context.Context, r TokenRequest) (Result, error) {
	res := Result{Tenant: r.Tenant, Platform: r.Platform, Account: r.Account, Return: r.Return}
	p, err := f.known(r.Platform)
	if err != nil {
		return res, err
	}
	tc, ok := p.Connector.(smm.TokenConnector)
	if !ok {
		return res, fmt.Errorf("%w: the connector of %s takes no tokens", smm.ErrUnsupported, p.name)
	}
	if err = checkAccount(r.Account, r.Platform); err != nil {
		return res, err
	}
	if err = checkReturn(r.Return); err != nil {
		res.Return = ""
		return res, err
	}
	found, err := tc.ConnectToken(ctx, r.Credential)
	if err != nil {
		return res, &inputError{fmt.Errorf("token of %s: %w", p.name, err)}
	}
	return f.settle(ctx, p, res, found)
}
