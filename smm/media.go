package smm

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"
)

// Media names an asset of a post. The bytes are opened through a MediaStore by
// Name, also in a later process; Hash guards against another asset having
// taken the name in between.
type Media struct {
	Name string `json:"name"`           // the asset's name in the MediaStore
	Hash string `json:"hash,omitempty"` // lower-case hex SHA-256 of the bytes, "" to skip the check
	Type string `json:"type,omitempty"` // MIME type if known; the content decides, not the name

	AltText   string      `json:"alt_text,omitempty"`
	Focus     *FocalPoint `json:"focus,omitempty"`
	Thumbnail string      `json:"thumbnail,omitempty"` // name of an image asset
	Captions  []Captions  `json:"captions,omitempty"`
	GIF       bool        `json:"gif,omitempty"` // show a silent looping video as an animation
}

// FocalPoint is the point that a crop must keep. X runs from -1 (left) to 1
// (right), Y from -1 (bottom) to 1 (top), as in Mastodon's API.
type FocalPoint struct{ X, Y float64 }

// Captions is a subtitle track: a WebVTT or SubRip asset in one language.
type Captions struct {
	Language string `json:"language"` // BCP 47
	Name     string `json:"name"`     // the asset's name in the MediaStore
}

// MediaInfo is what the bytes of an asset say about it.
type MediaInfo struct {
	Type     string        `json:"type"` // MIME type by content
	Class    MediaClass    `json:"class"`
	Size     int64         `json:"size"`               // bytes
	Width    int           `json:"width,omitempty"`    // pixels, as displayed (rotation applied)
	Height   int           `json:"height,omitempty"`   // pixels, as displayed
	Duration time.Duration `json:"duration,omitempty"` // 0 for still images
	Video    string        `json:"video,omitempty"`    // codec, for example "avc1"
	Audio    string        `json:"audio,omitempty"`    // codec, for example "mp4a"
}

// MediaClass is how platforms sort assets when they count and limit them.
type MediaClass string

// The classes of media.
const (
	MediaImage    MediaClass = "image"
	MediaGIF      MediaClass = "gif" // animated image
	MediaVideo    MediaClass = "video"
	MediaAudio    MediaClass = "audio"
	MediaDocument MediaClass = "document"
)

// Blob is an opened asset. Seeking back lets a failed upload start again.
type Blob interface {
	io.ReadSeeker
	io.Closer
}

// MediaStore opens assets by name. Implementations must be safe for concurrent
// use, and an unknown name must give an error that matches fs.ErrNotExist.
type MediaStore interface {
	OpenMedia(ctx context.Context, tenant Tenant, name string) (Blob, error)
}

// MediaProber looks at the bytes of an asset. Drivers implement it, so that a
// file's content and not its name decides what may be posted. It reads a
// bounded part of r however large the asset is. Content it does not know gives
// an error that matches ErrInvalid.
type MediaProber interface {
	ProbeMedia(ctx context.Context, r io.ReadSeeker) (MediaInfo, error)
}

// MediaHost gives an asset a public address for platforms that fetch media
// themselves. The address must stay valid until the expiry returned, which is
// at least ttl away; it should be unguessable and need no cookie or header.
type MediaHost interface {
	MediaURL(ctx context.Context, tenant Tenant, m Media, ttl time.Duration) (url string, expires time.Time, err error)
}

// MediaHandler is a MediaHost that serves what it hands out. Package
// mediahost has the default one.
type MediaHandler interface {
	MediaHost
	http.Handler
}

// FSMedia is a MediaStore over a file system, the same for every tenant. The
// files must be seekable, as those of os.DirFS, embed.FS and fstest.MapFS are.
func FSMedia(fsys fs.FS) MediaStore { return fsMedia{fsys} }

type fsMedia struct{ fsys fs.FS }

func (s fsMedia) OpenMedia(_ context.Context, _ Tenant, name string) (Blob, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("%w: media name %q: want a relative path without dots", ErrInvalid, name)
	}
	f, err := s.fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open media: %w", err)
	}
	b, ok := f.(Blob)
	if !ok {
		_ = f.Close()
		return nil, fmt.Errorf("%w: media %q: this file system cannot seek", ErrUnsupported, name)
	}
	return b, nil
}

// noMedia stands in where the host gave no MediaStore.
type noMedia struct{}

func (noMedia) OpenMedia(_ context.Context, _ Tenant, name string) (Blob, error) {
	return nil, fmt.Errorf("%w: media %q: the client has no MediaStore, pass WithMediaStore", ErrInvalid, name)
}
