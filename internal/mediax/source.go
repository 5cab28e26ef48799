package mediax

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
)

const (
	smallRead = 4 << 10  // after a jump
	largeRead = 64 << 10 // while going on in sequence
)

// source is a window over an io.ReaderAt. Its memory is one buffer.
type source struct {
	ctx    context.Context
	r      io.ReaderAt
	size   int64
	format string
	limits Limits
	boxes  int // counted against maxBoxes

	buf   []byte
	bufAt int64
}

func newSource(ctx context.Context, r io.ReaderAt, size int64, l Limits) *source {
	return &source{ctx: ctx, r: r, size: size, limits: l.withDefaults()}
}

func (s *source) errorf(off int64, reason string) error {
	return &FormatError{Format: s.format, Offset: off, Reason: reason}
}

// bytes returns n bytes at off, valid until the next call. n is a constant of
// the caller, at most smallRead.
func (s *source) bytes(off int64, n int) ([]byte, error) {
	if off < 0 || off > s.size || int64(n) > s.size-off {
		return nil, s.errorf(off, "truncated")
	}
	if at := off - s.bufAt; at >= 0 && at+int64(n) <= int64(len(s.buf)) {
		return s.buf[at : at+int64(n)], nil
	}
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	want := int64(smallRead)
	if next := s.bufAt + int64(len(s.buf)); len(s.buf) > 0 && off <= next && off >= s.bufAt {
		want = largeRead
	}
	want = min(want, s.size-off)
	if int64(cap(s.buf)) < want {
		s.buf = make([]byte, want)
	}
	s.buf = s.buf[:want]
	s.bufAt = off
	got, err := s.r.ReadAt(s.buf, off)
	s.buf = s.buf[:got]
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, s.errorf(off+int64(got), "truncated: the file is shorter than its stated size")
		}
		return nil, err
	}
	return s.buf[:n], nil
}

func (s *source) u8(off int64) (byte, error) {
	b, err := s.bytes(off, 1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (s *source) u16(off int64) (int, error) {
	b, err := s.bytes(off, 2)
	if err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint16(b)), nil
}

func (s *source) u32(off int64) (uint32, error) {
	b, err := s.bytes(off, 4)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(b), nil
}

func (s *source) u64(off int64) (uint64, error) {
	b, err := s.bytes(off, 8)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(b), nil
}

func (s *source) countBox() error {
	s.boxes++
	if s.boxes > maxBoxes {
		return &LimitError{What: "boxes", Value: int64(s.boxes), Max: maxBoxes}
	}
	return nil
}

func (s *source) checkPixels(w, h int) error {
	if p := int64(w) * int64(h); p > s.limits.Pixels {
		return &LimitError{What: "pixels", Value: p, Max: s.limits.Pixels}
	}
	return nil
}

func (s *source) checkFrames(n int) error {
	if n > s.limits.Frames {
		return &LimitError{What: "frames", Value: int64(n), Max: int64(s.limits.Frames)}
	}
	return nil
}

// copyTo writes the bytes from off to end, in pieces.
func (s *source) copyTo(dst io.Writer, off, end int64) error {
	for off < end {
		n := int(min(end-off, smallRead))
		b, err := s.bytes(off, n)
		if err != nil {
			return err
		}
		if _, err := dst.Write(b); err != nil {
			return err
		}
		off += int64(n)
	}
	return nil
}
