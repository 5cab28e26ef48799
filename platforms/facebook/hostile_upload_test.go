package facebook_test

import (
	"cmp"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
)

// TestLargeVideo publishes a video of 300 MB in each of the two ways that videos
// are uploaded, and nobody holds it: neither the driver nor the simulator.
func TestLargeVideo(t *testing.T) {
	const size = 300 << 20
	// What the simulator's forms leave behind must not pass for what is held.
	before := debug.SetGCPercent(20)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, format := range []facebook.Format{facebook.FormatFeed, facebook.FormatReel} {
		t.Run(cmp.Or(string(format), "feed"), func(t *testing.T) {
			opts := noQuotas()
			opts.Chunk = 0
			b := open(t, opts)
			large := mediatest.NewLarge("film.mp4", mediatest.Movie{Width: 1080, Height: 1920, Duration: 30 * time.Second}, size)
			c, err := smm.New([]smm.Driver{b.driver(t)}, smm.WithClock(b.world.Clock), smm.WithMediaStore(large))
			require.NoError(t, err)
			p := options(t, &smm.Post{Text: "a long one", Media: []smm.Media{{Name: "film.mp4"}}}, facebook.PostOptions{Format: format})
			begun := time.Now()
			_, err = c.Channel(b.account.Channel).Publish(t.Context(), p, &smm.PublishOptions{Wait: time.Hour})
			require.NoError(t, err)
			require.Len(t, b.items(), 1)
			require.GreaterOrEqual(t, large.Read(), int64(size))
			t.Logf("%d MB sent in %s, the heap grew by at most %d KB", large.Read()>>20, time.Since(begun).Round(time.Millisecond), large.Grown()>>10)
			require.Less(t, large.Grown(), int64(16<<20))
		})
	}
}
