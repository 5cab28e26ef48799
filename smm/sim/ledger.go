package sim

import (
	"slices"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Item is something that a simulator made visible.
type Item struct {
	Platform smm.Platform `json:"platform"`
	Account  string       `json:"account"`          // the author's handle
	Parent   string       `json:"parent,omitempty"` // id of what it answers
	Text     string       `json:"text"`
	Media    []string     `json:"media,omitempty"` // fingerprints of the bytes, in order
	ID       string       `json:"id"`
	URL      string       `json:"url,omitempty"`
	At       time.Time    `json:"at"`
	Private  bool         `json:"private,omitempty"` // a private message: seen by its recipient only
	Visitor  bool         `json:"visitor,omitempty"` // written by a member of the public, not through the API under test
	Removed  bool         `json:"removed,omitempty"`
	Hidden   bool         `json:"hidden,omitempty"`
}

// Same reports whether two items are equal in what makes a duplicate: account,
// parent, text and media.
func (i Item) Same(o Item) bool {
	return i.Platform == o.Platform && i.Account == o.Account && i.Parent == o.Parent &&
		i.Text == o.Text && i.Private == o.Private && slices.Equal(i.Media, o.Media)
}

// Counts sums up what the public saw of the accounts under test.
type Counts struct {
	Posts      int `json:"posts"`      // public items without a parent
	Replies    int `json:"replies"`    // public items with a parent
	Messages   int `json:"messages"`   // private messages
	Duplicates int `json:"duplicates"` // items beyond the first of each kind of equal ones
	Removed    int `json:"removed"`    // of all these, gone again
	Visitors   int `json:"visitors"`   // items that members of the public wrote; in no other count
}

// Ledger records every item that became visible. Simulators write it, tests
// read it. It is safe for concurrent use.
type Ledger struct {
	mu    sync.Mutex
	items []Item
}

// Add records that an item became visible.
func (l *Ledger) Add(i Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i.Media = slices.Clone(i.Media)
	l.items = append(l.items, i)
}

// Update changes what is recorded under the given id: several items, if it was
// edited in public.
func (l *Ledger) Update(p smm.Platform, id string, change func(*Item)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range l.items {
		if l.items[n].Platform == p && l.items[n].ID == id {
			change(&l.items[n])
		}
	}
}

// Items returns what became visible, oldest first.
func (l *Ledger) Items() []Item {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.items)
}

// Counts sums up the items of one platform, or of all if p is empty.
func (l *Ledger) Counts(p smm.Platform) Counts {
	var c Counts
	seen := make(map[string][]Item)
	for _, i := range l.Items() {
		switch {
		case p != "" && i.Platform != p:
			continue
		case i.Visitor:
			c.Visitors++
			continue
		case i.Private:
			c.Messages++
		case i.Parent != "":
			c.Replies++
		default:
			c.Posts++
		}
		if i.Removed {
			c.Removed++
		}
		if slices.ContainsFunc(seen[i.Text], i.Same) {
			c.Duplicates++
			continue
		}
		seen[i.Text] = append(seen[i.Text], i)
	}
	return c
}

// Lost returns those of due for which no equal item became visible.
func (l *Ledger) Lost(due []Item) []Item {
	items := l.Items()
	var lost []Item
	for _, d := range due {
		if !slices.ContainsFunc(items, d.Same) {
			lost = append(lost, d)
		}
	}
	return lost
}
