package x

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

const (
	// RequestLife is how long a create that was given up may still take effect.
	// X documents nothing about it; gateways give up after a minute as a rule.
	RequestLife = 2 * time.Minute
	// ReadLag is how long a post may be missing from its author's list. X
	// documents nothing about that either.
	ReadLag = time.Minute
	// mediaLife is how long an upload is relied on; X keeps it for a day.
	mediaLife = 20 * time.Hour
	// stepTime is after how long a step of an upload begins no further segment, so
	// that what was sent is on record.
	stepTime = 20 * time.Second
)

// guarantee is what every create is promised.
func guarantee() smm.Guarantee {
	return smm.Guarantee{Class: smm.ClassReadBack, RequestLife: RequestLife, ReadLag: ReadLag}
}

// prepared is Prepared.State: everything that the commit sends, decided once.
type prepared struct {
	Params  PostParams     `json:"params,omitzero"`
	Message *MessageParams `json:"message,omitempty"` // in place of Params
	To      ID             `json:"to,omitempty"`      // of a message: a user
	Talk    ID             `json:"talk,omitempty"`    // of a message: a conversation
	Kind    smm.Kind       `json:"kind"`              // of the item's Ref
	Name    string         `json:"name,omitempty"`    // of the account, for the address of the post
	Uploads []upload       `json:"uploads,omitempty"` // in the order of the post's media
	Expires time.Time      `json:"expires,omitzero"`  // of the first upload
	Polls   int            `json:"polls,omitempty"`   // looks at a file that is being processed
}

// upload is how far a file is.
type upload struct {
	ID      ID    `json:"id"`
	Key     ID    `json:"key,omitempty"`
	Segment int   `json:"segment,omitempty"` // the next to send
	Stage   stage `json:"stage,omitempty"`
}

type stage string

const (
	stageOpen   stage = ""       // segments are being sent
	stageWhole  stage = "whole"  // all segments are there
	stageSent   stage = "sent"   // X may be processing it
	stageUsable stage = "usable" // X is done; a description may be missing
	stageReady  stage = "ready"
)

// Prepare implements smm.Publisher. The first step decides everything but the
// media; each further one sends a file or some of its segments, looks how far X
// is with it, or describes it.
func (d *Driver) Prepare(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Prepared{}, err
	}
	var st prepared
	p := last
	if len(last.State) == 0 || json.Unmarshal(last.State, &st) != nil {
		st, err = d.begin(ctx, s, r)
		p = smm.Prepared{Guarantee: guarantee()}
	} else {
		p.Next = time.Time{}
		err = d.step(ctx, s, r, &st, &p)
	}
	if err != nil {
		return smm.Prepared{}, prepareError(r, err)
	}
	p.Expires = st.Expires
	p.Ready = len(st.Uploads) == len(r.Post.Media) && !slices.ContainsFunc(st.Uploads, func(u upload) bool { return u.Stage != stageReady })
	p.Progress = progress(&st, len(r.Post.Media))
	if p.Ready {
		st.attach()
	}
	if p.State, err = json.Marshal(st); err != nil {
		return smm.Prepared{}, prepareError(r, err)
	}
	return p, nil
}

// attach puts the uploads into what is sent.
func (st *prepared) attach() {
	if len(st.Uploads) == 0 {
		return
	}
	if st.Message != nil {
		st.Message.Attachments = nil
		for _, u := range st.Uploads {
			st.Message.Attachments = append(st.Message.Attachments, MessageAttachment{u.ID})
		}
		return
	}
	m := &MediaParams{}
	if st.Params.Media != nil { // tagged accounts
		m.TaggedUserIDs = st.Params.Media.TaggedUserIDs
	}
	for _, u := range st.Uploads {
		m.MediaIDs = append(m.MediaIDs, u.ID)
	}
	st.Params.Media = m
}

// progress counts an upload and its processing as equal halves.
func progress(st *prepared, media int) float64 {
	if media == 0 {
		return 1
	}
	done := 0
	for _, u := range st.Uploads {
		switch u.Stage {
		case stageOpen:
		case stageReady:
			done += 2
		default:
			done++
		}
	}
	return float64(done) / float64(2*media)
}

func prepareError(r *smm.PublishRequest, err error) error {
	if _, ok := errors.AsType[*smm.Error](err); ok {
		return err
	}
	return notSent("prepare", r.Channel, err)
}

// begin decides everything but the media.
func (d *Driver) begin(ctx context.Context, s *session, r *smm.PublishRequest) (prepared, error) {
	o, err := postOptions(&r.Post)
	if err != nil {
		return prepared{}, err
	}
	if m := misfits(&r.Post); len(m) > 0 {
		return prepared{}, invalid("%s", m[0].message)
	}
	if r.Kind == smm.CreateMessage {
		return d.beginMessage(ctx, s, r)
	}
	st := prepared{Kind: smm.KindPost}
	if st.Params, err = postParams(&r.Post, &o); err != nil {
		return prepared{}, err
	}
	switch r.Kind {
	case smm.CreatePost:
	case smm.CreateReply:
		to := r.Post.ReplyTo
		if err := onChannel(r.Channel, to, postKinds...); err != nil {
			return prepared{}, err
		}
		// Whose post it is would cost a read to know; a comment's answer is a
		// comment, and a post's may be the next part of a thread.
		st.Kind = to.Kind
		st.Params.Reply = &ReplyParams{InReplyToTweetID: ID(to.ID), ExcludeUserIDs: o.ExcludeReplyUserIDs}
	default:
		return prepared{}, fmt.Errorf("%w: x: there is no %s", smm.ErrUnsupported, r.Kind)
	}
	if !r.Post.Quote.IsZero() {
		if err := onChannel(r.Channel, r.Post.Quote, postKinds...); err != nil {
			return prepared{}, err
		}
		st.Params.QuoteTweetID = ID(r.Post.Quote.ID)
	}
	if loss := d.cfg.Tier.lostIn(&st.Params); loss != "" {
		return prepared{}, fmt.Errorf("%w: x: %s", smm.ErrForbidden, loss)
	}
	me, err := d.account(ctx, r.Channel, s)
	if err != nil {
		return prepared{}, err
	}
	st.Name = me.Username
	return st, nil
}

// beginMessage finds whom a message is for.
func (d *Driver) beginMessage(ctx context.Context, s *session, r *smm.PublishRequest) (prepared, error) {
	st := prepared{Kind: smm.KindMessage, Message: &MessageParams{Text: withCard(&r.Post)}}
	to := r.Post.ReplyTo
	if err := onChannel(r.Channel, to, smm.KindConversation, smm.KindMessage, smm.KindAuthor); err != nil {
		return prepared{}, err
	}
	switch to.Kind {
	case smm.KindAuthor:
		st.To = ID(to.ID)
		return st, ids(st.To)
	case smm.KindMessage:
		e, err := s.Messages.Event(ctx, ID(to.ID), nil)
		if err != nil {
			return prepared{}, err
		}
		st.Talk = e.Item.ConversationID
	default:
		st.Talk = ID(to.ID)
	}
	return st, isConversation(st.Talk)
}

// step takes the first file that is not ready one step further.
func (d *Driver) step(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, p *smm.Prepared) error {
	i := slices.IndexFunc(st.Uploads, func(u upload) bool { return u.Stage != stageReady })
	if i < 0 {
		if len(st.Uploads) == len(r.Post.Media) {
			return nil
		}
		return d.open(ctx, s, r, st)
	}
	u, m := &st.Uploads[i], r.Post.Media[i]
	switch u.Stage {
	case stageOpen:
		return d.segments(ctx, s, r, u, m)
	case stageWhole:
		return finalize(ctx, s, u)
	case stageSent:
		return d.processed(ctx, s, st, u, p)
	}
	if m.AltText != "" && st.Message == nil {
		if err := s.Media.SetAltText(ctx, u.ID, m.AltText); err != nil {
			return err
		}
	}
	u.Stage = stageReady
	return nil
}

// asset opens a file and looks what it is.
func (d *Driver) asset(ctx context.Context, r *smm.PublishRequest, m smm.Media) (smm.Blob, smm.MediaInfo, error) {
	blob, err := r.OpenMedia(ctx, m.Name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", smm.ErrInvalid, err) // final
	}
	if err != nil {
		return nil, smm.MediaInfo{}, err
	}
	info, err := account.Probe(ctx, blob)
	if err != nil {
		_ = blob.Close()
		return nil, smm.MediaInfo{}, err
	}
	return blob, info, nil
}

// category is what a file is for.
func (st *prepared) category(info *smm.MediaInfo) MediaCategory {
	c := map[smm.MediaClass]MediaCategory{smm.MediaImage: CategoryImage, smm.MediaGIF: CategoryGIF, smm.MediaVideo: CategoryVideo}[info.Class]
	if st.Message == nil {
		return c
	}
	return map[MediaCategory]MediaCategory{CategoryImage: CategoryDMImage, CategoryGIF: CategoryDMGIF, CategoryVideo: CategoryDMVideo}[c]
}

// open announces the next file, or sends it at once if it is an image.
func (d *Driver) open(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared) error {
	blob, info, err := d.asset(ctx, r, r.Post.Media[len(st.Uploads)])
	if err != nil {
		return err
	}
	defer func() { _ = blob.Close() }() // only read
	u := Upload{Size: info.Size, Type: info.Type, Category: st.category(&info)}
	if u.Category == "" {
		return invalid("%s cannot be posted", info.Type)
	}
	var up UploadedMedia
	next := upload{Stage: stageOpen}
	if info.Class == smm.MediaImage {
		u.Reader = blob
		if up, err = s.Media.UploadImage(ctx, u); err == nil {
			next.sent(&up)
		}
	} else {
		up, err = s.Media.Initialize(ctx, u)
	}
	if err != nil {
		return err
	}
	next.ID, next.Key = up.ID, up.Key
	life := mediaLife
	if said := time.Duration(min(max(up.ExpiresAfterSecs, 0), 1<<20)) * time.Second; said > 0 {
		life = min(life, said*4/5)
	}
	if at := d.cfg.Clock.Now().Add(life); st.Expires.IsZero() || at.Before(st.Expires) {
		st.Expires = at
	}
	st.Uploads = append(st.Uploads, next)
	return nil
}

// segments sends the next segments of a file. An error after the first of them is
// left to the next step to meet again.
func (d *Driver) segments(ctx context.Context, s *session, r *smm.PublishRequest, u *upload, m smm.Media) error {
	blob, info, err := d.asset(ctx, r, m)
	if err != nil {
		return err
	}
	defer func() { _ = blob.Close() }() // only read
	plan := Upload{Reader: blob, Size: info.Size, Type: info.Type}
	size, err := plan.segment()
	if err != nil {
		return err
	}
	began, buf := d.cfg.Clock.Now(), make([]byte, min(size, info.Size))
	for n := 0; int64(u.Segment)*size < info.Size; n++ {
		if n > 0 && d.cfg.Clock.Now().Sub(began) > stepTime {
			return nil
		}
		at := int64(u.Segment) * size
		part := buf[:min(size, info.Size-at)]
		if err := readAt(blob, part, at); err != nil {
			return err
		}
		if err := s.Media.Append(ctx, u.ID, u.Segment, bytes.NewReader(part), int64(len(part))); err != nil {
			if n > 0 {
				return nil
			}
			return err
		}
		u.Segment++
	}
	u.Stage = stageWhole
	return nil
}

// finalize is a step of its own: a file that is whole takes no segment any more,
// so that the one before must be on record. Whether X takes it twice is not
// documented; if it refuses, what it is doing with the file tells.
func finalize(ctx context.Context, s *session, u *upload) error {
	up, err := s.Media.Finalize(ctx, u.ID)
	if errors.Is(err, smm.ErrRejected) {
		if now, readErr := s.Media.Status(ctx, u.ID); readErr == nil && now.Processing != nil {
			up, err = now, nil
		}
	}
	if err != nil {
		return err
	}
	if up.Key != "" {
		u.Key = up.Key
	}
	u.sent(&up)
	return nil
}

// sent goes on from where X has all of a file.
func (u *upload) sent(up *UploadedMedia) {
	u.Stage = stageSent
	if up.State() == UploadReady {
		u.Stage = stageUsable
	}
}

func readAt(r io.ReadSeeker, part []byte, at int64) error {
	if _, err := r.Seek(at, io.SeekStart); err != nil {
		return fmt.Errorf("%w: the file cannot be read: %w", smm.ErrInvalid, err)
	}
	if _, err := io.ReadFull(r, part); err != nil {
		return fmt.Errorf("%w: the file ended before its size: %w", smm.ErrInvalid, err)
	}
	return nil
}

// processed looks how far X is with a file.
func (d *Driver) processed(ctx context.Context, s *session, st *prepared, u *upload, p *smm.Prepared) error {
	m, err := s.Media.Status(ctx, u.ID)
	switch {
	case errors.Is(err, smm.ErrNotFound): // removed meanwhile: all over again
		st.Uploads, st.Expires, st.Polls = nil, time.Time{}, 0
		return nil
	case err != nil:
		return err
	}
	switch m.State() {
	case UploadReady:
		u.Stage, st.Polls = stageUsable, 0
		return nil
	case UploadFailed:
		return failedUpload(&m)
	case UploadPending, UploadProcessing:
	default: // a state that is new to us is not an end
	}
	wait := m.CheckAfter()
	if wait <= 0 {
		wait = min(2*time.Second<<min(st.Polls, 8), 30*time.Second)
	}
	p.Next = d.cfg.Clock.Now().Add(wait)
	st.Polls++
	return nil
}

// Commit implements smm.Publisher: one POST. The refusal of a duplicate is no
// refusal here: it says that X has such a post, and that may be the one of an
// attempt whose reply was lost. Whether it is, Settle finds out.
func (d *Driver) Commit(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{State: smm.OutcomeRefused}, prepareError(r, invalid("the prepared state cannot be read"))
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{State: smm.OutcomeNotSent}, err
	}
	var (
		resp *httpx.Response
		fate httpx.Fate
	)
	if st.Message != nil {
		resp, fate, err = st.sendMessage(ctx, s, r.Channel)
	} else {
		resp, fate, err = s.Posts.create(ctx, r.Channel, "posts.create", &st.Params)
	}
	switch {
	case errors.Is(err, smm.ErrDuplicate) && fate == httpx.FateAnswered:
		return smm.Outcome{State: smm.OutcomeUnknown, Evidence: smm.EvidenceReply}, err
	case err != nil || fate != httpx.FateAnswered:
		return s.http.Outcome(fate, resp), err
	}
	id, err := createdID(&st, resp)
	if err != nil {
		return smm.Outcome{}, err
	}
	return st.published(r.Channel, id, smm.EvidenceReply), nil
}

func (st *prepared) sendMessage(ctx context.Context, s *session, channel smm.Ref) (*httpx.Response, httpx.Fate, error) {
	if st.To != "" {
		return s.Messages.send(ctx, channel, "messages.send", httpx.Path(conversationsPath+"/with", string(st.To), "messages"), st.Message)
	}
	return s.Messages.send(ctx, channel, "messages.send-to", httpx.Path(conversationsPath, string(st.Talk), "messages"), st.Message)
}
