package instagram_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/smm"
)

// TestLargeVideo publishes a reel of 300 MB, the most that is taken, by sending
// its bytes, and nobody holds it: neither the driver nor the simulator.
func TestLargeVideo(t *testing.T) {
	const size = 300 << 20
	b := open(t, nil)
	b.config.MediaHost = nil
	large := mediatest.NewLarge("film.mp4", mediatest.Movie{Width: 1080, Height: 1920, Duration: 30 * time.Second}, size)
	c, err := smm.New([]smm.Driver{b.driver(t)}, smm.WithClock(b.world.Clock), smm.WithMediaStore(large))
	require.NoError(t, err)
	begun := time.Now()
	_, err = c.Channel(b.account.Channel).Publish(t.Context(), &smm.Post{Text: "a long one", Media: []smm.Media{{Name: "film.mp4"}}}, &smm.PublishOptions{Wait: time.Hour})
	require.NoError(t, err)
	require.Equal(t, 1, b.world.Ledger.Counts(instagram.Platform).Posts)
	require.GreaterOrEqual(t, large.Read(), int64(size))
	t.Logf("%d MB sent in %s, the heap grew by at most %d KB", large.Read()>>20, time.Since(begun).Round(time.Millisecond), large.Grown()>>10)
	require.Less(t, large.Grown(), int64(16<<20))
}
