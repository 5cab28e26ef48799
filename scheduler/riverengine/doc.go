// Package riverengine runs a scheduler on many machines: deliveries lie in
// PostgreSQL (package pgstore), and River, the job queue, wakes them.
//
//	db, err := pgstore.Open(ctx, url, nil)
//	err = riverengine.Migrate(ctx, db, "")
//	engine, err := riverengine.New(db, nil)
//	s, err := scheduler.New(client, db.Deliveries(), scheduler.WithEngine(engine))
//	go s.Run(ctx)
//
// With the caller's transaction in the context, a host's own row, the deliveries and
// their jobs are written together or not at all:
//
//	tx, err := db.Pool().Begin(ctx)
//	...
//	items, findings, err := s.Schedule(pgstore.WithTx(ctx, tx), post, channels, at, nil)
//	err = tx.Commit(ctx)
//
// # What is promised
//
// River may run a job twice, late, or never. None of that sends anything twice or
// loses it: a job names a record, and working on it means to claim it from the store,
// which gives it to one worker at a time. A sweeper in every process looks for
// records that are due and that no job came for: after a crash, when jobs were lost,
// when records were inserted by somebody who knows nothing of River. So what a killed
// process held is taken up within its lease and a fifth of it, [Options].Lease.
//
// # Times
//
// River hands out jobs that are due in batches, at its FetchCooldown; jobs for later
// are made available by a leader that looks every five seconds, some time ahead. The
// embedded engine, scheduler.Loop, is more punctual; docs/benchmarks.md has figures.
//
// # Design notes
//
// A job has no state of its own. Unique jobs were rejected: River would drop a wake
// that comes while an earlier one runs, and the earlier time of two. A wake too many
// costs one claim.
//
// River's time-outs and retries are off: what to do after an error depends on what
// may already be public, and only the publishing protocol knows that.
//
// The sweeper claims what it finds and works on it itself. Inserting jobs for it was
// rejected: it would depend on what it is there to make up for.
//
// River runs on the pool of the store and takes one connection for itself to listen
// on. Behind a pooler that cannot listen, Options.PollOnly does without.
package riverengine
