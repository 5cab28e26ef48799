package localweb

import (
	"slices"
	"strconv"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const (
	maxDepth = 4  // answers deeper than that stand beside each other, or lines get too narrow to read
	maxRoots = 50 // posts shown of each channel
)

// node is a public item with the answers to it, oldest first.
type node struct {
	sim.Item
	Key       string // unique on the page
	Duplicate bool   // another item before it was the same
	Orphan    bool   // it answers something that is not in the ledger
	Answers   []*node
	depth     int
}

// timeline is what one channel, or the public at large, put out.
type timeline struct {
	Handle string // empty for the public
	Posts  []*node
	Older  int // how many more there are
}

// timelines arranges the public items of a platform: one timeline for each
// channel in the given order, then that of everybody else. Posts come newest
// first.
func timelines(items []sim.Item, p smm.Platform, channels []string) []timeline {
	byAccount := make(map[string][]*node)
	for _, root := range roots(items, p) {
		account := root.Account
		if root.Visitor || !slices.Contains(channels, account) {
			account = ""
		}
		byAccount[account] = append(byAccount[account], root)
	}
	var out []timeline
	for _, handle := range append(slices.Clone(channels), "") {
		t := timeline{Handle: handle, Posts: byAccount[handle]}
		slices.Reverse(t.Posts)
		if over := len(t.Posts) - maxRoots; over > 0 {
			t.Posts, t.Older = t.Posts[:maxRoots], over
		}
		if handle != "" || len(t.Posts) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// roots builds the trees of a platform's public items, oldest root first. An
// answer hangs on what was there before it, so that no tree has a circle.
func roots(items []sim.Item, p smm.Platform) []*node {
	var out []*node
	byID := make(map[string]*node)
	seen := make(map[string][]sim.Item) // by text
	for n, i := range items {
		if i.Platform != p || i.Private {
			continue
		}
		x := &node{Item: i, Key: string(p) + "-" + strconv.Itoa(n)}
		if !i.Visitor {
			x.Duplicate = slices.ContainsFunc(seen[i.Text], i.Same)
			seen[i.Text] = append(seen[i.Text], i)
		}
		parent := byID[i.Parent]
		switch {
		case i.Parent == "":
			out = append(out, x)
		case parent == nil:
			x.Orphan = true
			out = append(out, x)
		default:
			parent.answer(x, byID)
		}
		byID[i.ID] = x
	}
	return out
}

func (n *node) answer(x *node, byID map[string]*node) {
	for n.depth >= maxDepth && byID[n.Parent] != nil {
		n = byID[n.Parent]
	}
	x.depth = n.depth + 1
	n.Answers = append(n.Answers, x)
}
