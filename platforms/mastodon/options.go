package mastodon

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// PostOptions are the settings of a post that only Mastodon and its like know.
//
//	err := mastodon.PostOptions{ScheduledAt: at}.Set(&post)
type PostOptions struct {
	// ScheduledAt hands the post to the server, which publishes it then. It must
	// be at least 5 minutes ahead when the post is committed. The delivery stays
	// pending until the post is public; one that somebody cancelled on the
	// server ends as failed. Package scheduler needs no help of the server and
	// works alike on every platform; use this where nothing of yours may run at
	// that time.
	ScheduledAt time.Time `json:"scheduled_at,omitzero"`

	// Visibility in the vendor's words stands above Post.Visibility, for values
	// that the portable ones lack ("mutuals_only", "local").
	Visibility Visibility `json:"visibility,omitempty"`

	// QuotePolicy says who may quote the post: public, followers, nobody (4.5).
	QuotePolicy string `json:"quote_policy,omitempty"`

	// NoMention keeps a reply as it is written. By default a reply begins with a
	// mention of whom it answers unless it names them already, since otherwise
	// they are not notified. Private messages need the mention and get it always.
	NoMention bool `json:"no_mention,omitempty"`

	// ContentType is text/plain or text/markdown, for GoToSocial, Akkoma and
	// Pleroma; "" means text/plain.
	ContentType string `json:"content_type,omitempty"`

	// LocalOnly keeps the post on its server (GoToSocial).
	LocalOnly bool `json:"local_only,omitempty"`
}

// Set stores the options in p.
func (o PostOptions) Set(p *smm.Post) error { return p.SetOptions(Platform, o) }

// postOptions reads and checks the options of p.
func postOptions(p *smm.Post) (PostOptions, error) {
	var o PostOptions
	if err := p.DecodeOptions(Platform, &o); err != nil {
		return o, err
	}
	switch o.QuotePolicy {
	case "", "public", "followers", "nobody":
	default:
		return o, fmt.Errorf("%w: mastodon: quote policy %q: want public, followers or nobody", smm.ErrInvalid, o.QuotePolicy)
	}
	switch o.ContentType {
	case "", "text/plain", "text/markdown":
	default:
		return o, fmt.Errorf("%w: mastodon: content type %q: want text/plain or text/markdown", smm.ErrInvalid, o.ContentType)
	}
	return o, nil
}

// visibilities maps the portable visibilities.
var visibilities = map[smm.Visibility]Visibility{
	smm.VisibilityPublic: Public, smm.VisibilityUnlisted: Unlisted, smm.VisibilityFollowers: Private, smm.VisibilityDirect: Direct,
}

// portable maps a vendor's visibility; what has no portable name is shown to
// fewer people than it might be, never to more.
func (v Visibility) portable() smm.Visibility {
	switch v {
	case Public:
		return smm.VisibilityPublic
	case Unlisted:
		return smm.VisibilityUnlisted
	case Direct:
		return smm.VisibilityDirect
	case "":
		return ""
	}
	return smm.VisibilityFollowers
}
