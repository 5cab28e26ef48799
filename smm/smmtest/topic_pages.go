package smmtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// pages reads every list to its end, in pages of several sizes, and goes on
// from every place where it could have stopped.
func pages(t tester, s *suite) {
	for _, p := range lists() {
		s.sub(t, "pages", p.name, func(t tester) { s.page(t, p) })
	}
}

// paged is a list and how to fill it.
type paged struct {
	name   string
	cap    smm.Capability
	n      int
	newest bool // newest first
	before func(*lab) smm.Ref
	fill   func(l *lab, about smm.Ref, i int, text string) error
	list   func(l *lab, ch *smm.ChannelClient, about smm.Ref, o *smm.ListOptions) listing
}

// listing is a smm.List of anything.
type listing struct {
	all    func(context.Context) iter.Seq2[entry, error]
	cursor func() string
}

type entry struct {
	id   string
	text string
	at   time.Time
}

func listingOf[T any](l *smm.List[T], f func(T) entry) listing {
	return listing{
		all: func(ctx context.Context) iter.Seq2[entry, error] {
			return func(yield func(entry, error) bool) {
				for v, err := range l.All(ctx) {
					if err != nil {
						yield(entry{}, err)
						return
					}
					if !yield(f(v), nil) {
						return
					}
				}
			}
		},
		cursor: l.Cursor,
	}
}

func messageEntry(m smm.Message) entry { return entry{m.Ref.String(), string(m.Text), m.At} }

func postEntry(p smm.PublishedPost) entry { return entry{p.Ref.String(), string(p.Text), p.At} }

func newPaged(name string, x smm.Capability, n int) paged {
	return paged{name: name, cap: x, n: n, before: noTarget}
}

func lists() []paged {
	posts := newPaged("posts", smm.CapListPosts, 23)
	posts.newest = true
	posts.fill = func(l *lab, _ smm.Ref, _ int, text string) error { l.publishText(text); return nil }
	posts.list = func(_ *lab, ch *smm.ChannelClient, _ smm.Ref, o *smm.ListOptions) listing {
		return listingOf(ch.Posts(o), postEntry)
	}

	comments := newPaged("comments", smm.CapListComments, 65)
	comments.before = func(l *lab) smm.Ref { return l.publishText("a post that many comment on") }
	comments.fill = func(l *lab, about smm.Ref, _ int, text string) error {
		_, err := l.public().VisitorPosts(l.ctx, l.h.Visitor, about.ID, text)
		return err
	}
	comments.list = func(_ *lab, ch *smm.ChannelClient, about smm.Ref, o *smm.ListOptions) listing {
		return listingOf(ch.Comments(about, o), messageEntry)
	}

	mentions := newPaged("mentions", smm.CapListMentions, 65)
	mentions.newest = true
	mentions.fill = func(l *lab, _ smm.Ref, _ int, text string) error {
		_, err := l.public().VisitorPosts(l.ctx, l.h.Visitor, "", "@"+l.h.Handle+" "+text)
		return err
	}
	mentions.list = func(_ *lab, ch *smm.ChannelClient, _ smm.Ref, o *smm.ListOptions) listing {
		return listingOf(ch.Mentions(o), messageEntry)
	}

	messages := newPaged("messages", smm.CapListMessages, 65)
	messages.newest = true
	messages.before = (*lab).visitorConversation
	messages.fill = func(l *lab, _ smm.Ref, _ int, text string) error {
		_, err := l.public().VisitorWrites(l.ctx, l.h.Visitor, l.h.Handle, text)
		return err
	}
	messages.list = func(_ *lab, ch *smm.ChannelClient, about smm.Ref, o *smm.ListOptions) listing {
		return listingOf(ch.Messages(about, o), messageEntry)
	}
	return []paged{posts, comments, mentions, messages, pagedConversations(), pagedTimeline()}
}

func pagedConversations() paged {
	p := newPaged("conversations", smm.CapListMessages, 25)
	p.newest = true
	p.fill = func(l *lab, _ smm.Ref, i int, text string) error {
		_, err := l.public().VisitorWrites(l.ctx, fmt.Sprintf("n%d%s", i, l.h.Visitor), l.h.Handle, text)
		return err
	}
	p.list = func(_ *lab, ch *smm.ChannelClient, _ smm.Ref, o *smm.ListOptions) listing {
		return listingOf(ch.Conversations(o), func(c smm.Conversation) entry {
			e := entry{id: c.Ref.String(), at: c.Updated}
			if c.Last != nil {
				e.text = string(c.Last.Text)
			}
			return e
		})
	}
	return p
}

func pagedTimeline() paged {
	p := newPaged("timeline", smm.CapTimeline, 65)
	p.before = func(l *lab) smm.Ref {
		c := l.client()
		l.need(c, smm.CapFollow)
		if err := l.channel(c).SetFollowing(l.ctx, l.h.Author, true); err != nil {
			l.t.Fatalf("follow %s: %v", l.h.Author, err)
		}
		return smm.Ref{}
	}
	p.fill = func(l *lab, _ smm.Ref, _ int, text string) error {
		_, err := l.public().VisitorPosts(l.ctx, l.h.Visitor, "", text)
		return err
	}
	p.list = func(_ *lab, ch *smm.ChannelClient, _ smm.Ref, o *smm.ListOptions) listing {
		return listingOf(ch.Timeline(o), postEntry)
	}
	return p
}

var marks = regexp.MustCompile(`conformance item \d+x`)

func (s *suite) page(t tester, p paged) {
	l := s.lab(t)
	c := l.client()
	l.need(c, p.cap)
	about := p.before(l)
	var want []string
	for i := range p.n {
		if l.h.World != nil {
			_ = l.clock.Sleep(l.ctx, 2*time.Second) // for lists with seconds only
		}
		want = append(want, l.mark())
		if err := p.fill(l, about, i, want[i]); err != nil {
			t.Fatalf("item %d: %v", i, err)
		}
	}
	open := func(o *smm.ListOptions) listing { return p.list(l, l.channel(c), about, o) }
	var whole []entry
	if err := l.eventually(func() error {
		whole = l.read(open, "", 0)
		return complete(p, whole, want)
	}); err != nil {
		t.Error(err)
	}
	for _, size := range []int{1, 2, 7} {
		if got := l.read(open, "", size); !slices.Equal(got, whole) {
			t.Errorf("in pages of %d the list has %d items, %d else, or another order", size, len(got), len(whole))
		}
	}
	l.resume(open, whole)
}

// complete checks that everything is there once, and in order.
func complete(p paged, got []entry, want []string) error {
	var wrong []error
	ids, seen := map[string]bool{}, map[string]int{}
	for i, e := range got {
		if ids[e.id] {
			wrong = append(wrong, fmt.Errorf("%s is in the list twice", e.id))
		}
		ids[e.id] = true
		seen[marks.FindString(e.text)]++
		if p.newest && i > 0 && e.at.After(got[i-1].at) {
			wrong = append(wrong, fmt.Errorf("item %d is younger than the one before it", i))
		}
		if e.at.IsZero() {
			wrong = append(wrong, fmt.Errorf("item %d has no time", i))
		}
	}
	missing := 0
	for _, m := range want {
		if seen[m] != 1 {
			missing++
		}
	}
	if missing > 0 {
		wrong = append(wrong, fmt.Errorf("of %d items %d are not in the list exactly once; it has %d items", len(want), missing, len(got)))
	}
	return errors.Join(wrong...)
}

// read reads a list from a cursor to its end. It waits out a spent quota and
// goes on where it was.
func (l *lab) read(open func(*smm.ListOptions) listing, cursor string, size int) []entry {
	l.t.Helper()
	var out []entry
	err := l.patiently(func() error {
		list := open(&smm.ListOptions{Cursor: cursor, PageSize: size})
		defer func() { cursor = list.cursor() }()
		for e, err := range list.all(l.ctx) {
			if err != nil {
				return err
			}
			if out = append(out, e); len(out) > 2000 {
				return fmt.Errorf("%d items and no end", len(out))
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatalf("reading the list after %d items: %v", len(out), err)
	}
	return out
}

// resume stops after every item and goes on in a list made from the cursor. On
// a server that lags, and so is a real one, and with -short, it does so for two
// pages only.
func (l *lab) resume(open func(*smm.ListOptions) listing, whole []entry) {
	l.t.Helper()
	const size = 7
	cursor := ""
	for i := range whole {
		if (l.h.Lag > 0 || testing.Short()) && i > 2*size {
			if rest := l.read(open, cursor, 0); !slices.Equal(rest, whole[i:]) {
				l.t.Errorf("going on at item %d gives %d items, want the other %d", i, len(rest), len(whole)-i)
			}
			return
		}
		got, next, err := l.one(open, cursor, size)
		if err != nil {
			l.t.Fatalf("going on at item %d: %v", i, err)
		}
		if got != whole[i] {
			l.t.Fatalf("going on at item %d gives %s, want %s", i, got.id, whole[i].id)
		}
		cursor = next
		if i%16 == 5 {
			if rest := l.read(open, cursor, size); !slices.Equal(rest, whole[i+1:]) {
				l.t.Fatalf("going on at item %d gives %d items, want the other %d", i+1, len(rest), len(whole)-i-1)
			}
		}
	}
	if rest := l.read(open, cursor, size); len(rest) != 0 {
		l.t.Errorf("after the last item the list goes on with %d more", len(rest))
	}
}

// one reads the item at a cursor.
func (l *lab) one(open func(*smm.ListOptions) listing, cursor string, size int) (e entry, next string, err error) {
	err = l.patiently(func() error {
		list := open(&smm.ListOptions{Cursor: cursor, PageSize: size})
		defer func() { next = list.cursor() }()
		for v, err := range list.all(l.ctx) {
			e = v
			return err
		}
		return fmt.Errorf("the list ends here")
	})
	return e, next, err
}
