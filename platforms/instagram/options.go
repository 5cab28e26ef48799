package instagram

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Format is what a post becomes.
type Format string

// The formats. Automatic is a picture, a reel for one film, and a carousel for
// several items.
const (
	FormatAuto  Format = ""
	FormatReel  Format = "reel"
	FormatStory Format = "story" // one picture or film without a text, for 24 hours
)

// PostOptions are the settings of a post that only Instagram knows.
//
//	err := instagram.PostOptions{Format: instagram.FormatStory}.Set(&post)
//
// Disclosure.AI of the post sets the vendor's own mark, and with FacebookLogin
// Disclosure.Paid does.
type PostOptions struct {
	Format Format `json:"format,omitempty"`

	LocationID    string   `json:"location_id,omitempty"`   // of a Page with a place
	Collaborators []string `json:"collaborators,omitempty"` // at most 3 user names
	// UserTags mark accounts, in the order of the post's media: the first list is
	// that of the first item.
	UserTags [][]UserTag `json:"user_tags,omitempty"`

	ShareToFeed *bool          `json:"share_to_feed,omitempty"` // of a reel
	ThumbOffset time.Duration  `json:"thumb_offset,omitempty"`  // the frame that becomes the cover, where the film has no thumbnail
	AudioName   string         `json:"audio_name,omitempty"`    // of a reel's own sound
	Audio       *AudioSettings `json:"audio,omitempty"`         // of a reel, FacebookLogin
	// Trial shows a reel to strangers first: "MANUAL" or "SS_PERFORMANCE" says how it
	// comes to the followers.
	Trial string `json:"trial,omitempty"`

	Poll          []string `json:"poll,omitempty"` // 2 to 4 options, FacebookLogin
	PollExtended  bool     `json:"poll_extended,omitempty"`
	CommentPrompt bool     `json:"comment_prompt,omitempty"` // FacebookLogin
	Sponsors      []string `json:"sponsors,omitempty"`       // account ids, FacebookLogin

	// MentionMedia makes an answer one to a mention: the id of somebody's media on
	// which the channel is mentioned. A reply lost on the way is then for a person to
	// look up, since such answers cannot be listed.
	MentionMedia string `json:"mention_media,omitempty"`
	// Private makes the answer to a comment a private message to its author: one
	// ever, within 7 days. Until they answer there is no conversation.
	Private bool `json:"private,omitempty"`
	// HumanAgent lets a person of the channel's staff answer a message for 7 days
	// instead of 24 hours. The vendor forbids it for anything automatic.
	HumanAgent bool `json:"human_agent,omitempty"`
}

// Set stores the options in p.
func (o PostOptions) Set(p *smm.Post) error { return p.SetOptions(Platform, o) }

// postOptions reads and checks the options of p.
func postOptions(p *smm.Post) (PostOptions, error) {
	var o PostOptions
	if err := p.DecodeOptions(Platform, &o); err != nil {
		return o, err
	}
	bad := func(format string, a ...any) error {
		return fmt.Errorf("%w: instagram: "+format, append([]any{smm.ErrInvalid}, a...)...)
	}
	switch {
	case o.Format != FormatAuto && o.Format != FormatReel && o.Format != FormatStory:
		return o, bad("format %q: want %q or %q", o.Format, FormatReel, FormatStory)
	case o.Trial != "" && o.Trial != "MANUAL" && o.Trial != "SS_PERFORMANCE":
		return o, bad("trial %q: want MANUAL or SS_PERFORMANCE", o.Trial)
	case len(o.Collaborators) > maxCollabs:
		return o, bad("%d collaborators, at most %d", len(o.Collaborators), maxCollabs)
	case len(o.Poll) == 1 || len(o.Poll) > 4:
		return o, bad("a poll has 2 to 4 options")
	case len(o.Poll) > 0 && o.CommentPrompt:
		return o, bad("a poll cannot stand beside a comment prompt")
	case o.ThumbOffset < 0:
		return o, bad("the frame of the cover lies before the film")
	case len(o.UserTags) > max(len(p.Media), 1):
		return o, bad("tags for %d items, and the post has %d", len(o.UserTags), len(p.Media))
	}
	return o, nil
}

// facebookOnly names a setting that the other login does not have, "" if there is
// none.
func (o PostOptions) facebookOnly() string {
	switch {
	case len(o.Poll) > 0:
		return "poll"
	case o.CommentPrompt:
		return "comment_prompt"
	case o.Audio != nil:
		return "audio"
	case len(o.Sponsors) > 0:
		return "sponsors"
	}
	return ""
}
