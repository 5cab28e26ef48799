package x

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// set does or undoes something to a post or account; undoing what is gone is
// success.
func (d *Driver) set(ctx context.Context, channel, item smm.Ref, on bool, kinds []smm.Kind, do, undo func(*session) func(context.Context, ID) error) error {
	if err := onChannel(channel, item, kinds...); err != nil {
		return err
	}
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	if on {
		return do(s)(ctx, ID(item.ID))
	}
	return gone(undo(s)(ctx, ID(item.ID)))
}

var authorKinds = []smm.Kind{smm.KindAuthor}

// SetLiked implements smm.Liker. Not in the self-serve tier.
func (d *Driver) SetLiked(ctx context.Context, channel, item smm.Ref, liked bool) error {
	return d.set(ctx, channel, item, liked, postKinds,
		func(s *session) func(context.Context, ID) error { return s.Posts.Like },
		func(s *session) func(context.Context, ID) error { return s.Posts.Unlike })
}

// SetReposted implements smm.Reposter.
func (d *Driver) SetReposted(ctx context.Context, channel, item smm.Ref, reposted bool) error {
	return d.set(ctx, channel, item, reposted, postKinds,
		func(s *session) func(context.Context, ID) error { return s.Posts.Repost },
		func(s *session) func(context.Context, ID) error { return s.Posts.UndoRepost })
}

// SetFollowing implements smm.Follower. A protected account is asked; that counts
// as done. Not in the self-serve tier.
func (d *Driver) SetFollowing(ctx context.Context, channel, author smm.Ref, following bool) error {
	return d.set(ctx, channel, author, following, authorKinds,
		func(s *session) func(context.Context, ID) error {
			return func(ctx context.Context, id ID) error {
				_, err := s.Users.Follow(ctx, id)
				return err
			}
		},
		func(s *session) func(context.Context, ID) error { return s.Users.Unfollow })
}

// SetMuted implements smm.Muter.
func (d *Driver) SetMuted(ctx context.Context, channel, author smm.Ref, muted bool) error {
	return d.set(ctx, channel, author, muted, authorKinds,
		func(s *session) func(context.Context, ID) error { return s.Users.Mute },
		func(s *session) func(context.Context, ID) error { return s.Users.Unmute })
}

// SetHidden implements smm.Hider for replies in conversations that the account
// began.
func (d *Driver) SetHidden(ctx context.Context, channel, comment smm.Ref, hidden bool) error {
	hide := func(on bool) func(*session) func(context.Context, ID) error {
		return func(s *session) func(context.Context, ID) error {
			return func(ctx context.Context, id ID) error { return s.Posts.Hide(ctx, id, on) }
		}
	}
	return d.set(ctx, channel, comment, hidden, postKinds, hide(true), hide(false))
}

// DeleteItem implements smm.Deleter for own posts, with all their versions. What
// others wrote can be hidden and not removed; the error then matches
// smm.ErrForbidden.
func (d *Driver) DeleteItem(ctx context.Context, channel, item smm.Ref) error {
	if err := onChannel(channel, item, postKinds...); err != nil {
		return err
	}
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	err = s.Posts.Delete(ctx, ID(item.ID))
	if !errors.Is(err, smm.ErrNotFound) && !errors.Is(err, smm.ErrRejected) {
		return err
	}
	// X may say of what is gone that it was not done.
	got, readErr := s.Posts.Get(ctx, ID(item.ID), &Fields{Post: []string{"author_id"}, Expansions: []string{}})
	switch {
	case errors.Is(readErr, smm.ErrNotFound):
		return nil
	case readErr != nil:
		return readErr
	case string(got.Item.AuthorID) == channel.ID:
		return err
	}
	return &smm.Error{
		Op: "posts.delete", Platform: Platform, Channel: channel, Outcome: smm.OutcomeRefused,
		Err: fmt.Errorf("%w: only own posts can be deleted; hide the reply", smm.ErrForbidden),
	}
}

// EditPost implements smm.Editor. X makes a new version under a new id, which
// all earlier ids lead to here; what p leaves out of media is kept. It takes
// an X Premium account, an own post that is young enough and has no poll, and a
// create at its price. A lost reply gives an error with smm.OutcomeUnknown: look
// at the post before it is edited again.
func (d *Driver) EditPost(ctx context.Context, channel, post smm.Ref, p *smm.Post) error {
	const op = "posts.edit"
	if err := onChannel(channel, post, postKinds...); err != nil {
		return err
	}
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	o, err := postOptions(p)
	if err != nil {
		return notSent(op, channel, err)
	}
	switch m := misfits(p); {
	case len(m) > 0:
		return notSent(op, channel, invalid("%s", m[0].message))
	case p.Poll != nil, o.CommunityID != "":
		return notSent(op, channel, fmt.Errorf("%w: x: a post with a poll or to a community cannot be edited", smm.ErrUnsupported))
	}
	was, err := newest(ctx, s, ID(post.ID), nil)
	if err != nil {
		return err
	}
	e, err := postParams(&smm.Post{Text: p.Text, Card: p.Card, Disclosure: p.Disclosure}, &PostOptions{
		ReplySettings: o.ReplySettings, PlaceID: o.PlaceID, MadeWithAI: o.MadeWithAI, PaidPartnership: o.PaidPartnership,
	})
	if err != nil {
		return notSent(op, channel, err)
	}
	if e.Media, err = keptMedia(&was.Item, len(p.Media)); err != nil {
		return notSent(op, channel, err)
	}
	_, err = s.Posts.Edit(ctx, was.Item.ID, e)
	return err
}

// keptMedia are the media of a post as an edit has to name them again. That the
// id of a file is the second part of its key is not verified; X refuses what is
// no file of the account's.
func keptMedia(was *Post, given int) (*MediaParams, error) {
	var keys []ID
	if was.Attachments != nil {
		keys = was.Attachments.MediaKeys
	}
	if given > 0 && given != len(keys) {
		return nil, fmt.Errorf("%w: x: an edit keeps the media; use the vendor client to add or remove some", smm.ErrUnsupported)
	}
	if len(keys) == 0 {
		return nil, nil
	}
	m := &MediaParams{}
	for _, key := range keys {
		m.MediaIDs = append(m.MediaIDs, ID(number(key)))
	}
	return m, nil
}

// Handshake implements smm.WebhookReceiver: it answers X's check of an address,
// a GET with the parameter crc_token, with the newest secret of Config.Webhooks.
func (d *Driver) Handshake(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	tokens, ok := r.URL.Query()["crc_token"]
	if !ok {
		return false
	}
	var (
		answer []byte
		err    = invalid("crc_token is not one of X's")
	)
	if len(tokens) == 1 && len(d.cfg.Webhooks.ConsumerSecrets) > 0 {
		answer, err = AnswerCRC(d.cfg.Webhooks.ConsumerSecrets[0], tokens[0])
	}
	if err != nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return true
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(answer) //nolint:gosec // JSON of a signature in base64; an error means that who asked is gone
	return true
}

// VerifyWebhook implements smm.WebhookReceiver. X signs no time, so that an old
// delivery is as good as a new one: events have IDs to tell them by.
func (d *Driver) VerifyWebhook(header http.Header, body []byte, _ time.Time) error {
	got, ok := header.Values(SignatureHeader), false
	if len(got) == 1 {
		for _, secret := range d.cfg.Webhooks.ConsumerSecrets { // all of them, so that the time does not tell which
			if VerifySignature(secret, got[0], body) == nil {
				ok = true
			}
		}
	}
	if !ok {
		return fmt.Errorf("%w: x: the signature is not one of this body", smm.ErrForbidden)
	}
	return nil
}

// DecodeWebhook implements smm.WebhookReceiver. An event of a subscription that
// has no user, such as one to a keyword, belongs to no channel and gives an
// error: ParseActivity reads it.
func (d *Driver) DecodeWebhook(_ http.Header, body []byte) iter.Seq2[smm.Event, error] {
	return func(yield func(smm.Event, error) bool) {
		events, err := ParseActivity(body)
		if err != nil {
			yield(smm.Event{}, err)
			return
		}
		for i := range events {
			e := &events[i]
			if !isID(e.Filter.UserID) {
				if !yield(smm.Event{}, invalid("the event is of no account: it has no user in its filter")) {
					return
				}
				continue
			}
			if !yield(d.eventOf(e), nil) {
				return
			}
		}
	}
}

// eventOf converts an event. The same post may be told as a mention, as a reply
// and as a quote; all have one ID.
func (d *Driver) eventOf(e *ActivityEvent) smm.Event {
	channel := smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: string(e.Filter.UserID)}
	out := smm.Event{Kind: smm.EventOther, Channel: channel, At: d.cfg.Clock.Now(), Native: e.Payload}
	switch {
	case e.Post != nil && e.Type == EventPostRepost:
		repost(&out, e)
	case e.Post != nil:
		told(&out, e)
	case e.Deleted != nil:
		out.Kind, out.ID, out.Subject = smm.EventPostDeleted, "delete:"+string(e.Deleted.ID), channel.WithKind(smm.KindPost, string(e.Deleted.ID))
	case e.Message != nil:
		written(&out, e)
	case e.Type == EventLike:
		liked(&out, e)
	case e.Type == EventFollow && e.Source != nil && e.Target != nil && e.Target.ID == e.Filter.UserID:
		out.Kind, out.Subject, out.Actor = smm.EventFollowed, channel, authorOf(channel, e.Source.ID, &Includes{Users: []User{*e.Source}})
	case e.Type == EventRevoke, strings.HasPrefix(e.Type, profileUpdateEvent):
		out.Kind, out.Subject = smm.EventAccountChanged, channel
	}
	if out.ID == "" {
		out.ID = eventID(e)
	}
	return out
}

// eventID is X's own id of an event, or one made of its content.
func eventID(e *ActivityEvent) string {
	if e.ID != "" {
		return "event:" + string(e.ID)
	}
	sum := sha256.Sum256(slices.Concat([]byte(e.Type+"\n"+string(e.Filter.UserID)+"\n"), e.Payload))
	return "event:" + hex.EncodeToString(sum[:16])
}

func repost(out *smm.Event, e *ActivityEvent) {
	out.Kind, out.ID = smm.EventReposted, "post:"+string(e.Post.ID)
	out.Actor = authorOf(out.Channel, e.Post.AuthorID, &e.Includes)
	if id := e.Post.Reposts(); id != "" {
		out.Subject = out.Channel.WithKind(smm.KindPost, string(id))
	}
	when(out, e.Post.CreatedAt)
}

func when(out *smm.Event, at Time) {
	if !at.IsZero() {
		out.At = at.Time
	}
}

// told is an event about a post of the channel's or one that names it.
func told(out *smm.Event, e *ActivityEvent) {
	m := messageOf(out.Channel, kindOf(e.Post), e.Post, &e.Includes)
	out.Subject, out.Actor, out.ID = m.Ref, m.Author, "post:"+m.Ref.ID
	when(out, e.Post.CreatedAt)
	switch {
	case !m.Own && laterVersion(e.Post):
		out.Kind, out.Message = smm.EventMessageEdited, &m
	case !m.Own:
		out.Kind, out.Message = smm.EventMessageReceived, &m
	case !laterVersion(e.Post):
		out.Kind, out.Subject.Kind = smm.EventPostPublished, smm.KindPost
	}
}

func written(out *smm.Event, e *ActivityEvent) {
	m := directOf(out.Channel, e.Message, &e.Includes)
	out.Subject, out.Actor = m.Ref, m.Author
	when(out, e.Message.CreatedAt)
	switch {
	case e.Type == EventDMRead:
		out.Kind = smm.EventRead
	case e.Message.Type != "" && e.Message.Type != EventMessage:
	case !m.Own:
		out.Kind, out.Message, out.ID = smm.EventMessageReceived, &m, "message:"+m.Ref.ID
	}
}

// liked reads the payload of a like, whose form X does not document: who and what
// are looked for under the names that its other objects have.
func liked(out *smm.Event, e *ActivityEvent) {
	var like struct {
		ID      ID `json:"id"`
		Post    ID `json:"post_id"`
		Tweet   ID `json:"tweet_id"`
		LikedBy ID `json:"liked_by"`
		User    ID `json:"user_id"`
	}
	if json.Unmarshal(e.Payload, &like) != nil {
		return
	}
	post, who := ID(""), ID("")
	for _, id := range []ID{like.ID, like.Tweet, like.Post} {
		if isID(id) {
			post = id
		}
	}
	for _, id := range []ID{like.User, like.LikedBy} {
		if isID(id) {
			who = id
		}
	}
	if post == "" {
		return
	}
	out.Kind, out.Subject = smm.EventLiked, out.Channel.WithKind(smm.KindPost, string(post))
	if who != "" {
		out.Actor = authorOf(out.Channel, who, &e.Includes)
	}
}

// permalink is the address of an own post. Without the name it is one that X
// leads on from.
func permalink(username string, id ID) string {
	if username == "" {
		return "https://x.com/i/web/status/" + strings.TrimSpace(string(id))
	}
	return Permalink(username, id)
}
