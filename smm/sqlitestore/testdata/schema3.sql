-- A file of schema 3 with deliveries of the tenant "shop": one leased, one published, one that needs a person, one with a token and one for later, as version 3 of this package wrote it.
BEGIN TRANSACTION;
CREATE TABLE connects (
		id      TEXT    PRIMARY KEY,
		expires INTEGER NOT NULL, -- microseconds since 1970
		sealed  BLOB    NOT NULL
	) WITHOUT ROWID;
CREATE TABLE counters (
		name  TEXT    PRIMARY KEY,
		value INTEGER NOT NULL -- the last version that a row of the table of that name was given
	) WITHOUT ROWID;
INSERT INTO "counters" VALUES('credentials',0);
INSERT INTO "counters" VALUES('quotas',0);
CREATE TABLE credential_leases (
		key   BLOB    PRIMARY KEY, -- of credentials, which need not have it
		owner TEXT    NOT NULL,
		until INTEGER NOT NULL     -- microseconds since 1970
	) WITHOUT ROWID;
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
CREATE TABLE deliveries (
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
INSERT INTO "deliveries" VALUES(1,-6459575909903187288,'shop',2,1,'preparing',1000000000000000,1000000060000000,1000000060000000,'host-1',1000000000000000,8752627714499061010,NULL,NULL,'{"schema":1,"id":"leased","tenant":"shop","entry":"entry-leased","request":{"id":"leased","tenant":"shop","channel":"fake/channel/main","kind":"post","post":{"text":"post leased"},"created":"2001-09-09T01:46:40Z"},"phase":"preparing","wake":"2001-09-09T01:46:40Z"}');
INSERT INTO "deliveries" VALUES(2,-4543844511336812481,'shop',3,1,'published',NULL,NULL,0,'host-1',1000000000000000,1666848560960277982,NULL,NULL,'{"schema":1,"id":"final","tenant":"shop","entry":"entry-final","request":{"id":"final","tenant":"shop","channel":"fake/channel/main","kind":"post","post":{"text":"post final"},"created":"2001-09-09T01:46:40Z"},"phase":"published","outcome":{"state":"published","post":"fake/post/p1","evidence":"reply"}}');
INSERT INTO "deliveries" VALUES(3,8800007743765177721,'shop',3,1,'needs-human',NULL,NULL,0,'host-1',1000000000000000,-4524948727444291590,NULL,NULL,'{"schema":1,"id":"human","tenant":"shop","entry":"entry-human","request":{"id":"human","tenant":"shop","channel":"fake/channel/main","kind":"post","post":{"text":"post human"},"created":"2001-09-09T01:46:40Z"},"phase":"needs-human"}');
INSERT INTO "deliveries" VALUES(4,5257204702952170185,'shop',1,0,'preparing',1000007200000000,1000007200000000,0,'',1000007200000000,4871015736163565760,NULL,NULL,'{"schema":1,"id":"later","tenant":"shop","entry":"entry-later","request":{"id":"later","tenant":"shop","channel":"fake/channel/main","kind":"post","post":{"text":"post later"},"created":"2001-09-09T03:46:40Z"},"phase":"preparing","wake":"2001-09-09T03:46:40Z"}');
INSERT INTO "deliveries" VALUES(5,-3848745101820049438,'shop',1,0,'preparing',1000003600000000,1000003600000000,0,'',1000003600000000,-6697581104947080500,'tok',X'3031323334353637383961626364656630313233343536373839616263646566','{"schema":1,"id":"token","tenant":"shop","entry":"entry-token","request":{"id":"token","tenant":"shop","channel":"fake/channel/main","kind":"post","post":{"text":"post token"},"created":"2001-09-09T02:46:40Z"},"phase":"preparing","wake":"2001-09-09T02:46:40Z"}');
CREATE TABLE inbox_answers (
		seq    INTEGER PRIMARY KEY, -- in the order of claims
		key    BLOB    NOT NULL,    -- of the item that is answered
		tenant TEXT    NOT NULL,
		token  TEXT    NOT NULL,
		data   TEXT    NOT NULL     -- the answer as JSON
	);
CREATE TABLE inbox_conversations (
		seq        INTEGER PRIMARY KEY,
		key        BLOB    NOT NULL, -- hash of tenant, channel and conversation
		tenant     TEXT    NOT NULL,
		state      TEXT    NOT NULL,
		unanswered INTEGER NOT NULL,
		active     INTEGER NOT NULL, -- microseconds since 1970, rounded down
		data       TEXT    NOT NULL  -- the conversation as JSON
	);
CREATE TABLE inbox_items (
		seq          INTEGER PRIMARY KEY,
		key          BLOB    NOT NULL, -- hash of tenant, channel and message
		conversation BLOB    NOT NULL, -- key of inbox_conversations
		tenant       TEXT    NOT NULL,
		at           INTEGER NOT NULL, -- microseconds since 1970, rounded down
		undecided    INTEGER NOT NULL, -- Item.Undecided when it was written: whoever changes Item.Revision computes it anew
		data         TEXT    NOT NULL  -- the item as JSON
	);
CREATE TABLE inbox_marks (
		tenant  TEXT NOT NULL,
		channel TEXT NOT NULL,
		source  TEXT NOT NULL,
		mark    TEXT NOT NULL,
		PRIMARY KEY (tenant, channel, source)
	) WITHOUT ROWID;
CREATE TABLE quotas (
		key     BLOB    PRIMARY KEY, -- hash of the budget's key
		version INTEGER NOT NULL,
		expires INTEGER NOT NULL,    -- microseconds since 1970
		state   BLOB    NOT NULL
	) WITHOUT ROWID;
CREATE UNIQUE INDEX deliveries_key ON deliveries (key);
CREATE INDEX deliveries_due ON deliveries (due) WHERE due IS NOT NULL;
CREATE INDEX deliveries_turn ON deliveries (tenant, due) WHERE due IS NOT NULL;
CREATE INDEX deliveries_planned ON deliveries (tenant, planned);
CREATE INDEX deliveries_entry ON deliveries (entry);
CREATE INDEX deliveries_token ON deliveries (tenant, token) WHERE token IS NOT NULL;
CREATE UNIQUE INDEX inbox_items_key ON inbox_items (key);
CREATE INDEX inbox_items_thread ON inbox_items (conversation, at);
CREATE INDEX inbox_items_undecided ON inbox_items (tenant, at) WHERE undecided;
CREATE UNIQUE INDEX inbox_conversations_key ON inbox_conversations (key);
CREATE INDEX inbox_conversations_work ON inbox_conversations (tenant, state, unanswered, active);
CREATE UNIQUE INDEX inbox_answers_key ON inbox_answers (key, token);
CREATE UNIQUE INDEX credentials_key ON credentials (key);
CREATE INDEX credentials_account ON credentials (tenant, platform, account);
CREATE INDEX connects_expires ON connects (expires);
CREATE INDEX quotas_expires ON quotas (expires);
COMMIT;
PRAGMA application_id = 1397574987;
PRAGMA user_version = 3;
