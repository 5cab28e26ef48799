package facebook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// file is an opened asset of a post.
type file struct {
	blob smm.Blob
	info smm.MediaInfo
}

func (f *file) close() { _ = f.blob.Close() } // only read

func (w *preparation) open(ctx context.Context, m smm.Media) (*file, error) {
	blob, info, err := account.Asset(ctx, w.r, m.Name)
	if err != nil {
		return nil, err
	}
	return &file{blob: blob, info: info}, nil
}

// takesVideo reports whether the way begins with the upload of a video.
func (p *prepared) takesVideo() bool {
	return p.Route == routeVideo || p.Route == routeReel || p.Route == routeVideoStory
}

// ready reports whether only the commit is left.
func (w *preparation) ready() bool {
	st := &w.st
	switch {
	case st.takesVideo():
		return st.Uploaded
	case st.Route == routeMessage:
		return st.File == "" || st.Attached != ""
	case len(st.Photos) < len(w.r.Post.Media):
		return false
	case st.Route == routeDraft:
		return st.PostID != ""
	}
	return true
}

func (w *preparation) progress() float64 {
	st := &w.st
	switch {
	case w.ready():
		return 1
	case st.takesVideo() && st.Size > 0:
		return float64(st.Sent) / float64(st.Size)
	}
	return float64(len(st.Photos)) / float64(len(w.r.Post.Media)+1)
}

// step does the next thing that is not done.
func (w *preparation) step(ctx context.Context) error {
	st := &w.st
	switch {
	case w.ready():
		return nil
	case st.takesVideo() && st.Session.VideoID == "":
		return w.startVideo(ctx)
	case st.takesVideo():
		return w.sendVideo(ctx)
	case st.Route == routeMessage:
		return w.attach(ctx)
	case len(st.Photos) < len(w.r.Post.Media):
		return w.sendPhoto(ctx, w.r.Post.Media[len(st.Photos)])
	case st.Route == routeDraft:
		return w.makeDraft(ctx)
	}
	return nil
}

func (w *preparation) sendPhoto(ctx context.Context, m smm.Media) error {
	f, err := w.open(ctx, m)
	if err != nil {
		return err
	}
	defer f.close()
	id, err := w.s.Photos.Hidden(ctx, File{Reader: f.blob, Size: f.info.Size, Type: f.info.Type}, m.AltText)
	if err != nil {
		return err
	}
	if w.st.Since.IsZero() {
		w.st.Since = w.d.cfg.Clock.Now()
	}
	w.st.Photos = append(w.st.Photos, id)
	w.st.Post.Media = w.st.Photos
	return nil
}

// makeDraft makes the post that the commit publishes. One whose reply is lost
// stays behind, seen by nobody.
func (w *preparation) makeDraft(ctx context.Context) error {
	made, err := w.s.Posts.createHidden(ctx, w.st.Post)
	if err != nil {
		return err
	}
	w.st.PostID = made.ID
	return nil
}

func (w *preparation) startVideo(ctx context.Context) error {
	st := &w.st
	start := w.s.Reels.Start
	switch st.Route {
	case routeVideo:
		start = func(ctx context.Context) (Session, error) { return w.s.Videos.Start(ctx, st.Size) }
	case routeVideoStory:
		start = w.s.Stories.Start
	}
	at, err := start(ctx)
	if err != nil {
		return err
	}
	if (st.Route == routeVideo && at.Upload == "") || (st.Route != routeVideo && at.URL == "") {
		return fmt.Errorf("%w: facebook: the upload that was begun has no address", smm.ErrUnavailable)
	}
	st.Session, st.Sent, st.Since = at, 0, w.d.cfg.Clock.Now()
	return nil
}

// sendVideo sends a chunk or, for reels and stories, what is left.
func (w *preparation) sendVideo(ctx context.Context) error {
	f, err := w.open(ctx, w.r.Post.Media[0])
	if err != nil {
		return err
	}
	defer f.close()
	if f.info.Size != w.st.Size {
		return fmt.Errorf("%w: facebook: the video changed while it was sent", smm.ErrInvalid)
	}
	if w.st.Route != routeVideo {
		if err := w.s.Reels.Send(ctx, w.st.Session, Source{Reader: account.ReaderAt(f.blob), Size: w.st.Size}); err != nil {
			return w.restart(err)
		}
		w.st.Sent, w.st.Uploaded = w.st.Size, true
		return nil
	}
	return w.sendChunk(ctx, f)
}

// sendChunk sends the bytes that the vendor wants next. A chunk whose reply was
// lost is sent again; if the vendor will not have it twice the upload begins anew.
func (w *preparation) sendChunk(ctx context.Context, f *file) error {
	st := &w.st
	from, to, err := st.Session.span(st.Size)
	if err != nil {
		return w.restart(err)
	}
	chunk := io.NewSectionReader(account.ReaderAt(f.blob), from, to-from)
	next, err := w.s.Videos.Transfer(ctx, st.Session.Upload, from, File{Reader: chunk, Size: to - from, Type: f.info.Type})
	if err != nil {
		return w.restart(err)
	}
	st.Session.Offsets = next
	from, to, err = st.Session.span(st.Size)
	switch {
	case err != nil:
		return w.restart(err)
	case from == to:
		st.Uploaded = true
	}
	st.Sent = from
	return nil
}

// span reads the offsets, which are numbers within the file.
func (o *Offsets) span(size int64) (from, to int64, err error) {
	from, ferr := strconv.ParseInt(string(o.Start), 10, 64)
	to, terr := strconv.ParseInt(string(o.End), 10, 64)
	if ferr != nil || terr != nil || from < 0 || to < from || to > size {
		return 0, 0, fmt.Errorf("%w: facebook: the vendor wants bytes that the file does not have", smm.ErrUnavailable)
	}
	return from, to, nil
}

// restart begins the upload anew after a refusal, which may be one of the place
// where a chunk begins and not of the file; after some it is taken for one of the
// file.
func (w *preparation) restart(err error) error {
	refused := errors.Is(err, smm.ErrRejected) || errors.Is(err, smm.ErrNotFound)
	if !refused || w.st.Restarts >= maxRestarts {
		return err
	}
	w.st.Restarts++
	w.st.Session, w.st.Sent, w.st.Uploaded = Session{}, 0, false
	return nil
}

func (w *preparation) beginComment(ctx context.Context) error {
	to := w.r.Post.ReplyTo
	if err := onChannel(w.r.Channel, to, smm.KindPost, smm.KindComment, smm.KindReview); err != nil {
		return err
	}
	if len(w.r.Post.Media) > 1 {
		return fmt.Errorf("%w: facebook: a comment takes one photo", smm.ErrInvalid)
	}
	w.st.Route, w.st.Target, w.st.Text = routeComment, ID(to.ID), withLink(&w.r.Post)
	if to.Kind == smm.KindComment {
		c, err := w.s.Comments.Get(ctx, w.st.Target)
		if err != nil {
			return err
		}
		if c.Parent != nil {
			w.st.Parent = c.Parent.ID
		}
	}
	if !w.r.Restored.IsZero() {
		return nil
	}
	own, err := newestOwn(ctx, w.s, w.st.listed())
	w.st.Baseline = own
	return err
}

// listed is where a comment appears in lists: a reply to a reply among those of
// the comment above both.
func (p *prepared) listed() ID {
	if p.Parent != "" {
		return p.Parent
	}
	return p.Target
}

// newestOwn is the newest of the last comments that is the Page's own.
func newestOwn(ctx context.Context, s *session, on ID) (ID, error) {
	l, err := s.Comments.List(ctx, on, CommentFilter{Newest: true}, ListParams{Limit: MaxPage})
	if err != nil {
		return "", err
	}
	for i := range l.Items {
		if c := &l.Items[i]; c.From != nil && c.From.ID == s.page {
			return c.ID, nil
		}
	}
	return "", nil
}

// withLink is the text with the card's link, where there is no card.
func withLink(p *smm.Post) string {
	switch {
	case p.Card == nil || p.Card.URL == "":
		return p.Text
	case p.Text == "":
		return p.Card.URL
	}
	return p.Text + "\n\n" + p.Card.URL
}

// hasVideo looks at the media: one video stands alone.
func (w *preparation) hasVideo(ctx context.Context, as Format) (bool, error) {
	for i, m := range w.r.Post.Media {
		f, err := w.open(ctx, m)
		if err != nil {
			return false, err
		}
		f.close()
		switch f.info.Class {
		case smm.MediaVideo:
			if len(w.r.Post.Media) > 1 {
				return false, fmt.Errorf("%w: facebook: a video stands alone", smm.ErrInvalid)
			}
			w.st.Size = f.info.Size
			return true, fits(as, &f.info)
		case smm.MediaImage:
		default:
			return false, fmt.Errorf("%w: facebook: media[%d] is neither a photo nor a video", smm.ErrInvalid, i)
		}
	}
	return false, nil
}

// fits checks a video against what the vendor takes for a format. What the file
// does not tell is left to the vendor.
func fits(as Format, in *smm.MediaInfo) error {
	fail := func(format string, a ...any) error {
		return fmt.Errorf("%w: facebook: %s", smm.ErrInvalid, fmt.Sprintf(format, a...))
	}
	switch {
	case as == FormatReel && in.Duration > 0 && (in.Duration < MinReel || in.Duration > MaxReel):
		return fail("a reel lasts %s to %s, not %s", MinReel, MaxReel, in.Duration)
	case as == FormatReel && in.Width > 0 && (in.Width < minReelWidth || in.Height < minReelHeight || in.Width > in.Height):
		return fail("a reel is upright and at least %d by %d pixels, not %d by %d", minReelWidth, minReelHeight, in.Width, in.Height)
	case as == FormatStory && in.Duration > MaxStory:
		return fail("a story lasts at most %s, not %s", MaxStory, in.Duration)
	}
	return nil
}
