package mediax_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image/color"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/internal/mediax/mediatest"
)

var red = color.NRGBA{R: 200, G: 30, B: 30, A: 255}

func probe(t *testing.T, file []byte) (mediax.Info, error) {
	t.Helper()
	return mediax.Probe(t.Context(), bytes.NewReader(file), int64(len(file)))
}

func pngChunk(typ string, data []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	c = append(append(c, typ...), data...)
	return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
}

// insertPNG puts chunks behind the header chunk.
func insertPNG(file []byte, chunks ...[]byte) []byte {
	const head = 8 + 12 + 13
	out := append([]byte{}, file[:head]...)
	for _, c := range chunks {
		out = append(out, c...)
	}
	return append(out, file[head:]...)
}

func heic(w, h uint32, rotation byte, extra ...[]byte) []byte {
	size := func(w, h uint32) []byte {
		b := binary.BigEndian.AppendUint32(make([]byte, 4), w)
		return mediatest.Box("ispe", binary.BigEndian.AppendUint32(b, h))
	}
	props := mediatest.Box("ipco", size(64, 64), size(w, h), mediatest.Box("irot", []byte{rotation}))
	meta := mediatest.Box("meta", append([][]byte{make([]byte, 4), mediatest.Box("iprp", props)}, extra...)...)
	return append(mediatest.Box("ftyp", []byte("mif1\x00\x00\x00\x00mif1heic")), meta...)
}

func sidx(scale uint32, durations ...uint32) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 8), scale)
	b = binary.BigEndian.AppendUint16(append(b, make([]byte, 10)...), uint16(len(durations)))
	for _, d := range durations {
		b = binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 9), d)
		b = append(b, 0, 0, 0, 0)
	}
	return mediatest.Box("sidx", b)
}

func ebml(id uint32, data ...[]byte) []byte {
	var out []byte
	for shift := 24; shift >= 0; shift -= 8 {
		if b := byte(id >> shift); b != 0 || len(out) > 0 {
			out = append(out, b)
		}
	}
	body := bytes.Join(data, nil)
	out = append(out, 0x10|byte(len(body)>>24), byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
	return append(out, body...)
}

func webm(doc string) []byte {
	duration := binary.BigEndian.AppendUint64(nil, math.Float64bits(2500))
	return append(ebml(0x1A45DFA3, ebml(0x4282, []byte(doc))), ebml(0x18538067,
		ebml(0x1549A966, ebml(0x2AD7B1, []byte{0x0F, 0x42, 0x40}), ebml(0x4489, duration)),
		ebml(0x1654AE6B,
			ebml(0xAE, ebml(0x83, []byte{1}), ebml(0x86, []byte("V_VP9")), ebml(0xE0, ebml(0xB0, []byte{5, 0}), ebml(0xBA, []byte{2, 0xD0}))),
			ebml(0xAE, ebml(0x83, []byte{2}), ebml(0x86, []byte("A_OPUS")), ebml(0xE1, ebml(0x9F, []byte{2})))),
		ebml(0x1F43B675, []byte("media")))...)
}

func wav(seconds int) []byte {
	format := []byte{1, 0, 2, 0}
	format = binary.LittleEndian.AppendUint32(format, 8000)
	format = binary.LittleEndian.AppendUint32(format, 32000)
	format = append(format, 4, 0, 16, 0)
	return mediatest.RIFF("WAVE", mediatest.RIFFChunk("fmt ", format), mediatest.RIFFChunk("data", make([]byte, 32000*seconds)))
}

func TestProbe(t *testing.T) {
	apng := insertPNG(mediatest.PNG(4, 3, red),
		pngChunk("acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0}),
		pngChunk("fcTL", append(make([]byte, 20), 0, 1, 0, 2, 0, 0)))
	second := pngChunk("fcTL", append(make([]byte, 20), 0, 50, 0, 0, 0, 0))
	apng = append(append(apng[:len(apng)-12:len(apng)-12], second...), apng[len(apng)-12:]...)
	still := func(mime string, w, h int) mediax.Info {
		return mediax.Info{MIME: mime, Kind: mediax.Image, Width: w, Height: h, Orientation: 1, Frames: 1}
	}
	movie := mediax.Info{
		MIME: "video/mp4", Kind: mediax.Video, Width: 1280, Height: 720, Duration: 2500 * time.Millisecond,
		FrameRate: 30, VideoCodec: "avc1", AudioCodec: "mp4a", AudioRate: 48000, AudioChannels: 2,
	}
	with := func(i mediax.Info, change func(*mediax.Info)) mediax.Info {
		change(&i)
		return i
	}
	m := mediatest.Movie{Width: 1280, Height: 720, Duration: 2500 * time.Millisecond}
	for _, tc := range []struct {
		name string
		file []byte
		want mediax.Info
	}{
		{"jpeg", mediatest.JPEG(30, 20, red), still("image/jpeg", 30, 20)},
		{"jpeg turned", mediatest.JPEGWithExif(30, 20, 6, red, "x"), with(still("image/jpeg", 20, 30), func(i *mediax.Info) { i.Orientation = 6 })},
		{"png", mediatest.PNG(30, 20, red), still("image/png", 30, 20)},
		{"png with alpha", mediatest.PNG(30, 20, color.NRGBA{A: 9}), with(still("image/png", 30, 20), func(i *mediax.Info) { i.HasAlpha = true })},
		{"apng", apng, with(still("image/apng", 4, 3), func(i *mediax.Info) { i.Kind, i.Frames, i.Duration = mediax.Animation, 2, time.Second })},
		{"gif", mediatest.GIF(8, 6, 3, 200*time.Millisecond), with(still("image/gif", 8, 6), func(i *mediax.Info) {
			i.Kind, i.Frames, i.Duration = mediax.Animation, 3, 600*time.Millisecond
		})},
		{"gif of one frame", mediatest.GIF(8, 6, 1, 0), still("image/gif", 8, 6)},
		{"webp", mediatest.WebP(800, 600), still("image/webp", 800, 600)},
		{"webp lossy", mediatest.RIFF("WEBP", mediatest.RIFFChunk("VP8 ", []byte{0, 0, 0, 0x9d, 1, 0x2a, 64, 1, 240, 0})), still("image/webp", 320, 240)},
		{"webp extended", mediatest.RIFF("WEBP", mediatest.VP8X(0x10, 70000, 5), mediatest.VP8L(9, 9)), with(still("image/webp", 70000, 5), func(i *mediax.Info) { i.HasAlpha = true })},
		{"webp animated", mediatest.AnimatedWebP(64, 32, 100, 150), with(still("image/webp", 64, 32), func(i *mediax.Info) {
			i.Kind, i.Frames, i.Duration = mediax.Animation, 2, 250*time.Millisecond
		})},
		{"heic", heic(4032, 3024, 3), with(still("image/heic", 3024, 4032), func(i *mediax.Info) { i.Orientation = 6 })},
		{"mp4", m.Bytes(), movie},
		{"mp4 with its index at the end", bytes.Join([][]byte{m.FileType(), mediatest.Box("mdat", make([]byte, 99)), m.Index()}, nil), movie},
		{"mp4 turned", with2(m, func(m *mediatest.Movie) { m.Rotation = 90 }), with(movie, func(i *mediax.Info) { i.Rotation, i.Width, i.Height = 90, 720, 1280 })},
		{"mp4 upside down", with2(m, func(m *mediatest.Movie) { m.Rotation = 180 }), with(movie, func(i *mediax.Info) { i.Rotation = 180 })},
		{"mp4 turned left", with2(m, func(m *mediatest.Movie) { m.Rotation = 270 }), with(movie, func(i *mediax.Info) { i.Rotation, i.Width, i.Height = 270, 720, 1280 })},
		{"mp4 in fragments", with2(m, func(m *mediatest.Movie) { m.Fragmented = true }), movie},
		{"mp4 with a segment index", bytes.Join([][]byte{mediatest.Movie{}.FileType(), mediatest.Movie{Width: 64, Height: 36, Silent: true}.Index(), sidx(1000, 1500, 700)}, nil), mediax.Info{
			MIME: "video/mp4", Kind: mediax.Video, Width: 64, Height: 36, Duration: 2200 * time.Millisecond, VideoCodec: "avc1",
		}},
		{"mov", with2(m, func(m *mediatest.Movie) { m.Brand, m.VideoCodec = "qt  ", "hvc1" }), with(movie, func(i *mediax.Info) { i.MIME, i.VideoCodec = "video/quicktime", "hvc1" })},
		{"old mov", append(mediatest.Box("wide"), m.Index()...), with(movie, func(i *mediax.Info) { i.MIME = "video/quicktime" })},
		{"mp4 without sound", with2(m, func(m *mediatest.Movie) { m.Silent = true }), with(movie, func(i *mediax.Info) { i.AudioCodec, i.AudioRate, i.AudioChannels = "", 0, 0 })},
		{"webm", webm("webm"), mediax.Info{MIME: "video/webm", Kind: mediax.Video, Width: 1280, Height: 720, Duration: 2500 * time.Millisecond, VideoCodec: "V_VP9", AudioCodec: "A_OPUS", AudioChannels: 2}},
		{"wav", wav(2), mediax.Info{MIME: "audio/wav", Kind: mediax.Audio, AudioCodec: "pcm", AudioRate: 8000, AudioChannels: 2, Duration: 2 * time.Second}},
		{"mp3 with a tag", []byte("ID3\x03\x00\x00\x00\x00\x00\x00"), mediax.Info{MIME: "audio/mpeg", Kind: mediax.Audio}},
		{"mp3", []byte{0xFF, 0xFB, 0x90, 0x00, 0, 0}, mediax.Info{MIME: "audio/mpeg", Kind: mediax.Audio}},
		{"ogg opus", append([]byte("OggS"), append(make([]byte, 24), "OpusHead"...)...), mediax.Info{MIME: "audio/ogg", Kind: mediax.Audio, AudioCodec: "opus"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := probe(t, tc.file)
			require.NoError(t, err)
			tc.want.Size = int64(len(tc.file))
			require.Empty(t, cmp.Diff(tc.want, got))

			got, err = mediax.ProbeSeeker(t.Context(), bytes.NewReader(tc.file))
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(tc.want, got), "through a seeker")
		})
	}
}

func with2(m mediatest.Movie, change func(*mediatest.Movie)) []byte {
	change(&m)
	return m.Bytes()
}

func TestProbeUnknown(t *testing.T) {
	for _, file := range []string{"", "abc", "hello world, this is text", "%PDF-1.7 ........", "<svg></svg>         ", "\xff\xff\xff\xff\xff"} {
		_, err := probe(t, []byte(file))
		require.ErrorIs(t, err, mediax.ErrUnknownType, "%q", file)
	}
}

func TestProbeDamaged(t *testing.T) {
	m := mediatest.MP4(64, 64, time.Second)
	for name, file := range map[string][]byte{
		"jpeg cut":        mediatest.JPEG(9, 9, red)[:30],
		"jpeg no picture": {0xFF, 0xD8, 0xFF, 0xD9},
		"png cut":         mediatest.PNG(9, 9, red)[:40],
		"png zero size":   append([]byte("\x89PNG\r\n\x1a\n"), append(pngChunk("IHDR", make([]byte, 13)), pngChunk("IEND", nil)...)...),
		"gif cut":         mediatest.GIF(9, 9, 2, 0)[:60],
		"gif no picture":  append([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"), 0x3B),
		"webp empty":      mediatest.RIFF("WEBP"),
		"webp cut":        mediatest.RIFF("WEBP", mediatest.VP8L(9, 9)[:12]),
		"mp4 cut":         m[:len(m)-40],
		"mp4 no movie":    mediatest.Box("ftyp", []byte("isom\x00\x00\x00\x00")),
		"webm no track":   ebml(0x1A45DFA3, ebml(0x4282, []byte("webm"))),
	} {
		_, err := probe(t, file)
		var damaged *mediax.FormatError
		require.ErrorAs(t, err, &damaged, name)
		require.NotEmpty(t, damaged.Reason)
	}
}

// counter counts what is read.
type counter struct {
	r     io.ReaderAt
	bytes int64
	calls int
}

func (c *counter) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.bytes += int64(n)
	c.calls++
	return n, err
}

func TestProbeRefusesBombs(t *testing.T) {
	header := binary.BigEndian.AppendUint32(nil, 100_000)
	header = append(binary.BigEndian.AppendUint32(header, 100_000), 8, 6, 0, 0, 0)
	bomb := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", header)...)
	bomb = append(bomb, pngChunk("IDAT", make([]byte, 1<<20))...)
	c := &counter{r: bytes.NewReader(bomb)}
	_, err := mediax.Probe(t.Context(), c, int64(len(bomb)))
	var limit *mediax.LimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, mediax.LimitError{What: "pixels", Value: 10_000_000_000, Max: mediax.MaxPixels}, *limit)
	require.Less(t, c.bytes, int64(10_000))

	_, err = mediax.Resize(t.Context(), io.Discard, bytes.NewReader(bomb), int64(len(bomb)), mediax.ResizeOptions{})
	require.ErrorAs(t, err, &limit, "nor may it be decoded")

	gif := mediatest.GIF(2, 2, 20, 0)
	_, err = mediax.Limits{Frames: 10}.Probe(t.Context(), bytes.NewReader(gif), int64(len(gif)))
	require.ErrorAs(t, err, &limit)
	require.Equal(t, "frames", limit.What)

	deep := mediatest.Box("stbl")
	for range 40 {
		deep = mediatest.Box("mdia", deep)
	}
	file := append(mediatest.Movie{}.FileType(), mediatest.Box("moov", mediatest.Box("trak", deep))...)
	_, err = probe(t, file)
	require.ErrorAs(t, err, &limit)

	many := append(mediatest.Movie{}.FileType(), bytes.Repeat(mediatest.Box("free"), 200_000)...)
	_, err = probe(t, many)
	require.ErrorAs(t, err, &limit)
	require.Equal(t, "boxes", limit.What)
}

// sparse is a large file of which only the two ends exist.
type sparse struct {
	head, tail []byte
	size       int64
}

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	n := min(int64(len(p)), s.size-off)
	place := func(part []byte, at int64) {
		for i := range n {
			if k := off + i - at; k >= 0 && k < int64(len(part)) {
				p[i] = part[k]
			}
		}
	}
	place(s.head, 0)
	place(s.tail, s.size-int64(len(s.tail)))
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

func TestProbeReadsLittleOfALargeVideo(t *testing.T) {
	const size = 300 << 20
	m := mediatest.Movie{Width: 1080, Height: 1920, Duration: 90 * time.Second}
	index := m.Index()
	head := m.FileType()
	media := binary.BigEndian.AppendUint32(nil, uint32(size-len(head)-len(index)))
	head = append(head, append(media, "mdat"...)...)
	c := &counter{r: sparse{head: head, tail: index, size: size}}
	info, err := mediax.Probe(t.Context(), c, size)
	require.NoError(t, err)
	require.Equal(t, 90*time.Second, info.Duration)
	require.Equal(t, 1920, info.Height)
	require.Less(t, c.bytes, int64(1<<20))
	t.Logf("read %d bytes of %d in %d calls", c.bytes, size, c.calls)
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

func TestProbePassesErrorsOn(t *testing.T) {
	disk := errors.New("disk gone")
	_, err := mediax.Probe(t.Context(), failing{disk}, 100)
	require.ErrorIs(t, err, disk)

	_, err = mediax.Probe(t.Context(), strings.NewReader("\x89PNG\r\n\x1a\n"), 100)
	var damaged *mediax.FormatError
	require.ErrorAs(t, err, &damaged, "shorter than stated")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := mediatest.PNG(2, 2, red)
	_, err = mediax.Probe(ctx, bytes.NewReader(file), int64(len(file)))
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzProbe(f *testing.F) {
	for _, file := range seeds() {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		info, err := probe(t, file)
		if err != nil {
			return
		}
		require.NotEmpty(t, info.MIME)
		require.NotZero(t, info.Kind)
		require.GreaterOrEqual(t, info.Duration, time.Duration(0))
		require.LessOrEqual(t, int64(info.Width)*int64(info.Height), int64(mediax.MaxPixels))
		if info.Kind == mediax.Image {
			require.Positive(t, info.Width)
			require.Positive(t, info.Height)
		}
	})
}

func seeds() [][]byte {
	return [][]byte{
		mediatest.JPEGWithExif(3, 2, 6, red, "secret"), mediatest.PNG(3, 2, red), mediatest.GIF(3, 2, 2, 0),
		mediatest.WebP(3, 2), mediatest.AnimatedWebP(3, 2, 10, 20), mediatest.MP4(3, 2, time.Second),
		mediatest.Movie{Fragmented: true, Location: "x"}.Bytes(), heic(3, 2, 1), webm("webm"), wav(0),
		mediatest.RIFF("WEBP", mediatest.VP8X(0x0C, 3, 2), mediatest.VP8L(3, 2), mediatest.RIFFChunk("EXIF", []byte("II*\x00"))),
		append([]byte("OggS"), make([]byte, 40)...), append([]byte("fLaC"), make([]byte, 40)...),
	}
}
