package mastodon

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

const (
	// keyWindow is how long a repeated key is relied on. Servers keep it for an
	// hour from when the status was made; the margin is for clocks and queues.
	keyWindow = 55 * time.Minute
	// requestLife is how long a request that was given up may wait in a server's
	// queue: web servers in front give up after one minute as a rule.
	requestLife = 2 * time.Minute
	// readLag allows for a replica that reads are sent to.
	readLag = 30 * time.Second
	// repeatPause keeps a repeated request from meeting the first one while that
	// is still being worked on: the key is stored only after the status is.
	repeatPause = 5 * time.Second
	// mediaLife is how long an upload is relied on; servers remove what is not
	// posted after about a day.
	mediaLife = 20 * time.Hour
	// dueGrace is how long after its time a scheduled status may take to appear.
	dueGrace = 15 * time.Minute
)

// guarantee is what a create on a server is promised.
func guarantee(in *InstanceInfo) smm.Guarantee {
	g := smm.Guarantee{Class: smm.ClassReadBack, RequestLife: requestLife, ReadLag: readLag}
	if in.HonoursKeys() {
		g.Class, g.KeyWindow = smm.ClassKey, keyWindow
	}
	return g
}

// prepared is Prepared.State: everything that the commit sends, decided once,
// so that every attempt sends the same bytes.
type prepared struct {
	Params   StatusParams `json:"params"`
	Kind     smm.Kind     `json:"kind"`               // of the item's Ref
	Key      string       `json:"key,omitempty"`      // Idempotency-Key, where it is honoured
	Baseline ID           `json:"baseline,omitempty"` // the newest own status before the first attempt
	Uploads  []upload     `json:"uploads,omitempty"`  // in the order of the post's media
	Since    time.Time    `json:"since,omitzero"`     // of the first upload
	Polls    int          `json:"polls,omitempty"`    // looks at a file that is being processed
}

type upload struct {
	ID    ID   `json:"id"`
	Ready bool `json:"ready,omitempty"`
}

// Prepare implements smm.Publisher. The first step reads what the post refers
// to; each further one uploads a file or looks how far its processing got.
func (d *Driver) Prepare(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Prepared{}, err
	}
	var st prepared
	p := last
	if len(last.State) == 0 || json.Unmarshal(last.State, &st) != nil {
		if st, p, err = d.begin(ctx, s, r); err != nil {
			return smm.Prepared{}, d.prepareError(r, err)
		}
	} else if err := d.step(ctx, s, r, &st, &p); err != nil {
		return smm.Prepared{}, d.prepareError(r, err)
	}
	if at := st.Params.ScheduledAt; at != nil {
		p.Expires = at.Add(-MinScheduleAhead)
	}
	if !st.Since.IsZero() && (p.Expires.IsZero() || st.Since.Add(mediaLife).Before(p.Expires)) {
		p.Expires = st.Since.Add(mediaLife)
	}
	p.Ready = len(st.Uploads) == len(r.Post.Media) && !slices.ContainsFunc(st.Uploads, func(u upload) bool { return !u.Ready })
	p.Progress = progress(&st, len(r.Post.Media))
	if p.Ready {
		p.Next = time.Time{}
		st.Params.MediaIDs = nil
		for _, u := range st.Uploads {
			st.Params.MediaIDs = append(st.Params.MediaIDs, u.ID)
		}
	}
	if p.State, err = json.Marshal(st); err != nil {
		return smm.Prepared{}, d.prepareError(r, err)
	}
	return p, nil
}

// progress counts an upload and its processing as equal halves.
func progress(st *prepared, media int) float64 {
	if media == 0 {
		return 1
	}
	done := len(st.Uploads)
	for _, u := range st.Uploads {
		if u.Ready {
			done++
		}
	}
	return float64(done) / float64(2*media)
}

func (d *Driver) prepareError(r *smm.PublishRequest, err error) error {
	if _, ok := errors.AsType[*smm.Error](err); ok {
		return err
	}
	return &smm.Error{Op: "prepare", Platform: Platform, Channel: r.Channel, Outcome: smm.OutcomeNotSent, Err: err}
}

// begin decides everything but the media.
func (d *Driver) begin(ctx context.Context, s *session, r *smm.PublishRequest) (prepared, smm.Prepared, error) {
	o, err := postOptions(&r.Post)
	if err != nil {
		return prepared{}, smm.Prepared{}, err
	}
	in, err := d.instance(ctx, s)
	if err != nil {
		return prepared{}, smm.Prepared{}, err
	}
	st := prepared{Kind: smm.KindPost}
	if st.Params, err = d.params(in, r, o); err != nil {
		return prepared{}, smm.Prepared{}, err
	}
	if err := d.target(ctx, s, r, o, &st); err != nil {
		return prepared{}, smm.Prepared{}, err
	}
	if l := in.Limits().Text; st.Params.Status != withCard(&r.Post) {
		if n := CountStatus(st.Params.Status, st.Params.SpoilerText, l.URL); n > l.Max {
			return prepared{}, smm.Prepared{}, fmt.Errorf("%w: mastodon: %d characters with the mention of whom it answers, at most %d allowed", smm.ErrInvalid, n, l.Max)
		}
	}
	p := smm.Prepared{Guarantee: guarantee(in)}
	if p.Guarantee.Class == smm.ClassKey {
		st.Key = idempotencyKey(r)
		return st, p, nil
	}
	if !r.Restored.IsZero() { // what is newest now may be the item itself
		return st, p, nil
	}
	own, err := s.Accounts.Statuses(ctx, ID(r.Channel.ID), StatusFilter{ExcludeReblogs: true}, ListParams{Limit: 1})
	if err != nil {
		return prepared{}, smm.Prepared{}, err
	}
	if len(own.Items) > 0 {
		st.Baseline = own.Items[0].ID
	}
	return st, p, nil
}

// idempotencyKey derives the key of a delivery, in the form of a UUID. It is
// the same in every attempt of every process.
func idempotencyKey(r *smm.PublishRequest) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", r.Tenant, r.Channel.String(), r.ID))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// params maps the post without what it refers to.
func (d *Driver) params(in *InstanceInfo, r *smm.PublishRequest, o PostOptions) (StatusParams, error) {
	post := &r.Post
	p := StatusParams{
		Status: withCard(post), SpoilerText: post.ContentWarning, Sensitive: post.Sensitive || post.ContentWarning != "",
		Visibility: o.Visibility, Language: language(post), QuoteApprovalPolicy: o.QuotePolicy, ContentType: o.ContentType, LocalOnly: o.LocalOnly,
	}
	if p.Visibility == "" && post.Visibility != "" {
		v, ok := visibilities[post.Visibility]
		if !ok {
			return p, fmt.Errorf("%w: mastodon: visibility %q", smm.ErrInvalid, post.Visibility)
		}
		p.Visibility = v
	}
	if post.Poll != nil {
		p.Poll = pollParams(post.Poll)
	}
	switch in.Software() {
	case GoToSocial, Akkoma, Pleroma:
		// An account may have Markdown as its default, which would change the
		// words; plain text is also what a read can be compared with.
		if p.ContentType == "" {
			p.ContentType = "text/plain"
		}
	}
	if !o.ScheduledAt.IsZero() {
		at := o.ScheduledAt.UTC().Truncate(time.Millisecond)
		if d.cfg.Clock.Now().After(at.Add(-MinScheduleAhead)) {
			return p, fmt.Errorf("%w: mastodon: the server takes posts at least 5 minutes ahead, not for %s", smm.ErrInvalid, at.Format(time.RFC3339))
		}
		p.ScheduledAt = &at
	}
	if !post.Quote.IsZero() {
		if err := onChannel(r.Channel, post.Quote, statusKinds...); err != nil {
			return p, err
		}
		if in.API() < quoteAPI {
			return p, fmt.Errorf("%w: mastodon: %s", smm.ErrUnsupported, lacking(in, smm.CapQuote))
		}
		p.QuotedStatusID = ID(post.Quote.ID)
	}
	return p, nil
}

func pollParams(p *smm.Poll) *PollParams {
	return &PollParams{Options: p.Options, ExpiresIn: int(p.Duration / time.Second), Multiple: p.Multiple, HideTotals: p.HideTotals}
}

// withCard is the text with the card's link, of which the server makes a card.
func withCard(p *smm.Post) string {
	switch {
	case p.Card == nil || p.Card.URL == "" || strings.Contains(p.Text, p.Card.URL):
		return p.Text
	case p.Text == "":
		return p.Card.URL
	}
	return p.Text + "\n\n" + p.Card.URL
}

// language is the main language as servers want it: ISO 639-1, with a region
// for Chinese only.
func language(p *smm.Post) string {
	if len(p.Languages) == 0 {
		return ""
	}
	tag := strings.ReplaceAll(p.Languages[0], "_", "-")
	base, _, _ := strings.Cut(tag, "-")
	if strings.EqualFold(base, "zh") {
		return tag
	}
	return strings.ToLower(base)
}

// target reads what the post answers: for the mention, without which nobody is
// notified, and for the visibility, which must not be wider than that of what
// is answered.
func (d *Driver) target(ctx context.Context, s *session, r *smm.PublishRequest, o PostOptions, st *prepared) error {
	switch r.Kind {
	case smm.CreatePost:
		return nil
	case smm.CreateReply:
		return d.replyTarget(ctx, s, r, o, st)
	case smm.CreateMessage:
		return d.messageTarget(ctx, s, r, st)
	}
	return fmt.Errorf("%w: mastodon: there is no %s", smm.ErrUnsupported, r.Kind)
}

func (d *Driver) replyTarget(ctx context.Context, s *session, r *smm.PublishRequest, o PostOptions, st *prepared) error {
	if err := onChannel(r.Channel, r.Post.ReplyTo, statusKinds...); err != nil {
		return err
	}
	to, err := s.Statuses.Get(ctx, ID(r.Post.ReplyTo.ID))
	if err != nil {
		return err
	}
	st.Params.InReplyToID = to.ID
	if string(to.Account.ID) != r.Channel.ID {
		st.Kind = smm.KindComment
		if !o.NoMention {
			st.Params.Status = mentioning(st.Params.Status, string(to.Account.Acct), r.Channel.Space)
		}
	}
	if st.Params.Visibility == "" && to.Visibility != Public {
		st.Params.Visibility = to.Visibility
	}
	return nil
}

// messageTarget makes the post a direct status to the people of a conversation.
func (d *Driver) messageTarget(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared) error {
	st.Kind, st.Params.Visibility = smm.KindMessage, Direct
	to := r.Post.ReplyTo
	if err := onChannel(r.Channel, to, smm.KindConversation, smm.KindMessage, smm.KindAuthor); err != nil {
		return err
	}
	var accts []string
	switch to.Kind {
	case smm.KindAuthor:
		a, err := s.Accounts.Get(ctx, ID(to.ID))
		if err != nil {
			return err
		}
		accts = append(accts, string(a.Acct))
	case smm.KindMessage:
		m, err := s.Statuses.Get(ctx, ID(to.ID))
		if err != nil {
			return err
		}
		st.Params.InReplyToID = m.ID
		if string(m.Account.ID) != r.Channel.ID {
			accts = append(accts, string(m.Account.Acct))
		}
		for _, o := range m.Mentions {
			if string(o.ID) != r.Channel.ID && !slices.Contains(accts, string(o.Acct)) {
				accts = append(accts, string(o.Acct))
			}
		}
	default:
		c, err := d.conversation(ctx, s, ID(to.ID))
		if err != nil {
			return err
		}
		if c.LastStatus != nil {
			st.Params.InReplyToID = c.LastStatus.ID
		}
		for _, a := range c.Accounts {
			accts = append(accts, string(a.Acct))
		}
	}
	if len(accts) == 0 {
		return fmt.Errorf("%w: mastodon: nobody to write to in %s", smm.ErrInvalid, to)
	}
	for _, acct := range slices.Backward(accts) {
		st.Params.Status = mentioning(st.Params.Status, acct, r.Channel.Space)
	}
	return nil
}

// step uploads the next file or, with all uploaded, looks at the first that is
// being processed.
func (d *Driver) step(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, p *smm.Prepared) error {
	if n := len(st.Uploads); n < len(r.Post.Media) {
		a, state, err := d.upload(ctx, s, r, r.Post.Media[n])
		if err != nil {
			return err
		}
		if st.Since.IsZero() {
			st.Since = d.cfg.Clock.Now()
		}
		st.Uploads = append(st.Uploads, upload{ID: a.ID, Ready: state == MediaReady})
		p.Next = time.Time{}
		return nil
	}
	i := slices.IndexFunc(st.Uploads, func(u upload) bool { return !u.Ready })
	if i < 0 {
		return nil
	}
	_, state, err := s.Media.Get(ctx, st.Uploads[i].ID)
	switch {
	case errors.Is(err, smm.ErrNotFound): // removed meanwhile: all over again
		st.Uploads, st.Since, st.Polls, p.Next = nil, time.Time{}, 0, time.Time{}
		return nil
	case err != nil:
		return err
	case state == MediaReady:
		st.Uploads[i].Ready, st.Polls, p.Next = true, 0, time.Time{}
		return nil
	}
	p.Next = d.cfg.Clock.Now().Add(min(2*time.Second<<min(st.Polls, 8), 30*time.Second))
	st.Polls++
	return nil
}

func (d *Driver) upload(ctx context.Context, s *session, r *smm.PublishRequest, m smm.Media) (Attachment, MediaState, error) {
	blob, err := r.OpenMedia(ctx, m.Name)
	if err != nil {
		return Attachment{}, "", mediaError(err)
	}
	defer func() { _ = blob.Close() }() // only read
	info, err := account.Probe(ctx, blob)
	if err != nil {
		return Attachment{}, "", err
	}
	u := Upload{Reader: blob, Size: info.Size, Type: info.Type, Description: m.AltText, Focus: m.Focus}
	if m.Thumbnail != "" {
		thumb, err := r.OpenMedia(ctx, m.Thumbnail)
		if err != nil {
			return Attachment{}, "", mediaError(err)
		}
		defer func() { _ = thumb.Close() }() // only read
		tinfo, err := account.Probe(ctx, thumb)
		if err != nil {
			return Attachment{}, "", err
		}
		u.Thumbnail, u.ThumbnailSize, u.ThumbnailType = thumb, tinfo.Size, tinfo.Type
	}
	return s.Media.Upload(ctx, u)
}

// Commit implements smm.Publisher: one POST, with the Idempotency-Key only
// where the server is known to honour it.
func (d *Driver) Commit(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{State: smm.OutcomeRefused}, d.prepareError(r, fmt.Errorf("%w: mastodon: the prepared state cannot be read", smm.ErrInvalid))
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{State: smm.OutcomeNotSent}, err
	}
	resp, fate, err := s.Statuses.create(ctx, r.Channel, st.Params, st.Key)
	if err != nil || fate != httpx.FateAnswered {
		o := s.http.Outcome(fate, resp)
		return d.paused(o, &st), err
	}
	created, err := readCreated(resp)
	if err != nil {
		return d.paused(smm.Outcome{}, &st), err
	}
	if created.Scheduled != nil {
		return smm.Outcome{State: smm.OutcomePending, Next: afterDue(created.Scheduled.ScheduledAt.Time), Evidence: smm.EvidenceReply}, nil
	}
	o := published(r.Channel, &st, created.Status, smm.EvidenceReply)
	if st.Key != "" && a.Doubt {
		o.Evidence = smm.EvidenceKeyReplay
	}
	return o, nil
}

// paused delays the repetition of a request whose fate is unknown.
func (d *Driver) paused(o smm.Outcome, st *prepared) smm.Outcome {
	if o.State == smm.OutcomeUnknown && st.Key != "" && o.Next.IsZero() {
		o.Next = d.cfg.Clock.Now().Add(repeatPause)
	}
	return o
}

func published(channel smm.Ref, st *prepared, s *Status, e smm.Evidence) smm.Outcome {
	return smm.Outcome{State: smm.OutcomePublished, Post: channel.WithKind(st.Kind, string(s.ID)), URL: statusURL(s), Evidence: e}
}

// afterDue is when a look at a scheduled status makes sense.
func afterDue(at time.Time) time.Time { return at.Add(10 * time.Second) }
