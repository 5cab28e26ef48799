package localweb

import (
	"bytes"
	"embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

//go:embed assets
var assets embed.FS

var pageTemplate = template.Must(template.New("").Funcs(template.FuncMap{
	"name":    platformName,
	"initial": initial,
	"short":   shorten,
	"when":    func(t time.Time) string { return t.UTC().Format("2 Jan, 15:04:05") },
	"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"add":     func(a, b int) int { return a + b },
}).ParseFS(assets, "assets/*.html.tmpl"))

// view is all that the page shows.
type view struct {
	Now       time.Time
	NowText   string
	Platforms []platformView
	Accounts  []Account
	Reachable []Account // for private messages
	Counters  []counterRow
	Faults    []faultRow
	Messages  []sim.Item // private ones, newest first
	Targets   []targetGroup
	Form      form
	Kinds     []faultKind
	Classes   []sim.Class
}

type platformView struct {
	Platform  smm.Platform
	URL       string
	Timelines []timeline
}

// counterRow is what the public saw of one platform, or in total.
type counterRow struct {
	Platform smm.Platform // "" for all
	sim.Counts
}

// targetGroup holds what a visitor can answer on one platform.
type targetGroup struct {
	Platform smm.Platform
	Items    []sim.Item // newest first
}

// maxTargets bounds the list that a visitor chooses from. Links in the
// timeline reach everything.
const maxTargets = 40

// pages adds the page and what it loads.
func (w *Web) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, r *http.Request) {
		w.show(rw, http.StatusOK, formFromQuery(r.URL.Query()))
	})
	for _, name := range []string{"style.css", "refresh.js"} {
		mux.HandleFunc("GET /assets/"+name, func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(rw, r, assets, "assets/"+name)
		})
	}
	w.forms(mux)
	mux.HandleFunc("GET /events", w.events)
}

// show writes the page. It is rendered whole before the first byte leaves, so
// that half a page never looks like a world with less in it.
func (w *Web) show(rw http.ResponseWriter, status int, f form) {
	var b bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&b, "page.html.tmpl", w.view(f)); err != nil {
		reply(rw, nil, refusef(http.StatusInternalServerError, "the page cannot be drawn: %v", err))
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_, _ = b.WriteTo(rw) // whoever asked may be gone
}

func (w *Web) view(f form) view {
	now := w.world.Clock.Now()
	items := w.world.Ledger.Items()
	v := view{
		Now: now, NowText: clockText(now), Accounts: w.Doc().Accounts, Counters: w.counterRows(),
		Faults: faultRows(w.world.Faults.Active()), Form: f, Kinds: faultKinds, Classes: classes(),
	}
	v.Reachable = slices.DeleteFunc(slices.Clone(v.Accounts), func(a Account) bool { return withoutMessages[a.Platform] })
	for _, p := range w.platforms {
		s := w.servers[p]
		var channels []string
		for _, a := range s.Accounts() {
			channels = append(channels, a.Handle)
		}
		v.Platforms = append(v.Platforms, platformView{Platform: p, URL: s.URL(), Timelines: timelines(items, p, channels)})
		v.Targets = append(v.Targets, targetGroup{Platform: p, Items: targets(items, p, f.Target)})
	}
	for _, i := range slices.Backward(items) {
		if i.Private && len(v.Messages) < maxRoots {
			v.Messages = append(v.Messages, i)
		}
	}
	return v
}

// targets lists the newest items that can be answered, and the chosen one.
func targets(items []sim.Item, p smm.Platform, chosen target) []sim.Item {
	var out []sim.Item
	seen := make(map[string]bool)
	for _, i := range slices.Backward(items) {
		wanted := len(out) < maxTargets || chosen == target{p, i.ID}
		if i.Platform != p || i.Private || i.Removed || seen[i.ID] || !wanted {
			continue
		}
		seen[i.ID] = true
		out = append(out, i)
	}
	return out
}

func (w *Web) counterRows() []counterRow {
	c := w.counters()
	rows := []counterRow{{Counts: c.Counts}}
	for _, p := range w.platforms {
		rows = append(rows, counterRow{p, c.Platforms[p]})
	}
	return rows
}

// LoginLines gives an account's credentials as lines of an environment file.
func (a Account) LoginLines() []string {
	out := make([]string, 0, len(a.Login))
	for _, k := range slices.Sorted(maps.Keys(a.Login)) {
		out = append(out, k+"="+a.Login[k])
	}
	return out
}

func clockText(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }

func platformName(p smm.Platform) string {
	r, n := utf8.DecodeRuneInString(string(p))
	return string(unicode.ToUpper(r)) + string(p)[n:]
}

// initial is what stands in for an avatar.
func initial(handle string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimPrefix(handle, "@"))
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return "·"
	}
	return string(unicode.ToUpper(r))
}

// shorten cuts text for a list of choices.
func shorten(s string) string {
	const limit = 48
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}
