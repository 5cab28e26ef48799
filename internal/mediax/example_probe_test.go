package mediax_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/internal/mediax/mediatest"
)

// Facts about a video come from its index, wherever in the file that is.
func ExampleProbe() {
	file := mediatest.MP4(1080, 1920, 12*time.Second)
	info, err := mediax.Probe(context.Background(), bytes.NewReader(file), int64(len(file)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.MIME, info.Kind, info.Width, info.Height, info.Duration, info.VideoCodec, info.AudioCodec)
	// Output: video/mp4 video 1080 1920 12s avc1 mp4a
}
