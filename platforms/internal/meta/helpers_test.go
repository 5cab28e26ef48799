package meta_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

const platform smm.Platform = "toy"

// bench is a toy product on the simulator: pages with notes and reels.
type bench struct {
	*metatest.Server

	world *sim.World
	token string // of the page
	page  string
	user  string
}

type note struct {
	ID      string `json:"id"`
	Message string `json:"message"`
	Created string `json:"created_time"`
	From    who    `json:"from"`
}

type who struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func open(t testing.TB, change func(*metatest.Options)) *bench {
	t.Helper()
	o := &metatest.Options{Platform: platform, App: metatest.NoQuota(), Account: metatest.NoQuota()}
	if change != nil {
		change(o)
	}
	b := &bench{world: sim.NewWorldAt(sim.NewClock(epoch, true))}
	b.Server = metatest.NewServer(b.world, o)
	t.Cleanup(b.Close)
	b.user = b.AddNode("user", "77", "Ann", nil).ID
	b.page = b.AddNode("page", "10", "Shop", nil).ID
	b.Manage(b.user, b.page, "1784", "CREATE_CONTENT", "MODERATE")
	b.token = b.IssueToken(b.page, "pages_manage_posts", "pages_read_engagement")
	b.toy()
	return b
}

func (b *bench) toy() {
	var notes []*metatest.Node
	b.Handle(metatest.Route{Method: "POST", Kind: "page", Edge: "notes", Class: sim.Commit, Scopes: []string{"pages_manage_posts"}, Handler: func(c *metatest.Call) metatest.Reply {
		if c.Get("message") == "" {
			return metatest.Fail(metatest.Invalid("message is empty"))
		}
		id := c.Node.ID + "_" + c.NewID()
		n := c.AddNode("note", id, "", note{ID: id, Message: c.Get("message"), Created: metatest.Stamp(c.Now()), From: who{c.Node.ID, c.Node.Name}})
		notes = append([]*metatest.Node{n}, notes...)
		c.Ledger().Add(sim.Item{Platform: platform, Account: c.Node.ID, Text: c.Get("message"), ID: id, At: c.Now()})
		return metatest.OK(c.Select(n.Value))
	}})
	b.Handle(metatest.Route{Method: "GET", Kind: "page", Edge: "notes", Class: sim.Read, Scopes: []string{"pages_read_engagement"}, Handler: func(c *metatest.Call) metatest.Reply {
		all := make([]any, len(notes))
		for i, n := range notes {
			all[i] = n.Value
		}
		return metatest.Paged(c, all, 25)
	}})
	b.Handle(metatest.Route{Method: "GET", Kind: "note", Class: sim.Read, Handler: func(c *metatest.Call) metatest.Reply { return metatest.OK(c.Select(c.Node.Value)) }})
	b.Handle(metatest.Route{Method: "GET", Kind: "page", Class: sim.Read, Handler: func(c *metatest.Call) metatest.Reply {
		return metatest.OK(c.Select(who{c.Node.ID, c.Node.Name}))
	}})
	b.Handle(metatest.Route{Method: "DELETE", Kind: "note", Class: sim.Write, Handler: func(c *metatest.Call) metatest.Reply {
		c.RemoveNode(c.Node.ID)
		return metatest.Success()
	}})
	b.Handle(metatest.Route{Method: "POST", Kind: "page", Edge: "video_reels", Class: sim.Prepare, Handler: func(c *metatest.Call) metatest.Reply {
		id := c.AddNode("video", "", "", nil).ID
		return metatest.OK(map[string]string{"video_id": id, "upload_url": c.NewUpload(id, false)})
	}})
	b.Handle(metatest.Route{Method: "GET", Kind: "video", Class: sim.Read, Handler: func(c *metatest.Call) metatest.Reply {
		u, _ := c.Upload(c.Node.ID)
		status := map[string]any{"uploading_phase": map[string]any{"status": "in_progress", "bytes_transferred": u.Received}}
		return metatest.OK(map[string]any{"id": c.Node.ID, "status": status})
	}})
}

func (b *bench) client(t testing.TB, change func(*meta.Config)) *meta.Client {
	t.Helper()
	cfg := meta.Config{Platform: platform, Host: b.URL(), Uploads: b.URL(), Token: smm.NewSecret(b.token), Clock: b.world.Clock, Account: b.page, UseCase: "pages"}
	if change != nil {
		change(&cfg)
	}
	c, err := meta.New(cfg)
	require.NoError(t, err)
	return c
}

type created struct {
	ID meta.ID `json:"id"`
}

func (b *bench) post(ctx context.Context, c *meta.Client, text string) (created, smm.Outcome, error) {
	var v created
	o, err := c.Commit(ctx, &meta.Request{Op: "page.notes", Path: []string{b.page, "notes"}, Params: url.Values{"message": {text}}}, &v)
	return v, o, err
}

func list(ctx context.Context, c *meta.Client, page string, p meta.ListParams) (meta.Page[note], error) {
	return meta.List[note](ctx, c, &meta.Request{Op: "page.notes", Path: []string{page, "notes"}, Fields: []string{"id", "message"}}, p)
}

func fails(t testing.TB, err, want error) *smm.Error {
	t.Helper()
	e, ok := errors.AsType[*smm.Error](err)
	require.True(t, ok, "%v is no *smm.Error", err)
	require.ErrorIs(t, err, want)
	return e
}

// canned answers every request with one body, and remembers the requests.
type canned struct {
	status int
	header http.Header
	body   string
	seen   []*http.Request
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	c.seen = append(c.seen, r)
	w := httptest.NewRecorder()
	for k, v := range c.header {
		w.Header()[k] = v
	}
	w.WriteHeader(c.status)
	_, _ = w.WriteString(c.body)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

const secretToken = "EAAsecret-token-of-nobody"

func cannedClient(t testing.TB, c *canned) *meta.Client {
	t.Helper()
	v, err := meta.New(meta.Config{Platform: platform, Token: smm.NewSecret(secretToken), AppSecret: smm.NewSecret("app-secret-1234"), HTTPClient: &http.Client{Transport: c}, Clock: sim.NewClock(epoch, true)})
	require.NoError(t, err)
	return v
}

func errorBody(code, subcode int, transient bool) string {
	r := strings.NewReplacer("CODE", itoa(code), "SUB", itoa(subcode), "TRANSIENT", map[bool]string{true: "true", false: "false"}[transient])
	return r.Replace(`{"error":{"message":"words","type":"OAuthException","code":CODE,"error_subcode":SUB,"is_transient":TRANSIENT,"fbtrace_id":"Atrace"}}`)
}
