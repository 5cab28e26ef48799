package bluesky_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

const stubPost = "at://" + stubDID + "/app.bsky.feed.post/3lzzzzzzzzz2a"

func stubRef(kind smm.Kind, id string) smm.Ref {
	return smm.Ref{Platform: bluesky.Platform, Kind: kind, ID: id}
}

// calls are all that a driver may do with an answer.
func calls(ctx context.Context, d *bluesky.Driver) map[string]func() error {
	post, author := stubRef(smm.KindPost, stubPost), stubRef(smm.KindAuthor, "did:plc:z72i7hdynmk6r22z27h6tvur")
	var r smm.PageRequest
	drop := func(_ any, err error) error { return err }
	return map[string]func() error{
		"posts":         func() error { return drop(d.ListPosts(ctx, stubChannel, r)) },
		"post":          func() error { return drop(d.GetPost(ctx, stubChannel, post)) },
		"timeline":      func() error { return drop(d.ListTimeline(ctx, stubChannel, r)) },
		"comments":      func() error { return drop(d.ListComments(ctx, stubChannel, post, r)) },
		"mentions":      func() error { return drop(d.ListMentions(ctx, stubChannel, r)) },
		"conversations": func() error { return drop(d.ListConversations(ctx, stubChannel, r)) },
		"messages":      func() error { return drop(d.ListMessages(ctx, stubChannel, stubRef(smm.KindConversation, "c"), r)) },
		"search":        func() error { return drop(d.SearchPosts(ctx, stubChannel, smm.SearchQuery{Text: "x"}, r)) },
		"metrics": func() error {
			return drop(d.ReadMetrics(ctx, stubChannel, smm.MetricRequest{Subjects: []smm.Ref{post, stubChannel}}))
		},
		"profile": func() error { return drop(d.ReadProfile(ctx, stubChannel, author)) },
		"edit":    func() error { return d.EditProfile(ctx, stubChannel, smm.ProfileEdit{Name: ptr("x")}) },
		"picture": func() error {
			return d.EditProfile(ctx, stubChannel, smm.ProfileEdit{Avatar: &smm.Media{Name: "red.png"}})
		},
		"like":   func() error { return d.SetLiked(ctx, stubChannel, post, true) },
		"follow": func() error { return d.SetFollowing(ctx, stubChannel, author, true) },
		"hide":   func() error { return d.SetHidden(ctx, stubChannel, post, true) },
		"report": func() error { return d.ReportItem(ctx, stubChannel, post, smm.Report{Reason: smm.ReasonSpam}) },
		"reply": func() error {
			return drop(d.Prepare(ctx, &smm.PublishRequest{
				ID: "d", Channel: stubChannel, Kind: smm.CreateReply, Created: epoch,
				Post: smm.Post{Text: "x", ReplyTo: stubRef(smm.KindComment, "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3k")},
			}, smm.Prepared{}))
		},
	}
}

func hostileBodies() map[string]string {
	deep := strings.Repeat(`{"thread":`, 500) + `1` + strings.Repeat(`}`, 500)
	replies := strings.Repeat(`{"$type":"app.bsky.feed.defs#threadViewPost","replies":[`, 300) + strings.Repeat(`]}`, 300)
	return map[string]string{
		"HTML":           "<!doctype html><title>Login</title>",
		"nothing":        "",
		"cut off":        `{"posts":[{"uri":"at://`,
		"text after":     `{"posts":[]} trailing`,
		"an array":       `[]`,
		"a number":       `17`,
		"null":           `null`,
		"duplicate keys": `{"uri":"a","uri":"b","cid":1,"cid":"c"}`,
		"numbers as ids": `{"posts":[{"uri":1,"cid":2,"author":{"did":3}}],"feed":[{"post":{"uri":1}}],"profiles":[{"did":1}],"convos":[{"id":1}],"messages":[{"id":1}],"notifications":[{"uri":1}],"thread":{"post":{"uri":1}}}`,
		"wrong types":    `{"posts":{"a":1},"feed":"x","profiles":3,"convos":true,"messages":{},"notifications":"n","thread":[]}`,
		"deep":           deep,
		"deep thread":    `{"thread":` + replies + `}`,
		"large":          `{"x":"` + strings.Repeat("y", 17<<20) + `"}`,
		"bad UTF-8":      "{\"posts\":[{\"uri\":\"\xff\xfe\"}]}",
	}
}

// TestHostileAnswers: nothing that a server answers with 200 makes the driver
// panic, hang or believe that a post is public.
func TestHostileAnswers(t *testing.T) {
	for name, body := range hostileBodies() {
		t.Run(name, func(t *testing.T) {
			d := stub(t, &answering{status: 200, body: body})
			for call, f := range calls(t.Context(), d) {
				if err := f(); err != nil {
					var e *smm.Error
					require.ErrorAs(t, err, &e, call)
					require.Less(t, len(e.Error()), 1000, call)
					require.NotContains(t, e.Error(), "token-0123456789", call)
				}
			}
			out, err := commitText(t, d)
			require.Error(t, err)
			require.Equal(t, smm.OutcomeUnknown, out.State, "an answer that cannot be read proves nothing")
			r := smm.PublishRequest{ID: "delivery-1", Channel: stubChannel, Kind: smm.CreatePost, Post: smm.Post{Text: "plain"}, Created: epoch}
			p, err := d.Prepare(t.Context(), &r, smm.Prepared{})
			require.NoError(t, err)
			out, _ = d.Settle(t.Context(), &r, p, smm.Attempt{N: 1, First: epoch})
			require.Equal(t, smm.OutcomeUnknown, out.State)
		})
	}
}

// TestAnotherRecordUnderOurKey is taken for neither our post nor for its
// absence.
func TestAnotherRecordUnderOurKey(t *testing.T) {
	r := smm.PublishRequest{ID: "delivery-1", Channel: stubChannel, Kind: smm.CreatePost, Post: smm.Post{Text: "plain"}, Created: epoch}
	d := stub(t, &answering{status: 200, body: `{"uri":"` + stubPost + `","cid":"c","value":{"text":"something else","createdAt":"2026-11-02T09:00:00.000Z"}}`})
	p, err := d.Prepare(t.Context(), &r, smm.Prepared{})
	require.NoError(t, err)
	out, err := d.Settle(t.Context(), &r, p, smm.Attempt{N: 1, First: epoch})
	require.ErrorIs(t, err, smm.ErrConflict)
	require.Equal(t, smm.OutcomeUnknown, out.State)
}

// TestRefsOfOthersAreRefused: an id that is no address of this network never
// reaches a URL.
func TestRefsOfOthersAreRefused(t *testing.T) {
	rt := &answering{status: 200, body: "{}"}
	d := stub(t, rt)
	for _, id := range []string{"", "123", "at://", "at://x", "https://bsky.app/profile/x/post/y", "at://did:plc:a/app.bsky.feed.post/../x"} {
		bad := stubRef(smm.KindPost, id)
		require.ErrorIs(t, d.SetLiked(t.Context(), stubChannel, bad, true), smm.ErrInvalid, id)
		require.ErrorIs(t, d.DeleteItem(t.Context(), stubChannel, bad), smm.ErrInvalid, id)
		_, err := d.GetPost(t.Context(), stubChannel, bad)
		require.ErrorIs(t, err, smm.ErrInvalid, id)
		_, err = d.ListComments(t.Context(), stubChannel, bad, smm.PageRequest{})
		require.ErrorIs(t, err, smm.ErrInvalid, id)
		require.ErrorIs(t, d.SetFollowing(t.Context(), stubChannel, stubRef(smm.KindAuthor, id), true), smm.ErrInvalid, id)
	}
	_, err := d.ListPosts(t.Context(), smm.Ref{Platform: bluesky.Platform, Kind: smm.KindChannel, ID: "shop.example.com"}, smm.PageRequest{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.Nil(t, rt.asked)
	require.ErrorIs(t, d.DeleteItem(t.Context(), stubChannel, stubRef(smm.KindComment, "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3k")), smm.ErrUnsupported)
}

func TestConfigIsChecked(t *testing.T) {
	_, err := bluesky.New(bluesky.Config{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	for _, cfg := range []bluesky.ClientConfig{{}, {Server: "not a url"}, {Server: "https://x.example.com", DID: "shop.example.com"}, {Server: "https://u:p@x.example.com"}} {
		_, err := bluesky.NewClient(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid, "%+v", cfg)
	}
	_, err = bluesky.NewClient(bluesky.ClientConfig{Server: "https://x.example.com", HTTPClient: &http.Client{}})
	require.NoError(t, err)
}

// TestAnswersWithoutTheirList: an object that lacks what the lexicon requires is
// no empty list. Believed, it told that a message which was sent is not there, so
// that it was sent again.
func TestAnswersWithoutTheirList(t *testing.T) {
	lists := []string{"posts", "post", "timeline", "comments", "mentions", "conversations", "messages", "search", "metrics", "profile"}
	for name, body := range map[string]string{
		"bare": `{}`, "an error": `{"error":"InternalServerError","message":"Internal Server Error"}`, "null for a list": `{"posts":null,"feed":null,"messages":null}`,
		"another answer": `{"did":"did:plc:z72i7hdynmk6r22z27h6tvur","handle":"someone.example"}`,
	} {
		t.Run(name, func(t *testing.T) {
			says := &answering{status: 200, body: `{"messages":[]}`}
			d := stub(t, says)
			r := &smm.PublishRequest{ID: "d", Channel: stubChannel, Kind: smm.CreateMessage, Created: epoch, Post: smm.Post{Text: "x", ReplyTo: stubRef(smm.KindConversation, "c")}}
			p, err := d.Prepare(t.Context(), r, smm.Prepared{})
			require.NoError(t, err)
			says.body = body
			all := calls(t.Context(), d)
			for _, call := range lists {
				require.ErrorIs(t, all[call](), smm.ErrUnavailable, call)
			}
			o, err := d.Settle(t.Context(), r, p, smm.Attempt{N: 1, Doubt: true, First: epoch, Intent: epoch, Deadline: epoch})
			require.Equal(t, smm.OutcomeUnknown, o.State)
			require.Error(t, err)
		})
	}
}
