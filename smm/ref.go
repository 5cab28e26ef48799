package smm

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Platform names a social platform: lower-case letters and digits, for example
// "mastodon". Each driver package exports its own constant.
type Platform string

// Tenant is the host's opaque name for the customer on whose behalf something
// is done. Two tenants may hold the same channel; nothing of one is ever read
// with the credentials, the quota or the records of the other. The empty
// tenant is a tenant like any other and serves hosts that have only one.
type Tenant string

// Kind says what a Ref identifies.
type Kind string

// The kinds of things that a Ref can identify.
const (
	KindChannel      Kind = "channel"      // a page, account or server channel that the host acts as
	KindPost         Kind = "post"         // a public item of a channel
	KindComment      Kind = "comment"      // a public answer to a post, by anybody
	KindConversation Kind = "conversation" // a thread of private messages
	KindMessage      Kind = "message"      // one private message
	KindAuthor       Kind = "author"       // a person or account that is not ours
	KindReview       Kind = "review"       // a rating with text
	KindMedia        Kind = "media"        // an uploaded asset
	KindAd           Kind = "ad"           // any object of an advertising account
)

// Ref identifies anything on any platform. It is comparable and so a map key.
//
// ID is the vendor's identifier, verbatim and never parsed as a number: ids
// larger than 2^53, ULIDs and AT-URIs all fit. Space scopes ids that are only
// unique on one server, workspace or chat (a Mastodon host such as
// "social.example"); it is empty where ids are global.
//
// The text form is platform[@space]/kind/id with the id verbatim at the end,
// for example "mastodon@social.example/post/114" or
// "bluesky/post/at://did:plc:abc/app.bsky.feed.post/3l". In the space "%" and
// "/" are percent-encoded.
type Ref struct {
	Platform Platform
	Space    string
	Kind     Kind
	ID       string
}

// IsZero reports whether r identifies nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// WithKind returns a Ref to another kind of thing with the same platform and
// space. It is how a driver derives the Ref of a post from that of its channel.
func (r Ref) WithKind(k Kind, id string) Ref {
	return Ref{Platform: r.Platform, Space: r.Space, Kind: k, ID: id}
}

// String returns the text form, or "" for the zero Ref.
func (r Ref) String() string {
	if r.IsZero() {
		return ""
	}
	s := string(r.Platform)
	if r.Space != "" {
		s += "@" + strings.NewReplacer("%", "%25", "/", "%2F").Replace(r.Space)
	}
	return s + "/" + string(r.Kind) + "/" + r.ID
}

// MarshalText implements encoding.TextMarshaler. The zero Ref is empty text;
// any other Ref must pass Check.
func (r Ref) MarshalText() ([]byte, error) {
	if r.IsZero() {
		return nil, nil
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	return []byte(r.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Ref) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*r = Ref{}
		return nil
	}
	v, err := ParseRef(string(b))
	if err != nil {
		return err
	}
	*r = v
	return nil
}

// Check reports what is wrong with r, as an error that matches ErrInvalid.
func (r Ref) Check() error {
	switch {
	case !isName(string(r.Platform)):
		return fmt.Errorf("%w: ref platform %q: want lower-case letters and digits", ErrInvalid, r.Platform)
	case !isName(string(r.Kind)):
		return fmt.Errorf("%w: ref kind %q: want lower-case letters and digits", ErrInvalid, r.Kind)
	case r.ID == "":
		return fmt.Errorf("%w: ref %s has no id", ErrInvalid, r)
	}
	return nil
}

// ParseRef parses the text form of a Ref. Errors match ErrInvalid.
func ParseRef(s string) (Ref, error) {
	head, rest, ok := strings.Cut(s, "/")
	kind, id, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return Ref{}, fmt.Errorf("%w: ref %q: want platform[@space]/kind/id", ErrInvalid, s)
	}
	platform, space, scoped := strings.Cut(head, "@")
	if scoped {
		var err error
		if space, err = url.PathUnescape(space); err != nil || space == "" {
			return Ref{}, fmt.Errorf("%w: ref %q: bad space", ErrInvalid, s)
		}
	}
	r := Ref{Platform: Platform(platform), Space: space, Kind: Kind(kind), ID: id}
	return r, r.Check()
}

func isName(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// checkChannel reports whether r can serve as a channel.
func checkChannel(r Ref) error {
	if err := r.Check(); err != nil {
		return err
	}
	if r.Kind != KindChannel {
		return fmt.Errorf("%w: %s is a %s, not a channel: take the Ref of a Channel as listed by Client.Channels", ErrInvalid, r, r.Kind)
	}
	return nil
}

var errNoPlatform = errors.New("no driver for this platform: pass one to New")
