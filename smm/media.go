package smm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
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

// media checks the assets of one part by their content.
func (v *validation) media(ctx context.Context, p *Post, prefix string) {
	if len(p.Media) == 0 {
		return
	}
	var images, videos int
	for i, m := range p.Media {
		path := fmt.Sprintf("%smedia[%d]", prefix, i)
		info, ok := v.probe(ctx, m, path)
		if !ok {
			continue
		}
		switch info.Class {
		case MediaImage:
			images++
		default:
			videos++
		}
		v.asset(m, info, path)
	}
	v.counts(images, videos, prefix+"media")
}

// probe opens an asset and looks at it. Without a prober the declared type has
// to do.
func (v *validation) probe(ctx context.Context, m Media, path string) (MediaInfo, bool) {
	r := PublishRequest{Tenant: v.c.tenant, Post: Post{Media: []Media{m}}, media: v.c.media}
	b, err := r.OpenMedia(ctx, m.Name)
	if err != nil {
		code := "media.unreadable"
		if errors.Is(err, fs.ErrNotExist) {
			code = "media.missing"
		}
		v.add(code, path, map[string]string{"name": m.Name}, "%v", err)
		return MediaInfo{}, false
	}
	defer func() { _ = b.Close() }()
	prober, ok := v.driver.(MediaProber)
	if !ok {
		return MediaInfo{Type: m.Type, Class: MediaImage}, true
	}
	info, err := prober.ProbeMedia(ctx, b)
	if err != nil {
		v.add("media.type", path, map[string]string{"name": m.Name}, "%s: %v", m.Name, err)
		return MediaInfo{}, false
	}
	if m.Type != "" && m.Type != info.Type {
		v.add("media.type-mismatch", path, map[string]string{"declared": m.Type, "found": info.Type},
			"%s is declared as %s, but its content is %s", m.Name, m.Type, info.Type)
	}
	return info, true
}

func (v *validation) asset(m Media, info MediaInfo, path string) {
	l := v.limits.Media
	if len(l.Types) > 0 && !slices.Contains(l.Types, info.Type) {
		v.add("media.type", path, map[string]string{"found": info.Type}, "%s is not accepted", info.Type)
	}
	maxBytes, maxPixels, capability := l.ImageBytes, l.ImagePixels, CapImage
	switch info.Class {
	case MediaVideo, MediaAudio:
		maxBytes, maxPixels, capability = l.VideoBytes, l.VideoPixels, CapVideo
	case MediaGIF:
		capability = CapGIF
	}
	v.need(capability, path)
	if maxBytes > 0 && info.Size > maxBytes {
		v.tooMany("media.too-large", path, info.Size, maxBytes, "bytes")
	}
	if px := int64(info.Width) * int64(info.Height); maxPixels > 0 && px > maxPixels {
		v.tooMany("media.too-many-pixels", path, px, maxPixels, "pixels")
	}
	if l.VideoLength > 0 && info.Duration > l.VideoLength {
		v.add("media.too-long", path, nil, "%s long, at most %s allowed", info.Duration, l.VideoLength)
	}
	if info.Width > 0 && info.Height > 0 {
		aspect := float64(info.Width) / float64(info.Height)
		if (l.MinAspect > 0 && aspect < l.MinAspect) || (l.MaxAspect > 0 && aspect > l.MaxAspect) {
			v.add("media.aspect", path, nil, "aspect ratio %.2f, %.2f to %.2f allowed", aspect, l.MinAspect, l.MaxAspect)
		}
	}
	v.altText(m, path)
	if f := m.Focus; f != nil && (f.X < -1 || f.X > 1 || f.Y < -1 || f.Y > 1) {
		v.add("media.focus", path+".focus", nil, "the focal point lies outside -1 to 1")
	}
}

func (v *validation) altText(m Media, path string) {
	n := len([]rune(m.AltText))
	if counter, ok := v.driver.(TextCounter); ok {
		n = counter.CountText(&Post{Text: m.AltText}).Used
	}
	if limit := v.limits.Media.AltText; limit > 0 && n > limit {
		v.tooMany("media.alt-text-too-long", path+".alt_text", int64(n), int64(limit), "characters")
	}
}

func (v *validation) counts(images, videos int, path string) {
	l := v.limits.Media
	if images > 1 {
		v.need(CapImages, path)
	}
	if l.MaxItems > 0 && images+videos > l.MaxItems {
		v.tooMany("media.too-many", path, int64(images+videos), int64(l.MaxItems), "items")
	}
	if l.MaxImages > 0 && images > l.MaxImages {
		v.tooMany("media.too-many-images", path, int64(images), int64(l.MaxImages), "images")
	}
	if l.MaxVideos > 0 && videos > l.MaxVideos {
		v.tooMany("media.too-many-videos", path, int64(videos), int64(l.MaxVideos), "videos")
	}
	if images > 0 && videos > 0 && !l.Mix {
		v.add("media.mixed", path, nil, "images and videos cannot stand in one post")
	}
}
