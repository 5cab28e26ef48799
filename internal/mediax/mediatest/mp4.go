package mediatest

import (
	"encoding/binary"
	"time"
)

// Box makes an ISO base media box of the joined parts.
func Box(typ string, parts ...[]byte) []byte {
	b := append(make([]byte, 4), typ...)
	for _, p := range parts {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// MP4 returns a file with an H.264 video track of 30 frames per second and an
// AAC sound track, whose streams are empty.
func MP4(width, height int, duration time.Duration) []byte {
	return Movie{Width: width, Height: height, Duration: duration}.Bytes()
}

// Movie says what a generated MP4 or MOV holds.
type Movie struct {
	Brand         string // default "isom"; "qt  " makes a MOV
	Width, Height int    // of the coded picture
	Duration      time.Duration
	Rotation      int    // degrees clockwise: 0, 90, 180, 270
	VideoCodec    string // default "avc1"
	AudioCodec    string // default "mp4a"
	Silent        bool   // no sound track
	Fragmented    bool   // duration in mvex instead of mvhd
	Location      string // put into udta
}

const movieScale = 1000 // milliseconds

// Bytes returns the file, its index before its media.
func (m Movie) Bytes() []byte {
	file := append(m.FileType(), m.Index()...)
	return append(file, Box("mdat", make([]byte, 16))...)
}

// FileType returns the first box.
func (m Movie) FileType() []byte {
	brand := or(m.Brand, "isom")
	return Box("ftyp", []byte(brand), u32(0x200), []byte(brand))
}

// Index returns the movie box.
func (m Movie) Index() []byte {
	units := uint32(m.Duration / time.Millisecond)
	header := units
	parts := [][]byte{nil}
	if m.Fragmented {
		header = 0
		parts = append(parts, Box("mvex", Box("mehd", u32(0), u32(units))))
	}
	parts[0] = Box("mvhd", u32(0), make([]byte, 8), u32(movieScale), u32(header), make([]byte, 80))
	parts = append(parts, m.track("vide", units))
	if !m.Silent {
		parts = append(parts, m.track("soun", units))
	}
	if m.Location != "" {
		parts = append(parts, Box("udta", Box("\xa9xyz", u16(len(m.Location)), u16(0x15c7), []byte(m.Location))))
	}
	return Box("moov", parts...)
}

func (m Movie) track(handler string, units uint32) []byte {
	matrix := map[int][]uint32{
		0: {1 << 16, 0, 0, 1 << 16}, 90: {0, 1 << 16, 0xFFFF0000, 0},
		180: {0xFFFF0000, 0, 0, 0xFFFF0000}, 270: {0, 0xFFFF0000, 1 << 16, 0},
	}[m.Rotation]
	var width, height int
	samples := uint32(0)
	entry := append(make([]byte, 16), u16(2)...) // two channels
	entry = append(entry, make([]byte, 6)...)
	entry = append(append(entry, u16(48000)...), make([]byte, 2)...)
	codec := or(m.AudioCodec, "mp4a")
	if handler == "vide" {
		width, height = m.Width, m.Height
		samples = units * 30 / movieScale
		codec = or(m.VideoCodec, "avc1")
		entry = append(make([]byte, 24), u16(width)...)
		entry = append(append(entry, u16(height)...), make([]byte, 50)...)
	}
	return Box("trak",
		Box("tkhd", u32(0), make([]byte, 36),
			u32(matrix[0]), u32(matrix[1]), u32(0), u32(matrix[2]), u32(matrix[3]), u32(0), u32(0), u32(0), u32(1<<30),
			u16(width), u16(0), u16(height), u16(0)),
		Box("mdia",
			Box("mdhd", u32(0), make([]byte, 8), u32(movieScale), u32(units), u32(0)),
			Box("hdlr", u32(0), u32(0), []byte(handler), make([]byte, 13)),
			Box("minf", Box("stbl",
				Box("stsd", u32(0), u32(1), Box(codec, entry)),
				Box("stsz", u32(0), u32(1), u32(samples)))),
		))
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func u16(v int) []byte    { return binary.BigEndian.AppendUint16(nil, uint16(v)) }
func u32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
