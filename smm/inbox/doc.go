// Package inbox gathers what people say to a host's channels on all platforms:
// comments, mentions and private messages become [Item]s in [Conversation]s,
// which can be listed, assigned, moderated and answered.
//
//	in, err := inbox.New(store, inbox.WithEnqueuer(outbox))
//	results, err := in.Sync(ctx, client, channels, nil)  // or in.Webhook
//	done, err := in.Triage(ctx, client, judge)           // moderation
//	reply, err := in.Reply(ctx, client, inbox.ReplyRequest{...})
//
// Everything durable lies in a [Store], which the host chooses. Package
// inboxtest has the suite that a store must pass.
//
// # Design notes
//
// Platforms tell the same thing several times, in any order, and by several
// ways. So an item is not the last thing heard but the join of all
// observations ([Merge]): commutative, associative and idempotent. Whatever
// arrives when, the end is the same, and there is no memory of seen events to
// size. Deletions win over everything and wipe the text, also when they arrive
// before the message they delete.
//
// Moderation is a state of the item and not a step of its arrival: an item
// without a decision about its present text is undecided, whether it is new,
// was edited, or a crash came in between. A hook that runs on arrival was
// rejected, because what it missed once it would never see again.
//
// An answer is claimed in the store before it is handed to the outbox, and its
// delivery IDs derive from the message it answers. Two people, or one who asks
// twice, therefore send one answer. Sending from here directly was rejected: a
// process that dies in the middle would leave nobody who knows.
//
// This package knows no moderation rules. [Triage] takes a function, and the
// names of the actions are those of package moderation.
package inbox
