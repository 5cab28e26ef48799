package threads_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/smm"
)

// TestLargeVideo publishes a video of 300 MB. The vendor fetches it from the media
// host, so that the driver reads its head to know what it is, and no more.
func TestLargeVideo(t *testing.T) {
	const size = 300 << 20
	b := open(t, noBudgets())
	b.config.MediaHost = hostFunc(func(string) (string, error) {
		return b.media.(hostFunc)("clip.mp4") // which the simulator can fetch
	})
	large := mediatest.NewLarge("film.mp4", mediatest.Movie{Width: 1280, Height: 720, Duration: 30 * time.Second}, size)
	c, err := smm.New([]smm.Driver{b.driver(t)}, smm.WithClock(b.world.Clock), smm.WithMediaStore(large))
	require.NoError(t, err)
	_, err = c.Channel(b.account.Channel).Publish(t.Context(), &smm.Post{Text: "a long one", Media: []smm.Media{{Name: "film.mp4"}}}, &smm.PublishOptions{Wait: time.Hour})
	require.NoError(t, err)
	require.Equal(t, 1, b.world.Ledger.Counts(threads.Platform).Posts)
	require.Positive(t, large.Opened())
	t.Logf("opened %d times, %d KB read, the heap grew by at most %d KB", large.Opened(), large.Read()>>10, large.Grown()>>10)
	require.Less(t, large.Read(), int64(1<<20))
	require.Less(t, large.Grown(), int64(16<<20))
}
