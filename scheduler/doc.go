// Package scheduler publishes posts at their time, each exactly once as far as
// the platform allows it, through crashes, lost replies and several workers.
//
//	s, err := scheduler.New(client, store)
//	items, findings, err := s.Schedule(ctx, post, channels, at, nil)
//	go s.Run(ctx)
//
// A [Scheduler] plans posts with the client's validation, keeps the deliveries
// in a [Store], and takes each through the publishing protocol of package smm
// when it is due. Package smm/sqlitestore has the store for one machine;
// [Memory] serves tests. Any number of processes may run on one store.
//
// # What is promised
//
// When Schedule returns without an error, the deliveries survive a crash. Every
// delivery that is not final has a time when it wakes, or waits for a person
// ([EventHuman], [Scheduler.Resolve]); nothing is forgotten. What a process held
// when it was killed is taken up by another when its lease is over, [WithLease].
// Whether a commit whose reply was lost can be settled without a person is the
// platform's doing: see smm.Guarantee.
//
// A record is worked on by one process at a time. The lease says which, the
// epoch makes the store refuse the others, and a commit's deadline lies before
// the lease's end. A process that is frozen in the middle of a commit and wakes
// up after its lease can still send; on platforms with keys and handles that is
// harmless, on the others it can double a post. Being killed cannot.
//
// # What keeps a post back
//
// A [Gate] says for each delivery whether it may be sent; a [Freeze] in the store
// holds all that it matches, for every process ([Scheduler.Freeze]). Both are
// asked before anything is uploaded and again when the intent to commit is
// durable. An intent that is held is taken back before anything leaves, and
// [Record].Held says why. What is in doubt is still read and settled, but not
// repeated. [Scheduler.Release] validates everything again before it goes on.
//
// [WithOrder] sends the posts of a channel one after the other. One that is stuck
// then holds up its channel until it is public, stale, gives up, or a person takes
// it out of the way; see there. [WithAppConcurrency] bounds what this process asks
// of one platform at a time. What the quota refuses waits until the limiter says,
// and uses up no attempt.
//
// A [ScheduleOptions].Token makes a call repeatable, a Slot keeps a place in the
// host's plan for one entry, and a [RepeatPolicy] keeps the same content apart.
// The store compares them in the same write, so processes that race cannot both
// win. What failed, expired or was cancelled gives its place up.
//
// # Design notes
//
// The scheduler has no publishing logic of its own. smm.Client.Advance is the
// only caller of a driver, with or without a scheduler, so there is one protocol
// to prove. What is here decides when, and who.
//
// One record is one delivery. A record for a whole entry was rejected: channels
// are independent, and one that is slow would hold up the others' writes.
//
// A handler gets the record that was claimed and not its ID. With IDs each would
// have to be claimed by a transaction of its own, and batches are what makes a
// store fast. Engines that wake records by name claim them by [Claim].Keys.
//
// Freezes are read from the store at every attempt. A cache, even of a second,
// was rejected: the promise is that nothing is sent once Freeze has returned but
// what it names, and a freeze is set when it matters most.
//
// A flag on each frozen record, in place of the freeze, was rejected as well: it
// takes a write for each of what may be many records while the harm is being
// done, and misses what is planned a moment later.
//
// While a lane holds back what is due, the store cannot tell the loop when
// something else is due, and it looks every tenth of a second. A NextWake that
// knows lanes was rejected, since it must be cheap in every store.
//
// Stores have no clock. The times of leases come from the callers, so that a
// simulation can run a year in a second; the margin at the end of a lease
// absorbs clocks that differ by less. Machines must be synchronised to within
// a twentieth of the lease.
//
// Retrying by the engine, as job queues do, was rejected: what to do after an
// error depends on what may already be public, and only the protocol knows that.
package scheduler
