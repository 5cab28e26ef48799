package pgstore

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// listing is a list of the inbox. What it goes through is found at once, which
// needs an index alone; then it is read page by page.
//
// The other way, to go on behind the last one read, would leave out whatever
// moves over the place meanwhile: conversations move to the front whenever
// somebody writes.
type listing[T any] struct {
	find     string // selects seq and time, in order of time
	findArgs []any
	// read selects the data of the rows in $1, an array of seqs, that still belong
	// to $2.
	read   string
	scope  any
	decode func([]byte) (T, error)
	match  func(*T) bool // what find leaves open, and what may have changed
	order  func(a, b T) int
}

// position is a row that a listing found.
type position struct{ seq, time int64 }

func (l *listing[T]) all(ctx context.Context, db *DB) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		left, err := l.positions(ctx, db)
		for err == nil && len(left) > 0 {
			n := pageEnd(left)
			var page []T
			page, err = l.page(ctx, db, left[:n])
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
			left = left[n:]
		}
		if err != nil {
			yield(zero, err)
		}
	}
}

// pageEnd ends a page between two times: those of the same microsecond are put
// in order together.
func pageEnd(ps []position) int {
	n := min(pageRows, len(ps))
	for n < len(ps) && ps[n].time == ps[n-1].time {
		n++
	}
	return n
}

func (l *listing[T]) positions(ctx context.Context, db *DB) ([]position, error) {
	var out []position
	err := db.read(ctx, func(scan func(...any) error) error {
		var p position
		err := scan(&p.seq, &p.time)
		out = append(out, p)
		return err
	}, l.find, l.findArgs...)
	return out, err
}

func (l *listing[T]) page(ctx context.Context, db *DB, ps []position) ([]T, error) {
	seqs := make([]int64, len(ps))
	for i, p := range ps {
		seqs[i] = p.seq
	}
	out := make([]T, 0, len(ps))
	err := db.read(ctx, func(scan func(...any) error) error {
		var data []byte
		if err := scan(&data); err != nil {
			return err
		}
		v, err := l.decode(data)
		if err == nil && l.match(&v) {
			out = append(out, v)
		}
		return err
	}, l.read, seqs, l.scope)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, l.order)
	return out, nil
}

// Items implements inbox.Store.
func (s *inboxStore) Items(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref) iter.Seq2[inbox.Item, error] {
	at := placeOf(t, channel, conversation)
	l := listing[inbox.Item]{
		find:     "SELECT seq, at FROM smm.inbox_items WHERE conversation = $1 ORDER BY at",
		findArgs: []any{at},
		read:     "SELECT data FROM smm.inbox_items WHERE seq = ANY($1) AND conversation = $2",
		scope:    at,
		decode:   decodeItem,
		match:    func(*inbox.Item) bool { return true },
		order:    oldestFirst,
	}
	return l.all(ctx, s.db)
}

// Undecided implements inbox.Store.
func (s *inboxStore) Undecided(ctx context.Context, t smm.Tenant) iter.Seq2[inbox.Item, error] {
	l := listing[inbox.Item]{
		find:     "SELECT seq, at FROM smm.inbox_items WHERE undecided AND tenant = $1 ORDER BY at",
		findArgs: []any{text(string(t))},
		read:     "SELECT data FROM smm.inbox_items WHERE seq = ANY($1) AND tenant = $2",
		scope:    text(string(t)),
		decode:   decodeItem,
		match:    func(it *inbox.Item) bool { return it.Undecided() },
		order:    oldestFirst,
	}
	return l.all(ctx, s.db)
}

// List implements inbox.Store.
func (s *inboxStore) List(ctx context.Context, t smm.Tenant, q inbox.Query) iter.Seq2[inbox.Conversation, error] {
	var c conditions
	c.ofInbox(t, &q)
	l := listing[inbox.Conversation]{
		find:     "SELECT seq, active FROM smm.inbox_conversations WHERE " + strings.Join(c.terms, " AND ") + " ORDER BY active DESC",
		findArgs: c.args,
		read:     "SELECT data FROM smm.inbox_conversations WHERE seq = ANY($1) AND tenant = $2",
		scope:    text(string(t)),
		decode:   decodeConversation,
		match:    q.Match,
		order:    latestFirst,
	}
	return l.all(ctx, s.db)
}

// ofInbox translates as much of q as narrows the search.
func (c *conditions) ofInbox(t smm.Tenant, q *inbox.Query) {
	c.add("tenant = ?", text(string(t)))
	if len(q.States) > 0 {
		states := make([]string, 0, len(q.States)+1)
		for _, s := range q.States {
			states = append(states, text(string(s)))
		}
		if !q.Now.IsZero() {
			states = append(states, string(inbox.StateSnoozed)) // may be over
		}
		c.add("state = ANY(?)", states)
	}
	if q.Unanswered {
		c.add("unanswered")
	}
	if len(q.Channels) > 0 {
		channels := make([]string, len(q.Channels))
		for i, ref := range q.Channels {
			channels[i] = text(ref.String())
		}
		c.add("channel = ANY(?)", channels)
	}
	if q.Assignee != "" {
		c.add("assignee = ?", prose(q.Assignee))
	}
}

func oldestFirst(a, b inbox.Item) int {
	return cmp.Or(a.Message.At.Compare(b.Message.At), byText(a.Message.Ref, b.Message.Ref), byText(a.Message.Channel, b.Message.Channel))
}

func latestFirst(a, b inbox.Conversation) int {
	return cmp.Or(b.Active().Compare(a.Active()), byText(a.Ref, b.Ref), byText(a.Channel, b.Channel))
}

func byText(a, b smm.Ref) int { return strings.Compare(a.String(), b.String()) }
