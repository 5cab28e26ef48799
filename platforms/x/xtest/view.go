package xtest

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// view makes answers with the fields that a request asks for, and gathers what
// goes with them: expansions, partial errors, and what it all costs.
type view struct {
	s         *Server
	c         *call
	parameter string // that errors name
	posts     map[string]bool
	users     map[string]bool
	media     map[string]bool
	polls     map[string]bool
	places    map[string]bool // of which there are none
	expand    map[string]bool

	seen     map[string]bool
	includes map[string][]object
	errors   []object
	costs    []cost
}

// renamed are the fields that have an old and a new name, by the new one.
var renamed = map[string]string{
	"referenced_posts": "referenced_tweets", "note_post": "note_tweet", "edit_history_post_ids": "edit_history_tweet_ids",
	"most_recent_post_id": "most_recent_tweet_id", "pinned_post_id": "pinned_tweet_id",
	"repost_count": "retweet_count", "post_count": "tweet_count", "posts": "tweets",
}

var (
	postFields = []string{
		"article", "article_title", "attachments", "author_id", "card_uri", "community_id", "context_annotations", "conversation_id", "created_at",
		"display_text_range", "edit_controls", "edit_history_post_ids", "entities", "geo", "id", "in_reply_to_user_id", "lang",
		"matched_media_notes", "media_metadata", "non_public_metrics", "note_post", "note_request_suggestions", "organic_metrics", "paid_partnership", "possibly_sensitive", "promoted_metrics", "public_metrics",
		"referenced_posts", "reply_settings", "scopes", "source", "suggested_source_links", "suggested_source_links_with_counts", "text",
		"username", "withheld",
	}
	userFields = []string{
		"affiliation", "confirmed_email", "connection_status", "created_at", "description", "entities", "id", "is_identity_verified",
		"location", "most_recent_post_id", "name", "parody", "pinned_post_id", "profile_banner_url", "profile_image_url", "protected",
		"public_metrics", "receives_your_dm", "subscribes_to_you", "subscription", "subscription_type", "url", "username", "verified",
		"verified_followers_count", "verified_type", "withheld",
	}
	mediaFields = []string{
		"alt_text", "duration_ms", "height", "media_key", "non_public_metrics", "organic_metrics", "preview_image_url", "promoted_metrics",
		"public_metrics", "type", "url", "variants", "width",
	}
	pollFields  = []string{"duration_minutes", "end_datetime", "id", "options", "voting_status"}
	placeFields = []string{"contained_within", "country", "country_code", "full_name", "geo", "id", "name", "place_type"}
	expansions  = []string{
		"article.cover_media", "article.media_entities",
		"attachments.media_keys", "attachments.media_source_tweet", "attachments.poll_ids", "author_id", "edit_history_post_ids",
		"entities.mentions.username", "geo.place_id", "in_reply_to_user_id", "referenced_posts", "referenced_tweets.id.author_id",
		"pinned_post_id", "most_recent_post_id", "affiliation", "participant_ids", "sender_id", "username",
	}
)

func (s *Server) view(c *call, parameter string) (*view, *reply) {
	v := &view{s: s, c: c, parameter: parameter, seen: map[string]bool{}, includes: map[string][]object{}}
	for _, set := range []struct {
		into   *map[string]bool
		known  []string
		always []string
		names  []string
	}{
		{&v.posts, postFields, []string{"id", "text", "edit_history_post_ids"}, []string{"post.fields", "tweet.fields"}},
		{&v.users, userFields, []string{"id", "name", "username"}, []string{"user.fields"}},
		{&v.media, mediaFields, []string{"media_key", "type"}, []string{"media.fields"}},
		{&v.polls, pollFields, []string{"id", "options"}, []string{"poll.fields"}},
		{&v.places, placeFields, nil, []string{"place.fields"}},
		{&v.expand, expansions, nil, []string{"expansions"}},
	} {
		*set.into = map[string]bool{}
		for _, f := range c.list(set.names...) {
			name := canonical(f)
			if !slices.Contains(set.known, name) {
				r := wrongValue(set.names[len(set.names)-1], f, oneOf(set.known...))
				return nil, &r
			}
			(*set.into)[name] = true
		}
		for _, f := range set.always {
			(*set.into)[f] = true
		}
	}
	// An expansion shows the field that it expands.
	for x, field := range map[string]string{
		"author_id": "author_id", "in_reply_to_user_id": "in_reply_to_user_id", "referenced_posts": "referenced_posts",
		"referenced_tweets.id.author_id": "referenced_posts", "entities.mentions.username": "entities",
		"attachments.media_keys": "attachments", "attachments.poll_ids": "attachments",
	} {
		if v.expand[x] {
			v.posts[field] = true
		}
	}
	return v, nil
}

// canonical is the new name of a field or expansion.
func canonical(f string) string {
	switch f {
	case "referenced_tweets.id":
		return "referenced_posts"
	case "pinned_tweet_id":
		return "pinned_post_id"
	}
	for fresh, old := range renamed {
		if f == old {
			return fresh
		}
	}
	return f
}

// rename puts a value under the name, or names, that answers have.
func (s *Server) rename(o object, old, fresh string, v any) {
	if s.opts.Spelling != New {
		o[old] = v
	}
	if s.opts.Spelling != Old {
		o[fresh] = v
	}
}

func (s *Server) put(o object, fresh string, v any) {
	if old, has := renamed[fresh]; has {
		s.rename(o, old, fresh, v)
		return
	}
	o[fresh] = v
}

// answer adds what was gathered to an answer.
func (v *view) answer(body object) reply {
	if len(v.includes) > 0 {
		inc := object{}
		for k, list := range v.includes {
			v.s.put(inc, k, list)
		}
		body["includes"] = inc
	}
	r := ok(withErrors(body, v.errors))
	r.cost = v.costs
	return r
}

func (v *view) include(kind, id string, render func() object) {
	if v.seen[kind+id] {
		return
	}
	v.seen[kind+id] = true
	v.includes[kind] = append(v.includes[kind], render())
}

func (v *view) includeUser(u *user) { v.include("users", u.id, func() object { return v.user(u) }) }

// post is a post as the request wants to see it, and its expansions.
func (v *view) post(p *post) object {
	o := v.plainPost(p)
	if v.expand["author_id"] {
		v.includeUser(p.author)
	}
	if v.expand["in_reply_to_user_id"] && p.replyTo != nil {
		v.includeUser(p.replyTo.author)
	}
	if v.expand["entities.mentions.username"] {
		for _, u := range p.mentions {
			v.includeUser(u)
		}
	}
	if v.expand["attachments.media_keys"] {
		for _, m := range p.media {
			v.include("media", m.key, func() object { return v.medium(m, p) })
		}
	}
	if v.expand["attachments.poll_ids"] && p.poll != nil {
		v.include("polls", p.poll.id, func() object { return v.poll(p.poll) })
	}
	for _, r := range references(p) {
		v.expandReference(r.post)
	}
	return o
}

func (v *view) expandReference(p *post) {
	if v.expand["referenced_posts"] || v.expand["referenced_tweets.id.author_id"] {
		if p.gone || p.author.suspended || !v.s.sees(v.c.me, p) {
			v.errors = append(v.errors, missing("tweet", "referenced_tweets.id", p.id))
			return
		}
		v.include("posts", p.id, func() object { return v.plainPost(p) })
	}
	if v.expand["referenced_tweets.id.author_id"] {
		v.includeUser(p.author)
	}
}

type reference struct {
	kind string
	post *post
}

func references(p *post) (out []reference) {
	if p.replyTo != nil {
		out = append(out, reference{"replied_to", p.replyTo})
	}
	if p.quote != nil {
		out = append(out, reference{"quoted", p.quote})
	}
	if p.repostOf != nil {
		out = append(out, reference{"retweeted", p.repostOf})
	}
	return out
}

// plainPost is a post without its expansions.
func (v *view) plainPost(p *post) object {
	v.costs = append(v.costs, cost{kind: "post.read", id: p.id, own: v.c.owns(p.author)})
	o := object{}
	for _, f := range slices.Sorted(maps.Keys(v.posts)) {
		if val, has := v.postField(p, f); has {
			v.s.put(o, f, val)
		}
	}
	return o
}

func (v *view) postField(p *post, f string) (val any, has bool) {
	switch f {
	case "id":
		return p.id, true
	case "text":
		return p.short(), true
	case "edit_history_post_ids":
		return history(p), true
	case "author_id":
		return p.author.id, true
	case "username":
		return p.author.name, true
	case "created_at":
		return stamp(p.created), true
	case "conversation_id":
		return p.conversation().id, true
	case "in_reply_to_user_id":
		if p.replyTo == nil {
			return nil, false
		}
		return p.replyTo.author.id, true
	case "community_id":
		return p.comm, p.comm != ""
	case "lang":
		return "en", true
	case "possibly_sensitive":
		return false, true
	case "paid_partnership":
		return p.paid, true
	case "reply_settings":
		if p.settings == "" {
			return "everyone", true
		}
		return p.settings, true
	case "public_metrics", "non_public_metrics", "organic_metrics", "promoted_metrics":
		return v.metrics(p, f)
	}
	return v.richField(p, f)
}

// richField makes the fields that are objects and lists.
func (v *view) richField(p *post, f string) (val any, has bool) {
	switch f {
	case "referenced_posts":
		var out []object
		for _, r := range references(p) {
			out = append(out, object{"type": r.kind, "id": r.post.id})
		}
		return out, out != nil
	case "attachments":
		out := object{}
		var keys []string
		for _, m := range p.media {
			keys = append(keys, m.key)
		}
		if keys != nil {
			out["media_keys"] = keys
		}
		if p.poll != nil {
			out["poll_ids"] = []string{p.poll.id}
		}
		return out, len(out) > 0
	case "entities":
		out := entitiesJSON(p.entities, utf8.RuneCountInString(p.short()))
		return out, len(out) > 0
	case "display_text_range":
		return []int{p.shown, utf8.RuneCountInString(p.short())}, true
	case "note_post":
		if !p.long() {
			return nil, false
		}
		note := object{"text": p.text}
		if e := entitiesJSON(p.entities, utf8.RuneCountInString(p.text)); len(e) > 0 {
			note["entities"] = e
		}
		return note, true
	case "edit_controls":
		s := v.s
		return object{
			"editable_until": stamp(s.editableUntil(p)), "edits_remaining": max(s.editsLeft(p), 0), "is_edit_eligible": s.editable(p),
		}, true
	}
	return nil, false
}

func (v *view) poll(p *poll) object {
	var options []object
	for i, o := range p.options {
		options = append(options, object{"position": i + 1, "label": o, "votes": p.votes[i]})
	}
	status := "open"
	if !v.s.now().Before(p.ends) {
		status = "closed"
	}
	return only(v.polls, object{
		"id": p.id, "options": options, "duration_minutes": p.duration, "end_datetime": stamp(p.ends), "voting_status": status,
	})
}

// only keeps the fields that were asked for.
func only(fields map[string]bool, o object) object {
	maps.DeleteFunc(o, func(k string, _ any) bool { return !fields[k] })
	return o
}
