package recur_test

import (
	"fmt"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/recur"
)

// The last Friday of the month at 10:00 in New York, without Christmas.
func ExampleSet() {
	zone, _ := civil.LoadZone("America/New_York")
	start, _ := civil.ParseDateTime("2026-10-01T10:00")
	christmas, _ := civil.ParseDateTime("2026-12-25T10:00")
	rule, _ := recur.Parse("FREQ=MONTHLY;BYDAY=-1FR;COUNT=4")
	set := recur.Set{Start: start, Zone: zone, Rule: &rule, Exdates: []civil.DateTime{christmas}}
	for o, err := range set.All() {
		fmt.Println(o.Civil, o.At, err)
	}
	// Output:
	// 2026-10-30T10:00 2026-10-30 14:00:00 +0000 UTC <nil>
	// 2026-11-27T10:00 2026-11-27 15:00:00 +0000 UTC <nil>
	// 2027-01-29T10:00 2027-01-29 15:00:00 +0000 UTC <nil>
}

// What is not supported, and what never happens, is said and not ignored.
func ExampleParse() {
	_, err := recur.Parse("FREQ=YEARLY;BYWEEKNO=20")
	fmt.Println(err)
	rule, _ := recur.Parse("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
	start, _ := civil.ParseDateTime("2026-01-01T10:00")
	set := recur.Set{Start: start, Zone: civil.UTC(), Rule: &rule}
	for _, err := range set.All() {
		fmt.Println(err)
	}
	// Output:
	// recurrence rule, BYWEEKNO at byte 12: it is not supported: express the rule without it
	// invalid input: the rule has no occurrence: no day has all that it asks for
}
