package civil

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata" // for machines without a database

	"github.com/smmkit/smmkit/smm"
)

func wallTime(t testing.TB, s string) DateTime {
	t.Helper()
	dt, err := ParseDateTime(s)
	if err != nil {
		t.Fatal(err)
	}
	return dt
}

// The instants were worked out by hand from the rules of the zones.
func TestResolveKnown(t *testing.T) {
	for _, c := range []struct {
		zone, wall string
		kind       Kind
		compatible string
		earlier    string
		later      string
	}{
		{"UTC", "2026-03-29T02:30", Exact, "2026-03-29T02:30:00Z", "2026-03-29T02:30:00Z", "2026-03-29T02:30:00Z"},
		{"Europe/Berlin", "2026-03-29T01:59:59", Exact, "2026-03-29T00:59:59Z", "2026-03-29T00:59:59Z", "2026-03-29T00:59:59Z"},
		{"Europe/Berlin", "2026-03-29T02:00", Gap, "2026-03-29T01:00:00Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-03-29T02:30", Gap, "2026-03-29T01:30:00Z", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"},
		{"Europe/Berlin", "2026-03-29T03:00", Exact, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-10-25T02:00", Overlap, "2026-10-25T00:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
		{"Europe/Berlin", "2026-10-25T02:59:59", Overlap, "2026-10-25T00:59:59Z", "2026-10-25T00:59:59Z", "2026-10-25T01:59:59Z"},
		{"Europe/Berlin", "2026-10-25T03:00", Exact, "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"},
		{"America/New_York", "2026-03-08T02:15", Gap, "2026-03-08T07:15:00Z", "2026-03-08T06:15:00Z", "2026-03-08T07:15:00Z"},
		{"America/New_York", "2026-11-01T01:15", Overlap, "2026-11-01T05:15:00Z", "2026-11-01T05:15:00Z", "2026-11-01T06:15:00Z"},
		// Half an hour.
		{"Australia/Lord_Howe", "2026-10-04T02:15", Gap, "2026-10-03T15:45:00Z", "2026-10-03T15:15:00Z", "2026-10-03T15:45:00Z"},
		{"Australia/Lord_Howe", "2026-04-05T01:45", Overlap, "2026-04-04T14:45:00Z", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"},
		// The whole of 30 December: the offset went from -10 to +14.
		{"Pacific/Apia", "2011-12-29T23:59:59", Exact, "2011-12-30T09:59:59Z", "2011-12-30T09:59:59Z", "2011-12-30T09:59:59Z"},
		{"Pacific/Apia", "2011-12-30T00:00", Gap, "2011-12-30T10:00:00Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-30T12:00", Gap, "2011-12-30T22:00:00Z", "2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"},
		{"Pacific/Apia", "2011-12-31T12:00", Exact, "2011-12-30T22:00:00Z", "2011-12-30T22:00:00Z", "2011-12-30T22:00:00Z"},
		// Clocks go back for Ramadan: winter time has the summer's sign.
		{"Africa/Casablanca", "2026-02-15T02:30", Overlap, "2026-02-15T01:30:00Z", "2026-02-15T01:30:00Z", "2026-02-15T02:30:00Z"},
		{"Africa/Casablanca", "2026-03-22T02:30", Gap, "2026-03-22T02:30:00Z", "2026-03-22T01:30:00Z", "2026-03-22T02:30:00Z"},
		// Two hours at once.
		{"Antarctica/Troll", "2026-03-29T02:30", Gap, "2026-03-29T02:30:00Z", "2026-03-29T00:30:00Z", "2026-03-29T02:30:00Z"},
		{"Antarctica/Troll", "2026-10-25T02:30", Overlap, "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"},
		// The database's last listed change, not made by the zone's rule.
		{"America/Ciudad_Juarez", "2022-11-29T22:30", Exact, "2022-11-30T04:30:00Z", "2022-11-30T04:30:00Z", "2022-11-30T04:30:00Z"},
		{"America/Ciudad_Juarez", "2022-11-29T23:30", Overlap, "2022-11-30T05:30:00Z", "2022-11-30T05:30:00Z", "2022-11-30T06:30:00Z"},
		// The last days of leap years, where package time has its own difficulties.
		{"Europe/Berlin", "2060-12-31T20:04:30", Exact, "2060-12-31T19:04:30Z", "2060-12-31T19:04:30Z", "2060-12-31T19:04:30Z"},
		{"Europe/Berlin", "2028-12-31T23:59:59", Exact, "2028-12-31T22:59:59Z", "2028-12-31T22:59:59Z", "2028-12-31T22:59:59Z"},
		// Midnight is skipped.
		{"Africa/Cairo", "2026-04-24T00:15", Gap, "2026-04-23T22:15:00Z", "2026-04-23T21:15:00Z", "2026-04-23T22:15:00Z"},
	} {
		z, dt := zone(t, c.zone), wallTime(t, c.wall)
		at, kind := Resolve(dt, z)
		if got := at.Format(time.RFC3339); got != c.compatible || kind != c.kind {
			t.Errorf("%s in %s: %s %s, want %s %s", c.wall, c.zone, got, kind, c.compatible, c.kind)
		}
		for p, want := range map[Policy]string{Compatible: c.compatible, Earlier: c.earlier, Later: c.later} {
			if at, _, err := ResolveWith(dt, z, p); err != nil || at.Format(time.RFC3339) != want {
				t.Errorf("%s in %s, policy %d: %s %v, want %s", c.wall, c.zone, p, at, err, want)
			}
		}
		_, _, err := ResolveWith(dt, z, Reject)
		var we *WallError
		if is := errors.As(err, &we); is != (c.kind != Exact) || is && (we.Kind != c.kind || !errors.Is(err, smm.ErrInvalid)) {
			t.Errorf("%s in %s, reject: %v", c.wall, c.zone, err)
		}
	}
}

func TestResolveWithRefuses(t *testing.T) {
	if _, _, err := ResolveWith(wallTime(t, "2026-01-01T00:00"), Zone{}, Compatible); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("no zone: %v", err)
	}
	if _, _, err := ResolveWith(DateTime{Date: Date{2026, 2, 30}}, UTC(), Compatible); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("30 February: %v", err)
	}
}
