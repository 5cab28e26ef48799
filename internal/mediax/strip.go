package mediax

import (
	"cmp"
	"context"
	"io"
)

// StripMetadata copies size bytes of src to dst without what tells where, when
// and by whom they were made. The picture is not decoded and does not change.
//
//   - JPEG: Exif, XMP, IPTC, comments and every other application segment go,
//     except JFIF, the ICC profile and Adobe's colour marker. An orientation
//     other than upright is written anew into an Exif segment that holds
//     nothing else. What follows the picture (previews, motion photos) goes.
//   - PNG: tEXt, zTXt, iTXt, eXIf and tIME go, and what follows the end.
//   - GIF: comments, plain text and application extensions go, except the loop
//     count; so does what follows the end.
//   - WebP: the EXIF and XMP chunks go, and their flags.
//   - MP4, MOV: the boxes udta and meta of the movie and its tracks, and uuid
//     and meta boxes of the file, become free space of the same size, so that
//     offsets stay right. Timed metadata tracks and what encoders write inside
//     the streams stay.
//
// Other types give [ErrNotSupported]. Memory is one small buffer; on an error
// what was written to dst is useless.
func StripMetadata(ctx context.Context, dst io.Writer, src io.ReaderAt, size int64) error {
	s := newSource(ctx, src, size, Limits{})
	f, err := s.sniff()
	if err != nil {
		return err
	}
	s.format = f.name
	switch f.name {
	case "jpeg":
		return s.stripJPEG(dst)
	case "png":
		return s.stripPNG(dst)
	case "gif":
		return s.stripGIF(dst)
	case "webp":
		return s.stripWebP(dst)
	case "mp4", "mov":
		// HEIC and AVIF share the container, but keep the picture in meta.
		if info, err := Probe(ctx, src, size); err != nil || info.Kind == Image {
			return cmp.Or(err, ErrNotSupported)
		}
		return s.stripMP4(dst)
	}
	return ErrNotSupported
}

func (s *source) stripPNG(dst io.Writer) error {
	if err := s.copyTo(dst, 0, int64(len(pngSignature))); err != nil {
		return err
	}
	for off := int64(len(pngSignature)); ; {
		c, err := s.nextChunk(off)
		if err != nil {
			return err
		}
		off = c.end + pngCRC
		switch c.typ {
		case "tEXt", "zTXt", "iTXt", "eXIf", "tIME":
			continue
		}
		if err := s.copyTo(dst, c.off, off); err != nil {
			return err
		}
		if c.typ == "IEND" {
			return nil
		}
	}
}

func (s *source) stripGIF(dst io.Writer) error {
	off, err := s.gifStart()
	if err != nil {
		return err
	}
	if err := s.copyTo(dst, 0, off); err != nil {
		return err
	}
	for {
		b, err := s.nextGIFBlock(off)
		if err != nil {
			return err
		}
		off = b.end
		if b.kind == gifExtension && b.label != gifControl {
			loop := false
			if b.label == gifApp {
				if loop, err = s.gifLoops(b); err != nil {
					return err
				}
			}
			if !loop {
				continue
			}
		}
		if err := s.copyTo(dst, b.off, b.end); err != nil {
			return err
		}
		if b.kind == gifTrailer {
			return nil
		}
	}
}

func (s *source) gifLoops(b gifBlock) (bool, error) {
	const netscape, animexts = "\x0bNETSCAPE2.0", "\x0bANIMEXTS1.0"
	if b.end-b.data < int64(len(netscape)) {
		return false, nil
	}
	v, err := s.bytes(b.data, len(netscape))
	return string(v) == netscape || string(v) == animexts, err
}
