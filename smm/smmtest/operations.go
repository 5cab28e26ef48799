package smmtest

import (
	"github.com/smmkit/smmkit/smm"
)

// operation is a call that several topics make.
type operation struct {
	name   string
	cap    smm.Capability
	target func(*lab) smm.Ref
	call   func(*lab, *smm.ChannelClient, smm.Ref) error
}

func noTarget(*lab) smm.Ref { return smm.Ref{} }

func ownPost(l *lab) smm.Ref { l.visitorComment(); return l.own }

func visitorPost(l *lab) smm.Ref {
	l.t.Helper()
	r, err := l.public().VisitorPosts(l.ctx, l.h.Visitor, "", "a visitor's post")
	if err != nil {
		l.t.Fatalf("VisitorPosts: %v", err)
	}
	l.awaitPost(r)
	return r
}

func visitor(l *lab) smm.Ref { return l.h.Author }

func comment(l *lab) smm.Ref { return l.visitorComment() }

// first reads the beginning of a list.
func first[T any](l *lab, list *smm.List[T]) error {
	_, err := list.Collect(l.ctx, 1)
	return err
}

// readOps are reads, one for each interface that reads.
func readOps() []operation {
	return []operation{
		{"list-posts", smm.CapListPosts, noTarget, func(l *lab, ch *smm.ChannelClient, _ smm.Ref) error { return first(l, ch.Posts(nil)) }},
		{"get-post", smm.CapListPosts, ownPost, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error {
			_, err := ch.Post(l.ctx, r)
			return err
		}},
		{"list-comments", smm.CapListComments, ownPost, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error { return first(l, ch.Comments(r, nil)) }},
		{"list-mentions", smm.CapListMentions, noTarget, func(l *lab, ch *smm.ChannelClient, _ smm.Ref) error { return first(l, ch.Mentions(nil)) }},
		{"list-conversations", smm.CapListMessages, noTarget, func(l *lab, ch *smm.ChannelClient, _ smm.Ref) error {
			return first(l, ch.Conversations(nil))
		}},
		{"list-messages", smm.CapListMessages, (*lab).visitorConversation, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error {
			return first(l, ch.Messages(r, nil))
		}},
		{"list-reviews", smm.CapListReviews, noTarget, func(l *lab, ch *smm.ChannelClient, _ smm.Ref) error { return first(l, ch.Reviews(nil)) }},
		{"list-timeline", smm.CapTimeline, noTarget, func(l *lab, ch *smm.ChannelClient, _ smm.Ref) error { return first(l, ch.Timeline(nil)) }},
		{"metrics", smm.CapPostMetrics, ownPost, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error {
			_, err := ch.Metrics(l.ctx, smm.MetricRequest{Subjects: []smm.Ref{r}})
			return err
		}},
		{"account-metrics", smm.CapAcctMetrics, noTarget, func(l *lab, ch *smm.ChannelClient, _ smm.Ref) error {
			_, err := ch.Metrics(l.ctx, smm.MetricRequest{})
			return err
		}},
		{"audience", smm.CapAudience, noTarget, func(l *lab, ch *smm.ChannelClient, _ smm.Ref) error {
			_, err := ch.Audience(l.ctx, smm.Window{})
			return err
		}},
		{"profile", smm.CapProfile, noTarget, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error {
			_, err := ch.Profile(l.ctx, r)
			return err
		}},
		{"search", smm.CapSearch, noTarget, func(l *lab, ch *smm.ChannelClient, _ smm.Ref) error {
			return first(l, ch.Search(smm.SearchQuery{Text: "conformance"}, nil))
		}},
	}
}

// writeOps are writes that are no creates, in the order in which they undo each
// other least.
func writeOps() []operation {
	bio := "conformance"
	return []operation{
		{"edit", smm.CapEdit, ownPost, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error {
			return ch.Edit(l.ctx, r, &smm.Post{Text: "edited"})
		}},
		{"delete", smm.CapDelete, ownPost, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error { return ch.Delete(l.ctx, r) }},
		{"delete-comment", smm.CapDeleteComment, comment, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error { return ch.DeleteComment(l.ctx, r) }},
		{"hide", smm.CapHide, comment, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error { return ch.Hide(l.ctx, r) }},
		{"like", smm.CapLike, visitorPost, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error { return ch.SetLiked(l.ctx, r, true) }},
		{"repost", smm.CapRepost, visitorPost, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error { return ch.SetReposted(l.ctx, r, true) }},
		{"follow", smm.CapFollow, visitor, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error { return ch.SetFollowing(l.ctx, r, true) }},
		{"block", smm.CapBlock, visitor, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error { return ch.SetBlocked(l.ctx, r, true) }},
		{"mute", smm.CapMute, visitor, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error { return ch.SetMuted(l.ctx, r, true) }},
		{"report", smm.CapReport, visitorPost, func(l *lab, ch *smm.ChannelClient, r smm.Ref) error {
			return ch.Report(l.ctx, r, smm.Report{Reason: smm.ReasonSpam, Comment: "conformance"})
		}},
		{"edit-profile", smm.CapEditProfile, noTarget, func(l *lab, ch *smm.ChannelClient, _ smm.Ref) error {
			return ch.EditProfile(l.ctx, smm.ProfileEdit{Bio: &bio})
		}},
	}
}

// need skips the test unless the channel may use a capability.
func (l *lab) need(c *smm.Client, x smm.Capability) {
	l.t.Helper()
	caps, err := l.channel(c).Capabilities(l.ctx)
	if err != nil {
		l.t.Fatalf("Capabilities: %v", err)
	}
	if st := caps.Support(x); st.State != smm.StateGranted {
		l.t.Skipf("%s is not granted: %q %s", x, st.State, st.Cure)
	}
}
