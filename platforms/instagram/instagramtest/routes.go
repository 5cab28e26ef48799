package instagramtest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

type handler = func(*metatest.Call) metatest.Reply

const (
	get  = http.MethodGet
	post = http.MethodPost
	del  = http.MethodDelete
)

// routes adds what Instagram has. The inbox is the Page's with Facebook's login and
// the account's with its own.
func (s *Server) routes() {
	inbox := kindPage
	if s.opts.Login == Instagram {
		inbox = kindAccount
	}
	for _, r := range []struct {
		method, kind, edge string
		class              sim.Class
		right              right
		do                 handler
	}{
		{get, kindAccount, "", sim.Read, basic, s.getAccount},
		{get, kindAccount, "media", sim.Read, basic, s.listMedia},
		{get, kindAccount, "stories", sim.Read, basic, s.listStories},
		{get, kindAccount, "live_media", sim.Read, basic, s.listLive},
		{get, kindAccount, "scheduled_media", sim.Read, basic, s.listLive},
		{post, kindAccount, "media", sim.Prepare, publish, s.makeContainer},
		{post, kindAccount, "media_publish", sim.Commit, publish, s.publishContainer},
		{get, kindAccount, "content_publishing_limit", sim.Read, publish, s.publishingLimit},
		{get, kindAccount, "insights", sim.Read, insight, s.accountInsights},
		{post, kindAccount, "mentions", sim.Commit, comment, s.answerMention},
		{get, kindAccount, "collaboration_invites", sim.Read, basic, s.listInvites},
		{post, kindAccount, "collaboration_invites", sim.Write, basic, s.answerInvite},
		{get, kindContainer, "", sim.Read, publish, s.getContainer},
		{get, kindMedia, "", sim.Read, basic, s.getMedia},
		{post, kindMedia, "", sim.Write, comment, s.openComments},
		{get, kindMedia, "children", sim.Read, basic, s.listChildren},
		{get, kindMedia, "comments", sim.Read, comment, s.listComments},
		{post, kindMedia, "comments", sim.Commit, comment, s.makeComment},
		{get, kindMedia, "insights", sim.Read, insight, s.mediaInsights},
		{get, kindComment, "", sim.Read, comment, s.getComment},
		{post, kindComment, "", sim.Write, comment, s.hideComment},
		{del, kindComment, "", sim.Write, comment, s.deleteComment},
		{get, kindComment, "replies", sim.Read, comment, s.listReplies},
		{post, kindComment, "replies", sim.Commit, comment, s.makeReply},
		{get, inbox, "conversations", sim.Read, message, s.listThreads},
		{post, inbox, "messages", sim.Commit, message, s.sendMessage},
		{post, inbox, "moderate_conversations", sim.Write, message, s.moderate},
		{post, inbox, "subscribed_apps", sim.Write, basic, s.subscribe},
		{del, inbox, "subscribed_apps", sim.Write, basic, s.subscribe},
		{post, inbox, "messenger_profile", sim.Write, message, s.setProfile},
		{del, inbox, "messenger_profile", sim.Write, message, s.setProfile},
		{get, kindThread, "messages", sim.Read, message, s.listMessages},
		{get, kindMessage, "", sim.Read, message, s.getMessage},
		{get, kindPerson, "", sim.Read, message, s.getPerson},
	} {
		s.handle(r.method, r.kind, r.edge, r.class, r.right, r.do)
	}
	if s.opts.Login == Facebook {
		s.facebookRoutes()
	}
}

// facebookRoutes are what the other login lacks.
func (s *Server) facebookRoutes() {
	s.handle(get, kindPage, "", sim.Read, basic, s.getPage)
	s.handle(get, kindAccount, "tags", sim.Read, comment, s.listTagged)
	s.handle(del, kindMedia, "", sim.Write, contents, s.deleteMedia)
	for _, kind := range []string{kindMedia, kindComment} {
		s.handle(post, kind, "likes", sim.Write, engage, s.like)
		s.handle(del, kind, "likes", sim.Write, engage, s.unlike)
	}
	s.handle(get, "", "ig_hashtag_search", sim.Read, basic, s.findHashtag)
	s.handle(get, "", "ig_audio", sim.Read, basic, s.searchAudio)
	s.handle(get, kindHashtag, "recent_media", sim.Read, basic, s.listHashtag)
	s.handle(get, kindHashtag, "top_media", sim.Read, basic, s.listHashtag)
}

func (s *Server) handle(method, kind, edge string, class sim.Class, r right, do handler) {
	s.base.Handle(metatest.Route{
		Method: method, Kind: kind, Edge: edge, Class: class, Scopes: []string{rights[s.opts.Login][r]},
		Handler: func(c *metatest.Call) metatest.Reply {
			s.mu.Lock()
			defer s.mu.Unlock()
			return do(c)
		},
	})
}

// me is the account that a call acts for, nil if it is another's.
func me(c *metatest.Call) *account {
	if c.Me == nil {
		return nil
	}
	a, _ := c.Me.Value.(*account)
	return a
}

// theirs refuses a call about another's node.
func theirs(c *metatest.Call) *metatest.Reply {
	r := metatest.Fail(metatest.NotFound(c.Node.ID))
	return &r
}

// ownAccount is the account in the path, if the token may act for it.
func ownAccount(c *metatest.Call) (*account, *metatest.Reply) {
	a, _ := c.Node.Value.(*account)
	if a == nil || me(c) != a {
		return nil, theirs(c)
	}
	return a, nil
}

func ownMedia(c *metatest.Call) (*media, *metatest.Reply) {
	m, _ := c.Node.Value.(*media)
	if m == nil || m.gone || m.owner != me(c) {
		return nil, theirs(c)
	}
	return m, nil
}

// ownComment is a comment under a media of the account.
func ownComment(c *metatest.Call) (*remark, *metatest.Reply) {
	r, _ := c.Node.Value.(*remark)
	if r == nil || r.gone || r.on.gone || r.on.owner != me(c) {
		return nil, theirs(c)
	}
	return r, nil
}

// known are the fields that nodes have. The vendor refuses a request that names
// another.
var known = map[string]string{
	kindAccount: "id,username,name,biography,website,profile_picture_url,followers_count,follows_count,media_count," +
		"business_discovery,mentioned_media,mentioned_comment,ig_id,has_profile_pic,is_published,legacy_instagram_user_id,owner_business",
	kindMedia: "id,caption,alt_text,media_type,media_product_type,media_url,thumbnail_url,permalink,shortcode,timestamp,username,owner," +
		"like_count,comments_count,view_count,is_comment_enabled,is_shared_to_feed,children,comments,reposts_count,saved_count,shares_count",
	kindComment:   "id,text,timestamp,username,from,user,like_count,hidden,parent_id,media,replies",
	kindContainer: "id,status_code,status,video_status,copyright_check_status",
	kindThread:    "id,link,updated_time,message_count,unread_count,snippet,can_reply,participants,senders,messages,scoped_thread_key",
	kindMessage:   "id,created_time,from,to,message,attachments,shares,story,reactions,is_unsupported,reply_to,tags,sticker",
	kindPerson:    "id,name,username,profile_pic,follower_count,is_user_follow_business,is_business_follow_user,is_verified_user",
	kindPage:      "id,name,instagram_business_account",
}

// fieldsOf checks the fields that a call names against those of a kind.
func (s *Server) fieldsOf(c *metatest.Call, kind string) *metatest.Reply {
	allowed := strings.Split(known[kind], ",")
	if kind == kindAccount && s.opts.Login == Instagram {
		allowed = append(allowed, "user_id", "account_type")
	}
	for _, f := range topFields(c.Get("fields")) {
		if !slices.Contains(allowed, f) {
			r := metatest.Fail(&metatest.Error{Code: 100, Message: "(#100) Tried accessing nonexisting field (" + f + ") on node type (" + kind + ")"})
			return &r
		}
	}
	return nil
}

// topFields are the names outside all braces and parentheses.
func topFields(spec string) []string {
	var out []string
	depth, name, taking := 0, "", true
	for _, r := range spec + "," {
		switch {
		case r == '{' || r == '(':
			depth++
			taking = false
		case r == '}' || r == ')':
			depth--
		case r == ',' && depth == 0:
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
			name, taking = "", true
		case r == '.' && depth == 0:
			taking = false
		case depth == 0 && taking:
			name += string(r)
		}
	}
	return out
}
