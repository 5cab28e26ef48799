package threads

import (
	"strings"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const site = "https://www.threads.com/"

// channelOf makes the channel of an own account.
func channelOf(u *User) smm.Channel {
	c := smm.Channel{
		Ref:  smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: string(u.ID)},
		Name: string(u.Name), Handle: string(u.Username), URL: profileURL(u.Username), AvatarURL: string(u.PictureURL), AccountType: "profile",
	}
	if c.Name == "" {
		c.Name = c.Handle
	}
	return c
}

func profileURL(username Text) string {
	if username == "" {
		return ""
	}
	return site + "@" + string(username)
}

// authorOf names who wrote a post. The vendor tells the ids of others nowhere, so
// the user name stands for them: it is what ProfileService.Lookup takes.
func authorOf(channel smm.Ref, p *Post, own bool) smm.Author {
	a := smm.Author{Name: smm.Untrusted(p.Username), Handle: string(p.Username), URL: profileURL(p.Username), AvatarURL: string(p.PictureURL)}
	switch {
	case own:
		a.Ref = channel.WithKind(smm.KindAuthor, channel.ID)
	case p.Username != "":
		a.Ref = channel.WithKind(smm.KindAuthor, string(p.Username))
	}
	return a
}

func isOwn(channel smm.Ref, p *Post) bool {
	return bool(p.IsOwnReply) || p.Owner.ID != "" && string(p.Owner.ID) == channel.ID
}

// rules are how the vendor finds what is in a text. Which characters it takes is
// not verified; names have those of Instagram.
var rules = textx.Rules{URLs: textx.URLScheme, Mentions: textx.MentionFediverse, Hashtags: textx.HashtagTwitter}

// entitiesOf finds mentions, hashtags and links. A mention leads to the author of
// that name.
func entitiesOf(channel smm.Ref, text string) []smm.Entity {
	var out []smm.Entity
	for _, e := range textx.Extract(text, rules) {
		v := smm.Entity{Start: e.Start, End: e.End, Target: e.Value}
		switch e.Kind {
		case textx.URL:
			v.Kind = smm.EntityLink
		case textx.Hashtag:
			v.Kind = smm.EntityHashtag
		case textx.Mention:
			if strings.Contains(e.Value, "@") {
				continue // somebody on another network
			}
			v.Kind, v.Target = smm.EntityMention, channel.WithKind(smm.KindAuthor, e.Value).String()
		default:
			continue
		}
		out = append(out, v)
	}
	return out
}

// attachmentsOf are the media of a post. Of a carousel a list tells only how many
// there are: then they have neither class nor address, which GetPost reads.
func attachmentsOf(p *Post) []smm.Attachment {
	if p.Type == MediaAlbum {
		return make([]smm.Attachment, len(p.Children))
	}
	classes := map[MediaType]smm.MediaClass{MediaImage: smm.MediaImage, MediaVideo: smm.MediaVideo, MediaAudio: smm.MediaAudio}
	class, ok := classes[p.Type]
	switch {
	case ok:
		return []smm.Attachment{{Class: class, URL: string(p.MediaURL), AltText: smm.Untrusted(p.AltText)}}
	case p.GIFURL != "":
		return []smm.Attachment{{Class: smm.MediaGIF, URL: string(p.GIFURL)}}
	}
	return nil
}

// postOf converts a post.
func postOf(channel smm.Ref, p *Post) smm.PublishedPost {
	own := isOwn(channel, p)
	out := smm.PublishedPost{
		Ref: channel.WithKind(smm.KindPost, string(p.ID)), Channel: channel, Author: authorOf(channel, p, own), URL: string(p.Permalink),
		Text: smm.Untrusted(p.Text), Entities: entitiesOf(channel, string(p.Text)), Attachments: attachmentsOf(p), At: p.Timestamp.Time,
		Visibility: smm.VisibilityPublic, Native: p.Raw,
	}
	if p.RepliedTo.ID != "" {
		out.InReplyTo = channel.WithKind(smm.KindPost, string(p.RepliedTo.ID))
	}
	if p.Quoted.ID != "" {
		out.Quote = channel.WithKind(smm.KindPost, string(p.Quoted.ID))
	}
	return out
}

// messageOf converts what somebody said to the channel.
func messageOf(channel smm.Ref, kind smm.Kind, p *Post) smm.Message {
	own := isOwn(channel, p)
	m := smm.Message{
		Ref: channel.WithKind(kind, string(p.ID)), Channel: channel, Author: authorOf(channel, p, own), Own: own,
		Text: smm.Untrusted(p.Text), Entities: entitiesOf(channel, string(p.Text)), Attachments: attachmentsOf(p),
		At: p.Timestamp.Time, Hidden: p.HideStatus.Hidden(), URL: string(p.Permalink), Native: p.Raw,
	}
	if p.Root.ID != "" {
		m.Root = channel.WithKind(smm.KindPost, string(p.Root.ID))
	}
	if to := p.RepliedTo.ID; to != "" {
		m.InReplyTo = channel.WithKind(smm.KindPost, string(to))
		if p.Root.ID != "" && to != p.Root.ID {
			m.InReplyTo.Kind = smm.KindComment
		}
	}
	return m
}

// fullText is the text of a post as it is sent. Only a post of text has a link
// card of its own; with media the card's address joins the text.
func fullText(p *smm.Post) string {
	switch {
	case p.Card == nil || len(p.Media) == 0 || p.Card.URL == "" || strings.Contains(p.Text, p.Card.URL):
		return p.Text
	case p.Text == "":
		return p.Card.URL
	}
	return p.Text + "\n\n" + p.Card.URL
}
