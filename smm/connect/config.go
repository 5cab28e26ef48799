package connect

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Config configures a Flow.
type Config struct {
	// Connectors are the platforms, one each, in the order of the start page.
	Connectors []smm.Connector
	// Credentials is where connected accounts are stored.
	Credentials smm.CredentialStore
	// Store keeps what is under way. NewMemoryStore suits a single process.
	Store Store
	// Sealer seals what goes into Store.
	Sealer smm.Sealer
	// BaseURL is the address under which browsers reach the Flow:
	// "https://shop.example/connect". Plain http is for loopback addresses only.
	// The redirect address of each platform derives from it; see RedirectURL.
	BaseURL string

	// Capabilities are what the host wants to do with the accounts. The scopes
	// to ask for are computed from them. What a platform can never do is left out
	// there.
	Capabilities []smm.Capability
	// Required are those without which an account is refused (ErrScopes). They
	// are asked for as well. With none, an account is accepted with whatever was
	// granted, and Account.Lost says what will not work.
	Required []smm.Capability
	// PerPlatform replaces both for a platform. What is named here must exist on
	// the platform.
	PerPlatform map[smm.Platform]Wanted
	// Forms say what the start page asks for before a platform's consent page. A
	// platform without an entry gets one optional field for a server or handle.
	Forms map[smm.Platform]Form

	// Identify says for whom the browser acts: the host looks at its own session.
	// It is asked at every request, also when the browser comes back from the
	// platform; a session cookie with SameSite=Strict is not sent then, so that
	// it must be Lax. An error that matches smm.ErrUnauthorized means that nobody
	// is signed in, smm.ErrForbidden that this person may not connect accounts.
	// nil for hosts that do not use the handlers.
	Identify func(*http.Request) (smm.Tenant, error)
	// Done answers the request that ended the flow; nil for a page that says
	// what was connected and what will not work. Result.Return was checked to be
	// a path of the host's own origin.
	Done func(w http.ResponseWriter, r *http.Request, res Result)
	// Templates replace the built-in pages of the same name: "start", "token",
	// "choose", "done", "error", "health". Each gets the type of this package that
	// is named after it, such as StartPage. Names that are missing keep the
	// built-in page.
	Templates *template.Template
	// ContentPolicy are the Content-Security-Policy directives that say what
	// pages of Templates may load: "default-src 'none'; style-src 'self'". "" for
	// those of the built-in pages. Directives for forms, frames and the base
	// address are added and cannot be changed.
	ContentPolicy string

	Expiry time.Duration // how long an authorization or a choice stays open: 1 minute to 1 hour, 0 for 15 minutes
	Clock  smm.Clock     // nil for the machine's
	Logger *slog.Logger  // nil for none
}

// Wanted are the capabilities that a host asks for on one platform. The fields
// mean what those of the same name in Config mean.
type Wanted struct {
	Capabilities []smm.Capability
	Required     []smm.Capability
}

// Flow connects accounts. It is an http.Handler to be mounted under the path of
// Config.BaseURL, with or without http.StripPrefix. It is safe for concurrent
// use.
type Flow struct {
	cfg        Config
	base       *url.URL // without a slash at the end
	loopback   bool
	platforms  []*platform
	protection *http.CrossOriginProtection
	pages      *template.Template
	policy     string
	clock      smm.Clock
	log        *slog.Logger
	expiry     time.Duration
}

var _ http.Handler = (*Flow)(nil)

// platform is a connector with what was computed for it.
type platform struct {
	smm.Connector
	name     smm.Platform
	form     Form
	wanted   []smm.Capability            // Required included, sorted
	required []smm.Capability            //
	scopes   []string                    // for all of wanted
	needs    map[smm.Capability][]string // scopes of each of wanted
}

// New returns a Flow. What is missing or wrong in c gives an error that matches
// smm.ErrInvalid.
func New(c Config) (*Flow, error) {
	f := &Flow{cfg: c, clock: c.Clock, log: c.Logger, expiry: c.Expiry, protection: http.NewCrossOriginProtection()}
	if f.clock == nil {
		f.clock = smm.SystemClock()
	}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	if f.expiry == 0 {
		f.expiry = 15 * time.Minute
	}
	var bad string
	switch {
	case len(c.Connectors) == 0:
		bad = "Connectors: want at least one"
	case c.Credentials == nil:
		bad = "Credentials: want a store for the accounts; smm.NewMemoryCredentials forgets them when the program ends"
	case c.Store == nil:
		bad = "Store: want one that all processes share; NewMemoryStore will do for a single one"
	case c.Sealer == nil:
		bad = "Sealer: want one, such as a ring of package vault: what is under way holds keys"
	case f.expiry < time.Minute || f.expiry > time.Hour:
		bad = "Expiry: want 1 minute to 1 hour"
	case strings.ContainsAny(c.ContentPolicy, "\r\n,"):
		bad = "ContentPolicy: want directives on one line"
	}
	if bad != "" {
		return nil, fmt.Errorf("%w: connect.Config.%s", smm.ErrInvalid, bad)
	}
	if err := f.setBase(c.BaseURL); err != nil {
		return nil, err
	}
	if err := f.setPlatforms(); err != nil {
		return nil, err
	}
	return f, f.setPages()
}

// String tells the address and nothing else of the configuration.
func (f *Flow) String() string { return "connect.Flow(" + f.base.String() + ")" }

// GoString is String.
func (f *Flow) GoString() string { return f.String() }

// RedirectURL is the redirect address of a platform, as it has to be entered at
// vendors that ask for it beforehand. It is another one for each platform, so
// that an answer tells by its address from where it may come.
func (f *Flow) RedirectURL(p smm.Platform) string { return f.base.String() + "/callback/" + string(p) }

func (f *Flow) setBase(raw string) error {
	wrong := fmt.Errorf("%w: connect.Config.BaseURL: want https://host/path, or http on a loopback address, without query", smm.ErrInvalid)
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.RawPath != "" {
		return wrong
	}
	u.Path = strings.TrimRight(u.Path, "/")
	f.loopback = isLoopback(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || !f.loopback) || u.Path != "" && !isLocalPath(u.Path) {
		return wrong
	}
	f.loopback = f.loopback && u.Scheme == "http"
	f.base = u
	// A proxy in front may change the Host header, to which the protection
	// compares Origin where a browser sends no Sec-Fetch-Site.
	return f.protection.AddTrustedOrigin(u.Scheme + "://" + u.Host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (f *Flow) setPlatforms() error {
	for _, c := range f.cfg.Connectors {
		if c == nil {
			return fmt.Errorf("%w: connect.Config.Connectors: one is nil", smm.ErrInvalid)
		}
		p := &platform{Connector: c, name: c.Platform(), form: defaultForm()}
		if err := (smm.Ref{Platform: p.name, Kind: smm.KindChannel, ID: "x"}).Check(); err != nil {
			return err
		}
		if f.platform(p.name) != nil {
			return fmt.Errorf("%w: connect.Config.Connectors: two of %s", smm.ErrInvalid, p.name)
		}
		if form, ok := f.cfg.Forms[p.name]; ok {
			if err := form.check(p); err != nil {
				return err
			}
			p.form = form
		}
		if err := p.want(f.cfg); err != nil {
			return err
		}
		f.platforms = append(f.platforms, p)
	}
	return nil
}

// want computes the scopes.
func (p *platform) want(c Config) error {
	w, strict := c.PerPlatform[p.name]
	if !strict {
		w = Wanted{c.Capabilities, c.Required}
	}
	p.required = slices.Clone(w.Required)
	p.needs = make(map[smm.Capability][]string)
	all := slices.Concat(w.Capabilities, w.Required)
	slices.Sort(all)
	for _, x := range slices.Compact(all) {
		scopes, err := p.Scopes(x)
		if errors.Is(err, smm.ErrUnsupported) && !strict && !slices.Contains(w.Required, x) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: connect: %s on %s: %v", smm.ErrInvalid, x, p.name, err)
		}
		p.needs[x], p.wanted = scopes, append(p.wanted, x)
	}
	scopes, err := p.Scopes(p.wanted...)
	if err != nil {
		return fmt.Errorf("%w: connect: scopes of %s: %v", smm.ErrInvalid, p.name, err)
	}
	p.scopes = scopes
	return nil
}

// lost returns the wanted capabilities that need a scope of missing, and whether
// a required one is among them.
func (p *platform) lost(missing []string) (lost []smm.Capability, refuse bool) {
	for _, x := range p.wanted {
		if slices.ContainsFunc(p.needs[x], func(s string) bool { return slices.Contains(missing, s) }) {
			lost = append(lost, x)
			refuse = refuse || slices.Contains(p.required, x)
		}
	}
	return lost, refuse
}

func (f *Flow) platform(name smm.Platform) *platform {
	for _, p := range f.platforms {
		if p.name == name {
			return p
		}
	}
	return nil
}

func (f *Flow) known(name smm.Platform) (*platform, error) {
	if p := f.platform(name); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%w: this platform has no connector here", smm.ErrUnsupported)
}
