package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

var (
	channel = smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us"}
	post    = ref(smm.KindPost, "p1")
	dm      = ref(smm.KindConversation, "dm")
	start   = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
)

func ref(k smm.Kind, id string) smm.Ref { return channel.WithKind(k, id) }

func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

func author(id string) smm.Author { return smm.Author{Ref: ref(smm.KindAuthor, id), Name: "Somebody"} }

func said(id string, at int, text string) smm.Message {
	return smm.Message{Ref: ref(smm.KindComment, id), Author: author("them"), Text: smm.Untrusted(text), At: minute(at)}
}

// fake is a platform with lists that a test fills, youngest first.
type fake struct {
	smm.Publisher // for Plan, which only asks whether there is one

	mu       sync.Mutex
	posts    []smm.PublishedPost
	mentions []smm.Message
	comments map[smm.Ref][]smm.Message
	convs    []smm.Conversation
	messages map[smm.Ref][]smm.Message
	pageSize int
	fail     map[string]error // by operation
	calls    []string
	noHide   bool
	before   func(op string) // called as an action arrives
}

func (f *fake) Platform() smm.Platform { return "test" }

func (f *fake) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	granted := smm.Support{State: smm.StateGranted}
	m := map[smm.Capability]smm.Support{}
	for _, c := range []smm.Capability{smm.CapPost, smm.CapReply, smm.CapMessage, smm.CapDeleteComment, smm.CapBlock, smm.CapReport, smm.CapHide} {
		m[c] = granted
	}
	if f.noHide {
		delete(m, smm.CapHide)
	}
	return smm.NewCapabilities(start, m, smm.Limits{Text: smm.TextLimits{Max: 100}}), nil
}

func page[T any](f *fake, op string, all []T, r smm.PageRequest) (smm.Page[T], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, op)
	if err := f.fail[op]; err != nil {
		return smm.Page[T]{}, err
	}
	from := 0
	if r.Cursor != "" {
		var err error
		if from, err = strconv.Atoi(r.Cursor); err != nil {
			return smm.Page[T]{}, fmt.Errorf("%w: cursor", smm.ErrInvalid)
		}
	}
	size := f.pageSize
	if size == 0 {
		size = 3
	}
	to := min(from+size, len(all))
	p := smm.Page[T]{Items: slices.Clone(all[min(from, to):to])}
	if to < len(all) {
		p.Next = strconv.Itoa(to)
	}
	return p, nil
}

func (f *fake) ListPosts(_ context.Context, _ smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	return page(f, "posts", f.posts, r)
}

func (f *fake) GetPost(context.Context, smm.Ref, smm.Ref) (smm.PublishedPost, error) {
	return smm.PublishedPost{}, smm.ErrNotFound
}

func (f *fake) ListMentions(_ context.Context, _ smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	return page(f, "mentions", f.mentions, r)
}

func (f *fake) ListComments(_ context.Context, _, p smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	return page(f, "comments "+p.ID, f.comments[p], r)
}

func (f *fake) ListConversations(_ context.Context, _ smm.Ref, r smm.PageRequest) (smm.Page[smm.Conversation], error) {
	return page(f, "conversations", f.convs, r)
}

func (f *fake) ListMessages(_ context.Context, _, c smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	return page(f, "messages "+c.ID, f.messages[c], r)
}

func (f *fake) act(op string) error {
	if f.before != nil {
		f.before(op)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, op)
	return f.fail[op]
}

func (f *fake) SetHidden(_ context.Context, _, r smm.Ref, _ bool) error { return f.act("hide " + r.ID) }
func (f *fake) DeleteItem(_ context.Context, _, r smm.Ref) error        { return f.act("delete " + r.ID) }
func (f *fake) SetBlocked(_ context.Context, _, r smm.Ref, _ bool) error {
	return f.act("block " + r.ID)
}
func (f *fake) ReportItem(_ context.Context, _, r smm.Ref, _ smm.Report) error {
	return f.act("report " + r.ID)
}

// did returns how often an operation was called.
func (f *fake) did(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if c == op {
			n++
		}
	}
	return n
}

// clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// desk is an inbox with everything around it.
type desk struct {
	*inbox.Inbox
	platform *fake
	client   *smm.Client
	clock    *clock
	sent     map[string]*smm.Delivery // what the outbox holds, by ID
	enqueues int
	sendErr  error
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{
		platform: &fake{comments: map[smm.Ref][]smm.Message{}, messages: map[smm.Ref][]smm.Message{}, fail: map[string]error{}},
		clock:    &clock{now: minute(1000)}, sent: map[string]*smm.Delivery{},
	}
	client, err := smm.New([]smm.Driver{d.platform}, smm.WithClock(d.clock))
	if err != nil {
		t.Fatal(err)
	}
	d.client = client.ForTenant("t1")
	d.Inbox, err = inbox.New(inbox.NewMemoryStore(), inbox.WithClock(d.clock), inbox.WithEnqueuer(inbox.EnqueueFunc(d.enqueue)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) enqueue(_ context.Context, ds []*smm.Delivery) error {
	d.enqueues++
	if d.sendErr != nil {
		return d.sendErr
	}
	for _, x := range ds {
		if d.sent[x.ID] == nil {
			d.sent[x.ID] = x
		}
	}
	return nil
}

func (d *desk) sync(t *testing.T, o *inbox.SyncOptions) inbox.SyncResult {
	t.Helper()
	rs, err := d.Sync(t.Context(), d.client, []smm.Ref{channel}, o)
	if err != nil {
		t.Fatal(err)
	}
	return rs[0]
}

func (d *desk) items(t *testing.T, conversation smm.Ref) []inbox.Item {
	t.Helper()
	var out []inbox.Item
	for it, err := range d.Store().Items(t.Context(), "t1", channel, conversation) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, it)
	}
	return out
}
