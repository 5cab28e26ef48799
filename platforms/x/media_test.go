package x_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

// pattern is a file of any size that is nowhere in memory: byte i is i mod 251.
type pattern struct{ size int64 }

func (p pattern) ReadAt(b []byte, off int64) (int, error) {
	n := int(min(int64(len(b)), max(p.size-off, 0)))
	for i := 0; i < n; {
		i += copy(b[i:n], period[(off+int64(i))%251:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// period is 251 numbers over and over.
var period = func() []byte {
	b := make([]byte, 251*256)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}()

// sink takes an upload the way X does and keeps none of it.
type sink struct {
	size     int64
	next     int // the segment that must come
	at       int64
	wrong    string
	segments []int64
	peak     atomic.Uint64
	check    bool
}

func (s *sink) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/initialize"):
		s.at, s.next = 0, 0
		says(200, anUpload)(w, r)
	case strings.HasSuffix(r.URL.Path, "/finalize"):
		if s.at != s.size {
			s.wrong = "finalized after " + strconv.FormatInt(s.at, 10)
		}
		says(200, `{"data":{"id":"88","processing_info":{"state":"pending","check_after_secs":1}}}`)(w, r)
	}
}

func (s *sink) segment(r *http.Request) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		s.wrong = err.Error()
		return
	}
	if r.ContentLength <= 0 {
		s.wrong = "a segment without its length"
	}
	form := multipart.NewReader(r.Body, params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return
		}
		switch part.FormName() {
		case "segment_index":
			b, _ := io.ReadAll(part)
			if string(b) != strconv.Itoa(s.next) {
				s.wrong = "segment " + string(b)
			}
			s.next++
		case "media":
			n := s.drain(part)
			s.segments = append(s.segments, n)
		}
	}
}

func (s *sink) drain(part io.Reader) int64 {
	buf, want := make([]byte, 64<<10), make([]byte, 64<<10)
	var n int64
	for {
		k, err := part.Read(buf)
		if s.check {
			_, _ = pattern{s.size}.ReadAt(want[:k], s.at)
			if !bytes.Equal(buf[:k], want[:k]) {
				s.wrong = "other bytes at " + strconv.FormatInt(s.at, 10)
			}
		}
		s.at, n = s.at+int64(k), n+int64(k)
		if err != nil {
			break
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > s.peak.Load() {
		s.peak.Store(m.HeapAlloc)
	}
	return n
}

// RoundTrip lets tests do without a network.
func (s *sink) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/append") {
		s.segment(r)
		return canned{status: 200, body: []byte(`{"data":{"expires_at":1790000000}}`)}.RoundTrip(r)
	}
	return handled{s.serve}.RoundTrip(r)
}

type handled struct{ f http.HandlerFunc }

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &recorder{header: http.Header{}}
	h.f(w, r)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.Buffer), Request: r}, nil
}

type recorder struct {
	bytes.Buffer

	header http.Header
	status int
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(s int)   { r.status = s }

func sinkClient(t testing.TB, s *sink) *x.Client {
	t.Helper()
	c, err := x.NewClient(x.ClientConfig{Token: smm.NewSecret(userToken), Account: "7", HTTPClient: &http.Client{Transport: s}})
	require.NoError(t, err)
	return c
}

// TestUploadInSegments: every byte arrives once and in order, of readers of both
// kinds.
func TestUploadInSegments(t *testing.T) {
	for _, size := range []int64{1, 999, 1000, 1001, 2000, 65_537} {
		for _, stream := range []bool{false, true} {
			s := &sink{size: size, check: true}
			u := x.Upload{Size: size, Type: "video/mp4", Segment: 1000}
			if stream {
				u.Reader = io.NewSectionReader(pattern{size}, 0, size)
			} else {
				u.ReaderAt = pattern{size}
			}
			m, err := sinkClient(t, s).Media.Upload(t.Context(), u)
			require.NoError(t, err)
			require.Empty(t, s.wrong)
			require.Equal(t, size, s.at)
			require.EqualValues(t, (size+999)/1000, s.next)
			require.Equal(t, x.UploadPending, m.State())
			require.Equal(t, time.Second, m.CheckAfter())
		}
	}
}

// TestUploadMemory: a file of 300 MB goes through in segments of 4 MB without
// being held.
func TestUploadMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector has memory of its own")
	}
	const size = 300 << 20
	for name, u := range map[string]x.Upload{
		"at any place": {ReaderAt: pattern{size}}, "stream": {Reader: io.NewSectionReader(pattern{size}, 0, size)},
	} {
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		s := &sink{size: size}
		u.Size, u.Type = size, "video/mp4"
		start := time.Now()
		_, err := sinkClient(t, s).Media.Upload(t.Context(), u)
		require.NoError(t, err)
		require.Empty(t, s.wrong)
		require.EqualValues(t, size, s.at)
		require.Len(t, s.segments, 75)
		held := int64(s.peak.Load()) - int64(before.HeapAlloc)
		t.Logf("%s: %d MB in %v, at most %d kB more on the heap", name, size>>20, time.Since(start).Round(time.Millisecond), held>>10)
		require.Less(t, held, int64(24<<20))
	}
}

// TestUploadRefusals: what no upload can be made of, and files that end early.
func TestUploadRefusals(t *testing.T) {
	c := sinkClient(t, &sink{size: 10})
	r := strings.NewReader("x")
	for i, u := range []x.Upload{
		{}, {Size: 1, Type: "video/mp4"}, {Reader: r, ReaderAt: r, Size: 1, Type: "video/mp4"}, {Reader: r, Size: 0, Type: "video/mp4"}, {Reader: r, Size: -1, Type: "video/mp4"},
		{Reader: r, Size: 1}, {Reader: r, Size: 1, Type: "video/mp4", Segment: -1}, {Reader: r, Size: 1, Type: "video/mp4", Segment: x.MaxSegment + 1},
		{ReaderAt: r, Size: x.MaxSegment*x.MaxSegments + 1, Type: "video/mp4"}, {ReaderAt: r, Size: 1001, Type: "video/mp4", Segment: 1}, {Reader: r, Size: 1, Type: "video/mp4", AdditionalOwners: []x.ID{"a"}},
	} {
		_, err := c.Media.Upload(t.Context(), u)
		require.ErrorIs(t, err, smm.ErrInvalid, i)
	}
	m, err := c.Media.Upload(t.Context(), x.Upload{Reader: strings.NewReader("short"), Size: 10, Type: "video/mp4"})
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.Equal(t, x.ID("88"), m.ID)
	b := open(t).says(200, anUpload)
	_, err = b.vendor().Media.Upload(t.Context(), x.Upload{ReaderAt: strings.NewReader("short"), Size: 10, Type: "video/mp4"})
	require.Error(t, err)
	b = open(t)
	b.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/append") {
			says(400, problem("invalid-request", 400))(w, r)
			return
		}
		says(200, anUpload)(w, r)
	}
	m, err = b.vendor().Media.Upload(t.Context(), x.Upload{Reader: strings.NewReader("0123456789"), Size: 10, Type: "video/mp4", Segment: 4})
	require.ErrorIs(t, err, smm.ErrRejected)
	require.Equal(t, x.ID("88"), m.ID)
	require.Len(t, b.requests(), 2, "nothing is sent after a refused segment")
}

// TestLargeSegments: a file that has more than a thousand segments of the usual
// size has larger ones.
func TestLargeSegments(t *testing.T) {
	const size = 4_500_000_001
	var first int64
	rt := handled{func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/append") {
			first, _ = io.Copy(io.Discard, r.Body)
			says(400, problem("invalid-request", 400))(w, r)
			return
		}
		says(200, anUpload)(w, r)
	}}
	c, err := x.NewClient(x.ClientConfig{Token: smm.NewSecret(userToken), HTTPClient: &http.Client{Transport: rt}})
	require.NoError(t, err)
	_, err = c.Media.Upload(t.Context(), x.Upload{ReaderAt: pattern{size}, Size: size, Type: "video/mp4"})
	require.ErrorIs(t, err, smm.ErrRejected)
	require.Greater(t, first, int64(size/x.MaxSegments))
	require.Less(t, first, int64(x.MaxSegment))
}

// TestUploadForms: the fields of the two forms.
func TestUploadForms(t *testing.T) {
	b := open(t)
	read := func(s *seen) map[string]string {
		_, params, err := mime.ParseMediaType(s.Header.Get("Content-Type"))
		require.NoError(t, err)
		form, err := multipart.NewReader(bytes.NewReader(s.body), params["boundary"]).ReadForm(1 << 20)
		require.NoError(t, err)
		out := map[string]string{}
		for k, v := range form.Value {
			out[k] = strings.Join(v, "|")
		}
		for k, v := range form.File {
			f, err := v[0].Open()
			require.NoError(t, err)
			data, err := io.ReadAll(f)
			require.NoError(t, err)
			out[k] = v[0].Header.Get("Content-Type") + ":" + string(data)
		}
		return out
	}
	_, err := b.says(200, anUpload).vendor().Media.UploadImage(t.Context(), x.Upload{ReaderAt: strings.NewReader("png"), Size: 3, Type: "image/png", Category: x.CategoryDMImage, AdditionalOwners: []x.ID{"8", "9"}})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"media_category": "dm_image", "additional_owners": "8,9", "media": "image/png:png"}, read(b.requests()[0]))
	require.NoError(t, b.says(200, ``).vendor().Media.Append(t.Context(), "88", 7, strings.NewReader("mp4"), 3))
	require.Equal(t, map[string]string{"segment_index": "7", "media": "application/octet-stream:mp4"}, read(b.requests()[0]))
	for typ, want := range map[string]x.MediaCategory{"image/png": x.CategoryImage, "image/gif": x.CategoryGIF, "video/mp4": x.CategoryVideo, "text/vtt": x.CategorySubtitles} {
		require.Equal(t, want, x.CategoryOf(typ))
	}
}

// TestWait asks as often as X says and ends with success, failure or ctx.
func TestWait(t *testing.T) {
	states := func(list ...string) (*bench, *x.Client) {
		b := open(t)
		b.answer = func(w http.ResponseWriter, r *http.Request) {
			says(200, `{"data":{"id":"88","processing_info":`+list[0]+`}}`)(w, r)
			list = list[1:]
		}
		return b, b.vendor()
	}
	pending := x.UploadedMedia{ID: "88", Processing: &x.ProcessingInfo{State: x.UploadPending, CheckAfterSecs: 2}}
	b, c := states(`{"state":"in_progress","check_after_secs":3,"progress_percent":40}`, `{"state":"something_new"}`, `{"state":"succeeded","progress_percent":100}`)
	start := b.clock.Now()
	m, err := c.Media.Wait(t.Context(), pending)
	require.NoError(t, err)
	require.Equal(t, x.UploadReady, m.State())
	require.Equal(t, 2*time.Second+3*time.Second+5*time.Second, b.clock.Now().Sub(start).Truncate(time.Second))
	require.Len(t, b.requests(), 3)

	_, c = states(`{"state":"failed","error":{"code":1,"name":"InvalidMedia","message":"Unsupported video format"}}`)
	_, err = c.Media.Wait(t.Context(), pending)
	require.ErrorIs(t, err, smm.ErrRejected)
	require.Equal(t, "InvalidMedia", asError(t, err).Code)
	_, c = states(`{"state":"failed"}`)
	_, err = c.Media.Wait(t.Context(), pending)
	require.ErrorIs(t, err, smm.ErrRejected)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Media.Wait(ctx, pending)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, smm.ErrNotDone)
	m, err = c.Media.Wait(ctx, x.UploadedMedia{ID: "88"})
	require.NoError(t, err, "without processing there is nothing to wait for")
	require.Equal(t, x.UploadReady, m.State())
	for secs, want := range map[int]time.Duration{-5: 0, 1 << 40: time.Hour} {
		require.Equal(t, want, (&x.UploadedMedia{Processing: &x.ProcessingInfo{CheckAfterSecs: secs}}).CheckAfter())
	}
}

// TestMetrics: numbers in both forms, and those that are not told.
func TestMetrics(t *testing.T) {
	var a x.MediaAnalytics
	require.NoError(t, json.Unmarshal([]byte(`{"media_key":"13_88","timestamped_metrics":[{"timestamp":"2026-10-01T00:00:00Z","metrics":{"video_views":"7","watch_time_ms":9,"playback25":null,"playback50":"many","playback75":-1}}]}`), &a))
	d := a.Points[0].Metrics
	require.Equal(t, []x.Count{{Value: 7, Known: true}, {Value: 9, Known: true}, {}, {}, {}}, []x.Count{d.VideoViews, d.WatchTimeMS, d.Playback25, d.Playback50, d.Playback75})
	require.Equal(t, from, a.Points[0].At.Time)
	var p x.PostAnalytics
	require.NoError(t, json.Unmarshal([]byte(`{"id":"5","impressions":3}`), &p))
	require.Equal(t, x.Count{Value: 3, Known: true}, p.Impressions)
	for in, want := range map[string]string{`{"Value":0}`: `null`, `7`: `7`, `"12"`: `12`, `null`: `null`} {
		var c x.Count
		require.NoError(t, json.Unmarshal([]byte(in), &c))
		out, err := json.Marshal(c)
		require.NoError(t, err)
		require.Equal(t, want, string(out))
	}
	for in, want := range map[string]x.ID{`1900000000000000001`: "1900000000000000001", `"5"`: "5", `1.5`: "", `true`: "", `null`: "", `[]`: "", `-1`: ""} {
		id := x.ID("before")
		require.NoError(t, json.Unmarshal([]byte(in), &id))
		require.Equal(t, want, id, in)
	}
	for in, want := range map[string]string{`"yesterday"`: `null`, `null`: `null`, `7`: `null`, `"2026-10-01T02:00:00.5+02:00"`: `"2026-10-01T00:00:00.5Z"`} {
		var at x.Time
		require.NoError(t, json.Unmarshal([]byte(in), &at))
		out, err := json.Marshal(at)
		require.NoError(t, err)
		require.Equal(t, want, string(out))
	}
	short := x.Post{Text: "short"}
	require.Equal(t, "short", short.FullText())
	require.Empty(t, short.Quotes())
}
