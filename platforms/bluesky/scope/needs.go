package scope

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Services are those that answer behind the account's server, as "did#service".
type Services struct {
	AppView string // feeds, profiles, notifications
	Chat    string // direct messages
	Labeler string // reports
}

// need is what one capability takes.
type need struct {
	repo    []string // "collection action action..."
	appView []string // methods
	chat    []string
	labeler []string
	any     []string // methods of whatever service the account's server is
	blob    []string // media types
}

// Collections and methods of the table below that come more than once.
const (
	posts      = "app.bsky.feed.post create update"
	gate       = "app.bsky.feed.threadgate create"
	postgate   = "app.bsky.feed.postgate create"
	getPosts   = "app.bsky.feed.getPosts"
	getActors  = "app.bsky.actor.getProfiles"
	notices    = "app.bsky.notification.listNotifications"
	listConvos = "chat.bsky.convo.listConvos"
	messages   = "chat.bsky.convo.getMessages"
)

// post is what every public post takes: a record that is put, so that repeating
// it is harmless, which asks for the right to update too; or, with rules of who
// may answer or quote, records that are created together.
func post(more need) need {
	more.repo = append([]string{posts, gate, postgate}, more.repo...)
	return more
}

// mark is a record about something, such as a like: put, and deleted to undo.
func mark(collection, look string) need {
	return need{repo: []string{collection + " create update delete"}, appView: []string{look}}
}

// needOf is what a capability takes; ok is false if the driver lacks it. It says
// what the driver calls, no more; a test of the driver runs every capability
// with these scopes alone.
func needOf(x smm.Capability) (n need, ok bool) {
	switch x {
	case smm.CapPost, smm.CapThread:
		return post(need{}), true
	case smm.CapLink, smm.CapImage, smm.CapImages:
		return post(need{blob: []string{"image/*"}}), true
	case smm.CapVideo: // and its captions; the token is for the video service
		return post(need{blob: []string{"video/*", "text/vtt"}, any: []string{"com.atproto.repo.uploadBlob"}}), true
	case smm.CapQuote, smm.CapReply:
		return post(need{appView: []string{getPosts}}), true
	case smm.CapMessage:
		return need{chat: []string{
			listConvos, messages, "chat.bsky.convo.getConvoForMembers", "chat.bsky.convo.sendMessage",
		}}, true
	case smm.CapListMessages:
		return need{chat: []string{listConvos, messages}}, true
	case smm.CapDelete:
		return need{repo: []string{"app.bsky.feed.post delete"}}, true
	case smm.CapHide:
		return need{repo: []string{gate + " update"}, appView: []string{getPosts}}, true
	case smm.CapLike:
		return mark("app.bsky.feed.like", getPosts), true
	case smm.CapRepost:
		return mark("app.bsky.feed.repost", getPosts), true
	case smm.CapFollow:
		return mark("app.bsky.graph.follow", getActors), true
	case smm.CapBlock:
		return mark("app.bsky.graph.block", getActors), true
	case smm.CapReport:
		return need{appView: []string{getPosts}, labeler: []string{"com.atproto.moderation.createReport"}}, true
	case smm.CapEditProfile:
		return need{repo: []string{"app.bsky.actor.profile create update"}, blob: []string{"image/*"}}, true
	}
	methods := views(x)
	return need{appView: methods}, methods != nil
}

// views are the methods of what takes nothing but the app view.
func views(x smm.Capability) []string {
	switch x {
	case smm.CapListPosts:
		return []string{"app.bsky.feed.getAuthorFeed", getPosts}
	case smm.CapListComments:
		return []string{"app.bsky.feed.getPostThread"}
	case smm.CapListMentions, smm.CapStream:
		return []string{notices}
	case smm.CapTimeline:
		return []string{"app.bsky.feed.getTimeline"}
	case smm.CapMute:
		return []string{"app.bsky.graph.muteActor", "app.bsky.graph.unmuteActor"}
	case smm.CapPostMetrics:
		return []string{getPosts}
	case smm.CapAcctMetrics, smm.CapProfile:
		return []string{getActors}
	case smm.CapSearch:
		return []string{"app.bsky.feed.searchPosts"}
	}
	return nil
}

func unsupported(x smm.Capability) error {
	return fmt.Errorf("%w: Bluesky has no %q", smm.ErrUnsupported, x)
}

// Transitional returns the scopes of the transitional kind that caps need,
// sorted. They work on every server. A capability that no account can have gives
// an error that matches smm.ErrUnsupported.
func Transitional(caps ...smm.Capability) ([]string, error) {
	out := []string{Atproto}
	for _, x := range caps {
		n, ok := needOf(x)
		if !ok {
			return nil, unsupported(x)
		}
		out = append(out, Generic)
		if len(n.chat) > 0 {
			out = append(out, Chat)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Granular returns the least scopes that caps need, sorted. Not every server
// knows them yet. A capability that no account can have gives an error that
// matches smm.ErrUnsupported.
func Granular(s Services, caps ...smm.Capability) ([]string, error) {
	out := []string{Atproto}
	for _, x := range caps {
		n, ok := needOf(x)
		if !ok {
			return nil, unsupported(x)
		}
		for _, r := range n.repo {
			out = append(out, repoScope(r))
		}
		for _, to := range []struct {
			methods []string
			aud     string
		}{{n.appView, s.AppView}, {n.chat, s.Chat}, {n.labeler, s.Labeler}, {n.any, wildcard}} {
			for _, m := range to.methods {
				out = append(out, "rpc:"+m+"?aud="+escape(to.aud))
			}
		}
		for _, b := range n.blob {
			out = append(out, "blob:"+b)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func repoScope(rule string) string {
	f := strings.Fields(rule)
	return "repo:" + f[0] + "?action=" + strings.Join(f[1:], "&action=")
}

// escape writes a service as scopes have it: only what would end the parameter
// is encoded.
func escape(aud string) string {
	return strings.NewReplacer("%3A", ":", "%2A", "*", "%2C", ",").Replace(url.QueryEscape(aud))
}

// Needs are the scopes of which each capability that the driver has needs all,
// for a look at what was granted: Set.Has decides for either kind.
func Needs(s Services, x smm.Capability) ([]string, bool) {
	all, err := Granular(s, x)
	return all, err == nil
}
