package smm

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Severity orders findings.
type Severity string

// The severities. Only SeverityError stops a post.
const (
	SeverityInfo    Severity = "info"
	SeverityWarning Severity = "warning"
	SeverityError   Severity = "error"
)

// Finding is one thing to know about a post before it leaves. Code and Args
// are stable, so that a host can phrase it in its own language; Message is the
// English text.
type Finding struct {
	Code     string            `json:"code"` // "text.too-long", "media.type", "capability.missing-scope"
	Severity Severity          `json:"severity"`
	Channel  Ref               `json:"channel,omitzero"` // zero: the same on every channel
	Path     string            `json:"path,omitempty"`   // where in the post: "text", "media[1].alt_text", "thread[0].text"
	Span     *Span             `json:"span,omitempty"`   // byte range in the field at Path
	Args     map[string]string `json:"args,omitempty"`
	Message  string            `json:"message"`
	Fix      *Fix              `json:"fix,omitempty"`
	Source   string            `json:"source,omitempty"` // the rule's origin, with the date read
}

// Span is a byte range, End exclusive.
type Span struct{ Start, End int }

// Fix is a change that would settle a finding: replace the finding's span (or
// the whole field) with Replacement.
type Fix struct {
	Replacement string `json:"replacement"`
	Automatic   bool   `json:"automatic,omitempty"` // safe to apply without asking
}

// String gives one line for people.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", f.Severity, f.Code)
	if !f.Channel.IsZero() {
		b.WriteString(" " + f.Channel.String())
	}
	if f.Path != "" {
		b.WriteString(" " + f.Path)
	}
	b.WriteString(": " + f.Message)
	return b.String()
}

// Findings is a list of findings. All of them are reported at once.
type Findings []Finding

// HasErrors reports whether any finding stops the post.
func (fs Findings) HasErrors() bool {
	return slices.ContainsFunc(fs, func(f Finding) bool { return f.Severity == SeverityError })
}

// On returns the findings that concern a channel: its own and those of every
// channel.
func (fs Findings) On(ch Ref) Findings {
	var out Findings
	for _, f := range fs {
		if f.Channel.IsZero() || f.Channel == ch {
			out = append(out, f)
		}
	}
	return out
}

// Err returns nil if nothing stops the post, else a *FindingsError.
func (fs Findings) Err() error {
	if !fs.HasErrors() {
		return nil
	}
	return &FindingsError{Findings: fs}
}

// FindingsError carries the findings that stopped a post. It matches
// ErrInvalid.
type FindingsError struct{ Findings Findings }

// Error implements error.
func (e *FindingsError) Error() string {
	var lines []string
	for _, f := range e.Findings {
		if f.Severity == SeverityError {
			lines = append(lines, f.String())
		}
	}
	return "not sent: " + strings.Join(lines, "; ")
}

// Unwrap returns ErrInvalid.
func (e *FindingsError) Unwrap() error { return ErrInvalid }

// Gate looks at a post before it leaves for a channel. Package brand, package
// moderation and hosts implement it to veto (SeverityError) or warn. p is the
// post as the channel's platform shall see it and must not be changed. An
// error, as opposed to a finding, means that the check could not be made; it
// blocks the post, since an unchecked post is not a checked one. Gates are
// called concurrently.
type Gate interface {
	Check(ctx context.Context, ch Ref, p *Post) (Findings, error)
}

// GateFunc is a function as a Gate.
type GateFunc func(ctx context.Context, ch Ref, p *Post) (Findings, error)

// Check calls f.
func (f GateFunc) Check(ctx context.Context, ch Ref, p *Post) (Findings, error) { return f(ctx, ch, p) }
