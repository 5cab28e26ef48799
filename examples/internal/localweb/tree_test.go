package localweb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm/sim"
)

// outline draws timelines, one line for each item.
func outline(ts []timeline) string {
	var b strings.Builder
	var walk func(n *node, indent string)
	walk = func(n *node, indent string) {
		fmt.Fprintf(&b, "%s%s", indent, n.ID)
		if n.Duplicate {
			b.WriteString(" duplicate")
		}
		if n.Orphan {
			b.WriteString(" orphan")
		}
		b.WriteByte('\n')
		for _, a := range n.Answers {
			walk(a, indent+"  ")
		}
	}
	for _, t := range ts {
		fmt.Fprintf(&b, "[%s +%d]\n", t.Handle, t.Older)
		for _, n := range t.Posts {
			walk(n, "  ")
		}
	}
	return b.String()
}

func item(id, account, parent string) sim.Item {
	return sim.Item{Platform: "p", ID: id, Account: account, Parent: parent, Text: "text of " + id}
}

func visit(i sim.Item) sim.Item {
	i.Visitor = true
	return i
}

func TestTimelines(t *testing.T) {
	same := item("2", "shop", "")
	same.Text = "text of 1"
	private := item("9", "shop", "")
	private.Private = true
	other := item("8", "shop", "")
	other.Platform = "q"
	tests := map[string]struct {
		items []sim.Item
		want  []string
	}{
		"nothing": {nil, []string{"[shop +0]"}},
		"newest first, answers oldest first": {
			[]sim.Item{item("1", "shop", ""), item("2", "shop", ""), visit(item("3", "eve", "1")), item("4", "shop", "3"), visit(item("5", "al", "1"))},
			[]string{"[shop +0]", "  2", "  1", "    3", "      4", "    5"},
		},
		"the public comes last":      {[]sim.Item{visit(item("1", "eve", "")), item("2", "shop", "")}, []string{"[shop +0]", "  2", "[ +0]", "  1"}},
		"a visitor of the same name": {[]sim.Item{visit(item("1", "shop", ""))}, []string{"[shop +0]", "[ +0]", "  1"}},
		"private and elsewhere":      {[]sim.Item{private, other}, []string{"[shop +0]"}},
		"duplicates":                 {[]sim.Item{item("1", "shop", ""), same}, []string{"[shop +0]", "  2 duplicate", "  1"}},
		"a visitor may repeat":       {[]sim.Item{visit(item("1", "shop", "")), visit(same)}, []string{"[shop +0]", "[ +0]", "  2", "  1"}},
		"an answer to nothing known": {[]sim.Item{item("1", "shop", "0")}, []string{"[shop +0]", "  1 orphan"}},
		"an answer to itself":        {[]sim.Item{item("1", "shop", "1")}, []string{"[shop +0]", "  1 orphan"}},
		"a circle":                   {[]sim.Item{item("1", "shop", "2"), item("2", "shop", "1")}, []string{"[shop +0]", "  1 orphan", "    2"}},
		"an id again, as after an edit": {
			[]sim.Item{item("1", "shop", ""), item("1", "shop", ""), visit(item("2", "eve", "1"))},
			[]string{"[shop +0]", "  1 duplicate", "    2", "  1"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, strings.Join(tt.want, "\n")+"\n", outline(timelines(tt.items, "p", []string{"shop"})))
		})
	}
}

func TestTimelinesDepth(t *testing.T) {
	items := []sim.Item{item("0", "shop", "")}
	for n := 1; n < 500; n++ {
		items = append(items, visit(item(fmt.Sprint(n), "eve", fmt.Sprint(n-1))))
	}
	drawn := outline(timelines(items, "p", []string{"shop"}))
	require.Equal(t, 501, strings.Count(drawn, "\n"), "every answer is shown")
	deepest := 0
	for line := range strings.Lines(drawn) {
		deepest = max(deepest, len(line)-len(strings.TrimLeft(line, " ")))
	}
	require.Equal(t, 2*(maxDepth+1), deepest)
}

func TestTimelinesLength(t *testing.T) {
	var items []sim.Item
	for n := range maxRoots + 7 {
		items = append(items, item(fmt.Sprint(n), "shop", ""))
	}
	ts := timelines(items, "p", []string{"shop"})
	require.Len(t, ts[0].Posts, maxRoots)
	require.Equal(t, 7, ts[0].Older)
	require.Equal(t, fmt.Sprint(maxRoots+6), ts[0].Posts[0].ID)
}
