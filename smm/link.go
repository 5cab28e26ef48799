package smm

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Relation is what a delivery does with the item of its parent.
type Relation string

// The relations.
const (
	RelationReply Relation = ""     // it answers the parent's item, on the same platform
	RelationLink  Relation = "link" // it carries the address of the parent's item, on any channel
)

// After makes a post wait for another delivery, on whatever channel: a thread
// that goes on elsewhere, a teaser that links to the video. It is published at
// its own time or when the parent's item is public, whichever is later; if that
// never will be, it fails.
type After struct {
	// Parent is the ID of the delivery to wait for, of the same tenant.
	Parent   string   `json:"parent"`
	Relation Relation `json:"relation,omitempty"`
}

const (
	// LinkPlaceholder stands for the address of the parent's item, with
	// RelationLink: anywhere in the texts of the post, its thread and its first
	// comment, and as a Card.URL.
	LinkPlaceholder = "{link}"
	// LinkLength is how many characters the placeholder counts for while a post
	// is validated. Addresses of posts are shorter on the platforms that exist.
	LinkLength = 120
)

func (a *After) check(p *Post) error {
	switch {
	case a == nil:
		return nil
	case a.Parent == "":
		return fmt.Errorf("%w: After needs the ID of a delivery to wait for", ErrInvalid)
	case a.Relation != RelationReply && a.Relation != RelationLink:
		return fmt.Errorf("%w: After: no relation %q", ErrInvalid, a.Relation)
	case a.Relation == RelationReply && !p.ReplyTo.IsZero():
		return fmt.Errorf("%w: After makes the post an answer, and it has a ReplyTo as well", ErrInvalid)
	case a.Relation == RelationLink && !p.hasPlaceholder():
		return fmt.Errorf("%w: After: the post has no %s to put the address in", ErrInvalid, LinkPlaceholder)
	}
	return nil
}

// standIn returns p as it is validated: with an address in place of the
// placeholders.
func (a *After) standIn(p Post) Post {
	if a == nil || a.Relation != RelationLink {
		return p
	}
	const start = "https://example.com/"
	address := start + strings.Repeat("a", LinkLength-len(start))
	p.putLink(address)
	return p
}

func (p *Post) hasPlaceholder() bool {
	for i := range p.Thread {
		if p.Thread[i].hasPlaceholder() {
			return true
		}
	}
	return strings.Contains(p.Text, LinkPlaceholder) || strings.Contains(p.FirstComment, LinkPlaceholder) ||
		(p.Card != nil && p.Card.URL == LinkPlaceholder)
}

// putLink puts an address in place of the placeholders of p and its parts, and
// moves the entities along. What p shares with other posts is not changed.
func (p *Post) putLink(address string) {
	p.FirstComment = strings.ReplaceAll(p.FirstComment, LinkPlaceholder, address)
	p.Thread = slices.Clone(p.Thread)
	for i := range p.Thread {
		p.Thread[i].putLink(address)
	}
	if p.Card != nil && p.Card.URL == LinkPlaceholder {
		c := *p.Card
		c.URL = address
		p.Card = &c
	}
	if !strings.Contains(p.Text, LinkPlaceholder) {
		return
	}
	old := p.Text
	moved := func(at int) int { // at lies in old
		return at + strings.Count(old[:min(max(at, 0), len(old))], LinkPlaceholder)*(len(address)-len(LinkPlaceholder))
	}
	es := make([]Entity, 0, len(p.Entities))
	for _, e := range p.Entities {
		e.Start, e.End = moved(e.Start), moved(e.End)
		if e.Target == LinkPlaceholder {
			e.Target = address
		}
		es = append(es, e)
	}
	if p.Entities != nil {
		p.Entities = es
	}
	p.Text = strings.ReplaceAll(old, LinkPlaceholder, address)
}

// Link tells a delivery in PhaseWaiting what became of its parent. If the
// parent's item is public, d goes on and answers it, or carries its address; if
// it never will be, d fails; otherwise d looks again when the parent may have
// moved. A parent without an Outcome.URL to link to is handled as by NoLink: a
// caller who can find the address out puts it into its copy of the parent.
func (d *Delivery) Link(parent *Delivery, now time.Time) error {
	if d.Phase != PhaseWaiting || parent.ID != d.Parent || parent.Tenant != d.Tenant {
		return fmt.Errorf("%w: delivery %s does not wait for %s", ErrInvalid, d.ID, parent.ID)
	}
	switch o := &parent.Outcome; {
	case parent.Phase == PhasePublished && d.Relation == RelationLink:
		return d.linkTo(o.URL, now)
	case parent.Phase == PhasePublished && o.Post.ID != "" && o.Post.Platform == d.Request.Channel.Platform:
		d.Request.Post.ReplyTo = o.Post
		d.linked(parent.Address, now)
	case parent.Phase == PhasePublished:
		d.orphaned(now, "the item before it is public, but there is none that could be answered here")
	case parent.Phase.Final() && !d.Restored.IsZero() && o.Evidence == EvidenceHuman:
		d.askHuman(now, "the part before it was dropped, and this one may have been published before the restore")
	case parent.Phase.Final():
		d.orphaned(now, fmt.Sprintf("the part before it ended as %s", parent.Phase))
	default:
		d.Wake = later(now.Add(time.Second), parent.Wake)
		if parent.Phase == PhaseHuman || (parent.Phase == PhaseManual && parent.Tries > 0) {
			d.Wake = now.Add(time.Minute) // a person may act before the next reminder
		}
	}
	return nil
}

func (d *Delivery) linkTo(address string, now time.Time) error {
	if address == "" {
		return d.NoLink(fmt.Errorf("%w: it is public, but its address is not known", ErrUnavailable), now)
	}
	if err := CheckWebURL(address); err != nil {
		return d.NoLink(err, now)
	}
	d.linked(address, now)
	return nil
}

// linked goes on, with an address for the placeholders if there is one.
func (d *Delivery) linked(address string, now time.Time) {
	if address != "" {
		d.Address = address
		d.Request.Post.putLink(address)
	}
	d.begin(now)
	d.note(now, "", "parent is public")
}

// NoLink tells a delivery with RelationLink that the address of its parent's item
// could not be found out. It looks again later, and fails if err is of a kind that
// does not go away or Policy.GiveUp is over.
func (d *Delivery) NoLink(err error, now time.Time) error {
	if d.Phase != PhaseWaiting || d.Relation != RelationLink {
		return fmt.Errorf("%w: delivery %s does not wait for an address", ErrInvalid, d.ID)
	}
	if !finalError(err) && !d.gaveUp(now) {
		d.Failure = newFailure("parent", err)
		d.retry(now, retryAt(err, now), "no address to link to yet")
		return nil
	}
	d.orphaned(now, fmt.Sprintf("there is no address to link to: %v", err))
	return nil
}

func (d *Delivery) orphaned(now time.Time, why string) {
	d.Failure = &Failure{Op: "parent", Message: CleanMessage(why)}
	d.finish(PhaseFailed, now, "parent is not public")
}

// waits reports whether d must be told of its parent before it can begin.
func (d *Delivery) waits() bool {
	if d.Relation == RelationLink {
		return d.Address == ""
	}
	return d.Parent != "" && d.Request.Post.ReplyTo.IsZero()
}

// begin lets d do its work from now on.
func (d *Delivery) begin(now time.Time) {
	d.progress()
	d.Phase, d.Wake, d.Failure = PhasePreparing, now, nil
	if d.Manual != nil {
		d.Phase = PhaseManual
	}
}

// CheckWebURL reports, as an error that matches ErrInvalid, whether s is no
// address that a browser opens: absolute, http or https, with a host and without
// a user name or password.
func CheckWebURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || strings.ContainsAny(s, " \t\r\n"):
		return fmt.Errorf("%w: not an http or https address with a host", ErrInvalid)
	case u.User != nil:
		return fmt.Errorf("%w: the address carries a user name or password", ErrInvalid)
	}
	return nil
}
