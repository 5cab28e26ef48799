package connect

import (
	"context"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// FinishRequest brings what the browser came back with.
type FinishRequest struct {
	Tenant smm.Tenant // who asks now; must be who began
	// Platform is the one whose redirect address was called.
	Platform smm.Platform
	Reply    smm.ConnectReply // of smm.ParseConnectReply
	Binding  smm.Secret       // of Begun
}

// Result is what came of an authorization or a token.
type Result struct {
	Tenant   smm.Tenant
	Platform smm.Platform
	// Accounts are all that the consent reaches, or those that were chosen.
	Accounts []Account
	// Account is the one that was to be connected again, or zero.
	Account smm.Ref
	Return  string // as in BeginRequest
	// Choice is not zero if there are several accounts: nothing is stored yet,
	// and Choose says which shall be. It is no pointer, because fmt prints what
	// a pointer inside of another value leads to without asking its methods.
	Choice Choice
}

// Account is one account or page in a Result.
type Account struct {
	Channel smm.Channel
	Stored  bool
	Missing []string         // scopes that were asked for and not granted
	Lost    []smm.Capability // what will not work for want of them
	// Err says why the account cannot be used, or was not stored.
	Err error
}

// Choice is a choice under way between several accounts.
type Choice struct {
	Key     string     // names it; of no use without Binding
	Binding smm.Secret // as Begun.Binding
	Name    string     // BindingName of Key
}

// IsZero reports whether there is nothing to choose.
func (c Choice) IsZero() bool { return c == Choice{} }

// Stored are the accounts that were stored.
func (r Result) Stored() []Account {
	var out []Account
	for _, a := range r.Accounts {
		if a.Stored {
			out = append(out, a)
		}
	}
	return out
}

// Finish redeems the answer of a platform. A single account is stored at once;
// with several, Result.Choice is not zero. The authorization is over in any case,
// so an error means to begin again; Result then says whatever is known.
//
// Beside those of smm.Connector and of the stores, errors match ErrState,
// ErrIssuer, ErrDenied, ErrOtherAccount, ErrScopes, ErrNoAccount or ErrLost.
func (f *Flow) Finish(ctx context.Context, r FinishRequest) (Result, error) {
	res := Result{Tenant: r.Tenant, Platform: r.Platform}
	p, err := f.known(r.Platform)
	if err != nil {
		return res, err
	}
	under, err := f.take(ctx, stageConsent, r.Reply.State, r.Binding, r.Tenant)
	if err != nil {
		return res, err
	}
	res.Return, res.Account = under.Return, under.Account
	if under.Platform != r.Platform || under.Start == nil {
		return res, fmt.Errorf("%w: the answer came to the address of another platform", ErrIssuer)
	}
	start := under.Start.start()
	if start.Issuer != "" && r.Reply.Issuer != "" && r.Reply.Issuer != start.Issuer {
		return res, ErrIssuer
	}
	found, err := redeem(ctx, p, start, r.Reply)
	if err != nil {
		return res, err
	}
	return f.settle(ctx, p, res, found)
}

// redeem asks the connector, unless the person said no. Other refusals go to
// it, because vendors have codes of their own for them.
func redeem(ctx context.Context, p *platform, s smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	if r.Error == "access_denied" {
		return nil, ErrDenied
	}
	found, err := p.Finish(ctx, s, r)
	switch {
	case r.Error != "" && (err == nil || errors.Is(err, smm.ErrForbidden)):
		return nil, fmt.Errorf("%w (%s)", ErrDenied, smm.CleanMessage(r.Error))
	case err != nil:
		return nil, fmt.Errorf("finish with %s: %w", p.name, err)
	}
	return found, nil
}

// settle goes on with the accounts that were found: it stores the only one, or
// keeps several to be chosen from.
func (f *Flow) settle(ctx context.Context, p *platform, res Result, found []smm.Connected) (Result, error) {
	if err := p.checkFound(found); err != nil {
		return res, err
	}
	if !res.Account.IsZero() {
		if found = only(found, res.Account); len(found) == 0 {
			return res, ErrOtherAccount
		}
	}
	res.Accounts = p.judge(found)
	usable := 0
	for _, a := range res.Accounts {
		if a.Err == nil {
			usable++
		}
	}
	switch {
	case len(found) == 0:
		return res, ErrNoAccount
	case len(found) == 1 && usable == 1:
		return f.save(ctx, res, found)
	case len(found) == 1:
		return res, res.Accounts[0].Err
	case usable == 0:
		return res, fmt.Errorf("%w: %d were found, and each has a reason of its own", ErrNoAccount, len(found))
	}
	return f.offer(ctx, p, res, found)
}

// checkFound refuses answers of a connector that cannot be stored.
func (p *platform) checkFound(found []smm.Connected) error {
	seen := make(map[smm.Ref]bool, len(found))
	for _, c := range found {
		ref := c.Channel.Ref
		if ref.Check() != nil || ref.Platform != p.name || ref.Kind != smm.KindChannel || seen[ref] {
			return fmt.Errorf("connect: the connector of %s returned an account twice, or one that is no channel of its platform", p.name)
		}
		seen[ref] = true
	}
	return nil
}

func only(found []smm.Connected, account smm.Ref) []smm.Connected {
	for _, c := range found {
		if c.Channel.Ref == account {
			return []smm.Connected{c}
		}
	}
	return nil
}

// judge compares what was granted with what is needed.
func (p *platform) judge(found []smm.Connected) []Account {
	out := make([]Account, len(found))
	for i, c := range found {
		lost, refuse := p.lost(c.Missing)
		out[i] = Account{Channel: c.Channel, Missing: c.Missing, Lost: lost, Err: c.Err}
		if c.Err == nil && refuse {
			out[i].Err = ErrScopes
		}
	}
	return out
}
