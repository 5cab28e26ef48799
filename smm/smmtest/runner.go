package smmtest

import (
	"sync/atomic"
	"testing"

	"github.com/smmkit/smmkit/smm/sim"
)

// tester is what the suite needs of a test.
type tester interface {
	testing.TB
	// sub runs f as a subtest, beside its siblings if beside is set.
	sub(name string, beside bool, f func(tester))
	// under is the test that the platform's own code is given.
	under() *testing.T
}

type topic struct {
	name string
	run  func(tester, *suite)
}

// suite is one run of the suite over one platform.
type suite struct {
	open  func(tester) *Harness
	skip  map[string]string
	forms []Form
	name  string

	faulty  bool // the harness has a world
	revokes bool // access can be taken away
	counts  bool // what is public can be told

	serial atomic.Int64 // of marks
}

func newSuite(t tester, open func(tester) *Harness) *suite {
	t.Helper()
	h := open(t)
	s := &suite{
		open: open, skip: h.Skip, forms: h.Forms, name: string(h.Channel.Platform),
		faulty: h.World != nil, revokes: h.Revoke != nil, counts: h.World != nil || h.Items != nil,
	}
	if len(h.Forms) == 0 || h.NewDriver == nil {
		t.Fatal("the harness needs NewDriver and at least one Form")
	}
	return s
}

func (s *suite) run(t tester) {
	t.Helper()
	for _, p := range topics() {
		s.sub(t, "", p.name, func(t tester) { p.run(t, s) })
	}
}

// sub runs a subtest unless the harness says that it does not apply. path is
// that of the parent below the suite.
func (s *suite) sub(t tester, path, name string, f func(tester)) {
	t.Helper()
	if path != "" {
		path += "/"
	}
	reason, skipped := s.skip[path+name]
	t.sub(name, true, func(t tester) {
		if skipped {
			t.Skip(reason)
		}
		f(t)
	})
}

// needFaults skips a test that makes things go wrong.
func (s *suite) needFaults(t tester) {
	t.Helper()
	if !s.faulty {
		t.Skip("nothing can be made to go wrong: the harness has no World")
	}
}

// needCount skips a test that counts what is public.
func (s *suite) needCount(t tester) {
	t.Helper()
	if !s.counts {
		t.Skip("nothing counts what is public: the harness has neither World nor Items")
	}
}

// text returns the plainest form of a new post.
func (s *suite) text(t tester) Form {
	t.Helper()
	for _, f := range s.forms {
		if f.Name == "text" {
			return f
		}
	}
	return s.forms[0]
}

// leads reports whether f is the first form of its kind and guarantee. Such
// forms get the full choice of faults, the others, which take
// the same way through the driver, a coarser one.
func (s *suite) leads(f Form) bool {
	for _, g := range s.forms {
		if g.Kind == f.Kind && g.Class == f.Class {
			return g.Name == f.Name
		}
	}
	return true
}

// needLead skips the other forms if time is short.
func (s *suite) needLead(t tester, f Form) {
	t.Helper()
	if testing.Short() && !s.leads(f) {
		t.Skip("-short: another form takes the same way through the driver")
	}
}

// standard is a tester over the testing package.
type standard struct{ *testing.T }

func (r *standard) under() *testing.T { return r.T }

func (r *standard) sub(name string, beside bool, f func(tester)) {
	r.T.Helper()
	r.T.Run(name, func(t *testing.T) {
		if beside {
			t.Parallel()
		}
		f(&standard{t})
	})
}

// requests sums up the requests of classes that reached the server so far, as
// far as there is a world that counts them.
func requests(w *sim.World, classes ...sim.Class) int {
	n := 0
	if w == nil {
		return n
	}
	for _, c := range classes {
		n += w.Faults.RequestsOf(c)
	}
	return n
}

// allClasses are the classes of requests.
var allClasses = [...]sim.Class{sim.Read, sim.Prepare, sim.Commit, sim.Write, sim.Auth}
