package bluesky

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// postURL is where people see a post. It works with the DID as well as with the
// handle, which may change.
func postURL(uri string) string {
	u, err := identity.ParseURI(uri)
	if err != nil || u.Collection != PostCollection {
		return ""
	}
	return "https://bsky.app/profile/" + u.Repo + "/post/" + u.Rkey
}

func profileURL(did string) string { return "https://bsky.app/profile/" + did }

func postRef(uri string) smm.Ref {
	return smm.Ref{Platform: Platform, Kind: smm.KindPost, ID: uri}
}

func commentRef(uri string) smm.Ref {
	return smm.Ref{Platform: Platform, Kind: smm.KindComment, ID: uri}
}

func authorRef(did string) smm.Ref {
	return smm.Ref{Platform: Platform, Kind: smm.KindAuthor, ID: did}
}

func convoRef(id string) smm.Ref {
	return smm.Ref{Platform: Platform, Kind: smm.KindConversation, ID: id}
}

// invalidHandle is what the network shows for an account whose handle does not
// point back to it.
const invalidHandle = "handle.invalid"

func toAuthor(p ProfileView) smm.Author {
	a := smm.Author{
		Ref: authorRef(p.DID), Name: smm.Untrusted(p.DisplayName), Handle: p.Handle, URL: profileURL(p.DID),
		AvatarURL: p.Avatar, Created: parseTime(p.CreatedAt), Followers: p.Followers, Bot: hasLabel(p.Labels, p.DID, "bot"),
	}
	if a.Handle == invalidHandle {
		a.Handle = ""
	}
	return a
}

// hasLabel reports whether src itself put a label on something.
func hasLabel(labels []Label, src, val string) bool {
	for _, l := range labels {
		if l.Src == src && l.Val == val && !l.Neg {
			return true
		}
	}
	return false
}

func (d *Driver) toPost(ch smm.Ref, v PostView) smm.PublishedPost {
	rec := readPost(v.Record)
	p := smm.PublishedPost{
		Ref: postRef(v.URI), Channel: ch, Author: toAuthor(v.Author), URL: postURL(v.URI),
		Text: smm.Untrusted(rec.Text), Entities: toEntities(rec), At: firstTime(v.IndexedAt, rec.CreatedAt),
		Attachments: toAttachments(v.Embed), Quote: quotedRef(rec.Embed), Visibility: smm.VisibilityPublic,
		Metrics: d.postMetrics(ch, v), Native: v.Raw,
	}
	if rec.Reply != nil {
		p.InReplyTo = postRef(rec.Reply.Parent.URI)
	}
	return p
}

// toMessage makes a comment or mention of a post of anybody's.
func toMessage(ch smm.Ref, author ProfileView, uri, indexed string, record, embed, raw json.RawMessage) smm.Message {
	rec := readPost(record)
	m := smm.Message{
		Ref: commentRef(uri), Channel: ch, Author: toAuthor(author), Own: author.DID == ch.ID,
		Text: smm.Untrusted(rec.Text), Entities: toEntities(rec), Attachments: toAttachments(embed),
		At: firstTime(indexed, rec.CreatedAt), URL: postURL(uri), Native: raw,
	}
	if len(rec.Langs) > 0 {
		m.Language = rec.Langs[0]
	}
	if rec.Reply != nil {
		m.InReplyTo, m.Root = postRef(rec.Reply.Parent.URI), postRef(rec.Reply.Root.URI)
	} else {
		m.Root = postRef(uri)
	}
	return m
}

// firstTime returns the first time that can be read. The app view's own comes
// first: createdAt is whatever its author wrote.
func firstTime(times ...string) time.Time {
	for _, s := range times {
		if t := parseTime(s); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// toEntities turns facets into entities. They are their author's and may
// overlap or lie outside the text: what breaks the rule of smm.Entity is left
// out.
func toEntities(p postFields) []smm.Entity {
	var out []smm.Entity
	end := 0
	for _, f := range p.Facets {
		if len(f.Features) == 0 || f.Index.Start < end || f.Index.End <= f.Index.Start || f.Index.End > len(p.Text) {
			continue
		}
		e := smm.Entity{Start: f.Index.Start, End: f.Index.End}
		switch x := f.Features[0]; x.Type {
		case FeatureMention:
			e.Kind, e.Target = smm.EntityMention, authorRef(x.DID).String()
		case FeatureLink:
			e.Kind, e.Target = smm.EntityLink, x.URI
		case FeatureTag:
			e.Kind, e.Target = smm.EntityHashtag, x.Tag
		default:
			continue
		}
		out, end = append(out, e), e.End
	}
	return out
}

// embedView is what is read of the views of embeds.
type embedView struct {
	Type   string `json:"$type"`
	Images []struct {
		Fullsize string      `json:"fullsize"`
		Alt      string      `json:"alt"`
		Ratio    AspectRatio `json:"aspectRatio"`
	} `json:"images"`
	Playlist string          `json:"playlist"`
	Alt      string          `json:"alt"`
	Ratio    AspectRatio     `json:"aspectRatio"`
	Media    json.RawMessage `json:"media"`
}

func toAttachments(raw json.RawMessage) []smm.Attachment {
	for range 2 { // a quote with media nests once
		var v embedView
		tolerant(raw, &v)
		switch kind, _, _ := strings.Cut(v.Type, "#"); kind {
		case "app.bsky.embed.recordWithMedia":
			raw = v.Media
			continue
		case "app.bsky.embed.images":
			var out []smm.Attachment
			for _, i := range v.Images {
				out = append(out, smm.Attachment{
					Class: smm.MediaImage, URL: i.Fullsize, AltText: smm.Untrusted(i.Alt), Width: i.Ratio.Width, Height: i.Ratio.Height,
				})
			}
			return out
		case "app.bsky.embed.video":
			return []smm.Attachment{{
				Class: smm.MediaVideo, URL: v.Playlist, Type: "application/x-mpegurl", AltText: smm.Untrusted(v.Alt),
				Width: v.Ratio.Width, Height: v.Ratio.Height,
			}}
		}
		return nil
	}
	return nil
}

// quotedRef finds the quoted post in the embed of a record.
func quotedRef(raw json.RawMessage) smm.Ref {
	var direct struct {
		Record StrongRef `json:"record"`
	}
	var nested struct {
		Record struct {
			Record StrongRef `json:"record"`
		} `json:"record"`
	}
	tolerant(raw, &direct)
	tolerant(raw, &nested)
	for _, uri := range []string{direct.Record.URI, nested.Record.Record.URI} {
		if u, err := identity.ParseURI(uri); err == nil && u.Collection == PostCollection {
			return postRef(uri)
		}
	}
	return smm.Ref{}
}

func (d *Driver) toDirect(ch smm.Ref, convo string, v ChatMessage, members map[string]ProfileView) smm.Message {
	m := smm.Message{
		Ref: messageRef(convo, v.ID), Channel: ch, Conversation: convoRef(convo),
		Own: v.Sender.DID == ch.ID, Text: smm.Untrusted(v.Text), At: parseTime(v.SentAt), Deleted: v.Deleted(),
		Entities: toEntities(postFields{Text: v.Text, Facets: v.Facets}), Native: v.Raw,
		Author: smm.Author{Ref: authorRef(v.Sender.DID), URL: profileURL(v.Sender.DID)},
	}
	if p, ok := members[v.Sender.DID]; ok {
		m.Author = toAuthor(p)
	}
	return m
}

func (d *Driver) toConversation(ch smm.Ref, v Convo) smm.Conversation {
	c := smm.Conversation{Ref: convoRef(v.ID), Channel: ch, Kind: smm.ConversationDirect, Unread: v.Unread > 0}
	members := make(map[string]ProfileView, len(v.Members))
	for _, p := range v.Members {
		members[p.DID] = p
		if p.DID != ch.ID {
			c.Participants = append(c.Participants, toAuthor(p))
		}
	}
	if v.LastMessage != nil && v.LastMessage.ID != "" {
		last := d.toDirect(ch, v.ID, *v.LastMessage, members)
		c.Last, c.Updated = &last, last.At
	}
	return c
}
