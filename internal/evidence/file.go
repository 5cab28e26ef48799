package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Level says what a proof rests on.
type Level string

// The levels, strongest first.
const (
	RealServer    Level = "real server"   // the vendor's own server software, run by the test
	Recorded      Level = "recorded"      // real traffic, recorded and replayed
	Contract      Level = "contract"      // the vendor's machine-readable contract, both sides of the wire
	Documentation Level = "documentation" // the vendor's documentation, and a simulator made from it
)

// Levels lists the levels, strongest first.
func Levels() []Level { return []Level{RealServer, Recorded, Contract, Documentation} }

// rank is 0 for the strongest level and negative for no level.
func (l Level) rank() int { return slices.Index(Levels(), l) }

// File is what one test proved: its operations, against what, and when.
type File struct {
	Level   Level  `json:"level"`
	Against string `json:"against"` // "@atproto/dev-env"
	Version string `json:"version"`
	Date    string `json:"date"` // of the last time that the claim was written, as 2006-01-02
	// Operations are the names by which the vendor client calls what it asks for,
	// sorted, each once.
	Operations []string `json:"operations"`
}

// Parse reads a file. What a person might have mistyped is refused: unknown
// fields and levels, a date that is none, operations out of order.
func Parse(data []byte) (File, error) {
	var f File
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return File{}, err
	}
	if dec.More() {
		return File{}, errors.New("something follows the object")
	}
	return f, f.check()
}

func (f File) check() error {
	switch {
	case f.Level.rank() < 0:
		return fmt.Errorf("level %q: want one of %q", f.Level, Levels())
	case f.Against == "" || f.Version == "":
		return errors.New("against and version must say what was asked")
	case len(f.Operations) == 0:
		return errors.New("no operations: leave the file out")
	case !slices.IsSorted(f.Operations) || len(slices.Compact(slices.Clone(f.Operations))) != len(f.Operations) || f.Operations[0] == "":
		return errors.New("operations must be sorted and stand once")
	}
	if _, err := time.Parse(time.DateOnly, f.Date); err != nil {
		return fmt.Errorf("date %q: want 2006-01-02", f.Date)
	}
	return nil
}

// Format writes a file.
func (f File) Format() ([]byte, error) {
	b, err := json.MarshalIndent(f, "", "  ")
	return append(b, '\n'), err
}

// dir is where the files of a platform lie, below the folder of the platform.
var dir = filepath.Join("testdata", "evidence")

// Row is the best proof of one operation. Level is Documentation and Against is
// empty where there is no file about it.
type Row struct {
	Operation, Against, Version, Date string

	Level Level
}

// Table returns the proof of every operation of a platform, whose folder is
// named, sorted by operation. The strongest level wins, then the latest date. A
// file that claims an operation which the client does not have is an error.
func Table(platform string) ([]Row, error) {
	ops, err := Operations(platform)
	if err != nil {
		return nil, err
	}
	rows := make(map[string]Row, len(ops))
	for _, op := range ops {
		rows[op] = Row{Operation: op, Level: Documentation}
	}
	names, err := filepath.Glob(filepath.Join(platform, dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := Parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := merge(rows, f); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	out := make([]Row, 0, len(rows))
	for _, r := range rows {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Row) int { return strings.Compare(a.Operation, b.Operation) })
	return out, nil
}

func merge(rows map[string]Row, f File) error {
	for _, op := range f.Operations {
		old, known := rows[op]
		if !known {
			return fmt.Errorf("the client has no operation %q: write the file anew with SMMKIT_EVIDENCE=write", op)
		}
		better := f.Level.rank() < old.Level.rank() || f.Level == old.Level && (old.Against == "" || f.Date > old.Date)
		if better {
			rows[op] = Row{Operation: op, Level: f.Level, Against: f.Against, Version: f.Version, Date: f.Date}
		}
	}
	return nil
}
