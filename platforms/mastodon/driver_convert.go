package mastodon

import (
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

// channelOf makes the channel of an own account. host is that of the server's
// base URL, which is the Space of all its Refs.
func channelOf(host string, a *Account) smm.Channel {
	return smm.Channel{
		Ref:  smm.Ref{Platform: Platform, Space: host, Kind: smm.KindChannel, ID: string(a.ID)},
		Name: displayName(a), Handle: string(a.Username) + "@" + host, URL: string(a.URL), AvatarURL: string(a.Avatar),
		AccountType: accountType(a), Created: a.CreatedAt.Time,
	}
}

func displayName(a *Account) string {
	if a.DisplayName != "" {
		return string(a.DisplayName)
	}
	return string(a.Username)
}

// handleOf is the full handle: acct lacks the host for accounts of the server.
func handleOf(host string, a *Account) string {
	if a.Acct == "" {
		return string(a.Username)
	}
	if strings.Contains(string(a.Acct), "@") {
		return string(a.Acct)
	}
	return string(a.Acct) + "@" + host
}

func authorOf(channel smm.Ref, a *Account) smm.Author {
	out := smm.Author{
		Ref: channel.WithKind(smm.KindAuthor, string(a.ID)), Name: smm.Untrusted(displayName(a)), Handle: handleOf(channel.Space, a),
		URL: string(a.URL), AvatarURL: string(a.Avatar), Bot: bool(a.Bot), Created: a.CreatedAt.Time,
	}
	if a.FollowersCount.Known {
		n := a.FollowersCount.Value
		out.Followers = &n
	}
	return out
}

func plainText(html Text) string { return textx.HTMLToText(string(html), textx.HTMLOptions{}) }

// PlainText is the text of a status without markup, without its content warning
// and without the link that servers put before a quote for clients that do not
// know quotes. A mention reads "@bob" whatever its host, as in the HTML.
func (s *Status) PlainText() string { return plainText(Text(withoutQuoteLine(string(s.Content)))) }

// withoutQuoteLine drops the element of class "quote-inline", which holds
// "RE: " and a link. Mastodon 4.5 and later put a paragraph first, others a span
// last.
func withoutQuoteLine(html string) string {
	class := strings.Index(html, `class="quote-inline"`)
	if class < 0 {
		return html
	}
	start := strings.LastIndexByte(html[:class], '<')
	if start < 0 {
		return html
	}
	name, _, _ := strings.Cut(html[start+1:class], " ")
	open, end := "<"+name, "</"+name+">"
	depth := 0
	for at := start; at < len(html); {
		switch {
		case strings.HasPrefix(html[at:], end):
			if depth--; depth == 0 {
				return html[:start] + html[at+len(end):]
			}
			at += len(end)
		case strings.HasPrefix(html[at:], open+" "), strings.HasPrefix(html[at:], open+">"):
			depth++
			at += len(open)
		default:
			at++
		}
	}
	return html
}

// fullText is the text of a status with its content warning in front, since in
// an inbox the warning is part of what somebody said.
func fullText(s *Status) string {
	text := s.PlainText()
	if s.SpoilerText == "" {
		return text
	}
	return strings.TrimSpace(string(s.SpoilerText) + "\n\n" + text)
}

// entitiesOf finds the mentions, hashtags and links of a text; mentions lead to
// the accounts that the status names.
func entitiesOf(channel smm.Ref, text string, s *Status) []smm.Entity {
	var out []smm.Entity
	for _, e := range textx.Extract(text, textx.MastodonRules()) {
		v := smm.Entity{Start: e.Start, End: e.End, Target: e.Value}
		switch e.Kind {
		case textx.URL:
			v.Kind = smm.EntityLink
		case textx.Hashtag:
			v.Kind = smm.EntityHashtag
		case textx.Mention:
			v.Kind, v.Target = smm.EntityMention, ""
			user, _, _ := strings.Cut(e.Value, "@")
			for _, m := range s.Mentions {
				if strings.EqualFold(string(m.Acct), e.Value) || strings.EqualFold(string(m.Username), user) {
					v.Target = channel.WithKind(smm.KindAuthor, string(m.ID)).String()
					break
				}
			}
		default:
			continue
		}
		out = append(out, v)
	}
	return out
}

func attachmentsOf(s *Status) []smm.Attachment {
	var out []smm.Attachment
	for _, a := range s.MediaAttachments {
		class := smm.MediaDocument
		switch a.Type {
		case "image":
			class = smm.MediaImage
		case "gifv":
			class = smm.MediaGIF
		case "video":
			class = smm.MediaVideo
		case "audio":
			class = smm.MediaAudio
		}
		url := a.URL
		if url == "" {
			url = a.RemoteURL
		}
		out = append(out, smm.Attachment{
			Class: class, URL: string(url), Type: string(a.Mime), AltText: smm.Untrusted(a.Description),
			Width: a.Meta.Original.Width, Height: a.Meta.Original.Height,
		})
	}
	return out
}

func statusURL(s *Status) string {
	if s.URL != "" {
		return string(s.URL)
	}
	return string(s.URI)
}

// postOf converts a status. A boost becomes the status that was boosted under
// its own author, with the boost's Ref, so that a timeline reads as people see
// it.
func postOf(channel smm.Ref, s *Status, now time.Time) smm.PublishedPost {
	shown := s
	if s.Reblog != nil {
		shown = s.Reblog
	}
	text := shown.PlainText()
	p := smm.PublishedPost{
		Ref: channel.WithKind(smm.KindPost, string(s.ID)), Channel: channel, Author: authorOf(channel, &shown.Account), URL: statusURL(shown),
		Text: smm.Untrusted(text), Entities: entitiesOf(channel, text, shown), Attachments: attachmentsOf(shown),
		At: s.CreatedAt.Time, Edited: shown.EditedAt.Time, Visibility: shown.Visibility.portable(), Native: s.Raw,
	}
	if shown.InReplyToID != "" {
		p.InReplyTo = channel.WithKind(smm.KindPost, string(shown.InReplyToID))
	}
	if id := shown.Quote.StatusID(); id != "" {
		p.Quote = channel.WithKind(smm.KindPost, string(id))
	}
	p.Metrics = statusMetrics(channel, p.Ref, shown, nil, now)
	return p
}

// messageOf converts a status that is somebody's word to the channel.
func messageOf(channel smm.Ref, kind smm.Kind, s *Status) smm.Message {
	text := fullText(s)
	m := smm.Message{
		Ref: channel.WithKind(kind, string(s.ID)), Channel: channel, Author: authorOf(channel, &s.Account), Own: string(s.Account.ID) == channel.ID,
		Text: smm.Untrusted(text), Entities: entitiesOf(channel, text, s), Attachments: attachmentsOf(s), Language: string(s.Language),
		At: s.CreatedAt.Time, Edited: s.EditedAt.Time, URL: statusURL(s), Native: s.Raw,
	}
	if s.InReplyToID != "" {
		to := smm.KindPost
		if kind == smm.KindMessage {
			to = smm.KindMessage
		}
		m.InReplyTo = channel.WithKind(to, string(s.InReplyToID))
	}
	return m
}
