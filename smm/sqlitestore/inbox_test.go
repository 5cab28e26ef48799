package sqlitestore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/inbox/inboxtest"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

const shop smm.Tenant = "shop"

var (
	desk    = smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us"}
	someday = time.Date(2025, 3, 3, 8, 0, 0, 0, time.UTC)
)

// heard makes the n-th comment of somebody under a post.
func heard(post string, n int) inbox.Item {
	at := someday.Add(time.Duration(n) * time.Minute)
	return inbox.Observe(desk, smm.Message{
		Ref: desk.WithKind(smm.KindComment, fmt.Sprint("c", n)), Root: desk.WithKind(smm.KindPost, post),
		Author: smm.Author{Ref: desk.WithKind(smm.KindAuthor, "them")}, Text: smm.Untrusted(fmt.Sprint("comment ", n)), At: at,
	}, at)
}

func put(t testing.TB, s inbox.Store, tenant smm.Tenant, items ...inbox.Item) {
	t.Helper()
	for _, it := range items {
		if _, err := s.Append(t.Context(), tenant, it); err != nil {
			t.Fatal(err)
		}
	}
}

func all[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestInbox(t *testing.T) {
	inboxtest.Run(t, func(t *testing.T) inbox.Store { return open(t, filepath.Join(t.TempDir(), "smm.db")).Inbox() })
}

// remember gives the store something of everything.
func remember(t *testing.T, s inbox.Store) {
	t.Helper()
	put(t, s, shop, heard("p1", 1), heard("p1", 2), heard("p2", 3))
	c := heard("p1", 1).Thread
	err := errors.Join(
		s.Describe(t.Context(), shop, smm.Conversation{Ref: desk.WithKind(smm.KindConversation, "dm"), Channel: desk, Kind: smm.ConversationDirect}, someday),
		s.Decide(t.Context(), shop, desk, heard("p1", 2).Message.Ref, inbox.Decision{Action: inbox.ActionHide, At: someday, Revision: "r"}),
		s.SetState(t.Context(), shop, desk, c, 0, inbox.Update{State: inbox.StateSnoozed, SnoozedUntil: someday, Assignee: "ann"}),
		s.SetMark(t.Context(), shop, desk, "mentions", "here"),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"one", "two"} {
		if _, _, err := s.Claim(t.Context(), shop, reply(1, token), false); err != nil {
			t.Fatal(err)
		}
	}
}

func reply(n int, token string) inbox.Answer {
	it := heard("p1", n)
	return inbox.Answer{Channel: desk, Conversation: it.Thread, Message: it.Message.Ref, Token: token, Deliveries: []string{"d" + token}, At: someday}
}

// tell says all that the store knows of a tenant.
func tell(t *testing.T, s inbox.Store, tenant smm.Tenant) string {
	t.Helper()
	var out strings.Builder
	line := func(v any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(b, '\n'))
	}
	for _, c := range all(t, s.List(t.Context(), tenant, inbox.Query{})) {
		line(c)
		for _, it := range all(t, s.Items(t.Context(), tenant, desk, c.Ref)) {
			line(it)
			answers, err := s.Answers(t.Context(), tenant, desk, it.Message.Ref)
			if err != nil {
				t.Fatal(err)
			}
			line(answers)
		}
	}
	line(all(t, s.Undecided(t.Context(), tenant)))
	mark, err := s.Mark(t.Context(), tenant, desk, "mentions")
	if err != nil {
		t.Fatal(err)
	}
	line(mark)
	return out.String()
}

// What was written is there after a restart, and is what a store in memory
// would say.
func TestInboxIsDurable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	db, memory := open(t, path), inbox.NewMemoryStore()
	remember(t, memory)
	remember(t, db.Inbox())
	want := tell(t, memory, shop)
	if got := tell(t, db.Inbox(), shop); got != want {
		t.Errorf("the store says\n%s\nand one in memory\n%s", got, want)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Inbox().Mark(t.Context(), shop, desk, "mentions"); !errors.Is(err, scheduler.ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
	again := open(t, path).Inbox()
	if got := tell(t, again, shop); got != want {
		t.Errorf("after a restart the store says\n%s\nwant\n%s", got, want)
	}
	if _, fresh, err := again.Claim(t.Context(), shop, reply(1, "one"), true); fresh || err != nil {
		t.Errorf("an answer that was claimed before the restart: fresh %v, %v", fresh, err)
	}
}

// Two tenants hold the same channel, and each has an inbox of its own.
func TestInboxKeepsTenantsApart(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "smm.db")).Inbox()
	remember(t, s)
	before := tell(t, s, shop)
	put(t, s, "other", heard("p1", 1), heard("p3", 4))
	if got, err := s.Answers(t.Context(), "other", desk, heard("p1", 1).Message.Ref); err != nil || len(got) != 0 {
		t.Errorf("the other tenant sees answers %v, %v", got, err)
	}
	if _, fresh, err := s.Claim(t.Context(), "other", reply(1, "one"), true); !fresh || err != nil {
		t.Errorf("the other tenant's claim: fresh %v, %v", fresh, err)
	}
	err := errors.Join(
		s.SetMark(t.Context(), "other", desk, "mentions", "theirs"),
		s.SetState(t.Context(), "other", desk, heard("p1", 1).Thread, 0, inbox.Update{State: inbox.StateResolved}),
		s.Decide(t.Context(), "other", desk, heard("p1", 1).Message.Ref, inbox.Decision{Action: inbox.ActionHide, At: someday}),
	)
	if err != nil {
		t.Fatal(err)
	}
	if got := tell(t, s, shop); got != before {
		t.Errorf("another tenant's writes changed\n%s\nto\n%s", before, got)
	}
}

// many puts n comments, the first being begin, each under the post that it is given.
func many(t testing.TB, s inbox.Store, begin, n int, post func(i int) string) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if _, err := s.Append(t.Context(), shop, heard(post(begin+i), begin+i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A list goes through what there was at its beginning, each once, whatever
// moves meanwhile.
func TestInboxListsEachOnce(t *testing.T) {
	const n = sqlitestore.PageRows + 20
	s := open(t, filepath.Join(t.TempDir(), "smm.db")).Inbox()
	many(t, s, 0, n, strconv.Itoa)
	seen := make(map[smm.Ref]int)
	for c, err := range s.List(t.Context(), shop, inbox.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) == 0 {
			put(t, s, shop, heard("0", 2*n)) // the last becomes the first
		}
		seen[c.Ref]++
	}
	for i := range n {
		if ref := desk.WithKind(smm.KindPost, strconv.Itoa(i)); seen[ref] != 1 {
			t.Errorf("%s was listed %d times", ref, seen[ref])
		}
	}
	for c, err := range s.List(t.Context(), shop, inbox.Query{}) {
		if want := desk.WithKind(smm.KindPost, "0"); err != nil || c.Ref != want {
			t.Errorf("%s comes first, %v; want %s, where somebody just wrote", c.Ref, err, want)
		}
		break
	}
}

// The order holds also where a page would end among messages of one time.
func TestInboxOrdersMessagesOfOneTime(t *testing.T) {
	const n = sqlitestore.PageRows + 20
	s := open(t, filepath.Join(t.TempDir(), "smm.db")).Inbox()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			it := heard("p1", i)
			it.Message.At = someday.Add(time.Duration(i%2) * time.Nanosecond)
			if _, err := s.Append(t.Context(), shop, it); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := all(t, s.Items(t.Context(), shop, desk, heard("p1", 0).Thread))
	if len(got) != n {
		t.Errorf("%d items, want %d", len(got), n)
	}
	for i := 1; i < len(got); i++ {
		a, b := &got[i-1].Message, &got[i].Message
		if a.At.After(b.At) || a.At.Equal(b.At) && a.Ref.String() > b.Ref.String() {
			t.Errorf("%s of %v comes before %s of %v", a.Ref, a.At, b.Ref, b.At)
		}
	}
}

// A message of which first only its hiding is heard is undecided once its text
// is there.
func TestInboxUndecidedLater(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "smm.db")).Inbox()
	hidden, _ := inbox.FromEvent(smm.Event{Kind: smm.EventMessageHidden, Channel: desk, Subject: heard("p1", 1).Message.Ref, At: someday})
	put(t, s, shop, hidden)
	if got := all(t, s.Undecided(t.Context(), shop)); len(got) != 0 {
		t.Errorf("undecided without a text: %+v", got)
	}
	put(t, s, shop, heard("p1", 1))
	if got := all(t, s.Undecided(t.Context(), shop)); len(got) != 1 {
		t.Errorf("%d undecided, want 1", len(got))
	}
}

// The rows of later pages belong to somebody else when it is their turn, as
// happens to numbers of rows that are used again; and rows of somebody else come
// to be ours. The list gives out neither.
func TestInboxListsOnlyItsOwn(t *testing.T) {
	const n = sqlitestore.PageRows + 20
	path := filepath.Join(t.TempDir(), "smm.db")
	s := open(t, path).Inbox()
	many(t, s, 0, n, func(int) string { return "big" })
	many(t, s, n, n, strconv.Itoa)
	for i, at := range []int{-2, -1, 3 * n, 3*n + 1, 3*n + 2} { // more of the young, so that they do not make up for the old
		put(t, s, "other", heard(fmt.Sprint("theirs", i), at))
	}
	const swapTenants = "SET tenant = CASE tenant WHEN 'shop' THEN 'other' ELSE 'shop' END"
	count := func(what string, got int) {
		t.Helper()
		if got != sqlitestore.PageRows {
			t.Errorf("%s: %d, want the first page, which has %d", what, got, sqlitestore.PageRows)
		}
	}
	count("conversations", swapped(t, path, s.List(t.Context(), shop, inbox.Query{}), "UPDATE inbox_conversations "+swapTenants))
	count("undecided", swapped(t, path, s.Undecided(t.Context(), shop), "UPDATE inbox_items "+swapTenants))
	count("items", swapped(t, path, s.Items(t.Context(), shop, desk, heard("big", 0).Thread), `WITH big (key) AS MATERIALIZED (
		SELECT conversation FROM inbox_items GROUP BY conversation ORDER BY count(*) DESC LIMIT 1)
		UPDATE inbox_items SET conversation = CASE conversation WHEN (SELECT key FROM big) THEN x'00' ELSE (SELECT key FROM big) END`))
}

// swapped counts a list, and changes the file at its first element.
func swapped[T any](t *testing.T, path string, list iter.Seq2[T, error], change string) (n int) {
	t.Helper()
	for _, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			runSQL(t, raw(t, path), change)
		}
	}
	return n
}

// Of those who change the same version of a conversation one wins, and of those
// who claim the same message, also through files that were opened apart, as
// processes do.
func TestInboxChangesExclude(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	stores := []inbox.Store{open(t, path).Inbox(), open(t, path).Inbox()}
	put(t, stores[0], shop, heard("p1", 1))
	for version := range int64(5) {
		var (
			wg              sync.WaitGroup
			changed, claims atomic.Int64
		)
		race := func(won *atomic.Int64, err error) {
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, smm.ErrConflict):
				t.Error(err)
			}
		}
		for i := range 8 {
			wg.Go(func() {
				s, who := stores[i%2], fmt.Sprint(version, i)
				race(&changed, s.SetState(t.Context(), shop, desk, heard("p1", 1).Thread, version, inbox.Update{State: inbox.StatePending, Assignee: who}))
				_, _, err := s.Claim(t.Context(), shop, reply(int(version), who), true)
				race(&claims, err)
			})
		}
		wg.Wait()
		if changed.Load() != 1 || claims.Load() != 1 {
			t.Errorf("version %d was changed %d times, and message %d claimed %d times", version, changed.Load(), version, claims.Load())
		}
	}
}

func TestInboxRefuses(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "smm.db")).Inbox()
	change := func(f func(it *inbox.Item)) inbox.Item {
		it := heard("p1", 1)
		f(&it)
		return it
	}
	for name, it := range map[string]inbox.Item{
		"ref without an id":   change(func(it *inbox.Item) { it.Message.Ref.ID = "" }),
		"ref that is no text": change(func(it *inbox.Item) { it.Message.Ref.ID = "a\xff" }),
		"newer schema":        change(func(it *inbox.Item) { it.Schema = inbox.ItemSchema + 1 }),
		"time without JSON":   change(func(it *inbox.Item) { it.Message.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }),
	} {
		if _, err := s.Append(t.Context(), shop, it); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v, want smm.ErrInvalid", name, err)
		}
	}
	if _, _, err := s.Claim(t.Context(), shop, inbox.Answer{}, false); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("claim of nothing: %v", err)
	}
	if got := all(t, s.List(t.Context(), shop, inbox.Query{})); len(got) != 0 {
		t.Errorf("what was refused left %+v", got)
	}
}

func TestInboxDamagedRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	s := open(t, path).Inbox()
	put(t, s, shop, heard("p1", 1))
	runSQL(t, raw(t, path), `UPDATE inbox_items SET data = '{"schema":'; UPDATE inbox_conversations SET data = '{"schema":99}'`)
	if _, err := s.Append(t.Context(), shop, heard("p1", 1)); !errors.Is(err, sqlitestore.ErrCorrupt) {
		t.Errorf("append to a damaged row: %v, want ErrCorrupt", err)
	}
	for _, err := range s.Items(t.Context(), shop, desk, heard("p1", 1).Thread) {
		if !errors.Is(err, sqlitestore.ErrCorrupt) {
			t.Errorf("list of a damaged row: %v, want ErrCorrupt", err)
		}
	}
	_, err := s.Append(t.Context(), shop, heard("p1", 2))
	if _, ok := errors.AsType[*sqlitestore.SchemaError](err); !ok {
		t.Errorf("append to a conversation of a later version: %v, want a *SchemaError", err)
	}
	if _, err := s.Item(t.Context(), shop, desk, heard("p1", 2).Message.Ref); !errors.Is(err, smm.ErrNotFound) {
		t.Errorf("half of the append that failed is there: %v", err)
	}
}

// Platforms' terms ask that what was deleted goes. No row has it, and a file
// that was vacuumed has it nowhere.
func TestInboxForgets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	db := open(t, path)
	words := func() int {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "private-words")
	}
	for i := range 10 {
		it := heard("p1", i)
		it.Message.Text = smm.Untrusted(strings.Repeat("private-words ", 1+i*80)) // also longer than a page
		put(t, db.Inbox(), shop, it)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if words() == 0 {
		t.Fatal("the words were never in the file: the test proves nothing")
	}
	db = open(t, path)
	for i := range 10 {
		gone, _ := inbox.FromEvent(smm.Event{Kind: smm.EventMessageDeleted, Channel: desk, Subject: heard("p1", i).Message.Ref, At: someday})
		put(t, db.Inbox(), shop, gone)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	admin := raw(t, path)
	runSQL(t, admin, "VACUUM")
	if err := admin.Close(); err != nil {
		t.Fatal(err)
	}
	if n := words(); n > 0 {
		t.Errorf("the deleted words are in the file %d times", n)
	}
}
