package x

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/x/xtext"
	"github.com/smmkit/smmkit/smm"
)

// PostOptions are the settings of a post that only X knows.
//
//	err := x.PostOptions{ReplySettings: x.RepliesFollowing}.Set(&post)
//
// Posts that are shown as ads alone, and cards of ads, are left to the vendor
// client.
type PostOptions struct {
	// ReplySettings say who may reply, as PostParams.ReplySettings.
	ReplySettings string `json:"reply_settings,omitempty"`

	// ExcludeReplyUserIDs are accounts that a reply does not mention.
	ExcludeReplyUserIDs []ID `json:"exclude_reply_user_ids,omitempty"`

	// TaggedUserIDs are accounts tagged in the media, MaxTagged at most.
	TaggedUserIDs []ID `json:"tagged_user_ids,omitempty"`

	// PlaceID names a place.
	PlaceID string `json:"place_id,omitempty"`

	// PaidPartnership and MadeWithAI show labels, as Post.Disclosure's Paid and AI
	// do.
	PaidPartnership bool `json:"paid_partnership,omitempty"`
	MadeWithAI      bool `json:"made_with_ai,omitempty"`

	// CommunityID makes it a post to a community that the account is a member of,
	// ForSuperFollowersOnly one for its paying subscribers. ShareWithFollowers shows
	// either to all followers too. Whether such a post stands among those of the
	// account is not verified, so that nobody can tell what became of a lost reply:
	// it is smm.ClassBlind, and a case for a person.
	CommunityID           ID   `json:"community_id,omitempty"`
	ForSuperFollowersOnly bool `json:"for_super_followers_only,omitempty"`
	ShareWithFollowers    bool `json:"share_with_followers,omitempty"`

	// VideoTitle and VideoDescription stand on the card of a video, VisitSite or
	// WatchNow is the https address behind its button. Embeddable lets others show
	// it outside X.
	VideoTitle       string `json:"video_title,omitempty"`
	VideoDescription string `json:"video_description,omitempty"`
	VisitSite        string `json:"visit_site,omitempty"`
	WatchNow         string `json:"watch_now,omitempty"`
	Embeddable       *bool  `json:"embeddable,omitempty"`

	// DirectMessageDeepLink shows a button that begins a message to the account that
	// this address names.
	DirectMessageDeepLink string `json:"direct_message_deep_link,omitempty"`
}

// Set stores the options in p.
func (o PostOptions) Set(p *smm.Post) error { return p.SetOptions(Platform, o) }

// postOptions reads and checks the options of p.
func postOptions(p *smm.Post) (PostOptions, error) {
	var o PostOptions
	if err := p.DecodeOptions(Platform, &o); err != nil {
		return o, err
	}
	if !known(o.ReplySettings, RepliesFollowing, RepliesMentioned, RepliesSubscribers, RepliesVerified) {
		return o, invalid("reply settings %q: want %s, %s, %s or %s", o.ReplySettings, RepliesFollowing, RepliesMentioned, RepliesSubscribers, RepliesVerified)
	}
	if len(o.TaggedUserIDs) > MaxTagged {
		return o, invalid("%d tagged accounts: want at most %d", len(o.TaggedUserIDs), MaxTagged)
	}
	if o.ShareWithFollowers && !o.unlisted() {
		return o, invalid("every follower sees the post: share_with_followers is for those of a community or for subscribers")
	}
	if o.VisitSite != "" && o.WatchNow != "" {
		return o, invalid("a video has one button: visit_site or watch_now")
	}
	for _, address := range []string{o.VisitSite, o.WatchNow, o.DirectMessageDeepLink} {
		if address != "" && !strings.HasPrefix(address, "https://") {
			return o, invalid("the address of a button begins with https://")
		}
	}
	if o.CommunityID != "" && !isID(o.CommunityID) {
		return o, invalid("%q is no id of a community", o.CommunityID)
	}
	return o, ids(slices.Concat(o.ExcludeReplyUserIDs, o.TaggedUserIDs)...)
}

// unlisted reports whether the account's own list may lack the post.
func (o PostOptions) unlisted() bool { return o.CommunityID != "" || o.ForSuperFollowersOnly }

// media are the settings of files, nil if there are none.
func (o PostOptions) media() *MediaParams {
	m := MediaParams{TaggedUserIDs: o.TaggedUserIDs, Title: o.VideoTitle, Description: o.VideoDescription, Embeddable: o.Embeddable}
	if o.VisitSite != "" || o.WatchNow != "" {
		m.CallToActions = &CallToActions{}
		if o.VisitSite != "" {
			m.CallToActions.VisitSite = &LinkAction{o.VisitSite}
		} else {
			m.CallToActions.WatchNow = &LinkAction{o.WatchNow}
		}
	}
	if len(m.TaggedUserIDs) == 0 && m.Title == "" && m.Description == "" && m.Embeddable == nil && m.CallToActions == nil {
		return nil
	}
	return &m
}

// misfit is something in a post that X has no place for and whose loss would
// change what is said or to whom.
type misfit struct{ code, path, message string }

// misfits finds them.
func misfits(p *smm.Post) []misfit {
	var out []misfit
	add := func(is bool, code, path, message string) {
		if is {
			out = append(out, misfit{code, path, message})
		}
	}
	add(xtext.Length(withCard(p)).Refused, "text.characters", "text", "X takes no text with U+FFFE, U+FFFF or U+FEFF")
	add(p.ContentWarning != "", "warning.unsupported", "content_warning", "X has no content warnings")
	add(p.Visibility != "" && p.Visibility != smm.VisibilityPublic, "visibility.unsupported", "visibility",
		"X has no visibility of single posts: they are public, or the account is protected")
	add(p.Poll != nil && p.Poll.Multiple, "poll.multiple", "poll.multiple", "polls of X take one answer of each person")
	add(p.Poll != nil && p.Poll.HideTotals, "poll.hide-totals", "poll.hide_totals", "polls of X show their totals to who has voted")
	add(!p.Quote.IsZero() && len(p.Media) > 0, "quote.media", "quote", "a post has either media or a quoted post")
	add(!p.Quote.IsZero() && p.Poll != nil, "quote.poll", "quote", "a post has either a poll or a quoted post")
	if kind, err := p.CreateKind(); err == nil && kind == smm.CreateMessage {
		add(len(p.Media) > 1, "message.media", "media", "a message has one file at most")
		add(p.Poll != nil, "message.poll", "poll", "a message has no poll")
		add(!p.Quote.IsZero(), "message.quote", "quote", "a message quotes no post")
	}
	return out
}

// withCard is the text with the card's link, of which X makes a card.
func withCard(p *smm.Post) string {
	switch {
	case p.Card == nil || p.Card.URL == "" || strings.Contains(p.Text, p.Card.URL):
		return p.Text
	case p.Text == "":
		return p.Card.URL
	}
	return p.Text + "\n\n" + p.Card.URL
}

// postParams maps the post without what it refers to.
func postParams(post *smm.Post, o *PostOptions) (PostParams, error) {
	p := PostParams{
		Text: withCard(post), ReplySettings: o.ReplySettings,
		MadeWithAI: o.MadeWithAI || post.Disclosure.AI, PaidPartnership: o.PaidPartnership || post.Disclosure.Paid,
		CommunityID: o.CommunityID, ForSuperFollowersOnly: o.ForSuperFollowersOnly, ShareWithFollowers: o.ShareWithFollowers,
		DirectMessageDeepLink: o.DirectMessageDeepLink,
	}
	if o.PlaceID != "" {
		p.Geo = &GeoParams{PlaceID: o.PlaceID}
	}
	if p.Media = o.media(); p.Media != nil && len(post.Media) == 0 {
		return p, invalid("tags, titles and buttons are those of media, and the post has none")
	}
	if post.Poll != nil {
		p.Poll = &PollParams{Options: post.Poll.Options, DurationMinutes: int(post.Poll.Duration / time.Minute)}
		if len(post.Media) > 0 {
			return p, invalid("a post has either media or a poll")
		}
		return p, p.Poll.check()
	}
	return p, nil
}

// CostOf returns what publishing p costs, as it is seen on X, at the list prices
// of the self-serve tier: the post itself, each part of its thread, its first
// comment, and the alt texts and subtitles of its media. It is what X charges for requests that
// go well at once. Beside it a lost reply costs the reading back: 5,000
// micros for each own post since the attempt.
//
// A post of a kind that X does not have is an error that matches smm.ErrInvalid
// or smm.ErrUnsupported.
func CostOf(p *smm.Post) (smm.Money, error) {
	post := p.For(Platform)
	kind, err := post.CreateKind()
	if err != nil {
		return smm.Money{}, err
	}
	total := smm.Money{Currency: "USD"}
	switch kind {
	case smm.CreateMessage:
		total.Micros = operations["messages.send"].price.Request
		return total, nil
	case smm.CreatePost, smm.CreateReply:
	default:
		return smm.Money{}, fmt.Errorf("%w: x: there is no %s", smm.ErrUnsupported, kind)
	}
	total.Micros = costOfPart(&post, kind == smm.CreateReply)
	for i := range post.Thread {
		total.Micros += costOfPart(&post.Thread[i], false)
	}
	if post.FirstComment != "" {
		total.Micros += costOfPart(&smm.Post{Text: post.FirstComment}, false)
	}
	return total, nil
}

// costOfPart is the price of one create and of the descriptions and subtitles of its files. The
// low price of a reply holds for those that somebody asked for; whether it does in
// one's own thread is not verified, so that the price of a post is taken there.
func costOfPart(p *smm.Post, asked bool) int64 {
	params := PostParams{Text: withCard(p)}
	if asked {
		params.Reply = &ReplyParams{}
	}
	n := PriceOfPost(&params).Request
	for _, m := range p.Media {
		if m.AltText != "" {
			n += operations["media.metadata"].price.Request
		}
		n += int64(len(m.Captions)) * operations["media.subtitles"].price.Request
	}
	return n
}

// CostOfPlan returns what deliveries of smm.Client.Plan cost together. Those of
// other platforms count nothing.
func CostOfPlan(plan []*smm.Delivery) (smm.Money, error) {
	total := smm.Money{Currency: "USD"}
	for _, d := range plan {
		if d.Request.Channel.Platform != Platform {
			continue
		}
		c, err := CostOf(&d.Request.Post)
		if err != nil {
			return smm.Money{}, err
		}
		if total, err = total.Add(c); err != nil {
			return smm.Money{}, err
		}
	}
	return total, nil
}

// Tariff says what items of a kind take. It has the fields of package
// scheduler/planner's type of this name, which a host converts it to:
// planner.Tariff(t).
type Tariff struct {
	Platform smm.Platform
	Channel  smm.Ref
	Kind     smm.CreateKind
	Link     bool
	MinMedia int
	Charges  []smm.Charge
	Price    smm.Money
	Source   string
}

// Tariffs are the list prices of the self-serve tier by kind of item, in the
// order in which the first that fits counts, with the budget of an account that
// each item takes from. A planner takes addresses with a scheme for links and no
// bare names of domains, which X links and charges for as well: CostOf knows them.
func Tariffs() []Tariff {
	charge := func(op string) []smm.Charge {
		return []smm.Charge{{Key: smm.QuotaKey{Platform: Platform, Account: "{channel}", Bucket: op + "/" + windowUser}, Cost: 1}}
	}
	usd := func(micros int64) smm.Money { return smm.Money{Micros: micros, Currency: "USD"} }
	return []Tariff{
		{Platform: Platform, Kind: smm.CreateMessage, Charges: charge("messages.send"), Price: usd(operations["messages.send"].price.Request), Source: pricesSource},
		{Platform: Platform, Link: true, Charges: charge("posts.create"), Price: usd(PricePostWithURL), Source: pricesSource},
		{Platform: Platform, Kind: smm.CreateReply, Charges: charge("posts.create"), Price: usd(PriceReply), Source: pricesSource},
		{Platform: Platform, Kind: smm.CreatePost, Charges: charge("posts.create"), Price: usd(operations["posts.create"].price.Request), Source: pricesSource},
	}
}
