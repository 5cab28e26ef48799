package identity

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

const (
	tidAlphabet = "234567abcdefghijklmnopqrstuvwxyz"
	// tidSpread is the range, before the time given, over which TIDs are spread.
	tidSpread = time.Hour
)

// TID derives a timestamp identifier from a time and a seed: the same for the
// same arguments, always. It is a valid record key, 13 characters long.
//
// A TID has 53 bits of microseconds and 10 bits that tell apart what is made in
// the same one. Posts are planned many in the same millisecond, and two equal
// keys would make the second overwrite the first. So the seed also moves the
// time back by up to an hour: 41 bits in all keep seeds apart, which leaves a
// chance of 1 in 20,000 that any two of 20,000 posts planned at once collide.
// Nothing reads the time of a record key; a post's time is its createdAt.
func TID(t time.Time, seed string) string {
	sum := sha256.Sum256([]byte(seed))
	us := t.UnixMicro() - int64(binary.BigEndian.Uint64(sum[:8])%uint64(tidSpread.Microseconds()))
	return encodeTID(uint64(us)<<10 | uint64(binary.BigEndian.Uint16(sum[8:10])&0x3ff))
}

// stableBase begins the years in which StableTID lies. Any past time would do.
var stableBase = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)

// StableTID derives a TID from a seed alone, for records of which there is one
// for each subject (likes, follows): writing it twice is writing the same key.
// Its time, within 2023 and 2024, means nothing.
func StableTID(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	const years = 2 * 365 * 24 * time.Hour
	us := stableBase.UnixMicro() + int64(binary.BigEndian.Uint64(sum[:8])%uint64(years.Microseconds()))
	return encodeTID(uint64(us)<<10 | uint64(binary.BigEndian.Uint16(sum[8:10])&0x3ff))
}

func encodeTID(v uint64) string {
	v &= 1<<63 - 1 // the top bit is always 0
	var b [13]byte
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = tidAlphabet[v&31]
		v >>= 5
	}
	return string(b[:])
}

// ParseTID returns the time that a TID carries; ok is false if s is none.
func ParseTID(s string) (t time.Time, ok bool) {
	if len(s) != 13 || s[0] > 'j' {
		return time.Time{}, false
	}
	var v uint64
	for _, c := range []byte(s) {
		i := indexTID(c)
		if i < 0 {
			return time.Time{}, false
		}
		v = v<<5 | uint64(i)
	}
	return time.UnixMicro(int64(v >> 10)).UTC(), true
}

func indexTID(c byte) int {
	switch {
	case c >= '2' && c <= '7':
		return int(c - '2')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 6
	}
	return -1
}
