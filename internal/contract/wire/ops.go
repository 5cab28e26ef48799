package wire

import (
	"context"
	"log/slog"
	"maps"
	"sync"
)

// Ops is a slog.Handler that learns from the clients' log which operations they
// asked for and which of them succeeded. The log is the one place that names
// both the operation and the answer.
type Ops struct {
	mu   sync.Mutex
	seen map[string]bool // by operation: whether it succeeded once
}

// Seen returns every operation that was asked for, with whether it succeeded.
func (o *Ops) Seen() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.seen)
}

// Succeeded lists the operations that succeeded at least once.
func (o *Ops) Succeeded() []string {
	var out []string
	for op, ok := range o.Seen() {
		if ok {
			out = append(out, op)
		}
	}
	return out
}

// Enabled implements slog.Handler.
func (o *Ops) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (o *Ops) Handle(_ context.Context, r slog.Record) error {
	var op string
	var status int64
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "op":
			op = a.Value.String()
		case "status":
			status = a.Value.Int64()
		}
		return true
	})
	if op == "" || r.Message != "http request" {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen == nil {
		o.seen = make(map[string]bool)
	}
	o.seen[op] = o.seen[op] || status >= 200 && status < 300
	return nil
}

// WithAttrs implements slog.Handler.
func (o *Ops) WithAttrs([]slog.Attr) slog.Handler { return o }

// WithGroup implements slog.Handler.
func (o *Ops) WithGroup(string) slog.Handler { return o }
