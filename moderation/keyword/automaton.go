package keyword

// automaton finds the anchors of patterns in a sequence of keys: Aho-Corasick,
// with the edges of all nodes in one map.
type automaton struct {
	edges map[edge]int32
	fail  []int32
	out   [][]int32 // patterns whose anchor ends at a node
	link  []int32   // the next node on the way of failures that has patterns, or 0
}

type edge struct {
	node int32
	key  rune
}

func build(patterns []*compiled) *automaton {
	a := &automaton{edges: make(map[edge]int32), fail: make([]int32, 1), out: make([][]int32, 1)}
	children := [][]edge{nil} // in order of insertion, for the walk by depth
	for i, p := range patterns {
		node := int32(0)
		for _, c := range p.pieces[p.anchor] {
			e := edge{node, c.key}
			next, ok := a.edges[e]
			if !ok {
				next = int32(len(a.out))
				a.edges[e] = next
				a.out, a.fail, children = append(a.out, nil), append(a.fail, 0), append(children, nil)
				children[node] = append(children[node], e)
			}
			node = next
		}
		a.out[node] = append(a.out[node], int32(i))
	}
	a.link = make([]int32, len(a.out))
	queue := []int32{0}
	for len(queue) > 0 {
		node := queue[0]
		queue = queue[1:]
		for _, e := range children[node] {
			child := a.edges[e]
			if node != 0 {
				a.fail[child] = a.step(a.fail[node], e.key)
			}
			a.link[child] = a.fail[child]
			if f := a.fail[child]; len(a.out[f]) == 0 {
				a.link[child] = a.link[f]
			}
			queue = append(queue, child)
		}
	}
	return a
}

func (a *automaton) step(node int32, key rune) int32 {
	for {
		if next, ok := a.edges[edge{node, key}]; ok {
			return next
		}
		if node == 0 {
			return 0
		}
		node = a.fail[node]
	}
}

// find calls hit for every anchor in cells, with the index behind its end.
func (a *automaton) find(cells []cell, hit func(pattern, end int)) {
	node := int32(0)
	for i, c := range cells {
		node = a.step(node, c.key)
		for n := node; n != 0; n = a.link[n] {
			for _, p := range a.out[n] {
				hit(int(p), i+1)
			}
		}
	}
}
