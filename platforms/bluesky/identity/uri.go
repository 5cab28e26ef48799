package identity

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// URI is the address of a record: at://repo/collection/rkey.
type URI struct {
	Repo       string // a DID, or a handle in addresses that people wrote
	Collection string // an NSID such as "app.bsky.feed.post"
	Rkey       string // the record key
}

var (
	didPattern    = regexp.MustCompile(`^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$`)
	handlePattern = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)
	nsidPattern   = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9-]{0,62})?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,62})?)+(\.[a-zA-Z][a-zA-Z0-9]{0,62})$`)
	rkeyPattern   = regexp.MustCompile(`^[a-zA-Z0-9_~.:-]{1,512}$`)
)

// IsDID reports whether s has the form of a DID.
func IsDID(s string) bool { return len(s) <= 2048 && didPattern.MatchString(s) }

// IsHandle reports whether s has the form of a handle: a domain name.
func IsHandle(s string) bool { return len(s) <= 253 && handlePattern.MatchString(s) }

// ParseURI parses the address of a record. The error matches smm.ErrInvalid.
func ParseURI(s string) (URI, error) {
	rest, ok := strings.CutPrefix(s, "at://")
	parts := strings.Split(rest, "/")
	if !ok || len(s) > 8192 || len(parts) != 3 {
		return URI{}, fmt.Errorf("%w: %.200q is not the address of a record: want at://did/collection/key", smm.ErrInvalid, s)
	}
	u := URI{parts[0], parts[1], parts[2]}
	if !(IsDID(u.Repo) || IsHandle(u.Repo)) || !nsidPattern.MatchString(u.Collection) ||
		!rkeyPattern.MatchString(u.Rkey) || u.Rkey == "." || u.Rkey == ".." {
		return URI{}, fmt.Errorf("%w: %.200q is not the address of a record: want at://did/collection/key", smm.ErrInvalid, s)
	}
	return u, nil
}

// String returns the address.
func (u URI) String() string { return "at://" + u.Repo + "/" + u.Collection + "/" + u.Rkey }
