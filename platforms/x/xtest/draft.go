package xtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
)

// Limits of a post.
const (
	maxLength     = 280
	maxLong       = 25000 // of subscribers
	maxImages     = 4
	maxEdits      = 5
	minVote       = 5
	maxVote       = 10080 // minutes
	maxVoteLength = 25
)

// postRequest is the body of POST /2/tweets.
type postRequest struct {
	Text     *string `json:"text"`
	CardURI  string  `json:"card_uri"`
	DeepLink string  `json:"direct_message_deep_link"`
	Quote    *string `json:"quote_tweet_id"`
	Settings *string `json:"reply_settings"`
	Comm     *string `json:"community_id"`
	AI       bool    `json:"made_with_ai"`
	Paid     bool    `json:"paid_partnership"`
	Nullcast bool    `json:"nullcast"`
	Super    bool    `json:"for_super_followers_only"`
	Share    bool    `json:"share_with_followers"`
	Geo      *struct {
		Place string `json:"place_id"`
	} `json:"geo"`
	Reply *struct {
		To      string   `json:"in_reply_to_tweet_id"`
		Exclude []string `json:"exclude_reply_user_ids"`
		Auto    bool     `json:"auto_populate_reply_metadata"`
	} `json:"reply"`
	Edit *struct {
		Previous string `json:"previous_post_id"`
	} `json:"edit_options"`
	Poll  *pollRequest  `json:"poll"`
	Media *mediaRequest `json:"media"`
}

type pollRequest struct {
	Options  []string `json:"options"`
	Minutes  *int     `json:"duration_minutes"`
	Settings *string  `json:"reply_settings"`
}

type mediaRequest struct {
	IDs         []string `json:"media_ids"`
	Tagged      []string `json:"tagged_user_ids"`
	Preview     string   `json:"preview_media_id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Embeddable  bool     `json:"embeddable"`
	Actions     *struct {
		Visit *urlRequest `json:"visit_site"`
		Watch *urlRequest `json:"watch_now"`
		App   *struct {
			Store string `json:"app_store_id"`
			IPad  string `json:"ipad_app_store_id"`
			Play  string `json:"play_store_id"`
		} `json:"app_install"`
	} `json:"call_to_actions"`
}

type urlRequest struct {
	URL string `json:"url"`
}

// draft is a post that was asked for and found valid.
type draft struct {
	text           string
	replyTo, quote *post
	edits          *post // the newest version of what is edited
	exclude        []string
	media          []*media
	poll           *poll
	settings, comm string
	ai, paid, null bool
	super          bool
	summoned       bool
	visitor        bool
}

// The vendor's words.
const (
	saysDuplicate = "You are not allowed to create a Tweet with duplicate content."
	saysPermitted = "You are not permitted to perform this action."
	saysSummon    = "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to."
	saysQuote     = "Quoting a post is not allowed on your current access level."
	saysCashtags  = "Posts may contain at most one cashtag on your current access level."
	saysDeleted   = "You attempted to reply to a Tweet that is deleted or not visible to you."
	saysSettings  = "The author of this conversation limits who may reply."
	saysEdit      = "You are not permitted to edit this Tweet."
)

func refuse(r reply) *reply { return &r }

// draft reads and checks a post: first its form, then what the account may.
func (s *Server) draft(c *call) (draft, *reply) {
	var q postRequest
	if refused := c.bind(&q); refused != nil {
		return draft{}, refused
	}
	d := draft{ai: q.AI, paid: q.Paid, null: q.Nullcast, super: q.Super}
	if q.Text != nil {
		d.text = *q.Text
	}
	if q.Comm != nil {
		d.comm = *q.Comm
		if refused := wantID("community_id", d.comm); refused != nil {
			return d, refused
		}
	}
	for _, check := range []func(*call, *postRequest, *draft) *reply{
		s.wantContent, s.wantSettings, s.wantReply, s.wantQuote, s.wantEdit, s.wantPoll, s.wantMedia, s.wantText,
	} {
		if refused := check(c, &q, &d); refused != nil {
			return d, refused
		}
	}
	return d, nil
}

func (s *Server) wantContent(_ *call, q *postRequest, d *draft) *reply {
	if strings.TrimSpace(d.text) == "" && q.Media == nil && q.Poll == nil && q.CardURI == "" && q.Quote == nil {
		return refuse(invalid("text", d.text, "$.text: is missing but it is required"))
	}
	alone := 0
	for _, has := range []bool{q.Media != nil, q.Poll != nil, q.Quote != nil, q.CardURI != ""} {
		if has {
			alone++
		}
	}
	if alone > 1 {
		return refuse(invalid("", "", "Only one of media, poll, quote_tweet_id and card_uri may be given."))
	}
	return nil
}

func (s *Server) wantSettings(_ *call, q *postRequest, d *draft) *reply {
	given := []*string{q.Settings}
	if q.Poll != nil {
		given = append(given, q.Poll.Settings)
	}
	for _, v := range given {
		if v == nil {
			continue
		}
		if !slices.Contains([]string{"following", "mentionedUsers", "subscribers", "verified"}, *v) {
			return refuse(invalid("reply_settings", *v, "$.reply_settings: does not have a value in the enumeration [following, mentionedUsers, subscribers, verified]"))
		}
		d.settings = *v
	}
	return nil
}

// wantReply applies the summon rule: on the self-serve tier, an answer needs that
// its author was mentioned, or quoted, by whom it answers or by whoever began the
// conversation.
func (s *Server) wantReply(c *call, q *postRequest, d *draft) *reply {
	if q.Reply == nil {
		return nil
	}
	if refused := wantID("reply.in_reply_to_tweet_id", q.Reply.To); refused != nil {
		return refused
	}
	to := s.visible(c.me, q.Reply.To)
	if to == nil {
		return refuse(forbidden(saysDeleted))
	}
	d.replyTo, d.exclude = to, q.Reply.Exclude
	root := to.conversation()
	d.summoned = s.summoned(c.me, to)
	own := to.author == c.me && root.author == c.me
	switch {
	case own && !s.opts.NoOwnThreads:
		d.summoned = false
	case c.app.tier == SelfServe && !d.summoned:
		return refuse(forbidden(saysSummon))
	case !s.mayReply(c.me, root):
		return refuse(forbidden(saysSettings))
	}
	return nil
}

// summoned reports whether the author of to, or of its conversation, has named
// u in that conversation or quotes it.
func (s *Server) summoned(u *user, to *post) bool {
	root := to.conversation()
	for p := to; p != nil; p = p.replyTo {
		if p.author == u || p.author != to.author && p.author != root.author {
			continue
		}
		if slices.Contains(p.newest().mentions, u) || p.quote != nil && p.quote.author == u {
			return true
		}
	}
	return false
}

// mayReply applies what the author of a conversation has set.
func (s *Server) mayReply(u *user, root *post) bool {
	if root.author == u || slices.Contains(root.newest().mentions, u) {
		return true
	}
	switch root.settings {
	case "following":
		_, follows := root.author.following[u.id]
		return follows
	case "mentionedUsers", "subscribers":
		return false
	case "verified":
		return u.premium
	}
	return true
}

func (s *Server) wantQuote(c *call, q *postRequest, d *draft) *reply {
	if q.Quote == nil {
		return nil
	}
	if refused := wantID("quote_tweet_id", *q.Quote); refused != nil {
		return refused
	}
	if c.app.tier == SelfServe {
		return refuse(forbidden(saysQuote))
	}
	if d.quote = s.visible(c.me, *q.Quote); d.quote == nil {
		return refuse(invalid("quote_tweet_id", *q.Quote, "The quoted post does not exist or is not visible to you."))
	}
	return nil
}

func (s *Server) wantEdit(c *call, q *postRequest, d *draft) *reply {
	if q.Edit == nil {
		return nil
	}
	if refused := wantID("edit_options.previous_post_id", q.Edit.Previous); refused != nil {
		return refused
	}
	p := s.byID[q.Edit.Previous]
	if p == nil || p.gone {
		return refuse(invalid("edit_options.previous_post_id", q.Edit.Previous, "The post to edit does not exist."))
	}
	d.edits = p.newest()
	if p.author != c.me || !c.me.premium || d.edits != p || !s.editable(p) || s.editsLeft(p) == 0 || s.now().After(s.editableUntil(p)) {
		return refuse(forbidden(saysEdit))
	}
	d.replyTo, d.settings, d.comm = p.replyTo, p.settings, p.comm
	return nil
}

// editable reports whether a post is of a kind that can be edited at all.
func (s *Server) editable(p *post) bool {
	return p.poll == nil && p.comm == "" && p.repostOf == nil && (p.replyTo == nil || p.replyTo.author == p.author)
}

func (s *Server) editableUntil(p *post) time.Time {
	return p.origin().created.Add(s.opts.EditWindow)
}

func (s *Server) editsLeft(p *post) int { return maxEdits - len(p.chain.versions) + 1 }

func (s *Server) wantPoll(_ *call, q *postRequest, d *draft) *reply {
	if q.Poll == nil {
		return nil
	}
	n := len(q.Poll.Options)
	switch {
	case q.Poll.Minutes == nil:
		return refuse(lacking("poll.duration_minutes"))
	case n < 2 || n > 4:
		return refuse(invalid("", "", fmt.Sprintf("$.poll.options: there must be 2 to 4 items in the array, %d found", n)))
	case *q.Poll.Minutes < minVote || *q.Poll.Minutes > maxVote:
		return refuse(invalid("", "", fmt.Sprintf("$.poll.duration_minutes: must be between %d and %d", minVote, maxVote)))
	}
	for i, o := range q.Poll.Options {
		if k := len([]rune(o)); k < 1 || k > maxVoteLength {
			return refuse(invalid("", "", fmt.Sprintf("$.poll.options[%d]: must be 1 to %d characters long", i, maxVoteLength)))
		}
	}
	d.poll = &poll{options: q.Poll.Options, votes: make([]int, n), voted: map[string]bool{}, duration: *q.Poll.Minutes}
	return nil
}

// wantMedia admits four images, or one animation, or one video, each of which is
// the account's own, ready, and in no other post.
func (s *Server) wantMedia(c *call, q *postRequest, d *draft) *reply {
	if q.Media == nil {
		return nil
	}
	if n := len(q.Media.IDs); n < 1 || n > maxImages || len(q.Media.Tagged) > 10 {
		return refuse(invalid("", "", fmt.Sprintf("$.media.media_ids: there must be 1 to %d items in the array, %d found", maxImages, n)))
	}
	for _, id := range q.Media.IDs {
		m := s.media[id]
		kept := m != nil && d.edits != nil && slices.Contains(d.edits.media, m)
		if m == nil || !kept && !s.usable(m, c.me, "tweet") || slices.Contains(d.media, m) {
			return refuse(invalid("media.media_ids", id, "Your media IDs are invalid."))
		}
		d.media = append(d.media, m)
	}
	if len(d.media) > 1 && slices.ContainsFunc(d.media, func(m *media) bool { return m.kind != "photo" }) {
		return refuse(invalid("media.media_ids", q.Media.IDs[0], "A post has up to 4 photos, or 1 animated GIF, or 1 video."))
	}
	return nil
}

// wantText applies the rules about words, which come last because they are about
// what the account did before.
func (s *Server) wantText(c *call, _ *postRequest, d *draft) *reply {
	limit := maxLength
	if c.me.premium {
		limit = maxLong
	}
	cashtags := 0
	for _, e := range textx.Extract(d.text, textx.TwitterRules()) {
		if e.Kind == textx.Cashtag {
			cashtags++
		}
	}
	switch {
	case s.opts.Length(d.text) > limit:
		return refuse(forbidden(saysPermitted))
	case c.app.tier == SelfServe && cashtags > 1:
		return refuse(forbidden(saysCashtags))
	case s.duplicate(c.me, d):
		return refuse(forbidden(saysDuplicate))
	case s.tooMuch(c.me):
		return refuse(tooMany())
	}
	return nil
}

// duplicate reports whether the account wrote the same lately. Media make a post
// different, because their links are part of its text.
func (s *Server) duplicate(u *user, d *draft) bool {
	if len(d.media) > 0 {
		return false
	}
	for _, p := range slices.Backward(u.posts) {
		if s.now().Sub(p.created) >= s.opts.DuplicateWindow {
			return false
		}
		if p.gone || p.repostOf != nil || p != p.newest() || d.edits != nil && p.chain == d.edits.chain || len(p.media) > 0 || p.comm != d.comm || p.quote != d.quote {
			continue
		}
		if strings.TrimSpace(p.asked) == strings.TrimSpace(d.text) && p.replyTo == d.replyTo {
			return true
		}
	}
	return false
}

func (s *Server) tooMuch(u *user) bool {
	if s.opts.PostsIn3Hours == 0 {
		return false
	}
	n := 0
	for _, p := range slices.Backward(u.posts) {
		if s.now().Sub(p.created) >= 3*time.Hour {
			break
		}
		n++
	}
	return n >= s.opts.PostsIn3Hours
}
