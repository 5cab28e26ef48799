package mediax_test

import (
	"bytes"
	"context"
	"fmt"
	"image/color"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/internal/mediax/mediatest"
)

// A photo loses its Exif data but still knows which way is up.
func ExampleStripMetadata() {
	photo := mediatest.JPEGWithExif(40, 30, 6, color.White, "taken at home")
	var clean bytes.Buffer
	if err := mediax.StripMetadata(context.Background(), &clean, bytes.NewReader(photo), int64(len(photo))); err != nil {
		fmt.Println(err)
		return
	}
	info, err := mediax.Probe(context.Background(), bytes.NewReader(clean.Bytes()), int64(clean.Len()))
	fmt.Println(bytes.Contains(clean.Bytes(), []byte("home")), info.Orientation, err)
	// Output: false 6 <nil>
}
