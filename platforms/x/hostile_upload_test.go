package x_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/smm"
)

// counting takes uploads and keeps nothing of them; the rest goes to a server.
type counting struct {
	*sink

	rest http.RoundTripper
}

func (u counting) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case !strings.Contains(r.URL.Path, "/media/upload"):
		return u.rest.RoundTrip(r)
	case r.Method == http.MethodGet:
		return canned{status: 200, body: []byte(`{"data":{"id":"88","processing_info":{"state":"succeeded"}}}`)}.RoundTrip(r)
	}
	return u.sink.RoundTrip(r)
}

// TestLargeVideo prepares a post with a video of 300 MB. The simulator keeps what
// is uploaded, so here it goes to a server that only looks whether it is whole.
func TestLargeVideo(t *testing.T) {
	const size = 300 << 20
	g := stand(t, nil)
	rest := &http.Transport{}
	t.Cleanup(rest.CloseIdleConnections)
	s := &sink{size: size}
	g.config.HTTPClient = &http.Client{Transport: counting{s, rest}}
	d := g.driver(t)
	large := mediatest.NewLarge("film.mp4", mediatest.Movie{Width: 1280, Height: 720, Duration: 30 * time.Second}, size)
	r := (&smm.PublishRequest{
		ID: "d", Channel: g.account.Channel, Kind: smm.CreatePost, Created: epoch, Post: smm.Post{Text: "x", Media: []smm.Media{{Name: "film.mp4"}}},
	}).WithMedia(large)
	begun := time.Now()
	var p smm.Prepared
	for range 200 {
		var err error
		p, err = d.Prepare(t.Context(), r, p)
		require.NoError(t, err)
		if p.Ready {
			break
		}
	}
	require.True(t, p.Ready)
	require.Empty(t, s.wrong)
	require.EqualValues(t, size, s.at)
	t.Logf("%d MB sent in %s, the heap grew by at most %d KB", s.at>>20, time.Since(begun).Round(time.Millisecond), large.Grown()>>10)
	require.Less(t, large.Grown(), int64(16<<20))
}
