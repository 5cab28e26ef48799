package mediax

import "encoding/binary"

// picture reads the size of a HEIF picture from its item properties. Which
// property belongs to which item is not followed: the largest size is that of
// the picture, the others are of tiles and thumbnails.
func (m *movie) picture(b box) error {
	if b.end-b.body < 4 {
		return nil
	}
	quarter := 0
	properties := func(b box) error {
		switch b.typ {
		case "ispe":
			f, err := m.s.field(b, 4, 8)
			if err != nil {
				return err
			}
			w, h := binary.BigEndian.Uint32(f), binary.BigEndian.Uint32(f[4:])
			if w > 1<<30 || h > 1<<30 {
				return m.s.errorf(b.off, "size out of range")
			}
			if int64(w)*int64(h) > int64(m.info.Width)*int64(m.info.Height) {
				m.info.Width, m.info.Height = int(w), int(h)
			}
		case "irot":
			f, err := m.s.field(b, 0, 1)
			if err != nil {
				return err
			}
			quarter = int(f[0] & 3)
		case "auxC":
			m.info.HasAlpha = true
		}
		return nil
	}
	err := m.s.eachBox(b.body+4, b.end, 1, func(b box) error {
		if b.typ != "iprp" {
			return nil
		}
		return m.s.eachBox(b.body, b.end, 2, func(b box) error {
			if b.typ != "ipco" {
				return nil
			}
			return m.s.eachBox(b.body, b.end, 3, properties)
		})
	})
	// irot turns counter-clockwise; EXIF 6 is a quarter turn clockwise.
	m.info.Orientation = [...]int{1, 8, 3, 6}[quarter]
	return err
}
