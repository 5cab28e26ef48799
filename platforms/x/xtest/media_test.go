package xtest_test

import (
	"encoding/base64"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm/sim"
)

func png() []byte { return mediatest.PNG(4, 3, color.White) }

func (w *wire) begin(kind, category string, total int) answer {
	w.t.Helper()
	return w.do("POST", "/2/media/upload/initialize", m{"media_type": kind, "media_category": category, "total_bytes": total})
}

// upload sends a file in two segments, one as multipart and one as JSON.
func (w *wire) upload(kind, category string, file []byte) answer {
	w.t.Helper()
	id := w.begin(kind, category, len(file)).want(200).str("data.id")
	half := len(file) / 2
	w.multi("/2/media/upload/"+id+"/append", file[:half], "segment_index", "0").want(200)
	w.do("POST", "/2/media/upload/"+id+"/append", m{"media": base64.StdEncoding.EncodeToString(file[half:]), "segment_index": 1}).want(200)
	return w.do("POST", "/2/media/upload/"+id+"/finalize", nil)
}

func (w *wire) withMedia(text string, ids ...string) answer {
	w.t.Helper()
	return w.do("POST", "/2/tweets", m{"text": text, "media": m{"media_ids": ids}})
}

func TestUploadInParts(t *testing.T) {
	w := open(t, nil)
	a := w.begin("image/png", "tweet_image", len(png())).want(200)
	id := a.str("data.id")
	require.Equal(t, "3_"+id, a.str("data.media_key"))
	require.Equal(t, 86400.0, a.get("data.expires_after_secs"))
	w.withMedia("too early", id).refused(400, "Your media IDs are invalid")
	part := "/2/media/upload/" + id + "/append"
	w.do("POST", "/2/media/upload/"+id+"/finalize", nil).refused(400, "do not add up")
	a = w.multi(part, []byte("wrong bytes"), "segment_index", "0").want(200)
	require.Equal(t, float64(epoch.Add(24*time.Hour).Unix()), a.get("data.expires_at"))
	w.do("POST", "/2/media/upload/"+id+"/finalize", nil).refused(400, "do not add up")
	w.multi(part, png()[:10], "segment_index", "0").want(200) // replaces
	w.multi(part, png()[10:], "segment_index", "1").want(200)
	a = w.do("POST", "/2/media/upload/"+id+"/finalize", nil).want(200)
	require.Nil(t, a.get("data.processing_info"), "images are ready at once")
	require.Equal(t, 4.0, a.get("data.image.w"))
	require.Equal(t, "image/png", a.str("data.image.image_type"))
	require.Equal(t, a.body, w.do("POST", "/2/media/upload/"+id+"/finalize", nil).want(200).body, "repeating is safe")
	w.multi(part, png(), "segment_index", "2").refused(400, "finalized")

	p := w.withMedia("with a picture", id).want(201)
	require.Regexp(t, `^with a picture https://t\.co/\w{10}$`, p.str("data.text"))
	b := w.get("/2/tweets/"+p.str("data.id"), "tweet.fields", "attachments,entities", "expansions", "attachments.media_keys", "media.fields", "url,width,height,alt_text")
	require.Equal(t, "3_"+id, b.str("data.attachments.media_keys.0"))
	require.Equal(t, "3_"+id, b.str("data.entities.urls.0.media_key"))
	require.True(t, strings.HasPrefix(b.str("data.entities.urls.0.display_url"), "pic.x.com/"))
	require.Equal(t, "photo", b.str("includes.media.0.type"))
	require.Equal(t, 3.0, b.get("includes.media.0.height"))
	require.Len(t, w.world.Ledger.Items()[0].Media, 1)
	w.withMedia("once only", id).refused(400, "Your media IDs are invalid")
}

func TestMediaRules(t *testing.T) {
	w := open(t, &xtest.Options{MediaDelay: time.Second})
	image := func() string { return w.upload("image/png", "tweet_image", png()).want(200).str("data.id") }
	gif := w.upload("image/gif", "tweet_gif", mediatest.GIF(4, 4, 3, 100*time.Millisecond)).want(200).str("data.id")
	video := w.upload("video/mp4", "tweet_video", mediatest.MP4(64, 64, time.Second)).want(200).str("data.id")
	dm := w.upload("image/png", "dm_image", png()).want(200).str("data.id")
	w.advance(time.Second)
	one, two := image(), image()
	w.withMedia("mixed", one, gif).refused(400, "up to 4 photos")
	w.withMedia("mixed", video, one).refused(400, "up to 4 photos")
	w.withMedia("twice", one, one).refused(400, "Your media IDs are invalid")
	w.withMedia("too many", one, two, image(), image(), image()).refused(400, "1 to 4 items")
	w.withMedia("for messages", dm).refused(400, "Your media IDs are invalid")
	w.as("bob").withMedia("not mine", one).refused(400, "Your media IDs are invalid")
	w.withMedia("", one, two).want(201)
	w.withMedia("moving", gif).want(201)
	w.withMedia("film", video).want(201)
	bob := w.as("bob").me
	to := "/2/dm_conversations/with/" + bob + "/messages"
	w.do("POST", to, m{"attachments": []m{{"media_id": image()}}}).refused(400, "Your media IDs are invalid")
	e := w.do("POST", to, m{"attachments": []m{{"media_id": dm}}}).want(201).str("data.dm_event_id")
	a := w.get("/2/dm_events/"+e, "expansions", "attachments.media_keys")
	require.Equal(t, "3_"+dm, a.str("data.attachments.media_keys.0"))
	require.Equal(t, "3_"+dm, a.str("includes.media.0.media_key"))

	shared := w.do("POST", "/2/media/upload/initialize", m{"media_type": "image/png", "total_bytes": len(png()), "additional_owners": []string{bob}}).want(200).str("data.id")
	w.multi("/2/media/upload/"+shared+"/append", png(), "segment_index", "0").want(200)
	w.as("bob").do("POST", "/2/media/upload/"+shared+"/finalize", nil).want(400)
	w.do("POST", "/2/media/upload/"+shared+"/finalize", nil).want(200)
	w.as("bob").withMedia("lent to me", shared).want(201)
}

func TestProcessing(t *testing.T) {
	w := open(t, &xtest.Options{MediaDelay: 10 * time.Second})
	a := w.upload("video/mp4", "tweet_video", mediatest.MP4(64, 64, time.Second)).want(200)
	id := a.str("data.id")
	state := func() answer { return w.get("/2/media/upload", "media_id", id, "command", "STATUS").want(200) }
	require.Equal(t, "pending", a.str("data.processing_info.state"))
	w.withMedia("early", id).refused(400, "Your media IDs are invalid")
	w.advance(2 * time.Second)
	a = state()
	require.Equal(t, "in_progress", a.str("data.processing_info.state"))
	require.Equal(t, 20.0, a.get("data.processing_info.progress_percent"))
	require.Equal(t, 8.0, a.get("data.processing_info.check_after_secs"))
	w.advance(8*time.Second - time.Millisecond)
	require.Equal(t, "in_progress", state().str("data.processing_info.state"))
	w.withMedia("early", id).want(400)
	w.advance(time.Millisecond)
	require.Equal(t, "succeeded", state().str("data.processing_info.state"))
	w.withMedia("in time", id).want(201)

	bad := w.upload("video/mp4", "tweet_video", mediatest.MP4(64, 64, time.Second)).want(200).str("data.id")
	w.FailMedia(bad)
	w.advance(10 * time.Second)
	require.Equal(t, "failed", w.get("/2/media/upload", "media_id", bad).str("data.processing_info.state"))
	w.withMedia("broken", bad).refused(400, "Your media IDs are invalid")
	w.get("/2/media/upload", "media_id", id, "command", "FINALIZE").refused(400, "command")
	w.get("/2/media/upload", "media_id", "7").refused(400, "media_id")
}

func TestUploadsExpire(t *testing.T) {
	w := open(t, &xtest.Options{TokenLife: -1})
	id := w.upload("image/png", "tweet_image", png()).want(200).str("data.id")
	used := w.upload("image/png", "tweet_image", png()).want(200).str("data.id")
	w.withMedia("used in time", used).want(201)
	w.advance(24*time.Hour - time.Second)
	require.Equal(t, 1.0, w.get("/2/media/upload", "media_id", id).want(200).get("data.expires_after_secs"))
	w.advance(time.Second)
	w.get("/2/media/upload", "media_id", id).want(400)
	w.withMedia("too late", id).refused(400, "Your media IDs are invalid")
	require.Len(t, w.get("/2/media", "media_keys", "3_"+id+",3_"+used).want(200).get("data"), 1)
}

func TestUploadsAreChecked(t *testing.T) {
	w := open(t, nil)
	for name, tc := range map[string]struct {
		body  m
		words string
	}{
		"type":          {m{"media_type": "image/heic", "total_bytes": 1}, "media_type"},
		"no total":      {m{"media_type": "image/png"}, "total_bytes: is missing"},
		"category":      {m{"media_type": "image/png", "media_category": "poster", "total_bytes": 1}, "media_category"},
		"nothing":       {m{"media_type": "image/png", "total_bytes": 0}, "must be between"},
		"large image":   {m{"media_type": "image/png", "total_bytes": 5<<20 + 1}, "exceeds the limit"},
		"large GIF":     {m{"media_type": "image/gif", "media_category": "tweet_gif", "total_bytes": 15<<20 + 1}, "exceeds the limit"},
		"large video":   {m{"media_type": "video/mp4", "total_bytes": 512<<20 + 1}, "exceeds the limit"},
		"unknown field": {m{"media_type": "video/mp4", "total_bytes": 1, "colour": 1}, "not defined in the schema"},
	} {
		t.Run(name, func(t *testing.T) {
			w.do("POST", "/2/media/upload/initialize", tc.body).refused(400, tc.words)
		})
	}
	w.SetPremium("alice", true)
	w.begin("video/mp4", "tweet_video", 512<<20+1).want(200)
	w.SetPremium("alice", false)
	id := w.begin("image/png", "tweet_image", 3).want(200).str("data.id")
	part := "/2/media/upload/" + id + "/append"
	w.multi(part, []byte("abc"), "segment_index", "1000").refused(400, "segment_index")
	w.do("POST", part, m{"media": "YWJj", "segment_index": "first"}).want(400)
	w.do("POST", part, m{"media": "YWJj"}).want(400)
	w.multi(part, []byte("abc")).refused(400, "segment_index are required")
	w.multi(part, make([]byte, 5<<20+1), "segment_index", "0").refused(400, "Segments have")
	w.do("POST", part, m{"media": "***", "segment_index": 0}).want(400)
	w.as("bob").multi(part, []byte("abc"), "segment_index", "0").refused(400, "Invalid media id")
	w.multi(part, []byte("abc"), "segment_index", "0").want(200)
	w.do("POST", "/2/media/upload/"+id+"/finalize", nil).refused(400, "type and category")
	w.upload("image/png", "tweet_image", mediatest.JPEG(4, 4, color.White)).refused(400, "type and category")
	w.upload("image/png", "tweet_video", png()).refused(400, "type and category")
	w.upload("video/mp4", "tweet_video", mediatest.MP4(64, 64, 141*time.Second)).refused(400, "too long")
	w.upload("video/mp4", "tweet_video", mediatest.MP4(64, 64, 140*time.Second)).want(200)
	w.upload("video/mp4", "tweet_video", mediatest.MP4(64, 64, 499*time.Millisecond)).refused(400, "too long")
	w.upload("video/mp4", "tweet_video", mediatest.MP4(64, 64, 500*time.Millisecond)).want(200)
	w.upload("image/gif", "tweet_gif", mediatest.GIF(2, 2, 351, 10*time.Millisecond)).refused(400, "too long")
}

func TestSingleShot(t *testing.T) {
	w := open(t, nil)
	id := w.multi("/2/media/upload", png(), "media_category", "tweet_image").want(200).str("data.id")
	w.withMedia("one shot", id).want(201)
	id = w.do("POST", "/2/media/upload", m{"media": base64.StdEncoding.EncodeToString(png()), "media_category": "tweet_image"}).want(200).str("data.id")
	w.withMedia("another", id).want(201)
	w.multi("/2/media/upload", []byte("not a picture"), "media_category", "tweet_image").refused(400, "type and category")
	w.multi("/2/media/upload", png(), "media_category", "poster").refused(400, "media_category")
	w.do("POST", "/2/media/upload", m{"media_category": "tweet_image"}).refused(400, "media: is missing")
}

func TestMetadataAndSubtitles(t *testing.T) {
	w := open(t, &xtest.Options{MediaDelay: time.Second})
	id := w.upload("video/mp4", "tweet_video", mediatest.MP4(64, 64, 2*time.Second)).want(200).str("data.id")
	before := w.Spent()
	a := w.do("POST", "/2/media/metadata", m{"id": id, "metadata": m{"alt_text": m{"text": "a film"}, "sensitive_media_warning": m{"other": true}}}).want(200)
	require.Equal(t, "a film", a.str("data.associated_metadata.alt_text.text"))
	require.Equal(t, int64(5000), w.Spent()-before)
	w.do("POST", "/2/media/metadata", m{"id": id, "metadata": m{"alt_text": m{"text": strings.Repeat("x", 1001)}}}).refused(400, "at most 1000")
	w.do("POST", "/2/media/metadata", m{"id": "7"}).refused(400, "Invalid media id")
	w.as("bob").do("POST", "/2/media/metadata", m{"id": id}).refused(400, "Invalid media id")

	srt := w.upload("text/srt", "subtitles", []byte("1\n00:00:00,000 --> 00:00:01,000\nhello\n")).want(200).str("data.id")
	tie := func(language, file string) answer {
		return w.do("POST", "/2/media/subtitles", m{"id": id, "media_category": "TweetVideo", "subtitles": m{"id": file, "language_code": language, "display_name": "English"}})
	}
	require.Equal(t, "EN", tie("EN", srt).want(200).str("data.associated_subtitles.language_code"))
	tie("english", srt).refused(400, "language_code")
	tie("EN", id).refused(400, "not an uploaded file of subtitles")
	w.do("POST", "/2/media/subtitles", m{"id": id, "media_category": "TweetVideo"}).refused(400, "subtitles: is missing")
	drop := m{"id": id, "media_category": "TweetVideo", "language_code": "EN"}
	require.JSONEq(t, `{"data":{"deleted":true}}`, w.do("DELETE", "/2/media/subtitles", drop).want(200).body)
	require.JSONEq(t, `{"data":{"deleted":false}}`, w.do("DELETE", "/2/media/subtitles", drop).want(200).body)

	w.advance(time.Second)
	p := w.withMedia("film", id).want(201).str("data.id")
	require.NoError(t, w.SetMetrics(p, xtest.Metrics{VideoViews: 12}))
	a = w.get("/2/media/7_"+id, "media.fields", "alt_text,duration_ms,public_metrics,variants,preview_image_url,non_public_metrics").want(200)
	require.Equal(t, "a film", a.str("data.alt_text"))
	require.Equal(t, 2000.0, a.get("data.duration_ms"))
	require.Equal(t, 12.0, a.get("data.public_metrics.view_count"))
	require.Equal(t, 12.0, a.get("data.non_public_metrics.playback_0_count"))
	require.Equal(t, "non_public_metrics", w.bearer().get("/2/media/7_"+id, "media.fields", "non_public_metrics").str("errors.0.field"))
	require.Equal(t, "Not Found Error", w.get("/2/media/3_7").want(200).str("errors.0.title"))
	w.advance(30 * 24 * time.Hour)
	w = w.with(w.IssueToken("alice", "tweet.read"))
	a = w.get("/2/media/7_"+id, "media.fields", "non_public_metrics,public_metrics")
	require.Nil(t, a.get("data.non_public_metrics"), "older than 30 days")
	require.NotNil(t, a.get("data.public_metrics"))
}

// TestATokenThatEndsDuringAnUpload: what was sent stays, under the same id.
func TestATokenThatEndsDuringAnUpload(t *testing.T) {
	w := open(t, nil)
	id := w.begin("image/png", "tweet_image", len(png())).want(200).str("data.id")
	part := "/2/media/upload/" + id + "/append"
	w.multi(part, png()[:10], "segment_index", "0").want(200)
	w.world.Faults.Add(sim.Fault{Op: "POST /2/media/upload/{id}/append", Kind: sim.Expire})
	w.multi(part, png()[10:], "segment_index", "1").want(401)
	w.EndAccess(w.token)
	w.multi(part, png()[10:], "segment_index", "1").want(401)
	p := &program{w, w.App()}
	w = w.with(p.renew(w.login["X_REFRESH_TOKEN"]).want(200).str("access_token"))
	w.multi(part, png()[10:], "segment_index", "1").want(200)
	w.do("POST", "/2/media/upload/"+id+"/finalize", nil).want(200)
	w.withMedia("whole", id).want(201)
	require.Len(t, w.world.Ledger.Items()[0].Media, 1)
}
