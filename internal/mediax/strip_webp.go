package mediax

import (
	"encoding/binary"
	"io"
	"math"
)

// stripWebP walks twice, because the header states the length of what
// follows.
func (s *source) stripWebP(dst io.Writer) error {
	total := int64(len("WEBP"))
	err := s.webpKept(func(c riffChunk) error {
		total += c.body - c.off + c.size + c.size&1
		return nil
	})
	if err != nil {
		return err
	}
	if total > math.MaxUint32 {
		return &LimitError{What: "bytes", Value: total, Max: math.MaxUint32}
	}
	head := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(total))
	if _, err := dst.Write(append(head, "WEBP"...)); err != nil {
		return err
	}
	return s.webpKept(func(c riffChunk) error {
		from := c.off
		if c.typ == "VP8X" && c.size > 0 {
			b, err := s.bytes(c.off, 9)
			if err != nil {
				return err
			}
			patched := append([]byte(nil), b...)
			patched[8] &^= webpEXIFFlag | webpXMPFlag
			if _, err := dst.Write(patched); err != nil {
				return err
			}
			from = c.body + 1
		}
		if err := s.copyTo(dst, from, c.body+c.size); err != nil {
			return err
		}
		if c.size&1 == 0 {
			return nil
		}
		_, err := dst.Write([]byte{0})
		return err
	})
}

func (s *source) webpKept(fn func(riffChunk) error) error {
	for off := int64(riffHeader); off+8 <= s.size; {
		c, err := s.nextRIFF(off)
		if err != nil {
			return err
		}
		if c.typ != "EXIF" && c.typ != "XMP " {
			if err := fn(c); err != nil {
				return err
			}
		}
		off = c.next
	}
	return nil
}
