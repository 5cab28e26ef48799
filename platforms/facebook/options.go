package facebook

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Format is what a post becomes where the media leave a choice.
type Format string

// The formats. The zero value makes a post of the feed, and of a video a video.
const (
	FormatFeed  Format = ""
	FormatReel  Format = "reel"  // one upright video of 3 to 90 seconds
	FormatStory Format = "story" // one photo or video without a text, which goes after a day
)

// PostOptions are the settings of a post that only Facebook knows.
//
//	err := facebook.PostOptions{Format: facebook.FormatReel}.Set(&post)
type PostOptions struct {
	Format Format `json:"format,omitempty"`

	// ScheduledAt hands the post to the vendor, which publishes it then: 10 minutes
	// to 30 days ahead, a reel 29. The delivery stays pending until it is public.
	// Package scheduler needs no help of the vendor; use this where nothing of
	// yours may run at that time. Stories cannot be scheduled.
	ScheduledAt time.Time `json:"scheduled_at,omitzero"`

	Title string `json:"title,omitempty"` // of a video or reel
	Place ID     `json:"place,omitempty"` // a Page with a location
	Tags  []ID   `json:"tags,omitempty"`  // people; needs Place

	// Background is the id of a coloured background for a text of up to 130
	// characters without media.
	Background string `json:"background,omitempty"`

	// Carousel are up to ten cards below a link, in this order if FixedOrder.
	Carousel   []LinkCard `json:"carousel,omitempty"`
	FixedOrder bool       `json:"fixed_order,omitempty"`
	NoEndCard  bool       `json:"no_end_card,omitempty"`

	// Targeting limits who may see the post, FeedTargeting whom it is shown to
	// first, both in the vendor's form.
	Targeting     json.RawMessage `json:"targeting,omitempty"`
	FeedTargeting json.RawMessage `json:"feed_targeting,omitempty"`

	// Private makes the answer to a comment a private message to its author: one
	// ever, within 7 days. Until they answer there is no conversation.
	Private bool `json:"private,omitempty"`
	// HumanAgent sends a message within 7 days instead of 24 hours. It is for what
	// a person wrote by hand, and the app needs the feature of that name.
	HumanAgent bool `json:"human_agent,omitempty"`
	// Silent sends a message without a sound.
	Silent bool `json:"silent,omitempty"`
}

// Set stores the options in p.
func (o PostOptions) Set(p *smm.Post) error { return p.SetOptions(Platform, o) }

// maxCards is of a carousel of links.
const maxCards = 10

// postOptions reads and checks the options of p.
func postOptions(p *smm.Post) (PostOptions, error) {
	var o PostOptions
	if err := p.DecodeOptions(Platform, &o); err != nil {
		return o, err
	}
	fail := func(format string, a ...any) error {
		return fmt.Errorf("%w: facebook: %s", smm.ErrInvalid, fmt.Sprintf(format, a...))
	}
	switch {
	case o.Format != FormatFeed && o.Format != FormatReel && o.Format != FormatStory:
		return o, fail("format %q: want reel or story", o.Format)
	case o.Format == FormatStory && !o.ScheduledAt.IsZero():
		return o, fail("a story cannot be scheduled by the vendor")
	case o.Format != FormatFeed && len(p.Media) != 1:
		return o, fail("a %s has exactly one file", o.Format)
	case o.Format == FormatStory && (p.Text != "" || p.Card != nil):
		return o, fail("a story has no text")
	case len(o.Tags) > 0 && o.Place == "":
		return o, fail("people can be tagged at a place only")
	case len(o.Carousel) == 1 || len(o.Carousel) > maxCards:
		return o, fail("a carousel has 2 to %d cards", maxCards)
	case len(o.Carousel) > 0 && p.Card == nil:
		return o, fail("a carousel needs a card with the link below all")
	case o.Background != "" && (len(p.Media) > 0 || p.Card != nil || CountText(p.Text) > MaxBackground):
		return o, fail("a background is for a text of up to %d characters without media or link", MaxBackground)
	}
	return o, nil
}

// checkSchedule checks when the vendor shall publish.
func checkSchedule(o *PostOptions, now time.Time) error {
	if o.ScheduledAt.IsZero() {
		return nil
	}
	most := MaxScheduleAhead
	if o.Format == FormatReel {
		most = MaxReelScheduleAhead
	}
	switch ahead := o.ScheduledAt.Sub(now); {
	case ahead < MinScheduleAhead:
		return fmt.Errorf("%w: facebook: the vendor takes posts at least 10 minutes ahead", smm.ErrInvalid)
	case ahead > most:
		return fmt.Errorf("%w: facebook: the vendor takes posts at most %d days ahead", smm.ErrInvalid, int(most/(24*time.Hour)))
	}
	return nil
}
