package facebooktest

import (
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

// object is an answer in the making.
type object = map[string]any

type page struct {
	id, name, handle      string
	about, website, phone string
	description           string
	cover, picture        string
	created               time.Time
	posts                 []*post
	videos                []*video
	photos                []*photo
	stories               []*story
	tagged, visitors      []*post
	threads               map[string]*thread // by person
	ratings               []*rating
	blocked               []string
	subscribed            []string
	followers             []string
	profile               object
	repliedPrivately      map[string]*thread // by comment
}

// person is somebody of the public.
type person struct{ id, handle, name string }

// talk is what can be commented on and liked.
type talk struct {
	comments []*comment
	likes    []string // ids of people and Pages
}

type post struct {
	talk

	id         string
	owner      *page   // nil for a visitor's
	wall       *page   // on which a visitor wrote it; nil for others
	by         *person // nil for the Page's
	message    string
	link       string
	photos     []*photo
	video      *video
	created    time.Time
	updated    time.Time
	published  bool
	draft      bool
	scheduled  time.Time
	statusType string
	sharedBy   []string
	pinned     bool
	foreign    bool // made by another app
}

type photo struct {
	id, hash, alt, caption string
	size                   int
	owner                  *page
	published              bool
	post                   *post
	created                time.Time
}

type story struct {
	postID, mediaID, mediaType string
	created                    time.Time
}

type comment struct {
	talk

	id      string
	page    *page
	on      string // id of the post, video or rating
	parent  *comment
	by      *person // nil for the Page
	message string
	photo   *photo
	created time.Time
	hidden  bool
}

type rating struct {
	talk

	id       string // of the story
	by       *person
	positive bool
	text     string
	created  time.Time
	page     *page
}

type thread struct {
	id       string
	page     *page
	with     *person
	messages []*message
	unread   int
}

type message struct {
	id       string
	thread   *thread
	by       *person // nil for the Page
	text     string
	metadata string
	replyTo  string
	at       time.Time
	file     *attachment
}

// attachment is a file of a message.
type attachment struct{ id, kind, address, sum string }

// lagged are the items that lists show already.
func lagged[T any](s *Server, all []T, at func(T) time.Time) []T {
	if s.opts.ReadLag == 0 {
		return all
	}
	now := s.now()
	return slices.DeleteFunc(slices.Clone(all), func(v T) bool { return at(v).Add(s.opts.ReadLag).After(now) })
}

// newest turns a list around.
func newest[T any](all []T) []T {
	out := slices.Clone(all)
	slices.Reverse(out)
	return out
}

func remove[T comparable](all []T, v T) []T {
	return slices.DeleteFunc(all, func(x T) bool { return x == v })
}

func (p *page) actor() object { return object{"id": p.id, "name": p.name} }

func (p *person) actor() object { return object{"id": p.id, "name": p.name} }

// who is the author of something: a person, or the Page.
func who(by *person, p *page) object {
	if by != nil {
		return by.actor()
	}
	if p != nil {
		return p.actor()
	}
	return nil
}

// owns reports whether a call is made by a Page.
func owns(c *metatest.Call, p *page) bool { return p != nil && c.Me != nil && c.Me.ID == p.id }

func forbidden(message string) metatest.Reply {
	return metatest.Fail(&metatest.Error{Status: 403, Code: 200, Message: "(#200) " + message})
}

// me is the Page that a call acts for, nil if it is none.
func (s *Server) me(c *metatest.Call) *page {
	if c.Me == nil {
		return nil
	}
	return s.pages[c.Me.ID]
}

// show answers a node with the fields that were asked for, and fails for one that
// nodes of the kind do not have.
func show(c *metatest.Call, kind string, v object) metatest.Reply {
	if bad := unknownField(c, kind); bad != "" {
		return metatest.Fail(&metatest.Error{Code: 100, Message: "(#100) Tried accessing nonexisting field (" + bad + ") on node type (" + kind + ")"})
	}
	return metatest.OK(c.Select(v))
}

// list answers a list of nodes.
func list(c *metatest.Call, kind string, all []object) metatest.Reply {
	if bad := unknownField(c, kind); bad != "" {
		return metatest.Fail(&metatest.Error{Code: 100, Message: "(#100) Tried accessing nonexisting field (" + bad + ") on node type (" + kind + ")"})
	}
	return metatest.Paged(c, all, 25)
}

// fields are what nodes of a kind have, as far as it is simulated.
var fields = map[string]string{
	"Page": "id name username about description category link website phone emails picture cover fan_count followers_count rating_count " +
		"overall_star_rating verification_status is_published has_transitioned_to_new_page_experience instagram_business_account access_token tasks",
	"PagePost": "id message story created_time updated_time permalink_url status_type from full_picture is_published is_hidden " +
		"scheduled_publish_time parent_id attachments shares reactions comments can_reply_privately",
	"Photo": "id name link alt_text_custom created_time images page_story_id",
	"Video": "id title description created_time updated_time permalink_url length source picture published post_id from views status likes comments",
	"Comment": "id message created_time from parent object permalink_url is_hidden is_private can_hide can_remove can_comment " +
		"can_reply_privately private_reply_conversation can_like like_count comment_count user_likes attachment",
	"UnifiedThread": "id link updated_time message_count unread_count snippet can_reply participants messages",
	"Message":       "id created_time from to message attachments sticker reply_to",
	"Rating":        "created_time recommendation_type review_text rating has_review has_rating reviewer open_graph_story",
	"User":          "id name",
	"Person":        "id first_name last_name profile_pic locale timezone",
	"Story":         "post_id media_id media_type status creation_time url",
}

func unknownField(c *metatest.Call, kind string) string {
	known := strings.Fields(fields[kind])
	for _, f := range topLevel(c.Get("fields")) {
		if known != nil && !slices.Contains(known, f) {
			return f
		}
	}
	return ""
}

// topLevel are the names of a list of fields without what is nested in them.
func topLevel(spec string) []string {
	var out []string
	depth, name := 0, ""
	flush := func() {
		if name = strings.TrimSpace(name); name != "" {
			name, _, _ = strings.Cut(name, ".")
			out = append(out, name)
		}
		name = ""
	}
	for _, r := range spec {
		switch {
		case r == '{' || r == '(':
			depth++
		case r == '}' || r == ')':
			depth--
		case r == ',' && depth == 0:
			flush()
		case depth == 0:
			name += string(r)
		}
	}
	flush()
	return out
}

// summary is a counted edge.
func summary(n int) object { return object{"data": []any{}, "summary": object{"total_count": n}} }

// item records that something became visible.
func (s *Server) item(p *page, by *person, i sim.Item) {
	i.Platform, i.At = Platform, s.now()
	switch {
	case by != nil:
		i.Account, i.Visitor = by.handle, true
	case p != nil:
		i.Account = p.handle
	}
	s.world.Ledger.Add(i)
}

func (s *Server) removed(id string) {
	s.world.Ledger.Update(Platform, id, func(i *sim.Item) { i.Removed = true })
}
