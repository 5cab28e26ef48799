package civil_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
)

// Clocks in Berlin went from 02:00 to 03:00 on 29 March 2026, and from 03:00 to
// 02:00 on 25 October.
func ExampleResolve() {
	berlin, _ := civil.LoadZone("Europe/Berlin")
	for _, s := range []string{"2026-03-28T02:30", "2026-03-29T02:30", "2026-10-25T02:30"} {
		dt, _ := civil.ParseDateTime(s)
		at, kind := civil.Resolve(dt, berlin)
		fmt.Println(kind, at.Format(time.RFC3339), civil.Format(at, berlin))
	}
	// Output:
	// exact 2026-03-28T01:30:00Z 2026-03-28T02:30:00+01:00[Europe/Berlin]
	// gap 2026-03-29T01:30:00Z 2026-03-29T03:30:00+02:00[Europe/Berlin]
	// overlap 2026-10-25T00:30:00Z 2026-10-25T02:30:00+02:00[Europe/Berlin]
}

// A time without a zone is taken only in a zone that is given, and names that
// look like one are not guessed at.
func ExampleParseInstant() {
	_, _, err := civil.ParseInstant("2026-03-29T09:30", civil.Zone{})
	fmt.Println(err)
	_, err = civil.LoadZone("EST")
	fmt.Println(err)
	at, _, _ := civil.ParseInstant("2026-03-29T09:30[America/New_York]", civil.Zone{})
	fmt.Println(at)
	// Output:
	// instant "2026-03-29T09:30": it has no time zone: add Z, an offset as in +02:00, or a zone as in [Europe/Berlin]
	// time zone "EST": it is an abbreviation and not a place: write America/New_York, or America/Panama where clocks are never set
	// 2026-03-29 13:30:00 +0000 UTC
}
