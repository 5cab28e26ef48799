package mediatest

import "encoding/binary"

// RIFF wraps chunks as a file of the given type, such as "WEBP".
func RIFF(form string, chunks ...[]byte) []byte {
	body := []byte(form)
	for _, c := range chunks {
		body = append(body, c...)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// RIFFChunk makes a chunk, padded to an even length.
func RIFFChunk(typ string, data []byte) []byte {
	c := binary.LittleEndian.AppendUint32([]byte(typ), uint32(len(data)))
	c = append(c, data...)
	if len(data)%2 == 1 {
		c = append(c, 0)
	}
	return c
}

// WebP returns a lossless picture header of that size, without its pixels.
func WebP(width, height int) []byte {
	return RIFF("WEBP", VP8L(width, height))
}

// VP8L is the chunk of a lossless picture with nothing but its header.
func VP8L(width, height int) []byte {
	v := uint32(width-1) | uint32(height-1)<<14
	data := append([]byte{0x2F}, binary.LittleEndian.AppendUint32(nil, v)...)
	return RIFFChunk("VP8L", append(data, make([]byte, 8)...))
}

// VP8X is the chunk that starts an extended file.
func VP8X(flags byte, width, height int) []byte {
	data := []byte{flags, 0, 0, 0}
	data = append(data, le24(width-1)...)
	return RIFFChunk("VP8X", append(data, le24(height-1)...))
}

// AnimatedWebP returns an animation whose frames last the given milliseconds.
func AnimatedWebP(width, height int, delays ...int) []byte {
	chunks := [][]byte{VP8X(0x02, width, height), RIFFChunk("ANIM", make([]byte, 6))}
	for _, d := range delays {
		frame := append(make([]byte, 6), le24(width-1)...)
		frame = append(frame, le24(height-1)...)
		frame = append(frame, le24(d)...)
		frame = append(frame, 0)
		chunks = append(chunks, RIFFChunk("ANMF", append(frame, VP8L(width, height)...)))
	}
	return RIFF("WEBP", chunks...)
}

func le24(v int) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16)} }
