package blueskytest

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

const (
	codecCBOR = 0x71
	codecRaw  = 0x55
)

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// cidOf returns a CIDv1 with SHA-256: "bafyrei..." for records, "bafkrei..."
// for blobs.
func cidOf(codec byte, b []byte) string {
	sum := sha256.Sum256(b)
	return "b" + base32Lower.EncodeToString(append([]byte{1, codec, 0x12, 0x20}, sum[:]...))
}

func recordCID(v object) string { return cidOf(codecCBOR, mustJSON(v)) }

func validCID(s string) bool {
	if !strings.HasPrefix(s, "b") {
		return false
	}
	b, err := base32Lower.DecodeString(s[1:])
	return err == nil && len(b) == 36 && b[0] == 1 && b[2] == 0x12 && b[3] == 0x20
}

const tidAlphabet = "234567abcdefghijklmnopqrstuvwxyz"

// tid returns the next timestamp identifier, larger than all before.
func (s *Server) tid() string {
	us := s.now().UnixMicro()
	s.lastTID = max(us, s.lastTID+1)
	return tidOf(s.lastTID, 0)
}

func tidOf(us int64, clock uint16) string {
	v := uint64(us)<<10 | uint64(clock&0x3ff)
	var b [13]byte
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = tidAlphabet[v&31]
		v >>= 5
	}
	return string(b[:])
}

// newDID derives a did:plc from a handle, so that runs are alike.
func newDID(handle string) string {
	sum := sha256.Sum256([]byte("plc:" + handle))
	return "did:plc:" + base32Lower.EncodeToString(sum[:15])
}

func atURI(did, collection, rkey string) string {
	return "at://" + did + "/" + collection + "/" + rkey
}

// splitURI takes an at-uri apart; ok is false if it has not three parts.
func splitURI(uri string) (repo, collection, rkey string, ok bool) {
	rest, found := strings.CutPrefix(uri, "at://")
	parts := strings.Split(rest, "/")
	if !found || len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}

func validDatetime(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil && strings.Contains(s, "T") && !strings.HasSuffix(s, "-00:00")
}

func validNSID(s string) bool {
	parts := strings.Split(s, ".")
	for _, p := range parts {
		if p == "" || strings.Trim(strings.ToLower(p), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return len(parts) >= 3 && len(s) <= 317
}

func validRkey(s string) bool {
	const extra = "._:~-"
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(extra, rune(c)) {
			return false
		}
	}
	return s != "" && len(s) <= 512 && s != "." && s != ".."
}
