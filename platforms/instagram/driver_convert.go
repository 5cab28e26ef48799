package instagram

import (
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func profileURL(username string) string {
	if !isUsername(username) {
		return ""
	}
	return "https://www.instagram.com/" + username + "/"
}

// channelOf makes the channel of an own account. Its id stays the one that the
// credential is stored under.
func channelOf(ref smm.Ref, a *Account) smm.Channel {
	name := a.Name
	if name == "" {
		name = a.Username
	}
	return smm.Channel{
		Ref: ref, Name: name, Handle: a.Username, URL: profileURL(a.Username), AvatarURL: a.PictureURL, AccountType: strings.ToLower(a.AccountType),
	}
}

// authorOf makes an author of who is told: an id, a name or both. Without an id
// there is no Ref, since names change.
func authorOf(channel smm.Ref, id ID, username string) smm.Author {
	a := smm.Author{Name: smm.Untrusted(username), Handle: username, URL: profileURL(username)}
	if id != "" {
		a.Ref = channel.WithKind(smm.KindAuthor, string(id))
	}
	return a
}

func (m *Media) attachments() []smm.Attachment {
	if len(m.Children.Data) > 0 {
		var out []smm.Attachment
		for i := range m.Children.Data {
			out = append(out, m.Children.Data[i].attachment())
		}
		return out
	}
	if m.MediaType == TypeCarousel {
		return nil // its items were not told
	}
	return []smm.Attachment{m.attachment()}
}

func (m *Media) attachment() smm.Attachment {
	a := smm.Attachment{Class: smm.MediaImage, URL: m.MediaURL, AltText: smm.Untrusted(m.AltText)}
	if m.MediaType == TypeVideo {
		a.Class = smm.MediaVideo
	}
	if a.URL == "" { // flagged for copyright: the still picture is told all the same
		a.URL = m.ThumbnailURL
	}
	return a
}

// postOf converts a media. own is whether the channel published it.
func postOf(channel smm.Ref, m *Media, own bool, now time.Time) smm.PublishedPost {
	p := smm.PublishedPost{
		Ref: channel.WithKind(smm.KindPost, string(m.ID)), Channel: channel, URL: m.Permalink, Text: smm.Untrusted(m.Caption),
		Entities: entitiesOf(m.Caption), Attachments: m.attachments(), At: m.Timestamp.Time, Visibility: smm.VisibilityPublic, Native: m.Raw,
	}
	id := ID("")
	switch {
	case own:
		id = ID(channel.ID)
	case m.Owner != nil:
		id = m.Owner.ID
	}
	p.Author = authorOf(channel, id, m.Username)
	p.Metrics = countsOf(channel, p.Ref, m, nil, now)
	return p
}

// wrote reports whether a comment is the channel's own.
func (c *Comment) wrote(channel smm.Ref, self *Account) bool {
	return c.User != nil && string(c.User.ID) == channel.ID || c.From != nil && string(c.From.ID) == channel.ID ||
		c.name() != "" && strings.EqualFold(c.name(), self.Username)
}

func (c *Comment) name() string {
	if c.Username == "" && c.From != nil {
		return c.From.Username
	}
	return c.Username
}

// messageOfComment converts a comment under a post of the channel.
func messageOfComment(channel, post smm.Ref, c *Comment, self *Account) smm.Message {
	m := smm.Message{
		Ref: channel.WithKind(smm.KindComment, string(c.ID)), Channel: channel, Root: post, InReplyTo: post, Conversation: post,
		Own: c.wrote(channel, self), Text: smm.Untrusted(c.Text), Entities: entitiesOf(c.Text), At: c.Timestamp.Time, Hidden: c.Hidden, Native: c.Raw,
	}
	if c.ParentID != "" {
		m.InReplyTo = channel.WithKind(smm.KindComment, string(c.ParentID))
	}
	id := ID("")
	switch {
	case m.Own:
		id = ID(channel.ID)
	case c.From != nil:
		id = c.From.ID
	}
	m.Author = authorOf(channel, id, c.name())
	if c.Media != nil {
		m.URL = c.Media.Permalink
	}
	return m
}

// own reports whether a person is the channel.
func (p *Person) own(channel smm.Ref, self *Account) bool {
	return string(p.ID) == channel.ID || p.Username != "" && strings.EqualFold(p.Username, self.Username)
}

// with is the other side of a conversation, nil if it cannot be told: the Ref of a
// conversation is the id of that person, which webhooks tell and the id of the
// thread not.
func (t *Thread) with(channel smm.Ref, self *Account) *Person {
	var found *Person
	for i := range t.Participants.Data {
		p := &t.Participants.Data[i]
		if p.ID == "" || p.own(channel, self) {
			continue
		}
		if found != nil {
			return nil
		}
		found = p
	}
	return found
}

func conversationOf(channel smm.Ref, t *Thread, who *Person, self *Account, now time.Time) smm.Conversation {
	c := smm.Conversation{
		Ref: channel.WithKind(smm.KindConversation, string(who.ID)), Channel: channel, Kind: smm.ConversationDirect,
		Participants: []smm.Author{authorOf(channel, who.ID, who.Username)}, Unread: t.UnreadCount.Value > 0, Updated: t.UpdatedTime.Time,
		Window: t.window(channel, self, now),
	}
	if len(t.Messages.Data) > 0 {
		m := messageOfDM(channel, c.Ref, &t.Messages.Data[0], self)
		c.Last = &m
	}
	return c
}

// The reasons of a window that is closed.
const (
	ReasonWindow  = "outside-window"  // nobody wrote within 24 hours
	ReasonUnknown = "no-recent-words" // the newest messages hold none of the person's
)

// window is until when the person may be answered: 24 hours from what they wrote
// last. Reactions and clicks open it as well, and are not told here.
func (t *Thread) window(channel smm.Ref, self *Account, now time.Time) smm.ReplyWindow {
	at := t.lastInbound(channel, self)
	switch {
	case at.IsZero():
		return smm.ReplyWindow{State: smm.WindowClosed, Reason: ReasonUnknown}
	case now.Before(at.Add(directWindow)):
		return smm.ReplyWindow{State: smm.WindowOpen, Expires: at.Add(directWindow)}
	}
	return smm.ReplyWindow{State: smm.WindowClosed, Expires: at.Add(directWindow), Reason: ReasonWindow}
}

func (t *Thread) lastInbound(channel smm.Ref, self *Account) time.Time {
	var last time.Time
	for i := range t.Messages.Data {
		m := &t.Messages.Data[i]
		if !m.From.own(channel, self) && m.CreatedTime.After(last) {
			last = m.CreatedTime.Time
		}
	}
	return last
}

func messageOfDM(channel, conversation smm.Ref, m *DM, self *Account) smm.Message {
	out := smm.Message{
		Ref: channel.WithKind(smm.KindMessage, string(m.ID)), Channel: channel, Conversation: conversation,
		Own: m.From.own(channel, self), Author: authorOf(channel, m.From.ID, m.From.Username),
		Text: smm.Untrusted(m.Message), At: m.CreatedTime.Time, Native: m.Raw,
	}
	if out.Own {
		out.Author.Ref = channel.WithKind(smm.KindAuthor, channel.ID)
	}
	for _, f := range m.Attachments.Data {
		out.Attachments = append(out.Attachments, f.attachment())
	}
	return out
}

func (f *DMFile) attachment() smm.Attachment {
	a := smm.Attachment{Class: smm.MediaDocument, URL: f.FileURL, Type: f.MimeType}
	switch {
	case f.Image != nil:
		a.Class, a.URL, a.Width, a.Height = smm.MediaImage, f.Image.URL, f.Image.Width, f.Image.Height
	case f.Video != nil:
		a.Class, a.URL, a.Width, a.Height = smm.MediaVideo, f.Video.URL, f.Video.Width, f.Video.Height
	case strings.HasPrefix(f.MimeType, "audio/"):
		a.Class = smm.MediaAudio
	}
	return a
}
