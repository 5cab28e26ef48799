package x

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/x/internal/readback"
	"github.com/smmkit/smmkit/smm"
)

func channelOf(u *User) smm.Channel {
	return smm.Channel{
		Ref:  smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: string(u.ID)},
		Name: nameOf(u), Handle: u.Username, URL: profileURL(u), AvatarURL: u.ProfileImageURL,
		AccountType: accountType(u), Created: u.CreatedAt.Time,
	}
}

func nameOf(u *User) string {
	if u.Name != "" {
		return u.Name
	}
	return u.Username
}

func profileURL(u *User) string {
	if u.Username == "" {
		return ""
	}
	return "https://x.com/" + u.Username
}

// authorOf is the author with an id, with what an answer tells of it.
func authorOf(channel smm.Ref, id ID, in *Includes) smm.Author {
	out := smm.Author{Ref: channel.WithKind(smm.KindAuthor, string(id))}
	u := in.User(id)
	if u == nil {
		return out
	}
	out.Name, out.Handle, out.URL, out.AvatarURL, out.Created = smm.Untrusted(nameOf(u)), u.Username, profileURL(u), u.ProfileImageURL, u.CreatedAt.Time
	if m := u.PublicMetrics; m != nil && m.Followers.Known {
		n := m.Followers.Value
		out.Followers = &n
	}
	return out
}

// plainText is a text as its author wrote it: links in their long form, without
// those that X adds for media, and without X's escapes.
func plainText(text string, entities *Entities, media bool) string {
	text = readback.Unescape(text) // before addresses come in, which are not escaped
	if entities != nil {
		for _, e := range entities.URLs {
			switch {
			case e.URL == "" || e.ExpandedURL == "":
			case e.MediaKey != "" || media && readback.LeadsToMedia(e.ExpandedURL):
				text = strings.ReplaceAll(text, e.URL, "")
			default:
				text = strings.ReplaceAll(text, e.URL, e.ExpandedURL)
			}
		}
	}
	return strings.TrimSpace(text)
}

// PlainText is the whole text of a post as its author wrote it: with links in
// their long form, without those that X adds for media, and without X's escapes
// of & < >.
func (p *Post) PlainText() string {
	entities := p.Entities
	if p.Note != nil && p.Note.Text != "" && p.Note.Entities != nil {
		entities = p.Note.Entities
	}
	return plainText(p.FullText(), entities, p.Attachments != nil && len(p.Attachments.MediaKeys) > 0)
}

// entitiesOf finds the mentions, hashtags and links of a text; mentions lead to
// the accounts that X names.
func entitiesOf(channel smm.Ref, text string, named *Entities) []smm.Entity {
	var out []smm.Entity
	for _, e := range textx.Extract(text, textx.TwitterRules()) {
		v := smm.Entity{Start: e.Start, End: e.End, Target: e.Value}
		switch e.Kind {
		case textx.URL:
			v.Kind = smm.EntityLink
		case textx.Hashtag:
			v.Kind = smm.EntityHashtag
		case textx.Mention:
			v.Kind, v.Target = smm.EntityMention, ""
			if named != nil {
				for _, m := range named.Mentions {
					if m.ID != "" && strings.EqualFold(m.Username, e.Value) {
						v.Target = channel.WithKind(smm.KindAuthor, string(m.ID)).String()
					}
				}
			}
		default:
			continue
		}
		out = append(out, v)
	}
	return out
}

func attachmentsOf(a *Attachments, in *Includes) []smm.Attachment {
	if a == nil {
		return nil
	}
	var out []smm.Attachment
	for _, key := range a.MediaKeys {
		v := smm.Attachment{Class: smm.MediaDocument}
		if i := slices.IndexFunc(in.Media, func(m Media) bool { return m.Key == key }); i >= 0 {
			m := &in.Media[i]
			v.URL, v.AltText, v.Width, v.Height = m.URL, smm.Untrusted(m.AltText), m.Width, m.Height
			switch m.Type {
			case "photo":
				v.Class = smm.MediaImage
			case "animated_gif":
				v.Class = smm.MediaGIF
			case "video":
				v.Class = smm.MediaVideo
			}
			if best := bestVariant(m.Variants); best != nil && v.Class != smm.MediaImage {
				v.URL, v.Type = best.URL, best.ContentType
			}
			if v.URL == "" {
				v.URL = m.PreviewImageURL
			}
		}
		out = append(out, v)
	}
	return out
}

func bestVariant(list []Variant) *Variant {
	var best *Variant
	for i := range list {
		if list[i].URL != "" && (best == nil || list[i].BitRate > best.BitRate) {
			best = &list[i]
		}
	}
	return best
}

// laterVersion reports whether a post is an edit of another.
func laterVersion(p *Post) bool { return len(p.EditHistory) > 1 && p.EditHistory[0] != p.ID }

// postOf converts a post. self is the channel's account where its name is known.
func postOf(channel smm.Ref, p *Post, in *Includes, self *User, now time.Time) smm.PublishedPost {
	text := p.PlainText()
	out := smm.PublishedPost{
		Ref: channel.WithKind(smm.KindPost, string(p.ID)), Channel: channel, Author: authorOf(channel, p.AuthorID, in),
		Text: smm.Untrusted(text), Entities: entitiesOf(channel, text, p.Entities), Attachments: attachmentsOf(p.Attachments, in),
		At: p.CreatedAt.Time, Visibility: smm.VisibilityPublic, Native: native(p),
	}
	if self != nil && string(p.AuthorID) == channel.ID {
		out.Author = authorOf(channel, p.AuthorID, &Includes{Users: []User{*self}})
	}
	out.URL = permalink(out.Author.Handle, p.ID)
	if laterVersion(p) {
		out.Edited = p.CreatedAt.Time
	}
	if id := p.RepliesTo(); id != "" {
		out.InReplyTo = channel.WithKind(smm.KindPost, string(id))
	}
	if id := p.Quotes(); id != "" {
		out.Quote = channel.WithKind(smm.KindPost, string(id))
	}
	out.Metrics = postNumbers(channel, out.Ref, p, in, nil, now)
	return out
}

// native is the vendor's object, as this package read it.
func native[T any](v *T) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

// messageOf converts a post that is somebody's word to the channel.
func messageOf(channel smm.Ref, kind smm.Kind, p *Post, in *Includes) smm.Message {
	text := p.PlainText()
	m := smm.Message{
		Ref: channel.WithKind(kind, string(p.ID)), Channel: channel, Author: authorOf(channel, p.AuthorID, in), Own: string(p.AuthorID) == channel.ID,
		Text: smm.Untrusted(text), Entities: entitiesOf(channel, text, p.Entities), Attachments: attachmentsOf(p.Attachments, in),
		Language: p.Lang, At: p.CreatedAt.Time, Native: native(p),
	}
	m.URL = permalink(m.Author.Handle, p.ID)
	if laterVersion(p) {
		m.Edited = p.CreatedAt.Time
	}
	if p.ConversationID != "" {
		m.Root = channel.WithKind(smm.KindPost, string(p.ConversationID))
	}
	if id := p.RepliesTo(); id != "" {
		m.InReplyTo = channel.WithKind(smm.KindPost, string(id))
		if kind == smm.KindComment && id != p.ConversationID {
			m.InReplyTo.Kind = smm.KindComment
		}
	}
	return m
}

// directOf converts a direct message.
func directOf(channel smm.Ref, e *DMEvent, in *Includes) smm.Message {
	text := plainText(e.Text, e.Entities, e.Attachments != nil && len(e.Attachments.MediaKeys) > 0)
	return smm.Message{
		Ref: channel.WithKind(smm.KindMessage, string(e.ID)), Channel: channel,
		Conversation: channel.WithKind(smm.KindConversation, string(e.ConversationID)),
		Author:       authorOf(channel, e.SenderID, in), Own: string(e.SenderID) == channel.ID,
		Text: smm.Untrusted(text), Entities: entitiesOf(channel, text, e.Entities), Attachments: attachmentsOf(e.Attachments, in),
		At: e.CreatedAt.Time, Native: native(e),
	}
}
