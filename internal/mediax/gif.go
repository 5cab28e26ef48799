package mediax

import (
	"encoding/binary"
	"time"
)

const (
	gifExtension, gifImage, gifTrailer = 0x21, 0x2C, 0x3B
	gifControl, gifComment, gifApp     = 0xF9, 0xFE, 0xFF
	gifHeaderLen                       = 13
)

// gifBlock is an extension or image of a GIF.
type gifBlock struct {
	kind, label    byte // label of an extension
	off, data, end int64
}

// gifStart returns the offset of the first block, after the colour table.
func (s *source) gifStart() (int64, error) {
	flags, err := s.u8(10)
	if err != nil {
		return 0, err
	}
	return gifHeaderLen + gifTable(flags), nil
}

func gifTable(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// nextGIFBlock walks over one block without decoding it. Its data are
// sub-blocks from data on.
func (s *source) nextGIFBlock(off int64) (gifBlock, error) {
	if err := s.countBox(); err != nil {
		return gifBlock{}, err
	}
	kind, err := s.u8(off)
	if err != nil {
		return gifBlock{}, err
	}
	b := gifBlock{kind: kind, off: off}
	switch kind {
	case gifTrailer:
		b.data, b.end = off+1, off+1
		return b, nil
	case gifExtension:
		if b.label, err = s.u8(off + 1); err != nil {
			return gifBlock{}, err
		}
		b.data = off + 2
	case gifImage:
		flags, err := s.u8(off + 9)
		if err != nil {
			return gifBlock{}, err
		}
		b.data = off + 10 + gifTable(flags) + 1 // and the code size
	default:
		return gifBlock{}, s.errorf(off, "unknown block")
	}
	for b.end = b.data; ; {
		n, err := s.u8(b.end)
		if err != nil {
			return gifBlock{}, err
		}
		b.end += 1 + int64(n)
		if n == 0 {
			return b, nil
		}
	}
}

func probeGIF(s *source, info *Info) error {
	info.Kind = Image
	head, err := s.bytes(0, gifHeaderLen)
	if err != nil {
		return err
	}
	info.Width = int(binary.LittleEndian.Uint16(head[6:]))
	info.Height = int(binary.LittleEndian.Uint16(head[8:]))
	off, err := s.gifStart()
	if err != nil {
		return err
	}
	for {
		b, err := s.nextGIFBlock(off)
		if err != nil {
			return err
		}
		switch {
		case b.kind == gifTrailer:
			if info.Frames == 0 {
				return s.errorf(off, "no picture")
			}
			return nil
		case b.kind == gifImage:
			info.Frames++
			if err := s.checkFrames(info.Frames); err != nil {
				return err
			}
			if info.Frames > 1 {
				info.Kind = Animation
			}
		case b.label == gifControl:
			c, err := s.bytes(b.data, 5)
			if err != nil {
				return err
			}
			info.HasAlpha = info.HasAlpha || c[1]&1 != 0
			info.Duration += time.Duration(binary.LittleEndian.Uint16(c[2:])) * 10 * time.Millisecond
		}
		off = b.end
	}
}
