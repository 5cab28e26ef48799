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
//	err = pgx.BeginFunc(ctx, db.Pool(), func(tx pgx.Tx) error {
//		... // the host's own row
//		_, _, err := s.Schedule(pgstore.WithTx(ctx, tx), post, channels, at, nil)
//		return err
//	})
//
// # What is promised
//
// River may run a job twice, late, or never. None of that sends anything twice or
// loses it: a job names a record, and working on it means to claim it from the store,
// which gives it to one worker at a time.
//
// A sweeper in every process looks for records that are due and that no job came
// for: after a crash, when jobs were lost or a backup was restored, when records were
// inserted by somebody who knows nothing of River. So what a killed process held is
// claimed again at most two times [Options].Sweep after its lease ran out, which is
// never longer than Options.Lease from the last renewal, or what a commit with a
// shorter one was extended to. It is settled within the RequestLife and ReadLag of
// its guarantee from then.
//
// # Times
//
// River tells its workers of jobs that are due at once. For those that were planned
// ahead it does not: they are found at FetchPollInterval, and so start up to that
// late, more when many are due together, since each is claimed by itself. The
// embedded engine, scheduler.Loop, is more punctual. docs/postgres.md has figures.
//
// River's leader moves jobs that were planned ahead to the workers every five
// seconds, which cannot be changed. Jobs that are due earlier than that are given to
// the workers at once and put off by them, so that nothing waits for the leader.
//
// Finished jobs are removed after ten minutes, failed ones after an hour, by River's
// leader. If the host runs River itself in the same schema, its client may be the
// leader, with its own limits. Then a schema for each is best, see Options.Schema.
//
// # Design notes
//
// A job has no state of its own, and one for a record that is held, blocked by its
// lane, final or gone simply ends. Making it wait was rejected: of a thousand posts
// in one lane, all but one would ask for their turn all the time. Whoever holds a
// record wakes it, the end of a record wakes the next of its lane, and the sweeper
// finds what they could not.
//
// Jobs are unique by record and time. By record alone was rejected: River would drop
// a wake that comes while an earlier one runs, and the earlier time of two. In a
// caller's transaction they are not unique at all: there River would lock the job it
// finds, and could note nothing about it until the caller commits.
//
// River's time-outs and retries are off: what to do after an error depends on what
// may already be public, and only the publishing protocol knows that. It takes a job
// for dead that runs for ten minutes, and runs it again: that finds the record held.
//
// The sweeper claims what it finds and works on it itself. Inserting jobs for it was
// rejected: it would depend on what it is there to make up for.
//
// River runs on the pool of the store and takes one connection for itself to listen
// on. Behind a pooler that cannot listen, Options.PollOnly does without.
package riverengine
