package sqlitestore_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/worktest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

const (
	filled   = 1000 // items that the processes of "fill" append
	mentions = 240  // items that the platform of "sync" has
)

// workInbox is a process that fills the inbox of a file, or reads a platform
// into it.
func workInbox(path, task string) error {
	ctx := context.Background()
	db, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, "ready"); err != nil {
		return err
	}
	if task == "sync" {
		err = syncAll(ctx, telling{db.Inbox()})
	} else {
		err = fill(ctx, db.Inbox())
	}
	if err != nil {
		return err
	}
	return db.Close()
}

// fill waits for a word and appends by many callers, in an order of its own. It
// tells how many items were new.
func fill(ctx context.Context, s inbox.Store) error {
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
		return err
	}
	var (
		wg             sync.WaitGroup
		next, appeared atomic.Int64
		failed         atomic.Pointer[error]
	)
	order := rand.Perm(filled)
	for range 16 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < filled; i = next.Add(1) - 1 {
				n := order[i]
				change, err := s.Append(ctx, shop, heard(strconv.Itoa(n%20), n))
				if err != nil {
					failed.Store(&err)
				}
				if change == inbox.ChangeNew {
					appeared.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	_, err := fmt.Fprintln(os.Stdout, appeared.Load())
	return err
}

// Two processes hear the same. They begin with a file of schema 1, which one
// of them brings up to date.
func TestTwoProcessesShareAnInbox(t *testing.T) {
	path := schema1(t)
	task := []string{"SQLITESTORE_INBOX=" + path, "SQLITESTORE_TASK=fill"}
	ps := []*worktest.Process{worktest.Start(t, task...), worktest.Start(t, task...)}
	for _, p := range ps {
		p.Await(t, "ready")
	}
	for _, p := range ps {
		if _, err := io.WriteString(p.In, "go\n"); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for _, p := range ps {
		line, err := p.Out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d of them were new to one process", n)
		total += n
		if err := p.Cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if total != filled {
		t.Errorf("%d items were new %d times", filled, total)
	}
	wantItems(t, open(t, path).Inbox(), filled)
	if n := rowsOf(t, path, "inbox_items"); n != filled {
		t.Errorf("%d rows, want %d", n, filled)
	}
}

// wantItems checks that the inbox has the first n items, each once.
func wantItems(t *testing.T, s inbox.Store, n int) {
	t.Helper()
	count := make(map[smm.Ref]int)
	for _, c := range all(t, s.List(t.Context(), shop, inbox.Query{})) {
		for _, it := range all(t, s.Items(t.Context(), shop, desk, c.Ref)) {
			count[it.Message.Ref]++
		}
	}
	for i := range n {
		if ref := heard("", i).Message.Ref; count[ref] != 1 {
			t.Errorf("%s is there %d times", ref, count[ref])
		}
	}
	if len(count) != n {
		t.Errorf("%d items, want %d", len(count), n)
	}
}

func rowsOf(t *testing.T, path, table string) (n int) {
	t.Helper()
	if err := raw(t, path).QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// talkative is a platform on which many have named the channel.
type talkative struct{}

func (talkative) Platform() smm.Platform { return desk.Platform }

func (talkative) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	return smm.NewCapabilities(time.Now(), nil, smm.Limits{}), nil
}

func (talkative) ListMentions(_ context.Context, _ smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	from := 0
	if r.Cursor != "" {
		var err error
		if from, err = strconv.Atoi(r.Cursor); err != nil {
			return smm.Page[smm.Message]{}, err
		}
	}
	to := min(from+20, mentions)
	var p smm.Page[smm.Message]
	for i := from; i < to; i++ {
		n := mentions - 1 - i // the youngest first
		p.Items = append(p.Items, heard(strconv.Itoa(n%20), n).Message)
	}
	if to < mentions {
		p.Next = strconv.Itoa(to)
	}
	return p, nil
}

// telling says aloud what the store has acknowledged.
type telling struct{ inbox.Store }

func (s telling) Append(ctx context.Context, t smm.Tenant, it inbox.Item) (inbox.Change, error) {
	change, err := s.Store.Append(ctx, t, it)
	if err == nil {
		_, err = fmt.Fprintln(os.Stdout, it.Message.Ref.ID)
	}
	return change, err
}

func syncAll(ctx context.Context, s inbox.Store) error {
	client, err := smm.New([]smm.Driver{talkative{}})
	if err != nil {
		return err
	}
	in, err := inbox.New(s)
	if err != nil {
		return err
	}
	for {
		rs, err := in.Sync(ctx, client.ForTenant(shop), []smm.Ref{desk}, &inbox.SyncOptions{RecentPosts: -1, MaxItems: 30})
		if err != nil || !rs[0].More {
			return err
		}
	}
}

// A process is killed again and again while it reads a platform. What the
// store acknowledged is there, and in the end everything is, once.
func TestKilledWhileSyncing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	for k := range 4 {
		p := worktest.Start(t, "SQLITESTORE_INBOX="+path, "SQLITESTORE_TASK=sync")
		p.Await(t, "ready")
		var acknowledged []string
		for line := ""; ; {
			var err error
			if line, err = p.Out.ReadString('\n'); err != nil {
				break
			}
			if acknowledged = append(acknowledged, strings.TrimSpace(line)); len(acknowledged) == 35+7*k {
				if err := p.Cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := p.Cmd.Wait(); err == nil {
			t.Fatalf("kill %d came too late: nothing was left to do", k)
		}
		s := open(t, path).Inbox()
		for _, id := range acknowledged {
			if _, err := s.Item(t.Context(), shop, desk, desk.WithKind(smm.KindComment, id)); err != nil {
				t.Errorf("after kill %d: %s was acknowledged: %v", k, id, err)
			}
		}
	}
	s := open(t, path).Inbox()
	if err := syncAll(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	wantItems(t, s, mentions)
}

func schema1(t *testing.T) string { return oldSchema(t, 1) }

// oldSchema makes a file as an earlier version of this package wrote it.
func oldSchema(t *testing.T, version int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "smm.db")
	b, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("schema%d.sql", version)))
	if err != nil {
		t.Fatal(err)
	}
	db := raw(t, path)
	runSQL(t, db, string(b))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file of version 1 keeps its deliveries and gets an inbox, also when many
// open it at once.
func TestOpenSchema1(t *testing.T) {
	path := schema1(t)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			db, err := sqlitestore.Open(t.Context(), path, nil)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if _, err := db.Inbox().Append(t.Context(), shop, heard("p1", i)); err != nil {
				t.Errorf("append: %v", err)
			}
			if err := db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	wg.Wait()
	db := open(t, path)
	wantItems(t, db.Inbox(), 4)
	ids := ""
	for r, err := range db.Deliveries().List(t.Context(), scheduler.Query{Tenant: shop}) {
		if err != nil {
			t.Fatal(err)
		}
		ids += r.Delivery.ID
	}
	if ids != "abc" {
		t.Errorf("deliveries %q, want a, b and c", ids)
	}
	r, err := db.Deliveries().Get(t.Context(), scheduler.Key{Tenant: shop, ID: "b"})
	if err != nil || r.Delivery.Request.Post.Text != "post b" || r.NotBefore != time.Unix(1e9, 0).UTC() {
		t.Errorf("delivery %+v, %v", r, err)
	}
}

// A file of version 2 keeps its deliveries and its inbox, and gets the rest, also
// when many open it at once.
func TestOpenSchema2(t *testing.T) {
	path := oldSchema(t, 2)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			db, err := sqlitestore.Open(t.Context(), path, nil)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			account := desk.WithKind(smm.KindChannel, strconv.Itoa(i))
			if _, err := openVault(t, db, "k").Swap(t.Context(), shop, account, 0, smm.Credential{}); err != nil {
				t.Errorf("swap: %v", err)
			}
			if err := db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	wg.Wait()
	db := open(t, path)
	if got, err := openVault(t, db, "k").Accounts(t.Context(), shop, desk.Platform); len(got) != 4 || err != nil {
		t.Errorf("accounts: %v, %v", got, err)
	}
	r, err := db.Deliveries().Get(t.Context(), scheduler.Key{Tenant: shop, ID: "d1"})
	if err != nil || r.Delivery.Request.Post.Text != "post d1" {
		t.Errorf("delivery %+v, %v", r, err)
	}
	fresh := open(t, filepath.Join(t.TempDir(), "smm.db")).Inbox()
	remember(t, fresh)
	if got, want := tell(t, db.Inbox(), shop), tell(t, fresh, shop); got != want {
		t.Errorf("the inbox tells\n%s\nwant\n%s", got, want)
	}
}
