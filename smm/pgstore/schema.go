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
	);`,
}

// Conditions on deliveries that indexes and statements must share to the letter.
const (
	final  = "phase IN ('published', 'failed', 'cancelled', 'expired')"
	live   = "phase NOT IN ('failed', 'cancelled', 'expired')"                           // as Record.Live
	inLane = "phase NOT IN ('published', 'failed', 'cancelled', 'expired', 'needs-human')" // stands before others of its lane
)
