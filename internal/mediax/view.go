package mediax

import (
	"image"
	"image/color"
	"math"
)

// view is a part of an image as it is shown: turned upright and cropped.
type view struct {
	img           image.Image
	orientation   int
	x0, y0        int // of the part, in shown pixels
	width, height int
	fullW, fullH  int // shown size of the whole
}

func newView(img image.Image, orientation int) *view {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if orientation > 4 {
		w, h = h, w
	}
	return &view{img: img, orientation: orientation, width: w, height: h, fullW: w, fullH: h}
}

// crop keeps the largest part of the given aspect ratio whose centre is as
// near to the focal point as the edges allow.
func (v *view) crop(aspect float64, f FocalPoint) {
	if aspect <= 0 {
		return
	}
	w, h := float64(v.fullW), float64(v.fullH)
	if w/h > aspect {
		w = h * aspect
	} else {
		h = w / aspect
	}
	v.width = min(max(int(math.Round(w)), 1), v.fullW)
	v.height = min(max(int(math.Round(h)), 1), v.fullH)
	place := func(focus float64, part, full int) int {
		at := int(math.Round((focus+1)/2*float64(full) - float64(part)/2))
		return min(max(at, 0), full-part)
	}
	v.x0 = place(f.X, v.width, v.fullW)
	v.y0 = place(-f.Y, v.height, v.fullH) // up is positive
}

// source returns the stored pixel of a shown one (EXIF 2.32, 4.6.4).
func (v *view) source(x, y int) (sx, sy int) {
	x, y = x+v.x0, y+v.y0
	right, bottom := v.fullW-1, v.fullH-1
	switch v.orientation {
	case 2:
		return right - x, y
	case 3:
		return right - x, bottom - y
	case 4:
		return x, bottom - y
	case 5:
		return y, x
	case 6:
		return y, right - x
	case 7:
		return bottom - y, right - x
	case 8:
		return bottom - y, x
	default:
		return x, y
	}
}

// row fills dst with the pixels of a shown row: linear light, colours
// multiplied by alpha, four values each. A white background is put behind if
// opaque is set.
func (v *view) row(dst []float32, y int, opaque bool) {
	b := v.img.Bounds().Min
	at := pixelReader(v.img)
	for x := range v.width {
		sx, sy := v.source(x, y)
		c := at(b.X+sx, b.Y+sy)
		a := float32(c.A) / 255
		p := dst[x*4 : x*4+4]
		p[0], p[1], p[2], p[3] = toLinear[c.R]*a, toLinear[c.G]*a, toLinear[c.B]*a, a
		if opaque && a < 1 {
			p[0] += 1 - a
			p[1] += 1 - a
			p[2] += 1 - a
			p[3] = 1
		}
	}
}

// pixelReader avoids an interface call and an allocation per pixel for the
// types that the decoders return most.
func pixelReader(img image.Image) func(x, y int) color.NRGBA {
	switch m := img.(type) {
	case *image.YCbCr:
		return func(x, y int) color.NRGBA {
			c := m.YCbCrAt(x, y)
			r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			return color.NRGBA{R: r, G: g, B: b, A: 255}
		}
	case *image.NRGBA:
		return m.NRGBAAt
	case *image.Gray:
		return func(x, y int) color.NRGBA {
			g := m.GrayAt(x, y).Y
			return color.NRGBA{R: g, G: g, B: g, A: 255}
		}
	}
	return func(x, y int) color.NRGBA {
		c, _ := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
		return c
	}
}
