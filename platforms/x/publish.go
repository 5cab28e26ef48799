package x

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
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

// guarantee is what every create is promised whose item the account's own list has.
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

// unlisted reports whether the list may lack the item.
func (st *prepared) unlisted() bool {
	return st.Params.CommunityID != "" || st.Params.ForSuperFollowersOnly
}

// upload is how far a file is.
type upload struct {
	ID      ID    `json:"id"`
	Key     ID    `json:"key,omitempty"`
	Segment int   `json:"segment,omitempty"` // the next to send
	Stage   stage `json:"stage,omitempty"`

	Video  bool `json:"video,omitempty"`  // which alone has subtitles
	Tracks int  `json:"tracks,omitempty"` // of subtitles that it has
	Track  ID   `json:"track,omitempty"`  // the file of the next, once it was sent
	Busy   bool `json:"busy,omitempty"`   // X is processing that file
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
		if p = (smm.Prepared{Guarantee: guarantee()}); st.unlisted() {
			p.Guarantee.Class = smm.ClassBlind
		}
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
	if st.Params.Media != nil {
		*m = *st.Params.Media
		m.MediaIDs = nil
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
