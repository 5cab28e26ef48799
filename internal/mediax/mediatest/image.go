package mediatest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"time"
)

// JPEG returns a picture of one colour.
func JPEG(width, height int, c color.Color) []byte {
	var buf bytes.Buffer
	must(jpeg.Encode(&buf, plain(width, height, c), nil))
	return buf.Bytes()
}

// PNG returns a picture of one colour.
func PNG(width, height int, c color.Color) []byte {
	var buf bytes.Buffer
	must(png.Encode(&buf, plain(width, height, c)))
	return buf.Bytes()
}

// GIF returns an animation of so many frames, each shown for delay (a multiple
// of 10 ms).
func GIF(width, height, frames int, delay time.Duration) []byte {
	palette := color.Palette{color.Black, color.White}
	g := &gif.GIF{}
	for i := range frames {
		frame := image.NewPaletted(image.Rect(0, 0, width, height), palette)
		frame.SetColorIndex(i%width, 0, 1)
		g.Image = append(g.Image, frame)
		g.Delay = append(g.Delay, int(delay/(10*time.Millisecond)))
	}
	var buf bytes.Buffer
	must(gif.EncodeAll(&buf, g))
	return buf.Bytes()
}

// JPEGWithExif returns a picture with an Exif segment that holds an
// orientation (1 to 8) and a text that must not be published.
func JPEGWithExif(width, height, orientation int, c color.Color, secret string) []byte {
	tiff := binary.LittleEndian.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), 2)
	tiff = append(tiff, 0x0E, 0x01, 2, 0) // image description, text
	tiff = binary.LittleEndian.AppendUint32(tiff, uint32(len(secret)+1))
	tiff = binary.LittleEndian.AppendUint32(tiff, 38)
	tiff = append(tiff, 0x12, 0x01, 3, 0, 1, 0, 0, 0, byte(orientation), 0, 0, 0, 0, 0, 0, 0)
	tiff = append(tiff, secret...)
	tiff = append(tiff, 0)
	return InsertJPEG(JPEG(width, height, c), 0xE1, append([]byte("Exif\x00\x00"), tiff...))
}

// InsertJPEG puts a segment behind the start marker of a JPEG.
func InsertJPEG(file []byte, marker byte, data []byte) []byte {
	out := append([]byte{}, file[:2]...)
	out = append(out, 0xFF, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(data)+2))
	out = append(out, data...)
	return append(out, file[2:]...)
}

func plain(width, height int, c color.Color) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

// must: encoding into memory fails only for sizes that a caller got wrong.
func must(err error) {
	if err != nil {
		panic("mediatest: " + err.Error())
	}
}
