package keyword

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/smm"
)

// Config are the patterns of a filter.
type Config struct {
	Patterns []Pattern `json:"patterns"`
	// Exceptions are patterns too, for words that contain or resemble what is
	// looked for: a match that lies within one of them is none. Their view is the
	// text as written.
	Exceptions []string `json:"exceptions,omitempty"`
	// Names says that the author's display name is looked at as well.
	Names bool `json:"names,omitempty"`
}

// Filter finds patterns. It is immutable and safe for concurrent use.
type Filter struct {
	patterns   matcher
	exceptions matcher
	names      bool
}

// matcher is a list of patterns with the automaton that finds their anchors.
type matcher struct {
	patterns []*compiled
	finder   *automaton
}

// New compiles a configuration. Everything that is wrong with it is reported at
// once, as joined *PatternErrors. The empty configuration finds nothing.
func New(c Config) (*Filter, error) {
	f := &Filter{names: c.Names}
	var errs []error
	seen := make(map[string]bool)
	add := func(to *matcher, list string, i int, p Pattern) {
		cp, err := compile(p)
		if err == nil && seen[list+p.Pattern] {
			err = errors.New("it is listed twice")
		}
		if err != nil {
			errs = append(errs, &PatternError{List: list, Index: i, Pattern: p.Pattern, Problem: err.Error()})
			return
		}
		seen[list+p.Pattern] = true
		to.patterns = append(to.patterns, cp)
	}
	for i, p := range c.Patterns {
		add(&f.patterns, "patterns", i, p)
	}
	for i, e := range c.Exceptions {
		add(&f.exceptions, "exceptions", i, Pattern{Pattern: e, Plain: true})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	f.patterns.finder, f.exceptions.finder = build(f.patterns.patterns), build(f.exceptions.patterns)
	return f, nil
}

// maxReasons bounds the reasons of one verdict, and how often one pattern is
// reported: a text that consists of banned words needs no longer list. The
// action is that of all matches all the same.
const maxReasons = 100

// Filter implements moderation.Filter.
func (f *Filter) Filter(ctx context.Context, m *smm.Message) (moderation.Verdict, error) {
	v := moderation.Verdict{Action: moderation.ActionAllow}
	if err := ctx.Err(); err != nil {
		return v, err
	}
	f.add(&v, "text", string(m.Text))
	if f.names {
		f.add(&v, "author.name", string(m.Author.Name))
	}
	return v, nil
}

func (f *Filter) add(v *moderation.Verdict, path, text string) {
	for _, h := range f.Find(text) {
		p := h.Pattern
		if len(v.Reasons) >= maxReasons && p.Action.Compare(v.Action) <= 0 {
			continue
		}
		code := "keyword.match"
		if h.Disguised {
			code = "keyword.disguised"
		}
		v.Add(moderation.Reason{
			Code: code, Filter: "keyword", Action: p.Action, Pattern: p.Pattern, Category: p.Category,
			Score: p.Score, Path: path, Span: &smm.Span{Start: h.Start, End: h.End},
		})
	}
}

// Hit is a match.
type Hit struct {
	Pattern    Pattern
	Start, End int  // bytes of the text as written
	Disguised  bool // only the skeleton matches
}

// Find returns what matches in a text, in order. Of hits of one pattern that
// overlap one is kept, and at most a hundred of each view.
func (f *Filter) Find(text string) []Hit {
	if len(f.patterns.patterns) == 0 || text == "" {
		return nil
	}
	plain := view(text, false)
	s := scan{f: f, excepted: f.excepted(plain)}
	s.look(plain, false)
	skeleton := view(text, true)
	s.look(skeleton, true)
	for _, part := range spelled(skeleton) {
		s.look(part, true)
	}
	return s.result()
}

func (f *Filter) excepted(cells []cell) cover {
	var spans []smm.Span
	if len(f.exceptions.patterns) > 0 {
		f.exceptions.look(cells, false, func(_ int, span smm.Span) { spans = append(spans, span) })
	}
	return newCover(spans)
}

// look calls hit for every match in cells.
func (m *matcher) look(cells []cell, skeleton bool, hit func(pattern int, span smm.Span)) {
	m.finder.find(cells, func(i, end int) {
		p := m.patterns[i]
		if skeleton && p.Plain {
			return
		}
		if from, to, ok := p.verify(cells, end, skeleton); ok {
			hit(i, smm.Span{Start: cells[from].start, End: cells[to-1].end})
		}
	})
}

// scan gathers the hits of one text.
type scan struct {
	f        *Filter
	excepted cover
	hits     map[int][]hit // by pattern
}

type hit struct {
	smm.Span
	disguised bool
}

func (s *scan) look(cells []cell, skeleton bool) {
	count := make(map[int]int)
	s.f.patterns.look(cells, skeleton, func(i int, span smm.Span) {
		if count[i] >= maxReasons || s.excepted.contains(span.Start, span.End) {
			return
		}
		count[i]++
		if s.hits == nil {
			s.hits = make(map[int][]hit)
		}
		s.hits[i] = append(s.hits[i], hit{span, skeleton})
	})
}

// result puts the hits in order. Those as written go first where hits overlap,
// so that a word is called disguised only if it is.
func (s *scan) result() []Hit {
	var out []Hit
	for i, hits := range s.hits {
		slices.SortStableFunc(hits, func(a, b hit) int {
			return cmp.Or(compareBool(a.disguised, b.disguised), cmp.Compare(a.Start, b.Start))
		})
		var kept []smm.Span // by start
		for _, h := range hits {
			at, _ := slices.BinarySearchFunc(kept, h.End, func(k smm.Span, end int) int { return cmp.Compare(k.Start, end) })
			if at > 0 && kept[at-1].End > h.Start {
				continue
			}
			kept = slices.Insert(kept, at, h.Span)
			out = append(out, Hit{Pattern: s.f.patterns.patterns[i].Pattern, Start: h.Start, End: h.End, Disguised: h.disguised})
		}
	}
	slices.SortFunc(out, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(a.Pattern.Pattern, b.Pattern.Pattern))
	})
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// cover answers whether a range lies within one of many.
type cover struct {
	spans []smm.Span // by start
	reach []int      // the furthest end of all spans up to here
}

func newCover(spans []smm.Span) cover {
	c := cover{spans: spans, reach: make([]int, len(spans))}
	slices.SortFunc(c.spans, func(a, b smm.Span) int { return cmp.Compare(a.Start, b.Start) })
	far := 0
	for i, s := range c.spans {
		far = max(far, s.End)
		c.reach[i] = far
	}
	return c
}

func (c cover) contains(start, end int) bool {
	i, _ := slices.BinarySearchFunc(c.spans, start+1, func(s smm.Span, at int) int { return cmp.Compare(s.Start, at) })
	return i > 0 && c.reach[i-1] >= end
}
