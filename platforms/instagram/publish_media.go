package instagram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// step makes the next container or, with all made, goes on with the first that is
// not ready.
func (d *Driver) step(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, p *smm.Prepared) error {
	if st.Kind != smm.CreatePost {
		return nil
	}
	p.Next = time.Time{}
	o, err := postOptions(&r.Post)
	if err != nil {
		return err
	}
	many := len(r.Post.Media) > 1
	if n := len(st.Items); n < len(r.Post.Media) {
		made, err := d.container(ctx, s, r, st, &o, n)
		if err != nil {
			return err
		}
		st.made(d.cfg.Clock.Now())
		st.Items = append(st.Items, made)
		return nil
	}
	if i := slices.IndexFunc(st.Items, func(i item) bool { return !i.Ready }); i >= 0 {
		return d.advance(ctx, s, r, st, p, &st.Items[i], i)
	}
	switch {
	case many && st.Parent == nil:
		parent, err := s.Media.Create(ctx, carousel(s.login, r, st, &o))
		if err != nil {
			return err
		}
		st.Parent = &item{ID: parent.ID}
		return nil
	case many && !st.Parent.Ready:
		return d.advance(ctx, s, r, st, p, st.Parent, -1)
	}
	return nil
}

func (st *prepared) made(now time.Time) {
	if st.Since.IsZero() {
		st.Since = now
	}
}

// advance sends the file of a container, or looks how far its processing got. n is
// its place in the post, -1 for the whole of a carousel.
func (d *Driver) advance(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, p *smm.Prepared, it *item, n int) error {
	if it.URI != "" && n >= 0 {
		err := d.send(ctx, s, r, it, r.Post.Media[n])
		if errors.Is(err, smm.ErrNotFound) {
			return d.again(st, p, err)
		}
		if err == nil {
			it.URI = ""
		}
		return err
	}
	c, err := s.Media.Container(ctx, it.ID)
	if errors.Is(err, smm.ErrNotFound) {
		return d.again(st, p, fmt.Errorf("%w: instagram: the vendor loses a container each time", smm.ErrUnavailable))
	}
	if err != nil {
		return err
	}
	switch c.StatusCode {
	case StatusFinished, StatusPublished:
		it.Ready, st.Polls = true, 0
		return nil
	case StatusExpired:
		return d.again(st, p, fmt.Errorf("%w: instagram: a container expires each time", smm.ErrUnavailable))
	case StatusError:
		if err := containerError(r.Channel, &c); !errors.Is(err, smm.ErrUnavailable) {
			return err
		}
		return d.again(st, p, containerError(r.Channel, &c))
	}
	if st.Polls++; st.Polls > maxPolls {
		return d.again(st, p, fmt.Errorf("%w: instagram: the vendor does not get done with a file", smm.ErrUnavailable))
	}
	p.Next = d.cfg.Clock.Now().Add(pollPause(st.Polls, it.Video))
	return nil
}

// maxRestarts bounds the containers of one delivery: an account may make 400 a day.
const maxRestarts = 4

// again begins anew after a pause: containers that are not published harm nobody.
// In the end it is why that is told.
func (d *Driver) again(st *prepared, p *smm.Prepared, why error) error {
	if st.Restarts >= maxRestarts {
		return why
	}
	p.Next = d.cfg.Clock.Now().Add(time.Minute << st.Restarts)
	st.Items, st.Parent, st.Since, st.Polls = nil, nil, time.Time{}, 0
	st.Restarts++
	return nil
}

// pollPause is how long to wait before the next look: pictures are done at once as
// a rule. The vendor asks for one look a minute and gives up after five; films of
// some length take longer.
func pollPause(n int, video bool) time.Duration {
	begin := 2 * time.Second
	if video {
		begin = 10 * time.Second
	}
	return min(begin<<min(n-1, 6), time.Minute)
}

// containerError is why a container failed. Its words hold the subcode.
func containerError(channel smm.Ref, c *Container) error {
	code := subcodeIn(c.Status)
	err := containerErrors[code]
	if err == nil {
		err = smm.ErrRejected
	}
	return &smm.Error{
		Op: "container.get", Platform: Platform, Channel: channel, Outcome: smm.OutcomeRefused, Code: code,
		Message: smm.CleanMessage(c.Status), Err: fmt.Errorf("%w: Instagram could not process the file", err),
	}
}

// subcodeIn finds the subcode in the words of a container: "Error: Media upload has
// failed with error code 2207026".
func subcodeIn(status string) string {
	for word := range strings.FieldsFuncSeq(status, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(word) == 7 && strings.HasPrefix(word, "22") {
			return word
		}
	}
	return ""
}

// container makes the container of the nth item.
func (d *Driver) container(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, o *PostOptions, n int) (item, error) {
	m := r.Post.Media[n]
	info, err := account.Look(ctx, r, m.Name)
	if err != nil {
		return item{}, err
	}
	q := ContainerParams{CarouselItem: len(r.Post.Media) > 1}
	if n < len(o.UserTags) {
		q.UserTags = o.UserTags[n]
	}
	it := item{Video: info.Class == smm.MediaVideo}
	switch {
	case info.Class != smm.MediaImage && !it.Video:
		return item{}, fmt.Errorf("%w: instagram: %s cannot be posted", smm.ErrInvalid, info.Type)
	case o.Format == FormatReel && !it.Video:
		return item{}, fmt.Errorf("%w: instagram: a reel is a film, and %q is a picture", smm.ErrInvalid, m.Name)
	case it.Video:
		err = d.film(ctx, s, r, st, o, m, &q)
	default:
		q.ImageURL, err = d.address(ctx, r, m)
	}
	if err != nil {
		return item{}, err
	}
	if st.Story {
		q.MediaType = "STORIES"
	} else {
		q.AltText = m.AltText
		if it.Video {
			q.AltText = "" // pictures alone have one
		}
		if !q.CarouselItem {
			describe(&q, s.login, r, o)
		}
	}
	made, err := s.Media.Create(ctx, q)
	if err != nil {
		return item{}, err
	}
	if it.ID = made.ID; q.Resumable {
		if it.URI = made.URI; it.URI == "" {
			return item{}, unreadable("media.create", r.Channel, "no address to send the file to")
		}
	}
	return it, nil
}

// film sets what a film needs. FacebookLogin takes the bytes; the other login
// fetches them.
func (d *Driver) film(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, o *PostOptions, m smm.Media, q *ContainerParams) (err error) {
	q.MediaType = "REELS"
	if q.CarouselItem {
		q.MediaType = "VIDEO"
	}
	st.Reel = !q.CarouselItem && !st.Story
	if s.login == FacebookLogin {
		q.Resumable = true
	} else if q.VideoURL, err = d.address(ctx, r, m); err != nil {
		return err
	}
	if !st.Reel {
		return nil
	}
	q.ShareToFeed, q.AudioName, q.Audio, q.Trial = o.ShareToFeed, o.AudioName, o.Audio, o.Trial
	if m.Thumbnail == "" {
		q.ThumbOffset = o.ThumbOffset
		return nil
	}
	info, err := account.Look(ctx, r, m.Thumbnail)
	if err != nil {
		return err
	}
	if info.Type != "image/jpeg" || info.Size > maxCoverBytes {
		return fmt.Errorf("%w: instagram: a cover is a JPEG of at most 8 MB", smm.ErrInvalid)
	}
	q.CoverURL, err = d.address(ctx, r, smm.Media{Name: m.Thumbnail})
	return err
}

// describe sets what stands on the post and not on its items.
func describe(q *ContainerParams, l Login, r *smm.PublishRequest, o *PostOptions) {
	q.Caption, q.LocationID, q.Collaborators = r.Post.Text, ID(o.LocationID), o.Collaborators
	q.AIGenerated = r.Post.Disclosure.AI
	q.Poll, q.PollExtended, q.CommentPrompt = o.Poll, o.PollExtended, o.CommentPrompt
	for _, id := range o.Sponsors {
		q.Sponsors = append(q.Sponsors, ID(id))
	}
	q.PaidPartnership = l == FacebookLogin && (r.Post.Disclosure.Paid || len(q.Sponsors) > 0)
}

func carousel(l Login, r *smm.PublishRequest, st *prepared, o *PostOptions) ContainerParams {
	q := ContainerParams{MediaType: "CAROUSEL"}
	for _, i := range st.Items {
		q.Children = append(q.Children, i.ID)
	}
	describe(&q, l, r, o)
	return q
}

// address is where the vendor can fetch an asset.
func (d *Driver) address(ctx context.Context, r *smm.PublishRequest, m smm.Media) (string, error) {
	if d.cfg.MediaHost == nil {
		return "", fmt.Errorf("%w: instagram: Config.MediaHost is nil, and Instagram fetches files itself", smm.ErrInvalid)
	}
	at, _, err := d.cfg.MediaHost.MediaURL(ctx, r.Tenant, m, addressLife)
	return at, err
}

// send sends the file of a container, from where it broke off.
func (d *Driver) send(ctx context.Context, s *session, r *smm.PublishRequest, it *item, m smm.Media) error {
	blob, err := account.Open(ctx, r, m.Name)
	if err != nil {
		return err
	}
	defer func() { _ = blob.Close() }() // only read
	size, err := blob.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("%w: instagram: media %q: %w", smm.ErrUnavailable, m.Name, err)
	}
	return s.Media.Upload(ctx, it.ID, it.URI, account.ReaderAt(blob), size)
}

// messageFile gives the file of a message an address.
func (d *Driver) messageFile(ctx context.Context, r *smm.PublishRequest, st *prepared) error {
	m := r.Post.Media[0]
	info, err := account.Look(ctx, r, m.Name)
	if err != nil {
		return err
	}
	switch info.Class {
	case smm.MediaImage, smm.MediaGIF:
		st.File = "image"
	case smm.MediaVideo:
		st.File = "video"
	case smm.MediaAudio:
		st.File = "audio"
	default:
		st.File = "file"
	}
	st.URL, err = d.address(ctx, r, m)
	return err
}
