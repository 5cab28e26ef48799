package facebook

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const (
	// clockSkew is how far the vendor's clock may be behind ours.
	clockSkew = 2 * time.Minute
	// baselineSkew is the same where the newest item before the first attempt is
	// known, which bounds the search whatever the clocks say.
	baselineSkew = 10 * time.Minute
	// settlePage and maxSettlePages bound a search: 1,000 items.
	settlePage     = 50
	maxSettlePages = 20
)

// Settle implements smm.Publisher. A draft or a video is asked for by its id; all
// else is looked for among what the Page shows. Exactly one that fits is the item;
// none, with the whole time read, is absence. Anything else is not known.
func (d *Driver) Settle(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{}, prepareError(r, fmt.Errorf("%w: facebook: the prepared state cannot be read", smm.ErrInvalid))
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{}, err
	}
	w := settlement{d: d, s: s, r: r, st: &st, a: a, since: a.First.Add(-clockSkew)}
	if st.Baseline != "" {
		w.since = a.First.Add(-baselineSkew)
	}
	switch st.Route {
	case routeDraft:
		return w.orLost(ctx, w.draft)
	case routeVideo, routeReel:
		return w.orLost(ctx, w.video)
	case routeFeed:
		return w.feed(ctx)
	case routePhotoStory, routeVideoStory:
		return w.stories(ctx)
	case routeComment:
		return w.comments(ctx)
	case routeMessage:
		if st.Comment != "" {
			return w.private(ctx)
		}
		return w.messages(ctx)
	}
	return smm.Outcome{}, prepareError(r, fmt.Errorf("%w: facebook: the prepared state knows no way", smm.ErrInvalid))
}

// settlement is one look at what became of a delivery.
type settlement struct {
	d     *Driver
	s     *session
	r     *smm.PublishRequest
	st    *prepared
	a     smm.Attempt
	since time.Time
}

// gone says that a node which had an id is not there. Somebody may have removed
// it after it was public, so that it proves nothing: the platform gives the same
// answer for what is out of sight.
func gone(err error) (smm.Outcome, error) {
	if errors.Is(err, smm.ErrNotFound) {
		return smm.Outcome{State: smm.OutcomeUnknown}, nil
	}
	return smm.Outcome{}, err
}

func (w *settlement) draft(ctx context.Context) (smm.Outcome, error) {
	post, err := w.s.Posts.State(ctx, w.st.PostID)
	switch {
	case err != nil:
		return gone(err)
	case post.Published == nil:
		return smm.Outcome{State: smm.OutcomeUnknown}, nil
	case *post.Published:
		return published(w.r.Channel, smm.KindPost, w.st.PostID, post.Permalink, smm.EvidenceHandle), nil
	case !w.st.At.IsZero() && !post.Scheduled.IsZero():
		return w.due(post.Scheduled.Time), nil
	case !w.st.At.IsZero() && !w.a.Doubt:
		return w.takenBack("post.state", smm.EvidenceHandle)
	}
	return smm.Outcome{State: smm.OutcomeRepeatable, Evidence: smm.EvidenceHandle}, nil
}

// orLost asks for the handle and, if an attempt may have been made with another
// one that went with a lost store, looks for the item as well.
func (w *settlement) orLost(ctx context.Context, ask func(context.Context) (smm.Outcome, error)) (smm.Outcome, error) {
	o, err := ask(ctx)
	if !w.a.Lost || err != nil || o.State == smm.OutcomePublished {
		return o, err
	}
	var found []hit
	var unsure bool
	if w.st.Route == routeReel {
		found, unsure, err = search(ctx, w.s.Reels.List, func(v *Video) (fit, hit) {
			switch {
			case w.old(v.ID, v.Created):
				return stop, hit{}
			case !textx.SameText(v.Description, w.st.Video.Description):
				return no, hit{}
			}
			return yes, hit{v.ID, v.URL()}
		})
	} else {
		list := func(ctx context.Context, p ListParams) (List[Post], error) {
			return w.s.Posts.List(ctx, EdgePublished, p)
		}
		found, unsure, err = search(ctx, list, func(p *Post) (fit, hit) {
			video := p.StatusType == "added_video"
			switch {
			case w.old(p.ID, p.Created):
				return stop, hit{}
			case !textx.SameText(p.Message, w.r.Post.Text), video != (w.st.Route == routeVideo), !video && len(photosOf(p)) != len(w.r.Post.Media):
				return no, hit{}
			}
			return yes, hit{p.ID, p.Permalink}
		})
	}
	if err != nil || unsure || len(found) != 1 {
		return o, err
	}
	return published(w.r.Channel, smm.KindPost, found[0].id, found[0].url, smm.EvidenceReadBack), nil
}

// takenBack ends what the vendor had accepted to publish by itself and does not
// any more: somebody cancelled it, or the vendor failed. It must not be scheduled
// anew behind their back.
func (w *settlement) takenBack(op string, e smm.Evidence) (smm.Outcome, error) {
	return smm.Outcome{State: smm.OutcomeRefused, Evidence: e}, &smm.Error{
		Op: op, Platform: Platform, Channel: w.r.Channel, Outcome: smm.OutcomeRefused,
		Err: fmt.Errorf("%w: it is neither scheduled any more nor public: cancelled on the Page, or lost there", smm.ErrRejected),
	}
}

// due waits for what the vendor publishes by itself.
func (w *settlement) due(at time.Time) smm.Outcome {
	next := afterDue(at)
	if now := w.d.cfg.Clock.Now(); !next.After(now) {
		next = now.Add(30 * time.Second)
	}
	return smm.Outcome{State: smm.OutcomePending, Next: next, Evidence: smm.EvidenceHandle}
}

func (w *settlement) video(ctx context.Context) (smm.Outcome, error) {
	v, err := w.s.Videos.State(ctx, w.st.Session.VideoID)
	if err != nil {
		return gone(err)
	}
	st := &v.Status
	switch {
	case videoPublic(&v):
		id := v.ID
		if w.st.Route == routeVideo {
			id = cmp.Or(postOfPage(w.s.page, v.PostID), v.ID)
		}
		return published(w.r.Channel, smm.KindPost, id, v.URL(), smm.EvidenceHandle), nil
	case st.Video == "error" || st.Video == "upload_failed" || st.Processing.Status == "error" || st.Publishing.Status == "error":
		return smm.Outcome{State: smm.OutcomeRefused, Evidence: smm.EvidenceHandle}, &smm.Error{
			Op: "video.state", Platform: Platform, Channel: w.r.Channel, Outcome: smm.OutcomeRefused, Message: videoTrouble(st),
			Err: fmt.Errorf("%w: the video could not be processed", smm.ErrRejected),
		}
	case st.Publishing.Publish == "scheduled":
		return w.due(laterOf(st.Publishing.Time.Time, w.st.At)), nil
	case begun(st.Publishing.Status) || begun(st.Processing.Status) || st.Video == "processing":
		return smm.Outcome{State: smm.OutcomePending, Next: w.d.cfg.Clock.Now().Add(processing), Evidence: smm.EvidenceHandle}, nil
	case st.Video == "":
		return smm.Outcome{State: smm.OutcomeUnknown}, nil
	}
	// The bytes are there and nobody asked to publish them.
	return smm.Outcome{State: smm.OutcomeRepeatable, Evidence: smm.EvidenceHandle}, nil
}

func begun(status string) bool { return status == "in_progress" || status == "complete" }

// videoPublic reports whether people can see a video.
func videoPublic(v *Video) bool {
	if v.Status.Publishing.Status == "complete" {
		return v.Status.Publishing.Publish == "published" || v.Status.Publishing.Publish == ""
	}
	return v.Status.Video == "ready" && v.Published != nil && *v.Published
}

func videoTrouble(st *VideoStatus) string {
	for _, p := range []VideoPhase{st.Publishing, st.Processing, st.Uploading} {
		if len(p.Errors) > 0 {
			return smm.CleanMessage(p.Errors[0].Message)
		}
	}
	return ""
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// postOfPage is the id of a post as lists have it: some answers leave out the
// Page in front.
func postOfPage(page, post ID) ID {
	if post == "" || strings.Contains(string(post), "_") {
		return post
	}
	return page + "_" + post
}

// verdict makes an outcome of what a search found.
func (w *settlement) verdict(kind smm.Kind, found []hit, unsure bool) smm.Outcome {
	switch {
	case len(found) == 1:
		return published(w.r.Channel, kind, found[0].id, found[0].url, smm.EvidenceReadBack)
	case len(found) > 1 || unsure:
		return smm.Outcome{State: smm.OutcomeUnknown}
	}
	return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceReadBack}
}

type hit struct {
	id  ID
	url string
}

// fit says whether an item is the one that is looked for.
type fit int

const (
	no    fit = iota
	maybe     // cannot be ruled out
	yes
	stop // this one and all that follow are older
)

// search reads a list from the newest item on, until judge says stop. It reports
// what fits, and whether something that was or was not seen leaves it open.
func search[T any](ctx context.Context, list func(context.Context, ListParams) (List[T], error), judge func(*T) (fit, hit)) (found []hit, unsure bool, err error) {
	p := ListParams{Limit: settlePage}
	seen := map[string]bool{}
	for range maxSettlePages {
		l, err := list(ctx, p)
		if err != nil {
			return nil, false, err
		}
		for i := range l.Items {
			f, h := judge(&l.Items[i])
			if f == yes && h.id == "" {
				f = maybe // it is there, and nobody says which it is
			}
			switch f {
			case stop:
				return found, unsure, nil
			case maybe:
				unsure = true
			case yes:
				found = append(found, h)
			case no:
			}
		}
		if l.Next == "" {
			return found, unsure, nil
		}
		if seen[l.Next] {
			break // it leads in a circle, so the rest was not seen
		}
		seen[l.Next] = true
		p = ListParams{Limit: settlePage, Cursor: l.Next}
	}
	return found, true, nil
}

// old reports whether an item was there before the first attempt.
func (w *settlement) old(id ID, at Time) bool {
	return w.st.Baseline != "" && id == w.st.Baseline || !at.IsZero() && at.Before(w.since)
}

func (w *settlement) feed(ctx context.Context) (smm.Outcome, error) {
	if !w.st.At.IsZero() {
		o, err := w.scheduled(ctx)
		if err != nil || o.State != smm.OutcomeAbsent {
			return o, err
		}
	}
	list := func(ctx context.Context, p ListParams) (List[Post], error) {
		return w.s.Posts.List(ctx, EdgePublished, p)
	}
	found, unsure, err := search(ctx, list, func(p *Post) (fit, hit) {
		if w.old(p.ID, p.Created) {
			return stop, hit{}
		}
		return w.st.fitsPost(p), hit{p.ID, p.Permalink}
	})
	if err != nil {
		return smm.Outcome{}, err
	}
	o := w.verdict(smm.KindPost, found, unsure)
	if now := w.d.cfg.Clock.Now(); o.State == smm.OutcomeAbsent && !w.st.At.IsZero() {
		switch {
		case !now.Before(w.st.At) && now.Before(w.st.At.Add(dueGrace)):
			return smm.Outcome{State: smm.OutcomePending, Next: now.Add(30 * time.Second)}, nil
		case !w.a.Doubt:
			return w.takenBack("page.posts", smm.EvidenceReadBack)
		}
	}
	return o, nil
}

// scheduled looks among what the vendor shall publish.
func (w *settlement) scheduled(ctx context.Context) (smm.Outcome, error) {
	list := func(ctx context.Context, p ListParams) (List[Post], error) {
		return w.s.Posts.List(ctx, EdgeScheduled, p)
	}
	found, unsure, err := search(ctx, list, func(p *Post) (fit, hit) {
		if !p.Scheduled.IsZero() && p.Scheduled.Sub(w.st.At).Abs() > time.Minute {
			return no, hit{}
		}
		return w.st.fitsPost(p), hit{p.ID, ""}
	})
	switch {
	case err != nil:
		return smm.Outcome{}, err
	case len(found) == 1:
		return w.due(w.st.At), nil
	case len(found) > 1 || unsure:
		return smm.Outcome{State: smm.OutcomeUnknown}, nil
	}
	return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceReadBack}, nil
}

// fitsPost compares a post with what was sent: photos by their ids, since nobody
// else can show those, all else by the text.
func (p *prepared) fitsPost(post *Post) fit {
	shown := photosOf(post)
	switch {
	case len(p.Post.Media) != len(shown) && len(p.Post.Media) > 0:
		return no
	case len(p.Post.Media) > 0:
		for _, id := range p.Post.Media {
			if !slices.Contains(shown, id) {
				return no
			}
		}
		return yes
	case !textx.SameText(post.Message, p.Post.Message):
		return no
	case post.StatusType == "added_photos" || post.StatusType == "added_video":
		return no
	}
	return yes
}

func (w *settlement) stories(ctx context.Context) (smm.Outcome, error) {
	media := w.st.Session.VideoID
	if w.st.Route == routePhotoStory {
		media = w.st.Photos[0]
	}
	list := func(ctx context.Context, p ListParams) (List[Story], error) { return w.s.Stories.List(ctx, "", p) }
	found, unsure, err := search(ctx, list, func(st *Story) (fit, hit) {
		switch {
		case st.MediaID == media:
			return yes, hit{st.PostID, st.URL}
		case st.MediaID == "" && !st.Created.Before(w.since):
			return maybe, hit{}
		case !st.Created.IsZero() && st.Created.Before(w.since):
			return stop, hit{}
		}
		return no, hit{}
	})
	if err != nil {
		return smm.Outcome{}, err
	}
	return w.verdict(smm.KindPost, found, unsure), nil
}

func (w *settlement) comments(ctx context.Context) (smm.Outcome, error) {
	list := func(ctx context.Context, p ListParams) (List[Comment], error) {
		return w.s.Comments.List(ctx, w.st.listed(), CommentFilter{Newest: true}, p)
	}
	found, unsure, err := search(ctx, list, func(c *Comment) (fit, hit) {
		switch {
		case w.old(c.ID, c.Created):
			return stop, hit{}
		case !textx.SameText(c.Message, w.st.Text):
			return no, hit{}
		case c.From == nil:
			return maybe, hit{}
		case c.From.ID != w.s.page:
			return no, hit{}
		}
		return yes, hit{c.ID, c.Permalink}
	})
	if err != nil {
		return smm.Outcome{}, err
	}
	return w.verdict(smm.KindComment, found, unsure), nil
}
