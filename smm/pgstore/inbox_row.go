package pgstore

import (
	"bytes"
	"context"
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

// checkRefs refuses refs that would not come back as they went in.
func checkRefs(refs ...smm.Ref) error {
	for _, r := range refs {
		if err := r.Check(); err != nil {
			return fmt.Errorf("pgstore: %w", err)
		}
		if !utf8.ValidString(r.Space + r.ID) {
			return fmt.Errorf("%w: pgstore: ref %q is not UTF-8", smm.ErrInvalid, r)
		}
	}
	return nil
}

// stored is what a row of the inbox holds, with the JSON that it was read from.
type stored[T any] struct {
	value T
	data  []byte
	known bool // false: there is no such row
}

func decodeItem(data []byte) (inbox.Item, error) {
	var it inbox.Item
	err := decodeInbox(data, &it, func() int { return it.Schema }, inbox.ItemSchema)
	return it, err
}

func decodeConversation(data []byte) (inbox.Conversation, error) {
	var c inbox.Conversation
	err := decodeInbox(data, &c, func() int { return c.Schema }, inbox.ConversationSchema)
	return c, err
}

func decodeInbox(data []byte, v any, schema func() int, known int) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: a row of the inbox is unreadable: %w", ErrCorrupt, err)
	}
	if have := schema(); have > known {
		return fmt.Errorf("a row of the inbox: %w", &SchemaError{Have: have, Want: known})
	}
	return nil
}

func encodeInbox(v any, ref smm.Ref) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: pgstore: %s: %w", smm.ErrInvalid, ref, err)
	}
	return b, nil
}

const (
	itemByKey         = "SELECT data FROM smm.inbox_items WHERE key = $1"
	conversationByKey = "SELECT data FROM smm.inbox_conversations WHERE key = $1"

	saveItemRow = `INSERT INTO smm.inbox_items (key, conversation, tenant, at, undecided, data) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (key) DO UPDATE SET conversation = excluded.conversation, at = excluded.at, undecided = excluded.undecided, data = excluded.data`
	saveConversationRow = `INSERT INTO smm.inbox_conversations (key, tenant, channel, assignee, state, unanswered, active, data)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (key) DO UPDATE SET assignee = excluded.assignee, state = excluded.state, unanswered = excluded.unanswered,
			active = excluded.active, data = excluded.data`
)

// entryAt reads a row within a write.
func entryAt[T any](ctx context.Context, w *inboxWrite, query string, at []byte, decode func([]byte) (T, error)) (e stored[T], err error) {
	err = w.tx.QueryRow(ctx, w.db.sql(query), at).Scan(&e.data)
	switch {
	case isNone(err):
		return e, nil
	case err != nil:
		return e, err
	}
	e.known = true
	e.value, err = decode(e.data)
	return e, err
}

// saveItem writes an item, unless before, the JSON of its row, says it all.
func (w *inboxWrite) saveItem(ctx context.Context, t smm.Tenant, it *inbox.Item, before []byte) error {
	m := &it.Message
	data, err := encodeInbox(it, m.Ref)
	if err != nil || bytes.Equal(data, before) {
		return err
	}
	_, err = w.tx.Exec(ctx, w.db.sql(saveItemRow), placeOf(t, m.Channel, m.Ref), placeOf(t, m.Channel, it.Thread),
		text(string(t)), m.At.UnixMicro(), it.Undecided(), data)
	return err
}

// saveConversation writes a conversation, unless before, the JSON of its row,
// says it all.
func (w *inboxWrite) saveConversation(ctx context.Context, t smm.Tenant, c *inbox.Conversation, before []byte) error {
	data, err := encodeInbox(c, c.Ref)
	if err != nil || bytes.Equal(data, before) {
		return err
	}
	_, err = w.tx.Exec(ctx, w.db.sql(saveConversationRow), placeOf(t, c.Channel, c.Ref), text(string(t)), text(c.Channel.String()),
		prose(c.Assignee), string(c.State), c.Unanswered(), c.Active().UnixMicro(), data)
	return err
}
