package smm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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

// Validate reports everything that is wrong with p on each of the channels,
// all at once and without writing anything anywhere. The error is about checks
// that could not be made (a platform that does not answer, a gate that fails);
// the findings of all other checks come with it.
func (c *Client) Validate(ctx context.Context, p *Post, channels []Ref) (Findings, error) {
	if err := checkChannels(channels); err != nil {
		return nil, err
	}
	results := c.each(len(channels), func(i int) (r Result) {
		post := p.For(channels[i].Platform)
		r.Findings, r.Err = c.validate(ctx, channels[i], &post)
		return r
	})
	var (
		all  Findings
		errs []error
	)
	for _, r := range results {
		all = append(all, r.Findings...)
		errs = append(errs, r.Err)
	}
	return all, errors.Join(errs...)
}

// validate checks a post as the channel's platform shall see it.
func (c *Client) validate(ctx context.Context, ch Ref, p *Post) (Findings, error) {
	v := &validation{c: c, ch: ch}
	err := v.run(ctx, p)
	return v.found, err
}

// validation collects the findings of one post on one channel.
type validation struct {
	c      *Client
	ch     Ref
	driver Driver
	caps   Capabilities
	limits Limits
	found  Findings
	// answers: the post will answer an item that is not public yet.
	answers bool
}

func (v *validation) run(ctx context.Context, p *Post) error {
	d, err := driverAs[Driver](v.c, v.ch, "validate")
	if err != nil {
		v.add("channel.unknown", "", nil, "%v", err)
		return nil
	}
	v.driver = d
	if v.caps, err = v.c.capabilities(ctx, v.ch, false); err != nil {
		return err
	}
	v.limits = v.caps.Limits()
	v.post(ctx, p, "", true)
	for i := range p.Thread {
		v.post(ctx, &p.Thread[i], fmt.Sprintf("thread[%d].", i), false)
	}
	v.thread(p)
	return errors.Join(v.ask(ctx, p), v.gates(ctx, p))
}

// gates asks the host's gates.
func (v *validation) gates(ctx context.Context, p *Post) error {
	var errs []error
	for _, g := range v.c.gates {
		found, err := g.Check(ctx, v.ch, p)
		for _, f := range found {
			f.Channel = v.ch
			v.found = append(v.found, f)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("smm: gate on %s: %w", v.ch, err))
		}
	}
	return errors.Join(errs...)
}

func (v *validation) add(code, path string, args map[string]string, format string, a ...any) {
	v.found = append(v.found, Finding{
		Code: code, Severity: SeverityError, Channel: v.ch, Path: path, Args: args,
		Message: fmt.Sprintf(format, a...), Source: v.limits.Source,
	})
}

func (v *validation) tooMany(code, path string, got, limit int64, unit string) {
	v.add(code, path, map[string]string{
		"got": strconv.FormatInt(got, 10), "max": strconv.FormatInt(limit, 10), "unit": unit,
	}, "%d %s, at most %d allowed", got, unit, limit)
}

// need checks that a capability is granted.
func (v *validation) need(x Capability, path string) bool {
	s := v.caps.Support(x)
	if s.State == StateGranted {
		return true
	}
	code, cure := "capability."+string(s.State), s.Cure
	if s.State == StateNever {
		code, cure = "capability.never", "this channel can never do that"
	}
	v.add(code, path, map[string]string{"capability": string(x)}, "%s: %s", x, cure)
	return false
}

// post checks one part. The first part may carry what belongs to the whole.
func (v *validation) post(ctx context.Context, p *Post, prefix string, first bool) {
	kind := v.kind(p, prefix, first)
	if p.Text == "" && len(p.Media) == 0 && p.Poll == nil && p.Card == nil && p.Quote.IsZero() {
		v.add("post.empty", prefix+"text", nil, "there is nothing to publish")
	}
	if !first && (len(p.Thread) > 0 || p.FirstComment != "") {
		v.add("thread.nested", prefix+"thread", nil, "a part of a thread has no parts or first comment of its own")
	}
	v.text(p, kind, prefix)
	v.entities(p, prefix)
	v.media(ctx, p, prefix)
	v.poll(p, prefix)
	if p.Card != nil {
		v.need(CapLink, prefix+"card")
		if p.Card.URL == "" {
			v.add("card.url", prefix+"card.url", nil, "a card needs a URL")
		}
	}
	if !p.Quote.IsZero() {
		v.need(CapQuote, prefix+"quote")
	}
	if n := v.limits.Langs; n > 0 && len(p.Languages) > n {
		v.tooMany("languages.too-many", prefix+"languages", int64(len(p.Languages)), int64(n), "languages")
	}
}

func (v *validation) kind(p *Post, prefix string, first bool) CreateKind {
	if !first {
		return CreateReply
	}
	if v.answers {
		v.need(CapReply, prefix+"reply_to")
		return CreateReply
	}
	kind, err := p.CreateKind()
	if err != nil {
		v.add("reply.target", prefix+"reply_to", nil, "%v", err)
		return CreatePost
	}
	if !p.ReplyTo.IsZero() && p.ReplyTo.Platform != v.ch.Platform {
		v.add("reply.platform", prefix+"reply_to", nil, "the item replied to is on %s", p.ReplyTo.Platform)
	}
	need := map[CreateKind]Capability{CreatePost: CapPost, CreateReply: CapReply, CreateMessage: CapMessage, CreateReviewAnswer: CapReviewAnswer}
	if x, ok := need[kind]; ok {
		v.need(x, prefix+"reply_to")
	}
	return kind
}

func (v *validation) thread(p *Post) {
	if len(p.Thread) > 0 && v.need(CapThread, "thread") {
		if n := v.limits.Thread; n > 0 && len(p.Thread)+1 > n {
			v.tooMany("thread.too-long", "thread", int64(len(p.Thread)+1), int64(n), "parts")
		}
	}
	if p.FirstComment != "" && v.need(CapReply, "first_comment") {
		v.text(&Post{Text: p.FirstComment}, CreateReply, "first_comment.")
	}
}

func (v *validation) text(p *Post, kind CreateKind, prefix string) {
	path := prefix + "text"
	if !utf8.ValidString(p.Text) {
		v.add("text.encoding", path, nil, "the text is not valid UTF-8")
		return
	}
	l := v.limits.Text
	switch {
	case kind == CreateReply && v.limits.Reply != (TextLimits{}):
		l = v.limits.Reply
	case kind == CreateMessage && v.limits.Message != (TextLimits{}):
		l = v.limits.Message
	}
	n := TextCount{Used: utf8.RuneCountInString(p.Text), Unit: UnitCodePoints, Bytes: len(p.Text)}
	if counter, ok := v.driver.(TextCounter); ok {
		n = counter.CountText(p)
	}
	if l.Max > 0 && n.Used > l.Max {
		v.tooMany("text.too-long", path, int64(n.Used), int64(l.Max), string(n.Unit))
	}
	if l.Bytes > 0 && n.Bytes > l.Bytes {
		v.tooMany("text.too-many-bytes", path, int64(n.Bytes), int64(l.Bytes), string(UnitBytes))
	}
}

func (v *validation) entities(p *Post, prefix string) {
	end := 0
	for i, e := range p.Entities {
		path := fmt.Sprintf("%sentities[%d]", prefix, i)
		switch {
		case e.Start < end || e.End <= e.Start || e.End > len(p.Text):
			v.add("entity.span", path, nil, "bytes %d to %d overlap another entity, are empty, or lie outside the text", e.Start, e.End)
		case !utf8.RuneStart(p.Text[e.Start]) || (e.End < len(p.Text) && !utf8.RuneStart(p.Text[e.End])):
			v.add("entity.span", path, nil, "bytes %d to %d cut a character", e.Start, e.End)
		}
		end = max(end, e.End)
	}
}

func (v *validation) poll(p *Post, prefix string) {
	if p.Poll == nil || !v.need(CapPoll, prefix+"poll") {
		return
	}
	l, q, path := v.limits.Poll, p.Poll, prefix+"poll"
	if len(q.Options) < max(l.MinOptions, 2) {
		v.add("poll.options", path, nil, "%d options, at least %d needed", len(q.Options), max(l.MinOptions, 2))
	}
	if l.MaxOptions > 0 && len(q.Options) > l.MaxOptions {
		v.tooMany("poll.too-many-options", path, int64(len(q.Options)), int64(l.MaxOptions), "options")
	}
	seen := make(map[string]bool, len(q.Options))
	for i, o := range q.Options {
		at := fmt.Sprintf("%s.options[%d]", path, i)
		if o == "" || seen[o] {
			v.add("poll.option", at, nil, "an option must not be empty or named twice")
		}
		seen[o] = true
		n := utf8.RuneCountInString(o)
		if counter, ok := v.driver.(TextCounter); ok {
			n = counter.CountText(&Post{Text: o}).Used
		}
		if l.OptionChars > 0 && n > l.OptionChars {
			v.tooMany("poll.option-too-long", at, int64(n), int64(l.OptionChars), "characters")
		}
	}
	if q.Duration <= 0 || (l.MinDuration > 0 && q.Duration < l.MinDuration) || (l.MaxDuration > 0 && q.Duration > l.MaxDuration) {
		v.add("poll.duration", path+".duration", nil, "%s; the platform takes %s to %s", q.Duration, l.MinDuration, l.MaxDuration)
	}
	if len(p.Media) > 0 {
		v.add("poll.media", path, nil, "a poll cannot stand beside media")
	}
}

// ask lets the driver add what only it knows, and check the vendor options.
func (v *validation) ask(ctx context.Context, p *Post) error {
	pv, ok := v.driver.(PostValidator)
	if !ok {
		if _, has := p.Options[v.ch.Platform]; has {
			v.add("options.unknown", "options", nil, "%s takes no options", v.ch.Platform)
		}
		return nil
	}
	var found Findings
	err := v.c.callOp(ctx, Call{Op: "validate", Tenant: v.c.tenant, Channel: v.ch}, func(ctx context.Context) (err error) {
		found, err = pv.ValidatePost(ctx, v.ch, p, v.caps)
		return err
	})
	for _, f := range found {
		f.Channel = v.ch
		v.found = append(v.found, f)
	}
	return err
}
