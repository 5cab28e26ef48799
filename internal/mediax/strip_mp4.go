package mediax

import "io"

// stripMP4 copies the file and overwrites the boxes found by metadataBoxes.
func (s *source) stripMP4(dst io.Writer) error {
	var drop []box
	err := s.eachBox(0, s.size, 0, func(b box) error { return s.metadataBoxes(b, 0, &drop) })
	if err != nil {
		return err
	}
	at := int64(0)
	for _, b := range drop {
		// Keep the size fields, change the type, clear the body.
		if err := s.copyTo(dst, at, b.off+4); err != nil {
			return err
		}
		if _, err := io.WriteString(dst, "free"); err != nil {
			return err
		}
		if err := s.copyTo(dst, b.off+8, b.body); err != nil {
			return err
		}
		if err := writeZeros(dst, b.end-b.body); err != nil {
			return err
		}
		at = b.end
	}
	return s.copyTo(dst, at, s.size)
}

// metadataBoxes collects, in file order, the boxes that hold descriptions.
func (s *source) metadataBoxes(b box, depth int, drop *[]box) error {
	switch b.typ {
	case "udta", "meta", "uuid":
		*drop = append(*drop, b)
	case "moov", "trak", "moof", "traf":
		return s.eachBox(b.body, b.end, depth+1, func(b box) error { return s.metadataBoxes(b, depth+1, drop) })
	}
	return nil
}

func writeZeros(dst io.Writer, n int64) error {
	var zero [512]byte
	for n > 0 {
		k := min(n, int64(len(zero)))
		if _, err := dst.Write(zero[:k]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}
