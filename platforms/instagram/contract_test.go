package instagram_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/evidence"
	"github.com/smmkit/smmkit/internal/sharedspec"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
)

// graph is the vendor's description of its types, as its code generator has it.
type graph map[string]json.RawMessage

type graphType struct {
	APIs []struct {
		Method   string  `json:"method"`
		Endpoint *string `json:"endpoint"`
		Return   string  `json:"return"`
		Params   []struct {
			Name     string `json:"name"`
			Required bool   `json:"required"`
		} `json:"params"`
	} `json:"apis"`
	Fields []struct {
		Name string `json:"name"`
	} `json:"fields"`
}

func loadGraph(t testing.TB) graph {
	t.Helper()
	var g graph
	require.NoError(t, json.Unmarshal(sharedspec.Read(t, "specs/meta-graph.json.gz"), &g))
	return g
}

func (g graph) typeOf(t testing.TB, name string) graphType {
	t.Helper()
	var v graphType
	require.NoError(t, json.Unmarshal(g[name], &v), name)
	return v
}

func (g graph) enums(t testing.TB) map[string][]string {
	t.Helper()
	var all []struct {
		Name   string   `json:"name"`
		Values []string `json:"values"`
	}
	require.NoError(t, json.Unmarshal(g["enum_types"], &all))
	out := make(map[string][]string)
	for _, e := range all {
		out[e.Name] = e.Values
	}
	return out
}

// specTypes are the vendor's names of what the simulator calls otherwise. It
// describes no containers, messages or people.
var specTypes = map[string]string{
	instagramtest.KindAccount: "IGUser", instagramtest.KindMedia: "IGMedia", instagramtest.KindComment: "IGComment",
	instagramtest.KindThread: "UnifiedThread", instagramtest.KindPage: "Page",
}

// excuses are what documents have and the description does not, which is of April
// 2026 and of the host for Pages.
type excuses struct {
	known map[string]string
	used  map[string]bool
}

func readExcuses(t *testing.T) *excuses {
	t.Helper()
	known := evidence.Excuses(t, string(instagram.Platform), "facebook-business-sdk-codegen of 2026-04")
	return &excuses{known, make(map[string]bool)}
}

func (e *excuses) allow(key string) bool {
	ok := e.known[key] != ""
	e.used[key] = e.used[key] || ok
	return ok
}

// generic parameters go with every request.
var generic = []string{"fields", "limit", "after", "before", "appsecret_proof"}

// call is a request as it went over the wire.
type call struct {
	method, id, edge string
	kind             string // of the node, as it was then
	params           url.Values
	answer           []byte
}

// recorder notes what is sent.
type recorder struct {
	b     *bench
	mu    sync.Mutex
	calls []call
}

func record(b *bench) *recorder {
	rec := &recorder{b: b}
	b.config.HTTPClient = &http.Client{Transport: rec}
	return rec
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	c := call{method: req.Method, params: req.URL.Query()}
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	if len(parts) > 1 && strings.HasPrefix(parts[0], "v") {
		if c.id = parts[1]; len(parts) > 2 {
			c.edge = parts[2]
		}
		if c.kind = r.b.Kind(c.id); c.id == "me" && r.b.Page("shop") != "" {
			c.kind = instagramtest.KindPage
		} else if c.id == "me" {
			c.kind = instagramtest.KindAccount
		}
	}
	if req.Body != nil && !strings.Contains(req.URL.Path, "upload") {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(b))
		if strings.HasPrefix(req.Header.Get("Content-Type"), "application/json") {
			var members map[string]json.RawMessage
			if err := json.Unmarshal(b, &members); err != nil {
				return nil, err
			}
			for k, v := range members {
				c.params.Set(k, string(v))
			}
		} else if form, err := url.ParseQuery(string(b)); err == nil {
			maps.Copy(c.params, form)
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	c.answer, err = io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(c.answer))
	if resp.StatusCode != http.StatusOK {
		c.answer = nil
	}
	r.mu.Lock()
	r.calls = append(r.calls, c)
	r.mu.Unlock()
	return resp, err
}

// operations are the names of what the vendor describes, by type, method and edge.
var operations = map[string]string{
	"IGUser GET ": "account.get", "IGUser GET media": "media.list", "IGUser GET stories": "media.stories", "IGUser GET tags": "media.tags",
	"IGUser GET live_media": "media.live", "IGUser POST media": "media.create", "IGUser POST media_publish": "media.publish",
	"IGUser GET insights": "insights.account", "IGUser POST mentions": "mentions.reply", "IGMedia GET ": "media.get",
	"IGMedia GET children": "media.children", "IGMedia GET comments": "comments.list", "IGMedia POST comments": "comments.create",
	"IGMedia GET insights": "insights.media", "IGMedia DELETE ": "media.delete", "IGMedia POST ": "media.comment_enabled",
	"IGComment GET ": "comments.get", "IGComment GET replies": "comments.replies", "IGComment POST replies": "comments.reply",
	"IGComment POST ": "comments.hide", "IGComment DELETE ": "comments.delete", "Page GET conversations": "messages.threads",
	"IGUser POST moderate_conversations": "messages.moderate",
}

// Every edge, parameter and field that is asked for is one that the vendor has, and
// so is every member of what the simulator answers.
func TestContract(t *testing.T) {
	g := loadGraph(t)
	excused := readExcuses(t)
	proven := map[string]bool{}
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		rec := record(b)
		everything(t, b, rec)
		seen := map[string]bool{}
		for _, c := range rec.calls {
			if name := specTypes[c.kind]; name != "" {
				key := name + " " + c.method + " " + c.edge
				seen[key] = true
				if check(t, g, name, c, excused) {
					proven[operations[key]] = true
				}
			}
		}
		require.Greater(t, len(seen), 25, "%v", slices.Sorted(maps.Keys(seen)))
	})
	for key, why := range excused.known {
		if !excused.used[key] && !strings.Contains(why, "expands edges") {
			t.Errorf("%q is excused and never asked for", key)
		}
	}
	claim := evidence.File{Level: evidence.Contract, Against: "facebook/facebook-business-sdk-codegen", Version: "of 2026-04"}
	evidence.Check(t, string(instagram.Platform), "contract", claim, slices.Collect(maps.Keys(proven)))
}

// check compares a call with the vendor's description, and reports whether its
// answer was one that could be compared as well.
func check(t *testing.T, g graph, name string, c call, excused *excuses) bool {
	t.Helper()
	v := g.typeOf(t, name)
	allow := excused.allow
	edge := name + " " + c.method + " " + c.edge
	params := map[string]bool{}
	found, returns := false, ""
	for _, a := range v.APIs {
		if a.Method != c.method || (a.Endpoint == nil) != (c.edge == "") || a.Endpoint != nil && *a.Endpoint != c.edge {
			continue
		}
		found, returns = true, a.Return
		for _, p := range a.Params {
			params[p.Name] = true
			if p.Required && !c.params.Has(p.Name) {
				t.Errorf("%s lacks %s", edge, p.Name)
			}
		}
	}
	if !found {
		if !allow(edge) {
			t.Errorf("there is no %s", edge)
		}
		return false
	}
	for p := range c.params {
		if !params[p] && !slices.Contains(generic, p) && !allow(edge+" "+p) {
			t.Errorf("%s has no parameter %s", edge, p)
		}
	}
	if c.edge == "" && c.method == http.MethodGet {
		fields(t, v, name, c.params.Get("fields"), allow)
	}
	if operations[edge] == "" {
		return false // the generator names the node for what is answered otherwise
	}
	return answer(t, g, edge, returns, c.answer, allow)
}

// plain members stand in answers of every type.
var plain = []string{"id", "success", "paging", "deleted_id"}

func answer(t *testing.T, g graph, edge, returns string, body []byte, allow func(string) bool) bool {
	t.Helper()
	if _, described := g[returns]; body == nil || !described && returns != "Object" {
		return false
	}
	known := plain
	if returns != "Object" {
		for _, f := range g.typeOf(t, returns).Fields {
			known = append(known[:len(known):len(known)], f.Name)
		}
	}
	var list struct {
		Data []map[string]json.RawMessage `json:"data"`
	}
	var one map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(body, &one))
	if _, is := one["data"]; is {
		require.NoError(t, json.Unmarshal(body, &list))
	} else {
		list.Data = append(list.Data, one)
	}
	for _, o := range list.Data {
		for member := range o {
			if !slices.Contains(known, member) && !allow(returns+" field "+member) {
				t.Errorf("%s is answered with %s, which a %s lacks", edge, member, returns)
			}
		}
	}
	return true
}

func fields(t *testing.T, v graphType, name, spec string, allow func(string) bool) {
	t.Helper()
	depth, word := 0, ""
	for _, r := range spec + "," {
		switch {
		case r == '{' || r == '(':
			depth++
		case r == '}' || r == ')':
			depth--
		case r == ',' && depth == 0:
			word, _, _ = strings.Cut(word, ".")
			known := slices.ContainsFunc(v.Fields, func(f struct {
				Name string `json:"name"`
			}) bool {
				return f.Name == word
			})
			if word != "" && !known && !allow(name+" field "+word) {
				t.Errorf("%s has no field %s", name, word)
			}
			word = ""
		case depth == 0:
			word += string(r)
		}
	}
}

// The fields of lists are those of what is in them.
func TestContractOfListFields(t *testing.T) {
	g := loadGraph(t)
	excused := readExcuses(t).allow
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		rec := record(b)
		everything(t, b, rec)
		of := map[string]string{
			"media": "IGMedia", "stories": "IGMedia", "tags": "IGMedia", "children": "IGMedia", "live_media": "IGMedia", "recent_media": "IGMedia",
			"comments": "IGComment", "replies": "IGComment", "conversations": "UnifiedThread",
		}
		n := 0
		for _, c := range rec.calls {
			if name := of[c.edge]; name != "" && c.method == http.MethodGet {
				fields(t, g.typeOf(t, name), name, c.params.Get("fields"), excused)
				n++
			}
		}
		require.Greater(t, n, 8)
	})
}

// Names of insights, actions and periods are in the vendor's enums.
func TestContractOfEnums(t *testing.T) {
	enums := loadGraph(t).enums(t)
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		rec := record(b)
		everything(t, b, rec)
		n := 0
		for _, c := range rec.calls {
			in := func(param, enum string) {
				for v := range strings.SplitSeq(c.params.Get(param), ",") {
					if v == "link_clicks" {
						continue // changelog of 2026-06-22
					}
					if n++; v != "" && !slices.Contains(enums[enum], v) {
						t.Errorf("%s has no %q", enum, v)
					}
				}
			}
			switch {
			case c.edge == "insights" && c.kind == instagramtest.KindMedia:
				in("metric", "shadowigmediainsights_metric_enum_param")
			case c.edge == "insights":
				in("metric", "shadowiguserinsights_metric_enum_param")
				in("period", "shadowiguserinsights_period_enum_param")
				in("metric_type", "shadowiguserinsights_metric_type_enum_param")
				in("breakdown", "shadowiguserinsights_breakdown_enum_param")
				in("timeframe", "shadowiguserinsights_timeframe_enum_param")
			}
		}
		require.Greater(t, n, 30)
	})
	actions := enums["shadowigusermoderate_conversations_actions_enum_param"]
	for _, a := range []instagram.Moderation{instagram.BlockUser, instagram.UnblockUser, instagram.MoveToSpam} {
		require.Contains(t, actions, string(a))
	}
}
