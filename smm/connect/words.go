package connect

import "github.com/smmkit/smmkit/smm"

// words says what a capability is good for, to follow "can" or "cannot". One
// that is not known here is named as it is.
func words(c smm.Capability) string {
	if w, ok := capabilityWords()[c]; ok {
		return w
	}
	return string(c)
}

func capabilityWords() map[smm.Capability]string {
	return map[smm.Capability]string{
		smm.CapPost:          "publish posts",
		smm.CapLink:          "publish link cards",
		smm.CapImage:         "publish an image",
		smm.CapImages:        "publish several images",
		smm.CapVideo:         "publish videos",
		smm.CapGIF:           "publish animations",
		smm.CapPoll:          "publish polls",
		smm.CapQuote:         "quote posts",
		smm.CapThread:        "publish threads",
		smm.CapReply:         "reply to comments",
		smm.CapMessage:       "send private messages",
		smm.CapReviewAnswer:  "answer reviews",
		smm.CapEdit:          "edit posts",
		smm.CapDelete:        "delete posts",
		smm.CapDeleteComment: "delete comments of others",
		smm.CapListPosts:     "read own posts",
		smm.CapListComments:  "read comments",
		smm.CapListMessages:  "read private messages",
		smm.CapListMentions:  "read mentions",
		smm.CapListReviews:   "read reviews",
		smm.CapTimeline:      "read the timeline",
		smm.CapHide:          "hide comments",
		smm.CapLike:          "like posts",
		smm.CapRepost:        "share posts",
		smm.CapFollow:        "follow accounts",
		smm.CapBlock:         "block accounts",
		smm.CapMute:          "mute accounts",
		smm.CapReport:        "report to moderators",
		smm.CapPostMetrics:   "measure posts",
		smm.CapAcctMetrics:   "measure the account",
		smm.CapAudience:      "measure the audience",
		smm.CapProfile:       "read the profile",
		smm.CapEditProfile:   "edit the profile",
		smm.CapSearch:        "search",
		smm.CapWebhooks:      "hear of news at once",
		smm.CapStream:        "follow a live stream",
		smm.CapAds:           "manage advertising",
	}
}
