package bluesky_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestMetrics(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	r := b.publish(t, &smm.Post{Text: "count me"})
	for _, who := range []string{"one.example.org", "two.example.org"} {
		require.NoError(t, b.VisitorLikes(ctx, who, r.Post.ID, false))
		require.NoError(t, b.VisitorFollows(ctx, who, b.account.Handle))
	}
	require.NoError(t, b.VisitorLikes(ctx, visitorHandle, r.Post.ID, true))
	_, err := b.VisitorPosts(ctx, visitorHandle, r.Post.ID, "a reply")
	require.NoError(t, err)
	gone := smm.Ref{Platform: bluesky.Platform, Kind: smm.KindPost, ID: r.Post.ID[:len(r.Post.ID)-4] + "aaaa"}
	got, err := ch.Metrics(ctx, smm.MetricRequest{
		Subjects: []smm.Ref{r.Post, b.account.Channel, gone},
		Names:    []smm.MetricName{smm.MetricLikes, smm.MetricShares, smm.MetricComments, smm.MetricQuotes, smm.MetricImpressions, smm.MetricFollowers},
	})
	require.NoError(t, err)
	type cell struct {
		state smm.MetricState
		value int64
	}
	table := make(map[smm.Ref]map[smm.MetricName]cell)
	for _, m := range got {
		if table[m.Subject] == nil {
			table[m.Subject] = make(map[smm.MetricName]cell)
		}
		table[m.Subject][m.Name] = cell{m.State, m.Value}
	}
	none := cell{smm.MetricNotReported, 0}
	require.Equal(t, map[smm.MetricName]cell{
		smm.MetricLikes: {smm.MetricMeasured, 2}, smm.MetricShares: {smm.MetricMeasured, 1}, smm.MetricComments: {smm.MetricMeasured, 1},
		smm.MetricQuotes: {smm.MetricZero, 0}, smm.MetricImpressions: none, smm.MetricFollowers: none,
	}, table[r.Post])
	require.Equal(t, cell{smm.MetricMeasured, 2}, table[b.account.Channel][smm.MetricFollowers])
	require.Equal(t, none, table[gone][smm.MetricLikes])

	day, err := ch.Metrics(ctx, smm.MetricRequest{Window: smm.Window{From: epoch, To: epoch.Add(24 * time.Hour)}})
	require.NoError(t, err)
	require.NotEmpty(t, day)
	for _, m := range day {
		require.Equal(t, smm.MetricNotReported, m.State, "a count since the beginning is not the count of a day")
	}
}

func TestProfile(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	c, ok := smm.As[*bluesky.Client](ctx, ch)
	require.True(t, ok)
	_, err := c.Repo.PutRecord(ctx, bluesky.RecordWrite{Collection: bluesky.ProfileCollection, Rkey: "self", Record: map[string]any{
		"$type": bluesky.ProfileCollection, "displayName": "Old", "description": "Kept", "pronouns": "they/them", "newField": map[string]any{"a": 1},
	}})
	require.NoError(t, err)
	require.NoError(t, ch.EditProfile(ctx, smm.ProfileEdit{
		Name: ptr("New 🌱"), Links: &[]smm.ProfileLink{{Value: "https://example.com/shop"}}, Avatar: &smm.Media{Name: "red.png"}, Banner: &smm.Media{Name: "blue.jpg"},
	}))
	var rec map[string]any
	require.NoError(t, json.Unmarshal(b.record(t, bluesky.ProfileCollection, "at://"+c.DID()+"/app.bsky.actor.profile/self").Value, &rec))
	require.Equal(t, "New 🌱", rec["displayName"])
	require.Equal(t, "Kept", rec["description"])
	require.Equal(t, "they/them", rec["pronouns"])
	require.Equal(t, map[string]any{"a": 1.0}, rec["newField"])
	p, err := ch.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
	require.Equal(t, "New 🌱", p.Name)
	require.Equal(t, "shop.example.com", p.Handle)
	require.Equal(t, []smm.ProfileLink{{Label: "website", Value: "https://example.com/shop"}}, p.Links)
	require.NotEmpty(t, p.AvatarURL)
	require.NotEmpty(t, p.BannerURL)
	require.NoError(t, ch.EditProfile(ctx, smm.ProfileEdit{Bio: ptr(""), Links: &[]smm.ProfileLink{}}))
	p, err = ch.Profile(ctx, b.account.Channel)
	require.NoError(t, err)
	require.Empty(t, p.Bio)
	require.Empty(t, p.Links)

	for name, e := range map[string]smm.ProfileEdit{
		"name too long": {Name: ptr(strings.Repeat("é", 65))},
		"bio too long":  {Bio: ptr(strings.Repeat("x", 257))},
		"two links":     {Links: &[]smm.ProfileLink{{Value: "https://a.example"}, {Value: "https://b.example"}}},
		"no address":    {Links: &[]smm.ProfileLink{{Value: "javascript:alert(1)"}}},
		"moving avatar": {Avatar: &smm.Media{Name: "moving.gif"}},
		"large avatar":  {Avatar: &smm.Media{Name: "huge.png"}},
	} {
		require.ErrorIs(t, ch.EditProfile(ctx, e), smm.ErrInvalid, name)
	}
	_, err = ch.Profile(ctx, smm.Ref{Platform: bluesky.Platform, Kind: smm.KindAuthor, ID: "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"})
	require.ErrorIs(t, err, smm.ErrNotFound)
}

func TestChannels(t *testing.T) {
	b := open(t, nil)
	second, err := b.NewAccount("second.example.com")
	require.NoError(t, err)
	b.connect(t, second)
	broken := bluesky.ChannelRef("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
	_, err = b.store.Swap(t.Context(), "", broken, 0, smm.Credential{Server: b.URL(), AccessToken: smm.NewSecret("nonsense")})
	require.NoError(t, err)
	chs, err := b.client(t).Channels(t.Context())
	require.NoError(t, err)
	handles := make(map[smm.Ref]string)
	for _, ch := range chs {
		handles[ch.Ref] = ch.Handle
	}
	require.Equal(t, map[smm.Ref]string{b.account.Channel: "shop.example.com", second.Channel: "second.example.com", broken: ""}, handles)
}

func TestCountingText(t *testing.T) {
	d := open(t, nil).driver(t)
	for text, want := range map[string][2]int{
		"":                           {0, 0},
		"abc":                        {3, 3},
		"é":                          {1, 2},
		"e\u0301":                    {1, 3},
		"👩‍👩‍👧‍👦":                    {1, 25},
		"🇩🇪🇫🇷":                       {2, 16},
		"日本語":                        {3, 9},
		"a\r\nb":                     {3, 4},
		"https://example.com/longer": {26, 26}, // links count as they stand
		"\xff":                       {1, 1},
	} {
		n := d.CountText(&smm.Post{Text: text, ContentWarning: "not counted"})
		require.Equal(t, want, [2]int{n.Used, n.Bytes}, "%q", text)
		require.Equal(t, smm.UnitGraphemes, n.Unit)
	}
}

func TestTextAtTheLimits(t *testing.T) {
	b := open(t, nil)
	ch := b.channel(t)
	family := "👩‍👩‍👧‍👦" // 25 bytes, one grapheme
	for _, c := range []struct {
		text  string
		codes []string
	}{
		{strings.Repeat("a", 300), nil},
		{strings.Repeat("a", 301), []string{"text.too-long"}},
		{strings.Repeat(family, 120), nil},
		{strings.Repeat(family, 121), []string{"text.too-many-bytes"}},
	} {
		found, err := ch.Validate(t.Context(), &smm.Post{Text: c.text})
		require.NoError(t, err)
		var codes []string
		for _, f := range found {
			codes = append(codes, f.Code)
		}
		require.Equal(t, c.codes, codes)
		if codes == nil {
			b.publish(t, &smm.Post{Text: c.text}) // and the server agrees
			continue
		}
		_, err = ch.Publish(t.Context(), &smm.Post{Text: c.text}, &smm.PublishOptions{SkipValidation: true})
		require.ErrorIs(t, err, smm.ErrRejected, "the server takes what we refuse")
	}
}

func TestLiveLimits(t *testing.T) {
	b := open(t, &blueskytest.Options{BlobLimit: 1_000_000})
	caps, err := b.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	l := caps.Limits()
	require.Equal(t, int64(1_000_000), l.Media.ImageBytes)
	require.Equal(t, int64(1_000_000), l.Media.VideoBytes)
	require.Equal(t, []string{"media.video_bytes"}, l.Live)
	b.config.VideoService = b.URL()
	caps, err = b.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(300_000_000), caps.Limits().Media.VideoBytes)
}

func TestWritePoints(t *testing.T) {
	b := open(t, &blueskytest.Options{WritePointsHour: 5})
	ch, ctx := b.channel(t), t.Context()
	for i := range 2 { // a post costs 2 points
		_, err := ch.Publish(ctx, &smm.Post{Text: "post " + string(rune('a'+i))}, nil)
		require.NoError(t, err)
	}
	before := b.world.Clock.Now()
	_, err := ch.Publish(ctx, &smm.Post{Text: "post c"}, &smm.PublishOptions{Wait: 2 * time.Hour})
	require.NoError(t, err)
	waited := b.world.Clock.Now().Sub(before)
	require.InDelta(t, time.Hour.Minutes(), waited.Minutes(), 2)
	require.Equal(t, sim.Counts{Posts: 3, Visitors: 1}, b.world.Ledger.Counts(bluesky.Platform))
}
