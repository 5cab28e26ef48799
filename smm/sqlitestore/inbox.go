package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// Inbox returns the store of package inbox. Any number of processes may use it
// at the same time.
//
// Its lists fix at their beginning what they go through, and read it page by
// page as it then is: what others write meanwhile makes nothing come twice and
// nothing be left out. Between the pages they hold nothing, so the caller may
// take its time and may write.
//
// Items, refs and times that have no JSON form, such as a year after 9999, are
// refused with an error that matches smm.ErrInvalid.
func (db *DB) Inbox() inbox.Store { return &inboxStore{db: db} }

// inboxStore implements inbox.Store.
type inboxStore struct{ db *DB }

// Append implements inbox.Store.
func (s *inboxStore) Append(ctx context.Context, t smm.Tenant, it inbox.Item) (inbox.Change, error) {
	if err := checkRefs(it.Message.Ref, it.Message.Channel, it.Thread); err != nil {
		return inbox.ChangeNone, fmt.Errorf("an item needs the refs of its message, channel and thread: make it with inbox.Observe: %w", err)
	}
	if it.Schema > inbox.ItemSchema {
		return inbox.ChangeNone, fmt.Errorf("%w: sqlitestore: item %s has schema %d, want at most %d", smm.ErrInvalid, it.Message.Ref, it.Schema, inbox.ItemSchema)
	}
	var change inbox.Change
	err := s.db.writer.do(ctx, true, func(w *writer) (err error) {
		change, err = appendItem(w, t, it)
		return err
	})
	if err != nil {
		return inbox.ChangeNone, err
	}
	return change, nil
}

// appendItem reads, joins and writes within one transaction, also for other
// processes: the writer holds the file's write lock from the beginning.
func appendItem(w *writer, t smm.Tenant, it inbox.Item) (inbox.Change, error) {
	channel := it.Message.Channel
	before, err := entryAt(w, itemByKey, placeOf(t, channel, it.Message.Ref), decodeItem)
	if err != nil {
		return inbox.ChangeNone, err
	}
	var old *inbox.Item
	if before.known {
		old, it = &before.value, inbox.Merge(before.value, it)
	}
	if err := saveItem(w, t, &it, before.data); err != nil {
		return inbox.ChangeNone, err
	}
	home := placeOf(t, channel, it.Thread)
	c, err := entryAt(w, conversationByKey, home, decodeConversation)
	if err != nil {
		return inbox.ChangeNone, err
	}
	if !c.known {
		c.value = inbox.NewConversation(&it)
	}
	change, err := c.value.Enter(old, &it, func() ([]inbox.Item, error) { return itemsOf(w, home) })
	if err != nil {
		return inbox.ChangeNone, err
	}
	if err := saveConversation(w, t, &c.value, c.data); err != nil {
		return inbox.ChangeNone, err
	}
	if old != nil && old.Thread != it.Thread {
		err = leave(w, t, channel, old.Thread)
	}
	return change, err
}

// leave brings a conversation up to date that an item has left.
func leave(w *writer, t smm.Tenant, channel, conversation smm.Ref) error {
	at := placeOf(t, channel, conversation)
	c, err := entryAt(w, conversationByKey, at, decodeConversation)
	if err != nil || !c.known {
		return err
	}
	left, err := itemsOf(w, at)
	if err != nil {
		return err
	}
	if len(left) == 0 && c.value.Described.IsZero() {
		_, err := w.changed("DELETE FROM inbox_conversations WHERE key = ?1", at)
		return err
	}
	c.value.Recount(left)
	return saveConversation(w, t, &c.value, c.data)
}

func itemsOf(w *writer, conversation []byte) ([]inbox.Item, error) {
	var out []inbox.Item
	err := w.query("SELECT data FROM inbox_items WHERE conversation = ?1", func(r *sql.Rows) error {
		var data string
		if err := r.Scan(&data); err != nil {
			return err
		}
		it, err := decodeItem(data)
		out = append(out, it)
		return err
	}, conversation)
	return out, err
}

// Describe implements inbox.Store.
func (s *inboxStore) Describe(ctx context.Context, t smm.Tenant, d smm.Conversation, seen time.Time) error {
	if err := checkRefs(d.Ref, d.Channel); err != nil {
		return fmt.Errorf("a conversation needs the refs of itself and its channel: %w", err)
	}
	return s.db.writer.do(ctx, false, func(w *writer) error {
		c, err := entryAt(w, conversationByKey, placeOf(t, d.Channel, d.Ref), decodeConversation)
		if err != nil {
			return err
		}
		if !c.known {
			c.value = inbox.Conversation{Schema: inbox.ConversationSchema, Channel: d.Channel, Ref: d.Ref, State: inbox.StateOpen}
		}
		c.value.Describe(d, seen)
		return saveConversation(w, t, &c.value, c.data)
	})
}

// SetState implements inbox.Store.
func (s *inboxStore) SetState(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref, version int64, u inbox.Update) error {
	if err := u.Check(); err != nil {
		return err
	}
	return s.db.writer.do(ctx, false, func(w *writer) error {
		c, err := entryAt(w, conversationByKey, placeOf(t, channel, conversation), decodeConversation)
		switch {
		case err != nil:
			return err
		case !c.known:
			return unknownConversation(conversation)
		case c.value.Version != version:
			return fmt.Errorf("inbox: conversation %s: %w: version %d, not %d", conversation, smm.ErrConflict, c.value.Version, version)
		}
		c.value.State, c.value.SnoozedUntil, c.value.Assignee = u.State, u.SnoozedUntil, u.Assignee
		c.value.Version++
		return saveConversation(w, t, &c.value, c.data)
	})
}

// Decide implements inbox.Store.
func (s *inboxStore) Decide(ctx context.Context, t smm.Tenant, channel, message smm.Ref, d inbox.Decision) error {
	return s.db.writer.do(ctx, false, func(w *writer) error {
		it, err := entryAt(w, itemByKey, placeOf(t, channel, message), decodeItem)
		switch {
		case err != nil:
			return err
		case !it.known:
			return unknownMessage(message)
		case d.At.Before(it.value.Decision.At):
			return nil
		}
		it.value.Decision = d
		return saveItem(w, t, &it.value, it.data)
	})
}

// Item implements inbox.Store.
func (s *inboxStore) Item(ctx context.Context, t smm.Tenant, channel, message smm.Ref) (inbox.Item, error) {
	data, err := s.data(ctx, itemByKey, placeOf(t, channel, message))
	if errors.Is(err, sql.ErrNoRows) {
		err = unknownMessage(message)
	}
	if err != nil {
		return inbox.Item{}, err
	}
	return decodeItem(data)
}

// Conversation implements inbox.Store.
func (s *inboxStore) Conversation(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref) (inbox.Conversation, error) {
	data, err := s.data(ctx, conversationByKey, placeOf(t, channel, conversation))
	if errors.Is(err, sql.ErrNoRows) {
		err = unknownConversation(conversation)
	}
	if err != nil {
		return inbox.Conversation{}, err
	}
	return decodeConversation(data)
}

// data reads one text. There being none is sql.ErrNoRows.
func (s *inboxStore) data(ctx context.Context, query string, args ...any) (data string, err error) {
	if err := s.db.usable(ctx); err != nil {
		return "", err
	}
	err = s.db.read.QueryRowContext(ctx, query, args...).Scan(&data)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		err = s.db.readError(ctx, err)
	}
	return data, err
}

func unknownMessage(r smm.Ref) error {
	return fmt.Errorf("inbox: message %s: %w", r, smm.ErrNotFound)
}

func unknownConversation(r smm.Ref) error {
	return fmt.Errorf("inbox: conversation %s: %w", r, smm.ErrNotFound)
}
