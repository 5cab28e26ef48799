package x_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func captioned(tracks ...smm.Captions) *smm.Post {
	return &smm.Post{Text: "clip", Media: []smm.Media{{Name: "clip.mp4", AltText: "a clip", Captions: tracks}}}
}

// TestCaptions: the tracks of a video are on it before anybody sees it, whatever
// happens to the requests, and each costs what a request for it does.
func TestCaptions(t *testing.T) {
	tracks := []smm.Captions{{Language: "en-GB", Name: "words.vtt"}, {Language: "de", Name: "words.srt"}, {Language: "zu", Name: "words.srt"}}
	for _, kind := range []sim.FaultKind{"", sim.DropReply, sim.CutBefore, sim.ErrorBefore} {
		g := stand(t, nil)
		if kind != "" {
			for _, op := range []string{"POST /2/media/subtitles", "POST /2/media/upload/{id}/finalize"} {
				g.world.Faults.Add(sim.Fault{Op: op, Kind: kind, Status: 503, Times: 2})
			}
		}
		p := captioned(tracks...)
		cost, err := x.CostOf(p)
		require.NoError(t, err)
		require.Equal(t, int64(15_000+5_000+3*5_000), cost.Micros)
		g.publish(t, p)
		public := g.Public("shop")
		require.Len(t, public, 1)
		require.Equal(t, []string{"DE Deutsch", "EN English", "ZU ZU"}, public[0].Subtitles, kind)
	}
}

// TestCaptionsThatAreNone: what is no video, and messages, have no tracks; a file
// that holds none, or is too long, ends the delivery before anything is public.
func TestCaptionsThatAreNone(t *testing.T) {
	g := stand(t, nil)
	one := []smm.Captions{{Language: "en", Name: "words.vtt"}}
	g.publish(t, &smm.Post{Text: "a", Media: []smm.Media{{Name: "red.png", Captions: one}, {Name: "blue.jpg"}}})
	g.publish(t, &smm.Post{Text: "b", Media: []smm.Media{{Name: "moving.gif", Captions: one}}})
	_, err := g.VisitorWrites(t.Context(), visitorHandle, "shop", "hello")
	require.NoError(t, err)
	g.publish(t, &smm.Post{Text: "c", ReplyTo: g.visitor, Media: []smm.Media{{Name: "clip.mp4", Captions: one}}})
	require.Zero(t, g.world.Faults.Requests(sim.Op{Platform: x.Platform, Name: "POST /2/media/subtitles", Class: sim.Prepare}))

	files := fstest.MapFS{
		"clip.mp4": assets["clip.mp4"], "prose.txt": {Data: []byte("once upon a time")},
		"long.vtt": {Data: []byte("WEBVTT\n" + strings.Repeat("x", x.MaxSubtitles))},
	}
	c, err := smm.New([]smm.Driver{g.driver(t)}, smm.WithClock(g.world.Clock), smm.WithMediaStore(smm.FSMedia(files)))
	require.NoError(t, err)
	for _, name := range []string{"prose.txt", "long.vtt", "missing.vtt"} {
		_, err := c.Channel(g.account.Channel).Publish(t.Context(), captioned(smm.Captions{Language: "en", Name: name}), &smm.PublishOptions{Wait: time.Hour})
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	require.Len(t, g.Public("shop"), 2)
}

// TestCaptionFindings are told before anything is uploaded.
func TestCaptionFindings(t *testing.T) {
	g := stand(t, nil)
	find := func(p *smm.Post) map[string]smm.Severity {
		found, err := g.driver(t).ValidatePost(t.Context(), g.account.Channel, p, smm.Capabilities{})
		require.NoError(t, err)
		out := map[string]smm.Severity{}
		for _, f := range found {
			if strings.HasPrefix(f.Path, "media[0].captions") {
				out[f.Code] = f.Severity
			}
		}
		return out
	}
	require.Empty(t, find(captioned(smm.Captions{Language: "pt-BR", Name: "a"}, smm.Captions{Language: "en", Name: "b"})))
	require.Equal(t, map[string]smm.Severity{"captions.language": smm.SeverityError}, find(captioned(smm.Captions{Language: "fil", Name: "a"})))
	require.Equal(t, map[string]smm.Severity{"captions.language": smm.SeverityError}, find(captioned(smm.Captions{Language: "", Name: "a"})))
	require.Equal(t, map[string]smm.Severity{"captions.language": smm.SeverityError},
		find(captioned(smm.Captions{Language: "pt-BR", Name: "a"}, smm.Captions{Language: "pt-PT", Name: "b"})))
	photo := captioned(smm.Captions{Language: "en", Name: "a"})
	photo.Media[0].Type = "image/png"
	require.Equal(t, map[string]smm.Severity{"media.captions": smm.SeverityWarning}, find(photo))
	message := captioned(smm.Captions{Language: "en", Name: "a"})
	message.ReplyTo = g.visitor
	require.Equal(t, map[string]smm.Severity{"media.captions": smm.SeverityWarning}, find(message))
}

// TestCaptionsInProcess: a file of subtitles that X works on is waited for, and one
// that it cannot read ends the delivery.
func TestCaptionsInProcess(t *testing.T) {
	const state = `{"params":{"text":"clip"},"kind":"post","uploads":[{"id":"9","stage":"usable","video":true,"track":"8","busy":true}]}`
	step := func(answer string) (smm.Prepared, map[string]any, error) {
		b := open(t).says(200, answer)
		d, ch := b.driver(t)
		r := &smm.PublishRequest{ID: "d", Channel: ch, Kind: smm.CreatePost, Post: *captioned(smm.Captions{Language: "en", Name: "words.vtt"})}
		p, err := d.Prepare(t.Context(), r, smm.Prepared{State: []byte(state)})
		var st struct {
			Uploads []map[string]any `json:"uploads"`
		}
		if err != nil {
			return p, nil, err
		}
		require.NoError(t, json.Unmarshal(p.State, &st))
		require.Equal(t, "GET /2/media/upload?command=STATUS&media_id=8", b.requests()[0].line())
		return p, st.Uploads[0], nil
	}
	p, u, err := step(`{"data":{"id":"8","processing_info":{"state":"in_progress","check_after_secs":7}}}`)
	require.NoError(t, err)
	require.Equal(t, epoch.Add(7*time.Second), p.Next)
	require.Equal(t, true, u["busy"])
	p, u, err = step(`{"data":{"id":"8","processing_info":{"state":"succeeded"}}}`)
	require.NoError(t, err)
	require.False(t, p.Ready)
	require.Zero(t, p.Next)
	require.Nil(t, u["busy"])
	require.Equal(t, "8", u["track"])
	_, _, err = step(`{"data":{"id":"8","processing_info":{"state":"failed","error":{"name":"InvalidMedia"}}}}`)
	require.ErrorIs(t, err, smm.ErrRejected)
}

// TestUnlisted: whether lists have a post to a community is not known, so that a
// lost reply is a case for a person and never a second post.
func TestUnlisted(t *testing.T) {
	for name, o := range map[string]x.PostOptions{
		"community": {CommunityID: "1493446837214187523", ShareWithFollowers: true}, "subscribers": {ForSuperFollowersOnly: true},
	} {
		for _, apart := range []bool{false, true} {
			g := stand(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, Apart: apart})
			p := smm.Post{Text: "among us"}
			require.NoError(t, o.Set(&p))
			g.publish(t, &p)
			public := g.Public("shop")
			require.Equal(t, string(o.CommunityID), public[0].Community, name)
			require.Equal(t, o.ForSuperFollowersOnly, public[0].Subscribers)

			p.Text = "among us once more"
			g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
			c, d := g.delivery(t, &p, smm.Policy{})
			g.advance(t, c, d, nil)
			require.Equal(t, smm.PhaseHuman, d.Phase, name)
			require.Equal(t, smm.ClassBlind, d.Prepared.Guarantee.Class)
			require.Len(t, g.Public("shop"), 2)
		}
	}
}

// TestSettleOfPlaces: the same words in a community are another post, and not to
// have found one proves nothing of a community.
func TestSettleOfPlaces(t *testing.T) {
	plain, community, reply := `{"text":"Hello"}`, `{"text":"Hello","community_id":"7"}`, `{"text":"Hello","reply":{"in_reply_to_tweet_id":"4"}}`
	const replied = `,"text":"Hello","referenced_tweets":[{"type":"replied_to","id":"4"}]`
	for _, tc := range []struct {
		params, post string
		want         smm.OutcomeState
	}{
		{plain, `,"text":"Hello"`, published},
		{plain, `,"text":"Hello","community_id":"7"`, absent},
		{community, `,"text":"Hello","community_id":"7"`, published},
		{community, `,"text":"Hello"`, unknown},
		{community, `,"text":"Hello","community_id":"8"`, unknown},
		{community, `,"text":"other","community_id":"7"`, unknown},
		{`{"text":"Hello","for_super_followers_only":true}`, `,"text":"other"`, unknown},
		{reply, replied + `,"community_id":"7"`, published},
		{reply, replied, published},
	} {
		b := open(t).says(200, one(tc.post))
		d, ch := b.driver(t)
		r := &smm.PublishRequest{ID: "d", Channel: ch, Kind: smm.CreatePost, Created: epoch}
		a := smm.Attempt{N: 1, Doubt: true, First: epoch, Intent: epoch, Deadline: epoch}
		o, err := d.Settle(t.Context(), r, smm.Prepared{State: []byte(`{"kind":"post","params":` + tc.params + `}`)}, a)
		require.NoError(t, err)
		require.Equal(t, tc.want, o.State, "%s %s", tc.params, tc.post)
		require.Contains(t, b.requests()[0].URL.Query().Get("tweet.fields"), "community_id")
	}
}

// TestVideoOptions go out with the files that they are about.
func TestVideoOptions(t *testing.T) {
	g := stand(t, nil)
	yes := true
	o := x.PostOptions{VideoTitle: "T", VideoDescription: "D", VisitSite: "https://a.example", Embeddable: &yes, TaggedUserIDs: []x.ID{"5"}, DirectMessageDeepLink: "https://x.com/messages/compose?recipient_id=1"}
	p := smm.Post{Text: "clip", Media: []smm.Media{{Name: "clip.mp4"}}}
	require.NoError(t, o.Set(&p))
	c, d := g.delivery(t, &p, smm.Policy{})
	g.advance(t, c, d, func(d *smm.Delivery) bool { return d.Prepared.Ready })
	var st struct {
		Params struct {
			Media map[string]any `json:"media"`
			DM    string         `json:"direct_message_deep_link"`
		} `json:"params"`
	}
	require.NoError(t, json.Unmarshal(d.Prepared.State, &st))
	require.Len(t, st.Params.Media["media_ids"], 1)
	delete(st.Params.Media, "media_ids")
	require.Equal(t, map[string]any{
		"title": "T", "description": "D", "embeddable": true, "tagged_user_ids": []any{"5"}, "call_to_actions": map[string]any{"visit_site": map[string]any{"url": "https://a.example"}},
	}, st.Params.Media)
	require.Equal(t, o.DirectMessageDeepLink, st.Params.DM)
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)

	for name, o := range map[string]x.PostOptions{
		"no media": {VideoTitle: "T"}, "two buttons": {VisitSite: "https://a.example", WatchNow: "https://a.example"}, "no https": {WatchNow: "http://a.example"},
		"no community": {CommunityID: "gardeners"}, "everybody already": {ShareWithFollowers: true},
	} {
		p := smm.Post{Text: "a"}
		require.NoError(t, o.Set(&p))
		_, err := g.channel(t).Publish(t.Context(), &p, nil)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	p = smm.Post{Text: "a"}
	require.NoError(t, x.PostOptions{CommunityID: "7"}.Set(&p))
	require.ErrorIs(t, g.driver(t).EditPost(t.Context(), g.account.Channel, g.account.Channel.WithKind(smm.KindPost, "5"), &p), smm.ErrUnsupported)
}
