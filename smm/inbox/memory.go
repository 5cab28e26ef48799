package inbox

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// NewMemoryStore returns a Store that forgets everything when the process
// ends: for tests and trials.
func NewMemoryStore() Store { return &memory{tenants: make(map[smm.Tenant]*memoryTenant)} }

type memory struct {
	mu      sync.Mutex
	tenants map[smm.Tenant]*memoryTenant
}

// place identifies an item or a conversation within a tenant.
type place struct{ channel, ref smm.Ref }

type memoryTenant struct {
	items   map[place]Item
	threads map[place]map[smm.Ref]bool // the messages of each conversation
	convs   map[place]Conversation
	answers map[place][]Answer
	marks   map[memoryMark]string
}

type memoryMark struct {
	channel smm.Ref
	source  string
}

// at returns the tenant's part, with the lock held. The caller unlocks.
func (s *memory) at(ctx context.Context, t smm.Tenant) (*memoryTenant, error) {
	s.mu.Lock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m, ok := s.tenants[t]
	if !ok {
		m = &memoryTenant{
			items: make(map[place]Item), threads: make(map[place]map[smm.Ref]bool), convs: make(map[place]Conversation),
			answers: make(map[place][]Answer), marks: make(map[memoryMark]string),
		}
		s.tenants[t] = m
	}
	return m, nil
}

func (s *memory) Append(ctx context.Context, t smm.Tenant, it Item) (Change, error) {
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return ChangeNone, err
	}
	if it.Message.Ref.IsZero() || it.Message.Channel.IsZero() || it.Thread.IsZero() {
		return ChangeNone, fmt.Errorf("%w: an item needs the refs of its message, channel and thread: make it with Observe", smm.ErrInvalid)
	}
	at := place{it.Message.Channel, it.Message.Ref}
	var old *Item
	if known, ok := m.items[at]; ok {
		old, it = &known, Merge(known, it)
	}
	m.items[at] = it
	home := place{at.channel, it.Thread}
	if m.threads[home] == nil {
		m.threads[home] = make(map[smm.Ref]bool)
	}
	m.threads[home][at.ref] = true
	c, ok := m.convs[home]
	if !ok {
		c = NewConversation(&it)
	}
	change, err := c.Enter(old, &it, func() ([]Item, error) { return m.of(home), nil })
	if err != nil {
		return ChangeNone, err
	}
	m.convs[home] = c
	if old != nil && old.Thread != it.Thread {
		m.leave(place{at.channel, old.Thread}, at.ref)
	}
	return change, nil
}

func (m *memoryTenant) leave(from place, message smm.Ref) {
	delete(m.threads[from], message)
	c := m.convs[from]
	if len(m.threads[from]) == 0 && c.Described.IsZero() {
		delete(m.threads, from)
		delete(m.convs, from)
		return
	}
	c.Recount(m.of(from))
	m.convs[from] = c
}

func (m *memoryTenant) of(c place) []Item {
	out := make([]Item, 0, len(m.threads[c]))
	for ref := range m.threads[c] {
		out = append(out, m.items[place{c.channel, ref}])
	}
	slices.SortFunc(out, oldestFirst)
	return out
}

func oldestFirst(a, b Item) int {
	return cmp.Or(a.Message.At.Compare(b.Message.At), strings.Compare(a.Message.Ref.String(), b.Message.Ref.String()))
}

func (s *memory) Describe(ctx context.Context, t smm.Tenant, d smm.Conversation, seen time.Time) error {
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return err
	}
	if d.Ref.IsZero() || d.Channel.IsZero() {
		return fmt.Errorf("%w: a conversation needs the refs of itself and its channel", smm.ErrInvalid)
	}
	at := place{d.Channel, d.Ref}
	c, ok := m.convs[at]
	if !ok {
		c = Conversation{Schema: ConversationSchema, Channel: d.Channel, Ref: d.Ref, State: StateOpen}
	}
	c.Describe(d, seen)
	m.convs[at] = c
	return nil
}

func (s *memory) Item(ctx context.Context, t smm.Tenant, channel, message smm.Ref) (Item, error) {
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return Item{}, err
	}
	it, ok := m.items[place{channel, message}]
	if !ok {
		return Item{}, fmt.Errorf("inbox: message %s: %w", message, smm.ErrNotFound)
	}
	return it, nil
}

func (s *memory) Conversation(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref) (Conversation, error) {
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return Conversation{}, err
	}
	c, ok := m.convs[place{channel, conversation}]
	if !ok {
		return Conversation{}, fmt.Errorf("inbox: conversation %s: %w", conversation, smm.ErrNotFound)
	}
	return c, nil
}

// snapshot yields what collect returns under the lock, without holding it.
func snapshot[T any](ctx context.Context, s *memory, t smm.Tenant, collect func(*memoryTenant) []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var (
			zero T
			all  []T
		)
		m, err := s.at(ctx, t)
		if err == nil {
			all = collect(m)
		}
		s.mu.Unlock()
		if err != nil {
			yield(zero, err)
			return
		}
		for _, v := range all {
			if err := ctx.Err(); err != nil {
				yield(zero, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (s *memory) Items(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref) iter.Seq2[Item, error] {
	return snapshot(ctx, s, t, func(m *memoryTenant) []Item { return m.of(place{channel, conversation}) })
}

func (s *memory) List(ctx context.Context, t smm.Tenant, q Query) iter.Seq2[Conversation, error] {
	return snapshot(ctx, s, t, func(m *memoryTenant) []Conversation {
		var out []Conversation
		for _, c := range m.convs {
			if q.Match(&c) {
				out = append(out, c)
			}
		}
		slices.SortFunc(out, func(a, b Conversation) int {
			return cmp.Or(b.Active().Compare(a.Active()), strings.Compare(a.Ref.String(), b.Ref.String()), strings.Compare(a.Channel.String(), b.Channel.String()))
		})
		return out
	})
}

func (s *memory) Undecided(ctx context.Context, t smm.Tenant) iter.Seq2[Item, error] {
	return snapshot(ctx, s, t, func(m *memoryTenant) []Item {
		var out []Item
		for _, it := range m.items {
			if it.Undecided() {
				out = append(out, it)
			}
		}
		slices.SortFunc(out, oldestFirst)
		return out
	})
}

func (s *memory) SetState(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref, version int64, u Update) error {
	if err := u.Check(); err != nil {
		return err
	}
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return err
	}
	at := place{channel, conversation}
	c, ok := m.convs[at]
	switch {
	case !ok:
		return fmt.Errorf("inbox: conversation %s: %w", conversation, smm.ErrNotFound)
	case c.Version != version:
		return fmt.Errorf("inbox: conversation %s: %w: version %d, not %d", conversation, smm.ErrConflict, c.Version, version)
	}
	c.State, c.SnoozedUntil, c.Assignee = u.State, u.SnoozedUntil, u.Assignee
	c.Version++
	m.convs[at] = c
	return nil
}

func (s *memory) Decide(ctx context.Context, t smm.Tenant, channel, message smm.Ref, d Decision) error {
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return err
	}
	at := place{channel, message}
	it, ok := m.items[at]
	if !ok {
		return fmt.Errorf("inbox: message %s: %w", message, smm.ErrNotFound)
	}
	if !d.At.Before(it.Decision.At) {
		it.Decision = d
		m.items[at] = it
	}
	return nil
}

func (s *memory) Answers(ctx context.Context, t smm.Tenant, channel, message smm.Ref) ([]Answer, error) {
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return slices.Clone(m.answers[place{channel, message}]), nil
}

func (s *memory) Claim(ctx context.Context, t smm.Tenant, a Answer, exclusive bool) (Answer, bool, error) {
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return Answer{}, false, err
	}
	at := place{a.Channel, a.Message}
	for _, known := range m.answers[at] {
		if known.Token == a.Token {
			return known, false, nil
		}
	}
	if known := m.answers[at]; exclusive && len(known) > 0 {
		return known[len(known)-1], false, fmt.Errorf("inbox: message %s: %w: another answer is on its way", a.Message, smm.ErrConflict)
	}
	m.answers[at] = append(m.answers[at], a)
	return a, true, nil
}

func (s *memory) Mark(ctx context.Context, t smm.Tenant, channel smm.Ref, source string) (string, error) {
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return "", err
	}
	return m.marks[memoryMark{channel, source}], nil
}

func (s *memory) SetMark(ctx context.Context, t smm.Tenant, channel smm.Ref, source, mark string) error {
	m, err := s.at(ctx, t)
	defer s.mu.Unlock()
	if err != nil {
		return err
	}
	m.marks[memoryMark{channel, source}] = mark
	return nil
}
