package sentiment

import "math"

// The constants of the rules. They were chosen on one half of the labelled texts and
// are reported on the other; see the notes of the package.
const (
	capitalsAdd = 0.5  // what capitals add to a weight in a text that is not all capitals
	titleFactor = 0.4  // of a capitalised word inside a sentence, which is likely a name
	mildFactor  = 0.65 // of answers and fillers
	ifFactor    = 0.75 // behind "if", "would" and the like
	askFactor   = 0.4  // of a sentence that is a question
	neverSo     = 1.25 // of what follows "never so"
	butBefore   = 0.5  // of what stands before "but"
	butAfter    = 1.2  // of what follows it
	exclaimAdd  = 0.8  // of each exclamation mark
	maxExclaims = 4    // that count
	norm        = 25.0 // the square of the sum that is a compound of 0.7, for a short text
	normWord    = 1.2  // what each word adds to norm: a long text needs more to be clear
	weakPlus    = 0.21 // the raw compounds below which a text has no direction: people call
	weakMinus   = 0.01 // much neutral that has a friendly word in it, and little that has a harsh one
)

var (
	boostAt    = [3]float64{0.7, 0.5, 0.3}     // what a stronger word adds one, two and three words ahead
	negationAt = [3]float64{-0.85, -0.5, -0.4} // factor of a negation at these distances
	noSums     sums
)

// word is one token of the text.
type word struct {
	e        *entry
	from, to int
	capitals bool // all of it, and more than one letter
	title    bool // its first letter alone

	weight float64 // what it added, and
	loud   float64 // what its capitals would add
	term   int     // its place among the terms, plus one
}

// sums are what the words have added up to.
type sums struct {
	plus, minus         float64
	loudPlus, loudMinus float64 // what capitals add, if the text is not all capitals
}

func (s *sums) add(weight, loud float64) {
	if weight > 0 {
		s.plus += weight
		s.loudPlus += loud
	} else {
		s.minus -= weight
		s.loudMinus -= loud
	}
}

// scale moves the sums towards a base.
func (s *sums) scale(base *sums, factor float64) {
	s.plus = base.plus + (s.plus-base.plus)*factor
	s.minus = base.minus + (s.minus-base.minus)*factor
	s.loudPlus = base.loudPlus + (s.loudPlus-base.loudPlus)*factor
	s.loudMinus = base.loudMinus + (s.loudMinus-base.loudMinus)*factor
}

// state is the state of one pass over a text. It lives on the stack.
type state struct {
	table *table
	text  string
	terms *[]Term // nil unless reasons are asked for
	lang  languageCount

	last  [4]word // the words before, in a ring; see before
	head  int     // place of the nearest
	total sums
	begun sums // at the start of the sentence

	begunTerms                     int
	within, unsure, turned         bool // in a sentence; behind "if"; behind "but"
	positives, negatives, neutrals int  // words
	loudWords, quietWords          int
	exclamations                   int
	scratch                        [8]byte
}

// pause ends the reach of negations and boosters.
func (s *state) pause() {
	s.begun = s.total
	if s.terms != nil {
		s.begunTerms = len(*s.terms)
	}
	s.within, s.unsure = false, false
	for i := range s.last {
		s.last[i].e, s.last[i].weight = nil, 0
	}
}

// question weakens the sentence that it ends.
func (s *state) question() {
	s.total.scale(&s.begun, askFactor)
	s.scaleTerms(s.begunTerms, askFactor)
	s.pause()
}

// contrast weakens what came before "but" and strengthens what follows.
func (s *state) contrast() {
	s.total.scale(&noSums, butBefore)
	s.begun.scale(&noSums, butBefore)
	s.scaleTerms(0, butBefore)
	for i := range s.last {
		s.last[i].weight *= butBefore
		s.last[i].loud *= butBefore
	}
	s.turned = true
}

func (s *state) scaleTerms(from int, factor float64) {
	if s.terms == nil {
		return
	}
	for i := range (*s.terms)[from:] {
		(*s.terms)[from+i].Weight *= factor
		(*s.terms)[from+i].loud *= factor
	}
}

// take adds a word to the sums.
func (s *state) take(w *word) {
	w.title = w.title && s.within
	s.within = true
	f := w.e.flags
	if f&unsure != 0 {
		s.unsure = true
	}
	if f&but != 0 && !s.turned {
		s.contrast()
	}
	base, behind, ok := float64(w.e.weight), 0, f&weighs != 0
	if w.e.idioms != 0 {
		if found := s.idiom(w.e); found != nil {
			behind, base = len(found.before), float64(found.weight)
			ok = base != 0
			s.undo(behind)
			w.from = s.before(behind - 1).from
		}
	}
	if !ok {
		s.pass(w.e, w.from, w.to)
		return
	}
	// "no" in front of a weight negates it, and has none of its own.
	if behind == 0 && s.before(0).e != nil && s.before(0).e.flags&nothing != 0 {
		s.undo(1)
	}
	factor := 1.0
	if w.title {
		factor = titleFactor
	}
	if f&mild != 0 && behind == 0 {
		factor *= mildFactor
	}
	if s.unsure {
		factor *= ifFactor
	}
	after := 1.0
	if s.turned {
		after = butAfter
	}
	w.weight = s.inContext(base*factor, behind) * after
	if w.capitals {
		w.loud = s.inContext(base*factor+math.Copysign(capitalsAdd, base), behind)*after - w.weight
	}
	s.add(w)
	s.push(w)
}

// pass goes over a word without a weight, which most are.
func (s *state) pass(e *entry, from, to int) {
	s.within = true
	if to-from > 1 {
		s.neutrals++
	}
	s.head = (s.head + 1) & 3
	w := &s.last[s.head]
	w.e, w.from, w.to, w.weight = e, from, to, 0
}

// inContext applies what stands before a weight, behind words further back.
func (s *state) inContext(weight float64, behind int) float64 {
	sign, so := math.Copysign(1, weight), false
	for distance := 0; distance < 3 && behind+distance < len(s.last); distance++ {
		before := s.before(behind + distance).e
		if before == nil || before.flags&(boosts|negates|soThis) == 0 {
			continue
		}
		if before.flags&soThis != 0 && distance < 2 {
			so = true
		}
		if before.flags&boosts != 0 {
			weight += sign * float64(before.boost) * boostAt[distance]
		}
		switch {
		case before.flags&negates == 0:
		case before.flags&never != 0 && so:
			weight *= neverSo
		default:
			weight *= negationAt[distance]
		}
	}
	return weight
}

func (s *state) add(w *word) {
	s.total.add(w.weight, w.loud)
	if w.weight > 0 {
		s.positives++
	} else {
		s.negatives++
	}
	if s.terms != nil {
		*s.terms = append(*s.terms, Term{From: w.from, To: w.to, Weight: w.weight, loud: w.loud})
		w.term = len(*s.terms)
	}
}

// undo takes back what the latest n words added.
func (s *state) undo(n int) {
	for i := range n {
		w := s.before(i)
		if w.weight == 0 {
			continue
		}
		if w.weight > 0 {
			s.total.plus -= w.weight
			s.total.loudPlus -= w.loud
			s.positives--
		} else {
			s.total.minus += w.weight
			s.total.loudMinus += w.loud
			s.negatives--
		}
		s.neutrals++
		w.weight, w.loud = 0, 0
		if w.term > 0 {
			(*s.terms)[w.term-1] = Term{}
		}
	}
}

func (s *state) push(w *word) {
	s.head = (s.head + 1) & 3
	s.last[s.head] = *w
}

// before returns the word at a distance of 0 to 3 from the nearest.
func (s *state) before(distance int) *word { return &s.last[(s.head-distance)&3] }

// idiom returns the longest idiom that ends with the word at hand.
func (s *state) idiom(e *entry) *idiom {
	var best *idiom
next:
	for i := e.idioms; i != 0; {
		it := &s.table.idioms[i-1]
		i = it.next
		if best != nil && len(it.before) <= len(best.before) {
			continue
		}
		for j, place := range it.before {
			if s.before(j).e != &s.table.entries[place-1] {
				continue next
			}
		}
		best = it
	}
	return best
}

// symbol adds an emoji or emoticon. No negation reaches it, nor the question behind it:
// it stands between sentences.
func (s *state) symbol(e *entry, from, to int) {
	s.lang.symbols++
	w := word{e: e, from: from, to: to, weight: float64(e.weight)}
	if s.turned {
		w.weight *= butAfter
	}
	s.add(&w)
	s.pause()
}

// finish turns the sums into a score.
func (s *state) finish() Score {
	score := Score{State: s.lang.state()}
	if score.State != StateScored {
		return score
	}
	plus, minus := s.total.plus, s.total.minus
	if s.loudWords > 0 && s.quietWords > 0 {
		plus += s.total.loudPlus
		minus += s.total.loudMinus
	}
	emphasis := float64(min(s.exclamations, maxExclaims)) * exclaimAdd
	switch {
	case plus > minus:
		plus += emphasis
	case minus > plus:
		minus += emphasis
	}
	plus, minus = max(plus, 0), max(minus, 0) // taking back leaves rounding errors
	words := s.positives + s.negatives + s.neutrals
	score.Compound = compound(plus-minus, words)
	up, down := plus+float64(s.positives), minus+float64(s.negatives)
	if all := up + down + float64(s.neutrals); all > 0 {
		score.Positive, score.Negative = up/all, down/all
	}
	score.Neutral = max(0, 1-score.Positive-score.Negative)
	score.Class = classOf(score.Compound)
	score.Confidence = confidence(score.Compound, plus+minus > 0)
	return score
}

func classOf(compound float64) Class {
	switch {
	case compound >= Threshold:
		return Positive
	case compound <= -Threshold:
		return Negative
	}
	return Neutral
}

// compound normalises a sum to [-1, 1], and presses what is too weak to be a
// direction below Threshold.
func compound(sum float64, words int) float64 {
	x := sum / math.Sqrt(sum*sum+norm+normWord*float64(words))
	weak := weakMinus
	if x > 0 {
		weak = weakPlus
	}
	a := math.Abs(x)
	if a < weak {
		a *= Threshold / weak
	} else {
		a = Threshold + (a-weak)*(1-Threshold)/(1-weak)
	}
	return math.Copysign(min(a, 1), x)
}

// confidence is the share of people's classes that agreed with ours at this compound,
// as a logistic curve through one half of the labelled posts.
func confidence(compound float64, evidence bool) float64 {
	a := math.Abs(compound)
	switch {
	case a >= Threshold:
		return 1 / (1 + math.Exp(-0.6-4.8*a))
	case evidence:
		return 0.62 - 3*a
	}
	return 0.6
}
