package workflow

import (
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Fields is a set of parts of a Content. An approval step covers some, and a
// change to one of them voids its approvals. In JSON it is a list of names with
// commas in between, for example "text,media".
type Fields uint8

// The fields of a Content. Together they are all of it.
const (
	// FieldText is everything of the post but its media and labels: text, thread,
	// first comment, cards, poll, what it answers, visibility, disclosure,
	// variants and the platforms' own options.
	FieldText Fields = 1 << iota
	// FieldMedia is the media of the post, of its parts and of its variants, with
	// alt texts, hashes, captions and their order.
	FieldMedia
	// FieldChannels is where it is sent.
	FieldChannels
	// FieldTime is when: the instant, the zone and how late it may be.
	FieldTime
	// FieldLabels is the host's own marks, which are not sent.
	FieldLabels
	fieldsEnd

	// FieldsAll is every field.
	FieldsAll = fieldsEnd - 1
	// FieldsSent is what the public gets to see. The steps of a process must
	// cover all of these between them.
	FieldsSent = FieldText | FieldMedia | FieldChannels
)

var fieldNames = [...]string{"text", "media", "channels", "time", "labels"}

// Has reports whether f has all of g.
func (f Fields) Has(g Fields) bool { return f&g == g }

// String returns the names with commas in between.
func (f Fields) String() string {
	var names []string
	for i, name := range fieldNames {
		if f.Has(1 << i) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// MarshalText implements encoding.TextMarshaler.
func (f Fields) MarshalText() ([]byte, error) {
	if f >= fieldsEnd {
		return nil, fmt.Errorf("%w: fields %#x: there are no such fields", smm.ErrInvalid, uint8(f))
	}
	return []byte(f.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. The names are in any order.
func (f *Fields) UnmarshalText(b []byte) error {
	var out Fields
	if len(b) > 0 {
	next:
		for name := range strings.SplitSeq(string(b), ",") {
			for i, known := range fieldNames {
				if strings.TrimSpace(name) == known {
					out |= 1 << i
					continue next
				}
			}
			return fmt.Errorf("%w: field %q: want %s", smm.ErrInvalid, name, FieldsAll)
		}
	}
	*f = out
	return nil
}
