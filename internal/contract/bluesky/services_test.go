package bluesky_test

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

// facts are what the calls of the vendor client are about.
type facts struct {
	did, visitor    string
	post, rkey, cid string
	convo           string
	refresh         smm.Secret
	identifier      string
	password        smm.Secret
	now             time.Time
	job             string
}

// calls use every method of every service of the vendor client, with every
// parameter, by "Service.Method".
func calls(f facts) map[string][]func(ctx context.Context, c *bluesky.Client) error {
	type ctx = context.Context
	type client = *bluesky.Client
	one := func(call func(ctx, client) error) []func(ctx, client) error { return []func(ctx, client) error{call} }
	page := bluesky.Page{Limit: 2}
	next := func(cursor string) bluesky.Page { return bluesky.Page{Limit: 100, Cursor: cursor} }
	record := bluesky.Post{Type: bluesky.PostCollection, Text: "put", CreatedAt: f.now.UTC().Format("2006-01-02T15:04:05.000Z")}
	return map[string][]func(ctx, client) error{
		"Server.CreateSession": one(func(x ctx, c client) error { return drain(c.Server.CreateSession(x, f.identifier, f.password)) }),
		"Server.RefreshSession": one(func(x ctx, c client) error {
			return drain(c.Server.RefreshSession(x, f.refresh))
		}),
		"Server.DeleteSession": one(func(x ctx, c client) error { return c.Server.DeleteSession(x, f.refresh) }),
		"Server.GetSession":    one(func(x ctx, c client) error { return drain(c.Server.GetSession(x)) }),
		"Server.Describe":      one(func(x ctx, c client) error { return drain(c.Server.Describe(x)) }),
		"Server.GetServiceAuth": one(func(x ctx, c client) error {
			return drain(c.Server.GetServiceAuth(x, "did:web:example.com", "com.atproto.repo.uploadBlob", f.now.Add(time.Minute)))
		}),
		"Server.ResolveHandle": one(func(x ctx, c client) error { return drain(c.Server.ResolveHandle(x, visitor)) }),

		"Repo.PutRecord": {
			func(x ctx, c client) error {
				return drain(c.Repo.PutRecord(x, bluesky.RecordWrite{Collection: bluesky.PostCollection, Rkey: "3k2aaaaaaaaaa", Record: record}))
			},
			func(x ctx, c client) error {
				w := bluesky.RecordWrite{Collection: bluesky.PostCollection, Rkey: "3k2aaaaaaaaab", Record: record, Swap: bluesky.SwapNone}
				return drain(c.Repo.PutRecord(x, w))
			},
			func(x ctx, c client) error {
				w := bluesky.RecordWrite{Collection: bluesky.PostCollection, Rkey: f.rkey, Record: record, Swap: f.cid}
				return drain(c.Repo.PutRecord(x, w))
			},
		},
		"Repo.DeleteRecord": one(func(x ctx, c client) error { return c.Repo.DeleteRecord(x, bluesky.PostCollection, "3k2aaaaaaaaaa") }),
		"Repo.GetRecord":    one(func(x ctx, c client) error { return drain(c.Repo.GetRecord(x, f.did, bluesky.PostCollection, f.rkey)) }),
		"Repo.ListRecords": {
			func(x ctx, c client) error { return drain(c.Repo.ListRecords(x, f.did, bluesky.PostCollection, page)) },
			func(x ctx, c client) error {
				return drain(c.Repo.ListRecords(x, f.did, bluesky.PostCollection, next(f.rkey)))
			},
		},
		"Repo.UploadBlob": one(func(x ctx, c client) error {
			b := assets["red.png"].Data
			return drain(c.Repo.UploadBlob(x, "image/png", bytes.NewReader(b), int64(len(b))))
		}),

		"Feed.GetPosts": one(func(x ctx, c client) error { return drain(c.Feed.GetPosts(x, []string{f.post, f.post})) }),
		"Feed.GetPost":  one(func(x ctx, c client) error { return drain(c.Feed.GetPost(x, f.post)) }),
		"Feed.GetAuthorFeed": each([]string{
			"", "posts_with_replies", "posts_no_replies", "posts_with_media", "posts_with_video", "posts_and_author_threads",
		}, func(x ctx, c client, filter string) error { return drain(c.Feed.GetAuthorFeed(x, f.did, filter, page)) }),
		"Feed.GetTimeline":   one(func(x ctx, c client) error { return drain(c.Feed.GetTimeline(x, next(""))) }),
		"Feed.GetPostThread": one(func(x ctx, c client) error { return drain(c.Feed.GetPostThread(x, f.post, 6, 80)) }),
		"Feed.SearchPosts": each([]string{"", "latest", "top"}, func(x ctx, c client, sort string) error {
			return drain(c.Feed.SearchPosts(x, bluesky.Search{
				Query: "plain", Sort: sort, Author: f.did, Lang: "en", Tags: nil,
				Since: "2026-01-01T00:00:00Z", Until: "2027-01-01T00:00:00Z",
			}, page))
		}),

		"Actor.GetProfiles": one(func(x ctx, c client) error { return drain(c.Actor.GetProfiles(x, []string{f.did, visitor})) }),
		"Actor.GetProfile":  one(func(x ctx, c client) error { return drain(c.Actor.GetProfile(x, f.did)) }),

		"Graph.MuteActor":   one(func(x ctx, c client) error { return c.Graph.MuteActor(x, f.visitor) }),
		"Graph.UnmuteActor": one(func(x ctx, c client) error { return c.Graph.UnmuteActor(x, f.visitor) }),

		"Notifications.List": {
			func(x ctx, c client) error { return drain(c.Notifications.List(x, nil, next(""))) },
			func(x ctx, c client) error {
				return drain(c.Notifications.List(x, []string{"reply", "mention", "quote"}, page))
			},
		},
		"Notifications.UpdateSeen": one(func(x ctx, c client) error { return c.Notifications.UpdateSeen(x, f.now) }),

		"Chat.List":       one(func(x ctx, c client) error { return drain(c.Chat.List(x, page)) }),
		"Chat.ForMembers": one(func(x ctx, c client) error { return drain(c.Chat.ForMembers(x, f.visitor)) }),
		"Chat.Messages":   one(func(x ctx, c client) error { return drain(c.Chat.Messages(x, f.convo, page)) }),
		"Chat.UpdateRead": one(func(x ctx, c client) error { return c.Chat.UpdateRead(x, f.convo) }),

		"Video.Upload": one(func(x ctx, c client) error {
			b := assets["clip.mp4"].Data
			return drain(c.Video.Upload(x, "clip.mp4", bytes.NewReader(b), int64(len(b))))
		}),
		"Video.JobStatus": one(func(x ctx, c client) error { return drain(c.Video.JobStatus(x, f.job)) }),

		"Moderation.CreateReport": {
			func(x ctx, c client) error {
				s := bluesky.ReportSubject{Record: bluesky.StrongRef{URI: f.post, CID: f.cid}}
				return drain(c.Moderation.CreateReport(x, s, "com.atproto.moderation.defs#reasonSpam", "why"))
			},
			func(x ctx, c client) error {
				return drain(c.Moderation.CreateReport(x, bluesky.ReportSubject{DID: f.visitor}, "com.atproto.moderation.defs#reasonOther", ""))
			},
		},
	}
}

func each[V any](values []V, call func(context.Context, *bluesky.Client, V) error) (out []func(context.Context, *bluesky.Client) error) {
	for _, v := range values {
		out = append(out, func(x context.Context, c *bluesky.Client) error { return call(x, c, v) })
	}
	return out
}

// serviceMethods lists what the vendor client offers, by reflection: a method
// that is added is in it.
func serviceMethods() []string {
	var out []string
	client := reflect.TypeFor[bluesky.Client]()
	for field := range client.Fields() {
		if !field.IsExported() {
			continue
		}
		for m := range field.Type.Methods() {
			out = append(out, field.Name+"."+m.Name)
		}
	}
	slices.Sort(out)
	return out
}

// facts gathers what calls need from what was published.
func (b *bench) facts(posts map[string]smm.Result) facts {
	t, ctx := b.t, b.t.Context()
	uri := posts["text"].Post.ID
	record, err := b.vendor.Repo.GetRecord(ctx, b.account.Channel.ID, bluesky.PostCollection, rkeyOf(uri))
	require.NoError(t, err)
	convos, err := b.vendor.Chat.List(ctx, bluesky.Page{})
	require.NoError(t, err)
	session, err := b.vendor.Server.CreateSession(ctx, b.account.Login["BLUESKY_IDENTIFIER"], smm.NewSecret(b.account.Login["BLUESKY_APP_PASSWORD"]))
	require.NoError(t, err)
	clip := assets["clip.mp4"].Data
	job, err := b.vendor.Video.Upload(ctx, "clip.mp4", bytes.NewReader(clip), int64(len(clip)))
	require.NoError(t, err)
	return facts{
		did: b.account.Channel.ID, visitor: b.visitor.ID, post: uri, rkey: rkeyOf(uri), cid: record.CID,
		convo: convos.Convos[0].ID, refresh: smm.NewSecret(session.RefreshJwt), job: job.ID, now: b.world.Clock.Now(),
		identifier: b.account.Login["BLUESKY_IDENTIFIER"], password: smm.NewSecret(b.account.Login["BLUESKY_APP_PASSWORD"]),
	}
}

// vendorCalls uses every method; the one that ends all sessions comes last.
func (b *bench) vendorCalls(f facts) {
	t := b.t
	table := calls(f)
	require.Equal(t, serviceMethods(), keys(table), "every method of the vendor client needs an exchange here")
	names := slices.DeleteFunc(keys(table), func(n string) bool { return n == "Server.DeleteSession" })
	for _, name := range append(names, "Server.DeleteSession") {
		for _, call := range table[name] {
			before := len(b.recorder.Exchanges())
			require.NoError(t, call(t.Context(), b.vendor), name)
			require.Greater(t, len(b.recorder.Exchanges()), before, "%s asked nothing", name)
		}
	}
}

// TestEveryMethodIsDriven names what the table of calls lacks.
func TestEveryMethodIsDriven(t *testing.T) {
	require.Equal(t, serviceMethods(), keys(calls(facts{})))
	require.Contains(t, serviceMethods(), "Repo.PutRecord")
}
