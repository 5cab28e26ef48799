package sqlitestore

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

	// The table is built anew, so that what is read often stands before the
	// payload, which may fill pages.
	`CREATE TABLE deliveries4 (
		seq         INTEGER PRIMARY KEY,
		key         INTEGER NOT NULL, -- hash of tenant and id
		tenant      TEXT    NOT NULL,
		version     INTEGER NOT NULL, -- number of writes
		epoch       INTEGER NOT NULL, -- number of claims
		phase       TEXT    NOT NULL,
		wake        INTEGER,          -- when the delivery wakes; NULL: nothing wakes it. Times are microseconds since 1970
		due         INTEGER,          -- the later of wake and lease_until; NULL with wake, and while it is parked
		lease_until INTEGER NOT NULL, -- 0: no lease
		lease_owner TEXT    NOT NULL,
		planned     INTEGER NOT NULL,
		entry       INTEGER NOT NULL, -- 48 bits of the hash of tenant and entry
		token       TEXT,
		hash        BLOB,
		lane        INTEGER,          -- 48 bits of the hash of tenant and lane; NULL for none, as below
		tie         INTEGER,          -- with lane: how the id begins, by which equal planned are sorted
		stands      INTEGER,          -- with lane: 1 if others of the lane wait for it
		parked      INTEGER,          -- in place of due, while the lane holds it back
		slot        INTEGER,          -- as lane
		fingerprint BLOB,
		apart       INTEGER,          -- nanoseconds
		draft       INTEGER,          -- as lane
		held        TEXT,
		extra       TEXT,             -- texts that are rare, as JSON
		data        TEXT    NOT NULL  -- the delivery as JSON, without what else would be there twice
	);
	INSERT INTO deliveries4 (seq, key, tenant, version, epoch, phase, wake, due, lease_until, lease_owner, planned, entry, token, hash, data)
		SELECT seq, key, tenant, version, epoch, phase, wake, due, lease_until, lease_owner, planned, entry >> 16, token, hash, data
		FROM deliveries ORDER BY seq;
	DROP TABLE deliveries;
	ALTER TABLE deliveries4 RENAME TO deliveries;
	CREATE UNIQUE INDEX deliveries_key ON deliveries (key);
	CREATE INDEX deliveries_due ON deliveries (due) WHERE due IS NOT NULL;
	CREATE INDEX deliveries_turn ON deliveries (tenant, due) WHERE due IS NOT NULL;
	CREATE INDEX deliveries_planned ON deliveries (tenant, planned);
	CREATE INDEX deliveries_entry ON deliveries (entry);
	CREATE INDEX deliveries_token ON deliveries (tenant, token) WHERE token IS NOT NULL;
	CREATE INDEX deliveries_lane ON deliveries (lane, planned, tie) WHERE stands IS NOT NULL;
	CREATE INDEX deliveries_parked ON deliveries (lane, planned, tie) WHERE parked IS NOT NULL;
	CREATE INDEX deliveries_parked_due ON deliveries (parked) WHERE parked IS NOT NULL;
	CREATE INDEX deliveries_slot ON deliveries (slot) WHERE slot IS NOT NULL;
	CREATE INDEX deliveries_fingerprint ON deliveries (substr(fingerprint, 1, 6)) WHERE fingerprint IS NOT NULL;
	CREATE INDEX deliveries_draft ON deliveries (draft) WHERE draft IS NOT NULL;
	CREATE INDEX deliveries_held ON deliveries (tenant, planned) WHERE held IS NOT NULL;
	INSERT INTO counters VALUES ('lanes', 0); -- records are parked with a lane limit of this or less
	CREATE TABLE freezes (
		tenant TEXT    NOT NULL,
		id     TEXT    NOT NULL,
		wide   INTEGER NOT NULL, -- 1: for all tenants
		data   TEXT    NOT NULL, -- the freeze as JSON
		PRIMARY KEY (tenant, id)
	) WITHOUT ROWID;
	CREATE INDEX freezes_wide ON freezes (wide) WHERE wide;
	CREATE TABLE drafts (
		seq     INTEGER PRIMARY KEY,
		tenant  TEXT    NOT NULL,
		id      TEXT    NOT NULL,
		version INTEGER NOT NULL,
		stage   TEXT    NOT NULL,
		due     INTEGER,          -- microseconds since 1970
		data    BLOB    NOT NULL  -- JSON
	);
	CREATE UNIQUE INDEX drafts_id ON drafts (tenant, id);
	CREATE INDEX drafts_due ON drafts (tenant, due) WHERE due IS NOT NULL;`,
}
