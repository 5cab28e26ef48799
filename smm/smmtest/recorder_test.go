package smmtest

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// recorder is a tester that notes failures instead of failing, so that the
// suite can be watched while it looks at a driver with a bug.
type recorder struct {
	testing.TB // what is not overridden is that of the test around it
	real       *testing.T
	name       string
	up         *recorder

	mu       sync.Mutex
	failed   bool
	skipped  bool
	lines    []string
	ran      []string // names of what was not skipped, of the whole run
	cleanups []func()
}

func newRecorder(t *testing.T) *recorder { return &recorder{TB: t, real: t} }

func (r *recorder) under() *testing.T { return r.real }

func (r *recorder) sub(name string, _ bool, f func(tester)) {
	c := &recorder{TB: r.TB, real: r.real, name: r.name + "/" + name, up: r}
	c.do(func() { f(c) })
	if !c.skipped {
		c.note(false, "")
	}
	for i := len(c.cleanups) - 1; i >= 0; i-- {
		c.do(c.cleanups[i])
	}
}

// do runs f so that FailNow, SkipNow and a panic end it and nothing else.
func (r *recorder) do(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		f()
	}()
	<-done
}

func (r *recorder) note(fail bool, s string) {
	for c := r; c != nil; c = c.up {
		c.mu.Lock()
		c.failed = c.failed || fail
		if !fail && c.up == nil {
			c.ran = append(c.ran, r.name)
		}
		if fail && s != "" && c.up == nil {
			c.lines = append(c.lines, r.name+": "+strings.SplitN(s, "\n", 2)[0])
		}
		c.mu.Unlock()
	}
}

func (r *recorder) Name() string { return r.real.Name() + r.name }

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Skipped() bool { return r.skipped }

func (r *recorder) Fail()                        { r.note(true, "failed") }
func (r *recorder) FailNow()                     { r.Fail(); runtime.Goexit() }
func (r *recorder) Log(...any)                   {}
func (r *recorder) Logf(string, ...any)          {}
func (r *recorder) Error(args ...any)            { r.note(true, fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, args ...any) { r.note(true, fmt.Sprintf(f, args...)) }
func (r *recorder) Fatal(args ...any)            { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); runtime.Goexit() }
func (r *recorder) SkipNow()                     { r.skipped = true; runtime.Goexit() }
func (r *recorder) Skip(...any)                  { r.SkipNow() }
func (r *recorder) Skipf(string, ...any)         { r.SkipNow() }
