-- A file of schema 1 with three deliveries of the tenant "shop", as version 1 of this package wrote it.
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
INSERT INTO deliveries VALUES(1,-5280693179652087940,'shop',1,0,'preparing',1000000000000000,1000000000000000,0,'',1000000000000000,-8793061945915944188,NULL,NULL,'{"schema":1,"id":"a","tenant":"shop","entry":"entry-a","request":{"id":"a","tenant":"shop","channel":"fake/channel/main","kind":"post","post":{"text":"post a"},"created":"2001-09-09T01:46:40Z"},"phase":"preparing","wake":"2001-09-09T01:46:40Z"}');
INSERT INTO deliveries VALUES(2,-2062761856036211478,'shop',1,0,'preparing',1000000000000000,1000000000000000,0,'',1000000000000000,-1005202149913859696,NULL,NULL,'{"schema":1,"id":"b","tenant":"shop","entry":"entry-b","request":{"id":"b","tenant":"shop","channel":"fake/channel/main","kind":"post","post":{"text":"post b"},"created":"2001-09-09T01:46:40Z"},"phase":"preparing","wake":"2001-09-09T01:46:40Z"}');
INSERT INTO deliveries VALUES(3,7385658794544454532,'shop',1,0,'preparing',1000000000000000,1000000000000000,0,'',1000000000000000,-3336617575657188438,NULL,NULL,'{"schema":1,"id":"c","tenant":"shop","entry":"entry-c","request":{"id":"c","tenant":"shop","channel":"fake/channel/main","kind":"post","post":{"text":"post c"},"created":"2001-09-09T01:46:40Z"},"phase":"preparing","wake":"2001-09-09T01:46:40Z"}');
CREATE UNIQUE INDEX deliveries_key ON deliveries (key);
CREATE INDEX deliveries_due ON deliveries (due) WHERE due IS NOT NULL;
CREATE INDEX deliveries_turn ON deliveries (tenant, due) WHERE due IS NOT NULL;
CREATE INDEX deliveries_planned ON deliveries (tenant, planned);
CREATE INDEX deliveries_entry ON deliveries (entry);
CREATE INDEX deliveries_token ON deliveries (tenant, token) WHERE token IS NOT NULL;
PRAGMA application_id = 1397574987;
PRAGMA user_version = 1;
COMMIT;
