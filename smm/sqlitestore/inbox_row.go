package sqlitestore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// placeOf is what an item or a conversation of a tenant's channel is looked up
// by: 128 bits, so that two refs which strangers choose cannot be made to meet.
func placeOf(t smm.Tenant, channel, ref smm.Ref) []byte {
	return hashParts(string(t), channel.String(), ref.String())
}

// checkRefs refuses refs that would not come back from the file as they went in.
func checkRefs(refs ...smm.Ref) error {
	for _, r := range refs {
		if err := r.Check(); err != nil {
			return fmt.Errorf("sqlitestore: %w", err)
		}
		if !utf8.ValidString(r.Space + r.ID) {
			return fmt.Errorf("%w: sqlitestore: ref %q is not UTF-8", smm.ErrInvalid, r)
		}
	}
	return nil
}

// entry is what a row of the inbox holds, with the JSON that it was read from.
type entry[T any] struct {
	value T
	data  string
	known bool // false: there is no such row
}

func decodeItem(data string) (inbox.Item, error) {
	var it inbox.Item
	err := decodeInbox(data, &it, func() int { return it.Schema }, inbox.ItemSchema)
	return it, err
}

func decodeConversation(data string) (inbox.Conversation, error) {
	var c inbox.Conversation
	err := decodeInbox(data, &c, func() int { return c.Schema }, inbox.ConversationSchema)
	return c, err
}

func decodeInbox(data string, v any, schema func() int, known int) error {
	if err := json.Unmarshal([]byte(data), v); err != nil {
		return fmt.Errorf("%w: a row of the inbox is unreadable: %w", ErrCorrupt, err)
	}
	if have := schema(); have > known {
		return fmt.Errorf("a row of the inbox: %w", &SchemaError{Have: have, Want: known})
	}
	return nil
}

func encodeInbox(v any, ref smm.Ref) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("%w: sqlitestore: %s: %w", smm.ErrInvalid, ref, err)
	}
	return string(b), nil
}

const (
	itemByKey         = "SELECT data FROM inbox_items WHERE key = ?1"
	conversationByKey = "SELECT data FROM inbox_conversations WHERE key = ?1"

	saveItemRow = `INSERT INTO inbox_items (key, conversation, tenant, at, undecided, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT (key) DO UPDATE SET conversation = excluded.conversation, at = excluded.at, undecided = excluded.undecided, data = excluded.data`
	saveConversationRow = `INSERT INTO inbox_conversations (key, tenant, state, unanswered, active, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT (key) DO UPDATE SET state = excluded.state, unanswered = excluded.unanswered, active = excluded.active, data = excluded.data`
)

// entryAt reads a row within a write.
func entryAt[T any](w *writer, query string, at []byte, decode func(string) (T, error)) (e entry[T], err error) {
	err = w.query(query, func(r *sql.Rows) error {
		e.known = true
		return r.Scan(&e.data)
	}, at)
	if err == nil && e.known {
		e.value, err = decode(e.data)
	}
	return e, err
}

// saveItem writes an item, unless before, the JSON of its row, says it all.
func saveItem(w *writer, t smm.Tenant, it *inbox.Item, before string) error {
	m := &it.Message
	data, err := encodeInbox(it, m.Ref)
	if err != nil || data == before {
		return err
	}
	_, err = w.changed(saveItemRow, placeOf(t, m.Channel, m.Ref), placeOf(t, m.Channel, it.Thread),
		string(t), m.At.UnixMicro(), it.Undecided(), data)
	return err
}

// saveConversation writes a conversation, unless before, the JSON of its row,
// says it all.
func saveConversation(w *writer, t smm.Tenant, c *inbox.Conversation, before string) error {
	data, err := encodeInbox(c, c.Ref)
	if err != nil || data == before {
		return err
	}
	_, err = w.changed(saveConversationRow, placeOf(t, c.Channel, c.Ref),
		string(t), string(c.State), c.Unanswered(), c.Active().UnixMicro(), data)
	return err
}
