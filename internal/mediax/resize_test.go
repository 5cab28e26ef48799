package mediax_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/internal/mediax/mediatest"
)

var (
	corners = []color.NRGBA{{R: 255, A: 255}, {G: 255, A: 255}, {B: 255, A: 255}, {R: 255, G: 255, A: 255}}
)

// quadrants is a picture with a colour in each quarter: red, green above blue,
// yellow.
func quadrants(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i, c := range corners {
		x, y := i%2*w/2, i/2*h/2
		draw.Draw(img, image.Rect(x, y, x+w/2, y+h/2), image.NewUniform(c), image.Point{}, draw.Src)
	}
	return img
}

func pngBytes(t *testing.T, img image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, png.Encode(&buf, img))
	return buf.Bytes()
}

func resize(t *testing.T, file []byte, o mediax.ResizeOptions) (mediax.Info, image.Image) {
	t.Helper()
	var out bytes.Buffer
	info, err := mediax.Resize(t.Context(), &out, bytes.NewReader(file), int64(len(file)), o)
	require.NoError(t, err)
	got, err := probe(t, out.Bytes())
	require.NoError(t, err)
	require.Equal(t, got.Size, info.Size)
	require.Equal(t, [2]int{got.Width, got.Height}, [2]int{info.Width, info.Height})
	require.Equal(t, got.MIME, info.MIME)
	img, _, err := image.Decode(&out)
	require.NoError(t, err)
	return info, img
}

func at(img image.Image, x, y int) color.NRGBA {
	c, _ := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
	return c
}

func near(t *testing.T, want, got color.NRGBA, msg string) {
	t.Helper()
	for _, d := range []int{int(want.R) - int(got.R), int(want.G) - int(got.G), int(want.B) - int(got.B), int(want.A) - int(got.A)} {
		require.InDelta(t, 0, d, 6, "%s: want %v, got %v", msg, want, got)
	}
}

func TestResizeSizes(t *testing.T) {
	file := pngBytes(t, quadrants(200, 100))
	for _, tc := range []struct {
		o    mediax.ResizeOptions
		w, h int
	}{
		{mediax.ResizeOptions{}, 200, 100},
		{mediax.ResizeOptions{MaxWidth: 50}, 50, 25},
		{mediax.ResizeOptions{MaxHeight: 10}, 20, 10},
		{mediax.ResizeOptions{MaxWidth: 150, MaxHeight: 50}, 100, 50},
		{mediax.ResizeOptions{MaxWidth: 5000}, 200, 100},
		{mediax.ResizeOptions{Aspect: 1}, 100, 100},
		{mediax.ResizeOptions{Aspect: 4}, 200, 50},
		{mediax.ResizeOptions{Aspect: 1, MaxWidth: 30, Format: "jpeg"}, 30, 30},
		{mediax.ResizeOptions{MaxWidth: 1}, 1, 1},
	} {
		info, _ := resize(t, file, tc.o)
		require.Equal(t, [2]int{tc.w, tc.h}, [2]int{info.Width, info.Height}, "%+v", tc.o)
	}
}

func TestResizeKeepsColours(t *testing.T) {
	_, img := resize(t, pngBytes(t, quadrants(200, 100)), mediax.ResizeOptions{MaxWidth: 40})
	for i, want := range corners {
		near(t, want, at(img, 5+i%2*30, 4+i/2*12), "quadrant")
	}
	// A fine chequer of black and white is half the light, which is 188 in
	// sRGB and not 128.
	chequer := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		c := color.NRGBA{A: 255}
		if (i+i/64)%2 == 0 {
			c = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
		}
		chequer.SetNRGBA(i%64, i/64, c)
	}
	_, img = resize(t, pngBytes(t, chequer), mediax.ResizeOptions{MaxWidth: 16})
	near(t, color.NRGBA{R: 188, G: 188, B: 188, A: 255}, at(img, 8, 8), "chequer")

	same := quadrants(20, 20)
	_, img = resize(t, pngBytes(t, same), mediax.ResizeOptions{})
	for i := range 400 {
		require.Equal(t, same.NRGBAAt(i%20, i/20), at(img, i%20, i/20), "not scaled, not changed")
	}
}

func TestResizeFocus(t *testing.T) {
	file := pngBytes(t, quadrants(200, 100))
	for _, tc := range []struct {
		focus mediax.FocalPoint
		want  color.NRGBA // of the upper left pixel of a square
	}{
		{mediax.FocalPoint{X: -1}, corners[0]},
		{mediax.FocalPoint{X: 1}, corners[1]},
	} {
		_, img := resize(t, file, mediax.ResizeOptions{Aspect: 1, Focus: tc.focus})
		near(t, tc.want, at(img, 2, 2), "upper left")
		near(t, tc.want, at(img, 97, 2), "upper right")
	}
	_, img := resize(t, file, mediax.ResizeOptions{Aspect: 10, Focus: mediax.FocalPoint{Y: 1}})
	near(t, corners[0], at(img, 2, 10), "the top")
	_, img = resize(t, file, mediax.ResizeOptions{Aspect: 10, Focus: mediax.FocalPoint{Y: -1}})
	near(t, corners[2], at(img, 2, 10), "the bottom")
}

// TestResizeOrientation checks each Exif value against the rule that names
// where the stored upper left corner is shown.
func TestResizeOrientation(t *testing.T) {
	var plain bytes.Buffer
	require.NoError(t, jpeg.Encode(&plain, quadrants(64, 32), &jpeg.Options{Quality: 95}))
	// Where red (stored upper left) and green (stored upper right) are shown:
	// 0 upper left, 1 upper right, 2 lower left, 3 lower right.
	for o, want := range map[int][2]int{1: {0, 1}, 2: {1, 0}, 3: {3, 2}, 4: {2, 3}, 5: {0, 2}, 6: {1, 3}, 7: {3, 1}, 8: {2, 0}} {
		exif := []byte{'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(o), 0, 0, 0, 0, 0, 0}
		info, img := resize(t, mediatest.InsertJPEG(plain.Bytes(), 0xE1, exif), mediax.ResizeOptions{Format: "png"})
		if o > 4 {
			require.Equal(t, [2]int{32, 64}, [2]int{info.Width, info.Height})
		}
		place := func(quarter int) color.NRGBA {
			return at(img, info.Width/4+quarter%2*info.Width/2, info.Height/4+quarter/2*info.Height/2)
		}
		near(t, corners[0], place(want[0]), "red")
		near(t, corners[1], place(want[1]), "green")
	}
}

func TestResizeBytes(t *testing.T) {
	noise := image.NewNRGBA(image.Rect(0, 0, 300, 300))
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(rnd.Uint32()) | uint8(i%4/3*255)
	}
	file := pngBytes(t, noise)
	for _, format := range []string{"jpeg", "png"} {
		info, _ := resize(t, file, mediax.ResizeOptions{MaxBytes: 20_000, Format: format})
		require.LessOrEqual(t, info.Size, int64(20_000))
		require.Greater(t, info.Size, int64(5_000))
	}
	_, err := mediax.Resize(t.Context(), io.Discard, bytes.NewReader(file), int64(len(file)), mediax.ResizeOptions{MaxBytes: 50})
	var limit *mediax.LimitError
	require.ErrorAs(t, err, &limit)
}

func TestResizeTransparency(t *testing.T) {
	file := mediatest.PNG(8, 8, color.NRGBA{R: 255, A: 128})
	info, img := resize(t, file, mediax.ResizeOptions{MaxWidth: 4})
	require.True(t, info.HasAlpha)
	near(t, color.NRGBA{R: 255, A: 128}, at(img, 2, 2), "kept")
	_, img = resize(t, file, mediax.ResizeOptions{MaxWidth: 4, Format: "jpeg"})
	require.Greater(t, at(img, 2, 2).G, uint8(150), "on white")

	info, _ = resize(t, mediatest.GIF(8, 8, 3, time.Second), mediax.ResizeOptions{})
	require.Equal(t, "image/png", info.MIME)
}

func TestResizeRefuses(t *testing.T) {
	file := mediatest.PNG(8, 8, color.Black)
	for _, o := range []mediax.ResizeOptions{
		{MaxWidth: -1}, {Aspect: -2}, {Focus: mediax.FocalPoint{X: 2}}, {Format: "bmp"}, {Quality: 101},
	} {
		_, err := mediax.Resize(t.Context(), io.Discard, bytes.NewReader(file), int64(len(file)), o)
		require.Error(t, err, "%+v", o)
	}
	web := mediatest.WebP(8, 8)
	_, err := mediax.Resize(t.Context(), io.Discard, bytes.NewReader(web), int64(len(web)), mediax.ResizeOptions{})
	require.ErrorIs(t, err, mediax.ErrNotSupported)
	cut := file[:len(file)-20]
	_, err = mediax.Resize(t.Context(), io.Discard, bytes.NewReader(cut), int64(len(cut)), mediax.ResizeOptions{})
	require.Error(t, err)
}
