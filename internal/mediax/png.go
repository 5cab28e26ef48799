package mediax

import (
	"encoding/binary"
	"time"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// chunk is a PNG chunk: body to end, without length, type and checksum.
type chunk struct {
	typ            string
	off, body, end int64
}

const pngCRC = 4

func (s *source) nextChunk(off int64) (chunk, error) {
	if err := s.countBox(); err != nil {
		return chunk{}, err
	}
	b, err := s.bytes(off, 8)
	if err != nil {
		return chunk{}, err
	}
	n := binary.BigEndian.Uint32(b)
	c := chunk{typ: string(b[4:8]), off: off, body: off + 8, end: off + 8 + int64(n)}
	if n > 1<<31-1 || c.end+pngCRC > s.size {
		return chunk{}, s.errorf(off, "chunk reaches over the end")
	}
	return c, nil
}

func probePNG(s *source, info *Info) error {
	info.Kind = Image
	first, err := s.nextChunk(int64(len(pngSignature)))
	if err != nil {
		return err
	}
	if first.typ != "IHDR" || first.end-first.body != 13 {
		return s.errorf(first.off, "no header chunk")
	}
	b, err := s.bytes(first.body, 13)
	if err != nil {
		return err
	}
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w > 1<<31-1 || h > 1<<31-1 {
		return s.errorf(first.body, "size out of range")
	}
	info.Width, info.Height = int(w), int(h)
	info.HasAlpha = b[9] == 4 || b[9] == 6
	return s.pngChunks(first.end+pngCRC, info)
}

// pngChunks looks for transparency, orientation and animation. A still
// picture needs no look behind its first data chunk.
func (s *source) pngChunks(off int64, info *Info) error {
	animated := false
	for {
		c, err := s.nextChunk(off)
		if err != nil {
			return err
		}
		switch c.typ {
		case "tRNS":
			info.HasAlpha = true
		case "eXIf":
			if info.Orientation, err = s.tiffOrientation(c.body, c.end); err != nil {
				return err
			}
		case "acTL":
			if c.end-c.body != 8 {
				return s.errorf(c.off, "animation chunk of wrong length")
			}
			n, err := s.u32(c.body)
			if err != nil {
				return err
			}
			if err := s.checkFrames(int(n)); err != nil {
				return err
			}
			info.Frames = int(n)
			animated = n > 1
		case "fcTL":
			d, err := s.pngDelay(c)
			if err != nil {
				return err
			}
			info.Duration += d
		case "IDAT":
			if !animated {
				info.Duration = 0
				return nil
			}
			info.Kind = Animation
			info.MIME = "image/apng"
		case "IEND":
			return nil
		}
		off = c.end + pngCRC
	}
}

// pngDelay is the delay of a frame control chunk: a fraction of a second, in
// hundredths if the denominator is 0 (PNG specification, third edition).
func (s *source) pngDelay(c chunk) (time.Duration, error) {
	if c.end-c.body != 26 {
		return 0, s.errorf(c.off, "frame control chunk of wrong length")
	}
	b, err := s.bytes(c.body+20, 4)
	if err != nil {
		return 0, err
	}
	num, den := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	if den == 0 {
		den = 100
	}
	return time.Duration(num) * time.Second / time.Duration(den), nil
}
