package localweb_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

type obj = map[string]any

func TestAccounts(t *testing.T) {
	w := startWeb(t)
	a := call[localweb.Account](t, "POST", w.URL()+"/accounts", obj{"platform": "mastodon", "handle": "bakery"})
	require.Equal(t, "bakery", a.Handle)
	require.Equal(t, a, call[localweb.Account](t, "POST", w.URL()+"/accounts", obj{"platform": "mastodon", "handle": "bakery"}))
	require.Len(t, w.Doc().Accounts, len(platforms)+1)
}

// TestVisitors goes through everything that a member of the public can do, on
// every platform.
func TestVisitors(t *testing.T) {
	w := startWeb(t)
	for _, a := range w.Doc().Accounts {
		t.Run(string(a.Platform), func(t *testing.T) {
			p := a.Platform
			posts := w.URL() + "/visitor/posts"
			first := call[localweb.Written](t, "POST", posts, obj{"platform": p, "handle": "mara", "text": "hello"}).Ref
			require.Equal(t, smm.KindPost, first.Kind)
			byID := call[localweb.Written](t, "POST", posts, obj{"platform": p, "handle": "ines", "parent": first.ID, "text": "hi"}).Ref
			byRef := call[localweb.Written](t, "POST", posts, obj{"platform": p, "handle": "ines", "parent": first.String(), "text": "hi again"}).Ref
			message := obj{"platform": p, "handle": "mara", "to": a.Handle, "text": "psst"}
			want := 3
			if p == "threads" {
				b, err := json.Marshal(message)
				require.NoError(t, err)
				refused := do(t, request(t, "POST", w.URL()+"/visitor/messages", string(b)))
				require.Equal(t, http.StatusConflict, refused.status)
				require.Contains(t, refused.body, "threads lets no program read private messages")
			} else {
				call[localweb.Written](t, "POST", w.URL()+"/visitor/messages", message)
				want++
			}
			call[struct{}](t, "POST", w.URL()+"/visitor/likes", obj{"platform": p, "handle": "ines", "item": first.ID})
			call[struct{}](t, "POST", w.URL()+"/visitor/likes", obj{"platform": p, "handle": "ines", "item": first.String(), "share": true})
			call[struct{}](t, "POST", w.URL()+"/visitor/follows", obj{"platform": p, "handle": "ines", "account": a.Handle})

			items := call[[]sim.Item](t, "GET", w.URL()+"/items?platform="+string(p), nil)
			require.Len(t, items, want)
			for _, i := range items {
				require.True(t, i.Visitor)
				require.Equal(t, p, i.Platform)
			}
			require.Equal(t, []string{first.ID, byID.ID, byRef.ID}, []string{items[0].ID, items[1].ID, items[2].ID})
			require.Equal(t, []string{"", first.ID, first.ID}, []string{items[0].Parent, items[1].Parent, items[2].Parent})
			require.Equal(t, want == 4, items[len(items)-1].Private)
		})
	}
	c := call[localweb.Counters](t, "GET", w.URL()+"/counters", nil)
	require.Equal(t, localweb.Counters{
		Counts: sim.Counts{Visitors: 23},
		Platforms: map[smm.Platform]sim.Counts{
			"bluesky": {Visitors: 4}, "facebook": {Visitors: 4}, "instagram": {Visitors: 4}, "mastodon": {Visitors: 4}, "threads": {Visitors: 3}, "x": {Visitors: 4},
		},
	}, c)
	require.Len(t, call[[]sim.Item](t, "GET", w.URL()+"/items", nil), 23)
}

// TestCounters reads the numbers as any program would: by their names.
func TestCounters(t *testing.T) {
	w, err := localweb.Start(t.Context(), localweb.Options{Platforms: []localweb.Simulator{localweb.Bluesky(""), localweb.Mastodon("")}})
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	for range 2 {
		w.World().Ledger.Add(sim.Item{Platform: "mastodon", Account: "lighthouse", Text: "twice", ID: "1"})
	}
	w.World().Ledger.Add(sim.Item{Platform: "bluesky", Account: "l", Parent: "x", Text: "reply", ID: "2", Removed: true})
	require.JSONEq(t, `{"posts":2,"replies":1,"messages":0,"duplicates":1,"removed":1,"visitors":0,"platforms":{
		"bluesky":{"posts":0,"replies":1,"messages":0,"duplicates":0,"removed":1,"visitors":0},
		"mastodon":{"posts":2,"replies":0,"messages":0,"duplicates":1,"removed":0,"visitors":0}}}`,
		do(t, request(t, "GET", w.URL()+"/counters", "")).body)
}

func TestItemsAreNeverNull(t *testing.T) {
	w := startWeb(t)
	for _, path := range []string{"/items", "/items?platform=bluesky", "/faults"} {
		require.Equal(t, "[]\n", do(t, request(t, "GET", w.URL()+path, "")).body, path)
	}
}

func TestFaults(t *testing.T) {
	w := startWeb(t)
	u := w.URL() + "/faults"
	first := call[localweb.FaultAdded](t, "POST", u, obj{"kind": "late", "class": "commit", "platform": "bluesky", "delay": "1.5s", "times": -1})
	second := call[localweb.FaultAdded](t, "POST", u, sim.Fault{Kind: sim.Slow, Delay: time.Second, Skip: 2})
	require.NotEqual(t, first, second)
	want := []sim.Fault{
		{ID: first.ID, Kind: sim.Late, Class: sim.Commit, Platform: "bluesky", Delay: 1500 * time.Millisecond, Times: -1},
		{ID: second.ID, Kind: sim.Slow, Delay: time.Second, Skip: 2, Times: 1},
	}
	require.Equal(t, want, call[[]sim.Fault](t, "GET", u, nil))
	require.Equal(t, want, w.World().Faults.Active())

	call[struct{}](t, "DELETE", u+"/1", nil)
	require.Equal(t, want[1:], w.World().Faults.Active())
	call[struct{}](t, "DELETE", u, nil)
	require.Empty(t, w.World().Faults.Active())
}

// TestFaultStrikes shows that a fault added here meets a client of the
// simulator, and that the control API itself is never struck.
func TestFaultStrikes(t *testing.T) {
	w := startWeb(t)
	call[localweb.FaultAdded](t, "POST", w.URL()+"/faults", obj{"kind": "error-before", "status": 503, "platform": "mastodon"})
	do(t, request(t, "GET", w.URL()+"/", ""))
	require.Len(t, w.World().Faults.Active(), 1)
	require.Equal(t, http.StatusServiceUnavailable, do(t, request(t, "GET", w.Server("mastodon").URL()+"/api/v2/instance", "")).status)
	require.Empty(t, w.World().Faults.Active())
}

func TestClock(t *testing.T) {
	w := startWeb(t)
	require.Equal(t, start, call[localweb.ClockTime](t, "GET", w.URL()+"/clock", nil).Now)
	require.Equal(t, start.Add(90*time.Minute), call[localweb.ClockTime](t, "POST", w.URL()+"/clock", obj{"advance": "1h30m"}).Now)
	require.Equal(t, start.Add(90*time.Minute), w.World().Clock.Now())
}

func TestBadInput(t *testing.T) {
	w := startWeb(t)
	long := strings.Repeat("x", 10_001)
	tests := []struct {
		call   string
		body   string
		status int
		want   string
	}{
		{"GET /nothing", "", 404, "no /nothing here"},
		{"GET /accounts", "", 405, "/accounts takes POST, not GET"},
		{"PUT /faults", "", 405, "/faults takes DELETE, GET, POST, not PUT"},
		{"POST /counters", "", 405, "takes GET"},
		{"POST /accounts", "", 400, "it is empty"},
		{"POST /accounts", "{", 400, "unexpected EOF"},
		{"POST /accounts", "[]", 400, "want a JSON object"},
		{"POST /accounts", `{"platform":"bluesky","handle":"a"} {}`, 400, "something follows"},
		{"POST /accounts", `{"platforms":"bluesky"}`, 400, `unknown field "platforms"`},
		{"POST /accounts", `{"platform":"bluesky","handle":7}`, 400, "handle"},
		{"POST /accounts", `{"platform":"friendster","handle":"a"}`, 400, `"friendster" does not run here: want one of [bluesky facebook instagram mastodon threads x]`},
		{"POST /accounts", `{"platform":"bluesky"}`, 400, "handle is missing"},
		{"POST /accounts", `{"platform":"mastodon","handle":"@"}`, 400, "handle is missing"},
		{"POST /accounts", `{"platform":"mastodon","handle":"a b"}`, 400, "no spaces"},
		{"POST /accounts", `{"platform":"mastodon","handle":"a\u0007"}`, 400, "no spaces or control characters"},
		{"POST /accounts", `{"platform":"bluesky","handle":"under_score"}`, 400, "want a domain name"},
		{"POST /accounts", `{"platform":"mastodon","handle":"` + long + `"}`, 400, "longer than 253"},
		{"POST /accounts", `{"platform":"mastodon","handle":"` + strings.Repeat("x", 70_000) + `"}`, 413, "larger than 65536 bytes"},
		{"POST /accounts", `{"platform":"x","handle":"under-score"}`, 400, "1 to 15 letters"},
		{"POST /accounts", `{"platform":"threads","handle":"dash-es"}`, 400, "want letters"},
		{"POST /visitor/posts", `{"platform":"friendster","handle":"a","text":"t"}`, 400, "does not run here"},
		{"POST /visitor/posts", `{"platform":"facebook","handle":"a","text":"t","parent":"9"}`, 404, "nothing to comment on"},
		{"POST /visitor/posts", `{"platform":"instagram","handle":"a","text":"t","parent":"9"}`, 404, "nothing to comment on"},
		{"POST /visitor/posts", `{"platform":"threads","handle":"a","text":"t","parent":"9"}`, 404, "no post"},
		{"POST /visitor/posts", `{"platform":"x","handle":"cheap-followers","text":"t"}`, 400, "1 to 15 letters"},
		{"POST /visitor/posts", `{"platform":"x","handle":"lighthouse","text":"t"}`, 409, "account under test"},
		{"POST /visitor/messages", `{"platform":"facebook","handle":"a","to":"nobody","text":"t"}`, 404, "no Page"},
		{"POST /visitor/messages", `{"platform":"threads","handle":"a","to":"lighthouse","text":"t"}`, 409, "no program read private messages"},
		{"POST /visitor/likes", `{"platform":"x","handle":"a","item":"9"}`, 404, "no post"},
		{"POST /visitor/likes", `{"platform":"instagram","handle":"a","item":"9"}`, 404, "nothing to like"},
		{"POST /visitor/follows", `{"platform":"facebook","handle":"a","account":"nobody"}`, 404, "no Page"},
		{"POST /visitor/posts", `{"platform":"bluesky","text":"t"}`, 400, "handle is missing"},
		{"POST /visitor/posts", `{"platform":"bluesky","handle":"a"}`, 400, "text is missing"},
		{"POST /visitor/posts", `{"platform":"bluesky","handle":"a","text":" \n"}`, 400, "text is missing"},
		{"POST /visitor/posts", `{"platform":"bluesky","handle":"a","text":"` + long + `"}`, 400, "10001 characters"},
		{"POST /visitor/posts", `{"platform":"bluesky","handle":"a","text":"t","parent":"at://nobody/x/y"}`, 404, "no post"},
		{"POST /visitor/posts", `{"platform":"mastodon","handle":"a","text":"t","parent":"1"}`, 400, "no such status"},
		{"POST /visitor/posts", `{"platform":"mastodon","handle":"a","text":"t","parent":"mastodon/post"}`, 400, "want platform[@space]/kind/id"},
		{"POST /visitor/posts", `{"platform":"mastodon","handle":"lighthouse","text":"t"}`, 409, "account under test"},
		{"POST /visitor/posts", `{"platform":"bluesky","handle":"@Lighthouse","text":"t"}`, 409, "account under test"},
		{"POST /visitor/messages", `{"platform":"bluesky","handle":"a","text":"t"}`, 400, "to is missing"},
		{"POST /visitor/messages", `{"platform":"bluesky","handle":"a","to":"nobody","text":"t"}`, 404, "no account nobody"},
		{"POST /visitor/messages", `{"platform":"mastodon","handle":"a","to":"lighthouse"}`, 400, "text is missing"},
		{"POST /visitor/likes", `{"platform":"mastodon","handle":"a"}`, 400, "item is missing"},
		{"POST /visitor/likes", `{"platform":"mastodon","handle":"a","item":"9"}`, 400, "no status"},
		{"POST /visitor/follows", `{"platform":"mastodon","handle":"a"}`, 400, "account is missing"},
		{"POST /visitor/follows", `{"platform":"bluesky","handle":"a","account":"nobody"}`, 404, "no account nobody"},
		{"POST /faults", `{}`, 400, "want one of [cut-before"},
		{"POST /faults", `{"kind":"explode"}`, 400, `kind "explode"`},
		{"POST /faults", `{"kind":"slow","delay":"soon"}`, 400, `duration "soon"`},
		{"POST /faults", `{"kind":"slow","delay":true}`, 400, "duration true"},
		{"POST /faults", `{"kind":"slow","delay":"-1s"}`, 400, "want 0 or more"},
		{"POST /faults", `{"kind":"slow","skip":-1}`, 400, "want 0 or more"},
		{"POST /faults", `{"kind":"cut-reply","bytes":-1}`, 400, "want 0 or more"},
		{"POST /faults", `{"kind":"error-after","status":200}`, 400, "status 200: want 400 to 599"},
		{"POST /faults", `{"kind":"late","class":"comit"}`, 400, `class "comit"`},
		{"POST /faults", `{"kind":"late","platform":"friendster"}`, 400, "does not run here"},
		{"DELETE /faults/one", "", 400, "want a number"},
		{"DELETE /faults/7", "", 404, "no fault 7"},
		{"GET /faults/7", "", 405, "takes DELETE"},
		{"POST /clock", `{"advance":"-1h"}`, 400, "time never goes back"},
		{"POST /clock", `{}`, 400, "more than 0"},
		{"POST /clock", `{"advance":"900000h"}`, 400, "at most ten years"},
		{"POST /clock", `{"advance":"tomorrow"}`, 400, `"1h30m"`},
		{"GET /items?platform=friendster", "", 400, "does not run here"},
	}
	for _, tt := range tests {
		t.Run(tt.call+" "+tt.body[:min(len(tt.body), 60)], func(t *testing.T) {
			method, path, _ := strings.Cut(tt.call, " ")
			a := do(t, request(t, method, w.URL()+path, tt.body))
			var e struct{ Error string }
			require.NoError(t, json.Unmarshal([]byte(a.body), &e), a.body)
			require.Contains(t, e.Error, tt.want)
			require.Equal(t, tt.status, a.status)
			require.Equal(t, tt.status == 405, a.header.Get("Allow") != "")
		})
	}
	require.Empty(t, w.World().Ledger.Items(), "nothing that was refused may have had an effect")
	require.Empty(t, w.World().Faults.Active())
	require.Equal(t, start, w.World().Clock.Now())
	require.Len(t, w.Doc().Accounts, len(platforms))
}

// TestGuard plays a hostile web page in a browser on this machine.
func TestGuard(t *testing.T) {
	w := startWeb(t)
	own := strings.TrimPrefix(w.URL(), "http://")
	_, port, _ := strings.Cut(own, ":")
	tests := []struct {
		name   string
		method string
		host   string
		header http.Header
		status int
	}{
		{"a program", "POST", own, nil, 200},
		{"our page", "POST", own, http.Header{"Origin": {"http://" + own}, "Sec-Fetch-Site": {"same-origin"}}, 200},
		{"localhost", "POST", "localhost:" + port, http.Header{"Origin": {"http://localhost:" + port}}, 200},
		{"IPv6", "POST", "[::1]:" + port, nil, 200},
		{"without port", "GET", "127.0.0.1", nil, 200},
		{"a name pointed at us", "GET", "evil.example:" + port, nil, 421},
		{"a name pointed at us, writing", "POST", "evil.example", http.Header{"Origin": {"http://evil.example"}}, 421},
		{"a name that looks like us", "GET", "127.0.0.1.evil.example", nil, 421},
		{"another machine's address", "GET", "192.0.2.7", nil, 421},
		{"no address at all", "GET", "0.0.0.0:" + port, nil, 421},
		{"a form on another page", "POST", own, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"a page on another local port", "POST", own, http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		{"an old browser", "POST", own, http.Header{"Origin": {"http://evil.example"}}, 403},
		{"a sandboxed frame", "POST", own, http.Header{"Origin": {"null"}}, 403},
		{"taking faults away", "DELETE", own, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"a link on another page", "GET", own, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, tt.method, w.URL()+"/faults", `{"kind":"slow"}`)
			r.Host, r.Header = tt.host, tt.header
			if r.Header == nil {
				r.Header = http.Header{}
			}
			a := do(t, r)
			require.Equal(t, tt.status, a.status, a.body)
			require.Empty(t, a.header.Get("Access-Control-Allow-Origin"))
			require.Contains(t, a.header.Get("Content-Security-Policy"), "default-src 'none'")
			require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		})
	}
	require.Len(t, w.World().Faults.Active(), 4, "one for each POST that was allowed")
}

func TestEvents(t *testing.T) {
	w := startWeb(t)
	resp, err := (&http.Client{Timeout: 20 * time.Second}).Do(request(t, "GET", w.URL()+"/events", ""))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	lines := bufio.NewScanner(resp.Body)

	until := func(want string) string {
		for lines.Scan() {
			if lines.Text() == want {
				require.True(t, lines.Scan())
				return lines.Text()
			}
		}
		require.FailNow(t, "the stream ended", want)
		return ""
	}
	first := until("event: change")
	require.Equal(t, "data: 1 March 2026, 09:00:00 UTC", until("event: clock"))
	w.World().Faults.Add(sim.Fault{Kind: sim.Slow})
	second := until("event: change")
	require.NotEqual(t, first, second)
	w.World().Clock.Advance(time.Hour)
	require.Equal(t, "data: 1 March 2026, 10:00:00 UTC", until("event: clock"))
	_, err = w.Server("mastodon").NewAccount("bakery")
	require.NoError(t, err)
	require.NotEqual(t, second, until("event: change"))
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{`"1h30m"`, `1500`, `"-1ns"`, `null`, `{}`, `"9999999h"`, `1e9`, `"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d localweb.Duration
		if json.Unmarshal(b, &d) != nil {
			return
		}
		out, err := json.Marshal(d)
		require.NoError(t, err)
		var again localweb.Duration
		require.NoError(t, json.Unmarshal(out, &again), string(out))
		require.Equal(t, d, again)
	})
}
