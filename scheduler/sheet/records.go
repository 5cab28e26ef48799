package sheet

import (
	"cmp"
	"slices"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/smm"
)

// RecordOptions shape FromRecords.
type RecordOptions struct {
	// Zone is the IANA name of the zone of records without one of their own.
	Zone string
	// Channel returns how a channel is called in the columns platform and channel;
	// nil: its platform and the text form of its Ref.
	Channel func(smm.Ref) (platform, channel string)
}

// FromRecords makes a row of each post on each channel, with the parts of its
// thread and its first comment, sorted by time. Answers and other deliveries that
// stand alone are rows as well. A zone that is not known gives a *civil.ZoneError.
//
// Parts must be among rs with what they belong to. IDs of rows are those of the
// deliveries, so that the file can be read beside the store; a row that is changed
// and imported again is another post.
func FromRecords(rs []*scheduler.Record, o RecordOptions) ([]Row, error) {
	if o.Channel == nil {
		o.Channel = func(ref smm.Ref) (string, string) { return string(ref.Platform), ref.String() }
	}
	children := make(map[scheduler.Key][]*scheduler.Record)
	var heads []*scheduler.Record
	for _, r := range rs {
		if r.Delivery.Parent == "" {
			heads = append(heads, r)
			continue
		}
		k := scheduler.Key{Tenant: r.Delivery.Tenant, ID: r.Delivery.Parent}
		children[k] = append(children[k], r)
	}
	slices.SortStableFunc(heads, func(a, b *scheduler.Record) int { return a.Position().Compare(b.Position()) })
	rows := make([]Row, 0, len(heads))
	for _, r := range heads {
		zone, err := civil.LoadZone(cmp.Or(r.Zone, o.Zone))
		if err != nil {
			return nil, err
		}
		row := rowOf(r, civil.In(r.NotBefore, zone), zone)
		row.Platform, row.Channel = o.Channel(r.Delivery.Request.Channel)
		row.parts(r, children)
		rows = append(rows, row)
	}
	return rows, nil
}

func rowOf(r *scheduler.Record, at civil.DateTime, zone civil.Zone) Row {
	p := &r.Delivery.Request.Post
	l := &p.Labels
	row := Row{
		ID: r.Delivery.ID, Day: at.Date, Time: at.Time, Zone: zone.Name(), Type: l.ContentType, Text: p.Text,
		Labels: slices.Clone(l.Tags), Campaign: l.Campaign, Objective: l.Objective, Assignee: l.Assignee,
		Topic: l.Topic, Pillar: l.Pillar, Brand: l.Brand, Status: status(r.Delivery.Phase),
	}
	if p.Card != nil {
		row.Link = p.Card.URL
	}
	if len(p.Languages) > 0 {
		row.Language = p.Languages[0]
	}
	for _, m := range p.Media {
		row.Media = append(row.Media, Media{m.Name, m.AltText})
	}
	return row
}

// status is the word for a phase in a calendar.
func status(p smm.Phase) string {
	switch {
	case p == smm.PhaseHuman:
		return "in review"
	case p.Final():
		return string(p)
	}
	return "scheduled"
}

// parts adds the thread and the first comment of head. Of two deliveries that wait
// for it the one with parts of its own, or else the first, goes on with the thread.
func (r *Row) parts(head *scheduler.Record, children map[scheduler.Key][]*scheduler.Record) {
	for at := head; ; {
		next := children[at.Key()]
		if len(next) == 0 {
			return
		}
		i := max(0, slices.IndexFunc(next, func(c *scheduler.Record) bool { return len(children[c.Key()]) > 0 }))
		for j, c := range next {
			if j != i {
				r.FirstComment = c.Delivery.Request.Post.Text
			}
		}
		at = next[i]
		r.Thread = append(r.Thread, at.Delivery.Request.Post.Text)
	}
}
