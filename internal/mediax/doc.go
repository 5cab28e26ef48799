// Package mediax finds out what a media file is and how large, long and
// turned it is, within a bounded amount of memory, and transforms images when
// asked to.
//
// [Probe] reads headers only: it jumps over the bytes of pictures and videos,
// so a video of 300 MB with its index at the end costs some kilobytes. Types
// are told by content, never by file name. [StripMetadata] copies a file
// without what says where and by whom it was made. [Resize] decodes and is
// the only function here that needs memory in proportion to the pixels.
//
// Input is hostile by assumption. No allocation follows a declared size;
// boxes, frames, depth and pixels are capped; nothing panics. Errors are
// [ErrUnknownType], a [*FormatError], a [*LimitError], or the reader's own.
//
// # Design notes
//
// io.ReaderAt with a size is the input, because MP4 keeps its index at either
// end and a reader that can only go forward would force a copy of the file.
// [ProbeSeeker] adapts what can seek.
//
// The walkers are our own. image.DecodeConfig knows neither orientation nor
// frames nor video, and the media libraries of the field build whole object
// trees of untrusted files.
//
// WebP, HEIC and AVIF are probed but not resized: their decoders are outside
// the standard library, and hosts that need them have better tools.
package mediax
