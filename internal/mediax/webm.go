package mediax

import (
	"encoding/binary"
	"math"
	"math/bits"
	"time"
)

// Element ids of EBML (RFC 8794) and Matroska (RFC 9559).
const (
	idEBML        = 0x1A45DFA3
	idDocType     = 0x4282
	idSegment     = 0x18538067
	idInfo        = 0x1549A966
	idScale       = 0x2AD7B1
	idDuration    = 0x4489
	idTracks      = 0x1654AE6B
	idTrackEntry  = 0xAE
	idTrackType   = 0x83
	idCodec       = 0x86
	idVideo       = 0xE0
	idPixelWidth  = 0xB0
	idPixelHeight = 0xBA
	idAudio       = 0xE1
	idChannels    = 0x9F
	idSampling    = 0xB5
	idCluster     = 0x1F43B675
)

type element struct {
	id             uint64
	off, body, end int64
}

// vint reads a number of variable length; with its marker if keep is set. An
// unknown size (all ones) is returned as -1.
func (s *source) vint(off int64, keep bool) (value int64, n int, err error) {
	first, err := s.u8(off)
	if err != nil {
		return 0, 0, err
	}
	n = bits.LeadingZeros8(first) + 1
	if n > 8 {
		return 0, 0, s.errorf(off, "number is too long")
	}
	b, err := s.bytes(off, n)
	if err != nil {
		return 0, 0, err
	}
	v := uint64(0)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	if keep {
		return int64(v), n, nil
	}
	mask := uint64(1)<<(7*n) - 1
	if v &= mask; v == mask {
		return -1, n, nil
	}
	return int64(v), n, nil
}

func (s *source) nextElement(off, limit int64) (element, error) {
	if err := s.countBox(); err != nil {
		return element{}, err
	}
	id, n, err := s.vint(off, true)
	if err != nil {
		return element{}, err
	}
	size, m, err := s.vint(off+int64(n), false)
	if err != nil {
		return element{}, err
	}
	e := element{id: uint64(id), off: off, body: off + int64(n+m)}
	if size < 0 || size > limit-e.body && (e.id == idSegment || e.id == idCluster) {
		size = limit - e.body // live streams leave it open
	}
	if size < 0 || size > limit-e.body {
		return element{}, s.errorf(off, "element reaches over the end of what holds it")
	}
	e.end = e.body + size
	return e, nil
}

func (s *source) number(e element) (uint64, error) {
	n := e.end - e.body
	if n > 8 {
		return 0, s.errorf(e.off, "number is too long")
	}
	b, err := s.bytes(e.body, int(n))
	if err != nil {
		return 0, err
	}
	v := uint64(0)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, nil
}

func (s *source) float(e element) (float64, error) {
	b, err := s.bytes(e.body, int(min(e.end-e.body, 8)))
	if err != nil {
		return 0, err
	}
	switch len(b) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b))), nil
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	}
	return 0, nil
}

func (s *source) short(e element) (string, error) {
	b, err := s.bytes(e.body, int(min(e.end-e.body, 32)))
	return printable(string(b)), err
}

type webmTrack struct {
	kind          uint64
	codec         string
	width, height uint64
	channels      uint64
	rate          float64
}

type webm struct {
	s        *source
	info     *Info
	scale    uint64
	duration float64
	done     bool
	track    webmTrack
}

func probeWebM(s *source, info *Info) error {
	w := webm{s: s, info: info, scale: uint64(time.Millisecond)}
	if err := w.walk(0, s.size, 0); err != nil {
		return err
	}
	if d := w.duration * float64(w.scale); d > 0 && d < 1e18 {
		info.Duration = time.Duration(d).Round(time.Microsecond)
	}
	switch {
	case info.VideoCodec != "":
		info.Kind = Video
	case info.AudioCodec != "":
		info.Kind = Audio
		if info.MIME == "video/webm" {
			info.MIME = "audio/webm"
		}
	default:
		return s.errorf(0, "no track")
	}
	return nil
}

// walk visits the elements up to the first cluster: what follows is media.
func (w *webm) walk(from, to int64, depth int) error {
	if depth > maxBoxDepth {
		return &LimitError{What: "levels of elements", Value: int64(depth), Max: maxBoxDepth}
	}
	for off := from; off < to && !w.done; {
		e, err := w.s.nextElement(off, to)
		if err != nil {
			return err
		}
		if err := w.visit(e, depth); err != nil {
			return err
		}
		off = e.end
	}
	return nil
}

func (w *webm) visit(e element, depth int) (err error) {
	switch e.id {
	case idEBML, idSegment, idInfo, idTracks, idVideo, idAudio:
		return w.walk(e.body, e.end, depth+1)
	case idTrackEntry:
		w.track = webmTrack{channels: 1}
		if err := w.walk(e.body, e.end, depth+1); err != nil {
			return err
		}
		w.add()
	case idCluster:
		w.done = true
	case idDocType:
		t, err := w.s.short(e)
		if err == nil && t == "matroska" {
			w.info.MIME = "video/x-matroska"
		}
		return err
	case idScale:
		w.scale, err = w.s.number(e)
	case idDuration:
		w.duration, err = w.s.float(e)
	case idTrackType:
		w.track.kind, err = w.s.number(e)
	case idCodec:
		w.track.codec, err = w.s.short(e)
	case idPixelWidth:
		w.track.width, err = w.s.number(e)
	case idPixelHeight:
		w.track.height, err = w.s.number(e)
	case idChannels:
		w.track.channels, err = w.s.number(e)
	case idSampling:
		w.track.rate, err = w.s.float(e)
	}
	return err
}

func (w *webm) add() {
	const video, audio = 1, 2
	t := w.track
	switch {
	case t.kind == video && w.info.VideoCodec == "":
		w.info.VideoCodec = t.codec
		w.info.Width, w.info.Height = int(min(t.width, 1<<30)), int(min(t.height, 1<<30))
	case t.kind == audio && w.info.AudioCodec == "":
		w.info.AudioCodec = t.codec
		w.info.AudioChannels = int(min(t.channels, 1<<16))
		if t.rate > 0 && t.rate < 1e7 {
			w.info.AudioRate = int(t.rate)
		}
	}
}
