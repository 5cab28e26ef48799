package meta

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// ID is a vendor's identifier, verbatim. It reads strings and whole numbers,
// since the vendor writes both, and numbers of more digits than a float holds.
type ID string

// UnmarshalJSON implements json.Unmarshaler. null is "".
func (id *ID) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		*id = ""
		return nil
	case len(b) > 0 && b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*id = ID(s)
		return nil
	case len(b) == 0 || len(b) > maxID || bytes.Trim(b, "0123456789") != nil && len(bytes.Trim(b, "0123456789")) > 0:
		return errors.New("an identifier that is neither a string nor a whole number")
	}
	*id = ID(b)
	return nil
}

// maxID is far longer than any identifier of the vendor's.
const maxID = 256

// TimeLayout is how the Graph writes times: ISO 8601 without a colon in the zone,
// which RFC 3339 demands.
const TimeLayout = "2006-01-02T15:04:05-0700"

// Time is a time of the Graph. It reads TimeLayout, RFC 3339 and seconds since
// 1970, and takes what it cannot read for the zero time: no item is lost over
// its date.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(b []byte) error {
	*t = Time{}
	s := string(bytes.Trim(b, `"`))
	for _, layout := range []string{TimeLayout, time.RFC3339Nano} {
		if at, err := time.Parse(layout, s); err == nil {
			t.Time = at.UTC()
			return nil
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		t.Time = unix(n)
	}
	return nil
}

// MarshalJSON implements json.Marshaler in TimeLayout; the zero time is null.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC().Format(TimeLayout))
}

// maxUnix separates seconds from milliseconds, and both from nonsense: the year
// 5138.
const maxUnix = 100_000_000_000

// unix reads seconds or milliseconds since 1970; the zero time is neither.
func unix(n int64) time.Time {
	switch {
	case n <= 0 || n >= maxUnix*1000:
		return time.Time{}
	case n >= maxUnix:
		return time.UnixMilli(n).UTC()
	}
	return time.Unix(n, 0).UTC()
}
