package mediax

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// Probe tells what the size bytes of r are, within the default limits. It is
// safe for concurrent use if r is.
func Probe(ctx context.Context, r io.ReaderAt, size int64) (Info, error) {
	return Limits{}.Probe(ctx, r, size)
}

// ProbeSeeker is [Probe] for a reader that can seek. It leaves the reader at
// its start.
func ProbeSeeker(ctx context.Context, r io.ReadSeeker) (Info, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return Info{}, fmt.Errorf("mediax: finding the size: %w", err)
	}
	info, err := Probe(ctx, &seekerAt{r}, size)
	if _, serr := r.Seek(0, io.SeekStart); serr != nil && err == nil {
		return Info{}, fmt.Errorf("mediax: rewinding: %w", serr)
	}
	return info, err
}

type seekerAt struct{ r io.ReadSeeker }

func (s *seekerAt) ReadAt(p []byte, off int64) (int, error) {
	if _, err := s.r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Probe is [Probe] within other limits.
func (l Limits) Probe(ctx context.Context, r io.ReaderAt, size int64) (Info, error) {
	s := newSource(ctx, r, size, l)
	f, err := s.sniff()
	if err != nil {
		return Info{}, err
	}
	s.format = f.name
	info := Info{MIME: f.mime, Size: size}
	if err := f.probe(s, &info); err != nil {
		return Info{}, err
	}
	if info.Kind == Image || info.Kind == Animation {
		info.Frames = max(info.Frames, 1)
		if info.Orientation < 1 || info.Orientation > 8 {
			info.Orientation = 1
		}
		if info.Width < 1 || info.Height < 1 {
			return Info{}, s.errorf(0, "no picture size found")
		}
	}
	if err := s.checkPixels(info.Width, info.Height); err != nil {
		return Info{}, err
	}
	if info.Orientation > 4 || info.Rotation%180 != 0 {
		info.Width, info.Height = info.Height, info.Width
	}
	return info, nil
}

type format struct {
	name, mime string
	probe      func(*source, *Info) error
}

// sniff tells the format by the first bytes.
func (s *source) sniff() (format, error) {
	const longest = 16
	n := int(min(s.size, longest))
	if n < 4 {
		return format{}, ErrUnknownType
	}
	head, err := s.bytes(0, n)
	if err != nil {
		return format{}, err
	}
	h := make([]byte, longest)
	copy(h, head)
	tag := func(at int, want string) bool { return string(h[at:at+len(want)]) == want }
	switch {
	case bytes.HasPrefix(h, []byte{0xFF, 0xD8, 0xFF}):
		return format{"jpeg", "image/jpeg", probeJPEG}, nil
	case tag(0, pngSignature):
		return format{"png", "image/png", probePNG}, nil
	case tag(0, "GIF87a") || tag(0, "GIF89a"):
		return format{"gif", "image/gif", probeGIF}, nil
	case tag(0, "RIFF") && tag(8, "WEBP"):
		return format{"webp", "image/webp", probeWebP}, nil
	case tag(0, "RIFF") && tag(8, "WAVE"):
		return format{"wav", "audio/wav", probeWAV}, nil
	case tag(4, "ftyp"):
		return format{"mp4", "video/mp4", probeMP4}, nil
	case isQuickTimeStart(string(h[4:8])):
		return format{"mov", "video/quicktime", probeMP4}, nil
	case tag(0, "\x1A\x45\xDF\xA3"):
		return format{"webm", "video/webm", probeWebM}, nil
	case tag(0, "OggS"):
		return format{"ogg", "audio/ogg", probeOgg}, nil
	case tag(0, "fLaC"):
		return format{"flac", "audio/flac", probeFLAC}, nil
	case tag(0, "ID3"):
		return format{"mp3", "audio/mpeg", probeSound}, nil
	case h[0] == 0xFF && h[1]&0xF6 == 0xF0:
		return format{"aac", "audio/aac", probeSound}, nil
	case isMP3Frame(h):
		return format{"mp3", "audio/mpeg", probeSound}, nil
	}
	return format{}, ErrUnknownType
}

// isQuickTimeStart: QuickTime files older than ftyp start with one of these.
func isQuickTimeStart(typ string) bool {
	switch typ {
	case "moov", "mdat", "wide", "skip", "pnot", "free":
		return true
	}
	return false
}

// isMP3Frame: sync word, layer III, a bit rate and a sample rate that exist.
func isMP3Frame(h []byte) bool {
	return h[0] == 0xFF && h[1]&0xE0 == 0xE0 && h[1]>>1&3 == 1 && h[1]>>3&3 != 1 && h[2]>>4 != 15 && h[2]>>4 != 0 && h[2]>>2&3 != 3
}
