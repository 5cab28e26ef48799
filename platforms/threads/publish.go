package threads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

const (
	// requestLife is how long a request that was given up may wait in the vendor's
	// queues.
	requestLife = 2 * time.Minute
	// readLag allows for replicas; a container is often not found for some seconds.
	readLag = 30 * time.Second
	// addressLife is how long the address of an asset must work: the vendor fetches
	// when it begins to process, minutes after the container was made.
	addressLife = 2 * time.Hour
	// unseen is how long a new container may not be found before it is given up.
	unseen = 5 * time.Minute
	// maxRounds is how often a post's media are processed anew.
	maxRounds = 3
	// roundPause lies between two rounds.
	roundPause = 30 * time.Second
	// earlyPause follows a publish that the vendor calls too early, before a look at
	// the container; so many times after so many attempts.
	earlyPause = 10 * time.Second
)

// guarantee is that of every create: the container tells whether it was
// published, and can be published once.
func guarantee() smm.Guarantee {
	return smm.Guarantee{Class: smm.ClassHandle, RequestLife: requestLife, ReadLag: readLag}
}

// prepared is Prepared.State. What is sent follows from the request, which is
// frozen; addresses of media are not kept.
type prepared struct {
	Kind   smm.Kind    `json:"kind"`             // of the item's Ref
	Items  []container `json:"items,omitempty"`  // of a carousel, in order
	Post   container   `json:"post,omitzero"`    // what is published
	Since  time.Time   `json:"since,omitzero"`   // before the first container of this round was made
	Polls  int         `json:"polls,omitempty"`  // looks at a container that is being processed
	Rounds int         `json:"rounds,omitempty"` // that failed for a reason that may pass
}

type container struct {
	ID    ID        `json:"id,omitempty"`
	Made  time.Time `json:"made,omitzero"`
	Ready bool      `json:"ready,omitempty"`
}

// Prepare implements smm.Publisher. The first step reads what is left of the
// day's budget and makes the first container; each further one makes the next or
// looks how far its processing has come.
func (d *Driver) Prepare(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Prepared{}, err
	}
	var st prepared
	p := smm.Prepared{Guarantee: guarantee()}
	if len(last.State) == 0 || json.Unmarshal(last.State, &st) != nil {
		if st, err = d.begin(ctx, s, r); err != nil {
			return smm.Prepared{}, refused("prepare", r.Channel, err)
		}
	}
	if err := d.step(ctx, s, r, &st, &p); err != nil {
		return smm.Prepared{}, refused("prepare", r.Channel, err)
	}
	if !st.Since.IsZero() {
		p.Expires = st.Since.Add(containerLife)
	}
	p.Ready, p.Progress = st.Post.Ready, progress(&st, items(r))
	if p.State, err = json.Marshal(st); err != nil {
		return smm.Prepared{}, refused("prepare", r.Channel, err)
	}
	return p, nil
}

// items is how many containers stand below that of the post.
func items(r *smm.PublishRequest) int {
	if n := len(r.Post.Media); n > 1 {
		return n
	}
	return 0
}

// progress counts making a container and its processing as equal halves.
func progress(st *prepared, items int) float64 {
	done := 0
	for _, c := range append(slices.Clone(st.Items), st.Post) {
		if c.ID != "" {
			done++
		}
		if c.Ready {
			done++
		}
	}
	return float64(done) / float64(2*(items+1))
}

// begin checks what is final before anything is made.
func (d *Driver) begin(ctx context.Context, s *session, r *smm.PublishRequest) (prepared, error) {
	st := prepared{Kind: smm.KindPost}
	budget := bucketPosts
	switch r.Kind {
	case smm.CreatePost:
	case smm.CreateReply:
		st.Kind, budget = smm.KindComment, bucketReplies
	default:
		return st, fmt.Errorf("%w: threads: a %s: there are no private messages and no reviews", smm.ErrUnsupported, r.Kind)
	}
	if _, err := d.params(r); err != nil {
		return st, err
	}
	l, err := s.limit(ctx)
	if err != nil {
		return st, err
	}
	if left := map[string]Allowance{bucketPosts: l.Posts, bucketReplies: l.Replies}[budget]; left.Spent() {
		return st, d.spent("threads.create", r.Channel, budget)
	}
	return st, nil
}

// limit is what is left of the day's budgets. Without the permission to read it
// nothing is known of them.
func (s *session) limit(ctx context.Context) (PublishingLimit, error) {
	l, err := s.Containers.Limit(ctx)
	for _, kind := range []error{smm.ErrForbidden, smm.ErrNotFound, smm.ErrRejected, smm.ErrUnsupported} {
		if errors.Is(err, kind) {
			return PublishingLimit{}, nil
		}
	}
	return l, err
}

// params are those of the post's own container, without media.
func (d *Driver) params(r *smm.PublishRequest) (ContainerParams, error) {
	post := &r.Post
	o, err := postOptions(post)
	if err != nil {
		return ContainerParams{}, err
	}
	p := ContainerParams{
		Type: MediaText, Text: fullText(post), TopicTag: o.TopicTag, ReplyControl: o.ReplyControl, ReplyApprovals: o.ReplyApprovals,
		LocationID: o.LocationID, Countries: o.Countries, LongText: o.LongText, GIF: o.GIF, Spoilers: o.Spoilers, Ghost: o.Ghost,
		SpoilerMedia: post.Sensitive && len(post.Media) > 0,
	}
	if post.Visibility != "" && post.Visibility != smm.VisibilityPublic {
		return p, fmt.Errorf("%w: threads: visibility %q: posts are public; PostOptions.ReplyControl says who may answer", smm.ErrInvalid, post.Visibility)
	}
	if n, _ := CountText(p.Text); n > DocumentedLimits().Text.Max {
		return p, fmt.Errorf("%w: threads: %d characters, at most %d allowed", smm.ErrInvalid, n, DocumentedLimits().Text.Max)
	}
	if r.Kind == smm.CreateReply {
		if err := onChannel(r.Channel, post.ReplyTo, postKinds...); err != nil {
			return p, err
		}
		p.ReplyTo = ID(post.ReplyTo.ID)
	}
	if !post.Quote.IsZero() {
		if err := onChannel(r.Channel, post.Quote, postKinds...); err != nil {
			return p, err
		}
		p.Quote = ID(post.Quote.ID)
	}
	if post.Poll != nil {
		p.Poll = post.Poll.Options
	}
	if post.Card != nil && len(post.Media) == 0 {
		p.Link = post.Card.URL
	}
	switch n := len(post.Media); {
	case n > 0 && post.Poll != nil:
		return p, fmt.Errorf("%w: threads: a post has media or a poll", smm.ErrInvalid)
	case n > MaxCarousel:
		return p, fmt.Errorf("%w: threads: %d media, at most %d allowed", smm.ErrInvalid, n, MaxCarousel)
	case n > 0 && d.cfg.MediaHost == nil:
		return p, fmt.Errorf("%w: threads: Config.MediaHost is nil, so the vendor can fetch no media", smm.ErrInvalid)
	case n > 1:
		p.Type = MediaCarousel
	}
	return p, nil
}

// step makes the next container or, with all there, looks at the first that is
// not ready.
func (d *Driver) step(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, p *smm.Prepared) error {
	n := items(r)
	switch waiting := slices.IndexFunc(st.Items, func(c container) bool { return !c.Ready }); {
	case len(st.Items) < n:
		return d.makeItem(ctx, s, r, st)
	case waiting >= 0:
		return d.look(ctx, s, r, st, &st.Items[waiting], p)
	case st.Post.ID == "":
		return d.makePost(ctx, s, r, st)
	case !st.Post.Ready:
		return d.look(ctx, s, r, st, &st.Post, p)
	}
	return nil
}

func (d *Driver) makeItem(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared) error {
	c := ContainerParams{CarouselItem: true}
	if err := d.withMedia(ctx, r, r.Post.Media[len(st.Items)], &c); err != nil {
		return err
	}
	made, err := d.create(ctx, s, st, &c)
	if err != nil {
		return err
	}
	st.Items = append(st.Items, made)
	return nil
}

func (d *Driver) makePost(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared) error {
	c, err := d.params(r)
	if err != nil {
		return err
	}
	if len(r.Post.Media) == 1 {
		if err := d.withMedia(ctx, r, r.Post.Media[0], &c); err != nil {
			return err
		}
	}
	for _, item := range st.Items {
		c.Children = append(c.Children, item.ID)
	}
	st.Post, err = d.create(ctx, s, st, &c)
	return err
}

func (d *Driver) create(ctx context.Context, s *session, st *prepared, c *ContainerParams) (container, error) {
	now := d.cfg.Clock.Now()
	id, err := s.Containers.Create(ctx, c)
	if err != nil {
		return container{}, err
	}
	if st.Since.IsZero() {
		st.Since = now
	}
	st.Polls = 0
	return container{ID: id, Made: now}, nil
}

// withMedia looks at an asset by its content and gives it an address.
func (d *Driver) withMedia(ctx context.Context, r *smm.PublishRequest, m smm.Media, c *ContainerParams) error {
	info, err := account.Look(ctx, r, m.Name)
	if err != nil {
		return err
	}
	address, _, err := d.cfg.MediaHost.MediaURL(ctx, r.Tenant, m, addressLife)
	if err != nil {
		return fmt.Errorf("the media host has no address for %q: %w", m.Name, err)
	}
	c.AltText = m.AltText
	switch info.Class {
	case smm.MediaImage:
		c.Type, c.ImageURL = MediaImage, address
	case smm.MediaVideo:
		c.Type, c.VideoURL = MediaVideo, address
	default:
		return fmt.Errorf("%w: threads: %q is neither an image nor a video", smm.ErrInvalid, m.Name)
	}
	return nil
}

// look reads the state of a container.
func (d *Driver) look(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, c *container, p *smm.Prepared) error {
	now := d.cfg.Clock.Now()
	got, err := s.Containers.Get(ctx, c.ID)
	switch {
	case errors.Is(err, smm.ErrNotFound) && now.Sub(c.Made) < unseen:
		got.Status = StatusInProgress
	case errors.Is(err, smm.ErrNotFound):
		got.Status = StatusExpired
	case err != nil:
		return err
	}
	switch got.Status {
	case StatusFinished, StatusPublished: // the latter is for Settle to look into
		c.Ready, st.Polls = true, 0
		return nil
	case StatusExpired:
		return d.again(r, st, string(StatusExpired), p)
	case StatusError:
		return d.again(r, st, string(got.Error), p)
	}
	p.Next = now.Add(min(2*time.Second<<min(st.Polls, 8), 30*time.Second))
	st.Polls++
	return nil
}

// passing are the failures that another round may not have: the vendor could not
// fetch, does not know, or lost the container.
var passing = []string{FailDownload, FailUnknown, "", string(StatusExpired)}

// again begins a new round after a failure that may pass, and gives up after any
// other.
func (d *Driver) again(r *smm.PublishRequest, st *prepared, code string, p *smm.Prepared) error {
	if !slices.Contains(passing, code) || st.Rounds+1 >= maxRounds {
		return failedContainer("container.get", r.Channel, code)
	}
	*st = prepared{Kind: st.Kind, Rounds: st.Rounds + 1}
	p.Next = d.cfg.Clock.Now().Add(roundPause)
	return nil
}

// failedContainer is the error of a container in state ERROR.
func failedContainer(op string, channel smm.Ref, code string) error {
	code = smm.CleanMessage(code)
	if len(code) > 64 {
		code = code[:64]
	}
	return &smm.Error{
		Op: op, Platform: Platform, Channel: channel, Outcome: smm.OutcomeRefused, Code: code,
		Err: fmt.Errorf("%w: the vendor could not make a post of it", smm.ErrRejected),
	}
}

// Commit implements smm.Publisher: it publishes the container.
func (d *Driver) Commit(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil || st.Post.ID == "" {
		return smm.Outcome{State: smm.OutcomeRefused}, refused("prepare", r.Channel, fmt.Errorf("%w: threads: the prepared state cannot be read", smm.ErrInvalid))
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{State: smm.OutcomeNotSent}, err
	}
	publish := s.Containers.publishing(st.Post.ID)
	if publish.Buckets = []string{bucketPosts}; st.Kind == smm.KindComment {
		publish.Buckets = []string{bucketReplies}
	}
	id, o, err := s.commit(ctx, publish)
	if err != nil {
		if o.State == smm.OutcomeUnknown && errors.Is(err, smm.ErrNotFound) {
			o.Next = d.cfg.Clock.Now().Add(earlyPause * time.Duration(max(a.N, 1)))
		}
		return o, err
	}
	o.Post = r.Channel.WithKind(st.Kind, string(id))
	return o, nil
}
