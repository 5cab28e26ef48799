-- A file of schema 2 with one delivery and an inbox of the tenant "shop", as version 2 of this package wrote it.
BEGIN TRANSACTION;
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
INSERT INTO "deliveries" VALUES(1,3911109121682635283,'shop',1,0,'preparing',1000000000000000,1000000000000000,0,'',1000000000000000,9007913437849297896,NULL,NULL,'{"schema":1,"id":"d1","tenant":"shop","entry":"e1","request":{"id":"d1","tenant":"shop","channel":"fake/channel/main","kind":"post","post":{"text":"post d1"},"created":"2001-09-09T01:46:40Z"},"phase":"preparing","wake":"2001-09-09T01:46:40Z"}');
CREATE TABLE inbox_answers (
		seq    INTEGER PRIMARY KEY, -- in the order of claims
		key    BLOB    NOT NULL,    -- of the item that is answered
		tenant TEXT    NOT NULL,
		token  TEXT    NOT NULL,
		data   TEXT    NOT NULL     -- the answer as JSON
	);
INSERT INTO "inbox_answers" VALUES(1,X'568A52DD5BA4BAC0B47DD92C1B9277EE','shop','one','{"channel":"test/channel/us","conversation":"test/post/p1","message":"test/comment/c1","token":"one","deliveries":["done"],"at":"2025-03-03T08:00:00Z"}');
INSERT INTO "inbox_answers" VALUES(2,X'568A52DD5BA4BAC0B47DD92C1B9277EE','shop','two','{"channel":"test/channel/us","conversation":"test/post/p1","message":"test/comment/c1","token":"two","deliveries":["dtwo"],"at":"2025-03-03T08:00:00Z"}');
CREATE TABLE inbox_conversations (
		seq        INTEGER PRIMARY KEY,
		key        BLOB    NOT NULL, -- hash of tenant, channel and conversation
		tenant     TEXT    NOT NULL,
		state      TEXT    NOT NULL,
		unanswered INTEGER NOT NULL,
		active     INTEGER NOT NULL, -- microseconds since 1970, rounded down
		data       TEXT    NOT NULL  -- the conversation as JSON
	);
INSERT INTO "inbox_conversations" VALUES(1,X'722503ED747028AADF3E09A2AB8F0BC7','shop','snoozed',1,1740988920000000,'{"schema":1,"channel":"test/channel/us","ref":"test/post/p1","kind":"comments","about":"test/post/p1","last_inbound":"2025-03-03T08:02:00Z","state":"snoozed","snoozed_until":"2025-03-03T08:00:00Z","assignee":"ann","version":1}');
INSERT INTO "inbox_conversations" VALUES(2,X'70F54640E8380797FB2ECFAF790CA705','shop','open',1,1740988980000000,'{"schema":1,"channel":"test/channel/us","ref":"test/post/p2","kind":"comments","about":"test/post/p2","last_inbound":"2025-03-03T08:03:00Z","state":"open","version":0}');
INSERT INTO "inbox_conversations" VALUES(3,X'C2DA6170C1B6963BEC94C1EFCD193CD4','shop','open',0,-62135596800000000,'{"schema":1,"channel":"test/channel/us","ref":"test/conversation/dm","kind":"direct","described":"2025-03-03T08:00:00Z","state":"open","version":0}');
CREATE TABLE inbox_items (
		seq          INTEGER PRIMARY KEY,
		key          BLOB    NOT NULL, -- hash of tenant, channel and message
		conversation BLOB    NOT NULL, -- key of inbox_conversations
		tenant       TEXT    NOT NULL,
		at           INTEGER NOT NULL, -- microseconds since 1970, rounded down
		undecided    INTEGER NOT NULL, -- Item.Undecided when it was written: whoever changes Item.Revision computes it anew
		data         TEXT    NOT NULL  -- the item as JSON
	);
INSERT INTO "inbox_items" VALUES(1,X'568A52DD5BA4BAC0B47DD92C1B9277EE',X'722503ED747028AADF3E09A2AB8F0BC7','shop',1740988860000000,1,'{"schema":1,"message":{"ref":"test/comment/c1","channel":"test/channel/us","root":"test/post/p1","author":{"ref":"test/author/them"},"text":"comment 1","at":"2025-03-03T08:01:00Z"},"thread":"test/post/p1","thread_rank":2,"version":"2025-03-03T08:01:00Z","seen":"2025-03-03T08:01:00Z","hidden_at":"2025-03-03T08:01:00Z"}');
INSERT INTO "inbox_items" VALUES(2,X'961F41A1EB0751A3D4B9C8AC90056EC5',X'722503ED747028AADF3E09A2AB8F0BC7','shop',1740988920000000,1,'{"schema":1,"message":{"ref":"test/comment/c2","channel":"test/channel/us","root":"test/post/p1","author":{"ref":"test/author/them"},"text":"comment 2","at":"2025-03-03T08:02:00Z"},"thread":"test/post/p1","thread_rank":2,"version":"2025-03-03T08:02:00Z","seen":"2025-03-03T08:02:00Z","hidden_at":"2025-03-03T08:02:00Z","decision":{"action":"hide","at":"2025-03-03T08:00:00Z","revision":"r","outcome":""}}');
INSERT INTO "inbox_items" VALUES(3,X'3B79FC3D05D4ECA946C9E5500771C109',X'70F54640E8380797FB2ECFAF790CA705','shop',1740988980000000,1,'{"schema":1,"message":{"ref":"test/comment/c3","channel":"test/channel/us","root":"test/post/p2","author":{"ref":"test/author/them"},"text":"comment 3","at":"2025-03-03T08:03:00Z"},"thread":"test/post/p2","thread_rank":2,"version":"2025-03-03T08:03:00Z","seen":"2025-03-03T08:03:00Z","hidden_at":"2025-03-03T08:03:00Z"}');
CREATE TABLE inbox_marks (
		tenant  TEXT NOT NULL,
		channel TEXT NOT NULL,
		source  TEXT NOT NULL,
		mark    TEXT NOT NULL,
		PRIMARY KEY (tenant, channel, source)
	) WITHOUT ROWID;
INSERT INTO "inbox_marks" VALUES('shop','test/channel/us','mentions','here');
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
PRAGMA application_id = 1397574987;
PRAGMA user_version = 2;
COMMIT;
