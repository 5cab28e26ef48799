// Package sqlitestore keeps the durable state of a host in one SQLite file: the
// embedded default, for one machine and any number of its processes.
//
//	db, err := sqlitestore.Open("smm.db", nil)
//	s, err := scheduler.New(client, db.Deliveries())
//	drafts := db.Drafts() // a workflow.Rows
//	in, err := inbox.New(db.Inbox())
//	credentials, err := vault.Open(db.Credentials(), keys, nil)
//
// Each store contract is a method of [DB]: [DB.Deliveries] is the scheduler's,
// [DB.Drafts] that of its workflow, and [DB.Inbox], [DB.Credentials], [DB.Connects] and [DB.Quota] those of the
// packages inbox, vault, connect and quota. They share the file, one writer and
// one schema version.
//
// # Durability
//
// The file is in WAL mode with synchronous=FULL: when a write returns, it is on
// disk, as far as the operating system and the disk keep their word about
// fsync. One goroutine writes; what callers ask for while it commits goes into
// the next transaction together, so that many callers share one fsync.
//
// This is tested on a disk that remembers what was synced, and loses the rest at
// random moments, sector by sector: what a call returned nil for is there, calls
// that write several records are there as a whole or not at all, and the file is
// sound. The same test finds losses with any weaker setting of SQLite, and on a
// disk that does not do what fsync promises; nothing in software helps there.
//
// Leases of credentials and what is known of quotas are the exception: they are
// written without waiting for the disk, and a loss of power may undo the last of
// them. The end of a process undoes nothing.
//
// A file of an earlier schema is brought up to date by the first that opens it,
// in one transaction. Programs of the version before must not be running then.
//
// A clock that jumps back loses nothing: what was due is due again later, leases
// last until the time they name, and an answer is stored whatever the time is.
//
// Words that a platform took back are in no row any more. Parts of the file that
// are free, and the log beside it, may hold them until they are used again: who
// must be rid of them at once runs VACUUM with any tool while nobody has the
// file open. SQLite's secure_delete was measured to cost a third of the
// deliveries' speed, and to leave words behind all the same.
//
// The file must be on a local disk. Network file systems do not lock reliably.
//
// # Errors
//
// A delivery of more than [MaxRecord] bytes matches smm.ErrInvalid. A full disk is [ErrFull], a file that may not be written [ErrReadOnly], one
// that another process locks for too long [ErrLocked], a damaged one or no
// database at all [ErrCorrupt]. A file that a later version of this package
// wrote gives a [*SchemaError]. None of them loses what was written before.
//
// # Design notes
//
// modernc.org/sqlite is SQLite translated to Go: no C compiler, and the host
// stays a static binary. A pure Go key-value store was rejected: hosts want to
// look into the file with tools that they have.
//
// A delivery is a row with its JSON form and the few columns that claims and
// lists need. A column for each field was rejected: the model would be
// described twice, and each new field would be a migration.
//
// Claims are served by two partial indexes that hold only what can wake. The
// second is sorted by tenant, and is used when more is due than a claim takes,
// to serve the tenants in turn.
//
// A record that its lane holds back is parked by the claim that meets it: its due
// time is moved to a column that claims do not look at, and comes back when a
// record that stands before it leaves the lane. To sort it out anew in each claim
// was rejected: 10,000 records that wait would cost each claim what they cost one
// now. So was a claim by lanes instead of by time, which looks at every channel
// that has anything planned. Processes that share a file should claim with the
// same limit; with different ones, records are parked by the highest.
//
// Equal planned times in a lane are sorted by six bytes of the ID, kept as a
// number, before the IDs themselves are looked at in the payload.
//
// Slots and fingerprints are looked up after the writes of a call, in the same
// transaction. Unique indexes were rejected: two records could not change places,
// and a distance in time is no key.
//
// The JSON of a delivery leaves out what it says twice, or a column says exactly.
// A row takes 130 bytes beyond the payload, and 225 with a lane, a fingerprint
// and a distance, most of it for the indexes.
//
// Freezes are read from the file each time. A cache was rejected: a freeze that
// another process set must hold for the very next commit.
//
// A record is looked up by 64 bits of the hash of its tenant and ID, which the
// table keeps unique, and entries, lanes, slots and drafts by 48: indexes on their
// texts would cost as much as everything else in a row. For items of the inbox it is 128 bits,
// since strangers may choose what they are called.
//
// Versions of credentials come from one counter for all of them. A tombstone for
// each account was rejected: of an account that was disconnected nothing should
// be left, and its versions must not come again all the same.
//
// SQLite is told to wait for the disk or not before each transaction, by one
// pragma and only when it changes. A second file for what may be lost was
// rejected: hosts copy and move one.
//
// A message of the inbox is read, joined and written within the write
// transaction. Joining outside and writing if nothing changed meanwhile was
// rejected: the messages of a conversation come together, and would make each
// other try again.
package sqlitestore
