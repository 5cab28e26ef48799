package facebook

import (
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

// channelOf makes the channel of a Page.
func channelOf(p *Page) smm.Channel {
	return smm.Channel{
		Ref:  smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: string(p.ID)},
		Name: p.Name, Handle: p.Username, URL: p.Link, AvatarURL: p.Picture.Data.Address(), AccountType: "page",
	}
}

// authorOf makes the author of a thing; nil is one that the vendor does not tell,
// and gives an author without a Ref.
func authorOf(channel smm.Ref, a *Actor) smm.Author {
	if a == nil || a.ID == "" {
		return smm.Author{}
	}
	return smm.Author{Ref: channel.WithKind(smm.KindAuthor, string(a.ID)), Name: smm.Untrusted(a.Name)}
}

func isOwn(channel smm.Ref, a *Actor) bool { return a != nil && string(a.ID) == channel.ID }

var rulesOfText = textx.Rules{URLs: textx.URLScheme, Hashtags: textx.HashtagTwitter}

// entitiesOf finds the links and hashtags of a text. Mentions have no mark of
// their own in it.
func entitiesOf(text string) []smm.Entity {
	var out []smm.Entity
	for _, e := range textx.Extract(text, rulesOfText) {
		v := smm.Entity{Start: e.Start, End: e.End, Target: e.Value}
		switch e.Kind {
		case textx.URL:
			v.Kind = smm.EntityLink
		case textx.Hashtag:
			v.Kind = smm.EntityHashtag
		default:
			continue
		}
		out = append(out, v)
	}
	return out
}

// attachmentsOf are the photos and videos of a post; what is linked is none.
func attachmentsOf(list []Attachment) []smm.Attachment {
	var out []smm.Attachment
	for i := range list {
		a := &list[i]
		if len(a.SubAttachments.Data) > 0 {
			out = append(out, attachmentsOf(a.SubAttachments.Data)...)
			continue
		}
		v := smm.Attachment{URL: a.Media.Image.Address(), Width: a.Media.Image.Width, Height: a.Media.Image.Height}
		switch {
		case a.MediaType == "photo" || strings.HasPrefix(a.Type, "photo"):
			v.Class = smm.MediaImage
		case a.MediaType == "video" || strings.HasPrefix(a.Type, "video"):
			v.Class = smm.MediaVideo
			if a.Media.Source != "" {
				v.URL = a.Media.Source
			}
		case strings.HasPrefix(a.Type, "animated_image"):
			v.Class = smm.MediaGIF
		default:
			continue
		}
		out = append(out, v)
	}
	return out
}

// postOf converts a post. Whether it was edited is not told: a comment changes
// updated_time as well.
func postOf(channel smm.Ref, p *Post, now time.Time) smm.PublishedPost {
	out := smm.PublishedPost{
		Ref: channel.WithKind(smm.KindPost, string(p.ID)), Channel: channel, Author: authorOf(channel, p.From), URL: absolute(p.Permalink),
		Text: smm.Untrusted(p.Message), Entities: entitiesOf(p.Message), Attachments: attachmentsOf(p.Attachments.Data),
		At: p.Created.Time, Visibility: smm.VisibilityPublic, Native: p.Raw,
	}
	out.Metrics = metrics(channel, out.Ref, postCounts(p), fieldMetrics, nil, now)
	return out
}

// reelOf converts a video or reel, whose description is its text.
func reelOf(channel smm.Ref, v *Video, now time.Time) smm.PublishedPost {
	out := smm.PublishedPost{
		Ref: channel.WithKind(smm.KindPost, string(v.ID)), Channel: channel, Author: authorOf(channel, v.From), URL: v.URL(),
		Text: smm.Untrusted(v.Description), Entities: entitiesOf(v.Description), At: v.Created.Time, Visibility: smm.VisibilityPublic, Native: v.Raw,
		Attachments: []smm.Attachment{{Class: smm.MediaVideo, URL: v.Source}},
	}
	out.Metrics = metrics(channel, out.Ref, videoCounts(v), fieldMetrics, nil, now)
	return out
}

// commentOf converts a comment. about is the post that it hangs on, or the
// comment whose replies were asked for.
func commentOf(channel, about smm.Ref, c *Comment) smm.Message {
	m := smm.Message{
		Ref: channel.WithKind(smm.KindComment, string(c.ID)), Channel: channel, Author: authorOf(channel, c.From), Own: isOwn(channel, c.From),
		Text: smm.Untrusted(c.Message), Entities: entitiesOf(c.Message), At: c.Created.Time, Hidden: c.Hidden, URL: absolute(c.Permalink), Native: c.Raw,
	}
	if c.Attachment != nil {
		m.Attachments = attachmentsOf([]Attachment{*c.Attachment})
	}
	m.InReplyTo = about
	if about.Kind == smm.KindPost {
		m.Root = about
	} else if c.Object != nil && c.Object.ID != "" {
		m.Root = channel.WithKind(smm.KindPost, string(c.Object.ID))
	}
	if c.Parent != nil && c.Parent.ID != "" {
		m.InReplyTo = channel.WithKind(smm.KindComment, string(c.Parent.ID))
	}
	return m
}

// mentionOf converts a post of somebody else.
func mentionOf(channel smm.Ref, p *Post) smm.Message {
	return smm.Message{
		Ref: channel.WithKind(smm.KindPost, string(p.ID)), Channel: channel, Author: authorOf(channel, p.From), Own: isOwn(channel, p.From),
		Text: smm.Untrusted(p.Message), Entities: entitiesOf(p.Message), Attachments: attachmentsOf(p.Attachments.Data),
		At: p.Created.Time, URL: absolute(p.Permalink), Native: p.Raw,
	}
}

// messageOf converts a private message.
func messageOf(channel, conversation smm.Ref, m *Message) smm.Message {
	out := smm.Message{
		Ref: channel.WithKind(smm.KindMessage, string(m.ID)), Channel: channel, Conversation: conversation, Author: authorOf(channel, m.From),
		Own: isOwn(channel, m.From), Text: smm.Untrusted(m.Text), Entities: entitiesOf(m.Text), At: m.Created.Time, Native: m.Raw,
	}
	for _, f := range m.Attachments.Data {
		out.Attachments = append(out.Attachments, fileOf(&f))
	}
	if m.Sticker != "" {
		out.Attachments = append(out.Attachments, smm.Attachment{Class: smm.MediaImage, URL: m.Sticker})
	}
	if m.ReplyTo != nil && m.ReplyTo.ID != "" {
		out.InReplyTo = channel.WithKind(smm.KindMessage, string(m.ReplyTo.ID))
	}
	return out
}

func fileOf(f *MessageFile) smm.Attachment {
	a := smm.Attachment{Class: smm.MediaDocument, URL: f.URL, Type: f.Type}
	switch {
	case f.Image != nil:
		a.Class, a.URL, a.Width, a.Height = smm.MediaImage, f.Image.Address(), f.Image.Width, f.Image.Height
	case f.Video != nil:
		a.Class, a.URL, a.Width, a.Height = smm.MediaVideo, f.Video.Address(), f.Video.Width, f.Video.Height
	case strings.HasPrefix(f.Type, "audio/"):
		a.Class = smm.MediaAudio
	}
	return a
}

// conversationOf converts a conversation with a person and its newest messages.
func conversationOf(channel smm.Ref, who ID, t *Thread, now time.Time) smm.Conversation {
	out := smm.Conversation{
		Ref: channel.WithKind(smm.KindConversation, string(who)), Channel: channel, Kind: smm.ConversationDirect,
		Unread: t.Unread.Value > 0, Updated: t.Updated.Time, Window: windowOf(channel, t, now),
	}
	for i := range t.Participants.Data {
		if a := &t.Participants.Data[i]; string(a.ID) != channel.ID {
			out.Participants = append(out.Participants, authorOf(channel, a))
		}
	}
	if len(t.Newest.Data) > 0 {
		m := messageOf(channel, out.Ref, &t.Newest.Data[0])
		out.Last = &m
	}
	return out
}

// windowOf tells until when a person may be written to: a day after they wrote
// last. What they did otherwise, such as tapping a button, opens it too and is not
// among the messages, so that the vendor's word stands above.
func windowOf(channel smm.Ref, t *Thread, now time.Time) smm.ReplyWindow {
	w := smm.ReplyWindow{State: smm.WindowOpen}
	for i := range t.Newest.Data {
		if m := &t.Newest.Data[i]; m.From != nil && !isOwn(channel, m.From) && !m.Created.IsZero() {
			w.Expires = m.Created.Add(ReplyWindow)
			break
		}
	}
	switch {
	case t.CanReply != nil && !*t.CanReply:
		w.State, w.Reason = smm.WindowClosed, "platform-refuses"
	case !w.Expires.IsZero() && !now.Before(w.Expires):
		w.State, w.Reason = smm.WindowClosed, "window-over"
	}
	return w
}

// reviewOf converts a recommendation, or a rating of the time before. Its Ref is
// what can be commented on.
func reviewOf(channel smm.Ref, r *Rating) (smm.Review, bool) {
	var id ID
	switch {
	case r.Story != nil && r.Story.ID != "":
		id = r.Story.ID
	case r.Reviewer != nil && r.Reviewer.ID != "":
		id = "reviewer:" + r.Reviewer.ID // it can be read and not answered
	default:
		return smm.Review{}, false
	}
	out := smm.Review{Message: smm.Message{
		Ref: channel.WithKind(smm.KindReview, string(id)), Channel: channel, Author: authorOf(channel, r.Reviewer),
		Text: smm.Untrusted(r.Text), Entities: entitiesOf(r.Text), At: r.Created.Time, Native: r.Raw,
	}}
	switch r.Recommendation {
	case "positive", "negative":
		yes := r.Recommendation == "positive"
		out.Recommended = &yes
	}
	if r.HasRating && r.Rating > 0 {
		out.Rating, out.Scale = r.Rating, 5
	}
	return out, true
}

// photosOf are the ids of the photos that a post shows.
func photosOf(p *Post) []ID {
	var out []ID
	for _, a := range p.Attachments.Data {
		parts := a.SubAttachments.Data
		if len(parts) == 0 {
			parts = []Attachment{a}
		}
		for _, part := range parts {
			if part.Target.ID != "" && (part.MediaType == "photo" || part.Type == "photo") {
				out = append(out, part.Target.ID)
			}
		}
	}
	return out
}
