package mediax

import "io"

func (s *source) stripJPEG(dst io.Writer) error {
	if _, err := dst.Write([]byte{0xFF, markSOI}); err != nil {
		return err
	}
	oriented := false
	for off := int64(2); ; {
		seg, err := s.nextSegment(off)
		if err != nil {
			return err
		}
		off = seg.end
		keep, err := s.keepSegment(seg)
		if err != nil {
			return err
		}
		if seg.mark == markAPP1 && !oriented {
			o, err := s.exifSegment(seg)
			if err != nil {
				return err
			}
			if o > 1 {
				oriented = true
				if _, err := dst.Write(orientationSegment(o)); err != nil {
					return err
				}
			}
		}
		if keep {
			if err := s.copyTo(dst, seg.off, seg.end); err != nil {
				return err
			}
		}
		switch seg.mark {
		case markEOI:
			return nil
		case markSOS:
			if off, err = s.copyScan(dst, seg.end); err != nil {
				return err
			}
		}
	}
}

// keepSegment reports whether a segment is part of the picture.
func (s *source) keepSegment(seg segment) (bool, error) {
	switch {
	case seg.mark == markAPP0, seg.mark == markAPP14:
		return true, nil
	case seg.mark == markAPP2:
		const icc = "ICC_PROFILE\x00"
		if seg.end-seg.body < int64(len(icc)) {
			return false, nil
		}
		b, err := s.bytes(seg.body, len(icc))
		return string(b) == icc, err
	case seg.mark >= markAPP0 && seg.mark <= markAPP15, seg.mark == markCOM:
		return false, nil
	}
	return true, nil
}

// copyScan copies coded data up to the next marker, which ends it, and
// returns where that is.
func (s *source) copyScan(dst io.Writer, off int64) (int64, error) {
	start := off
	for {
		if off-start >= smallRead {
			if err := s.copyTo(dst, start, off); err != nil {
				return 0, err
			}
			start = off
		}
		c, err := s.u8(off)
		if err != nil {
			return 0, err
		}
		if c != 0xFF {
			off++
			continue
		}
		next, err := s.u8(off + 1)
		if err != nil {
			return 0, err
		}
		switch {
		case next == 0 || next >= markRST0 && next <= markRST7:
			off += 2
		case next == 0xFF:
			off++
		default:
			return off, s.copyTo(dst, start, off)
		}
	}
}

// orientationSegment is an Exif segment with one entry.
func orientationSegment(o int) []byte {
	seg := []byte{0xFF, markAPP1, 0, 34}
	seg = append(seg, exifHeader...)
	return append(seg,
		'M', 'M', 0, 42, 0, 0, 0, 8, // big endian, directory at 8
		0, 1, // one entry
		tagOrientation>>8, tagOrientation&0xFF, 0, 3, 0, 0, 0, 1, 0, byte(o), 0, 0,
		0, 0, 0, 0, // no further directory
	)
}
