package bluesky_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

// uploaded answers both ways of uploading a video.
const uploaded = `{"token":"t","blob":{"$type":"blob","ref":{"$link":"bafkreid"},"mimeType":"video/mp4","size":300000000},
 "jobStatus":{"jobId":"1","did":"` + stubDID + `","state":"JOB_STATE_COMPLETED",
 "blob":{"$type":"blob","ref":{"$link":"bafkreid"},"mimeType":"video/mp4","size":300000000}}}`

// TestLargeVideo uploads a video of 300,000,000 bytes, the most that the lexicon
// takes, as a blob and through the video service, and the driver does not hold
// it. The simulator would, so the server here only counts.
func TestLargeVideo(t *testing.T) {
	const size = 300_000_000
	for name, service := range map[string]string{"blob": "", "video service": "https://video.example.com"} {
		t.Run(name, func(t *testing.T) {
			large := mediatest.NewLarge("film.mp4", mediatest.Movie{Width: 1280, Height: 720, Duration: 30 * time.Second}, size)
			d, err := bluesky.New(bluesky.Config{
				Credentials: smm.StaticToken(stubChannel, "https://pds.example.com", "token-0123456789"), VideoService: service,
				HTTPClient: &http.Client{Transport: &answering{status: 200, body: uploaded}}, Clock: instant{},
			})
			require.NoError(t, err)
			r := (&smm.PublishRequest{
				ID: "d", Channel: stubChannel, Kind: smm.CreatePost, Created: epoch, Post: smm.Post{Text: "x", Media: []smm.Media{{Name: "film.mp4"}}},
			}).WithMedia(large)
			begun, p := time.Now(), smm.Prepared{}
			for range 10 {
				if p, err = d.Prepare(t.Context(), r, p); err != nil || p.Ready {
					break
				}
			}
			require.NoError(t, err)
			require.True(t, p.Ready)
			require.GreaterOrEqual(t, large.Read(), int64(size))
			t.Logf("%d MB sent in %s, the heap grew by at most %d KB", large.Read()>>20, time.Since(begun).Round(time.Millisecond), large.Grown()>>10)
			require.Less(t, large.Grown(), int64(16<<20))
		})
	}
}
