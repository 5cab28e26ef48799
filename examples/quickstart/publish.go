package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// schedule checks every row of the calendar, prints what there is to know, and
// hands the approved ones without errors to the scheduler.
func (d *desk) schedule(ctx context.Context, sum *summary) error {
	d.scr.heading("Checking %d rows of the calendar", len(d.plan.rows))
	at := d.stage.clock.Now().Add(2 * d.step)
	for i := range d.plan.rows {
		r := &d.plan.rows[i]
		ok, err := d.check(ctx, r, sum)
		ok = ok && d.checkParent(r, sum)
		switch {
		case err != nil:
			return fmt.Errorf("check %q: %w", r.ID, err)
		case !ok:
			sum.Stopped++
			continue
		case !r.Approved:
			sum.NotApproved++
			continue
		}
		sum.due = append(sum.due, r)
		sum.Scheduled += len(d.channelsOf(r)) * len(r.parts())
		if r.Quotes != "" {
			continue // when it is known what it quotes
		}
		fresh, err := d.enter(ctx, r, at)
		if err != nil {
			return fmt.Errorf("schedule %q: %w", r.ID, err)
		}
		if fresh {
			at = at.Add(d.step)
		}
	}
	d.scr.findings(sum.FindingList)
	sum.Findings = len(sum.FindingList)
	d.scr.say("%d rows: %d go out, %d are stopped by a finding, %d wait for approval",
		len(d.plan.rows), len(sum.due), sum.Stopped, sum.NotApproved)
	return nil
}

// check collects the findings about a row and reports whether it may go out. A
// row that is wrong on one channel goes nowhere: its author should decide what
// to do about it.
func (d *desk) check(ctx context.Context, r *row, sum *summary) (ok bool, err error) {
	sum.FindingList = append(sum.FindingList, r.Problems...)
	if len(r.Problems) > 0 {
		return false, nil
	}
	channels := d.channelsOf(r)
	if len(channels) == 0 {
		sum.FindingList = append(sum.FindingList, note{
			Row: r.ID, Line: r.Line, Severity: smm.SeverityWarning, Code: "calendar.no-account", Path: "channels",
			Message: "there is no account on the platforms of this row",
		})
		return false, nil
	}
	findings, _, err := patiently(ctx, d.scr, func() (smm.Findings, struct{}, error) {
		fs, err := d.validate(ctx, r, channels)
		return fs, struct{}{}, err
	})
	if d.stage.control != nil { // the vendor could not fetch media from this machine, but its simulator can
		findings = slices.DeleteFunc(findings, func(f smm.Finding) bool { return f.Code == "media.unreachable" })
	}
	sum.FindingList = append(sum.FindingList, notesOf(r, findings, channels)...)
	return !findings.HasErrors(), err
}

// validate checks a row on its channels. What another row will be is not known
// yet, so something stands in for it.
func (d *desk) validate(ctx context.Context, r *row, channels []smm.Ref) (smm.Findings, error) {
	if r.parent() == "" {
		return d.client.Validate(ctx, &r.Post, channels)
	}
	var all smm.Findings
	for _, ch := range channels {
		post := r.referring(ch.WithKind(smm.KindPost, "1"))
		findings, err := d.client.Validate(ctx, &post, []smm.Ref{ch})
		if err != nil {
			return nil, err
		}
		all = append(all, findings...)
	}
	return all, nil
}

// referring returns the row's post with what it answers or quotes.
func (r *row) referring(to smm.Ref) smm.Post {
	post := r.Post
	if r.Quotes != "" {
		post.Quote = to
	} else {
		post.ReplyTo = to
	}
	return post
}

// checkParent reports whether what the row answers or quotes goes out.
func (d *desk) checkParent(r *row, sum *summary) bool {
	if r.parent() == "" || slices.ContainsFunc(sum.due, func(due *row) bool { return due.ID == r.parent() }) {
		return true
	}
	sum.FindingList = append(sum.FindingList, note{
		Row: r.ID, Line: r.Line, Severity: smm.SeverityError, Code: "calendar.parent", Path: "reply_to",
		Message: fmt.Sprintf("%q, which it is about, does not go out", r.parent()),
	})
	return false
}

// notesOf names the findings about a row. What is the same on each of its
// channels is said once.
func notesOf(r *row, findings smm.Findings, channels []smm.Ref) []note {
	out := make([]note, 0, len(findings))
	count := make(map[note]int)
	for _, f := range findings {
		n := note{Row: r.ID, Line: r.Line, Severity: f.Severity, Code: f.Code, Path: f.Path, Message: f.Message}
		count[n]++
		out = append(out, n)
	}
	for i, f := range findings {
		if len(channels) == 1 || count[out[i]] < len(channels) {
			out[i].Platform = f.Channel.Platform
		}
	}
	said := make(map[note]bool)
	return slices.DeleteFunc(out, func(n note) bool {
		again := said[n]
		said[n] = true
		return again
	})
}

// channelsOf returns the channels of a row on which there is an account.
func (d *desk) channelsOf(r *row) []smm.Ref {
	var out []smm.Ref
	for _, p := range r.Channels {
		if c, ok := channelOf(d.channels, p); ok {
			out = append(out, c.Ref)
		}
	}
	return out
}

// enter schedules a row and reports whether that was new. What an earlier run
// scheduled stays as it is, with the time that it was given then.
func (d *desk) enter(ctx context.Context, r *row, at time.Time) (fresh bool, err error) {
	channels := d.channelsOf(r)
	if r.parent() == "" {
		return d.enterOn(ctx, channels, &r.Post, at, &scheduler.ScheduleOptions{Token: r.token("")})
	}
	records, err := d.list(ctx, campaign)
	if err != nil {
		return false, err
	}
	heads := headsOf(records)
	for _, ch := range channels {
		o, post := &scheduler.ScheduleOptions{Token: r.token(ch.Platform)}, r.Post
		parent := heads[place{r.parent(), ch}]
		switch {
		case parent == nil:
			return fresh, fmt.Errorf("the database has no entry for %q on %s", r.parent(), ch.Platform)
		case r.ReplyTo != "": // waits for the post that it answers
			o.After = &smm.After{Parent: parent.Delivery.ID}
		case parent.Delivery.Phase != smm.PhasePublished:
			continue // there is nothing to quote; the post that is missing is told
		default:
			post = r.referring(parent.Delivery.Outcome.Post)
		}
		made, err := d.enterOn(ctx, []smm.Ref{ch}, &post, at, o)
		if err != nil {
			return fresh, err
		}
		fresh = fresh || made
	}
	return fresh, nil
}

func (d *desk) enterOn(ctx context.Context, channels []smm.Ref, p *smm.Post, at time.Time, o *scheduler.ScheduleOptions) (fresh bool, err error) {
	for _, err := range d.sched.List(ctx, scheduler.Query{Token: o.Token}) {
		return false, err // it is there already, or cannot be looked up
	}
	// If another process comes between the look and the call, the token makes
	// one of the two a repetition of the other.
	_, _, err = d.sched.Schedule(ctx, p, channels, at, o)
	return true, err
}

// list returns the deliveries with a label, by planned time.
func (d *desk) list(ctx context.Context, label string) ([]*scheduler.Record, error) {
	var records []*scheduler.Record
	for r, err := range d.sched.List(ctx, scheduler.Query{Labels: smm.Labels{Campaign: label}}) {
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// place says where a post of the calendar stands.
type place struct {
	row     string // id
	channel smm.Ref
}

// headsOf returns the first part of each row on each channel: not what goes on
// with a thread, and no first comment.
func headsOf(records []*scheduler.Record) map[place]*scheduler.Record {
	entries := make(map[string]string) // by delivery
	for _, r := range records {
		entries[r.Delivery.ID] = r.Delivery.Entry
	}
	heads := make(map[place]*scheduler.Record)
	for _, r := range records {
		if d := &r.Delivery; d.Parent == "" || entries[d.Parent] != d.Entry {
			heads[place{rowOf(r.Token), d.Request.Channel}] = r
		}
	}
	return heads
}

// publish waits until everything is public, or known not to be.
func (d *desk) publish(ctx context.Context, sum *summary) error {
	d.scr.heading("Publishing %d items", sum.Scheduled)
	if _, err := d.settle(ctx, "published", campaign, sum.Scheduled); err != nil {
		return err
	}
	for _, r := range sum.due {
		if r.Quotes == "" {
			continue
		}
		if _, err := d.enter(ctx, r, d.stage.clock.Now()); err != nil {
			return fmt.Errorf("schedule %q: %w", r.ID, err)
		}
	}
	records, err := d.settle(ctx, "published", campaign, sum.Scheduled)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Delivery.Phase == smm.PhasePublished {
			sum.Published++
			continue
		}
		sum.Failed = append(sum.Failed, fmt.Sprintf("%s on %s: %s: %v",
			rowOf(r.Token), r.Delivery.Request.Channel.Platform, r.Delivery.Phase, r.Delivery.Err()))
	}
	if len(records) < sum.Scheduled && len(sum.Failed) == 0 {
		return fmt.Errorf("the database has %d of %d scheduled items: was it replaced meanwhile?", len(records), sum.Scheduled)
	}
	sum.records = records
	return nil
}

// settle waits for all deliveries with a label, drawing progress towards a
// number of them. The scheduler does the work meanwhile, on its own.
func (d *desk) settle(ctx context.Context, done, label string, total int) ([]*scheduler.Record, error) {
	for {
		records, err := d.list(ctx, label)
		if err != nil {
			return nil, err
		}
		settled := 0
		for _, r := range records {
			if r.Delivery.Phase.Final() || r.Delivery.Phase == smm.PhaseHuman {
				settled++
			}
		}
		d.scr.progress(done, settled, max(total, len(records)))
		if settled == len(records) {
			return records, nil
		}
		if d.stage.hurries {
			if err := d.hurry(ctx, records); err != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case err := <-d.stopped:
			d.stopped <- err // Close waits for it too
			return nil, errors.Join(errors.New("the scheduler stopped"), err)
		case <-d.changed:
		case <-time.After(200 * time.Millisecond): // another process may work on it too
		}
	}
}
