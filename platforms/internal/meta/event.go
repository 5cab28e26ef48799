package meta

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// EventKind says which list of an envelope an event stood in.
type EventKind string

// The kinds.
const (
	EventChange    EventKind = "change"    // entry[].changes[], and what Threads sends
	EventMessaging EventKind = "messaging" // entry[].messaging[]
	EventStandby   EventKind = "standby"   // entry[].standby[]: another app has the thread
)

// Event is one update of a delivery, not yet read by a platform.
type Event struct {
	Object  string // "page", "instagram", "whatsapp_business_account", "threads"
	Account string // the id of the account that it is for
	Kind    EventKind
	// Field is the subscribed field of a change ("feed", "comments"), or the member
	// that makes a messaging item what it is: "message", "message_edit", "postback",
	// "reaction", "read", "delivery" ...
	Field string
	// Time is that of the item where it has one; of a change, when it was sent.
	Time  time.Time
	Value json.RawMessage // of a change its value, else the whole item

	// Key is equal for the same update however often it is delivered, in whichever
	// batch, and with whichever spaces, order of members and escapes. The time of
	// sending is not in it. So a change that says nothing else twice, such as a
	// comment that is hidden, shown and hidden again, has one key: who needs to know
	// the state asks for it.
	Key string
}

const (
	objectThreads = "threads"
	maxEvents     = 10_000 // ten times what the vendor sends at once
)

type wireEnvelope struct {
	Object string            `json:"object"`
	Entry  []json.RawMessage `json:"entry"`

	// Threads sends one update without entries.
	Topic  string          `json:"topic"`
	Target ID              `json:"target_id"`
	Time   json.RawMessage `json:"time"`
	Values json.RawMessage `json:"values"`
}

type wireEntry struct {
	ID        ID                `json:"id"`
	Time      json.RawMessage   `json:"time"`
	Changes   []json.RawMessage `json:"changes"`
	Messaging []json.RawMessage `json:"messaging"`
	Standby   []json.RawMessage `json:"standby"`
}

type wireChange struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// DecodeEvents yields the updates of a verified body. An entry or an item that
// cannot be read yields an error that matches smm.ErrInvalid, and the sequence goes
// on; a body that cannot be read yields one error.
func DecodeEvents(body []byte) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var w wireEnvelope
		if tooDeep(body) || json.Unmarshal(body, &w) != nil || w.Entry == nil && w.Values == nil {
			yield(Event{}, unreadableHook("not an envelope"))
			return
		}
		d := decoder{yield: yield}
		if w.Values != nil {
			d.threads(&w)
			return
		}
		for _, raw := range w.Entry {
			var e wireEntry
			switch {
			case json.Unmarshal(raw, &e) != nil || e.ID == "":
				if !d.fail("an entry") {
					return
				}
			case !d.entry(w.Object, &e):
				return
			}
		}
	}
}

func unreadableHook(what string) error {
	return fmt.Errorf("%w: a webhook that cannot be read: %s", smm.ErrInvalid, what)
}

type decoder struct {
	yield func(Event, error) bool
	n     int
}

func (d *decoder) fail(what string) bool { return d.yield(Event{}, unreadableHook(what)) }

// put yields an event, and reports whether to go on.
func (d *decoder) put(e Event) bool {
	if d.n++; d.n > maxEvents {
		d.fail("far more updates than the vendor sends")
		return false
	}
	key, err := keyOf(&e)
	if err != nil {
		return d.fail("an item")
	}
	e.Key = key
	return d.yield(e, nil)
}

func (d *decoder) entry(object string, e *wireEntry) bool {
	at := stamp(e.Time)
	for _, raw := range e.Changes {
		var c wireChange
		if json.Unmarshal(raw, &c) != nil || c.Field == "" {
			if !d.fail("a change") {
				return false
			}
			continue
		}
		if !d.put(Event{Object: object, Account: string(e.ID), Kind: EventChange, Field: c.Field, Time: at, Value: c.Value}) {
			return false
		}
	}
	for _, raw := range e.Messaging {
		if !d.item(Event{Object: object, Account: string(e.ID), Kind: EventMessaging, Time: at, Value: raw}) {
			return false
		}
	}
	for _, raw := range e.Standby {
		if !d.item(Event{Object: object, Account: string(e.ID), Kind: EventStandby, Time: at, Value: raw}) {
			return false
		}
	}
	return true
}

// item tells what a messaging item is by the member that it has.
func (d *decoder) item(e Event) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(e.Value, &members) != nil || members == nil {
		return d.fail("a messaging item")
	}
	if at := stamp(members["timestamp"]); !at.IsZero() {
		e.Time = at
	}
	for _, name := range messagingFields {
		if v := members[name]; len(v) > 0 && v[0] == '{' {
			e.Field = name
			return d.put(e)
		}
	}
	for _, name := range sortedKeys(members) {
		if v := members[name]; name != "" && !slices.Contains(messagingFrame, name) && len(v) > 0 && v[0] == '{' {
			e.Field = name
			return d.put(e)
		}
	}
	return d.fail("a messaging item without content")
}

// messagingFields are the members that make an item what it is, the telling first:
// a message may carry a referral.
var messagingFields = []string{"message", "message_edit", "postback", "reaction", "read", "delivery", "optin", "referral"}

// messagingFrame are members that every item may have.
var messagingFrame = []string{"sender", "recipient", "prior_message"}

// threads reads the envelope of Threads, whose values are an object or a list.
func (d *decoder) threads(w *wireEnvelope) {
	values := []json.RawMessage{w.Values}
	if len(w.Values) > 0 && w.Values[0] == '[' {
		values = nil
		if json.Unmarshal(w.Values, &values) != nil {
			d.fail("values")
			return
		}
	}
	for _, raw := range values {
		var c wireChange
		switch {
		case json.Unmarshal(raw, &c) != nil || c.Field == "":
			if !d.fail("a value") {
				return
			}
		case !d.put(Event{Object: objectThreads, Account: string(w.Target), Kind: EventChange, Field: c.Field, Time: stamp(w.Time), Value: c.Value}):
			return
		}
	}
}

// stamp reads seconds or milliseconds; the zero time is neither.
func stamp(raw json.RawMessage) time.Time {
	n, err := strconv.ParseInt(string(bytes.Trim(raw, `"`)), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return unix(n)
}

var errValue = errors.New("no value")

// keyOf makes the key of an event from what identifies it: of messages their id,
// since addresses in their attachments change, of the rest the whole content.
func keyOf(e *Event) (string, error) {
	content, err := identityOf(e)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, part := range []string{e.Object, e.Account, string(e.Kind), e.Field} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	h.Write(content)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18]), nil
}

type wireIdentity struct {
	Message struct {
		ID      string `json:"mid"`
		Deleted bool   `json:"is_deleted"`
		Echo    bool   `json:"is_echo"`
	} `json:"message"`
	Edit struct {
		ID string          `json:"mid"`
		N  json.RawMessage `json:"num_edit"`
	} `json:"message_edit"`
}

func identityOf(e *Event) ([]byte, error) {
	if e.Kind != EventChange {
		var id wireIdentity
		switch err := json.Unmarshal(e.Value, &id); {
		case err != nil:
		case e.Field == "message" && id.Message.ID != "":
			return fmt.Appendf(nil, "mid %q %t %t", id.Message.ID, id.Message.Deleted, id.Message.Echo), nil
		case e.Field == "message_edit" && id.Edit.ID != "":
			return fmt.Appendf(nil, "edit %q %s", id.Edit.ID, id.Edit.N), nil
		}
	}
	return canonical(e.Value)
}

// canonical writes JSON in one form: members sorted, without spaces, with the
// same escapes. Numbers keep their digits.
func canonical(raw json.RawMessage) ([]byte, error) {
	if len(raw) == 0 {
		return nil, errValue
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, errValue
	}
	return json.Marshal(v)
}
