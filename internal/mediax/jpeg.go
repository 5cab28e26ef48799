package mediax

import "encoding/binary"

const (
	markSOF0, markSOF15       = 0xC0, 0xCF
	markDHT, markJPG          = 0xC4, 0xC8
	markDAC                   = 0xCC
	markRST0, markRST7        = 0xD0, 0xD7
	markSOI, markEOI          = 0xD8, 0xD9
	markSOS, markTEM          = 0xDA, 0x01
	markAPP0, markAPP1        = 0xE0, 0xE1
	markAPP2, markAPP14       = 0xE2, 0xEE
	markAPP15, markCOM        = 0xEF, 0xFE
	exifHeader                = "Exif\x00\x00"
	maxMarkerFill       int64 = 1 << 10
)

// segment is a JPEG marker with its data: body to end, without the length.
type segment struct {
	mark           byte
	off, body, end int64
}

// nextSegment reads the marker at off, over fill bytes.
func (s *source) nextSegment(off int64) (segment, error) {
	if err := s.countBox(); err != nil {
		return segment{}, err
	}
	c, err := s.u8(off)
	if err != nil {
		return segment{}, err
	}
	if c != 0xFF {
		return segment{}, s.errorf(off, "marker expected")
	}
	at := off + 1
	for ; ; at++ {
		if c, err = s.u8(at); err != nil {
			return segment{}, err
		}
		if c != 0xFF {
			break
		}
		if at-off > maxMarkerFill {
			return segment{}, s.errorf(at, "too many fill bytes")
		}
	}
	seg := segment{mark: c, off: at - 1, body: at + 1, end: at + 1}
	if c == markTEM || c >= markRST0 && c <= markEOI {
		return seg, nil
	}
	n, err := s.u16(at + 1)
	if err != nil {
		return segment{}, err
	}
	if n < 2 {
		return segment{}, s.errorf(at+1, "segment length below 2")
	}
	seg.body, seg.end = at+3, at+1+int64(n)
	if seg.end > s.size {
		return segment{}, s.errorf(at+1, "segment reaches over the end")
	}
	return seg, nil
}

func isSOF(m byte) bool {
	return m >= markSOF0 && m <= markSOF15 && m != markDHT && m != markJPG && m != markDAC
}

func probeJPEG(s *source, info *Info) error {
	info.Kind = Image
	for off := int64(2); ; {
		seg, err := s.nextSegment(off)
		if err != nil {
			return err
		}
		switch {
		case seg.mark == markAPP1 && info.Orientation == 0:
			if info.Orientation, err = s.exifSegment(seg); err != nil {
				return err
			}
		case isSOF(seg.mark):
			b, err := s.bytes(seg.body, 5)
			if err != nil {
				return err
			}
			info.Height = int(binary.BigEndian.Uint16(b[1:]))
			info.Width = int(binary.BigEndian.Uint16(b[3:]))
			return nil
		case seg.mark == markSOS || seg.mark == markEOI:
			return s.errorf(seg.off, "no frame header before the picture")
		}
		off = seg.end
	}
}

// exifSegment returns the orientation that an APP1 segment tells, 0 if none.
func (s *source) exifSegment(seg segment) (int, error) {
	if seg.end-seg.body < int64(len(exifHeader)) {
		return 0, nil
	}
	b, err := s.bytes(seg.body, len(exifHeader))
	if err != nil || string(b) != exifHeader {
		return 0, err
	}
	return s.tiffOrientation(seg.body+int64(len(exifHeader)), seg.end)
}

const (
	tagOrientation = 0x0112
	maxTIFFEntries = 512
)

// tiffOrientation finds the orientation in the TIFF structure between from
// and to. Damage in metadata is no reason to refuse a picture: it returns 0
// then, and errors only if the file cannot be read.
func (s *source) tiffOrientation(from, to int64) (int, error) {
	if to-from < 8 {
		return 0, nil
	}
	b, err := s.bytes(from, 8)
	if err != nil {
		return 0, err
	}
	var order binary.ByteOrder
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0, nil
	}
	ifd := from + int64(order.Uint32(b[4:]))
	if ifd < from || to-ifd < 2 {
		return 0, nil
	}
	if b, err = s.bytes(ifd, 2); err != nil {
		return 0, err
	}
	entries := min(int(order.Uint16(b)), maxTIFFEntries)
	for i := range entries {
		at := ifd + 2 + int64(i)*12
		if to-at < 12 {
			break
		}
		if b, err = s.bytes(at, 12); err != nil {
			return 0, err
		}
		if order.Uint16(b) == tagOrientation && order.Uint16(b[2:]) == 3 {
			if v := int(order.Uint16(b[8:])); v >= 1 && v <= 8 {
				return v, nil
			}
			break
		}
	}
	return 0, nil
}
