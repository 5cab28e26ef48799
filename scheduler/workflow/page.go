package workflow

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"path"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

//go:embed templates/approve.html
var approveHTML string

var approvePage = template.Must(template.New("approve").Parse(approveHTML))

const (
	maxForm   = 64 << 10 // bytes
	maxReason = 4000     // characters
)

// Handler serves the pages of links: the last element of the path is the token.
// GET shows what is to be decided and changes nothing, so that a mail scanner or a
// preview does no harm; POST decides. Mount it under a path of its own, over HTTPS:
//
//	mux.Handle("/approve/", links.Handler())
//
// The pages load nothing, are not cached or indexed, and cannot be framed. They
// need no cookie: a form carries a signature of the link that it belongs to, and
// requests from other sites are refused.
func (l *Links) Handler() http.Handler {
	guard := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		token := path.Base(r.URL.Path)
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			l.show(w, r, token, page{})
		case http.MethodPost:
			if err := guard.Check(r); err != nil {
				render(w, http.StatusForbidden, foreign)
				return
			}
			l.decide(w, r, token)
		default:
			w.Header().Set("Allow", "GET, HEAD, POST")
			render(w, http.StatusMethodNotAllowed, page{Title: "Not possible", Alert: true, Message: "Open the link in a browser."})
		}
	})
}

func setHeaders(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// Not no-referrer: browsers then send the form with the origin "null".
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
}

// page is what the template shows.
type page struct {
	Title   string
	Message string
	Alert   bool

	Open                           bool
	Person, Step, Planned, Embargo string
	Groups                         []group
	Form, Reason                   string
}

var foreign = page{Title: "Not possible", Alert: true, Message: "This decision did not come from the page of the link. Open the link and decide there."}

func render(w http.ResponseWriter, status int, p page) {
	var b bytes.Buffer
	if err := approvePage.Execute(&b, p); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// show answers with how a link stands. p carries what went wrong before.
func (l *Links) show(w http.ResponseWriter, r *http.Request, token string, p page) {
	c, err := l.Open(token)
	if err != nil {
		refuse(w, err)
		return
	}
	d, state, decision, err := l.look(r.Context(), c)
	if err != nil {
		refuse(w, err)
		return
	}
	switch state {
	case stateUsed:
		render(w, http.StatusOK, page{Title: "Decided", Message: decided(decision)})
	case stateChanged:
		render(w, http.StatusGone, page{
			Title:   "This changed",
			Message: "What you were asked to approve has changed since this link was made. There is nothing to decide here; ask for a new link.",
		})
	case stateClosed:
		render(w, http.StatusGone, page{Title: "Nothing to decide", Message: "Nobody waits for this decision any more."})
	case stateOpen:
		p.Title, p.Open = "Approve this post?", true
		p.Person, p.Step, p.Planned = c.Person, c.Step, planned(&d.Content)
		if d.embargoed(l.s.clock.Now()) {
			p.Embargo = show(d.Embargo)
		}
		p.Groups, p.Form = groups(&d.Content), l.formToken(token)
		status := http.StatusOK
		if p.Alert {
			status = http.StatusUnprocessableEntity
		}
		render(w, status, p)
	}
}

func decided(decision string) string {
	switch decision {
	case string(KindApprove):
		return "You approved this. Thank you."
	case string(KindReject):
		return "You rejected this, and your remark was passed on. Thank you."
	}
	return "This link was taken back."
}

// decide takes the decision of a form.
func (l *Links) decide(w http.ResponseWriter, r *http.Request, token string) {
	if _, err := l.Open(token); err != nil {
		refuse(w, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || !l.isFormToken(token, r.PostForm.Get("form")) {
		render(w, http.StatusForbidden, foreign)
		return
	}
	reason, decision := r.PostForm.Get("reason"), r.PostForm.Get("decision")
	if !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > maxReason {
		l.show(w, r, token, page{Alert: true, Message: "The remark is too long. Nothing was decided yet."})
		return
	}
	if decision == string(KindReject) && reason == "" {
		l.show(w, r, token, page{Alert: true, Message: "Say what must change, then reject. Nothing was decided yet."})
		return
	}
	if decision != string(KindApprove) && decision != string(KindReject) {
		l.show(w, r, token, page{Alert: true, Reason: reason, Message: "Choose Approve or Reject. Nothing was decided yet."})
		return
	}
	_, err := l.Decide(r.Context(), token, decision == string(KindApprove), reason)
	_, changed := errors.AsType[*ChangedError](err)
	_, used := errors.AsType[*LinkUsedError](err)
	switch {
	case err == nil:
		render(w, http.StatusOK, page{Title: "Decided", Message: decided(decision)})
	case used:
		render(w, http.StatusConflict, page{
			Title: "Decided already", Alert: true, Message: "This link has decided already, and otherwise. Nothing was changed.",
		})
	case changed:
		l.show(w, r, token, page{})
	default:
		refuse(w, err)
	}
}

// refuse answers without telling what the draft or the error is.
func refuse(w http.ResponseWriter, err error) {
	status, p := http.StatusServiceUnavailable, page{Title: "Not possible now", Alert: true, Message: "Try again in a while. Nothing was decided."}
	switch {
	case errors.Is(err, ErrLinkExpired):
		status, p = http.StatusGone, page{Title: "Expired", Alert: true, Message: "This link has expired. Ask for a new one."}
	case errors.Is(err, ErrBadLink):
		status, p = http.StatusNotFound, page{
			Title: "No such link", Alert: true, Message: "This link is not complete, or was never valid. Copy it again from the message that you got.",
		}
	case errors.Is(err, smm.ErrForbidden), errors.Is(err, smm.ErrInvalid):
		status, p = http.StatusForbidden, page{Title: "Not possible", Alert: true, Message: "You cannot decide this, at least not now. Ask who sent you the link."}
	}
	render(w, status, p)
}
