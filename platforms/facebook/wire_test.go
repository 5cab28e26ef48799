package facebook_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
)

// tape records the requests that write, as lines, with what varies replaced.
type tape struct {
	t     testing.TB
	next  http.RoundTripper
	lines []string
	ids   map[string]string
}

func (p *tape) RoundTrip(r *http.Request) (*http.Response, error) {
	require.NotContains(p.t, r.URL.RawQuery, "token")
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		require.NoError(p.t, err)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if r.Method != http.MethodGet {
		p.lines = append(p.lines, r.Method+" "+r.URL.Path+" "+p.content(r, body))
	}
	resp, err := p.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	var ids struct {
		ID      string `json:"id"`
		VideoID string `json:"video_id"`
		Upload  string `json:"upload_session_id"`
	}
	if json.Unmarshal(answer, &ids) == nil && r.Method != http.MethodGet {
		for _, id := range []string{ids.ID, ids.VideoID, ids.Upload} {
			if id != "" && p.ids[id] == "" {
				p.ids[id] = "<" + string(rune('A'+len(p.ids))) + ">"
			}
		}
	}
	return resp, nil
}

// content is what a request says, in a form that can be compared.
func (p *tape) content(r *http.Request, body []byte) string {
	kind, args, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		require.NoError(p.t, err)
		return sorted(form)
	case "multipart/form-data":
		form := url.Values{}
		m := multipart.NewReader(bytes.NewReader(body), args["boundary"])
		for part, err := m.NextPart(); err == nil; part, err = m.NextPart() {
			v := part.Header.Get("Content-Type")
			if part.FileName() == "" {
				b, err := io.ReadAll(part)
				require.NoError(p.t, err)
				v = string(b)
			}
			form.Add(part.FormName(), v)
		}
		return sorted(form)
	case "application/octet-stream":
		scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		return scheme + " offset=" + r.Header.Get("offset") + " file_size=" + r.Header.Get("file_size")
	}
	return string(body)
}

func sorted(form url.Values) string {
	var out []string
	for name, v := range form {
		out = append(out, name+"="+strings.Join(v, "|"))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// written publishes a post and returns what was sent, with ids replaced by letters
// in the order in which they were given.
func (b *bench) written(t *testing.T, p *smm.Post) []string {
	t.Helper()
	rec := &tape{t: t, next: http.DefaultTransport, ids: map[string]string{}}
	b.config.HTTPClient = &http.Client{Transport: rec}
	d := b.until(t, b.plan(t, p), nil)
	require.Equal(t, smm.PhasePublished, d.Phase, d.Log)
	pairs := []string{b.account.Channel.ID + "_", "PAGE_", b.visitor.ID, "PERSON", d.ID, "DELIVERY"}
	for id, name := range rec.ids {
		pairs = append([]string{id, name}, pairs...)
	}
	pairs = append(pairs, b.account.Channel.ID, "PAGE")
	names := strings.NewReplacer(pairs...)
	for i := range rec.lines {
		rec.lines[i] = names.Replace(rec.lines[i])
	}
	return rec.lines
}

// TestWire pins what is sent to the forms of the sheet.
func TestWire(t *testing.T) {
	b := open(t, nil)
	const flip = `is_published=true`
	require.Equal(t, []string{
		"POST /v25.0/PAGE/feed message=Hi place=7 published=false unpublished_content_type=DRAFT",
		"POST /v25.0/<A> " + flip,
	}, b.written(t, options(t, &smm.Post{Text: "Hi"}, facebook.PostOptions{Place: "7"})))
	require.Equal(t, []string{
		"POST /v25.0/PAGE/photos alt_text_custom=red published=false source=image/png",
		"POST /v25.0/PAGE/photos published=false source=image/jpeg",
		`POST /v25.0/PAGE/feed attached_media=[{"media_fbid":"<A>"},{"media_fbid":"<B>"}] message=Two published=false unpublished_content_type=DRAFT`,
		"POST /v25.0/<C> " + flip,
	}, b.written(t, &smm.Post{Text: "Two", Media: []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "blue.jpg"}}}))
	require.Equal(t, []string{
		"POST /v25.0/PAGE/feed link=https://e.x message=Link published=false unpublished_content_type=DRAFT",
		"POST /v25.0/<A> scheduled_publish_time=1795431600",
	}, b.written(t, options(t, &smm.Post{Text: "Link", Card: &smm.Card{URL: "https://e.x"}}, facebook.PostOptions{ScheduledAt: time.Unix(1795431600, 0)})))
	require.Equal(t, []string{
		"POST /v25.0/PAGE/video_reels upload_phase=start",
		"POST /video-upload/v25.0/<A> OAuth offset=0 file_size=SIZE",
		"POST /v25.0/PAGE/video_reels description=Reel title=T upload_phase=finish video_id=<A> video_state=PUBLISHED",
	}, sized(b.written(t, options(t, &smm.Post{Text: "Reel", Media: []smm.Media{{Name: "tall.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel, Title: "T"})), "tall.mp4"))
	post := b.publish(t, &smm.Post{Text: "a post"}).Post
	require.Equal(t, []string{"POST /v25.0/" + strings.Replace(post.ID, b.account.Channel.ID, "PAGE", 1) + "/comments message=Thanks"},
		b.written(t, &smm.Post{Text: "Thanks", ReplyTo: post}))
	thread, err := b.VisitorWrites(t.Context(), visitorHandle, "shop", "hello?")
	require.NoError(t, err)
	require.Equal(t, []string{
		`POST /v25.0/PAGE/messages {"recipient":{"id":"PERSON"},"messaging_type":"RESPONSE","message":{"text":"hi","metadata":"smmkit:DELIVERY"}}`,
	}, b.written(t, &smm.Post{Text: "hi", ReplyTo: thread}))
	require.Equal(t, []string{
		`POST /v25.0/PAGE/messages {"recipient":{"id":"PERSON"},"messaging_type":"MESSAGE_TAG","tag":"HUMAN_AGENT","message":{"text":"late","metadata":"smmkit:DELIVERY"},"notification_type":"SILENT_PUSH"}`,
	}, b.written(t, options(t, &smm.Post{Text: "late", ReplyTo: thread}, facebook.PostOptions{HumanAgent: true, Silent: true})))
	b.config.OneStep = true
	require.Equal(t, []string{`POST /v25.0/PAGE/feed message=At once`}, b.written(t, &smm.Post{Text: "At once"}))
}

func sized(lines []string, file string) []string {
	size := strconv.Itoa(len(assets[file].Data))
	for i := range lines {
		lines[i] = strings.Replace(lines[i], "file_size="+size, "file_size=SIZE", 1)
	}
	return lines
}
