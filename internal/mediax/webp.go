package mediax

import (
	"encoding/binary"
	"time"
)

const (
	riffHeader                     = 12
	webpAnim, webpAlpha            = 0x02, 0x10
	webpXMPFlag, webpEXIFFlag      = 0x04, 0x08
	vp8Signature                   = "\x9d\x01\x2a"
	vp8lSignature             byte = 0x2F
)

// riffChunk is a RIFF chunk; next is behind its padding.
type riffChunk struct {
	typ             string
	off, body, next int64
	size            int64
}

func (s *source) nextRIFF(off int64) (riffChunk, error) {
	if err := s.countBox(); err != nil {
		return riffChunk{}, err
	}
	b, err := s.bytes(off, 8)
	if err != nil {
		return riffChunk{}, err
	}
	n := int64(binary.LittleEndian.Uint32(b[4:]))
	c := riffChunk{typ: string(b[:4]), off: off, body: off + 8, size: n}
	c.next = c.body + n + n&1
	if c.body+n > s.size {
		return riffChunk{}, s.errorf(off, "chunk reaches over the end")
	}
	return c, nil
}

func probeWebP(s *source, info *Info) error {
	info.Kind = Image
	frames := 0
	for off := int64(riffHeader); off+8 <= s.size; {
		c, err := s.nextRIFF(off)
		if err != nil {
			return err
		}
		switch c.typ {
		case "VP8X":
			err = s.webpExtended(c, info)
		case "VP8 ", "VP8L":
			if info.Width == 0 {
				err = s.webpFrame(c, info)
			}
			if info.Kind != Animation {
				frames = 1
			}
		case "ANMF":
			frames++
			if err = s.checkFrames(frames); err == nil {
				err = s.webpDelay(c, info)
			}
		case "EXIF":
			info.Orientation, err = s.tiffOrientation(c.body, c.body+c.size)
		}
		if err != nil {
			return err
		}
		off = c.next
	}
	if frames == 0 {
		return s.errorf(riffHeader, "no picture")
	}
	info.Frames = frames
	if frames == 1 {
		info.Kind, info.Duration = Image, 0
	}
	return nil
}

func (s *source) webpExtended(c riffChunk, info *Info) error {
	if c.size < 10 {
		return s.errorf(c.off, "header chunk is too short")
	}
	b, err := s.bytes(c.body, 10)
	if err != nil {
		return err
	}
	info.HasAlpha = b[0]&webpAlpha != 0
	if b[0]&webpAnim != 0 {
		info.Kind = Animation
	}
	info.Width, info.Height = 1+u24(b[4:]), 1+u24(b[7:])
	return nil
}

func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func (s *source) webpFrame(c riffChunk, info *Info) error {
	if c.size < 10 {
		return s.errorf(c.off, "picture chunk is too short")
	}
	b, err := s.bytes(c.body, 10)
	if err != nil {
		return err
	}
	if c.typ == "VP8L" {
		if b[0] != vp8lSignature {
			return s.errorf(c.body, "no lossless signature")
		}
		v := binary.LittleEndian.Uint32(b[1:])
		info.Width, info.Height = 1+int(v&0x3FFF), 1+int(v>>14&0x3FFF)
		info.HasAlpha = v>>28&1 != 0
		return nil
	}
	if string(b[3:6]) != vp8Signature {
		return s.errorf(c.body, "no key frame")
	}
	info.Width = int(binary.LittleEndian.Uint16(b[6:]) & 0x3FFF)
	info.Height = int(binary.LittleEndian.Uint16(b[8:]) & 0x3FFF)
	return nil
}

func (s *source) webpDelay(c riffChunk, info *Info) error {
	if c.size < 16 {
		return s.errorf(c.off, "frame chunk is too short")
	}
	b, err := s.bytes(c.body+12, 3)
	if err != nil {
		return err
	}
	info.Duration += time.Duration(u24(b)) * time.Millisecond
	return nil
}
