package mediax

import (
	"context"
	"image"
	"math"
)

// toLinear is the transfer function of sRGB (IEC 61966-2-1) for 8 bits.
var toLinear = func() (t [256]float32) {
	for i := range t {
		c := float64(i) / 255
		if c <= 0.04045 {
			t[i] = float32(c / 12.92)
		} else {
			t[i] = float32(math.Pow((c+0.055)/1.055, 2.4))
		}
	}
	return t
}()

const gammaSteps = 1 << 13

// fromLinear is the inverse, at steps fine enough that every 8-bit value comes
// back as itself.
var fromLinear = func() (t [gammaSteps + 1]uint8) {
	for i := range t {
		c := float64(i) / gammaSteps
		if c <= 0.0031308 {
			c *= 12.92
		} else {
			c = 1.055*math.Pow(c, 1/2.4) - 0.055
		}
		t[i] = uint8(math.Round(c * 255))
	}
	return t
}()

func gamma(v float32) uint8 {
	return fromLinear[int(min(max(v, 0), 1)*gammaSteps+0.5)]
}

// taps are the weights with which an output pixel takes input pixels from
// first on.
type taps struct {
	first   int
	weights []float32
}

// catmullRom is the cubic of Catmull and Rom (a = -0.5), zero beyond 2.
func catmullRom(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return 1.5*x*x*x - 2.5*x*x + 1
	case x < 2:
		return -0.5*x*x*x + 2.5*x*x - 4*x + 2
	}
	return 0
}

// makeTaps computes the weights of an axis; in must not be below out, so the
// filter only widens.
func makeTaps(in, out int) []taps {
	scale := float64(in) / float64(out)
	ts := make([]taps, out)
	for i := range ts {
		centre := (float64(i) + 0.5) * scale
		first := max(int(math.Floor(centre-2*scale)), 0)
		last := min(int(math.Ceil(centre+2*scale)), in)
		weights := make([]float32, last-first)
		sum := 0.0
		for k := range weights {
			w := catmullRom((float64(first+k) + 0.5 - centre) / scale)
			weights[k] = float32(w)
			sum += w
		}
		for k := range weights {
			weights[k] /= float32(sum)
		}
		ts[i] = taps{first: first, weights: weights}
	}
	return ts
}

// resample scales a view to w by h. Rows are scaled across as they are needed
// and dropped when no later output row takes them, so memory beside the result
// is a few rows.
func resample(ctx context.Context, v *view, w, h int, opaque bool) (*image.NRGBA, error) {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	across, down := makeTaps(v.width, w), makeTaps(v.height, h)
	source := make([]float32, v.width*4)
	sum := make([]float32, w*4)
	rows := map[int][]float32{}
	var spare [][]float32
	next := 0
	for y, t := range down {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for ; next < t.first+len(t.weights); next++ {
			var line []float32
			if n := len(spare); n > 0 {
				line, spare = spare[n-1], spare[:n-1]
			} else {
				line = make([]float32, w*4)
			}
			v.row(source, next, opaque)
			scaleRow(line, source, across)
			rows[next] = line
		}
		for k, line := range rows {
			if k < t.first {
				spare = append(spare, line)
				delete(rows, k)
			}
		}
		clear(sum)
		for k, weight := range t.weights {
			for i, p := range rows[t.first+k] {
				sum[i] += p * weight
			}
		}
		store(out.Pix[y*out.Stride:], sum)
	}
	return out, nil
}

func scaleRow(dst, src []float32, across []taps) {
	for x, t := range across {
		var r, g, b, a float32
		at := t.first * 4
		for _, w := range t.weights {
			p := src[at : at+4 : at+4]
			r += p[0] * w
			g += p[1] * w
			b += p[2] * w
			a += p[3] * w
			at += 4
		}
		dst[x*4], dst[x*4+1], dst[x*4+2], dst[x*4+3] = r, g, b, a
	}
}

// store divides by alpha and writes a row.
func store(pix []uint8, sum []float32) {
	for i := 0; i < len(sum); i += 4 {
		a := min(max(sum[i+3], 0), 1)
		if a == 0 {
			continue
		}
		pix[i], pix[i+1], pix[i+2] = gamma(sum[i]/a), gamma(sum[i+1]/a), gamma(sum[i+2]/a)
		pix[i+3] = uint8(a*255 + 0.5)
	}
}
