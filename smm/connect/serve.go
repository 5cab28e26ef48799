package connect

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

func (f *Flow) serveStart(w http.ResponseWriter, r *http.Request, t smm.Tenant, _ smm.Platform) {
	q, err := queryOnce(r)
	if err != nil {
		f.fail(w, r, Result{Tenant: t}, err)
		return
	}
	res, err := f.wish(t, smm.Platform(q.Get("platform")), q.Get)
	if err != nil {
		f.fail(w, r, res, err)
		return
	}
	f.setHeaders(w.Header(), formAbroad)
	f.render(w, "start", http.StatusOK, f.startPage(res))
}

// wish reads the account and the return path that the start and token pages are
// called with.
func (f *Flow) wish(t smm.Tenant, p smm.Platform, one func(string) string) (Result, error) {
	res := Result{Tenant: t, Platform: p}
	if text := one("account"); text != "" {
		account, err := smm.ParseRef(text)
		if err != nil {
			return res, err
		}
		if p == "" {
			res.Platform = account.Platform
		}
		if err = checkAccount(account, res.Platform); err != nil {
			return res, err
		}
		res.Account = account
	}
	if res.Platform != "" {
		if _, err := f.known(res.Platform); err != nil {
			return res, err
		}
	}
	if err := checkReturn(one("return")); err != nil {
		return res, err
	}
	res.Return = one("return")
	return res, nil
}

func (f *Flow) start(w http.ResponseWriter, r *http.Request, t smm.Tenant, _ smm.Platform) {
	one, err := form(r)
	if err != nil {
		f.fail(w, r, Result{Tenant: t}, err)
		return
	}
	if len(r.PostForm["account"]) > 1 {
		f.fail(w, r, Result{Tenant: t}, errForm())
		return
	}
	res, err := f.wish(t, smm.Platform(one("platform")), one)
	if err != nil {
		f.fail(w, r, res, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), beginTime)
	defer cancel()
	begun, err := f.Begin(ctx, BeginRequest{
		Tenant: t, Platform: res.Platform, Server: strings.TrimSpace(one("server")), Account: res.Account,
		Language: language(r.Header.Get("Accept-Language")), Return: res.Return,
	})
	if err != nil {
		f.fail(w, r, res, err)
		return
	}
	f.bind(w, r, begun.Name, begun.Binding, begun.Expires.Sub(f.clock.Now()))
	seeOther(w, begun.URL)
}

// seeOther does not go through http.Redirect, which writes the address into a
// body as well.
func seeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// language takes the first language of the browser, if it looks like one.
func language(accept string) string {
	first, _, _ := strings.Cut(accept, ",")
	first, _, _ = strings.Cut(first, ";")
	first = strings.TrimSpace(first)
	if len(first) > 35 || strings.ContainsFunc(first, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-'
	}) {
		return ""
	}
	return first
}

func (f *Flow) serveCallback(w http.ResponseWriter, r *http.Request, t smm.Tenant, name smm.Platform) {
	res := Result{Tenant: t, Platform: name}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		f.fail(w, r, res, errForm())
		return
	}
	reply, err := smm.ParseConnectReply(q)
	if err != nil {
		f.fail(w, r, res, err)
		return
	}
	cookie := BindingName(reply.State)
	binding := f.binding(r, cookie)
	if !binding.IsZero() {
		f.unbind(w, cookie)
	}
	ctx, cancel := outlive(r)
	defer cancel()
	res, err = f.Finish(ctx, FinishRequest{Tenant: t, Platform: name, Reply: reply, Binding: binding})
	f.conclude(w, r, res, err)
}

// conclude answers with whatever page comes next.
func (f *Flow) conclude(w http.ResponseWriter, r *http.Request, res Result, err error) {
	switch {
	case errors.Is(err, ErrNoAccount) && len(res.Accounts) > 1:
		p := problemOf(err)
		f.render(w, "choose", p.Status, f.choosePage(res))
	case err != nil:
		f.fail(w, r, res, err)
	case !res.Choice.IsZero():
		f.bind(w, r, res.Choice.Name, res.Choice.Binding, f.expiry)
		seeOther(w, f.base.Path+"/choose?choice="+url.QueryEscape(res.Choice.Key))
	case f.cfg.Done != nil:
		f.cfg.Done(w, r, res)
	default:
		f.render(w, "done", http.StatusOK, f.donePage(res))
	}
}

func (f *Flow) serveToken(w http.ResponseWriter, r *http.Request, t smm.Tenant, name smm.Platform) {
	p := f.platform(name)
	q, err := queryOnce(r)
	res := Result{Tenant: t, Platform: name}
	if err == nil {
		res, err = f.wish(t, name, q.Get)
	}
	if err == nil && len(p.form.Token) == 0 {
		err = errNotFound()
	}
	if err != nil {
		f.fail(w, r, res, err)
		return
	}
	f.render(w, "token", http.StatusOK, f.tokenPage(res))
}

func (f *Flow) acceptToken(w http.ResponseWriter, r *http.Request, t smm.Tenant, name smm.Platform) {
	p := f.platform(name)
	one, err := form(r)
	res := Result{Tenant: t, Platform: name}
	if err == nil && (len(p.form.Token) == 0 || len(r.PostForm["account"]) > 1) {
		err = errNotFound()
	}
	if err == nil {
		res, err = f.wish(t, name, one)
	}
	var c smm.Credential
	if err == nil {
		c, err = p.form.credential(func(key string) string { return one("token." + key) })
	}
	if err != nil {
		f.fail(w, r, res, err)
		return
	}
	ctx, cancel := outlive(r)
	defer cancel()
	res, err = f.AcceptToken(ctx, TokenRequest{Tenant: t, Platform: name, Account: res.Account, Credential: c, Return: res.Return})
	f.conclude(w, r, res, err)
}

func (f *Flow) serveChoose(w http.ResponseWriter, r *http.Request, t smm.Tenant, _ smm.Platform) {
	q, err := queryOnce(r)
	res := Result{Tenant: t}
	if err == nil {
		key := q.Get("choice")
		ctx, cancel := outlive(r) // the choice must be put back
		defer cancel()
		res, err = f.look(ctx, key, f.binding(r, BindingName(key)), t)
	}
	if err != nil {
		f.fail(w, r, res, err)
		return
	}
	page := f.choosePage(res)
	page.None = q.Has("none")
	f.render(w, "choose", http.StatusOK, page)
}

func (f *Flow) choose(w http.ResponseWriter, r *http.Request, t smm.Tenant, _ smm.Platform) {
	one, err := form(r)
	if err != nil {
		f.fail(w, r, Result{Tenant: t}, err)
		return
	}
	key := one("choice")
	if len(r.PostForm["account"]) == 0 {
		seeOther(w, f.base.Path+"/choose?none=1&choice="+url.QueryEscape(key))
		return
	}
	var refs []smm.Ref
	for _, text := range r.PostForm["account"] {
		ref, err := smm.ParseRef(text)
		if err != nil {
			f.fail(w, r, Result{Tenant: t}, errForm())
			return
		}
		refs = append(refs, ref)
	}
	name := BindingName(key)
	binding := f.binding(r, name)
	if !binding.IsZero() {
		f.unbind(w, name)
	}
	ctx, cancel := outlive(r)
	defer cancel()
	res, err := f.Choose(ctx, ChooseRequest{Tenant: t, Key: key, Binding: binding, Accounts: refs})
	if err != nil {
		f.fail(w, r, res, err)
		return
	}
	f.conclude(w, r, res, nil)
}
