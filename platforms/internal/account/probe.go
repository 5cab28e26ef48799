package account

import (
	"context"
	"fmt"
	"io"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/smm"
)

// Probe tells what media are by their content. The error matches smm.ErrInvalid
// if nobody can, and is that of ctx if it ended.
func Probe(ctx context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	in, err := mediax.ProbeSeeker(ctx, r)
	if err != nil {
		if ctx.Err() != nil {
			return smm.MediaInfo{}, ctx.Err()
		}
		return smm.MediaInfo{}, fmt.Errorf("%w: %w", smm.ErrInvalid, err)
	}
	classes := map[mediax.Kind]smm.MediaClass{
		mediax.Image: smm.MediaImage, mediax.Animation: smm.MediaGIF, mediax.Video: smm.MediaVideo, mediax.Audio: smm.MediaAudio,
	}
	return smm.MediaInfo{
		Type: in.MIME, Class: classes[in.Kind], Size: in.Size, Width: in.Width, Height: in.Height,
		Duration: in.Duration, Video: in.VideoCodec, Audio: in.AudioCodec,
	}, nil
}
