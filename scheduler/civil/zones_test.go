package civil

import (
	"archive/zip"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// allZones returns every zone of the database that Go ships with, also those
// that LoadZone refuses, or of the system's if there is no Go around.
func allZones(t *testing.T) []Zone {
	t.Helper()
	var zones []Zone
	add := func(name string, data []byte) {
		loc, err := time.LoadLocationFromTZData(name, data)
		if err != nil {
			t.Fatalf("zone %s: %v", name, err)
		}
		zones = append(zones, Zone{name, loc})
	}
	if root, err := exec.Command("go", "env", "GOROOT").Output(); err == nil {
		r, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
		if err == nil {
			defer r.Close()
			for _, f := range r.File {
				if f.FileInfo().IsDir() {
					continue
				}
				rc, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				data, err := io.ReadAll(rc)
				if err != nil {
					t.Fatal(err)
				}
				rc.Close()
				add(f.Name, data)
			}
			return zones
		}
	}
	dir := "/usr/share/zoneinfo"
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(data), "TZif") {
			return err
		}
		name := strings.TrimPrefix(path, dir+"/")
		if !strings.HasPrefix(name, "right/") && !strings.HasPrefix(name, "posix/") {
			add(name, data)
		}
		return nil
	})
	if len(zones) == 0 {
		t.Skip("skipped: neither Go's nor the system's time zone database was found")
	}
	return zones
}

func zone(t testing.TB, name string) Zone {
	t.Helper()
	z, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// transition is a change of a zone's offset, in seconds.
type transition struct {
	at            int64 // the first second with the new offset
	before, after int
}

func offsetAt(z Zone, at int64) int {
	_, o := time.Unix(at, 0).In(z.loc).Zone()
	return o
}

// transitions finds the changes of a span by looking every step seconds, and
// bisection: without the tables that the code under test uses.
func transitions(z Zone, from, until, step int64) []transition {
	var out []transition
	o := offsetAt(z, from)
	for at := from; at < until; at += step {
		next := offsetAt(z, at+step)
		if next == o {
			continue
		}
		lo, hi := at, at+step // o is in force at lo, not at hi
		for hi-lo > 1 {
			if mid := lo + (hi-lo)/2; offsetAt(z, mid) == o {
				lo = mid
			} else {
				hi = mid
			}
		}
		out = append(out, transition{hi, o, next})
		o = next
	}
	return out
}
