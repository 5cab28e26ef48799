package vaulttest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// recorder notes failures instead of failing, so that a test can tell whether
// the suite catches a broken store.
type recorder struct {
	testing.TB
	mu    sync.Mutex
	lines []string
	ctx   context.Context
}

// watch runs f and returns what it complained about.
func watch(t *testing.T, f func(t testing.TB)) []string {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := &recorder{TB: t, ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r.lines
}

func (r *recorder) note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, s)
}

func (r *recorder) Context() context.Context     { return r.ctx }
func (r *recorder) Helper()                      {}
func (r *recorder) Error(args ...any)            { r.note(fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, args ...any) { r.note(fmt.Sprintf(f, args...)) }
func (r *recorder) Fatal(args ...any)            { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); runtime.Goexit() }
func (r *recorder) Failed() bool                 { r.mu.Lock(); defer r.mu.Unlock(); return len(r.lines) > 0 }
