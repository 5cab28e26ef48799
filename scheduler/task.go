package scheduler

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Task is a manual task: everything that a person needs to publish a post by
// hand. See ScheduleOptions.Manual.
type Task struct {
	ID       string
	Tenant   smm.Tenant
	Entry    string
	Channel  smm.Ref
	Due      time.Time
	Reason   string   // why it takes a person, "" if nobody said
	Steps    []string // what to do, in order
	Parts    []TaskPart
	Phase    smm.Phase // smm.PhaseManual while it is open, smm.PhaseWaiting before its parent is public
	Reminded int       // how often EventTask was told
	Post     smm.Ref   // of the item, once done and known
	URL      string    // of the item, once done and known
}

// TaskPart is one thing to publish: the post, a further part of its thread, or
// the first comment.
type TaskPart struct {
	Text    string
	Link    string // of the card, "" for none
	Media   []TaskMedia
	Comment bool // it is the first comment
}

// TaskMedia is an asset to publish, by the name that the host's MediaStore knows.
type TaskMedia struct {
	Name    string
	AltText string
}

// Task returns a manual task. The error matches ErrNotFound if the tenant has no
// such delivery, and smm.ErrInvalid if that is no task.
func (s *Scheduler) Task(ctx context.Context, tenant smm.Tenant, id string) (Task, error) {
	r, err := s.store.Get(ctx, Key{tenant, id})
	switch {
	case err != nil:
		return Task{}, err
	case r.Delivery.Manual == nil:
		return Task{}, fmt.Errorf("%w: delivery %s is no manual task", smm.ErrInvalid, id)
	}
	return taskOf(r), nil
}

// Tasks yields the manual tasks that q selects, by planned time. Without
// q.Phases those are the open ones, whether due or not.
func (s *Scheduler) Tasks(ctx context.Context, q Query) iter.Seq2[Task, error] {
	if len(q.Phases) == 0 {
		q.Phases = []smm.Phase{smm.PhaseManual}
	}
	limit := q.Limit
	q.Limit = 0 // other records do not count
	return func(yield func(Task, error) bool) {
		n := 0
		for r, err := range s.store.List(ctx, q) {
			if err != nil {
				yield(Task{}, err)
				return
			}
			if r.Delivery.Manual == nil {
				continue
			}
			if n++; !yield(taskOf(r), nil) || n == limit {
				return
			}
		}
	}
}

// Done says where the item of a manual task is. One of them is enough.
type Done struct {
	Post smm.Ref
	URL  string // http or https
}

// Done closes a manual task: a person published it. The error matches
// smm.ErrInvalid if done says nothing useful, smm.ErrConflict if the task is not
// open; see smm.Delivery.Done. What waits for the task goes on within a minute.
func (s *Scheduler) Done(ctx context.Context, tenant smm.Tenant, id string, done Done) error {
	_, err := s.update(ctx, Key{tenant, id}, func(r *Record, now time.Time) error {
		return r.Delivery.Done(done.Post, done.URL, smm.EvidenceHuman, now)
	})
	return err
}

func taskOf(r *Record) Task {
	d := &r.Delivery
	t := Task{
		ID: d.ID, Tenant: d.Tenant, Entry: d.Entry, Channel: d.Request.Channel, Due: r.NotBefore, Reason: d.Manual.Reason,
		Phase: d.Phase, Post: d.Outcome.Post, URL: d.Outcome.URL, Reminded: d.Tries,
	}
	post := &d.Request.Post
	t.Parts = append(t.Parts, partOf(post))
	for i := range post.Thread {
		t.Parts = append(t.Parts, partOf(&post.Thread[i]))
	}
	if post.FirstComment != "" {
		t.Parts = append(t.Parts, TaskPart{Text: post.FirstComment, Comment: true})
	}
	if t.Steps = append(t.Steps, d.Manual.Steps...); len(t.Steps) == 0 {
		t.Steps = usualSteps(d, t.Parts)
	}
	return t
}

func partOf(p *smm.Post) TaskPart {
	part := TaskPart{Text: p.Text}
	if p.Card != nil {
		part.Link = p.Card.URL
	}
	for _, m := range p.Media {
		part.Media = append(part.Media, TaskMedia{Name: m.Name, AltText: m.AltText})
	}
	return part
}

// usualSteps are what to do if the host did not say.
func usualSteps(d *smm.Delivery, parts []TaskPart) []string {
	first := parts[0]
	steps := []string{fmt.Sprintf("Open %s as %s.", d.Request.Channel.Platform, d.Request.Channel.ID)}
	if to := d.Request.Post.ReplyTo; !to.IsZero() {
		steps = append(steps, fmt.Sprintf("Find what it answers: %s.", to))
	}
	if first.Text != "" {
		steps = append(steps, "Copy the text into a new post.")
	}
	if len(first.Media) > 0 {
		var names []string
		for _, m := range first.Media {
			names = append(names, m.Name)
		}
		steps = append(steps, "Add the media in this order: "+strings.Join(names, ", ")+".", "Set the alternative texts.")
	}
	if first.Link != "" {
		steps = append(steps, "Add the link "+first.Link+".")
	}
	steps = append(steps, "Publish it.")
	for _, p := range parts[1:] {
		if p.Comment {
			steps = append(steps, "Publish the first comment under it.")
			continue
		}
		steps = append(steps, "Publish the next part as an answer to the one before.")
	}
	return append(steps, "Copy the address of the post and close this task with it.")
}

// remind tells a person, after looking whether the task was done meanwhile, and
// sets when to do so again.
func (w *work) remind(now time.Time) error {
	d := &w.r.Delivery
	if d.Wake.IsZero() || d.Wake.After(now) {
		return w.Save(w.lease.ctx, d)
	}
	if d.Phase == smm.PhaseManual {
		if err := w.lease.ensure(w.lease.length / 2); err != nil {
			return err
		}
		if w.readBack(now) {
			return w.Save(w.lease.ctx, d)
		}
	}
	if err := d.Remind(now); err != nil {
		return err
	}
	return w.Save(w.lease.ctx, d)
}

const (
	// beforeDue is how early a person may have published a task.
	beforeDue = time.Hour
	// readBackPosts bounds how many posts one look reads.
	readBackPosts = 200
	// readBackLimit bounds how long one look takes.
	readBackLimit = 20 * time.Second
)

// readBack looks for the item of a task among the posts of its channel, and
// closes the task with it. A look that fails leaves it to the person.
func (w *work) readBack(now time.Time) bool {
	d := &w.r.Delivery
	want := SameText(d.Request.Post.Text)
	if want == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(w.lease.ctx, readBackLimit)
	defer cancel()
	since := w.r.NotBefore.Add(-beforeDue)
	known, err := w.s.knownPosts(ctx, d.Tenant, d.Request.Channel)
	if err != nil {
		return false
	}
	var found []smm.PublishedPost
	n := 0
	for p, err := range w.s.client.ForTenant(d.Tenant).Channel(d.Request.Channel).Posts(&smm.ListOptions{Since: since}).All(ctx) {
		if err != nil {
			return false
		}
		if n++; n > readBackPosts || p.At.Before(since) {
			break
		}
		if SameText(string(p.Text)) == want && !known[p.Ref] && (p.InReplyTo.IsZero() || !d.Request.Post.ReplyTo.IsZero()) {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 0:
		return false
	case len(found) > 1:
		d.Note(now, fmt.Sprintf("%d posts on the channel have this text, so neither closes the task: close it with a link", len(found)))
		return false
	}
	address := found[0].URL
	if smm.CheckWebURL(address) != nil {
		address = ""
	}
	return d.Done(found[0].Ref, address, smm.EvidenceReadBack, now) == nil
}

// SameText reduces a text to what stays the same however it is published: http
// and https addresses are taken out, since platforms shorten, wrap and move them,
// and what is between words becomes one space. Two posts count as the same if this
// is equal and not empty.
func SameText(text string) string {
	var words []string
	for w := range strings.FieldsSeq(text) {
		lower := strings.ToLower(w)
		for _, scheme := range []string{"http://", "https://"} {
			if i := strings.Index(lower, scheme); i >= 0 {
				w, lower = w[:i], lower[:i]
			}
		}
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}
