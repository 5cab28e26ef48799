package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// applicationID marks our files: "SMMK".
const applicationID = 0x534d4d4b

// migrations lead from each schema version to the next. What was released is
// never changed; a later version is appended.
var migrations = []string{
	`CREATE TABLE deliveries (
		seq         INTEGER PRIMARY KEY,
		key         INTEGER NOT NULL, -- hash of tenant and id
		tenant      TEXT    NOT NULL,
		version     INTEGER NOT NULL, -- number of writes
		epoch       INTEGER NOT NULL, -- number of claims
		phase       TEXT    NOT NULL,
		wake        INTEGER,          -- when the delivery wakes; NULL: nothing wakes it. Times are microseconds since 1970
		due         INTEGER,          -- the later of wake and lease_until; NULL with wake
		lease_until INTEGER NOT NULL, -- 0: no lease
		lease_owner TEXT    NOT NULL,
		planned     INTEGER NOT NULL,
		entry       INTEGER NOT NULL, -- hash of tenant and entry
		token       TEXT,
		hash        BLOB,
		data        TEXT    NOT NULL  -- the delivery as JSON
	);
	CREATE UNIQUE INDEX deliveries_key ON deliveries (key);
	CREATE INDEX deliveries_due ON deliveries (due) WHERE due IS NOT NULL;
	CREATE INDEX deliveries_turn ON deliveries (tenant, due) WHERE due IS NOT NULL;
	CREATE INDEX deliveries_planned ON deliveries (tenant, planned);
	CREATE INDEX deliveries_entry ON deliveries (entry);
	CREATE INDEX deliveries_token ON deliveries (tenant, token) WHERE token IS NOT NULL;`,

	`CREATE TABLE inbox_items (
		seq          INTEGER PRIMARY KEY,
		key          BLOB    NOT NULL, -- hash of tenant, channel and message
		conversation BLOB    NOT NULL, -- key of inbox_conversations
		tenant       TEXT    NOT NULL,
		at           INTEGER NOT NULL, -- microseconds since 1970, rounded down
		undecided    INTEGER NOT NULL, -- Item.Undecided when it was written: whoever changes Item.Revision computes it anew
		data         TEXT    NOT NULL  -- the item as JSON
	);
	CREATE UNIQUE INDEX inbox_items_key ON inbox_items (key);
	CREATE INDEX inbox_items_thread ON inbox_items (conversation, at);
	CREATE INDEX inbox_items_undecided ON inbox_items (tenant, at) WHERE undecided;
	CREATE TABLE inbox_conversations (
		seq        INTEGER PRIMARY KEY,
		key        BLOB    NOT NULL, -- hash of tenant, channel and conversation
		tenant     TEXT    NOT NULL,
		state      TEXT    NOT NULL,
		unanswered INTEGER NOT NULL,
		active     INTEGER NOT NULL, -- microseconds since 1970, rounded down
		data       TEXT    NOT NULL  -- the conversation as JSON
	);
	CREATE UNIQUE INDEX inbox_conversations_key ON inbox_conversations (key);
	CREATE INDEX inbox_conversations_work ON inbox_conversations (tenant, state, unanswered, active);
	CREATE TABLE inbox_answers (
		seq    INTEGER PRIMARY KEY, -- in the order of claims
		key    BLOB    NOT NULL,    -- of the item that is answered
		tenant TEXT    NOT NULL,
		token  TEXT    NOT NULL,
		data   TEXT    NOT NULL     -- the answer as JSON
	);
	CREATE UNIQUE INDEX inbox_answers_key ON inbox_answers (key, token);
	CREATE TABLE inbox_marks (
		tenant  TEXT NOT NULL,
		channel TEXT NOT NULL,
		source  TEXT NOT NULL,
		mark    TEXT NOT NULL,
		PRIMARY KEY (tenant, channel, source)
	) WITHOUT ROWID;`,

	`CREATE TABLE counters (
		name  TEXT    PRIMARY KEY,
		value INTEGER NOT NULL -- the last version that a row of the table of that name was given
	) WITHOUT ROWID;
	INSERT INTO counters VALUES ('credentials', 0), ('quotas', 0);
	CREATE TABLE credentials (
		seq      INTEGER PRIMARY KEY,
		key      BLOB    NOT NULL, -- hash of tenant and account
		tenant   TEXT    NOT NULL,
		platform TEXT    NOT NULL,
		account  TEXT    NOT NULL,
		version  INTEGER NOT NULL,
		key_id   TEXT    NOT NULL, -- of the key that sealed is sealed with
		sealed   BLOB    NOT NULL
	);
	CREATE UNIQUE INDEX credentials_key ON credentials (key);
	CREATE INDEX credentials_account ON credentials (tenant, platform, account);
	CREATE TABLE credential_leases (
		key   BLOB    PRIMARY KEY, -- of credentials, which need not have it
		owner TEXT    NOT NULL,
		until INTEGER NOT NULL     -- microseconds since 1970
	) WITHOUT ROWID;
	CREATE TABLE connects (
		id      TEXT    PRIMARY KEY,
		expires INTEGER NOT NULL, -- microseconds since 1970
		sealed  BLOB    NOT NULL
	) WITHOUT ROWID;
	CREATE INDEX connects_expires ON connects (expires);
	CREATE TABLE quotas (
		key     BLOB    PRIMARY KEY, -- hash of the budget's key
		version INTEGER NOT NULL,
		expires INTEGER NOT NULL,    -- microseconds since 1970
		state   BLOB    NOT NULL
	) WITHOUT ROWID;
	CREATE INDEX quotas_expires ON quotas (expires);`,
}

// migrate brings the schema up to date in one transaction. It is safe to run
// twice, and from several processes at a time: the first one does it.
func migrate(ctx context.Context, db *sql.DB, steps []string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience+time.Minute)
	defer cancel()
	var conn *sql.Conn
	// Switching to WAL takes a lock that SQLite's own busy handler does not wait for.
	err := whileBusy(ctx, patience, func() (err error) {
		conn, err = db.Conn(ctx)
		return err
	})
	if err != nil {
		return fileError(err)
	}
	defer func() { _ = conn.Close() }() // back to the pool
	have, err := schemaVersion(ctx, conn, len(steps))
	if err != nil || have == len(steps) {
		return err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fileError(err)
	}
	if err := applySteps(ctx, conn, steps); err != nil {
		_, rollback := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, rollback)
	}
	return nil
}

// applySteps runs in a transaction and ends it.
func applySteps(ctx context.Context, conn *sql.Conn, steps []string) error {
	have, err := schemaVersion(ctx, conn, len(steps)) // again: another process may have been faster
	if err != nil {
		return err
	}
	for _, step := range steps[have:] {
		if _, err := conn.ExecContext(ctx, step); err != nil {
			return fileError(err)
		}
	}
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", applicationID, len(steps))
	_, err = conn.ExecContext(ctx, marks)
	return fileError(err)
}

// schemaVersion returns the version of the file, 0 for an empty one; known is the latest.
func schemaVersion(ctx context.Context, conn *sql.Conn, known int) (int, error) {
	var have, id, tables int
	row := conn.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)`)
	if err := row.Scan(&have, &id, &tables); err != nil {
		return 0, fileError(err)
	}
	switch {
	case id != applicationID && (id != 0 || tables > 0):
		return 0, fmt.Errorf("%w: it belongs to another program", ErrCorrupt)
	case have > known:
		return 0, &SchemaError{Have: have, Want: known}
	}
	return have, nil
}
