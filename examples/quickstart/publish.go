package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// schedule checks every row of the calendar, prints what there is to know, and
// hands the approved ones without errors to the scheduler.
func (d *desk) schedule(ctx context.Context, sum *summary) error {
	d.scr.heading("Checking %d rows of the calendar", len(d.plan.rows))
	at := time.Now().Add(2 * d.step)
	for i := range d.plan.rows {
		r := &d.plan.rows[i]
		ok, err := d.check(ctx, r, sum)
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
		items, fresh, err := d.enter(ctx, r, at)
		if err != nil {
			return fmt.Errorf("schedule %q: %w", r.ID, err)
		}
		if fresh {
			at = at.Add(d.step)
		}
		sum.Scheduled += items
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
		fs, err := d.client.Validate(ctx, &r.Post, channels)
		return fs, struct{}{}, err
	})
	sum.FindingList = append(sum.FindingList, notesOf(r, findings, channels)...)
	return !findings.HasErrors(), err
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

// enter schedules a row and returns how many items it makes. What an earlier
// run scheduled stays as it is, with the time that it was given then.
func (d *desk) enter(ctx context.Context, r *row, at time.Time) (items int, fresh bool, err error) {
	for _, err := range d.sched.List(ctx, scheduler.Query{Token: r.token()}) {
		if err != nil {
			return 0, false, err
		}
		items++
	}
	if items > 0 {
		return items, false, nil
	}
	// If another process comes between the look and the call, the token makes
	// one of the two a repetition of the other.
	planned, _, err := d.sched.Schedule(ctx, &r.Post, d.channelsOf(r), at, &scheduler.ScheduleOptions{Token: r.token()})
	return len(planned), true, err
}

// publish waits until everything is public, or known not to be.
func (d *desk) publish(ctx context.Context, sum *summary) error {
	d.scr.heading("Publishing %d items", sum.Scheduled)
	records, err := d.settle(ctx, "published", campaign)
	if err != nil {
		return err
	}
	if len(records) < sum.Scheduled {
		return fmt.Errorf("the database has %d of %d scheduled items: was it replaced meanwhile?", len(records), sum.Scheduled)
	}
	for _, r := range records {
		if r.Delivery.Phase == smm.PhasePublished {
			sum.Published++
			continue
		}
		sum.Failed = append(sum.Failed, fmt.Sprintf("%s on %s: %s: %v",
			strings.TrimPrefix(r.Token, "calendar:"), r.Delivery.Request.Channel.Platform, r.Delivery.Phase, r.Delivery.Err()))
	}
	sum.records = records
	return nil
}

// settle waits for all deliveries with a label, drawing progress. The scheduler
// does the work meanwhile, on its own.
func (d *desk) settle(ctx context.Context, done, label string) ([]*scheduler.Record, error) {
	for {
		var records []*scheduler.Record
		settled := 0
		for r, err := range d.sched.List(ctx, scheduler.Query{Labels: smm.Labels{Campaign: label}}) {
			if err != nil {
				return nil, err
			}
			records = append(records, r)
			if r.Delivery.Phase.Final() || r.Delivery.Phase == smm.PhaseHuman {
				settled++
			}
		}
		d.scr.progress(done, settled, len(records))
		if settled == len(records) {
			return records, nil
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
