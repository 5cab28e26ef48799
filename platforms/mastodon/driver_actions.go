package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

// onStatus checks the Refs and gives the vendor client.
func (d *Driver) onStatus(ctx context.Context, channel, item smm.Ref) (*session, error) {
	if err := onChannel(channel, item, statusKinds...); err != nil {
		return nil, err
	}
	return d.client(ctx, channel)
}

func (d *Driver) onAuthor(ctx context.Context, channel, author smm.Ref) (*session, error) {
	if err := onChannel(channel, author, smm.KindAuthor); err != nil {
		return nil, err
	}
	return d.client(ctx, channel)
}

// set runs one of two methods; undoing what is gone is success.
func set[T any](ctx context.Context, id string, on bool, do, undo func(context.Context, ID) (T, error)) error {
	if on {
		_, err := do(ctx, ID(id))
		return err
	}
	_, err := undo(ctx, ID(id))
	return gone(err)
}

// SetLiked implements smm.Liker.
func (d *Driver) SetLiked(ctx context.Context, channel, item smm.Ref, liked bool) error {
	s, err := d.onStatus(ctx, channel, item)
	if err != nil {
		return err
	}
	return set(ctx, item.ID, liked, s.Statuses.Favourite, s.Statuses.Unfavourite)
}

// SetReposted implements smm.Reposter.
func (d *Driver) SetReposted(ctx context.Context, channel, item smm.Ref, reposted bool) error {
	s, err := d.onStatus(ctx, channel, item)
	if err != nil {
		return err
	}
	reblog := func(ctx context.Context, id ID) (Status, error) { return s.Statuses.Reblog(ctx, id, "") }
	return set(ctx, item.ID, reposted, reblog, s.Statuses.Unreblog)
}

// SetFollowing implements smm.Follower. A locked account is asked; that counts
// as done.
func (d *Driver) SetFollowing(ctx context.Context, channel, author smm.Ref, following bool) error {
	s, err := d.onAuthor(ctx, channel, author)
	if err != nil {
		return err
	}
	return set(ctx, author.ID, following, s.Accounts.Follow, s.Accounts.Unfollow)
}

// SetBlocked implements smm.Blocker.
func (d *Driver) SetBlocked(ctx context.Context, channel, author smm.Ref, blocked bool) error {
	s, err := d.onAuthor(ctx, channel, author)
	if err != nil {
		return err
	}
	return set(ctx, author.ID, blocked, s.Accounts.Block, s.Accounts.Unblock)
}

// SetMuted implements smm.Muter: statuses and notifications, for ever.
func (d *Driver) SetMuted(ctx context.Context, channel, author smm.Ref, muted bool) error {
	s, err := d.onAuthor(ctx, channel, author)
	if err != nil {
		return err
	}
	mute := func(ctx context.Context, id ID) (Relationship, error) {
		return s.Accounts.Mute(ctx, id, MuteOptions{Notifications: true})
	}
	return set(ctx, author.ID, muted, mute, s.Accounts.Unmute)
}

// reportCategories maps the portable reasons.
// https://docs.joinmastodon.org/methods/reports/#post (read August 2026).
var reportCategories = map[smm.ReportReason]string{
	smm.ReasonSpam: "spam", smm.ReasonIllegal: "legal", smm.ReasonRules: "violation",
}

// ReportItem implements smm.Reporter.
func (d *Driver) ReportItem(ctx context.Context, channel, item smm.Ref, r smm.Report) error {
	if err := onChannel(channel, item, append([]smm.Kind{smm.KindAuthor}, statusKinds...)...); err != nil {
		return err
	}
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	p := ReportParams{AccountID: ID(item.ID), Comment: r.Comment, Forward: r.Forward, Category: reportCategories[r.Reason]}
	if p.Category == "" {
		p.Category = "other"
	}
	if item.Kind != smm.KindAuthor {
		st, err := s.Statuses.Get(ctx, ID(item.ID))
		if err != nil {
			return err
		}
		p.AccountID, p.StatusIDs = st.Account.ID, []ID{st.ID}
	}
	_, err = s.Reports.Create(ctx, p)
	return err
}

// DeleteItem implements smm.Deleter for own statuses. What others wrote cannot
// be removed; the error then matches smm.ErrForbidden.
func (d *Driver) DeleteItem(ctx context.Context, channel, item smm.Ref) error {
	s, err := d.onStatus(ctx, channel, item)
	if err != nil {
		return err
	}
	_, err = s.Statuses.Delete(ctx, ID(item.ID), false)
	if !errors.Is(err, smm.ErrNotFound) {
		return err
	}
	// The same answer is given for what is gone and for what is not ours.
	st, readErr := s.Statuses.Get(ctx, ID(item.ID))
	switch {
	case errors.Is(readErr, smm.ErrNotFound):
		return nil
	case readErr != nil:
		return readErr
	case string(st.Account.ID) == channel.ID:
		return err
	}
	return &smm.Error{
		Op: "statuses.delete", Platform: Platform, Channel: channel, Outcome: smm.OutcomeRefused,
		Err: fmt.Errorf("%w: only own statuses can be deleted; report it, or block its author", smm.ErrForbidden),
	}
}

// EditPost implements smm.Editor. The method of the server replaces the whole
// status, so what p leaves out is read first and sent again: media without
// p.Media, the poll without p.Poll, the language, and who a private message is
// for. Media can get other alt texts and focal points; adding or removing some
// is not supported.
func (d *Driver) EditPost(ctx context.Context, channel, post smm.Ref, p *smm.Post) error {
	s, err := d.onStatus(ctx, channel, post)
	if err != nil {
		return err
	}
	o, err := postOptions(p)
	if err != nil {
		return &smm.Error{Op: "statuses.edit", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
	}
	was, err := s.Statuses.Get(ctx, ID(post.ID))
	if err != nil {
		return err
	}
	e := StatusParams{
		Status: withCard(p), SpoilerText: p.ContentWarning, Sensitive: p.Sensitive || p.ContentWarning != "", Language: string(was.Language),
		QuoteApprovalPolicy: o.QuotePolicy, ContentType: o.ContentType,
	}
	if len(p.Languages) > 0 {
		e.Language = language(p)
	}
	if was.Visibility == Direct {
		for _, m := range was.Mentions {
			e.Status = mentioning(e.Status, string(m.Acct), channel.Space)
		}
	}
	if err := d.keep(&e, &was, p); err != nil {
		return &smm.Error{Op: "statuses.edit", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
	}
	_, err = s.Statuses.Edit(ctx, was.ID, e)
	return err
}

// keep takes over media and poll of the status as it was.
func (d *Driver) keep(e *StatusParams, was *Status, p *smm.Post) error {
	if len(p.Media) > 0 && len(p.Media) != len(was.MediaAttachments) {
		return fmt.Errorf("%w: mastodon: an edit keeps the media; use the vendor client to add or remove some", smm.ErrUnsupported)
	}
	for i, a := range was.MediaAttachments {
		e.MediaIDs = append(e.MediaIDs, a.ID)
		if len(p.Media) > 0 {
			attr := MediaAttributes{ID: a.ID, Description: p.Media[i].AltText}
			if f := p.Media[i].Focus; f != nil {
				attr.Focus = focusText(f)
			}
			e.MediaAttributes = append(e.MediaAttributes, attr)
		}
	}
	if p.Poll != nil {
		e.Poll = pollParams(p.Poll)
		return nil
	}
	if was.Poll == nil {
		return nil
	}
	// The poll must be sent again or it is removed, and its end is counted anew.
	left := was.Poll.ExpiresAt.Sub(d.cfg.Clock.Now())
	if left < DocumentedLimits().Poll.MinDuration {
		return fmt.Errorf("%w: mastodon: the poll has ended or is about to, and an edit would remove it", smm.ErrUnsupported)
	}
	q := &PollParams{ExpiresIn: int((left + time.Second - 1) / time.Second), Multiple: bool(was.Poll.Multiple)}
	for _, opt := range was.Poll.Options {
		q.Options = append(q.Options, string(opt.Title))
		q.HideTotals = q.HideTotals || !opt.VotesCount.Known
	}
	e.Poll = q
	return nil
}

// mentioning puts a mention in front of a text that does not name the account
// yet. host is the server's own, whose accounts may be named without it.
func mentioning(text, acct, host string) string {
	if acct == "" {
		return text
	}
	user, at, remote := strings.Cut(acct, "@")
	for _, e := range textx.Extract(text, textx.Rules{URLs: textx.URLScheme, Mentions: textx.MentionFediverse}) {
		if e.Kind != textx.Mention {
			continue
		}
		if strings.EqualFold(e.Value, acct) || (!remote && strings.EqualFold(e.Value, user+"@"+host)) || (remote && at == host && strings.EqualFold(e.Value, user)) {
			return text
		}
	}
	if text == "" {
		return "@" + acct
	}
	return "@" + acct + " " + text
}

// eventOf converts what a stream told.
func eventOf(channel smm.Ref, e StreamEvent, now time.Time) smm.Event {
	out := smm.Event{Kind: smm.EventOther, Channel: channel, At: now}
	if json.Valid([]byte(e.Payload)) {
		out.Native = json.RawMessage(e.Payload)
	}
	switch e.Event {
	case "notification":
		if n, err := e.Notification(); err == nil {
			notificationEvent(&out, &n)
		}
	case "conversation":
		if c, err := e.Conversation(); err == nil && c.LastStatus != nil {
			conv := conversationOf(channel, &c)
			if conv.Last != nil && !conv.Last.Own {
				received(&out, *conv.Last)
			}
		}
	case "update", "status.update":
		if st, err := e.Status(); err == nil {
			statusEvent(&out, e.Event, &st)
		}
	case "delete":
		if id := scalar([]byte(e.Payload)); id != "" {
			out.Kind, out.ID = smm.EventPostDeleted, "delete:"+id
			out.Subject = channel.WithKind(smm.KindPost, id)
		}
	}
	if out.ID == "" {
		out.ID = contentID(e)
	}
	return out
}

// received makes an event of a message. A direct status is told twice, as a
// notification and as a conversation; both give the same ID.
func received(out *smm.Event, m smm.Message) {
	out.Kind, out.ID = smm.EventMessageReceived, "status:"+m.Ref.ID
	out.Subject, out.Actor, out.At, out.Message = m.Ref, m.Author, m.At, &m
}

func notificationEvent(out *smm.Event, n *Notification) {
	out.ID, out.Actor = "notification:"+string(n.ID), authorOf(out.Channel, &n.Account)
	if !n.CreatedAt.IsZero() {
		out.At = n.CreatedAt.Time
	}
	if n.Status != nil && n.Status.ID != "" {
		out.Subject = out.Channel.WithKind(smm.KindPost, string(n.Status.ID))
	}
	switch n.Type {
	case "mention", "quote":
		if m, ok := mentionOf(out.Channel, n); ok {
			received(out, m)
		}
	case "favourite":
		out.Kind = smm.EventLiked
	case "reblog":
		out.Kind = smm.EventReposted
	case "follow":
		out.Kind, out.Subject = smm.EventFollowed, out.Channel
	case "severed_relationships", "moderation_warning":
		out.Kind, out.Subject = smm.EventAccountChanged, out.Channel
	}
}

func statusEvent(out *smm.Event, event string, st *Status) {
	own := string(st.Account.ID) == out.Channel.ID
	out.Subject, out.Actor = out.Channel.WithKind(smm.KindPost, string(st.ID)), authorOf(out.Channel, &st.Account)
	if event == "update" {
		out.ID = "update:" + string(st.ID)
		if own {
			out.Kind = smm.EventPostPublished
		}
		if !st.CreatedAt.IsZero() {
			out.At = st.CreatedAt.Time
		}
		return
	}
	if !st.EditedAt.IsZero() {
		out.At = st.EditedAt.Time
	}
	out.ID = fmt.Sprintf("edit:%s:%d", st.ID, out.At.UnixMilli())
	if !own {
		m := messageOf(out.Channel, smm.KindPost, st)
		out.Kind, out.Message = smm.EventMessageEdited, &m
	}
}
