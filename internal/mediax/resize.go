package mediax

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
)

// FocalPoint says which part of a picture matters: X from -1 (left) to 1
// (right), Y from -1 (bottom) to 1 (top), as on Mastodon. The zero value is
// the centre.
type FocalPoint struct{ X, Y float64 }

// ResizeOptions say what [Resize] makes. The zero value only turns the picture
// upright and encodes it anew, without metadata.
type ResizeOptions struct {
	// MaxWidth and MaxHeight bound the result in pixels; the aspect ratio is
	// kept and nothing is enlarged. 0 is no bound.
	MaxWidth, MaxHeight int
	// Aspect is width divided by height of the largest part that is kept
	// around Focus. 0 keeps the whole picture.
	Aspect float64
	Focus  FocalPoint
	// MaxBytes bounds the encoded size. JPEG quality is lowered to at worst 40
	// first, then pixels are given up. 0 is no bound.
	MaxBytes int
	// Format is "jpeg" or "png". Empty keeps JPEG and turns all else to PNG.
	// JPEG has no transparency: the background becomes white.
	Format string
	// Quality of JPEG, 1 to 100. 0 stands for 85.
	Quality int
}

const (
	defaultQuality = 85
	worstQuality   = 40
	shrinkStep     = 0.8
	maxShrinks     = 12
)

func (o ResizeOptions) check() error {
	switch {
	case o.MaxWidth < 0 || o.MaxHeight < 0 || o.MaxBytes < 0:
		return errors.New("mediax: resize bounds must not be negative")
	case o.Aspect < 0 || math.IsNaN(o.Aspect) || math.IsInf(o.Aspect, 0):
		return fmt.Errorf("mediax: aspect ratio %v is not a positive number", o.Aspect)
	case !(math.Abs(o.Focus.X) <= 1 && math.Abs(o.Focus.Y) <= 1):
		return fmt.Errorf("mediax: focal point %v, %v is outside -1 to 1", o.Focus.X, o.Focus.Y)
	case o.Format != "" && o.Format != "jpeg" && o.Format != "png":
		return fmt.Errorf("mediax: output format %q: give jpeg or png", o.Format)
	case o.Quality < 0 || o.Quality > 100:
		return fmt.Errorf("mediax: quality %d is outside 1 to 100", o.Quality)
	}
	return nil
}

// Resize reads a JPEG, PNG or GIF (its first frame), turns it upright, crops,
// shrinks and writes it to dst. It tells what was written. It decodes within
// the default [Limits]; memory is up to 8 bytes for each pixel of the source.
// Other types give [ErrNotSupported].
//
// Pixels are averaged in linear light with a Catmull-Rom filter widened to the
// scale, so that fine patterns keep their brightness.
func Resize(ctx context.Context, dst io.Writer, src io.ReaderAt, size int64, o ResizeOptions) (Info, error) {
	if err := o.check(); err != nil {
		return Info{}, err
	}
	info, err := Probe(ctx, src, size)
	if err != nil {
		return Info{}, err
	}
	img, err := decode(info.MIME, io.NewSectionReader(src, 0, size))
	if err != nil {
		return Info{}, err
	}
	if o.Format == "" {
		o.Format = "png"
		if info.MIME == "image/jpeg" {
			o.Format = "jpeg"
		}
	}
	v := newView(img, info.Orientation)
	v.crop(o.Aspect, o.Focus)
	w, h := fit(v.width, v.height, o.MaxWidth, o.MaxHeight)
	for range maxShrinks {
		out, err := resample(ctx, v, w, h, o.Format == "jpeg")
		if err != nil {
			return Info{}, err
		}
		data, err := encode(out, o)
		if err != nil {
			return Info{}, err
		}
		if data != nil {
			if _, err := dst.Write(data); err != nil {
				return Info{}, err
			}
			return Info{
				MIME: "image/" + o.Format, Kind: Image, Size: int64(len(data)), Width: w, Height: h, Orientation: 1, Frames: 1,
				HasAlpha: o.Format == "png" && !out.Opaque(),
			}, nil
		}
		w, h = max(int(float64(w)*shrinkStep), 1), max(int(float64(h)*shrinkStep), 1)
	}
	return Info{}, &LimitError{What: "bytes for the smallest version", Value: int64(o.MaxBytes) + 1, Max: int64(o.MaxBytes)}
}

func decode(mime string, r io.Reader) (image.Image, error) {
	var img image.Image
	var err error
	switch mime {
	case "image/jpeg":
		img, err = jpeg.Decode(r)
	case "image/png", "image/apng":
		img, err = png.Decode(r)
	case "image/gif":
		img, err = gif.Decode(r)
	default:
		return nil, ErrNotSupported
	}
	if err != nil {
		return nil, &FormatError{Format: mime, Reason: err.Error()}
	}
	return img, nil
}

// fit shrinks a size into the bounds.
func fit(w, h, maxW, maxH int) (width, height int) {
	scale := 1.0
	if maxW > 0 {
		scale = min(scale, float64(maxW)/float64(w))
	}
	if maxH > 0 {
		scale = min(scale, float64(maxH)/float64(h))
	}
	round := func(n, bound int) int {
		v := max(int(math.Round(float64(n)*scale)), 1)
		if bound > 0 {
			v = min(v, bound)
		}
		return v
	}
	return round(w, maxW), round(h, maxH)
}

// encode returns nil if the result does not fit MaxBytes.
func encode(img *image.NRGBA, o ResizeOptions) ([]byte, error) {
	q := o.Quality
	if q == 0 {
		q = defaultQuality
	}
	for {
		var buf bytes.Buffer
		var err error
		if o.Format == "jpeg" {
			err = jpeg.Encode(&buf, img, &jpeg.Options{Quality: q})
		} else {
			err = png.Encode(&buf, img)
		}
		if err != nil {
			return nil, fmt.Errorf("mediax: encoding: %w", err)
		}
		if o.MaxBytes == 0 || buf.Len() <= o.MaxBytes {
			return buf.Bytes(), nil
		}
		if o.Format != "jpeg" || q <= worstQuality {
			return nil, nil
		}
		q = max(q-10, worstQuality)
	}
}
