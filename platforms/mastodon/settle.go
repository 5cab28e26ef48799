package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const (
	// clockSkew is how far a server's clock may be behind ours.
	clockSkew = 2 * time.Minute
	// baselineSkew is the same where the newest status before the first attempt
	// is known, which bounds the search whatever the clocks say.
	baselineSkew = 10 * time.Minute
	// maxSettlePages bounds a search: 1,000 statuses.
	maxSettlePages = 25
)

// Settle implements smm.Publisher. It looks for the item among the channel's
// own statuses and, for one that the server shall publish, among the scheduled
// ones. Exactly one that fits is the item. None, with the whole time read, is
// absence. Anything else is not known.
func (d *Driver) Settle(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{}, d.prepareError(r, fmt.Errorf("%w: mastodon: the prepared state cannot be read", smm.ErrInvalid))
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{}, err
	}
	if st.Params.ScheduledAt != nil {
		return d.settleScheduled(ctx, s, r, &st, a)
	}
	return d.settleOwn(ctx, s, r, &st, a)
}

func (d *Driver) settleOwn(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, a smm.Attempt) (smm.Outcome, error) {
	since := a.First.Add(-clockSkew)
	if st.Baseline != "" {
		since = a.First.Add(-baselineSkew)
	}
	f := finder{s: s, channel: r.Channel, want: st, since: since}
	if err := f.run(ctx); err != nil {
		return smm.Outcome{}, err
	}
	switch {
	case len(f.found) == 1:
		return published(r.Channel, st, &f.found[0], smm.EvidenceReadBack), nil
	case len(f.found) > 1 || f.unsure:
		return smm.Outcome{State: smm.OutcomeUnknown}, nil
	}
	return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceReadBack}, nil
}

// settleScheduled: pending while the server lists it; then public, or given up.
func (d *Driver) settleScheduled(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, a smm.Attempt) (smm.Outcome, error) {
	pending, err := d.pending(ctx, s, st)
	if err != nil {
		return smm.Outcome{}, err
	}
	if pending != nil {
		return smm.Outcome{State: smm.OutcomePending, Next: afterDue(pending.ScheduledAt.Time), Evidence: smm.EvidenceHandle}, nil
	}
	o, err := d.settleOwn(ctx, s, r, st, a)
	if err != nil || o.State != smm.OutcomeAbsent {
		return o, err
	}
	now, due := d.cfg.Clock.Now(), *st.Params.ScheduledAt
	if !now.Before(due) && now.Before(due.Add(dueGrace)) {
		return smm.Outcome{State: smm.OutcomePending, Next: now.Add(30 * time.Second)}, nil
	}
	if a.Doubt {
		return o, nil
	}
	// The server had accepted it, so somebody took it back, or the server failed.
	return smm.Outcome{State: smm.OutcomeRefused, Evidence: smm.EvidenceReadBack}, &smm.Error{
		Op: "scheduled.list", Platform: Platform, Channel: r.Channel, Outcome: smm.OutcomeRefused,
		Err: fmt.Errorf("%w: it is neither scheduled any more nor public: cancelled on the server, or lost there", smm.ErrRejected),
	}
}

// pending finds the scheduled status that a delivery made: by its key where the
// server tells it, else by time, text, media and what it answers.
func (d *Driver) pending(ctx context.Context, s *session, st *prepared) (*ScheduledStatus, error) {
	p := ListParams{Limit: maxPage}
	seen := make(map[string]bool)
	for range maxSettlePages {
		page, err := s.Scheduled.List(ctx, p)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			if o := &page.Items[i]; isScheduled(st, o) {
				return o, nil
			}
		}
		if page.Next == "" || seen[page.Next] {
			return nil, nil
		}
		seen[page.Next] = true
		p = ListParams{Cursor: page.Next}
	}
	return nil, nil
}

func isScheduled(st *prepared, o *ScheduledStatus) bool {
	if st.Key != "" && o.Params.Idempotency != "" {
		return string(o.Params.Idempotency) == st.Key
	}
	apart := o.ScheduledAt.Sub(*st.Params.ScheduledAt).Abs()
	return apart < 2*time.Second && textx.SameText(string(o.Params.Text), st.Params.Status) && o.Params.InReplyToID == st.Params.InReplyToID &&
		max(len(o.MediaAttachments), len(o.Params.MediaIDs)) == len(st.Params.MediaIDs)
}

// finder looks for a status among the channel's own.
type finder struct {
	s       *session
	channel smm.Ref
	want    *prepared
	since   time.Time

	found  []Status
	unsure bool // something could be it and cannot be ruled out
}

// run reads from the newest status back to the baseline or the time.
func (f *finder) run(ctx context.Context) error {
	p := ListParams{Limit: maxPage}
	seen := make(map[string]bool)
	for range maxSettlePages {
		page, err := f.s.Accounts.Statuses(ctx, ID(f.channel.ID), StatusFilter{ExcludeReblogs: true}, p)
		if err != nil {
			return err
		}
		end, err := f.look(ctx, page.Items)
		if err != nil || end {
			return err
		}
		next := page.Next
		if next == "" && len(page.Items) >= maxPage {
			// A server that sends no Link header: go on by the last id.
			next = "limit=40&max_id=" + string(page.Items[len(page.Items)-1].ID)
		}
		if next == "" {
			return nil
		}
		if seen[next] {
			f.unsure = true // it leads in a circle, so the rest was not seen
			return nil
		}
		seen[next] = true
		p = ListParams{Cursor: next}
	}
	f.unsure = true
	return nil
}

// look judges the statuses of a page and reports whether the rest is too old.
func (f *finder) look(ctx context.Context, page []Status) (end bool, err error) {
	for i := range page {
		st := &page[i]
		switch {
		case st.ID == "":
			f.unsure = true
			continue
		case st.ID == f.want.Baseline, !st.CreatedAt.IsZero() && st.CreatedAt.Before(f.since):
			return true, nil
		case st.Reblog != nil:
			continue
		}
		fit := f.want.fits(st)
		if fit == maybe {
			if fit, err = f.ask(ctx, st); err != nil {
				return false, err
			}
		}
		switch fit {
		case yes:
			f.found = append(f.found, *st)
		case maybe:
			f.unsure = true
		}
	}
	return false, nil
}

// ask compares with the text as it was typed, of any version. What the server
// does not tell leaves the matter open.
func (f *finder) ask(ctx context.Context, st *Status) (fit, error) {
	src, err := f.s.Statuses.Source(ctx, st.ID)
	switch {
	case missing(err) || errors.Is(err, smm.ErrForbidden):
		return maybe, nil
	case err != nil:
		return no, err
	case sameText(string(src.Text), f.want.text()):
		return yes, nil
	case st.EditedAt.IsZero():
		return no, nil
	}
	versions, err := f.s.Statuses.History(ctx, st.ID)
	switch {
	case missing(err):
		return maybe, nil
	case err != nil:
		return no, err
	}
	for _, v := range versions {
		if sameText((&Status{Content: v.Content}).PlainText(), f.want.text()) {
			return yes, nil
		}
	}
	return no, nil
}

type fit int

const (
	no fit = iota
	maybe
	yes
)

// text is the status text as the server keeps it: a warning without a text
// becomes the text.
func (p *prepared) text() string {
	if strings.TrimSpace(p.Params.Status) == "" && len(p.Params.MediaIDs) == 0 && p.Params.Poll == nil {
		return p.Params.SpoilerText
	}
	return p.Params.Status
}

// fits compares a status with what was sent.
func (p *prepared) fits(st *Status) fit {
	w := &p.Params
	if len(st.MediaAttachments) != len(w.MediaIDs) || (st.Visibility == Direct) != (w.Visibility == Direct) || !p.samePoll(st) {
		return no
	}
	if p.text() == w.Status && !textx.SameText(string(st.SpoilerText), w.SpoilerText) {
		return no
	}
	if id := st.Quote.StatusID(); id != "" && id != w.QuotedStatusID {
		return no
	}
	text := p.sameText(st)
	switch {
	case text == no:
		return no
	case st.InReplyToID == w.InReplyToID:
		return text
	case st.InReplyToID == "":
		return maybe // what it answers may have been deleted since
	}
	return no
}

func (p *prepared) samePoll(st *Status) bool {
	if p.Params.Poll == nil || st.Poll == nil {
		return (p.Params.Poll == nil) == (st.Poll == nil)
	}
	titles := make([]string, 0, len(st.Poll.Options))
	for _, o := range st.Poll.Options {
		titles = append(titles, string(o.Title))
	}
	return slices.EqualFunc(titles, p.Params.Poll.Options, textx.SameText)
}

// sameText says no only where it is certain. A server that renders Markdown
// changes signs but keeps letters; an edited status once had another text.
func (p *prepared) sameText(st *Status) fit {
	shown := st.PlainText()
	if st.Pleroma != nil && st.Pleroma.Content.Plain != "" {
		shown = string(st.Pleroma.Content.Plain)
	}
	switch {
	case sameText(shown, p.text()):
		return yes
	case !st.EditedAt.IsZero(), p.Params.ContentType == "text/markdown", letters(shown) == letters(p.text()):
		return maybe
	}
	return no
}

// sameText compares a text as typed with one as shown. The HTML of a mention
// lacks the host, so hosts are left out of the comparison.
func sameText(a, b string) bool { return textx.SameText(withoutHosts(a), withoutHosts(b)) }

func withoutHosts(text string) string {
	var b strings.Builder
	pos := 0
	for _, e := range textx.Extract(text, textx.Rules{URLs: textx.URLScheme, Mentions: textx.MentionFediverse}) {
		if e.Kind != textx.Mention {
			continue
		}
		user, _, remote := strings.Cut(e.Value, "@")
		if !remote {
			continue
		}
		b.WriteString(text[pos:e.Start] + "@" + user)
		pos = e.End
	}
	return b.String() + text[pos:]
}

// letters keeps what no formatting changes.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, withoutHosts(text))
}

// mediaError makes a missing asset a final error.
func mediaError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", smm.ErrInvalid, err)
	}
	return err
}
