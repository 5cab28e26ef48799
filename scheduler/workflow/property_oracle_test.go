package workflow_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

// oracle knows what people did to drafts, and says whether something may be sent.
// It keeps contents as text and shares no code with the machine.
type oracle struct {
	clock   smm.Clock
	process workflow.Process
	drafts  map[string]*known
	wrong   []string
}

type known struct {
	content workflow.Content
	authors []string
	yes     []yes
	embargo time.Time
	dropped bool
}

type yes struct {
	step, by, forWhom string
	at                time.Time
	what              string
}

func newOracle(c smm.Clock) *oracle { return &oracle{clock: c, drafts: make(map[string]*known)} }

func (o *oracle) created(id, by string, c workflow.Content) {
	o.drafts[id] = &known{content: c, authors: []string{by}}
}

func (o *oracle) edited(id, by string, c workflow.Content) {
	d := o.drafts[id]
	before, after := written(&d.content, workflow.FieldsAll), written(&c, workflow.FieldsAll)
	if before != after {
		d.authors = append(d.authors, by)
	}
	d.content = c
}

func (o *oracle) approved(id, step, by, forWhom string, c workflow.Content) {
	d := o.drafts[id]
	d.yes = append(d.yes, yes{step, by, forWhom, o.clock.Now(), written(&c, o.covers(step))})
}

func (o *oracle) covers(step string) workflow.Fields {
	for _, s := range o.process.Steps {
		if s.Name == step && s.Covers != 0 {
			return s.Covers
		}
	}
	return workflow.FieldsAll
}

func (o *oracle) rejected(id string) { o.drafts[id].yes = nil }

func (o *oracle) withdrawn(id, by string) {
	d := o.drafts[id]
	d.yes = slices.DeleteFunc(d.yes, func(y yes) bool { return y.by == by || y.forWhom == by })
}

// check judges a commit.
func (o *oracle) check(r *smm.PublishRequest) {
	now := o.clock.Now()
	id := r.Post.Text[:3] // each draft's texts begin with its name
	d := o.drafts[id]
	fail := func(f string, args ...any) {
		o.wrong = append(o.wrong, fmt.Sprintf("%s at %s: ", r.Post.Text, now.UTC().Format("15:04:05.000"))+fmt.Sprintf(f, args...))
	}
	if d == nil {
		fail("no such draft")
		return
	}
	if d.dropped {
		fail("sent after it was dropped")
	}
	if now.Before(d.embargo) {
		fail("sent under embargo until %s", d.embargo)
	}
	if now.Before(d.content.At) {
		fail("sent before its time %s", d.content.At)
	}
	o.checkContent(d, r, fail)
	for _, s := range o.process.Steps {
		what := written(&d.content, o.covers(s.Name))
		people := make(map[string]bool)
		for _, y := range d.yes {
			old := s.Expiry > 0 && !now.Before(y.at.Add(s.Expiry))
			if y.step == s.Name && y.what == what && !old && !slices.Contains(d.authors, y.by) && !slices.Contains(d.authors, y.forWhom) {
				people[y.by] = true
			}
		}
		if len(people) < max(1, s.Need) {
			fail("step %s has %d approvals that count", s.Name, len(people))
		}
	}
}

// checkContent compares what is sent with what the draft says on that channel.
func (o *oracle) checkContent(d *known, r *smm.PublishRequest, fail func(string, ...any)) {
	p := d.content.Post
	root := p.Text
	if v, has := p.Variants[r.Channel.Platform]; has && v.Text != nil {
		root = *v.Text
	}
	texts := []string{root}
	media := map[string][]smm.Media{root: p.Media}
	for _, part := range p.Thread {
		texts = append(texts, part.Text)
		media[part.Text] = part.Media
	}
	if p.FirstComment != "" {
		texts = append(texts, p.FirstComment)
	}
	switch {
	case !slices.Contains(d.content.Channels, r.Channel):
		fail("sent to %s, which is not in the draft", r.Channel)
	case !slices.Contains(texts, r.Post.Text):
		fail("the draft says %q", texts)
	case fmt.Sprint(media[r.Post.Text]) != fmt.Sprint(r.Post.Media):
		fail("media %v, the draft has %v", r.Post.Media, media[r.Post.Text])
	case r.Post.ContentWarning != p.ContentWarning && r.Post.Text == root:
		fail("content warning %q, the draft has %q", r.Post.ContentWarning, p.ContentWarning)
	}
}

// written is the part of a content that a step covers, as text.
func written(c *workflow.Content, f workflow.Fields) string {
	p := c.Post
	text := p
	text.Media, text.Labels = nil, smm.Labels{}
	var media [][]smm.Media
	media = append(media, p.Media)
	text.Thread = nil
	for _, part := range p.Thread {
		media = append(media, part.Media)
		part.Media = nil
		text.Thread = append(text.Thread, part)
	}
	var parts []any
	for _, x := range []struct {
		f workflow.Fields
		v any
	}{
		{workflow.FieldText, text}, {workflow.FieldMedia, media}, {workflow.FieldChannels, sortedNames(c.Channels)},
		{workflow.FieldTime, []any{c.At, c.Local, c.Zone, c.StaleAfter}}, {workflow.FieldLabels, p.Labels},
	} {
		if f&x.f != 0 {
			parts = append(parts, x.v)
		}
	}
	b, err := json.Marshal(parts)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func sortedNames(refs []smm.Ref) []string {
	var out []string
	for _, r := range refs {
		out = append(out, r.String())
	}
	slices.Sort(out)
	return out
}
