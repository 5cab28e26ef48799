package smm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

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
