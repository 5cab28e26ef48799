package facebook

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

const (
	// requestLife is how long a request that was given up may wait in the vendor's
	// queues: its gateways give up after a minute as a rule.
	requestLife = 2 * time.Minute
	// readLag is how long a new item may be missing from lists of the Page: minutes,
	// as those who publish in volume see it.
	readLag = 3 * time.Minute
	// handleLag is the same for a node that is read by its id.
	handleLag = 30 * time.Second
	// hiddenLife is how long a photo that is not published is relied on; the vendor
	// removes such after about a day (unverified).
	hiddenLife = 20 * time.Hour
	// processing is how often to look at a video: the vendor asks for ten seconds.
	processing = 10 * time.Second
	// dueGrace is how long after its time a scheduled item may take to appear.
	dueGrace = 15 * time.Minute
	// maxRestarts bounds how often an upload is begun anew. A process that dies after
	// a chunk and before it is on record costs one, so that a handful of those must not
	// end a delivery whose file is good.
	maxRestarts = 12
)

var (
	// handle: a draft or a video that has its id before anybody sees it.
	handle = smm.Guarantee{Class: smm.ClassHandle, RequestLife: requestLife, ReadLag: handleLag}
	// readBack: nothing but a look at what is public tells.
	readBack = smm.Guarantee{Class: smm.ClassReadBack, RequestLife: requestLife, ReadLag: readLag}
)

// route is the way that an item takes to the public.
type route string

const (
	routeDraft      route = "draft" // a draft of the feed, then published by its id
	routeFeed       route = "feed"  // a post of the feed by one request
	routeVideo      route = "video" // chunks, then finish
	routeReel       route = "reel"  // one upload, then finish
	routePhotoStory route = "photo-story"
	routeVideoStory route = "video-story"
	routeComment    route = "comment" // also the answer to a review
	routeMessage    route = "message"
)

// prepared is Prepared.State: everything that the commit sends, decided once, so
// that every attempt sends the same.
type prepared struct {
	Route  route       `json:"route"`
	Post   PostParams  `json:"post,omitzero"`
	Video  VideoParams `json:"video,omitzero"`
	At     time.Time   `json:"at,omitzero"` // when the vendor shall publish it
	Photos []ID        `json:"photos,omitempty"`
	Since  time.Time   `json:"since,omitzero"` // of the first upload

	PostID ID `json:"post_id,omitempty"` // of the draft

	Session  Session `json:"session,omitzero"`
	Size     int64   `json:"size,omitempty"`
	Sent     int64   `json:"sent,omitempty"`
	Uploaded bool    `json:"uploaded,omitempty"`
	Restarts int     `json:"restarts,omitempty"`

	Target   ID     `json:"target,omitempty"` // what is commented on, or who is written to
	Parent   ID     `json:"parent,omitempty"` // of a reply to a reply: the comment above both
	Text     string `json:"text,omitempty"`
	Tag      string `json:"tag,omitempty"`
	Silent   bool   `json:"silent,omitempty"`
	Thread   ID     `json:"thread,omitempty"`   // of a message
	ReplyTo  ID     `json:"reply_to,omitempty"` // the message that it quotes
	Baseline ID     `json:"baseline,omitempty"` // the newest own item of that kind before the first attempt
	Comment  ID     `json:"comment,omitempty"`  // that a message answers in private
	File     string `json:"file,omitempty"`     // the kind of a message's file
	Attached ID     `json:"attached,omitempty"` // that file, once the vendor has it
}

// Prepare implements smm.Publisher. The first step reads what the post refers to;
// each further one uploads a file or a part of it, or makes the draft.
func (d *Driver) Prepare(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Prepared{}, err
	}
	w := preparation{d: d, s: s, r: r}
	if len(last.State) == 0 || json.Unmarshal(last.State, &w.st) != nil {
		w.st = prepared{}
		if err := w.begin(ctx); err != nil {
			return smm.Prepared{}, prepareError(r, err)
		}
	} else if err := w.step(ctx); err != nil {
		return smm.Prepared{}, prepareError(r, err)
	}
	p := smm.Prepared{Ready: w.ready(), Progress: w.progress(), Guarantee: handle}
	switch w.st.Route {
	case routeFeed, routeComment, routeMessage, routePhotoStory, routeVideoStory:
		p.Guarantee = readBack
	case routeDraft, routeVideo, routeReel:
	}
	p.Expires = w.expires()
	if p.State, err = json.Marshal(&w.st); err != nil {
		return smm.Prepared{}, prepareError(r, err)
	}
	return p, nil
}

// preparation is one step towards being ready.
type preparation struct {
	d  *Driver
	s  *session
	r  *smm.PublishRequest
	st prepared
}

func prepareError(r *smm.PublishRequest, err error) error {
	if _, ok := errors.AsType[*smm.Error](err); ok {
		return err
	}
	return &smm.Error{Op: "prepare", Platform: Platform, Channel: r.Channel, Outcome: smm.OutcomeNotSent, Err: err}
}

// expires is when what was prepared is of no use any more. A photo that a draft
// shows lives as long as the draft.
func (w *preparation) expires() time.Time {
	var out time.Time
	if at := w.st.At; !at.IsZero() {
		out = at.Add(-MinScheduleAhead)
	}
	if w.st.PostID == "" && !w.st.Since.IsZero() {
		if end := w.st.Since.Add(hiddenLife); out.IsZero() || end.Before(out) {
			out = end
		}
	}
	return out
}

// begin decides the way and everything but the media.
func (w *preparation) begin(ctx context.Context) error {
	o, err := postOptions(&w.r.Post)
	if err != nil {
		return err
	}
	if err := checkSchedule(&o, w.d.cfg.Clock.Now()); err != nil {
		return err
	}
	switch w.r.Kind {
	case smm.CreatePost:
		return w.beginPost(ctx, &o)
	case smm.CreateReply, smm.CreateReviewAnswer:
		if o.Private {
			return w.beginPrivate(ctx, &o)
		}
		return w.beginComment(ctx)
	case smm.CreateMessage:
		return w.beginMessage(ctx, &o)
	}
	return fmt.Errorf("%w: facebook: there is no %s", smm.ErrUnsupported, w.r.Kind)
}

func (w *preparation) beginPost(ctx context.Context, o *PostOptions) error {
	post := &w.r.Post
	w.st.At = o.ScheduledAt.UTC().Truncate(time.Second)
	if o.ScheduledAt.IsZero() {
		w.st.At = time.Time{}
	}
	video, err := w.hasVideo(ctx, o.Format)
	switch {
	case err != nil:
		return err
	case o.Format == FormatReel && !video:
		return fmt.Errorf("%w: facebook: a reel is a video", smm.ErrInvalid)
	case o.Format == FormatReel:
		w.st.Route = routeReel
	case o.Format == FormatStory && video:
		w.st.Route = routeVideoStory
	case o.Format == FormatStory:
		w.st.Route = routePhotoStory
	case video:
		w.st.Route = routeVideo
	case w.d.cfg.OneStep:
		w.st.Route = routeFeed
	default:
		w.st.Route = routeDraft
	}
	w.st.Video = VideoParams{Title: o.Title, Description: post.Text, Place: o.Place, Targeting: o.Targeting, Scheduled: w.st.At}
	w.st.Post = PostParams{
		Message: post.Text, Place: o.Place, Tags: o.Tags, Background: o.Background, Children: o.Carousel, FixedOrder: o.FixedOrder,
		NoEndCard: o.NoEndCard, Targeting: o.Targeting, FeedTargeting: o.FeedTargeting,
	}
	if post.Card != nil && len(post.Media) == 0 {
		w.st.Post.Link = post.Card.URL
	}
	no := false
	switch {
	case w.st.Route == routeDraft:
		w.st.Post.Published, w.st.Post.UnpublishedType = &no, UnpublishedDraft
	case !w.st.At.IsZero():
		w.st.Post.Published, w.st.Post.Scheduled = &no, w.st.At
		w.st.Video.Published = &no
	}
	if w.st.Route == routeFeed && w.r.Restored.IsZero() { // else what is newest now may be the item itself
		l, err := w.s.Posts.List(ctx, EdgePublished, ListParams{Limit: 1})
		if err != nil {
			return err
		}
		if len(l.Items) > 0 {
			w.st.Baseline = l.Items[0].ID
		}
	}
	return nil
}

// Commit implements smm.Publisher: one request.
func (d *Driver) Commit(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{State: smm.OutcomeRefused}, prepareError(r, fmt.Errorf("%w: facebook: the prepared state cannot be read", smm.ErrInvalid))
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{State: smm.OutcomeNotSent}, err
	}
	o, err := d.commit(ctx, s, r, &st)
	if e, ok := errors.AsType[*smm.Error](err); ok && e.Channel.IsZero() {
		of := *e
		of.Channel = r.Channel
		err = &of
	}
	return o, err
}

func (d *Driver) commit(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared) (smm.Outcome, error) {
	now := d.cfg.Clock.Now()
	switch st.Route {
	case routeDraft:
		o, err := s.Posts.publish(ctx, st.PostID, st.At)
		if err != nil {
			return o, err
		}
		if !st.At.IsZero() {
			return smm.Outcome{State: smm.OutcomePending, Next: afterDue(st.At), Evidence: smm.EvidenceReply}, nil
		}
		return published(r.Channel, smm.KindPost, st.PostID, "", smm.EvidenceReply), nil
	case routeVideo, routeReel:
		o, err := d.finish(ctx, s, r, st)
		if err != nil {
			return o, err
		}
		return smm.Outcome{State: smm.OutcomePending, Next: now.Add(processing), Evidence: smm.EvidenceReply}, nil
	case routeFeed:
		made, o, err := s.Posts.Create(ctx, st.Post)
		if err != nil {
			return o, err
		}
		if !st.At.IsZero() {
			return smm.Outcome{State: smm.OutcomePending, Next: afterDue(st.At), Evidence: smm.EvidenceReply}, nil
		}
		return published(r.Channel, smm.KindPost, made.ID, made.Permalink, smm.EvidenceReply), nil
	case routePhotoStory, routeVideoStory:
		tell := s.Stories.Finish
		id := st.Session.VideoID
		if st.Route == routePhotoStory {
			tell, id = s.Stories.Photo, st.Photos[0]
		}
		made, o, err := tell(ctx, id)
		if err != nil {
			return o, err
		}
		return published(r.Channel, smm.KindPost, cmp.Or(made.PostID, made.ID), "", smm.EvidenceReply), nil
	case routeComment:
		made, o, err := s.Comments.Create(ctx, st.Target, st.comment())
		if err != nil {
			return o, err
		}
		return published(r.Channel, smm.KindComment, made.ID, made.Permalink, smm.EvidenceReply), nil
	case routeMessage:
		sent, o, err := s.Messages.Send(ctx, st.message(r.ID))
		if err != nil {
			return o, err
		}
		return published(r.Channel, smm.KindMessage, sent.MessageID, "", smm.EvidenceReply), nil
	}
	return smm.Outcome{State: smm.OutcomeNotSent}, prepareError(r, fmt.Errorf("%w: facebook: the prepared state knows no way", smm.ErrInvalid))
}

func (d *Driver) finish(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared) (smm.Outcome, error) {
	if st.Route == routeReel {
		return s.Reels.Finish(ctx, st.Session.VideoID, st.Video)
	}
	p := st.Video
	if m := r.Post.Media[0]; m.Thumbnail != "" {
		w := preparation{d: d, s: s, r: r}
		f, err := w.open(ctx, smm.Media{Name: m.Thumbnail})
		if err != nil {
			return smm.Outcome{State: smm.OutcomeNotSent}, prepareError(r, err)
		}
		defer f.close()
		p.Thumbnail = &File{Reader: f.blob, Size: f.info.Size, Type: f.info.Type}
	}
	return s.Videos.Finish(ctx, st.Session.Upload, p)
}

func (p *prepared) comment() CommentParams {
	c := CommentParams{Message: p.Text}
	if len(p.Photos) > 0 {
		c.AttachmentID = p.Photos[0]
	}
	return c
}

func published(channel smm.Ref, kind smm.Kind, id ID, url string, e smm.Evidence) smm.Outcome {
	return smm.Outcome{State: smm.OutcomePublished, Post: channel.WithKind(kind, string(id)), URL: url, Evidence: e}
}

// afterDue is when a look at what the vendor publishes by itself makes sense.
func afterDue(at time.Time) time.Time { return at.Add(10 * time.Second) }
