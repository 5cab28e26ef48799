package mediax

import "encoding/binary"

// box is a box of an ISO base media file (ISO/IEC 14496-12): body to end.
type box struct {
	typ            string
	off, body, end int64
}

// nextBox reads the header of the box at off, which must end by limit.
func (s *source) nextBox(off, limit int64) (box, error) {
	if err := s.countBox(); err != nil {
		return box{}, err
	}
	if limit-off < 8 {
		return box{}, s.errorf(off, "box header is cut")
	}
	b, err := s.bytes(off, 8)
	if err != nil {
		return box{}, err
	}
	size := int64(binary.BigEndian.Uint32(b))
	bx := box{typ: string(b[4:8]), off: off, body: off + 8}
	switch size {
	case 0: // to the end of what holds it
		size = limit - off
	case 1:
		large, err := s.u64(off + 8)
		if err != nil {
			return box{}, err
		}
		bx.body = off + 16
		if large > 1<<62 {
			return box{}, s.errorf(off, "box size is out of range")
		}
		size = int64(large)
	}
	if size < bx.body-off || size > limit-off {
		return box{}, s.errorf(off, "box "+printable(bx.typ)+" reaches over the end of what holds it")
	}
	bx.end = off + size
	return bx, nil
}

// printable keeps error messages clean whatever the file says.
func printable(typ string) string {
	b := []byte(typ)
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

// eachBox calls fn for the boxes between from and to. A rest too short for a
// header is ignored, as players do: QuickTime ends some lists with a 0 word.
func (s *source) eachBox(from, to int64, depth int, fn func(box) error) error {
	if depth > maxBoxDepth {
		return &LimitError{What: "levels of boxes", Value: int64(depth), Max: maxBoxDepth}
	}
	for off := from; to-off >= 8; {
		b, err := s.nextBox(off, to)
		if err != nil {
			return err
		}
		if err := fn(b); err != nil {
			return err
		}
		off = b.end
	}
	return nil
}

// version returns the version of a full box.
func (s *source) version(b box) (byte, error) {
	if b.end-b.body < 4 {
		return 0, s.errorf(b.off, "box "+printable(b.typ)+" is too short")
	}
	return s.u8(b.body)
}

// field returns n bytes at offset at of a box's body.
func (s *source) field(b box, at int64, n int) ([]byte, error) {
	if b.body+at+int64(n) > b.end {
		return nil, s.errorf(b.off, "box "+printable(b.typ)+" is too short")
	}
	return s.bytes(b.body+at, n)
}
