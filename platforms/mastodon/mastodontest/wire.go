package mastodontest

import (
	"encoding/json"
	"strings"

	"github.com/smmkit/smmkit/internal/textx"
)

// wireID writes an identifier as a string or, if asked to, as a number.
func (s *Server) wireID(id string) any {
	if s.opts.NumericIDs && id != "" && strings.Trim(id, "0123456789") == "" {
		return json.Number(id)
	}
	return id
}

func (s *Server) statusURL(st *status) string {
	if st.author.domain != "" {
		return "https://" + st.author.domain + "/@" + st.author.username + "/" + st.id
	}
	return s.url + "/@" + st.author.username + "/" + st.id
}

// statusJSON is a status as viewer sees it; nil is the public.
func (s *Server) statusJSON(st *status, viewer *account) object {
	o := s.statusCore(st)
	if viewer != nil {
		target := st
		if st.reblogOf != nil {
			target = st.reblogOf
		}
		_, fav := target.favourites[viewer.id]
		_, book := target.bookmarks[viewer.id]
		_, muted := target.mutedBy[viewer.id]
		o["favourited"], o["bookmarked"], o["muted"] = fav, book, muted
		o["reblogged"] = target.reblogs[viewer.id] != nil
		if viewer == st.author {
			o["pinned"] = st.pinned
			o["application"] = object{"name": st.app, "website": nil}
		}
	}
	if st.poll != nil {
		o["poll"] = s.pollJSON(st.poll, st.author == viewer, viewer)
	}
	if st.reblogOf != nil {
		o["reblog"] = s.statusJSON(st.reblogOf, viewer)
	}
	s.flavour(o, st, viewer)
	return o
}

func (s *Server) statusCore(st *status) object {
	attachments, mentions, tags := []object{}, []object{}, []object{}
	for _, m := range st.media {
		attachments = append(attachments, s.mediaJSON(m))
	}
	for _, a := range st.mentions {
		mentions = append(mentions, object{"id": s.wireID(a.id), "username": a.username, "acct": a.acct(), "url": s.profileURL(a)})
	}
	for _, t := range st.tags {
		tags = append(tags, object{"name": t, "url": s.url + "/tags/" + t})
	}
	var replyTo, replyAccount any
	if st.inReplyTo != nil && !st.inReplyTo.gone {
		replyTo, replyAccount = s.wireID(st.inReplyTo.id), s.wireID(st.inReplyTo.author.id)
	}
	replies := 0
	for _, r := range s.statuses {
		if r.inReplyTo == st && !r.gone && r.visibility != "direct" {
			replies++
		}
	}
	return object{
		"id": s.wireID(st.id), "uri": s.profileURL(st.author) + "/statuses/" + st.id, "url": s.statusURL(st),
		"created_at": stamp(st.created), "edited_at": stamp(st.edited), "content": s.render(st.text, st.mentions),
		"visibility": st.visibility, "language": orNull(st.language), "sensitive": st.sensitive, "spoiler_text": st.spoiler,
		"in_reply_to_id": replyTo, "in_reply_to_account_id": replyAccount, "reblog": nil,
		"replies_count": replies, "reblogs_count": len(st.reblogs), "favourites_count": len(st.favourites),
		"account": s.accountJSON(st.author), "media_attachments": attachments, "mentions": mentions, "tags": tags,
		"emojis": []object{}, "card": s.cardOf(st), "poll": nil,
	}
}

// cardOf makes the card of the first link; none appears under a warning.
func (s *Server) cardOf(st *status) any {
	if st.spoiler != "" || len(st.media) > 0 {
		return nil
	}
	for _, e := range textx.Extract(st.text, textx.MastodonRules()) {
		if e.Kind == textx.URL {
			return object{"url": e.Value, "title": "A page", "description": "", "type": "link", "authors": []object{},
				"author_name": "", "author_url": "", "provider_name": "", "provider_url": "", "image": nil, "width": 0, "height": 0, "html": "", "embed_url": "", "blurhash": nil}
		}
	}
	return nil
}

// flavour gives the answer the shape of the software.
func (s *Server) flavour(o object, st *status, viewer *account) {
	switch s.opts.Software {
	case Mastodon:
		quotes := 0
		for _, q := range s.statuses {
			if q.quote == st && !q.gone && !q.revoked {
				quotes++
			}
		}
		o["quotes_count"], o["quote"], o["filtered"], o["quote_approval"] = quotes, nil, []object{}, quoteApproval(st, viewer)
		if q := st.quote; q != nil {
			o["content"] = `<p class="quote-inline">RE: ` + link(s.statusURL(q)) + `</p>` + s.render(st.text, st.mentions)
			state, quoted := "accepted", any(nil)
			switch {
			case q.gone:
				state = "deleted"
			case st.revoked:
				state = "revoked"
			case !s.sees(viewer, q):
				state = "unauthorized"
			default:
				shallow := s.statusCore(q)
				shallow["quote"], shallow["quotes_count"], shallow["quote_approval"] = nil, 0, quoteApproval(q, viewer)
				quoted = shallow
			}
			o["quote"] = object{"state": state, "quoted_status": quoted}
		}
	case GoToSocial:
		o["local_only"] = false
		o["interaction_policy"] = object{
			"can_favourite": object{"always": []string{"public", "me"}, "with_approval": []string{}},
			"can_reply":     object{"always": []string{"public", "me"}, "with_approval": []string{}},
			"can_reblog":    object{"always": []string{"public", "me"}, "with_approval": []string{}},
		}
	case Akkoma, Pleroma:
		delete(o, "edited_at")
		o["pleroma"] = object{
			"local": st.author.domain == "", "conversation_id": len(st.thread), "content": object{"text/plain": st.text},
			"spoiler_text": object{"text/plain": st.spoiler}, "emoji_reactions": []object{}, "expires_at": nil,
		}
	case Pixelfed:
		delete(o, "poll")
		delete(o, "card")
		delete(o, "edited_at")
		o["_v"], o["shortcode"], o["reply_count"] = 1, st.id, o["replies_count"]
		o["local"], o["pf_type"] = true, "photo"
	}
}

// quoteApproval says who may quote a status.
func quoteApproval(st *status, viewer *account) object {
	automatic, current := []string{"public"}, "automatic"
	switch st.policy {
	case "followers":
		automatic, current = []string{"followers"}, "unknown"
	case "nobody":
		automatic, current = []string{}, "denied"
	}
	if viewer == st.author {
		current = "automatic"
	}
	return object{"automatic": automatic, "manual": []string{}, "current_user": current}
}

func (s *Server) scheme() string { return "ws" + strings.TrimPrefix(s.url, "http") }
