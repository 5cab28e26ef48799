package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ID is an identifier as the server wrote it. Mastodon and Pixelfed use
// decimal numbers, GoToSocial ULIDs, Akkoma flakes; some servers write the
// numbers without quotes. It is never calculated with.
type ID string

// String returns the identifier verbatim.
func (id ID) String() string { return string(id) }

// UnmarshalJSON accepts a string or a number; anything else is no identifier.
func (id *ID) UnmarshalJSON(b []byte) error {
	*id = ID(scalar(b))
	return nil
}

// Count is a number that a server may leave out. The zero Count is unknown,
// which is not 0.
type Count struct {
	Value int64
	Known bool
}

// UnmarshalJSON accepts a number, also in quotes or with a fraction. Negative
// numbers are what some servers write for counts that they hide, and are
// unknown like everything else.
func (c *Count) UnmarshalJSON(b []byte) error {
	*c = Count{}
	s := scalar(b)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n >= 0 {
			*c = Count{n, true}
		}
	} else if f, err := strconv.ParseFloat(s, 64); err == nil && f >= 0 && f < 1<<53 {
		*c = Count{int64(f), true}
	}
	return nil
}

// MarshalJSON writes null for an unknown count.
func (c Count) MarshalJSON() ([]byte, error) {
	if !c.Known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, c.Value, 10), nil
}

// Time is a point in time as servers write it. What cannot be read is the zero
// time, since no feature is worth failing a whole answer for.
type Time struct{ time.Time }

// timeLayouts are tried in order: what Mastodon documents, then what
// compatible servers have been seen to write.
var timeLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999 UTC",
	"2006-01-02 15:04:05.999999999",
	time.DateOnly,
	time.RFC1123,
	time.RFC1123Z,
}

// UnmarshalJSON accepts ISO 8601 with or without a zone (UTC then), a date, or
// seconds since 1970.
func (t *Time) UnmarshalJSON(b []byte) error {
	t.Time = parseTime(scalar(b))
	return nil
}

// MarshalJSON writes null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func parseTime(s string) time.Time {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 && n < 1<<40 {
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}

// Flag is a boolean that may come as a boolean, a number or a word.
type Flag bool

// UnmarshalJSON reads true, 1 and "true" as true, the rest as false.
func (f *Flag) UnmarshalJSON(b []byte) error {
	switch scalar(b) {
	case "true", "1", "on", "yes":
		*f = true
	default:
		*f = false
	}
	return nil
}

// Text is a string that may come as null, a number or not at all.
type Text string

// UnmarshalJSON accepts any scalar.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = Text(scalar(b))
	return nil
}

// List is an array whose elements are decoded one by one: what is no array is
// empty, and an element that cannot be read is left out. PHP servers write an
// empty object for an empty array, and an object with numbered keys for an
// array with gaps.
type List[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *List[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		var gaps map[string]json.RawMessage
		if json.Unmarshal(b, &gaps) != nil {
			return nil //nolint:nilerr // not a list: as good as empty
		}
		raw = numbered(gaps)
	}
	for _, r := range raw {
		if isNull(r) {
			continue
		}
		var v T
		if lenient(r, &v) == nil {
			*l = append(*l, v)
		}
	}
	return nil
}

// numbered returns the values whose keys are numbers, in order.
func numbered(m map[string]json.RawMessage) []json.RawMessage {
	keys := make([]int, 0, len(m))
	for k := range m {
		if n, err := strconv.Atoi(k); err == nil {
			keys = append(keys, n)
		}
	}
	slices.Sort(keys)
	out := make([]json.RawMessage, 0, len(keys))
	for _, k := range keys {
		if v, ok := m[strconv.Itoa(k)]; ok {
			out = append(out, v)
		}
	}
	return out
}

// lenient decodes b into v. A field of another type than documented keeps its
// zero value; only what is not JSON at all is an error.
func lenient(b []byte, v any) error {
	err := json.Unmarshal(b, v)
	if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType {
		return nil
	}
	return err
}

// object decodes b into the fields of v, and returns a copy of b for its Raw
// field. null leaves v alone.
func object(b []byte, v any) (json.RawMessage, error) {
	if isNull(b) {
		return nil, nil
	}
	if err := lenient(b, v); err != nil {
		return nil, err
	}
	return slices.Clone(b), nil
}

func isNull(b []byte) bool { return bytes.Equal(bytes.TrimSpace(b), []byte("null")) }

// scalar returns the text of a JSON string, number or boolean, "" for the rest.
func scalar(b []byte) string {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return ""
	}
	switch b[0] {
	case '"':
		var s string
		if json.Unmarshal(b, &s) != nil {
			return ""
		}
		return s
	case '{', '[', 'n':
		return ""
	}
	return strings.TrimSpace(string(b))
}
