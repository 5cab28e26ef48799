package localweb

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// form is what the page's forms hold: what was typed, and how it went.
type form struct {
	Name   string // of the form that was sent: comment, message, fault, clock
	Error  string
	Notice string
	Target target     // chosen to be answered
	Values url.Values // as typed, when Error is set
}

// Value returns what was typed into a field of a form that was refused, or
// else what stands there at first.
func (f form) Value(form, field, otherwise string) string {
	if f.Name != form || f.Values == nil {
		return otherwise
	}
	return f.Values.Get(field)
}

// outcome is how a form went, for the place where the page says so.
type outcome struct{ Failed, Done string }

// Outcome returns how the named form went, if that is the one.
func (f form) Outcome(form string) outcome {
	if f.Name != form {
		return outcome{}
	}
	return outcome{Failed: f.Error, Done: f.Notice}
}

// Failed reports whether the named form was refused.
func (f form) Failed(form string) bool { return f.Outcome(form).Failed != "" }

// target is a platform and an item or account on it, "bluesky|at://...".
type target struct {
	Platform smm.Platform
	ID       string
}

func parseTarget(s string) target {
	p, id, _ := strings.Cut(s, "|")
	return target{smm.Platform(p), id}
}

// String returns the form that parseTarget reads.
func (t target) String() string { return string(t.Platform) + "|" + t.ID }

// Is reports whether t is this one.
func (t target) Is(p smm.Platform, id string) bool { return t == target{p, id} }

// notices say what a form did. The address of the page names one of them and
// never brings text of its own, or anybody could make the page say anything.
var notices = map[string]form{
	"comment":       {Name: "comment", Notice: "Published. It is in the timeline."},
	"message":       {Name: "message", Notice: "Sent. Only its recipient sees it."},
	"fault":         {Name: "fault", Notice: "The fault is in force."},
	"fault-removed": {Name: "fault", Notice: "The fault is no longer in force."},
	"clock":         {Name: "clock", Notice: "The clock has moved on."},
}

func formFromQuery(q url.Values) form {
	f := notices[q.Get("done")]
	if to := q.Get("to"); to != "" {
		f.Target = parseTarget(to)
	}
	return f
}

// forms adds what the page's forms are sent to. Each answers with a redirect,
// so that reloading the page sends nothing twice, or with the page and what
// was wrong.
func (w *Web) forms(mux *http.ServeMux) {
	w.form(mux, "comment", "comment", w.commentForm)
	w.form(mux, "message", "message", w.messageForm)
	w.form(mux, "fault", "fault", w.faultForm)
	w.form(mux, "fault-removed", "fault", func(r *http.Request) error { return w.removeFault(r.PostFormValue("id")) })
	w.form(mux, "clock", "clock", w.clockForm)
}

// form serves POST /page/<done>; shown is the form beside which errors appear.
func (w *Web) form(mux *http.ServeMux, done, shown string, do func(*http.Request) error) {
	mux.HandleFunc("POST /page/"+done, func(rw http.ResponseWriter, r *http.Request) {
		err := r.ParseForm()
		if err != nil {
			err = refusef(http.StatusBadRequest, "the form cannot be read: it may be larger than %d bytes", maxBody)
		} else {
			err = do(r)
		}
		if err != nil {
			w.show(rw, statusOf(err), form{
				Name: shown, Error: err.Error(), Values: r.PostForm, Target: parseTarget(r.PostFormValue("to")),
			})
			return
		}
		// The outcome can take the keyboard's focus, so going to it is reading it.
		http.Redirect(rw, r, "/?done="+done+"#outcome", http.StatusSeeOther)
	})
}

func (w *Web) commentForm(r *http.Request) error {
	to := parseTarget(r.PostFormValue("to"))
	_, err := w.visitorPost(r.Context(), VisitorPost{
		Platform: to.Platform, Parent: to.ID, Handle: strings.TrimSpace(r.PostFormValue("handle")), Text: plainText(r),
	})
	return err
}

func (w *Web) messageForm(r *http.Request) error {
	to := parseTarget(r.PostFormValue("to"))
	_, err := w.visitorMessage(r.Context(), VisitorMessage{
		Platform: to.Platform, To: to.ID, Handle: strings.TrimSpace(r.PostFormValue("handle")), Text: plainText(r),
	})
	return err
}

// plainText undoes the line ends of HTML forms.
func plainText(r *http.Request) string {
	return strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n")
}

func (w *Web) clockForm(r *http.Request) error {
	d, err := duration("advance", r.PostFormValue("advance"))
	if err != nil {
		return err
	}
	return w.advance(d)
}

func (w *Web) faultForm(r *http.Request) error {
	f := sim.Fault{
		Kind: sim.FaultKind(r.PostFormValue("kind")), Platform: smm.Platform(r.PostFormValue("platform")),
		Class: sim.Class(r.PostFormValue("class")), Op: strings.TrimSpace(r.PostFormValue("op")),
	}
	numbers := []struct {
		name string
		into *int
	}{{"times", &f.Times}, {"skip", &f.Skip}, {"status", &f.Status}, {"bytes", &f.Bytes}}
	for _, n := range numbers {
		s := strings.TrimSpace(r.PostFormValue(n.name))
		if s == "" {
			continue
		}
		v, err := strconv.Atoi(s)
		if err != nil {
			return refusef(http.StatusBadRequest, "%s %q: want a number", n.name, s)
		}
		*n.into = v
	}
	if s := strings.TrimSpace(r.PostFormValue("delay")); s != "" {
		d, err := duration("delay", s)
		if err != nil {
			return err
		}
		f.Delay = d
	}
	_, err := w.addFault(f)
	return err
}

func duration(field, s string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(s))
	if err != nil {
		return 0, refusef(http.StatusBadRequest, "%s %q: want a length of time such as 90s, 15m or 1h30m", field, s)
	}
	return d, nil
}
