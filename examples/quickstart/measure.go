package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/report"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// measure reads numbers back, computes the key figures of each channel, and
// writes the report.
func (d *desk) measure(ctx context.Context, sum *summary) error {
	d.scr.heading("Reading numbers back")
	var metrics []smm.Metric
	for _, c := range d.channels {
		got, err := d.numbers(ctx, c.Ref, sum.records)
		if err != nil {
			return fmt.Errorf("metrics of %s: %w", c.Ref.Platform, err)
		}
		metrics = append(metrics, got...)
	}
	kpis, err := analytics.Summarize(metrics)
	if err != nil {
		return err
	}
	sum.KPIs, sum.names = kpis, make(map[smm.Ref]string)
	for _, c := range d.channels {
		sum.names[c.Ref] = string(c.Ref.Platform) + " " + cmp.Or(c.Handle, c.Name)
	}
	return d.report(metrics, sum)
}

// numbers reads what a platform counted: of the channel itself, and of every
// post that was published there. Comments have no numbers on most.
func (d *desk) numbers(ctx context.Context, ch smm.Ref, records []*scheduler.Record) ([]smm.Metric, error) {
	var posts []smm.Ref
	for _, r := range records {
		if post := r.Delivery.Outcome.Post; r.Delivery.Request.Channel == ch && post.Kind == smm.KindPost {
			posts = append(posts, post)
		}
	}
	requests := []smm.MetricRequest{{Subjects: []smm.Ref{ch}}}
	if len(posts) > 0 {
		requests = append(requests, smm.MetricRequest{Subjects: posts})
	}
	var out []smm.Metric
	for _, req := range requests {
		got, _, err := patiently(ctx, d.scr, func() ([]smm.Metric, struct{}, error) {
			m, err := d.client.Channel(ch).Metrics(ctx, req)
			return m, struct{}{}, err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
	}
	return out, nil
}

// report writes the page that the boss asks for.
func (d *desk) report(metrics []smm.Metric, sum *summary) error {
	r := report.ForChannels("Opening campaign of the bakery", sum.KPIs, func(ch smm.Ref) string { return sum.names[ch] })
	r.Generated = d.stage.clock.Now()
	r.Summary = []string{
		fmt.Sprintf("%d of %d scheduled items were published.", sum.Published, sum.Scheduled),
		fmt.Sprintf("%d comments were moderated and %d questions answered.", sum.Moderated, sum.Answered),
	}
	if sum.Lost != nil {
		r.Summary = append(r.Summary, fmt.Sprintf("As the public saw it: %d lost, %d duplicated.", *sum.Lost, *sum.Duplicated))
	}
	r.Sections = append(r.Sections, report.Section{Title: "Every item", Table: itemTable(metrics, sum)})
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		return err
	}
	sum.Report = filepath.Join(d.dir, "report.html")
	return writeFile(sum.Report, page.Bytes())
}

// itemTable shows what each published item drew, with a link to it.
func itemTable(metrics []smm.Metric, sum *summary) *report.Table {
	values := make(map[smm.Ref]map[smm.MetricName]report.Cell)
	for _, m := range metrics {
		if values[m.Subject] == nil {
			values[m.Subject] = make(map[smm.MetricName]report.Cell)
		}
		if m.State.Known() {
			values[m.Subject][m.Name] = report.Text(strconv.FormatInt(m.Value, 10))
		}
	}
	t := &report.Table{
		Caption: "Published items in the order of the calendar",
		Columns: []report.Column{{Name: "Item"}, {Name: "Channel"}, {Name: "Likes", Numeric: true}, {Name: "Comments", Numeric: true}, {Name: "Shares", Numeric: true}},
	}
	for _, r := range sum.records {
		o := r.Delivery.Outcome
		if r.Delivery.Phase != smm.PhasePublished {
			continue
		}
		cells := make([]report.Cell, 0, len(t.Columns))
		cells = append(cells,
			report.Cell{Text: shorten(r.Delivery.Request.Post.Text, 60), Link: o.URL},
			report.Text(sum.names[r.Delivery.Request.Channel]))
		for _, name := range []smm.MetricName{smm.MetricLikes, smm.MetricComments, smm.MetricShares} {
			cell, known := values[o.Post][name]
			if !known {
				cell = report.Cell{Text: "n/a", Note: "not reported"} // unknown is never 0
			}
			cells = append(cells, cell)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
