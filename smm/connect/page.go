package connect

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"

	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

//go:embed pages/*.html pages/style.css
var builtin embed.FS

// Page is part of the data of every page.
type Page struct {
	Title string
	Home  string // the address of the start page
}

// StartPage is the data of "start": one form for each platform, sent by POST to
// Action with the fields platform, server (if Server asks for it), account (if
// Account is set) and return (if Return is).
type StartPage struct {
	Page

	Action    string
	Platforms []PlatformView
	Account   smm.Ref // to be connected again; zero for any
	Server    string  // what to put into the field for the server
	Return    string
}

// PlatformView is a platform on the start page.
type PlatformView struct {
	Platform smm.Platform
	Name     string
	Server   Field            // asked for if it has a Label
	Wants    []CapabilityView // what the host will ask for
	TokenURL string           // of the page for a token, "" if there is none
}

// CapabilityView is a capability with words for it.
type CapabilityView struct {
	Capability smm.Capability
	Words      string // "publish posts"
}

// TokenPage is the data of "token": a form sent by POST to Action with the
// fields "token." + Key, and account and return as on the start page.
type TokenPage struct {
	Page

	Action   string
	Platform smm.Platform
	Name     string // of the platform
	Fields   []TokenField
	Account  smm.Ref
	Return   string
}

// ChoosePage is the data of "choose": a form sent by POST to Action with the
// fields choice (Choice) and account, once for each account that was chosen. If
// no account can be used, Choice is "" and there is nothing to send.
type ChoosePage struct {
	Page

	Action   string
	Choice   string
	Name     string // of the platform
	Accounts []AccountView
	None     bool   // nothing was chosen the last time
	Again    string // where to begin again
}

// AccountView is an account with words for what is wrong with it.
type AccountView struct {
	Account

	Ref     string           // as text, the value of the field account
	Label   string           // the account's name, or whatever identifies it
	Problem Problem          // zero if Err is nil
	Lacks   []CapabilityView // Account.Lost
}

// DonePage is the data of "done".
type DonePage struct {
	Page

	Name     string // of the platform
	Accounts []AccountView
	Return   string // "" for none
}

// ErrorPage is the data of "error".
type ErrorPage struct {
	Page

	Problem  Problem
	Detail   string       // what was wrong with what the person typed, or ""
	Platform smm.Platform // "" if it is not known
	Again    string       // where to begin again
	Replace  string       // where to begin in order to replace what cannot be opened, or ""
	Return   string       // "" for none
}

// setPages reads the built-in pages, and checks that those of the host are there.
func (f *Flow) setPages() error {
	css, err := builtin.ReadFile("pages/style.css")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(css)
	style := template.CSS(css) //nolint:gosec // our own file
	f.pages, err = template.New("").Funcs(template.FuncMap{"style": func() template.CSS { return style }}).ParseFS(builtin, "pages/*.html")
	if err != nil {
		return err
	}
	f.policy = f.cfg.ContentPolicy
	if f.policy == "" {
		f.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return nil
}

// render writes a page as a whole or not at all.
func (f *Flow) render(w http.ResponseWriter, name string, status int, data any) {
	var t *template.Template
	if f.cfg.Templates != nil {
		t = f.cfg.Templates.Lookup(name)
	}
	if t == nil {
		t = f.pages.Lookup(name)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		f.log.Error("connect: a page cannot be written", slog.String("page", name), slog.String("error", err.Error())) //nolint:sloglint // no context at hand
		http.Error(w, "This page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

func (f *Flow) page(title string) Page { return Page{Title: title, Home: f.base.Path + "/"} }

// again is the address to begin again from, with what is known.
func (f *Flow) again(p smm.Platform, account smm.Ref, back string) string {
	return f.at("/", p, account, back)
}

func (f *Flow) at(path string, p smm.Platform, account smm.Ref, back string) string {
	q := url.Values{}
	if p != "" && path == "/" {
		q.Set("platform", string(p))
	}
	if !account.IsZero() {
		q.Set("account", account.String())
	}
	if back != "" {
		q.Set("return", back)
	}
	if len(q) == 0 {
		return f.base.Path + path
	}
	return f.base.Path + path + "?" + q.Encode()
}

func (f *Flow) name(p smm.Platform) string {
	if known := f.platform(p); known != nil {
		return known.displayName()
	}
	return string(p)
}

func (f *Flow) startPage(res Result) StartPage {
	s := StartPage{
		Page: f.page("Connect an account"), Action: f.base.Path + "/start",
		Account: res.Account, Server: res.Account.Space, Return: res.Return,
	}
	if !res.Account.IsZero() {
		s.Title = "Connect an account again"
	}
	for _, p := range f.platforms {
		if res.Platform != "" && res.Platform != p.name {
			continue
		}
		v := PlatformView{Platform: p.name, Name: p.displayName(), Server: p.form.Server, Wants: views(p.wanted)}
		if len(p.form.Token) > 0 {
			v.TokenURL = f.at("/token/"+string(p.name), p.name, res.Account, res.Return)
		}
		s.Platforms = append(s.Platforms, v)
	}
	return s
}

func (f *Flow) tokenPage(res Result) TokenPage {
	p := f.platform(res.Platform)
	return TokenPage{
		Page: f.page("Connect " + p.displayName() + " with a token"), Action: f.base.Path + "/token/" + string(p.name),
		Platform: p.name, Name: p.displayName(), Fields: p.form.Token, Account: res.Account, Return: res.Return,
	}
}

func (f *Flow) choosePage(res Result) ChoosePage {
	return ChoosePage{
		Page: f.page("Choose accounts"), Action: f.base.Path + "/choose", Name: f.name(res.Platform),
		Accounts: accountViews(res.Accounts), Again: f.again(res.Platform, res.Account, res.Return), Choice: res.Choice.Key,
	}
}

func (f *Flow) donePage(res Result) DonePage {
	return DonePage{Page: f.page("Connected"), Name: f.name(res.Platform), Accounts: accountViews(res.Accounts), Return: res.Return}
}

func (f *Flow) errorPage(res Result, p Problem, err error) ErrorPage {
	platform := res.Platform
	if f.platform(platform) == nil {
		platform = ""
	}
	e := ErrorPage{Page: f.page(p.Title), Problem: p, Platform: platform, Again: f.again(platform, res.Account, res.Return), Return: res.Return}
	if in, ok := errors.AsType[*inputError](err); ok && errors.Is(in, smm.ErrInvalid) {
		e.Detail = smm.CleanMessage(in.Error())
	}
	if i := slices.IndexFunc(res.Accounts, func(a Account) bool { return errors.Is(a.Err, ErrLost) }); i >= 0 {
		e.Replace = f.again(platform, res.Accounts[i].Channel.Ref, res.Return)
	}
	return e
}

func accountViews(accounts []Account) []AccountView {
	out := make([]AccountView, len(accounts))
	for i, a := range accounts {
		out[i] = AccountView{Account: a, Ref: a.Channel.Ref.String(), Label: a.Channel.Name, Lacks: views(a.Lost)}
		if out[i].Label == "" {
			out[i].Label = cmp.Or(a.Channel.Handle, a.Channel.Ref.ID)
		}
		if a.Err != nil {
			out[i].Problem = problemOf(a.Err)
		}
	}
	return out
}

func views(caps []smm.Capability) []CapabilityView {
	out := make([]CapabilityView, len(caps))
	for i, c := range caps {
		out[i] = CapabilityView{c, words(c)}
	}
	return out
}
