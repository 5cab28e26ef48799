package pgstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// Inbox returns the store of package inbox. Any number of machines may use it at
// the same time.
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
		return inbox.ChangeNone, fmt.Errorf("%w: pgstore: item %s has schema %d, want at most %d", smm.ErrInvalid, it.Message.Ref, it.Schema, inbox.ItemSchema)
	}
	var change inbox.Change
	err := s.write(ctx, func(w *inboxWrite) (err error) {
		change, err = w.appendItem(ctx, t, it)
		return err
	})
	if err != nil {
		return inbox.ChangeNone, err
	}
	return change, nil
}

// inboxWrite is a transaction on the inbox. Rows that may not be there yet cannot
// be locked, so it locks their names: first that of the message, then those of
// the conversations, in one order.
type inboxWrite struct {
	db *DB
	tx pgx.Tx
}

func (s *inboxStore) write(ctx context.Context, run func(w *inboxWrite) error) error {
	return s.db.write(ctx, beginDurable, func(tx pgx.Tx) error { return run(&inboxWrite{s.db, tx}) })
}

// lock keeps others from places until the transaction ends.
func (w *inboxWrite) lock(ctx context.Context, places ...[]byte) error {
	locks := make([]int64, len(places))
	for i, at := range places {
		locks[i] = lockOf(w.db.schema, "inbox", string(at))
	}
	slices.Sort(locks)
	_, err := w.tx.Exec(ctx, "SELECT pg_advisory_xact_lock(n) FROM unnest($1::bigint[]) n", slices.Compact(locks))
	return err
}

// appendItem reads, joins and writes within one transaction.
func (w *inboxWrite) appendItem(ctx context.Context, t smm.Tenant, it inbox.Item) (inbox.Change, error) {
	channel := it.Message.Channel
	at := placeOf(t, channel, it.Message.Ref)
	if err := w.lock(ctx, at); err != nil {
		return inbox.ChangeNone, err
	}
	before, err := entryAt(ctx, w, itemByKey, at, decodeItem)
	if err != nil {
		return inbox.ChangeNone, err
	}
	var old *inbox.Item
	if before.known {
		old, it = &before.value, inbox.Merge(before.value, it)
	}
	home := placeOf(t, channel, it.Thread)
	threads := [][]byte{home}
	if old != nil && old.Thread != it.Thread {
		threads = append(threads, placeOf(t, channel, old.Thread))
	}
	if err := w.lock(ctx, threads...); err != nil {
		return inbox.ChangeNone, err
	}
	if err := w.saveItem(ctx, t, &it, before.data); err != nil {
		return inbox.ChangeNone, err
	}
	c, err := entryAt(ctx, w, conversationByKey, home, decodeConversation)
	if err != nil {
		return inbox.ChangeNone, err
	}
	if !c.known {
		c.value = inbox.NewConversation(&it)
	}
	change, err := c.value.Enter(old, &it, func() ([]inbox.Item, error) { return w.itemsOf(ctx, home) })
	if err != nil {
		return inbox.ChangeNone, err
	}
	if err := w.saveConversation(ctx, t, &c.value, c.data); err != nil {
		return inbox.ChangeNone, err
	}
	if len(threads) > 1 {
		err = w.leave(ctx, t, channel, old.Thread)
	}
	return change, err
}

// leave brings a conversation up to date that an item has left.
func (w *inboxWrite) leave(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref) error {
	at := placeOf(t, channel, conversation)
	c, err := entryAt(ctx, w, conversationByKey, at, decodeConversation)
	if err != nil || !c.known {
		return err
	}
	left, err := w.itemsOf(ctx, at)
	if err != nil {
		return err
	}
	if len(left) == 0 && c.value.Described.IsZero() {
		_, err := w.tx.Exec(ctx, w.db.sql("DELETE FROM smm.inbox_conversations WHERE key = $1"), at)
		return err
	}
	c.value.Recount(left)
	return w.saveConversation(ctx, t, &c.value, c.data)
}

func (w *inboxWrite) itemsOf(ctx context.Context, conversation []byte) ([]inbox.Item, error) {
	var out []inbox.Item
	err := each(ctx, w.tx, func(scan func(...any) error) error {
		var data []byte
		if err := scan(&data); err != nil {
			return err
		}
		it, err := decodeItem(data)
		out = append(out, it)
		return err
	}, w.db.sql("SELECT data FROM smm.inbox_items WHERE conversation = $1"), conversation)
	return out, err
}

// Describe implements inbox.Store.
func (s *inboxStore) Describe(ctx context.Context, t smm.Tenant, d smm.Conversation, seen time.Time) error {
	if err := checkRefs(d.Ref, d.Channel); err != nil {
		return fmt.Errorf("a conversation needs the refs of itself and its channel: %w", err)
	}
	return s.write(ctx, func(w *inboxWrite) error {
		at := placeOf(t, d.Channel, d.Ref)
		if err := w.lock(ctx, at); err != nil {
			return err
		}
		c, err := entryAt(ctx, w, conversationByKey, at, decodeConversation)
		if err != nil {
			return err
		}
		if !c.known {
			c.value = inbox.Conversation{Schema: inbox.ConversationSchema, Channel: d.Channel, Ref: d.Ref, State: inbox.StateOpen}
		}
		c.value.Describe(d, seen)
		return w.saveConversation(ctx, t, &c.value, c.data)
	})
}

// SetState implements inbox.Store.
func (s *inboxStore) SetState(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref, version int64, u inbox.Update) error {
	if err := u.Check(); err != nil {
		return err
	}
	return s.write(ctx, func(w *inboxWrite) error {
		at := placeOf(t, channel, conversation)
		if err := w.lock(ctx, at); err != nil {
			return err
		}
		c, err := entryAt(ctx, w, conversationByKey, at, decodeConversation)
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
		return w.saveConversation(ctx, t, &c.value, c.data)
	})
}

// Decide implements inbox.Store.
func (s *inboxStore) Decide(ctx context.Context, t smm.Tenant, channel, message smm.Ref, d inbox.Decision) error {
	return s.write(ctx, func(w *inboxWrite) error {
		at := placeOf(t, channel, message)
		if err := w.lock(ctx, at); err != nil {
			return err
		}
		it, err := entryAt(ctx, w, itemByKey, at, decodeItem)
		switch {
		case err != nil:
			return err
		case !it.known:
			return unknownMessage(message)
		case d.At.Before(it.value.Decision.At):
			return nil
		}
		it.value.Decision = d
		return w.saveItem(ctx, t, &it.value, it.data)
	})
}

// Item implements inbox.Store.
func (s *inboxStore) Item(ctx context.Context, t smm.Tenant, channel, message smm.Ref) (inbox.Item, error) {
	data, err := s.data(ctx, itemByKey, placeOf(t, channel, message))
	if isNone(err) {
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
	if isNone(err) {
		err = unknownConversation(conversation)
	}
	if err != nil {
		return inbox.Conversation{}, err
	}
	return decodeConversation(data)
}

// data reads one value. There being none is pgx.ErrNoRows.
func (s *inboxStore) data(ctx context.Context, query string, args ...any) (data []byte, err error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	err = s.db.pool.QueryRow(ctx, s.db.sql(query), args...).Scan(&data)
	if err != nil && !isNone(err) {
		err = s.db.fail(ctx, err)
	}
	return data, err
}

func unknownMessage(r smm.Ref) error {
	return fmt.Errorf("inbox: message %s: %w", r, smm.ErrNotFound)
}

func unknownConversation(r smm.Ref) error {
	return fmt.Errorf("inbox: conversation %s: %w", r, smm.ErrNotFound)
}
