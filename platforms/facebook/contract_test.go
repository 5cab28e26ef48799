package facebook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/evidence"
	"github.com/smmkit/smmkit/internal/sharedspec"
	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
)

// contract is the vendor's machine-readable description of its Graph.
type contract map[string]struct {
	Fields []specField `json:"fields"`
	APIs   []specAPI   `json:"apis"`
}

type specField struct {
	Name string `json:"name"`
}

type specAPI struct {
	Method   string `json:"method"`
	Endpoint string `json:"endpoint"`
	Return   string `json:"return"`
	Params   []struct {
		Name     string `json:"name"`
		Required bool   `json:"required"`
	} `json:"params"`
}

func readContract(t *testing.T) contract {
	t.Helper()
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(sharedspec.Read(t, "specs/meta-graph.json.gz"), &all))
	delete(all, "enum_types")
	out := contract{}
	for name, raw := range all {
		v := out[name]
		require.NoError(t, json.Unmarshal(raw, &v), name)
		out[name] = v
	}
	return out
}

func (a *specAPI) has(param string) bool {
	for i := range a.Params {
		if a.Params[i].Name == param {
			return true
		}
	}
	return false
}

// api finds the method of an edge, "" for that of the node itself.
func (c contract) api(typ, method, edge string) (specAPI, bool) {
	for _, a := range c[typ].APIs {
		if a.Method == method && strings.Trim(a.Endpoint, "/") == edge {
			return a, true
		}
	}
	return specAPI{}, false
}

// hasField reports whether nodes of a type have a field, or an edge that can be
// asked for as one.
func (c contract) hasField(typ, name string) bool {
	if slices.ContainsFunc(c[typ].Fields, func(f specField) bool { return f.Name == name }) {
		return true
	}
	_, edge := c.api(typ, http.MethodGet, name)
	return edge
}

// beyond are names that belong to the protocol and not to a method.
var beyond = []string{"fields", "limit"}

// call is one method of the vendor client, with the type of the node that its
// path begins with.
type call struct {
	typ  string
	of   string // type of the answer's nodes; "" for what the contract says
	do   func(context.Context, *facebook.Client) error
	want string // method and edge
}

func none[T any](_ T, err error) error { return err }

func two[T, U any](_ T, _ U, err error) error { return err }

func photo() facebook.File {
	return facebook.File{Reader: strings.NewReader("x"), Size: 1, Type: "image/png"}
}

func readCalls() []call {
	p := facebook.ListParams{Limit: 5}
	at := time.Unix(1_790_000_000, 0)
	return []call{
		{"Page", "Page", func(ctx context.Context, c *facebook.Client) error { return none(c.Pages.Get(ctx)) }, "GET "},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return none(c.Pages.Subscriptions(ctx)) }, "GET subscribed_apps"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return none(c.Pages.Blocked(ctx, p)) }, "GET blocked"},
		{"Page", "?", func(ctx context.Context, c *facebook.Client) error { return none(c.Pages.Ratings(ctx, p)) }, "GET ratings"},
		{"Page", "LiveVideo", func(ctx context.Context, c *facebook.Client) error { return none(c.Pages.LiveVideos(ctx, p)) }, "GET live_videos"},
		{"PagePost", "PagePost", func(ctx context.Context, c *facebook.Client) error { return none(c.Posts.Get(ctx, "1")) }, "GET "},
		{"PagePost", "PagePost", func(ctx context.Context, c *facebook.Client) error { return none(c.Posts.State(ctx, "1")) }, "GET "},
		{"PagePost", "?", func(ctx context.Context, c *facebook.Client) error {
			return none(c.Posts.Reactions(ctx, "1", "LOVE", p))
		}, "GET reactions"},
		{"Photo", "Photo", func(ctx context.Context, c *facebook.Client) error { return none(c.Photos.Get(ctx, "1")) }, "GET "},
		{"Page", "Photo", func(ctx context.Context, c *facebook.Client) error { return none(c.Photos.List(ctx, p)) }, "GET photos"},
		{"Page", "?", func(ctx context.Context, c *facebook.Client) error { return none(c.Stories.List(ctx, "PUBLISHED", p)) }, "GET stories"},
		{"AdVideo", "AdVideo", func(ctx context.Context, c *facebook.Client) error { return none(c.Videos.Get(ctx, "1")) }, "GET "},
		{"AdVideo", "AdVideo", func(ctx context.Context, c *facebook.Client) error { return none(c.Videos.State(ctx, "1")) }, "GET "},
		{"Page", "AdVideo", func(ctx context.Context, c *facebook.Client) error { return none(c.Videos.List(ctx, p)) }, "GET videos"},
		{"Page", "AdVideo", func(ctx context.Context, c *facebook.Client) error { return none(c.Reels.List(ctx, p)) }, "GET video_reels"},
		{"PagePost", "Comment", func(ctx context.Context, c *facebook.Client) error {
			return none(c.Comments.List(ctx, "1", facebook.CommentFilter{Replies: true, Newest: true, Since: at}, p))
		}, "GET comments"},
		{"Comment", "Comment", func(ctx context.Context, c *facebook.Client) error { return none(c.Comments.Get(ctx, "1")) }, "GET "},
		{"Comment", "Comment", func(ctx context.Context, c *facebook.Client) error { return none(c.Comments.PrivateReply(ctx, "1")) }, "GET "},
		{"Page", "UnifiedThread", func(ctx context.Context, c *facebook.Client) error {
			return none(c.Messages.Threads(ctx, facebook.ThreadFilter{User: "1", Folder: "inbox"}, p))
		}, "GET conversations"},
		{"UnifiedThread", "UnifiedThread", func(ctx context.Context, c *facebook.Client) error { return none(c.Messages.Thread(ctx, "1")) }, "GET "},
		{"UnifiedThread", "?", func(ctx context.Context, c *facebook.Client) error { return none(c.Messages.List(ctx, "1", p)) }, "GET messages"},
		{"User", "User", func(ctx context.Context, c *facebook.Client) error { return none(c.Messages.Person(ctx, "1")) }, "GET "},
		{"Page", "?", func(ctx context.Context, c *facebook.Client) error { return none(c.Profile.Get(ctx)) }, "GET messenger_profile"},
		{"Page", "?", func(ctx context.Context, c *facebook.Client) error { return none(c.Profile.Labels(ctx, p)) }, "GET custom_labels"},
		{"Page", "?", func(ctx context.Context, c *facebook.Client) error { return none(c.Profile.Templates(ctx, p)) }, "GET message_templates"},
		{"Page", "?", func(ctx context.Context, c *facebook.Client) error { return none(c.Profile.Owner(ctx, "1")) }, "GET thread_owner"},
		{"Page", "InsightsResult", func(ctx context.Context, c *facebook.Client) error {
			return none(c.Insights.Of(ctx, "1", facebook.InsightParams{Metrics: []string{"page_media_view"}, Period: facebook.PeriodDay, Since: at, Until: at, Breakdown: "is_from_ads"}))
		}, "GET insights"},
		{"AdVideo", "InsightsResult", func(ctx context.Context, c *facebook.Client) error {
			return none(c.Insights.OfVideo(ctx, "1", facebook.InsightParams{Metrics: []string{"total_video_views"}, Period: facebook.PeriodLifetime}))
		}, "GET video_insights"},
	}
}

func writeCalls() []call {
	no, at := false, time.Unix(1_790_000_000, 0)
	raw := json.RawMessage(`{"a":1}`)
	return []call{
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return c.Pages.Update(ctx, facebook.PageUpdate{About: ptr("a"), Description: ptr("d"), Website: ptr("w"), Phone: ptr("p"), Emails: &[]string{"e"}, CoverPhoto: "1"})
		}, "POST "},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return c.Pages.SetPicture(ctx, photo()) }, "POST picture"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return c.Pages.Subscribe(ctx, "feed") }, "POST subscribed_apps"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return c.Pages.Unsubscribe(ctx) }, "DELETE subscribed_apps"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return c.Pages.Block(ctx, "1") }, "POST blocked"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return c.Pages.BlockSender(ctx, "1") }, "POST blocked"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return c.Pages.Unblock(ctx, "1") }, "DELETE blocked"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return c.Pages.Moderate(ctx, []facebook.ID{"1"}, facebook.BlockUser, facebook.MoveToSpam)
		}, "POST moderate_conversations"},
		{"Page", "PagePost", func(ctx context.Context, c *facebook.Client) error {
			return two(c.Posts.Create(ctx, facebook.PostParams{
				Message: "m", Link: "l", Media: []facebook.ID{"1"}, Published: &no, UnpublishedType: facebook.UnpublishedScheduled, Scheduled: at, Place: "1",
				Tags: []facebook.ID{"1"}, Children: []facebook.LinkCard{{Link: "l"}, {Link: "m"}}, NoEndCard: true, FixedOrder: true, Background: "1", Backdated: at,
				Targeting: raw, FeedTargeting: raw, CallToAction: raw,
			}))
		}, "POST feed"},
		{"PagePost", "", func(ctx context.Context, c *facebook.Client) error {
			return c.Posts.Update(ctx, "1", facebook.PostUpdate{Message: ptr("m"), Pinned: &no, Hidden: &no, Published: &no, Scheduled: at})
		}, "POST "},
		{"PagePost", "", func(ctx context.Context, c *facebook.Client) error { return c.Posts.Delete(ctx, "1") }, "DELETE "},
		{"PagePost", "", func(ctx context.Context, c *facebook.Client) error { return c.Posts.Like(ctx, "1") }, "POST likes"},
		{"PagePost", "", func(ctx context.Context, c *facebook.Client) error { return c.Posts.Unlike(ctx, "1") }, "DELETE likes"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return two(c.Photos.Upload(ctx, photo(), facebook.PhotoParams{Caption: "c", AltText: "a", Published: &no, Temporary: true, Scheduled: at}))
		}, "POST photos"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return two(c.Photos.FromURL(ctx, "https://e.x/a.jpg", facebook.PhotoParams{Caption: "c"}))
		}, "POST photos"},
		{"Photo", "", func(ctx context.Context, c *facebook.Client) error { return c.Photos.Delete(ctx, "1") }, "DELETE "},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return two(c.Stories.Photo(ctx, "1")) }, "POST photo_stories"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return none(c.Stories.Start(ctx)) }, "POST video_stories"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return two(c.Stories.Finish(ctx, "1")) }, "POST video_stories"},
	}
}

func videoCalls() []call {
	no, at, raw := false, time.Unix(1_790_000_000, 0), json.RawMessage(`{"a":1}`)
	return []call{
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return none(c.Videos.Start(ctx, 5)) }, "POST videos"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return none(c.Videos.Transfer(ctx, "1", 0, photo()))
		}, "POST videos"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			thumb := photo()
			return none(c.Videos.Finish(ctx, "1", facebook.VideoParams{
				Title: "t", Description: "d", Published: &no, Scheduled: at, Tags: []string{"1"}, Targeting: raw, Thumbnail: &thumb,
			}))
		}, "POST videos"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return two(c.Videos.FromURL(ctx, "https://e.x/a.mp4", facebook.VideoParams{Title: "t", Description: "d"}))
		}, "POST videos"},
		{"AdVideo", "", func(ctx context.Context, c *facebook.Client) error {
			return c.Videos.Update(ctx, "1", ptr("t"), ptr("d"))
		}, "POST "},
		{"AdVideo", "", func(ctx context.Context, c *facebook.Client) error { return c.Videos.Delete(ctx, "1") }, "DELETE "},
		{"AdVideo", "", func(ctx context.Context, c *facebook.Client) error { return c.Videos.Invite(ctx, "1", "2") }, "POST collaborators"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return none(c.Reels.Start(ctx)) }, "POST video_reels"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return none(c.Reels.Finish(ctx, "1", facebook.VideoParams{Title: "t", Description: "d", Scheduled: at, Place: "1", Targeting: raw}))
		}, "POST video_reels"},
	}
}

func talkCalls() []call {
	return []call{
		{"PagePost", "", func(ctx context.Context, c *facebook.Client) error {
			return two(c.Comments.Create(ctx, "1", facebook.CommentParams{Message: "m", AttachmentURL: "u", AttachmentID: "1", ShareURL: "s"}))
		}, "POST comments"},
		{"Comment", "", func(ctx context.Context, c *facebook.Client) error { return c.Comments.Edit(ctx, "1", "m") }, "POST "},
		{"Comment", "", func(ctx context.Context, c *facebook.Client) error { return c.Comments.SetHidden(ctx, "1", true) }, "POST "},
		{"Comment", "", func(ctx context.Context, c *facebook.Client) error { return c.Comments.Delete(ctx, "1") }, "DELETE "},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return two(c.Messages.Send(ctx, facebook.SendParams{
				To: facebook.Recipient{ID: "1"}, Type: facebook.TypeTag, Tag: facebook.TagHumanAgent, Text: "t", Kind: "image", AttachmentID: "1",
				QuickReplies: []facebook.QuickReply{{Type: "text", Title: "t", Payload: "p"}}, ReplyTo: "m_1", Metadata: "x", Silent: true, PersonaID: "1",
			}))
		}, "POST messages"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return c.Messages.Act(ctx, "1", facebook.TypingOn)
		}, "POST messages"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return c.Messages.React(ctx, "1", "m_1", "love") }, "POST messages"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return none(c.Messages.Attach(ctx, "image", "https://e.x/a"))
		}, "POST message_attachments"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return c.Profile.Set(ctx, facebook.MessengerProfile{
				GetStarted: &facebook.GetStarted{Payload: "p"}, IceBreakers: []facebook.IceBreaker{{Question: "q"}}, Commands: []facebook.CommandSet{{Locale: "default"}},
				Menu: []facebook.Menu{{Locale: "default"}}, Domains: []string{"https://e.x"}, Greeting: []facebook.Greeting{{Locale: "default", Text: "t"}},
			})
		}, "POST messenger_profile"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return c.Profile.Clear(ctx, "greeting") }, "DELETE messenger_profile"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error { return none(c.Profile.CreateLabel(ctx, "l")) }, "POST custom_labels"},
		{"Page", "", func(ctx context.Context, c *facebook.Client) error {
			return c.Profile.Control(ctx, facebook.PassControl, "1", "2", "m")
		}, "POST pass_thread_control"},
	}
}

// edges of Posts.List.
func edgeCalls() []call {
	var out []call
	for _, e := range []facebook.Edge{
		facebook.EdgeFeed, facebook.EdgePosts, facebook.EdgePublished, facebook.EdgeVisitors, facebook.EdgeTagged, facebook.EdgeScheduled, facebook.EdgeAds,
	} {
		out = append(out, call{"Page", "PagePost", func(ctx context.Context, c *facebook.Client) error {
			return none(c.Posts.List(ctx, e, facebook.ListParams{Limit: 1}))
		}, "GET " + string(e)})
	}
	return out
}

// sent is a request as it left.
type sent struct {
	method, edge string
	params       []string
	fields       []string
}

// recorder keeps what was sent and answers something that pleases all.
type recorder struct{ sent []sent }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	segments := strings.Split(strings.Trim(req.URL.Path, "/"), "/")[1:] // without the version
	s := sent{method: req.Method, edge: strings.Join(segments[1:], "/")}
	q := req.URL.Query()
	for name := range bodyParams(req) {
		q.Add(name, "")
	}
	s.fields = topLevel(q.Get("fields"))
	for name := range q {
		s.params = append(s.params, name)
	}
	slices.Sort(s.params)
	r.sent = append(r.sent, s)
	body := `{"id":"1","success":true,"data":[],"video_id":"1","upload_session_id":"1","start_offset":"1","end_offset":"1","post_id":"1_1","message_id":"m_1","attachment_id":"1"}`
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func bodyParams(req *http.Request) map[string]bool {
	out := map[string]bool{}
	if req.Body == nil {
		return out
	}
	b, err := io.ReadAll(req.Body)
	if err != nil {
		return out
	}
	kind, args, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		var members map[string]json.RawMessage
		_ = json.Unmarshal(b, &members)
		for name := range members {
			out[name] = true
		}
	case "multipart/form-data":
		r := multipart.NewReader(bytes.NewReader(b), args["boundary"])
		for p, err := r.NextPart(); err == nil; p, err = r.NextPart() {
			out[p.FormName()] = true
		}
	default:
		form, _ := url.ParseQuery(string(b))
		for name := range form {
			out[name] = true
		}
	}
	return out
}

func topLevel(spec string) []string {
	var out []string
	depth, name := 0, ""
	for _, r := range spec + "," {
		switch {
		case r == '{' || r == '(':
			depth++
		case r == '}' || r == ')':
			depth--
		case r == ',' && depth == 0:
			if n, _, _ := strings.Cut(name, "."); n != "" {
				out = append(out, n)
			}
			name = ""
		case depth == 0:
			name += string(r)
		}
	}
	return out
}

// TestContract compares every edge, parameter and field that the vendor client
// uses with the vendor's machine-readable contract.
func TestContract(t *testing.T) {
	spec := readContract(t)
	var seen, told []string // operations that the contract has, and all others
	excuses, used := evidence.Excuses(t, string(facebook.Platform), "facebook-business-sdk-codegen v25.0"), map[string]bool{}
	excuse := func(name string) bool {
		_, ok := excuses[name]
		used[name] = used[name] || ok
		return ok
	}
	for _, c := range slices.Concat(readCalls(), writeCalls(), videoCalls(), talkCalls(), edgeCalls()) {
		rec, ops := &recorder{}, &opLog{}
		client, err := facebook.NewClient(facebook.ClientConfig{
			Page: "100", Token: smm.NewSecret("page-token-of-the-test"), HTTPClient: &http.Client{Transport: rec}, Logger: slog.New(ops),
		})
		require.NoError(t, err)
		require.NoError(t, c.do(t.Context(), client), c.want)
		require.NotEmpty(t, rec.sent, c.want)
		s := rec.sent[0]
		at := c.typ + " " + s.method + " " + s.edge
		require.Equal(t, c.want, s.method+" "+s.edge, c.typ)
		api, known := spec.api(c.typ, s.method, s.edge)
		if !known && !excuse(at) {
			t.Errorf("%s is not in the contract", at)
			continue
		}
		for _, p := range s.params {
			if known && !api.has(p) && !slices.Contains(beyond, p) && !excuse(at+" "+p) {
				t.Errorf("%s: parameter %s is not in the contract", at, p)
			}
		}
		typ := c.of
		if typ == "" {
			typ = api.Return
		}
		require.NotEmpty(t, ops.seen, at)
		if _, has := spec[typ]; !has && len(s.fields) > 0 {
			told = append(told, ops.seen...) // the contract has no such type
			continue
		}
		for _, f := range s.fields {
			if !spec.hasField(typ, f) && !excuse(typ+" "+f) {
				t.Errorf("%s: field %s is not one of %s", at, f, typ)
			}
		}
		seen = append(seen, ops.seen...)
	}
	require.Greater(t, len(seen), 40)
	evidence.Check(t, string(facebook.Platform), "contract", evidence.File{
		Level: evidence.Contract, Against: "facebook/facebook-business-sdk-codegen, its edges, parameters and fields", Version: "v25.0 of 2026-04",
	}, seen)
	evidence.Check(t, string(facebook.Platform), "documentation", evidence.File{
		Level: evidence.Documentation, Against: "the sheets on Facebook and Messenger", Version: "2026-11-22",
	}, told)
	for name := range excuses {
		require.True(t, used[name], "nothing needs the excuse of %q", name)
	}
}

// opLog gathers the operations that a client logs.
type opLog struct{ seen []string }

func (*opLog) Enabled(context.Context, slog.Level) bool { return true }

func (l *opLog) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "op" && !slices.Contains(l.seen, a.Value.String()) {
			l.seen = append(l.seen, a.Value.String())
		}
		return true
	})
	return nil
}

func (l *opLog) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l *opLog) WithGroup(string) slog.Handler { return l }
