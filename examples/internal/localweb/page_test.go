package localweb_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/smm/sim"
)

func page(t *testing.T, w *localweb.Web, path string) string {
	t.Helper()
	a := do(t, request(t, "GET", w.URL()+path, ""))
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, "text/html; charset=utf-8", a.header.Get("Content-Type"))
	return a.body
}

// post sends a form of the page as a browser without JavaScript does.
func post(t *testing.T, w *localweb.Web, path string, fields url.Values) answer {
	t.Helper()
	r := request(t, "POST", w.URL()+path, fields.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", w.URL())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return do(t, r)
}

func TestPageShowsItems(t *testing.T) {
	w := startWeb(t)
	l := w.World().Ledger
	add := func(i sim.Item) {
		i.Platform, i.At = "mastodon", start.Add(5*time.Second)
		l.Add(i)
	}
	add(sim.Item{ID: "1", Account: "lighthouse", Text: "with pictures", Media: []string{"aaaabbbbccccdddd", "eeeeffff00001111"}})
	add(sim.Item{ID: "2", Account: "lighthouse", Text: "gone", Removed: true})
	add(sim.Item{ID: "3", Account: "lighthouse", Text: "twice"})
	add(sim.Item{ID: "4", Account: "lighthouse", Text: "twice"})
	add(sim.Item{ID: "5", Account: "eve", Text: "nasty", Parent: "1", Hidden: true, Visitor: true})
	add(sim.Item{ID: "6", Account: "eve", Text: "between us", Private: true, Visitor: true})

	article := func(text string) string {
		for _, a := range strings.Split(page(t, w, "/"), "<article ")[1:] {
			a, _, _ = strings.Cut(a, "</article>")
			if strings.Contains(a, ">"+text+"</p>") {
				return a
			}
		}
		return ""
	}
	pictures := article("with pictures")
	require.Contains(t, pictures, `role="img" aria-label="Medium 1 of 2, shown as a placeholder. Fingerprint aaaabbbbcccc."`)
	require.Contains(t, pictures, `<time datetime="2026-03-01T09:00:05Z">1 Mar, 09:00:05</time>`)
	require.Contains(t, pictures, `href="/?to=mastodon%7C1#comment"`)
	require.Contains(t, article("gone"), `>removed</span>`)
	require.NotContains(t, article("gone"), `Comment`, "nobody can answer what is gone")
	require.Contains(t, article("nasty"), `>hidden</span>`)
	require.Contains(t, article("nasty"), `>visitor</span>`)
	body := page(t, w, "/")
	require.Equal(t, 1, strings.Count(body, ">duplicate</span>"))
	require.Empty(t, article("between us"), "a private message is in no timeline")
	require.Contains(t, body, ">between us</p>")
	require.NotContains(t, body, "<option value=\"mastodon|2\"", "what is gone is no choice")
	require.Contains(t, body, `<th scope="row">Total</th><td>4</td><td>0</td><td>0</td><td class="alarm">1</td><td>1</td><td>2</td></tr>`)
	require.Contains(t, body, `Mastodon</a></th><td>4</td><td>0</td><td>0</td><td class="alarm">1</td><td>1</td><td>2</td></tr>`)
	require.Contains(t, body, `Bluesky</a></th><td>0</td><td>0</td><td>0</td><td>0</td><td>0</td><td>0</td></tr>`)
	require.NotContains(t, body, `value="threads|lighthouse"`, "nobody can write a private message there")
}

// TestPageEscapes writes hostile text into every field that a visitor, a
// client or an address can fill.
func TestPageEscapes(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`
	w := startWeb(t)
	for _, private := range []bool{false, true} {
		w.World().Ledger.Add(sim.Item{
			Platform: "bluesky", Account: evil, Text: evil, ID: evil, URL: "javascript:alert(3)", Media: []string{evil}, Private: private, Visitor: true,
		})
	}
	w.World().Faults.Add(sim.Fault{Kind: evil, Op: evil, Class: evil, Platform: evil})
	refused := post(t, w, "/page/comment", url.Values{"handle": {evil}, "text": {evil}, "to": {evil + "|" + evil}})
	require.Equal(t, http.StatusBadRequest, refused.status)
	for name, body := range map[string]string{
		"page":    page(t, w, "/?done="+url.QueryEscape(evil)+"&to="+url.QueryEscape("bluesky|"+evil)),
		"refused": refused.body,
	} {
		require.NotContains(t, body, "<script>alert", name)
		require.NotContains(t, body, "<img", name)
		require.NotContains(t, body, "javascript:", name)
		require.Contains(t, body, "&lt;script&gt;alert(1)", name)
		require.Equal(t, 1, strings.Count(body, "<script"), name)
	}
}

func TestCommentForm(t *testing.T) {
	for _, p := range platforms {
		t.Run(string(p), func(t *testing.T) {
			w := startWeb(t)
			ref, err := w.Server(p).VisitorPosts(t.Context(), "ines", "", "what do you think?")
			require.NoError(t, err)

			chosen := page(t, w, "/?to="+url.QueryEscape(string(p)+"|"+ref.ID))
			m := regexp.MustCompile(`<option value="([^"]*)" selected>Answer ines`).FindStringSubmatch(chosen)
			require.NotEmpty(t, m, "the link below an item chooses it")

			a := post(t, w, "/page/comment", url.Values{"handle": {" mara "}, "to": {string(p) + "|" + ref.ID}, "text": {"one\r\ntwo"}})
			require.Equal(t, http.StatusSeeOther, a.status)
			require.Equal(t, "/?done=comment#outcome", a.header.Get("Location"))
			items := w.World().Ledger.Items()
			require.Len(t, items, 2)
			require.Equal(t, ref.ID, items[1].Parent)
			require.Equal(t, "one\ntwo", items[1].Text)
			require.Contains(t, page(t, w, "/?done=comment"), "Published. It is in the timeline.")
		})
	}
}

func TestMessageForm(t *testing.T) {
	w := startWeb(t)
	a := post(t, w, "/page/message", url.Values{"handle": {"mara"}, "to": {"mastodon|lighthouse"}, "text": {"psst"}})
	require.Equal(t, "/?done=message#outcome", a.header.Get("Location"))
	items := w.World().Ledger.Items()
	require.Len(t, items, 1)
	require.True(t, items[0].Private)
	require.Equal(t, "psst", items[0].Text)
}

func TestFaultForm(t *testing.T) {
	w := startWeb(t)
	a := post(t, w, "/page/fault", url.Values{
		"kind": {"late"}, "platform": {"bluesky"}, "class": {"commit"}, "op": {" com.atproto.repo.putRecord "},
		"times": {"-1"}, "skip": {"2"}, "status": {"503"}, "delay": {"1.5s"}, "bytes": {"7"},
	})
	require.Equal(t, "/?done=fault#outcome", a.header.Get("Location"))
	require.Equal(t, []sim.Fault{{
		ID: 1, Kind: sim.Late, Platform: "bluesky", Class: sim.Commit, Op: "com.atproto.repo.putRecord",
		Times: -1, Skip: 2, Status: 503, Delay: 1500 * time.Millisecond, Bytes: 7,
	}}, w.World().Faults.Active())
	require.Contains(t, page(t, w, "/"), "<strong>late</strong> every time, after 2 more, delay 1.5s<br>"+
		`<span class="muted">commit requests com.atproto.repo.putRecord on Bluesky</span>`)

	a = post(t, w, "/page/fault-removed", url.Values{"id": {"1"}})
	require.Equal(t, "/?done=fault-removed#outcome", a.header.Get("Location"))
	require.Empty(t, w.World().Faults.Active())
	require.Contains(t, page(t, w, "/"), "None in force.")
}

// TestFaultChoices keeps the form's list complete.
func TestFaultChoices(t *testing.T) {
	body := page(t, startWeb(t), "/")
	for _, k := range sim.FaultKinds() {
		require.Contains(t, body, `<option value="`+string(k)+`">`+string(k)+": ")
	}
	require.Contains(t, body, `<option value="commit" selected>`)
}

func TestClockForm(t *testing.T) {
	w := startWeb(t)
	a := post(t, w, "/page/clock", url.Values{"advance": {"1h30m"}})
	require.Equal(t, "/?done=clock#outcome", a.header.Get("Location"))
	require.Equal(t, start.Add(90*time.Minute), w.World().Clock.Now())
	require.Contains(t, page(t, w, "/"), ">1 March 2026, 10:30:00 UTC</time>")
}

func TestFormsRefuse(t *testing.T) {
	w := startWeb(t)
	tests := []struct {
		name   string
		path   string
		fields url.Values
		status int
		want   []string // in the page that comes back
	}{
		{
			"what was typed stays", "/page/comment", url.Values{"handle": {"lighthouse"}, "to": {"mastodon|"}, "text": {"I typed <this>"}},
			409, []string{"account under test", `value="lighthouse"`, ">I typed &lt;this&gt;</textarea>", `<option value="mastodon|" selected>`, "<title>Not done:"},
		},
		{"no platform", "/page/comment", url.Values{"handle": {"a"}, "text": {"t"}}, 400, []string{"does not run here"}},
		{"answering nothing", "/page/comment", url.Values{"handle": {"a"}, "to": {"bluesky|at://x/y/z"}, "text": {"t"}}, 404, []string{"no post"}},
		{"a message to nobody", "/page/message", url.Values{"handle": {"a"}, "to": {"bluesky|nobody"}, "text": {"t"}}, 404, []string{"no account nobody", ">t</textarea>"}},
		{"a fault of no kind", "/page/fault", url.Values{}, 400, []string{"want one of"}},
		{"no number", "/page/fault", url.Values{"kind": {"late"}, "times": {"often"}}, 400, []string{"times &#34;often&#34;: want a number", `value="often"`, "<details open>"}},
		{"no delay", "/page/fault", url.Values{"kind": {"late"}, "delay": {"soon"}}, 400, []string{"90s, 15m or 1h30m"}},
		{"a fault that struck", "/page/fault-removed", url.Values{"id": {"9"}}, 404, []string{"no fault 9"}},
		{"time back", "/page/clock", url.Values{"advance": {"-1h"}}, 400, []string{"time never goes back", `value="-1h"`}},
		{"too much", "/page/comment", url.Values{"text": {strings.Repeat("x", 70_000)}}, 400, []string{"larger than 65536"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := post(t, w, tt.path, tt.fields)
			require.Equal(t, tt.status, a.status)
			require.Equal(t, 1, strings.Count(a.body, `role="alert"`), "one place says what is wrong")
			for _, want := range tt.want {
				require.Contains(t, a.body, want)
			}
		})
	}
	require.Empty(t, w.World().Ledger.Items())
	require.Empty(t, w.World().Faults.Active())
	require.Equal(t, start, w.World().Clock.Now())
}

func TestFormFromElsewhere(t *testing.T) {
	w := startWeb(t)
	r := request(t, "POST", w.URL()+"/page/clock", "advance=1h")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, do(t, r).status)
	require.Equal(t, start, w.World().Clock.Now())
}

// TestPageLoadsNothingFromElsewhere follows what the page refers to.
func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	w := startWeb(t)
	for _, m := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(page(t, w, "/"), -1) {
		require.True(t, strings.HasPrefix(m[1], "/") || strings.HasPrefix(m[1], "#"), m[1])
	}
	for path, kind := range map[string]string{"/assets/style.css": "text/css", "/assets/refresh.js": "javascript"} {
		a := do(t, request(t, "GET", w.URL()+path, ""))
		require.Equal(t, http.StatusOK, a.status)
		require.Contains(t, a.header.Get("Content-Type"), kind)
		require.NotContains(t, a.body, "//localhost")
		require.NotContains(t, a.body, "http")
	}
}
