package entry

import (
	"maps"
	"slices"

	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// A Bug is a mistake made on purpose, as a decorator around the real thing.
type Bug struct {
	ground.Bug

	Name  string
	Where string   // store, engine or driver
	What  string   // the mistake
	By    []string // the entries that must find it
	On    []string // the platforms on which it is looked for: where it does harm
}

// Bugs lists them, those of stores first.
func Bugs() []Bug {
	bugs := []Bug{
		storeBug("save-unfenced", "store", "Save ignores version and epoch", newUnfenced, "histories"),
		storeBug("claim-leased", "store", "Claim gives out what another worker has", newClaimLeased, "histories"),
		storeBug("insert-forgets", "store", "Insert answers before the records are durable", newInsertForgets, "steps"),
		storeBug("save-behind", "store", "Save answers before the record is durable", newSaveBehind, "steps"),
		storeBug("wake-forgets", "store", "a record in doubt never falls due", newWakeForgets, "steps"),
		storeBug("intent-unsaved", "engine", "a commit is sent without an intent on record", newIntentUnsaved, "steps", "kills"),
		storeBug("rescue-resends", "engine", "a commit that was interrupted is begun again", newRescueResends, "steps", "kills"),
		storeBug("lease-unrenewed", "engine", "leases are not renewed", newUnrenewed, "histories"),
		driverBug("retry-unknown", "engine", "an unknown outcome is tried again", retryUnknown, "steps"),
		driverBug("early-read-back", "engine", "a read proves absence while the request may still arrive", earlyReadBack, "steps"),
		driverBug("key-per-attempt", "driver", "every attempt has a key of its own", keyPerAttempt, "steps", "kills"),
		driverBug("5xx-refused", "driver", "a 5xx is taken for a refusal", serverErrorRefused, "steps"),
		driverBug("settle-absent", "driver", "settling never finds the item", settleAbsent, "steps"),
		driverBug("cut-published", "driver", "a reply that was cut is taken for success", cutPublished, "steps"),
		driverBug("lie-believed", "driver", "a refusal is believed of a vendor that is known to lie", believedLie, "steps"),
		driverBug("handle-lost", "driver", "every further attempt makes a container of its own", newContainer, "steps"),
		driverBug("duplicate-no", "driver", "the refusal of a duplicate is taken for a failure", duplicateRefused, "steps"),
		driverBug("duplicate-yes", "driver", "the refusal of a duplicate is taken for success under any name", duplicatePublished, "steps"),
	}
	for i := range bugs {
		bugs[i].On = []string{"mastodon/gotosocial", "blind (stand-in)"}
		switch bugs[i].Name {
		case "key-per-attempt":
			bugs[i].On = []string{"bluesky", "mastodon"}
		case "retry-unknown", "settle-absent":
			bugs[i].On = []string{"mastodon/gotosocial", "x"}
		case "lie-believed", "handle-lost":
			bugs[i].On = []string{"instagram", "threads"}
		case "duplicate-no", "duplicate-yes":
			bugs[i].On = []string{"x"}
		case "claim-leased", "lease-unrenewed":
			bugs[i].On = []string{"blind (stand-in)"}
		}
	}
	return bugs
}

func storeBug(name, where, what string, wrap func(scheduler.Store) scheduler.Store, by ...string) Bug {
	return Bug{ground.Bug{Store: wrap}, name, where, what, by, nil}
}

func driverBug(name, where, what string, change func(*buggyDriver), by ...string) Bug {
	wrap := func(d smm.Driver) smm.Driver {
		pub, ok := d.(smm.Publisher)
		if !ok {
			return d
		}
		b := &buggyDriver{Driver: d, pub: pub}
		change(b)
		prober, probes := d.(smm.MediaProber)
		validator, validates := d.(smm.PostValidator)
		if probes && validates {
			return buggyProber{b, prober, validator}
		}
		return b
	}
	return Bug{ground.Bug{Driver: wrap}, name, where, what, by, nil}
}

var bugs = func() map[string]Bug {
	out := make(map[string]Bug)
	for _, b := range Bugs() {
		out[b.Name] = b
	}
	return out
}()

// BugNamed returns the decorators of a bug; those of no name change nothing.
func BugNamed(name string) (Bug, bool) {
	b, ok := bugs[name]
	return b, ok || name == ""
}

// BugNames lists the names.
func BugNames() []string { return slices.Sorted(maps.Keys(bugs)) }
