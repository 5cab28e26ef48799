package vcr

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"
)

// Source says where a cassette's exchanges come from.
type Source string

const (
	// Recorded: real traffic with a real server, written by a [Recorder] and
	// not touched since.
	Recorded Source = "recorded"
	// Documented: written by hand from the vendor's documentation.
	Documented Source = "documentation"
)

// Provenance is the content of <name>.provenance.json beside <name>.yaml. A
// cassette without one is not opened.
type Provenance struct {
	Source Source `json:"source"`
	// Server and Version name what answered, for Recorded: "mastodon", "4.4.1".
	// An API without a version has the API version or date asked for.
	Server  string `json:"server,omitempty"`
	Version string `json:"version,omitempty"`
	// Link is the page the exchanges were taken from, for Documented.
	Link string `json:"link,omitempty"`
	// Date of the recording, or on which the page was read; YYYY-MM-DD.
	Date string `json:"date"`
	// SHA256 of the cassette file, for Recorded: whoever edits a recording by
	// hand has to stop calling it one.
	SHA256 string `json:"sha256,omitempty"`
}

// ReadProvenance reads and checks the provenance of a cassette. path may end in
// ".yaml" or not. The digest of a recording is checked as well.
func ReadProvenance(path string) (Provenance, error) {
	name := strings.TrimSuffix(path, ".yaml")
	data, err := os.ReadFile(provenanceFile(name))
	if err != nil {
		return Provenance{}, fmt.Errorf("vcr: %s has no provenance; add %s with source, link or server, and date: %w", cassetteFile(name), provenanceFile(name), err)
	}
	var p Provenance
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return Provenance{}, fmt.Errorf("vcr: %s: %w", provenanceFile(name), err)
	}
	if err := p.check(); err != nil {
		return Provenance{}, fmt.Errorf("vcr: %s: %w", provenanceFile(name), err)
	}
	if p.Source == Recorded {
		cassette, err := os.ReadFile(cassetteFile(name))
		if err != nil {
			return Provenance{}, fmt.Errorf("vcr: %w", err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(cassette)); got != p.SHA256 {
			return Provenance{}, fmt.Errorf("vcr: %s was changed after it was recorded; record it again, or give it source %q with the page it follows", cassetteFile(name), Documented)
		}
	}
	return p, nil
}

func (p Provenance) check() error {
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
		return fmt.Errorf("date must be YYYY-MM-DD, is %q", p.Date)
	}
	switch p.Source {
	case Recorded:
		if p.Server == "" || p.Version == "" || p.SHA256 == "" {
			return fmt.Errorf("source %q needs server, version and sha256, which the recorder writes", Recorded)
		}
		if p.Link != "" {
			return fmt.Errorf("source %q has no link", Recorded)
		}
	case Documented:
		if u, err := url.Parse(p.Link); err != nil || u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("source %q needs link, the https address of the page", Documented)
		}
		if p.Server != "" || p.Version != "" || p.SHA256 != "" {
			return fmt.Errorf("source %q must not name server, version or sha256: that would claim a recording", Documented)
		}
	default:
		return fmt.Errorf("source must be %q or %q, is %q", Recorded, Documented, p.Source)
	}
	return nil
}

func (p Provenance) write(name string) error {
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(provenanceFile(name), append(data, '\n'))
}

func provenanceFile(name string) string { return name + ".provenance.json" }
