package bluesky_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// FuzzAnswers feeds the driver whatever a server may answer. It must neither
// panic nor report a post that nobody named.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"posts":[{"uri":"` + stubPost + `","cid":"b","author":{"did":"` + stubDID + `"},"record":{"text":"é","facets":[{"index":{"byteStart":0,"byteEnd":9},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"x"}]}]}}]}`,
		`{"thread":{"$type":"x","replies":[{"post":{"uri":"a","record":{"reply":{"root":{"uri":"r"}}}},"replies":null}]},"threadgate":{"record":{"hiddenReplies":["a",1]}}}`,
		`{"feed":[{"post":{"embed":{"$type":"app.bsky.embed.recordWithMedia#view","media":{"$type":"app.bsky.embed.images#view","images":[{"fullsize":"u"}]}}},"reason":{"$type":"#reasonRepost"}}],"cursor":"c"}`,
		`{"notifications":[{"uri":"at://d/app.bsky.feed.post/x","reason":"reply","author":{},"record":[],"indexedAt":"yesterday"}]}`,
		`{"convos":[{"id":"c","members":[{}],"lastMessage":{"id":"m","sender":{"did":"d"},"$type":"#deletedMessageView"}}],"messages":[null,{}]}`,
		`{"profiles":[{"did":"` + stubDID + `","followersCount":-1,"labels":[{"src":"` + stubDID + `","val":"bot"}]}]}`,
		`{"error":{"a":1},"message":[]}`, `{"jobStatus":{"jobId":"j","state":"JOB_STATE_FAILED"}}`, `{"uri":"x"}`, ``, `null`,
		`{"feed":[{"post":{"record":{"text":"abcdef","facets":[{"index":{"byteStart":0,"byteEnd":4},"features":[{"$type":"app.bsky.richtext.facet#tag"}]},{"index":{"byteStart":2,"byteEnd":5},"features":[{"$type":"app.bsky.richtext.facet#tag"}]},{"index":{"byteStart":5,"byteEnd":99},"features":[{"$type":"app.bsky.richtext.facet#tag"}]}]}}}]}`,
	} {
		f.Add(body, 200)
		f.Add(body, 400)
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 200 || status > 599 {
			return // no server can answer that
		}
		d := stub(t, &answering{status: status, body: body})
		ctx := context.Background()
		for _, call := range calls(ctx, d) {
			_ = call()
		}
		page, err := d.ListTimeline(ctx, stubChannel, smm.PageRequest{})
		if err == nil {
			for _, p := range page.Items {
				end := 0
				for _, e := range p.Entities {
					require.True(t, e.Start >= end && e.Start < e.End && e.End <= len(p.Text), "%+v in %q", e, p.Text)
					end = e.End
				}
			}
		}
		if out, _ := commitText(t, d); out.State == smm.OutcomePublished {
			require.Contains(t, body, out.Post.ID)
		}
	})
}
