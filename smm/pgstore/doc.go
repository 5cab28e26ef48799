// Package pgstore keeps the durable state of a host in PostgreSQL 12 or later: for
// many machines that share the work.
//
//	db, err := pgstore.Open(ctx, "postgres://smm@db.internal/smm", nil)
//	s, err := scheduler.New(client, db.Deliveries())
//	in, err := inbox.New(db.Inbox())
//	credentials, err := vault.Open(db.Credentials(), keys, nil)
//
// Each store contract is a method of [DB]: [DB.Deliveries] is the scheduler's,
// [DB.Drafts] that of scheduler/workflow, and [DB.Inbox], [DB.Credentials],
// [DB.Connects] and [DB.Quota] those of the packages inbox, vault, connect and
// quota. They share a schema of the database, which Open brings up to date.
//
// A host that has its own tables in the same database writes them and the
// deliveries together: see [WithTx].
//
// # Durability
//
// When a write returns nil, the server has it on disk: each transaction sets
// synchronous_commit to on if the server's default is off, and leaves what is
// stronger alone. In a caller's transaction it does the same, and the write is
// durable when that commits. A server with fsync=off keeps no such promise.
//
// What is known of quotas is the exception: it is written without waiting for the
// disk, and a crash of the server may undo the last second of it. Leases of
// credentials are durable, because those who hold them live on.
//
// Transactions that deadlock, cannot be serialized or lost their connection before
// they sent anything are tried again. One that lost it later may have been
// committed or not, and its error matches smm.ErrUnavailable.
//
// # Errors
//
// A server that cannot be reached is [ErrUnreachable], one without room [ErrFull],
// and one where others are in the way for too long [ErrLocked]; all three match
// smm.ErrUnavailable. One that is read-only is [ErrReadOnly], one that does not know
// the user [ErrDenied], and tables of others or damaged ones are [ErrCorrupt].
// Tables that a later version of this package wrote give a [*SchemaError]. No error
// shows the connection string or a part of it.
//
// # Clocks and texts
//
// Times of deliveries come from the caller. What runs out without a caller, which
// is leases of credentials, connects and quotas, is told by the server's clock.
//
// Names may hold any UTF-8 up to 1,000 bytes; others are refused with an error that
// matches smm.ErrInvalid. Bytes 0 and 1, which PostgreSQL does not take or this
// package needs, are written as two. JSON is in columns of type bytea: people read
// it with convert_from(data, 'UTF8'). The database must have the encoding UTF8.
//
// # Design notes
//
// Claims take rows with FOR UPDATE SKIP LOCKED: claimers neither wait for each
// other nor fail. Advisory locks for each record were rejected, since they are
// tested while a scan goes on, also for rows that it does not return. A queue of
// its own was rejected, since a lease must be part of the record that it fences.
//
// LISTEN and NOTIFY are not used. They need a connection for each process, do not
// pass through poolers, are lost in a crash, and make commits wait for each other.
// Workers ask for the next wake-up anyway, since most are in the future.
//
// Transactions are at READ COMMITTED: each statement sees what was committed before
// it. Where that is not enough, because a row may not be there yet (tokens, slots,
// contents, messages of the inbox), an advisory lock of the transaction stands for
// its name. SERIALIZABLE was rejected: it would make the host's own transactions
// fail, and their repetition is not ours to do. The names are hashed to 64 bits and
// shared with whatever else the database is used for; two that meet wait for each
// other, and nothing worse happens.
//
// The planner is not trusted: plans are made for each execution, and claims forbid
// whatever reads more than their indexes. A table may be empty when a statement is
// prepared and have a million rows an hour later, and statistics may be missing.
//
// With a limit for lanes, what its lane holds back is passed over one by one while
// little is due. When much is due, claims hop from lane to lane instead, and look
// at the first records of each.
//
// Prepared statements are kept by pgx. Behind a pooler that cannot do that, put
// default_query_exec_mode=exec into the connection string.
package pgstore
