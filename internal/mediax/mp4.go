package mediax

import (
	"encoding/binary"
	"math"
	"time"
)

// movie collects what the boxes of a file tell.
type movie struct {
	s    *source
	info *Info

	found      bool
	scale      uint32        // units per second of the movie header
	header     time.Duration // of the movie header
	fragmented time.Duration // of the fragment header
	segments   time.Duration // of segment indexes
	longest    time.Duration // of the tracks
	still      bool          // brand of a HEIF picture
}

type track struct {
	handler       string
	width, height int // for display
	rotation      int
	codec         string
	codedW        int
	codedH        int
	rate, chans   int
	duration      time.Duration
	samples       uint32
}

func probeMP4(s *source, info *Info) error {
	m := movie{s: s, info: info}
	if err := s.eachBox(0, s.size, 0, m.top); err != nil {
		return err
	}
	if m.still && !m.found {
		info.Kind = Image
		return nil
	}
	if !m.found {
		return s.errorf(0, "no movie box")
	}
	for _, d := range []time.Duration{m.header, m.fragmented, m.segments, m.longest} {
		if info.Duration == 0 {
			info.Duration = d
		}
	}
	info.Kind = Audio
	if info.VideoCodec != "" {
		info.Kind = Video
	} else if info.MIME == "video/mp4" {
		info.MIME = "audio/mp4"
	}
	return nil
}

func (m *movie) top(b box) error {
	switch b.typ {
	case "ftyp":
		return m.brand(b)
	case "moov":
		m.found = true
		return m.s.eachBox(b.body, b.end, 1, m.moov)
	case "meta":
		if m.still {
			return m.picture(b)
		}
	case "sidx":
		return m.index(b)
	}
	return nil
}

func (m *movie) brand(b box) error {
	v, err := m.s.field(b, 0, 4)
	if err != nil {
		return err
	}
	brand := string(v)
	switch brand {
	case "qt  ":
		m.info.MIME, m.s.format = "video/quicktime", "mov"
	case "M4A ", "M4B ":
		m.info.MIME = "audio/mp4"
	case "heic", "heix", "heim", "heis", "hevc", "hevx":
		m.info.MIME, m.s.format, m.still = "image/heic", "heic", true
	case "mif1", "msf1":
		m.info.MIME, m.s.format, m.still = "image/heif", "heif", true
	case "avif", "avis":
		m.info.MIME, m.s.format, m.still = "image/avif", "avif", true
	}
	if brand != "mif1" {
		return nil
	}
	// The general brand: a compatible one says which codec it is.
	for at := int64(8); at+4 <= min(b.end-b.body, 8+4*32); at += 4 {
		c, err := m.s.field(b, at, 4)
		if err != nil {
			return err
		}
		switch string(c) {
		case "heic", "heix":
			m.info.MIME = "image/heic"
		case "avif":
			m.info.MIME = "image/avif"
		}
	}
	return nil
}

func (m *movie) moov(b box) error {
	switch b.typ {
	case "mvhd":
		scale, d, err := m.s.timeHeader(b)
		if err != nil {
			return err
		}
		m.scale, m.header = scale, d
	case "mvex":
		return m.s.eachBox(b.body, b.end, 2, m.extends)
	case "trak":
		var t track
		if err := m.s.eachBox(b.body, b.end, 2, func(b box) error { return m.s.trak(b, &t, 2) }); err != nil {
			return err
		}
		m.add(t)
	}
	return nil
}

// timeHeader reads time scale and duration of mvhd and mdhd, which start
// alike.
func (s *source) timeHeader(b box) (uint32, time.Duration, error) {
	v, err := s.version(b)
	if err != nil {
		return 0, 0, err
	}
	if v == 1 {
		f, err := s.field(b, 20, 12)
		if err != nil {
			return 0, 0, err
		}
		scale, d := binary.BigEndian.Uint32(f), binary.BigEndian.Uint64(f[4:])
		return scale, units(d, scale), nil
	}
	f, err := s.field(b, 12, 8)
	if err != nil {
		return 0, 0, err
	}
	scale, d := binary.BigEndian.Uint32(f), binary.BigEndian.Uint32(f[4:])
	if d == math.MaxUint32 {
		d = 0 // unknown
	}
	return scale, units(uint64(d), scale), nil
}

// units turns n units of 1/scale seconds into a duration; 0 if unknown or out
// of range.
func units(n uint64, scale uint32) time.Duration {
	if scale == 0 || n == math.MaxUint64 {
		return 0
	}
	seconds := float64(n) / float64(scale)
	if seconds > 1e9 {
		return 0
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond)
}

func (m *movie) extends(b box) error {
	if b.typ != "mehd" {
		return nil
	}
	v, err := m.s.version(b)
	if err != nil {
		return err
	}
	if v == 1 {
		f, err := m.s.field(b, 4, 8)
		if err != nil {
			return err
		}
		m.fragmented = units(binary.BigEndian.Uint64(f), m.scale)
		return nil
	}
	f, err := m.s.field(b, 4, 4)
	if err != nil {
		return err
	}
	m.fragmented = units(uint64(binary.BigEndian.Uint32(f)), m.scale)
	return nil
}

// index adds up the durations of a segment index.
func (m *movie) index(b box) error {
	v, err := m.s.version(b)
	if err != nil {
		return err
	}
	head := int64(20)
	if v == 1 {
		head = 28
	}
	f, err := m.s.field(b, 8, 4)
	if err != nil {
		return err
	}
	scale := binary.BigEndian.Uint32(f)
	if f, err = m.s.field(b, head+2, 2); err != nil {
		return err
	}
	total := uint64(0)
	for i := range int(binary.BigEndian.Uint16(f)) {
		if f, err = m.s.field(b, head+4+int64(i)*12+4, 4); err != nil {
			return err
		}
		total += uint64(binary.BigEndian.Uint32(f))
	}
	m.segments = max(m.segments, units(total, scale))
	return nil
}

// add takes a track over: the first of each sort counts.
func (m *movie) add(t track) {
	m.longest = max(m.longest, t.duration)
	switch {
	case t.handler == "vide" && m.info.VideoCodec == "":
		m.info.VideoCodec = t.codec
		m.info.Rotation = t.rotation
		m.info.Width, m.info.Height = t.width, t.height
		if t.width == 0 || t.height == 0 {
			m.info.Width, m.info.Height = t.codedW, t.codedH
		}
		if t.duration > 0 && t.samples > 0 {
			m.info.FrameRate = math.Round(float64(t.samples)/t.duration.Seconds()*1000) / 1000
		}
	case t.handler == "soun" && m.info.AudioCodec == "":
		m.info.AudioCodec, m.info.AudioRate, m.info.AudioChannels = t.codec, t.rate, t.chans
	}
}
