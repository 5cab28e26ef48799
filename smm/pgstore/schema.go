package pgstore

// migrations lead from each schema version to the next. What was released is
// never changed; a later version is appended. The schema is called smm here.
//
// Texts of the host are written by text, which see. JSON is bytea, because text
// takes neither every byte that a driver may keep nor every encoding.
var migrations = []string{
	`CREATE TABLE smm.deliveries (
		tenant       text   COLLATE "C" NOT NULL,
		id           text   COLLATE "C" NOT NULL,
		version      bigint NOT NULL, -- number of writes
		epoch        bigint NOT NULL, -- number of claims
		phase        text   COLLATE "C" NOT NULL,
		wake         timestamptz,     -- when the delivery wakes; NULL: nothing wakes it
		lease_until  timestamptz,     -- NULL: no lease
		due          timestamptz GENERATED ALWAYS AS (CASE WHEN wake IS NOT NULL THEN greatest(wake, lease_until) END) STORED,
		lease_owner  text   NOT NULL,
		planned      timestamptz NOT NULL,
		entry        text   COLLATE "C" NOT NULL,
		token        text   COLLATE "C" NOT NULL,
		payload_hash bytea,
		lane         text   COLLATE "C" NOT NULL,
		fingerprint  bytea,
		apart        bigint NOT NULL, -- nanoseconds
		slot         text   COLLATE "C" NOT NULL,
		draft        text   COLLATE "C" NOT NULL,
		zone         text   NOT NULL,
		held         text   NOT NULL,
		channel      text   COLLATE "C" NOT NULL, -- for lists, as are the next two
		campaign     text   COLLATE "C" NOT NULL,
		data         bytea  NOT NULL, -- the delivery as JSON
		PRIMARY KEY (tenant, id)
	);
	CREATE INDEX deliveries_due ON smm.deliveries (due) WHERE due IS NOT NULL;
	CREATE INDEX deliveries_turn ON smm.deliveries (tenant, due) WHERE due IS NOT NULL;
	CREATE INDEX deliveries_free ON smm.deliveries (tenant, due) WHERE due IS NOT NULL AND ` + inNoWay + `;
	CREATE INDEX deliveries_planned ON smm.deliveries (tenant, planned);
	CREATE INDEX deliveries_calendar ON smm.deliveries (planned);
	CREATE INDEX deliveries_entry ON smm.deliveries (tenant, entry);
	CREATE INDEX deliveries_token ON smm.deliveries (tenant, token) WHERE token <> '';
	CREATE INDEX deliveries_draft ON smm.deliveries (tenant, draft) WHERE draft <> '';
	CREATE INDEX deliveries_slot ON smm.deliveries (tenant, slot) WHERE slot <> '' AND ` + live + `;
	CREATE INDEX deliveries_fingerprint ON smm.deliveries (fingerprint, planned) WHERE fingerprint IS NOT NULL AND ` + live + `;
	CREATE INDEX deliveries_lane ON smm.deliveries (tenant, lane, planned, id) WHERE lane <> '' AND ` + inLane + `;
	CREATE TABLE smm.freezes (
		tenant      text    COLLATE "C" NOT NULL,
		id          text    COLLATE "C" NOT NULL,
		all_tenants boolean NOT NULL,
		data        bytea   NOT NULL, -- the freeze as JSON
		PRIMARY KEY (tenant, id)
	);
	CREATE TABLE smm.drafts (
		tenant  text   COLLATE "C" NOT NULL,
		id      text   COLLATE "C" NOT NULL,
		version bigint NOT NULL,
		stage   text   COLLATE "C" NOT NULL,
		due     timestamptz,
		data    bytea  NOT NULL,
		PRIMARY KEY (tenant, id)
	);
	CREATE INDEX drafts_due ON smm.drafts (tenant, due) WHERE due IS NOT NULL;
	CREATE INDEX drafts_stage ON smm.drafts (tenant, stage, id);`,

	`CREATE TABLE smm.inbox_items (
		seq          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		key          bytea   NOT NULL UNIQUE, -- hash of tenant, channel and message
		conversation bytea   NOT NULL, -- key of inbox_conversations
		tenant       text    COLLATE "C" NOT NULL,
		at           bigint  NOT NULL, -- microseconds since 1970, rounded down: a platform may tell any time
		undecided    boolean NOT NULL, -- Item.Undecided when it was written: whoever changes Item.Revision computes it anew
		data         bytea   NOT NULL  -- the item as JSON
	);
	CREATE INDEX inbox_items_thread ON smm.inbox_items (conversation, at);
	CREATE INDEX inbox_items_undecided ON smm.inbox_items (tenant, at) WHERE undecided;
	CREATE TABLE smm.inbox_conversations (
		seq        bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		key        bytea   NOT NULL UNIQUE, -- hash of tenant, channel and conversation
		tenant     text    COLLATE "C" NOT NULL,
		channel    text    COLLATE "C" NOT NULL,
		assignee   text    COLLATE "C" NOT NULL,
		state      text    COLLATE "C" NOT NULL,
		unanswered boolean NOT NULL,
		active     bigint  NOT NULL, -- microseconds since 1970, rounded down
		data       bytea   NOT NULL  -- the conversation as JSON
	);
	CREATE INDEX inbox_conversations_work ON smm.inbox_conversations (tenant, state, unanswered, active);
	CREATE TABLE smm.inbox_answers (
		seq    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in the order of claims
		key    bytea  NOT NULL, -- of the item that is answered
		tenant text   COLLATE "C" NOT NULL,
		token  bytea  NOT NULL,
		data   bytea  NOT NULL, -- the answer as JSON
		UNIQUE (key, token)
	);
	CREATE TABLE smm.inbox_marks (
		key    bytea PRIMARY KEY, -- hash of tenant, channel and source
		tenant text  COLLATE "C" NOT NULL,
		mark   bytea NOT NULL
	);`,

	`CREATE SEQUENCE smm.credential_versions;
	CREATE TABLE smm.credentials (
		seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		key      bytea  NOT NULL UNIQUE, -- hash of tenant and account
		tenant   text   COLLATE "C" NOT NULL,
		platform text   COLLATE "C" NOT NULL,
		account  text   COLLATE "C" NOT NULL,
		version  bigint NOT NULL,
		key_id   text   COLLATE "C" NOT NULL, -- of the key that sealed is sealed with
		sealed   bytea  NOT NULL
	);
	CREATE INDEX credentials_account ON smm.credentials (tenant, platform, account);
	CREATE TABLE smm.credential_leases (
		key   bytea PRIMARY KEY, -- of credentials, which need not have it
		owner text  NOT NULL,
		until timestamptz NOT NULL
	);
	CREATE TABLE smm.connects (
		id      bytea PRIMARY KEY,
		expires timestamptz NOT NULL,
		sealed  bytea NOT NULL
	);
	CREATE INDEX connects_expires ON smm.connects (expires);
	CREATE TABLE smm.quotas (
		key     bytea  PRIMARY KEY, -- hash of the budget's key
		version bigint NOT NULL,
		expires timestamptz NOT NULL,
		state   bytea  NOT NULL
	);
	CREATE INDEX quotas_expires ON smm.quotas (expires);`,
}

// Conditions on deliveries that indexes and statements must share to the letter.
const (
	final   = "phase IN ('published', 'failed', 'cancelled', 'expired')"
	live    = "phase NOT IN ('failed', 'cancelled', 'expired')"                             // as Record.Live
	inLane  = "phase NOT IN ('published', 'failed', 'cancelled', 'expired', 'needs-human')" // stands before others of its lane
	inNoWay = "(lane = '' OR phase = 'needs-human')"                                        // does not, and may be due
)
