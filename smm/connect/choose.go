package connect

import (
	"context"
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// ChooseRequest says which accounts of a Result with a Choice shall be stored.
type ChooseRequest struct {
	Tenant   smm.Tenant // who asks now; must be who began
	Key      string     // of Choice
	Binding  smm.Secret // of Choice
	Accounts []smm.Ref  // at least one, each without an Err in the Result
}

// offer keeps what was found until somebody chooses.
func (f *Flow) offer(ctx context.Context, p *platform, res Result, found []smm.Connected) (Result, error) {
	key := random()
	under := pending{Tenant: res.Tenant, Platform: p.name, Expires: f.clock.Now().Add(f.expiry), Account: res.Account, Return: res.Return}
	for _, c := range found {
		if c.Err != nil {
			c.Credential = smm.Credential{} // never needed
		}
		under.Found = append(under.Found, toWireConnected(c))
	}
	binding, err := f.put(ctx, stageChoice, key, under)
	if err != nil {
		return res, err
	}
	res.Choice = Choice{Key: key, Binding: binding, Name: BindingName(key)}
	return res, nil
}

// Choose stores the accounts that the person chose. The choice is used once;
// an error means that nothing was stored and that one has to begin again. With
// a nil error at least one account was stored, and Account.Err of the others
// says why they were not.
func (f *Flow) Choose(ctx context.Context, r ChooseRequest) (Result, error) {
	res := Result{Tenant: r.Tenant}
	if len(r.Accounts) == 0 {
		return res, fmt.Errorf("%w: choose at least one account", smm.ErrInvalid)
	}
	under, err := f.take(ctx, stageChoice, r.Key, r.Binding, r.Tenant)
	if err != nil {
		return res, err
	}
	res.Platform, res.Return, res.Account = under.Platform, under.Return, under.Account
	p, err := f.known(under.Platform)
	if err != nil {
		return res, err
	}
	var chosen []smm.Connected
	for _, w := range under.Found {
		if slices.Contains(r.Accounts, w.Channel.Ref) {
			chosen = append(chosen, w.connected())
		}
	}
	res.Accounts = p.judge(chosen)
	if len(chosen) != len(r.Accounts) || slices.ContainsFunc(res.Accounts, func(a Account) bool { return a.Err != nil }) {
		res.Accounts = nil
		return res, fmt.Errorf("%w: an account was chosen that was not offered: begin again", smm.ErrInvalid)
	}
	return f.save(ctx, res, chosen)
}

// look shows what can be chosen, and leaves the choice open. Between taking and
// keeping it is with nobody, so that a request in between has to be sent again;
// it can never be used twice.
func (f *Flow) look(ctx context.Context, key string, binding smm.Secret, t smm.Tenant) (Result, error) {
	under, err := f.take(ctx, stageChoice, key, binding, t)
	if err != nil {
		return Result{Tenant: t}, err
	}
	res := Result{Tenant: t, Platform: under.Platform, Return: under.Return, Account: under.Account}
	p, err := f.known(under.Platform)
	if err != nil {
		return res, err
	}
	found := make([]smm.Connected, len(under.Found))
	for i, w := range under.Found {
		found[i] = w.connected()
	}
	res.Accounts = p.judge(found)
	res.Choice = Choice{Key: key, Binding: binding, Name: BindingName(key)}
	return res, f.keep(ctx, stageChoice, pendingID(key), under)
}
