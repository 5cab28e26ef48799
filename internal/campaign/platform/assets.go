package platform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image/color"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing/fstest"
	"time"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/smm"
)

// Assets are the media that the forms name. A file whose name carries a mark is one
// of its own: no other has its bytes.
func Assets() smm.MediaStore { return smm.FSMedia(assets) }

// Fingerprint is what simulators write into the ledger for a file.
func Fingerprint(name string) (string, error) {
	data, err := fs.ReadFile(assets, name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

var assets = files{
	"red.png":      {Data: mediatest.PNG(12, 9, color.White)},
	"blue.jpg":     {Data: mediatest.JPEG(16, 9, color.Black)},
	"wide.jpg":     {Data: mediatest.JPEG(640, 480, color.Gray{Y: 90})},
	"tall.jpg":     {Data: mediatest.JPEG(360, 640, color.Gray{Y: 170})},
	"moving.gif":   {Data: mediatest.GIF(10, 10, 3, 100*time.Millisecond)},
	"clip.mp4":     {Data: mediatest.MP4(640, 360, 3*time.Second)},
	"tall.mp4":     {Data: mediatest.MP4(1080, 1920, 5*time.Second)},
	"captions.vtt": {Data: []byte("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")},
}

// files is a file system in which each file stands for as many as there are marks.
type files fstest.MapFS

// marked is the name of a file of a mark's own.
func marked(name, mark string) string {
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + markSign + mark + ext
}

const markSign = " of "

// Open implements fs.FS.
func (f files) Open(name string) (fs.File, error) {
	ext := path.Ext(name)
	base, mark, is := strings.Cut(strings.TrimSuffix(name, ext), markSign)
	src := f[base+ext]
	if !is || src == nil {
		return fstest.MapFS(f).Open(name)
	}
	tail := []byte(mark)
	if ext == ".mp4" {
		tail = mediatest.Box("free", tail)
	}
	own := append(append([]byte(nil), src.Data...), tail...)
	return fstest.MapFS{name: {Data: own}}.Open(name)
}

// mediaHost names an asset by an address under which nothing listens: the simulators
// that fetch have fetch or crawler instead, which needs no socket and no bubble, and
// works for the workers of other processes as well.
type mediaHost struct{ clock smm.Clock }

const mediaBase = "https://media.example/files/"

// MediaURL implements smm.MediaHost.
func (h mediaHost) MediaURL(_ context.Context, _ smm.Tenant, m smm.Media, ttl time.Duration) (string, time.Time, error) {
	return mediaBase + url.PathEscape(m.Name), h.clock.Now().Add(ttl), nil
}

// fetch reads what is at an address of mediaHost.
func fetch(address string) ([]byte, error) {
	escaped, is := strings.CutPrefix(address, mediaBase)
	name, err := url.PathUnescape(escaped)
	if !is || err != nil {
		return nil, errors.New("no file of ours: " + address)
	}
	return fs.ReadFile(assets, name)
}

// crawler is fetch as a client.
func crawler() *http.Client { return &http.Client{Transport: crawl{}} }

type crawl struct{}

// RoundTrip implements http.RoundTripper.
func (crawl) RoundTrip(r *http.Request) (*http.Response, error) {
	data, err := fetch(r.URL.String())
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(strings.NewReader(string(data)))}, nil
}
