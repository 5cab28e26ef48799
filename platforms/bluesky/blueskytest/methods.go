package blueskytest

import "net/http"

// methods is the routing table: every operation that the simulator knows.
func (s *Server) methods() map[string]method {
	const get, post = http.MethodGet, http.MethodPost
	read := func(a authKind, via service, do func(*call) (any, error)) method {
		return method{verb: get, auth: a, via: via, do: do}
	}
	write := func(via service, do func(*call) (any, error)) method {
		return method{verb: post, auth: authAccess, via: via, do: do}
	}
	return map[string]method{
		"com.atproto.server.createSession":  {verb: post, do: (*call).createSession},
		"com.atproto.server.refreshSession": {verb: post, auth: authRefresh, do: (*call).refreshSession},
		"com.atproto.server.deleteSession":  {verb: post, auth: authRefresh, do: (*call).deleteSession},
		"com.atproto.server.getSession":     read(authAccess, viaPDS, (*call).getSession),
		"com.atproto.server.getServiceAuth": read(authAccess, viaPDS, (*call).getServiceAuth),
		"com.atproto.server.describeServer": read(authNone, viaPDS, (*call).describeServer),

		"com.atproto.identity.resolveHandle": read(authNone, viaPDS, (*call).resolveHandle),

		"com.atproto.repo.createRecord": write(viaPDS, (*call).createRecord),
		"com.atproto.repo.putRecord":    write(viaPDS, (*call).putRecord),
		"com.atproto.repo.deleteRecord": write(viaPDS, (*call).deleteRecord),
		"com.atproto.repo.applyWrites":  write(viaPDS, (*call).applyWrites),
		"com.atproto.repo.uploadBlob":   write(viaPDS, (*call).uploadBlob),
		"com.atproto.repo.getRecord":    read(authNone, viaPDS, (*call).getRecord),
		"com.atproto.repo.listRecords":  read(authNone, viaPDS, (*call).listRecords),

		"com.atproto.moderation.createReport": write(viaPDS, (*call).createReport),

		"app.bsky.actor.getProfile":        read(authOptional, viaAppView, (*call).getProfile),
		"app.bsky.actor.getProfiles":       read(authOptional, viaAppView, (*call).getProfiles),
		"app.bsky.feed.getPosts":           read(authOptional, viaAppView, (*call).getPosts),
		"app.bsky.feed.getPostThread":      read(authOptional, viaAppView, (*call).getPostThread),
		"app.bsky.feed.getAuthorFeed":      read(authOptional, viaAppView, (*call).getAuthorFeed),
		"app.bsky.feed.getTimeline":        read(authAccess, viaAppView, (*call).getTimeline),
		"app.bsky.feed.getLikes":           read(authOptional, viaAppView, (*call).getLikes),
		"app.bsky.feed.searchPosts":        read(authAccess, viaAppView, (*call).searchPosts),
		"app.bsky.graph.getMutes":          read(authAccess, viaAppView, (*call).getMutes),
		"app.bsky.graph.getBlocks":         read(authAccess, viaAppView, (*call).getBlocks),
		"app.bsky.graph.muteActor":         write(viaAppView, (*call).muteActor),
		"app.bsky.graph.unmuteActor":       write(viaAppView, (*call).unmuteActor),
		"app.bsky.bookmark.createBookmark": write(viaAppView, (*call).createBookmark),
		"app.bsky.bookmark.deleteBookmark": write(viaAppView, (*call).deleteBookmark),

		"app.bsky.notification.listNotifications": read(authAccess, viaAppView, (*call).listNotifications),
		"app.bsky.notification.getUnreadCount":    read(authAccess, viaAppView, (*call).getUnreadCount),
		"app.bsky.notification.updateSeen":        write(viaAppView, (*call).updateSeen),

		"chat.bsky.convo.listConvos":           read(authAccess, viaChat, (*call).listConvos),
		"chat.bsky.convo.getConvo":             read(authAccess, viaChat, (*call).getConvo),
		"chat.bsky.convo.getConvoForMembers":   read(authAccess, viaChat, (*call).getConvoForMembers),
		"chat.bsky.convo.getMessages":          read(authAccess, viaChat, (*call).getMessages),
		"chat.bsky.convo.sendMessage":          write(viaChat, (*call).sendMessage),
		"chat.bsky.convo.updateRead":           write(viaChat, (*call).updateRead),
		"chat.bsky.convo.acceptConvo":          write(viaChat, (*call).acceptConvo),
		"chat.bsky.convo.deleteMessageForSelf": write(viaChat, (*call).deleteMessageForSelf),

		"app.bsky.video.uploadVideo":     {verb: post, auth: authService, via: viaVideo, do: (*call).uploadVideo},
		"app.bsky.video.getJobStatus":    read(authNone, viaVideo, (*call).getJobStatus),
		"app.bsky.video.getUploadLimits": read(authNone, viaVideo, (*call).getUploadLimits),
	}
}
