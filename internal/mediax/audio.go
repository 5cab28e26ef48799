package mediax

import (
	"encoding/binary"
	"time"
)

// probeSound is for formats whose type alone is told.
func probeSound(_ *source, info *Info) error {
	info.Kind = Audio
	return nil
}

func probeWAV(s *source, info *Info) error {
	info.Kind = Audio
	info.AudioCodec = "pcm"
	perSecond := uint32(0)
	for off := int64(riffHeader); off+8 <= s.size; {
		b, err := s.bytes(off, 8)
		if err != nil {
			return err
		}
		if err := s.countBox(); err != nil {
			return err
		}
		typ, n := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		switch {
		case typ == "fmt " && n >= 16:
			f, err := s.bytes(off+8, 16)
			if err != nil {
				return err
			}
			info.AudioChannels = int(binary.LittleEndian.Uint16(f[2:]))
			info.AudioRate = int(binary.LittleEndian.Uint32(f[4:]))
			perSecond = binary.LittleEndian.Uint32(f[8:])
		case typ == "data":
			// Streams leave the size open; the rest of the file is the sound.
			info.Duration = units(uint64(min(n, s.size-off-8)), perSecond)
			return nil
		}
		off += 8 + n + n&1
	}
	return nil
}

func probeFLAC(s *source, info *Info) error {
	info.Kind = Audio
	info.AudioCodec = "flac"
	b, err := s.bytes(8, 18)
	if err != nil {
		return err
	}
	// STREAMINFO: 20 bits rate, 3 bits channels less one, 5 bits depth, 36
	// bits samples.
	v := binary.BigEndian.Uint64(b[10:])
	info.AudioRate = int(v >> 44)
	info.AudioChannels = int(v>>41&7) + 1
	if info.AudioRate > 0 {
		info.Duration = time.Duration(float64(v&(1<<36-1)) / float64(info.AudioRate) * float64(time.Second))
	}
	return nil
}

// probeOgg tells sound from video by the first packet.
func probeOgg(s *source, info *Info) error {
	info.Kind = Audio
	const head = 28
	n := int(min(s.size, head+8))
	if n < head+8 {
		return s.errorf(s.size, "truncated")
	}
	b, err := s.bytes(0, n)
	if err != nil {
		return err
	}
	switch packet := string(b[head:]); {
	case packet == "OpusHead":
		info.AudioCodec = "opus"
	case packet[1:7] == "vorbis":
		info.AudioCodec = "vorbis"
	case packet[1:7] == "theora":
		info.Kind, info.MIME, info.VideoCodec = Video, "video/ogg", "theora"
	}
	return nil
}
