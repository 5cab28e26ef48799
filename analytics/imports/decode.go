package imports

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// An Encoding is how the file's characters are written.
type Encoding string

// The encodings that are read.
const (
	UTF8    Encoding = "utf-8"
	UTF16LE Encoding = "utf-16le"
	UTF16BE Encoding = "utf-16be"
)

// decode returns r as UTF-8 without a byte-order mark. UTF-16 without a mark is
// recognised by the zero bytes that Latin text has in it.
func decode(r io.Reader) (*bufio.Reader, Encoding, error) {
	in := bufio.NewReaderSize(r, 4096)
	head, err := in.Peek(64)
	if err != nil && err != io.EOF {
		return nil, "", fmt.Errorf("read the file: %w", err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, "", fmt.Errorf("%w: this is a workbook or an archive (XLSX, ZIP): unpack it, or save the sheet as CSV", smm.ErrInvalid)
	case bytes.HasPrefix(head, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return nil, "", fmt.Errorf("%w: this is a workbook (XLS): save the sheet as CSV", smm.ErrInvalid)
	case bytes.HasPrefix(head, []byte{0x1F, 0x8B}):
		return nil, "", fmt.Errorf("%w: this is compressed (gzip): unpack it first", smm.ErrInvalid)
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		_, _ = in.Discard(3)
		return in, UTF8, nil
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		_, _ = in.Discard(2)
		return bufio.NewReader(&utf16Reader{in: in, little: true}), UTF16LE, nil
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		_, _ = in.Discard(2)
		return bufio.NewReader(&utf16Reader{in: in}), UTF16BE, nil
	}
	odd, even := 0, 0
	for i, b := range head {
		switch {
		case b != 0:
		case i%2 == 1:
			odd++
		default:
			even++
		}
	}
	switch quarter := len(head) / 4; {
	case odd > quarter && even == 0:
		return bufio.NewReader(&utf16Reader{in: in, little: true}), UTF16LE, nil
	case even > quarter && odd == 0:
		return bufio.NewReader(&utf16Reader{in: in}), UTF16BE, nil
	}
	return in, UTF8, nil
}

// utf16Reader turns UTF-16 into UTF-8. Half of a surrogate pair, or half of a
// unit at the end, becomes the replacement character.
type utf16Reader struct {
	in      *bufio.Reader
	little  bool
	pending []byte // encoded and not yet handed out
	held    rune   // a unit that was read ahead
	hasHeld bool
}

func (u *utf16Reader) unit() (rune, error) {
	if u.hasHeld {
		u.hasHeld = false
		return u.held, nil
	}
	a, err := u.in.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := u.in.ReadByte()
	if err == io.EOF {
		return utf8.RuneError, nil
	}
	if err != nil {
		return 0, err
	}
	if u.little {
		return rune(a) | rune(b)<<8, nil
	}
	return rune(a)<<8 | rune(b), nil
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.pending) == 0 {
		r, err := u.unit()
		if err != nil {
			return 0, err
		}
		if utf16.IsSurrogate(r) {
			next, err := u.unit()
			pair := utf16.DecodeRune(r, next)
			if err == nil && pair == utf8.RuneError {
				u.held, u.hasHeld = next, true
			}
			r = pair
			if err != nil {
				r = utf8.RuneError
			}
		}
		u.pending = utf8.AppendRune(u.pending[:0], r)
	}
	n := copy(p, u.pending)
	u.pending = u.pending[n:]
	return n, nil
}
