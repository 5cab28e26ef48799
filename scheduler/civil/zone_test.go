package civil

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

func TestLoadZoneRefuses(t *testing.T) {
	for name, say := range map[string]string{
		"":                                    "name one",
		"Local":                               "every machine",
		"local":                               "every machine",
		"localtime":                           "every machine",
		"CET":                                 "Europe/Berlin",
		"cest":                                "Europe/Berlin",
		"EST":                                 "America/New_York",
		"CST":                                 "Asia/Shanghai",
		"EST5EDT":                             "America/New_York",
		"GMT":                                 "Europe/London",
		"BST":                                 "Europe/London",
		"XYZ":                                 "abbreviation",
		"Z":                                   "UTC",
		"Etc/GMT+5":                           "sign reversed",
		"+02:00":                              "look like Europe/Berlin",
		"europe/berlin":                       "look like Europe/Berlin",
		"Europe/Berlin ":                      "look like Europe/Berlin",
		"posix/Asia/Tokyo":                    "look like Europe/Berlin",
		"right/Asia/Tokyo":                    "look like Europe/Berlin",
		"../../etc/passwd":                    "look like Europe/Berlin",
		"/etc/localtime":                      "look like Europe/Berlin",
		"Europe/../Berlin":                    "look like Europe/Berlin",
		"Europe//Berlin":                      "look like Europe/Berlin",
		"Europe/Atlantis":                     "no such zone",
		"Factory":                             "not a zone",
		"Europe/Berlin\x00":                   "look like Europe/Berlin",
		"A" + strings.Repeat("a", 500) + "/B": "no such zone",
	} {
		z, err := LoadZone(name)
		var ze *ZoneError
		if !errors.As(err, &ze) || !errors.Is(err, smm.ErrInvalid) || !z.IsZero() {
			t.Errorf("%.40q: %v, want a *ZoneError", name, err)
			continue
		}
		if !strings.Contains(err.Error(), say) || len(err.Error()) > 300 {
			t.Errorf("%.40q: %q does not say %q, or too much", name, err, say)
		}
	}
}

func TestLoadZoneTakes(t *testing.T) {
	refused := 0
	for _, z := range allZones(t) {
		if why := refuse(z.Name()); why != "" {
			refused++
			if strings.Contains(z.Name(), "/") && !strings.HasPrefix(z.Name(), "Etc/") {
				t.Errorf("%s: %s", z.Name(), why)
			}
		}
	}
	t.Logf("%d names of the database are refused", refused)
	for _, name := range []string{"UTC", "Etc/UTC", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Singapore", "Japan"} {
		if z, err := LoadZone(name); err != nil || z.Name() != name || z.Check() != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestZoneJSON(t *testing.T) {
	type plan struct {
		Zone Zone `json:"zone"`
	}
	b, err := json.Marshal(plan{zone(t, "Asia/Kathmandu")})
	if err != nil || string(b) != `{"zone":"Asia/Kathmandu"}` {
		t.Fatalf("%s %v", b, err)
	}
	var p plan
	if err := json.Unmarshal(b, &p); err != nil || p.Zone.Name() != "Asia/Kathmandu" {
		t.Errorf("%v %v", p, err)
	}
	if err := json.Unmarshal([]byte(`{"zone":"CET"}`), &p); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("CET: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"zone":""}`), &p); err != nil || !p.Zone.IsZero() || p.Zone.Check() == nil {
		t.Errorf("no zone: %v %v", p, err)
	}
}
