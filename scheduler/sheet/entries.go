package sheet

import (
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/smm"
)

// Resolver returns the channels that a row means: platform is one of the names in
// its column of that name, or "" if it has none, channel one of those in its
// column, or "". Most hosts look the names up in what Client.Channels gave them. An
// error becomes that of the cell.
type Resolver func(platform, channel string) ([]smm.Ref, error)

// EntryOptions shape Entries. nil means the zero value.
type EntryOptions struct {
	// Prefix stands before the ID of a row in the Token of its entry: default
	// "sheet:". A row without an ID has no Token.
	Prefix string
	// Options are those of every entry; Token, Labels and Zone are the row's.
	Options scheduler.ScheduleOptions
}

// Plan is a table as it is scheduled: Entries[i] is made of Rows[i].
type Plan struct {
	Entries []scheduler.Entry
	Rows    []Row
	// Drafts are the rows whose status says that they are not to be sent yet, and
	// Done those that are for the record alone.
	Drafts, Done []Row
}

// Plan turns the rows that are to be scheduled into entries for
// scheduler.ScheduleAll. What is wrong is reported at once, as an Errors, and then
// there is no plan. The texts are not counted here: ScheduleAll validates.
func (s *Sheet) Plan(resolve Resolver, o *EntryOptions) (*Plan, error) {
	if o == nil {
		o = &EntryOptions{}
	}
	if resolve == nil {
		return nil, fmt.Errorf("%w: sheet: no Resolver: who knows what channels are called?", smm.ErrInvalid)
	}
	var (
		plan Plan
		errs Errors
	)
	for i := range s.Rows {
		r := &s.Rows[i]
		switch state, _ := r.State(s.statuses); state {
		case StateDraft:
			plan.Drafts = append(plan.Drafts, *r)
			continue
		case StateDone:
			plan.Done = append(plan.Done, *r)
			continue
		case StateSchedule:
		}
		e, wrong := r.entry(resolve, o)
		errs = append(errs, wrong...)
		plan.Entries, plan.Rows = append(plan.Entries, e), append(plan.Rows, *r)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return &plan, nil
}

// Errors translates what ScheduleAll says of the plan's entries to their lines. An
// error that is about no entry comes back as it is.
func (p *Plan) Errors(err error) error {
	batch, ok := errors.AsType[*scheduler.BatchError](err)
	if !ok {
		return err
	}
	var errs Errors
	for i, e := range batch.Errors {
		errs = append(errs, CellError{Line: p.Rows[i].Line, Code: "schedule", Message: e.Error()})
	}
	sortErrors(errs)
	return errs
}

func (r *Row) entry(resolve Resolver, o *EntryOptions) (scheduler.Entry, Errors) {
	channels, errs := r.channels(resolve)
	zone, err := civil.LoadZone(r.Zone)
	if err != nil {
		errs = append(errs, CellError{Line: r.Line, Column: "zone", Value: clip(r.Zone), Code: "zone", Message: err.Error()})
	}
	at, _ := civil.Resolve(r.Day.At(r.Time), zone)
	opts := o.Options
	opts.Zone, opts.Labels = r.Zone, smm.Labels{}
	if r.ID != "" {
		prefix := o.Prefix
		if prefix == "" {
			prefix = "sheet:"
		}
		opts.Token = prefix + r.ID
	}
	return scheduler.Entry{Post: r.Post(), Channels: channels, At: at, Options: &opts}, errs
}

// Post returns the row as a post: thread, first comment, media, the link as a card,
// and labels.
func (r *Row) Post() *smm.Post {
	p := &smm.Post{
		Text: r.Text, FirstComment: r.FirstComment,
		Labels: smm.Labels{
			Topic: r.Topic, Campaign: r.Campaign, ContentType: r.Type, Pillar: r.Pillar, Brand: r.Brand,
			Objective: r.Objective, Assignee: r.Assignee, Tags: r.Labels,
		},
	}
	if r.Language != "" {
		p.Languages = []string{r.Language}
	}
	if r.Link != "" {
		p.Card = &smm.Card{URL: r.Link}
	}
	for _, m := range r.Media {
		p.Media = append(p.Media, smm.Media{Name: m.Name, AltText: m.Alt})
	}
	for _, part := range r.Thread {
		p.Thread = append(p.Thread, smm.Post{Text: part, Languages: p.Languages})
	}
	return p
}

// channels asks for every pair of the names in the two columns.
func (r *Row) channels(resolve Resolver) ([]smm.Ref, Errors) {
	var (
		out   []smm.Ref
		errs  Errors
		seen  = make(map[smm.Ref]bool)
		names = splitList(r.Channel)
		kinds = r.platforms()
	)
	if len(names) == 0 {
		names = []string{""}
	}
	if len(kinds) == 0 {
		kinds = []string{""}
	}
	fail := func(value, format string, args ...any) {
		errs = append(errs, CellError{Line: r.Line, Column: "channel", Value: clip(value), Code: "channel", Message: fmt.Sprintf(format, args...)})
	}
	if names[0] == "" && kinds[0] == "" {
		fail("", "the row names neither a platform nor a channel")
		return nil, errs
	}
	for _, kind := range kinds {
		for _, name := range names {
			refs, err := resolve(kind, name)
			switch {
			case err != nil:
				fail(kind+" "+name, "%v", err)
			case len(refs) == 0:
				fail(kind+" "+name, "no channel is called so")
			}
			for _, ref := range refs {
				if !seen[ref] {
					seen[ref] = true
					out = append(out, ref)
				}
			}
		}
	}
	return out, errs
}
