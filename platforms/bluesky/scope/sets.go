package scope

import "slices"

// set is the part of a permission set that this library uses. Methods take the
// audience that the set is included with.
type set struct {
	collections []string
	actions     []string
	methods     []string
}

// setOf returns a published permission set.
func setOf(nsid string) set {
	all := []string{Create, Update, Delete}
	viewing := []string{
		getActors, "app.bsky.feed.getAuthorFeed", "app.bsky.feed.getPostThread", getPosts, "app.bsky.feed.getTimeline",
		"app.bsky.feed.searchPosts", notices,
	}
	muting := []string{"app.bsky.graph.muteActor", "app.bsky.graph.unmuteActor"}
	publishing := []string{"app.bsky.feed.post", "app.bsky.feed.postgate", "app.bsky.feed.threadgate"}
	marking := []string{"app.bsky.feed.like", "app.bsky.feed.repost"}
	switch nsid {
	case "app.bsky.authCreatePosts":
		return set{collections: publishing, actions: []string{Create}}
	case "app.bsky.authDeleteContent":
		return set{collections: slices.Concat(publishing, marking), actions: []string{Delete}}
	case "app.bsky.authFullApp":
		return set{
			collections: slices.Concat(publishing, marking, []string{"app.bsky.actor.profile", "app.bsky.graph.block", "app.bsky.graph.follow"}),
			actions:     all, methods: slices.Concat(viewing, muting),
		}
	case "app.bsky.authManageModeration":
		return set{collections: []string{"app.bsky.graph.block"}, actions: all, methods: muting}
	case "app.bsky.authManageNotifications":
		return set{methods: []string{notices}}
	case "app.bsky.authManageProfile":
		return set{collections: []string{"app.bsky.actor.profile"}, actions: all}
	case "app.bsky.authViewAll":
		return set{methods: viewing}
	case "chat.bsky.authFullChatClient":
		return set{methods: []string{
			"chat.bsky.convo.getConvoForMembers", messages, listConvos, "chat.bsky.convo.sendMessage",
		}}
	}
	return set{}
}

// expand returns what a scope that includes a set stands for; nothing for a set
// that is not known.
func expand(p permission) []permission {
	if p.resource != "include" {
		return nil
	}
	var out []permission
	s := setOf(p.names[0])
	if len(s.collections) > 0 {
		out = append(out, permission{resource: "repo", names: s.collections, actions: s.actions})
	}
	if len(s.methods) > 0 && p.aud != "" {
		out = append(out, permission{resource: "rpc", names: s.methods, aud: p.aud})
	}
	return out
}
