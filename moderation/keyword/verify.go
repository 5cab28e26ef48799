package keyword

// verify compares a candidate letter by letter: the anchor of p ends before
// cell end. It returns the cells [from, to) that match.
func (p *compiled) verify(cells []cell, end int, skeleton bool) (from, to int, ok bool) {
	v := verifier{cells: cells, skeleton: skeleton && !p.Plain}
	anchor := p.pieces[p.anchor]
	from, to = end-len(anchor), end
	if !v.piece(anchor, from) {
		return 0, 0, false
	}
	for i := p.anchor - 1; i >= 0; i-- {
		if from, ok = v.before(p.pieces[i], from); !ok {
			return 0, 0, false
		}
	}
	for i := p.anchor + 1; i < len(p.pieces); i++ {
		if to, ok = v.after(p.pieces[i], to); !ok {
			return 0, 0, false
		}
	}
	if p.openL {
		from = v.wordStart(from)
	} else if !v.boundary(from) {
		return 0, 0, false
	}
	if p.openR {
		to = v.wordEnd(to)
	} else if !v.boundary(to) {
		return 0, 0, false
	}
	return from, to, v.imitated == 0 || v.same > 0
}

type verifier struct {
	cells          []cell
	skeleton       bool
	same, imitated int // letters that are themselves, and that stand for others
}

// piece compares one piece at a position.
func (v *verifier) piece(piece []cell, at int) bool {
	if at < 0 || at+len(piece) > len(v.cells) {
		return false
	}
	same, imitated := 0, 0
	for i, want := range piece {
		got := v.cells[at+i]
		if want.r == ' ' || got.r == ' ' {
			if want.r != got.r {
				return false
			}
			continue
		}
		if got.run != want.run && (!v.skeleton || got.run < 3 || got.run < want.run) {
			return false // a run of three or more stands for any shorter one
		}
		switch compare(got.r, want.r) {
		case equals:
			same++
		case imitates:
			if !v.skeleton {
				return false
			}
			imitated++
		default:
			return false
		}
	}
	v.same += same
	v.imitated += imitated
	return true
}

// before finds a piece that ends at most maxStarLetters letters before a
// position, without a gap between.
func (v *verifier) before(piece []cell, at int) (from int, ok bool) {
	for gap := 0; gap <= maxStarLetters; gap++ {
		if v.piece(piece, at-gap-len(piece)) {
			return at - gap - len(piece), true
		}
		if i := at - gap - 1; i < 0 || v.cells[i].r == ' ' {
			break
		}
	}
	return 0, false
}

func (v *verifier) after(piece []cell, at int) (to int, ok bool) {
	for gap := 0; gap <= maxStarLetters; gap++ {
		if v.piece(piece, at+gap) {
			return at + gap + len(piece), true
		}
		if i := at + gap; i >= len(v.cells) || v.cells[i].r == ' ' {
			break
		}
	}
	return 0, false
}

// boundary reports whether a word begins or ends between the cells at-1 and at.
func (v *verifier) boundary(at int) bool {
	if at == 0 || at == len(v.cells) {
		return true
	}
	a, b := v.cells[at-1].r, v.cells[at].r
	return !isWord(a) || !isWord(b) || spaceless(a) || spaceless(b)
}

func (v *verifier) wordStart(at int) int {
	for n := 0; at > 0 && v.cells[at-1].r != ' ' && n < maxStarLetters; n++ {
		at--
	}
	return at
}

func (v *verifier) wordEnd(at int) int {
	for n := 0; at < len(v.cells) && v.cells[at].r != ' ' && n < maxStarLetters; n++ {
		at++
	}
	return at
}
