package mediax_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/internal/mediax/mediatest"
)

const secret = "+52.5200+013.4050/ home of the author"

func strip(t *testing.T, file []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, mediax.StripMetadata(t.Context(), &out, bytes.NewReader(file), int64(len(file))))
	return out.Bytes()
}

func TestStripMetadata(t *testing.T) {
	icc := "ICC_PROFILE\x00\x01\x01profile"
	photo := mediatest.JPEGWithExif(40, 30, 6, red, secret)
	for _, seg := range []struct {
		marker byte
		data   string
	}{
		{0xE1, "http://ns.adobe.com/xap/1.0/\x00" + secret}, {0xED, "Photoshop 3.0\x00" + secret}, {0xFE, secret},
		{0xE2, "MPF\x00" + secret}, {0xEB, secret}, {0xE2, icc},
	} {
		photo = mediatest.InsertJPEG(photo, seg.marker, []byte(seg.data))
	}
	photo = append(photo, "trailing video "+secret...)
	text := func(typ string) []byte { return pngChunk(typ, []byte("Comment\x00"+secret)) }
	picture := insertPNG(mediatest.PNG(9, 9, red), pngChunk("gAMA", []byte{0, 0, 0xb1, 0x8f}), text("tEXt"), text("zTXt"), text("iTXt"), text("eXIf"), text("tIME"))
	animation := mediatest.GIF(4, 4, 2, 50*time.Millisecond)
	comment := append([]byte{0x21, 0xFE, byte(len(secret))}, secret...)
	xmp := append([]byte("\x21\xFF\x0bXMP DataXMP"+string(byte(len(secret)))), secret...)
	at := 13 + 0 // no global colour table is written for these frames
	if animation[10]&0x80 != 0 {
		at += 3 << (animation[10]&7 + 1)
	}
	animation = bytes.Join([][]byte{animation[:at], comment, {0}, xmp, {0}, animation[at:], []byte(secret)}, nil)
	web := mediatest.RIFF("WEBP", mediatest.VP8X(0x1C, 9, 9), mediatest.VP8L(9, 9),
		mediatest.RIFFChunk("EXIF", []byte(secret)), mediatest.RIFFChunk("XMP ", []byte(secret)))
	movie := mediatest.Movie{Width: 64, Height: 36, Duration: time.Second, Location: secret}.Bytes()
	movie = append(movie, mediatest.Box("uuid", []byte(secret))...)

	for name, file := range map[string][]byte{"jpeg": photo, "png": picture, "gif": animation, "webp": web, "mp4": movie} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, string(file), secret)
			before, err := probe(t, file)
			require.NoError(t, err)
			out := strip(t, file)
			require.NotContains(t, string(out), secret)
			after, err := probe(t, out)
			require.NoError(t, err)
			before.Size, after.Size = 0, 0
			require.Equal(t, before, after)
			require.Equal(t, out, strip(t, out), "a second time changes nothing")
		})
	}

	clean := strip(t, photo)
	require.Contains(t, string(clean), icc)
	require.NotContains(t, string(clean), "MPF")
	same(t, photo, clean, jpeg.Decode)
	same(t, picture, strip(t, picture), png.Decode)
	require.Contains(t, string(strip(t, picture)), "gAMA")
	require.Contains(t, string(strip(t, animation)), "NETSCAPE2.0")
	require.Len(t, strip(t, movie), len(movie), "offsets must not move")
	require.Equal(t, byte(0x10), strip(t, web)[20], "flags of what was dropped are cleared")
}

// same decodes both and compares every pixel.
func same(t *testing.T, a, b []byte, decode func(io.Reader) (image.Image, error)) {
	t.Helper()
	x, err := decode(bytes.NewReader(a))
	require.NoError(t, err)
	y, err := decode(bytes.NewReader(b))
	require.NoError(t, err)
	require.Equal(t, x, y)
}

func TestStripMetadataRefuses(t *testing.T) {
	for _, file := range [][]byte{heic(64, 64, 0), webm("webm"), wav(1)} {
		err := mediax.StripMetadata(t.Context(), io.Discard, bytes.NewReader(file), int64(len(file)))
		require.ErrorIs(t, err, mediax.ErrNotSupported)
	}
	err := mediax.StripMetadata(t.Context(), io.Discard, bytes.NewReader([]byte("plain text")), 10)
	require.ErrorIs(t, err, mediax.ErrUnknownType)

	full := errors.New("disk full")
	file := mediatest.JPEG(9, 9, color.Black)
	err = mediax.StripMetadata(t.Context(), fullWriter{full}, bytes.NewReader(file), int64(len(file)))
	require.ErrorIs(t, err, full)
}

type fullWriter struct{ err error }

func (w fullWriter) Write([]byte) (int, error) { return 0, w.err }

func FuzzStripMetadata(f *testing.F) {
	for _, file := range seeds() {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var out bytes.Buffer
		if mediax.StripMetadata(t.Context(), &out, bytes.NewReader(file), int64(len(file))) != nil {
			return
		}
		// An orientation segment may be written where a damaged one stood.
		require.LessOrEqual(t, out.Len(), len(file)+36)
		var again bytes.Buffer
		require.NoError(t, mediax.StripMetadata(t.Context(), &again, bytes.NewReader(out.Bytes()), int64(out.Len())))
		require.Equal(t, out.Bytes(), again.Bytes())
	})
}
