package mediax_test

import (
	"bytes"
	"context"
	"fmt"
	"image/color"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/internal/mediax/mediatest"
)

// A square around the upper part of a picture, at most 320 pixels wide.
func ExampleResize() {
	file := mediatest.JPEG(800, 1200, color.Gray{Y: 128})
	var out bytes.Buffer
	info, err := mediax.Resize(context.Background(), &out, bytes.NewReader(file), int64(len(file)), mediax.ResizeOptions{
		Aspect:   1,
		Focus:    mediax.FocalPoint{Y: 0.6},
		MaxWidth: 320,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.MIME, info.Width, info.Height)
	// Output: image/jpeg 320 320
}
