package connect

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

const (
	maxBody  = 256 << 10 // of a form; a choice of thousands of accounts fits
	maxQuery = 32 << 10  // of an answer; each of its parts may have 8 KiB
	// finishTime bounds what happens after an answer. It does not end with the
	// request: a token that the platform has handed out should be stored also if
	// the person closed the page.
	finishTime = 90 * time.Second
	beginTime  = 30 * time.Second
)

// ServeHTTP serves, below the path of BaseURL:
//
//	GET  /                    the start page; "platform", "account" and "return" may come in the query
//	POST /start               begins: platform, server, account, return
//	GET  /callback/{platform} where the platform sends the browser back to
//	GET  /token/{platform}    the page to type a token or app password
//	POST /token/{platform}
//	GET  /choose, POST /choose
//
// A host's own page may have a form that posts to /start. Its own
// Content-Security-Policy must then admit form-action to foreign https
// addresses.
func (f *Flow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.setHeaders(w.Header(), formSelf)
	if err := f.admit(r); err != nil {
		f.fail(w, r, Result{}, err)
		return
	}
	tenant, err := f.identify(r)
	if err != nil {
		f.fail(w, r, Result{}, err)
		return
	}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	}
	handle, name := f.route(r)
	if handle == nil {
		f.fail(w, r, Result{}, errNotFound())
		return
	}
	handle(w, r, tenant, name)
}

type handler func(w http.ResponseWriter, r *http.Request, t smm.Tenant, name smm.Platform)

func (f *Flow) route(r *http.Request) (handler, smm.Platform) {
	path, ok := strings.CutPrefix(r.URL.Path, f.base.Path)
	if !ok || path != "" && path[0] != '/' {
		path = r.URL.Path // http.StripPrefix, or a proxy that does the same
	}
	dir, name, sub := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	post := r.Method == http.MethodPost
	switch {
	case sub && (name == "" || f.platform(smm.Platform(name)) == nil):
	case sub && dir == "callback" && !post:
		return f.serveCallback, smm.Platform(name)
	case sub && dir == "token" && post:
		return f.acceptToken, smm.Platform(name)
	case sub && dir == "token":
		return f.serveToken, smm.Platform(name)
	case sub:
	case dir == "" && !post:
		return f.serveStart, ""
	case dir == "start" && post:
		return f.start, ""
	case dir == "choose" && post:
		return f.choose, ""
	case dir == "choose":
		return f.serveChoose, ""
	}
	return nil, ""
}

func errNotFound() error {
	return &statusError{http.StatusNotFound, "not-found", "Not found", "There is no such page."}
}

// admit refuses what no page of this Flow asks for.
func (f *Flow) admit(r *http.Request) error {
	switch {
	case f.cfg.Identify == nil:
		return errors.New("connect.Config.Identify is nil: set it, or use Begin and Finish in place of the handlers")
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		// HEAD neither: it would run an answer without anybody to see it.
		return &statusError{http.StatusMethodNotAllowed, "method", "Not possible", "This address takes GET and POST only."}
	case f.loopback && r.Host != f.base.Host:
		// Nobody stands in front of a loopback address, and a foreign name that
		// resolves to it is the trick of DNS rebinding.
		return &statusError{http.StatusMisdirectedRequest, "host", "Wrong address", "Open this page under the address that it was set up for: " + f.base.Host + "."}
	case len(r.URL.RawQuery) > maxQuery:
		return &statusError{http.StatusRequestURITooLong, "too-long", "The address is too long", "Begin again."}
	}
	if f.protection.Check(r) != nil {
		return &statusError{http.StatusForbidden, "cross-site", "Sent from another site", "This was sent from another site's page and was not done. Begin again here."}
	}
	return nil
}

func (f *Flow) identify(r *http.Request) (smm.Tenant, error) {
	t, err := f.cfg.Identify(r)
	if err != nil {
		return "", &identifyError{err}
	}
	return t, nil
}

// The values of form-action.
const (
	formSelf   = "'self'"
	formAbroad = "'self' https:"
)

func (f *Flow) setHeaders(h http.Header, formAction string) {
	if formAction == formAbroad && f.loopback {
		formAction += " http:"
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", f.policy+"; form-action "+formAction+"; frame-ancestors 'none'; base-uri 'none'")
}

// form reads the body and returns a function for fields that come at most once.
func form(r *http.Request) (one func(string) string, err error) {
	if err = r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, &statusError{http.StatusRequestEntityTooLarge, "too-large", "Too much was sent", "Begin again."}
		}
		return nil, errForm()
	}
	for name, v := range r.PostForm {
		if len(v) > 1 && name != "account" {
			return nil, errForm()
		}
	}
	return r.PostForm.Get, nil
}

func errForm() error {
	return &statusError{http.StatusBadRequest, "form", "The form cannot be read", "Begin again."}
}

// queryOnce reads a query whose fields come at most once.
func queryOnce(r *http.Request) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errForm()
	}
	for _, v := range q {
		if len(v) > 1 {
			return nil, errForm()
		}
	}
	return q, nil
}

// outlive is a context for what must be done also if the browser went away.
func outlive(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), finishTime)
}

// fail shows the error page, and tells the log what the page does not say.
func (f *Flow) fail(w http.ResponseWriter, r *http.Request, res Result, err error) {
	p := problemOf(err)
	level := slog.LevelInfo
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("code", p.Code), slog.Int("status", p.Status), slog.String("tenant", string(res.Tenant)), slog.String("platform", string(res.Platform)),
	}
	if e, ok := errors.AsType[*smm.Error](err); ok {
		attrs = append(attrs, slog.Any("error", e)) // without the vendor's words
	} else {
		attrs = append(attrs, slog.String("error", smm.CleanMessage(err.Error())))
	}
	f.log.LogAttrs(r.Context(), level, "account not connected", attrs...)
	if wait, ok := smm.RetryAfter(err); ok {
		w.Header().Set("Retry-After", retryAfter(wait))
	}
	if p.Status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "GET, POST")
	}
	f.render(w, "error", p.Status, f.errorPage(res, p, err))
}
