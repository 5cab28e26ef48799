package mastodon_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/smm"
)

// TestLargeVideo uploads a video of 300 MB to a server that takes so much, and
// the driver does not hold it. The simulator puts uploads on the disk, so the
// server here only counts.
func TestLargeVideo(t *testing.T) {
	const size = 300 << 20
	var got atomic.Int64
	d, _, ch, _ := stub(t, scripted{
		"GET /api/v2/instance": says(200, strings.Replace(instance, `"configuration":{}`, `"configuration":{"media_attachments":{"video_size_limit":314572800}}`, 1)),
		"POST /api/v2/media": func(w http.ResponseWriter, r *http.Request) {
			n, _ := io.Copy(io.Discard, r.Body)
			got.Add(n)
			says(200, `{"id":"1","type":"video","url":"https://m.example/1.mp4"}`)(w, r)
		},
	})
	large := mediatest.NewLarge("film.mp4", mediatest.Movie{Width: 1280, Height: 720, Duration: 30 * time.Second}, size)
	r := (&smm.PublishRequest{
		ID: "d", Channel: ch, Kind: smm.CreatePost, Created: epoch, Post: smm.Post{Text: "x", Media: []smm.Media{{Name: "film.mp4"}}},
	}).WithMedia(large)
	begun := time.Now()
	var p smm.Prepared
	for range 10 {
		var err error
		p, err = d.Prepare(t.Context(), r, p)
		require.NoError(t, err)
		if p.Ready {
			break
		}
	}
	require.True(t, p.Ready)
	require.Greater(t, got.Load(), int64(size))
	t.Logf("%d MB sent in %s, the heap grew by at most %d KB", got.Load()>>20, time.Since(begun).Round(time.Millisecond), large.Grown()>>10)
	require.Less(t, large.Grown(), int64(16<<20))
}
