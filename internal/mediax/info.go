package mediax

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what a file is to a platform.
type Kind uint8

// Kinds. The zero Kind is not used.
const (
	Image     Kind = iota + 1 // a still picture
	Animation                 // GIF, PNG or WebP with more than one frame
	Video
	Audio
)

// String returns the lower-case English name of the kind.
func (k Kind) String() string {
	switch k {
	case Image:
		return "image"
	case Animation:
		return "animation"
	case Video:
		return "video"
	case Audio:
		return "audio"
	default:
		return "unknown"
	}
}

// Info is what [Probe] found out. Fields that the format does not tell are
// zero.
type Info struct {
	MIME string // such as "image/jpeg", "video/mp4"
	Kind Kind
	Size int64 // bytes

	// Width and Height are in pixels as shown, after Orientation or Rotation.
	Width, Height int
	// Orientation is the EXIF value 1 to 8 of an image; 1 is upright.
	Orientation int
	// Rotation is by how many degrees clockwise a video is turned for display:
	// 0, 90, 180 or 270.
	Rotation int
	// HasAlpha: the image may have transparent pixels.
	HasAlpha bool

	// Duration is the playing time of a video, sound or one pass of an
	// animation. 0 is unknown.
	Duration time.Duration
	// Frames is the number of frames of an animation, 1 for a still image, 0
	// for video and audio.
	Frames int
	// FrameRate is in frames per second, 0 if unknown (MP4 and MOV tell it).
	FrameRate float64
	// VideoCodec and AudioCodec are the four-character codes of MP4 and MOV
	// ("avc1", "hvc1", "mp4a") or the codec ids of WebM ("V_VP9", "A_OPUS").
	VideoCodec, AudioCodec string
	// AudioRate is in samples per second, AudioChannels a count.
	AudioRate, AudioChannels int
}

// ErrUnknownType says that the bytes are none of the formats known here.
var ErrUnknownType = errors.New("mediax: unknown type of media: give a JPEG, PNG, GIF, WebP, HEIC, AVIF, MP4, MOV, WebM, MP3, WAV, Ogg or FLAC file")

// ErrNotSupported says that the type is known but the operation does not
// handle it.
var ErrNotSupported = errors.New("mediax: operation is not supported for this type of media")

// FormatError reports a file that starts as a known format and then breaks
// its rules.
type FormatError struct {
	Format string // "jpeg", "png", "gif", "webp", "mp4", "webm", ...
	Offset int64  // bytes from the start of the file
	Reason string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("mediax: damaged %s at byte %d: %s", e.Format, e.Offset, e.Reason)
}

// LimitError reports a file that asks for more than the [Limits] allow.
type LimitError struct {
	What       string // "pixels", "frames", "boxes"
	Value, Max int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("mediax: %d %s, allowed are %d", e.Value, e.What, e.Max)
}

// Default limits.
const (
	MaxPixels = 50_000_000 // width times height
	MaxFrames = 10_000     // of an animation
)

const (
	maxBoxes    = 100_000 // boxes, chunks, segments and elements of one file
	maxBoxDepth = 12
)

// Limits bound what a file may ask for. The zero value stands for the
// defaults.
type Limits struct {
	Pixels int64 // default [MaxPixels]
	Frames int   // default [MaxFrames]
}

func (l Limits) withDefaults() Limits {
	if l.Pixels <= 0 {
		l.Pixels = MaxPixels
	}
	if l.Frames <= 0 {
		l.Frames = MaxFrames
	}
	return l
}
