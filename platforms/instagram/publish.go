package instagram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

const (
	// requestLife is how long a request that was given up may wait in the vendor's
	// queue.
	requestLife = 2 * time.Minute
	// readLag is how long after it was made a list may miss an item. Not documented.
	readLag = 2 * time.Minute
	// preparedLife is how long containers are relied on: they live 24 hours, and a
	// commit takes its time.
	preparedLife = containerLife - time.Hour
	// addressLife is how long the vendor may take to fetch a file.
	addressLife = 2 * time.Hour
	// quotaPause is how long to wait where no post is left: nobody says when the
	// oldest falls out of the window.
	quotaPause = 30 * time.Minute
	maxPolls   = 120
)

// prepared is Prepared.State: everything that the commit sends and Settle looks
// for, decided once.
type prepared struct {
	Kind     smm.CreateKind `json:"kind"`
	Text     string         `json:"text,omitempty"`
	Self     string         `json:"self,omitempty"`     // the channel's own user name
	Story    bool           `json:"story,omitempty"`    //
	Reel     bool           `json:"reel,omitempty"`     //
	Items    []item         `json:"items,omitempty"`    // in the order of the post's media
	Parent   *item          `json:"parent,omitempty"`   // of a carousel
	Since    time.Time      `json:"since,omitzero"`     // of the first container
	Polls    int            `json:"polls,omitempty"`    // looks at what is being processed
	Restarts int            `json:"restarts,omitempty"` // how often containers were made anew
	Target   ID             `json:"target,omitempty"`   // what is answered, or who is written to
	Comment  bool           `json:"comment,omitempty"`  // the target is a comment
	Media    ID             `json:"media,omitempty"`    // of a mention
	Person   ID             `json:"person,omitempty"`   // who is answered in private
	Thread   ID             `json:"thread,omitempty"`   // of a message
	Seen     []ID           `json:"seen,omitempty"`     // what reads like it and was there before
	Tag      string         `json:"tag,omitempty"`
	File     string         `json:"file,omitempty"` // the kind of a message's file
	URL      string         `json:"url,omitempty"`  // where it is
}

// item is one container.
type item struct {
	ID    ID     `json:"id"`
	URI   string `json:"uri,omitempty"` // where its file goes, until it is there
	Video bool   `json:"video,omitempty"`
	Ready bool   `json:"ready,omitempty"`
}

// final is the container that is published.
func (st *prepared) final() *item {
	switch {
	case st.Parent != nil:
		return st.Parent
	case len(st.Items) == 1:
		return &st.Items[0]
	}
	return nil
}

// Prepare implements smm.Publisher. Of a post, each step makes a container, sends a
// file, or looks how far the processing got; an answer takes one step.
func (d *Driver) Prepare(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Prepared{}, err
	}
	var st prepared
	p := last
	if len(last.State) == 0 || json.Unmarshal(last.State, &st) != nil {
		if st, p, err = d.begin(ctx, s, r); err != nil {
			return smm.Prepared{}, failed("prepare", r.Channel, err)
		}
	} else if err := d.step(ctx, s, r, &st, &p); err != nil {
		return smm.Prepared{}, failed("prepare", r.Channel, err)
	}
	if st.Kind == smm.CreatePost {
		end := st.final()
		p.Ready = end != nil && end.Ready && len(st.Items) == len(r.Post.Media)
		p.Progress = st.progress(len(r.Post.Media))
		if p.Expires = (time.Time{}); !st.Since.IsZero() {
			p.Expires = st.Since.Add(preparedLife)
		}
	}
	if p.Ready {
		p.Next, p.Progress = time.Time{}, 1
	}
	if p.State, err = json.Marshal(st); err != nil {
		return smm.Prepared{}, failed("prepare", r.Channel, err)
	}
	return p, nil
}

// progress counts a container and its processing as equal halves.
func (st *prepared) progress(media int) float64 {
	total := 2 * media
	done := len(st.Items)
	for _, i := range st.Items {
		if i.Ready {
			done++
		}
	}
	if media > 1 {
		total += 2
	}
	if st.Parent != nil {
		if done++; st.Parent.Ready {
			done++
		}
	}
	return float64(done) / float64(max(total, 1))
}

// begin decides what is created, and reads what is needed for that.
func (d *Driver) begin(ctx context.Context, s *session, r *smm.PublishRequest) (prepared, smm.Prepared, error) {
	o, err := postOptions(&r.Post)
	if err != nil {
		return prepared{}, smm.Prepared{}, err
	}
	if only := o.facebookOnly(); only != "" {
		if err := s.onlyFacebook("prepare"); err != nil {
			return prepared{}, smm.Prepared{}, err
		}
	}
	switch r.Kind {
	case smm.CreatePost:
		return d.beginPost(ctx, s, r, &o)
	case smm.CreateReply:
		return d.beginReply(ctx, s, r, &o)
	case smm.CreateMessage:
		return d.beginMessage(ctx, s, r, &o)
	}
	return prepared{}, smm.Prepared{}, fmt.Errorf("%w: instagram: there is no %s", smm.ErrUnsupported, r.Kind)
}

// beginPost asks how many posts are left before anything is uploaded.
func (d *Driver) beginPost(ctx context.Context, s *session, r *smm.PublishRequest, o *PostOptions) (prepared, smm.Prepared, error) {
	st := prepared{Kind: smm.CreatePost, Text: r.Post.Text, Story: o.Format == FormatStory}
	switch n := len(r.Post.Media); {
	case n == 0:
		return st, smm.Prepared{}, fmt.Errorf("%w: instagram: a post needs a picture or film", smm.ErrInvalid)
	case n > 1 && o.Format != FormatAuto:
		return st, smm.Prepared{}, fmt.Errorf("%w: instagram: a %s has one file", smm.ErrInvalid, o.Format)
	case st.Story && st.Text != "":
		return st, smm.Prepared{}, fmt.Errorf("%w: instagram: a story has no text", smm.ErrInvalid)
	}
	left, err := s.Media.PublishingLimit(ctx)
	if err != nil {
		return st, smm.Prepared{}, err
	}
	if spent(left) {
		return st, smm.Prepared{}, &smm.RateLimitError{Scope: bucketPosts, After: quotaPause, Reset: d.cfg.Clock.Now().Add(quotaPause)}
	}
	return st, smm.Prepared{Guarantee: *guaranteeOf(smm.CapPost)}, nil
}

func (d *Driver) beginReply(ctx context.Context, s *session, r *smm.PublishRequest, o *PostOptions) (prepared, smm.Prepared, error) {
	st := prepared{Kind: r.Kind, Text: r.Post.Text, Target: ID(r.Post.ReplyTo.ID), Comment: r.Post.ReplyTo.Kind == smm.KindComment, Media: ID(o.MentionMedia)}
	switch err := onChannel(r.Channel, r.Post.ReplyTo, smm.KindPost, smm.KindComment); {
	case err != nil:
		return st, smm.Prepared{}, err
	case len(r.Post.Media) > 0 || r.Post.Text == "":
		return st, smm.Prepared{}, fmt.Errorf("%w: instagram: a comment is a text and nothing else", smm.ErrInvalid)
	}
	p := smm.Prepared{Guarantee: *guaranteeOf(smm.CapReply), Ready: true}
	if st.Media != "" {
		p.Guarantee.Class = smm.ClassBlind
		return st, p, nil
	}
	self, err := s.own(ctx, d.cfg.Clock.Now())
	if err != nil {
		return st, smm.Prepared{}, err
	}
	st.Self = self.Username
	if o.Private {
		return d.beginPrivate(ctx, s, r, st, p)
	}
	if !r.Restored.IsZero() { // what is there now may be the item itself
		return st, p, nil
	}
	before, err := s.comments(ctx, &st)(ListParams{Limit: settlePage})
	for i := range before.Items {
		st.seen(before.Items[i].ID, st.isComment(r.Channel, &before.Items[i]))
	}
	return st, p, err
}

// beginPrivate reads who wrote the comment: the message is looked for among theirs.
func (d *Driver) beginPrivate(ctx context.Context, s *session, r *smm.PublishRequest, st prepared, p smm.Prepared) (prepared, smm.Prepared, error) {
	switch {
	case !st.Comment:
		return st, smm.Prepared{}, fmt.Errorf("%w: instagram: only a comment can be answered in private", smm.ErrInvalid)
	case len(st.Text) > maxMessage:
		return st, smm.Prepared{}, fmt.Errorf("%w: instagram: a message has at most %d bytes", smm.ErrInvalid, maxMessage)
	}
	c, err := s.Comments.Get(ctx, st.Target)
	switch {
	case err != nil:
		return st, smm.Prepared{}, err
	case c.From == nil || c.From.ID == "":
		return st, smm.Prepared{}, fmt.Errorf("%w: instagram: who wrote the comment is not told", smm.ErrForbidden)
	}
	st.Person = c.From.ID
	t, _, err := s.Messages.With(ctx, st.Person)
	for i := range t.Messages.Data {
		if r.Restored.IsZero() {
			st.seen(t.Messages.Data[i].ID, st.isDM(r.Channel, &t.Messages.Data[i]))
		}
	}
	return st, p, err
}

const maxSeen = 20

func (st *prepared) seen(id ID, alike bool) {
	if alike && len(st.Seen) < maxSeen {
		st.Seen = append(st.Seen, id)
	}
}

// beginMessage reads the conversation: whether the person may be written to.
func (d *Driver) beginMessage(ctx context.Context, s *session, r *smm.PublishRequest, o *PostOptions) (prepared, smm.Prepared, error) {
	st := prepared{Kind: r.Kind, Text: r.Post.Text}
	if err := onChannel(r.Channel, r.Post.ReplyTo, smm.KindConversation, smm.KindAuthor, smm.KindMessage); err != nil {
		return st, smm.Prepared{}, err
	}
	if n := len(r.Post.Media); n > 1 || n == 1 && r.Post.Text != "" || n == 0 && r.Post.Text == "" {
		return st, smm.Prepared{}, fmt.Errorf("%w: instagram: a message is a text or one file", smm.ErrInvalid)
	}
	now := d.cfg.Clock.Now()
	self, err := s.own(ctx, now)
	if err != nil {
		return st, smm.Prepared{}, err
	}
	st.Self = self.Username
	if st.Target, err = s.recipient(ctx, r, &self); err != nil {
		return st, smm.Prepared{}, err
	}
	t, there, err := s.Messages.With(ctx, st.Target)
	if err != nil {
		return st, smm.Prepared{}, err
	}
	if !there {
		return st, smm.Prepared{}, fmt.Errorf("%w: instagram: this person has not written to the account, and must first", smm.ErrForbidden)
	}
	st.Thread = t.ID
	if t.window(r.Channel, &self, now).State != smm.WindowOpen {
		at := t.lastInbound(r.Channel, &self)
		if !o.HumanAgent || at.IsZero() || !now.Before(at.Add(humanWindow)) {
			return st, smm.Prepared{}, fmt.Errorf("%w: instagram: the time to answer this person is over", smm.ErrForbidden)
		}
		st.Tag = TagHumanAgent
	}
	if len(r.Post.Media) == 1 {
		if err := d.messageFile(ctx, r, &st); err != nil {
			return st, smm.Prepared{}, err
		}
	}
	for i := range t.Messages.Data {
		if r.Restored.IsZero() {
			st.seen(t.Messages.Data[i].ID, st.isDM(r.Channel, &t.Messages.Data[i]))
		}
	}
	return st, smm.Prepared{Guarantee: *guaranteeOf(smm.CapMessage), Ready: true}, nil
}

// recipient is who a message goes to.
func (s *session) recipient(ctx context.Context, r *smm.PublishRequest, self *Account) (ID, error) {
	to := r.Post.ReplyTo
	if to.Kind != smm.KindMessage {
		return ID(to.ID), nil
	}
	m, err := s.Messages.Get(ctx, ID(to.ID))
	if err != nil {
		return "", err
	}
	for _, p := range append([]Person{m.From}, m.To.Data...) {
		if p.ID != "" && !p.own(r.Channel, self) {
			return p.ID, nil
		}
	}
	return "", fmt.Errorf("%w: instagram: nobody to write to in %s", smm.ErrInvalid, to)
}

// onChannel checks that an item can be one of the channel's.
func onChannel(channel, item smm.Ref, kinds ...smm.Kind) error {
	if item.Platform != Platform || item.Space != channel.Space || item.ID == "" || !slices.Contains(kinds, item.Kind) {
		return failed("ref", channel, fmt.Errorf("%w: %s is not one of %v on Instagram", smm.ErrInvalid, item, kinds))
	}
	return nil
}

// Commit implements smm.Publisher: one POST.
func (d *Driver) Commit(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil || st.Kind == smm.CreatePost && st.final() == nil {
		return smm.Outcome{State: smm.OutcomeRefused}, failed("commit", r.Channel, errState)
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{State: smm.OutcomeNotSent}, err
	}
	var (
		made Created
		o    smm.Outcome
		kind = smm.KindComment
	)
	switch {
	case st.Kind == smm.CreatePost:
		kind = smm.KindPost
		made, o, err = s.Media.publish(ctx, st.final().ID)
		o = d.doubted(o, err)
	case st.Kind == smm.CreateMessage:
		kind = smm.KindMessage
		made, o, err = s.Messages.send(ctx, &SendParams{To: st.Target, Text: st.Text, AttachmentType: st.File, AttachmentURL: st.URL, Tag: st.Tag})
	case st.Person != "":
		kind = smm.KindMessage
		made, o, err = s.Messages.send(ctx, &SendParams{Comment: st.Target, Text: st.Text})
	case st.Media != "" && st.Comment:
		made, o, err = s.Mentions.reply(ctx, st.Media, st.Target, st.Text)
	case st.Media != "":
		made, o, err = s.Mentions.reply(ctx, st.Media, "", st.Text)
	case st.Comment:
		made, o, err = s.Comments.reply(ctx, st.Target, st.Text)
	default:
		made, o, err = s.Comments.create(ctx, st.Target, st.Text)
	}
	if o.State == smm.OutcomePublished {
		o.Post = r.Channel.WithKind(kind, string(made.identityOfSent()))
	}
	return o, err
}

var errState = fmt.Errorf("%w: instagram: the prepared state cannot be read", smm.ErrInvalid)

// doubted keeps a refusal of a publication from being believed before the container
// was looked at: the vendor has answered no and published all the same. Pending
// means that Settle looks, and without an attempt in doubt it knows that the answer
// was no for good. "Not ready", which the container was, and "not found yet" may
// also be what a second request is told, and are in doubt as if there were no
// answer. A dead token and a throttle need no look: who is not let in did nothing.
func (d *Driver) doubted(o smm.Outcome, err error) smm.Outcome {
	look := d.cfg.Clock.Now().Add(lookPause)
	switch {
	case o.State == smm.OutcomeUnknown, o.State == smm.OutcomeRefused && o.Retry && !errors.Is(err, smm.ErrRateLimited):
		return smm.Outcome{Next: look}
	case o.State == smm.OutcomeRefused && !o.Retry && !errors.Is(err, smm.ErrUnauthorized):
		return smm.Outcome{State: smm.OutcomePending, Next: look}
	}
	return o
}

// lookPause is how long a container has before it is asked what became of it.
const lookPause = 5 * time.Second
