// Package smm is the portable core of smmkit: one model for posts, channels,
// conversations and metrics, a front that hosts call, a contract that drivers
// implement, and the protocol that keeps a post from going out twice or never.
//
// # For hosts
//
// Make a [Client] over the drivers you need, list your channels, publish:
//
//	client, err := smm.New([]smm.Driver{mastodonDriver, blueskyDriver})
//	channels, err := client.Channels(ctx)
//	results, err := client.Publish(ctx, &smm.Post{Text: "Hello"}, refs, nil)
//
// Everything that can be wrong with a post is known before anything is sent:
// [Client.Validate] reports all findings at once, [Gate] adds the host's own
// rules. What a channel may do now, and what would have to change if it may
// not, is in [Capabilities].
//
// # Creating is a protocol
//
// A reply that is lost must never become a second post. Every create is a
// [Delivery] that [Client.Advance] takes through three steps of the driver's
// [Publisher]: prepare (repeatable, nothing public), commit (one request, its
// intent saved before) and settle (reading only). [Next] says what may be done
// when. What the library can promise depends on the platform and is public in
// [Guarantee]:
//
//   - [ClassKey]: a repeated request is recognised by our key. Never doubled,
//     never lost.
//   - [ClassHandle]: a handle made before the commit tells its state. The same.
//   - [ClassReadBack]: the item is looked for once no request can still arrive.
//     Never doubled or lost, unless a process is frozen past its lease in the
//     middle of a commit, or the platform is slower than the driver's
//     RequestLife and ReadLag, which are estimates on such platforms.
//   - [ClassBlind]: when a reply is lost a person decides ([PhaseHuman]).
//
// What to do with [OutcomeUnknown]: nothing yet. Keep the deliveries and
// [Client.Resume] them, or leave it to package scheduler; never publish the
// same post again.
//
// A delivery that needs a person has a Wake as well: [Delivery.Remind] sets the
// next one, and [Delivery.Deadline] says by when a delivery is final or asks, if
// nothing gets any further.
//
// After a restored backup nobody knows what was sent since it was taken.
// [Delivery.Restore] puts a delivery in doubt from then on: with a key or by
// reading back it is settled without a person; a handle that was lost, and
// [ClassBlind], take one.
//
// # Links between channels, and tasks for people
//
// [PublishOptions].After makes a post wait for another delivery, to answer its
// item or to carry its address in place of [LinkPlaceholder]. [PublishOptions].Manual
// makes it a task for a person ([PhaseManual]), with [Delivery.Done] to close it.
//
// # Tenants
//
// A host that serves several customers uses [Client.ForTenant]. The tenant
// travels in the context of every driver call and in everything durable.
//
// # Design notes
//
// Front and back live in one package, as in log/slog: hosts hold concrete
// types, drivers implement small interfaces. Wrapping drivers was rejected,
// because a wrapper hides the optional methods of what it wraps; what hosts
// need to add goes through [Interceptor] and [Gate].
//
// The tenant is a context value and not an argument of every driver method. It
// identifies the request like a trace does, and only two places read it: the
// credentials and the quota. A driver value for each tenant was rejected,
// since the host would have to keep them alive and share their connections.
//
// Advance does one step and returns, rather than running to the end: the
// caller owns the lease and renews it between steps, so that an upload may
// take longer than any lease.
//
// Metric values are integers with a unit. Floating-point sums of money and
// counts were rejected for being almost right.
//
// A restored delivery is prepared before it is settled, even if it is stale by
// then: only the driver's own state tells what to look for. Asking a person at once
// was rejected, since most platforms can tell. So was a delivery without its old
// key: keys follow from the request, which the backup has.
//
// A parent's address is put into the text when it is known, and not when the post
// is validated: it is [LinkLength] characters there. Leaving gaps for templates was
// rejected; there is one address, and drafts with braces in them exist.
//
// A commit is not cancelled at once when its context ends. Cutting it off
// would turn an answer that is on its way into doubt.
package smm
