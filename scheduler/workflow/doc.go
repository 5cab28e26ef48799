// Package workflow takes content from idea to approval, and keeps everything that
// is not approved, or is under embargo, from being sent.
//
// A [Draft] is a post with its channels and its time, on its way through the stages
// of a [Process]: idea, brief, production and review, or others of the host's.
// [Apply] is the whole machine: a pure function of a draft, a process, an actor, an
// action and the time, which holds every rule and touches nothing. [Service] keeps
// drafts in a store ([Rows]) and applies actions with compare and swap. [Gate] is
// asked by the scheduler before anything is uploaded and again before it is sent.
// [Links] lets people outside the host approve by a signed link.
//
//	svc, err := workflow.New(rows, workflow.Options{Processes: workflow.Fixed(process)})
//	sched, err := scheduler.New(client, store, scheduler.WithGate(svc.Gate(workflow.GateOptions{})))
//
//	d, err := svc.Create(ctx, tenant, anna, workflow.Item{ID: "spring-1", Content: content})
//	d, err = svc.Do(ctx, tenant, d.ID, anna, workflow.Move{Stage: workflow.StageReview})
//	d, err = svc.Do(ctx, tenant, d.ID, anna, workflow.RequestApproval{})
//	d, err = svc.Do(ctx, tenant, d.ID, ben, workflow.Approve{Step: "brand", Sum: d.Sum()})
//	d, _, err = svc.Schedule(ctx, sched, tenant, d.ID, ben)
//
// # What an approval is worth
//
// An approval is of a hash: of the fields that its step covers, as they were.
// It counts as long as the hash of the content is the same, it was not withdrawn,
// nothing was rejected since, it has not expired, and who gave it, or on whose
// behalf, wrote none of the content (unless the step permits that). Once it does
// not count it is void for good, also if the content is changed back. A draft is
// approved at a moment if each step has enough approvals at that moment; the stage
// of a draft never says more than that.
//
// # What is proven
//
// The gate passes a delivery if its draft is scheduled, the draft knows it, what
// it would send is exactly a part of the content of the draft, every step is
// approved for that content now, and there is no embargo. Everything else, errors
// included, holds it. A property test takes random histories of edits, decisions,
// embargoes, clock moves, crashes and lost replies through the real scheduler and
// compares each item that becomes public with a model of its own.
//
// Between the gate's second answer and the request lies what one process needs to
// go on, about a millisecond: an approval that ends in that time is too late to be
// heard. A process that is frozen in between is not: its lease is over then, and
// so is the deadline of its commit.
//
// # Design notes
//
//   - The hash is over the draft's content and not over the deliveries: approvers
//     decide before anything is planned, and the parts of a delivery can be
//     computed from the content again, which the gate does each time. Storing the
//     hashes of deliveries was rejected: they would be one more thing that must be
//     kept in step.
//   - Decisions must name the hash that was looked at. Without that, an edit that
//     slips in between looking and deciding would be approved unseen.
//   - Media is bound by the hash of its bytes, so media without one is refused at
//     the request for approval. Thumbnails and caption tracks are bound by their
//     name only, since smm.Media has no hash for them.
//   - Labels never leave the host, so the gate does not compare them; a step may
//     cover them all the same.
//   - Rules are code and not a rule language: a process is data that says who and
//     how many, which is what hosts differ in.
//   - Roles come with every action. The library knows no people; a host that takes
//     a role away from somebody withdraws what they approved, if it wants to.
//   - A link that decided once stays used, also if its draft is requested again:
//     the next round needs a new link. The alternative, a link per draft, would let
//     an old mail decide about something new.
package workflow
