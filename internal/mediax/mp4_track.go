package mediax

import "encoding/binary"

// trak reads the boxes of a track and of the containers in it.
func (s *source) trak(b box, t *track, depth int) error {
	switch b.typ {
	case "mdia", "minf", "stbl":
		return s.eachBox(b.body, b.end, depth+1, func(b box) error { return s.trak(b, t, depth+1) })
	case "tkhd":
		return s.trackHeader(b, t)
	case "mdhd":
		var err error
		_, t.duration, err = s.timeHeader(b)
		return err
	case "hdlr":
		f, err := s.field(b, 8, 4)
		// QuickTime has a second, "data handler" box deeper in the track.
		if err == nil && (t.handler == "" || t.handler != "vide" && t.handler != "soun") {
			t.handler = printable(string(f))
		}
		return err
	case "stsz", "stz2":
		f, err := s.field(b, 8, 4)
		if err == nil {
			t.samples = binary.BigEndian.Uint32(f)
		}
		return err
	case "stsd":
		return s.sampleEntry(b, t)
	}
	return nil
}

// trackHeader reads the display size and the rotation of the matrix.
func (s *source) trackHeader(b box, t *track) error {
	v, err := s.version(b)
	if err != nil {
		return err
	}
	at := int64(40)
	if v == 1 {
		at = 52
	}
	f, err := s.field(b, at, 44)
	if err != nil {
		return err
	}
	// The matrix is a b u, c d v, x y w; a to d are 16.16 fixed point.
	cell := func(i int) int { return sign(int32(binary.BigEndian.Uint32(f[i*4:]))) }
	switch [4]int{cell(0), cell(1), cell(3), cell(4)} {
	case [4]int{0, 1, -1, 0}:
		t.rotation = 90
	case [4]int{-1, 0, 0, -1}:
		t.rotation = 180
	case [4]int{0, -1, 1, 0}:
		t.rotation = 270
	}
	t.width = int(binary.BigEndian.Uint16(f[36:]))
	t.height = int(binary.BigEndian.Uint16(f[40:]))
	return nil
}

func sign(v int32) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// sampleEntry reads the first entry of the sample description.
func (s *source) sampleEntry(b box, t *track) error {
	if b.end-b.body < 16 {
		return s.errorf(b.off, "box stsd is too short")
	}
	e, err := s.nextBox(b.body+8, b.end)
	if err != nil {
		return err
	}
	t.codec = printable(e.typ)
	if e.end-e.body < 28 {
		return nil
	}
	f, err := s.field(e, 0, 28)
	if err != nil {
		return err
	}
	switch t.handler {
	case "vide":
		t.codedW, t.codedH = int(binary.BigEndian.Uint16(f[24:])), int(binary.BigEndian.Uint16(f[26:]))
	case "soun":
		t.chans, t.rate = int(binary.BigEndian.Uint16(f[16:])), int(binary.BigEndian.Uint16(f[24:]))
	}
	return nil
}
