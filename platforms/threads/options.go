package threads

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// PostOptions are the settings of a post that only Threads knows.
//
//	err := threads.PostOptions{TopicTag: "Coffee", ReplyControl: threads.ReplyFollowers}.Set(&post)
type PostOptions struct {
	// TopicTag is the one topic of the post, 1 to 50 characters without "." and
	// "&". Without it the vendor takes the first hashtag of the text (not
	// verified).
	TopicTag string `json:"topic_tag,omitempty"`

	// ReplyControl says who may answer; "" is everybody.
	ReplyControl ReplyControl `json:"reply_control,omitempty"`
	// ReplyApprovals holds answers back until they are approved.
	ReplyApprovals bool `json:"reply_approvals,omitempty"`

	// LocationID is a place of LocationService.Search; it needs the scope
	// threads_location_tagging.
	LocationID ID `json:"location_id,omitempty"`
	// Countries are the only ones that see the post, as ISO 3166 codes; the account
	// must be eligible (User.GeoGating).
	Countries []string `json:"countries,omitempty"`

	// LongText attaches a text of up to 10,000 characters to a post without media.
	LongText *LongText `json:"long_text,omitempty"`
	// GIF attaches an animation of a provider's library to a post without media.
	GIF *GIF `json:"gif,omitempty"`

	// Spoilers are spans of the text that are covered at first, at most 10.
	// Post.Sensitive covers the media.
	Spoilers []TextSpan `json:"spoilers,omitempty"`
	// Ghost makes a post without media vanish after 24 hours.
	Ghost bool `json:"ghost,omitempty"`
}

// Set stores the options in p.
func (o PostOptions) Set(p *smm.Post) error { return p.SetOptions(Platform, o) }

// postOptions reads and checks the options of p.
func postOptions(p *smm.Post) (PostOptions, error) {
	var o PostOptions
	if err := p.DecodeOptions(Platform, &o); err != nil {
		return o, err
	}
	controls := []ReplyControl{"", ReplyEveryone, ReplyFollowed, ReplyMentioned, ReplyParentAuthor, ReplyFollowers}
	wrong := ""
	switch {
	case checkTopic(o.TopicTag) != "":
		wrong = checkTopic(o.TopicTag)
	case !slices.Contains(controls, o.ReplyControl):
		wrong = fmt.Sprintf("reply control %q: want one of %v", o.ReplyControl, controls[1:])
	case o.LongText != nil && (o.LongText.Plain == "" || utf8.RuneCountInString(o.LongText.Plain) > MaxLongText):
		wrong = fmt.Sprintf("a long text has 1 to %d characters", MaxLongText)
	case o.GIF != nil && (o.GIF.ID == "" || o.GIF.Provider == ""):
		wrong = "a GIF needs its id and its provider"
	case len(o.Spoilers) > MaxSpoilers:
		wrong = fmt.Sprintf("at most %d spoilers", MaxSpoilers)
	case slices.ContainsFunc(o.Spoilers, func(s TextSpan) bool { return s.Offset < 0 || s.Length < 1 }):
		wrong = "a spoiler is a span of the text"
	case slices.ContainsFunc(o.Countries, func(c string) bool { return len(c) != 2 }):
		wrong = "countries are ISO 3166 codes of two letters"
	case len(p.Media) > 0 && (o.LongText != nil || o.GIF != nil || o.Ghost):
		wrong = "long texts, GIFs and ghost posts have no media"
	case o.LongText != nil && p.Poll != nil:
		wrong = "a post has a long text or a poll"
	}
	if wrong != "" {
		return o, fmt.Errorf("%w: threads: %s", smm.ErrInvalid, wrong)
	}
	return o, nil
}
