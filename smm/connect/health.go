package connect

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// AccountHealth is the health of an account with a name for it.
type AccountHealth struct {
	Name   string // "" for what its Ref says
	Health smm.Health
}

// HealthPage is the data of "health".
type HealthPage struct {
	Page

	Accounts []HealthView
}

// HealthView is a connection with words for what it is and lacks.
type HealthView struct {
	Health smm.Health

	Label    string // the account's name
	Platform string // as people write it
	State    string // "works", or what is wrong
	Token    string // the age and the end of its token, "" if nothing is known
	Lacks    []LackView
	Quotas   []string // "statuses: 240 of 300 left until 14:00 UTC"
	Again    string   // where to connect it again
}

// LackView is a capability that is not granted, and what would have to be done.
type LackView struct {
	CapabilityView

	Cure string
}

// HealthHandler returns a page that shows how the tenant's connections are. read
// asks for it, such as by ChannelClient.Health for each account; how often the
// platforms are asked is its business. The handler is mounted by itself, since
// not everybody who connects accounts looks after them.
func (f *Flow) HealthHandler(read func(ctx context.Context, t smm.Tenant) ([]AccountHealth, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.setHeaders(w.Header(), formSelf)
		err := f.admit(r)
		if err == nil && r.Method != http.MethodGet {
			err = errNotFound()
		}
		var t smm.Tenant
		if err == nil {
			t, err = f.identify(r)
		}
		var list []AccountHealth
		if err == nil {
			list, err = read(r.Context(), t)
		}
		if err != nil {
			f.fail(w, r, Result{Tenant: t}, err)
			return
		}
		p := HealthPage{Page: f.page("Connected accounts")}
		for _, h := range list {
			p.Accounts = append(p.Accounts, f.healthView(h))
		}
		f.render(w, "health", http.StatusOK, p)
	})
}

func (f *Flow) healthView(a AccountHealth) HealthView {
	h := a.Health
	v := HealthView{
		Health: h, Label: a.Name, Platform: f.name(h.Channel.Platform), Token: tokenWords(h.Facts.Token, f.clock.Now()),
		Again: f.again(h.Channel.Platform, h.Channel, ""),
	}
	if v.Label == "" {
		v.Label = strings.TrimPrefix(h.Channel.Space+" "+h.Channel.ID, " ")
	}
	switch h.State {
	case smm.ConnectionWorks:
		v.State = "works"
	case smm.ConnectionReconnect:
		v.State = "must be connected again"
	case smm.ConnectionUnreachable:
		v.State = "does not answer"
	default:
		v.State = "not known"
	}
	for c, s := range h.Lacking() {
		v.Lacks = append(v.Lacks, LackView{CapabilityView{c, words(c)}, s.Cure})
	}
	for _, q := range h.Facts.Quotas {
		if text := quotaWords(q); text != "" {
			v.Quotas = append(v.Quotas, text)
		}
	}
	return v
}

func tokenWords(t smm.TokenFacts, now time.Time) string {
	var parts []string
	if !t.Obtained.IsZero() {
		parts = append(parts, span(t.Age(now))+" old")
	}
	switch {
	case t.Expires.IsZero():
	case now.Before(t.Expires):
		parts = append(parts, "ends in "+span(t.Expires.Sub(now)))
	default:
		parts = append(parts, "ended "+span(now.Sub(t.Expires))+" ago")
	}
	if t.Renews {
		parts = append(parts, "renewed by itself")
	}
	if t.Refreshing {
		parts = append(parts, "a renewal is under way")
	}
	return strings.Join(parts, ", ")
}

// span writes a duration in one unit, rounded down.
func span(d time.Duration) string {
	unit := func(n int, name string) string {
		if n == 1 {
			return "1 " + name
		}
		return fmt.Sprintf("%d %ss", n, name)
	}
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return unit(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return unit(int(d/time.Hour), "hour")
	}
	return unit(int(d/(24*time.Hour)), "day")
}

// quotaWords leaves out what the platform did not say.
func quotaWords(q smm.QuotaState) string {
	name := q.Key.Bucket
	if name == "" {
		name = "requests"
	}
	var text string
	switch {
	case q.Limit > 0 && q.Remaining >= 0:
		text = fmt.Sprintf("%s: %d of %d left", name, q.Remaining, q.Limit)
	case q.Percent >= 0 && !math.IsNaN(q.Percent) && q.Limit <= 0 && q.Remaining < 0:
		text = fmt.Sprintf("%s: %.0f %% used", name, q.Percent)
	default:
		return ""
	}
	if !q.Reset.IsZero() {
		text += " until " + q.Reset.UTC().Format("15:04 UTC, 2 January")
	}
	return text
}

// retryAfter writes the header's value in whole seconds, rounded up.
func retryAfter(d time.Duration) string { return fmt.Sprint(int64(math.Ceil(d.Seconds()))) }
