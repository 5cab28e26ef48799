package bluesky

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// DeleteItem implements smm.Deleter for own posts and replies. What others
// wrote cannot be deleted, only hidden; a direct message only vanishes for
// oneself, which is no deletion.
func (d *Driver) DeleteItem(ctx context.Context, channel, item smm.Ref) error {
	c, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	if item.Kind == smm.KindMessage {
		return d.fail("delete", channel, fmt.Errorf("%w: a message stays with whom it was sent to", smm.ErrUnsupported))
	}
	u, err := identity.ParseURI(item.ID)
	switch {
	case err != nil:
	case u.Repo != c.DID():
		err = fmt.Errorf("%w: %w: hide it instead", smm.ErrUnsupported, errNotOurs)
	case u.Collection != PostCollection:
		err = fmt.Errorf("%w: %s is no post", smm.ErrInvalid, item)
	default:
		err = c.Repo.DeleteRecord(ctx, u.Collection, u.Rkey)
	}
	return d.fail("delete", channel, err)
}

// SetLiked implements smm.Liker.
func (d *Driver) SetLiked(ctx context.Context, channel, item smm.Ref, liked bool) error {
	return d.setSubject(ctx, channel, item, LikeCollection, liked, func(v *PostView) string { return v.Viewer.Like })
}

// SetReposted implements smm.Reposter.
func (d *Driver) SetReposted(ctx context.Context, channel, item smm.Ref, reposted bool) error {
	return d.setSubject(ctx, channel, item, RepostCollection, reposted, func(v *PostView) string { return v.Viewer.Repost })
}

// setSubject makes or removes the record that likes or reposts a post. Its key
// is derived from the post: asking twice, even before the app view knows of the
// first, writes one record. A record made elsewhere is found by the app view.
func (d *Driver) setSubject(ctx context.Context, channel, item smm.Ref, collection string, on bool, have func(*PostView) string) error {
	c, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	key := identity.StableTID(collection + " " + item.ID)
	v, err := d.view(ctx, c, item)
	if err != nil {
		if !on && isNotFound(err) { // the post is gone; what we made for it need not be
			return c.Repo.DeleteRecord(ctx, collection, key)
		}
		return err
	}
	if !on {
		return c.Repo.drop(ctx, collection, key, have(v))
	}
	if there, err := c.Repo.holds(ctx, have(v)); there || err != nil {
		return err
	}
	_, err = c.Repo.PutRecord(ctx, RecordWrite{Collection: collection, Rkey: key, Record: subjectRecord{
		Type: collection, Subject: StrongRef{v.URI, v.CID}, CreatedAt: formatTime(d.clock.Now()),
	}})
	return err
}

// holds reports whether a record that the app view knows of is still there: the
// view may be of a moment before it was removed.
func (s *RepoService) holds(ctx context.Context, uri string) (bool, error) {
	u, err := identity.ParseURI(uri)
	if err != nil {
		return false, nil //nolint:nilerr // "" is no record
	}
	_, err = s.GetRecord(ctx, u.Repo, u.Collection, u.Rkey)
	if isNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// drop removes the record under our key and the one that the app view knows.
func (s *RepoService) drop(ctx context.Context, collection, key, known string) error {
	own := identity.URI{Repo: s.c.DID(), Collection: collection, Rkey: key}.String()
	if known != "" && known != own {
		if err := s.deleteURI(ctx, known); err != nil {
			return err
		}
	}
	return s.DeleteRecord(ctx, collection, key)
}

// SetFollowing implements smm.Follower.
func (d *Driver) SetFollowing(ctx context.Context, channel, author smm.Ref, following bool) error {
	return d.setActor(ctx, channel, author, FollowCollection, following, func(v *ProfileView) string { return v.Viewer.Following })
}

// SetBlocked implements smm.Blocker. Blocks are public records on this network.
func (d *Driver) SetBlocked(ctx context.Context, channel, author smm.Ref, blocked bool) error {
	return d.setActor(ctx, channel, author, BlockCollection, blocked, func(v *ProfileView) string { return v.Viewer.Blocking })
}

func (d *Driver) setActor(ctx context.Context, channel, author smm.Ref, collection string, on bool, have func(*ProfileView) string) error {
	c, err := d.actorClient(ctx, channel, author)
	if err != nil {
		return err
	}
	key := identity.StableTID(collection + " " + author.ID)
	v, err := c.Actor.GetProfile(ctx, author.ID)
	if err != nil {
		if !on && isNotFound(err) {
			return c.Repo.DeleteRecord(ctx, collection, key)
		}
		return err
	}
	if !on {
		return c.Repo.drop(ctx, collection, key, have(v))
	}
	if there, err := c.Repo.holds(ctx, have(v)); there || err != nil {
		return err
	}
	_, err = c.Repo.PutRecord(ctx, RecordWrite{Collection: collection, Rkey: key, Record: actorRecord{
		Type: collection, Subject: author.ID, CreatedAt: formatTime(d.clock.Now()),
	}})
	return err
}

func (d *Driver) actorClient(ctx context.Context, channel, author smm.Ref) (*Client, error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	if !identity.IsDID(author.ID) {
		return nil, d.fail("account", channel, fmt.Errorf("%w: %s is no account: want its DID", smm.ErrInvalid, author))
	}
	if author.ID == c.DID() {
		return nil, d.fail("account", channel, fmt.Errorf("%w: that is the account itself", smm.ErrInvalid))
	}
	return c, nil
}

// SetMuted implements smm.Muter.
func (d *Driver) SetMuted(ctx context.Context, channel, author smm.Ref, muted bool) error {
	c, err := d.actorClient(ctx, channel, author)
	if err != nil {
		return err
	}
	if muted {
		return c.Graph.MuteActor(ctx, author.ID)
	}
	return c.Graph.UnmuteActor(ctx, author.ID)
}

// SetHidden implements smm.Hider: the reply's address is put into, or taken out
// of, the threadgate of the thread's first post, which must be an own one. The
// gate is changed by compare-and-swap, so that hiding two replies at once loses
// neither.
func (d *Driver) SetHidden(ctx context.Context, channel, comment smm.Ref, hidden bool) error {
	c, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	v, err := d.view(ctx, c, comment)
	if err != nil {
		if !hidden && isNotFound(err) {
			return nil
		}
		return err
	}
	rec := readPost(v.Record)
	if rec.Reply == nil {
		return d.fail("hide", channel, fmt.Errorf("%w: only replies can be hidden", smm.ErrInvalid))
	}
	root, err := identity.ParseURI(rec.Reply.Root.URI)
	if err != nil {
		return d.fail("hide", channel, fmt.Errorf("%w: the reply names no thread", smm.ErrRejected))
	}
	if root.Repo != c.DID() {
		return d.fail("hide", channel, fmt.Errorf("%w: only the author of the thread's first post can hide replies", smm.ErrForbidden))
	}
	const tries = 4
	for range tries {
		if err = d.editGate(ctx, c, root, comment.ID, hidden); !errors.Is(err, smm.ErrConflict) {
			break
		}
	}
	return d.fail("hide", channel, err)
}

// editGate makes one attempt at changing a threadgate. Rules that this package
// does not know stay as they are.
func (d *Driver) editGate(ctx context.Context, c *Client, root identity.URI, reply string, hidden bool) error {
	gate := map[string]any{
		"$type": ThreadgateCollection, "post": root.String(), "createdAt": formatTime(d.clock.Now()),
	}
	swap := SwapNone
	old, err := c.Repo.GetRecord(ctx, root.Repo, ThreadgateCollection, root.Rkey)
	var list []string
	switch {
	case err == nil:
		if gate, err = keepFields(old.Value); err != nil {
			return err
		}
		swap = old.CID
		list = (&GateView{Record: old.Value}).Hidden()
	case !isNotFound(err):
		return err
	}
	if slices.Contains(list, reply) == hidden {
		return nil
	}
	if hidden {
		list = append(list, reply)
	} else {
		list = slices.DeleteFunc(list, func(uri string) bool { return uri == reply })
	}
	if len(list) > maxHidden {
		return fmt.Errorf("%w: %d replies of the thread are hidden already, which is the most", smm.ErrRejected, maxHidden)
	}
	gate["hiddenReplies"] = list
	_, err = c.Repo.PutRecord(ctx, RecordWrite{Collection: ThreadgateCollection, Rkey: root.Rkey, Record: gate, Swap: swap})
	return err
}

// reportReasons are the vendor's words for ours.
var reportReasons = map[smm.ReportReason]string{
	smm.ReasonSpam:    "com.atproto.moderation.defs#reasonSpam",
	smm.ReasonAbuse:   "com.atproto.moderation.defs#reasonRude",
	smm.ReasonIllegal: "com.atproto.moderation.defs#reasonViolation",
	smm.ReasonSexual:  "com.atproto.moderation.defs#reasonSexual",
	smm.ReasonRules:   "com.atproto.moderation.defs#reasonViolation",
	smm.ReasonMislead: "com.atproto.moderation.defs#reasonMisleading",
	smm.ReasonOther:   "com.atproto.moderation.defs#reasonOther",
}

// ReportItem implements smm.Reporter for posts and accounts.
func (d *Driver) ReportItem(ctx context.Context, channel, item smm.Ref, r smm.Report) error {
	c, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	reason, ok := reportReasons[r.Reason]
	if !ok {
		return d.fail("report", channel, fmt.Errorf("%w: report reason %q", smm.ErrInvalid, r.Reason))
	}
	if n := d.CountText(&smm.Post{Text: r.Comment}); n.Used > reportChars || n.Bytes > 10*reportChars {
		return d.fail("report", channel, fmt.Errorf("%w: a report's comment has at most %d characters", smm.ErrInvalid, reportChars))
	}
	subject := ReportSubject{DID: item.ID}
	if item.Kind != smm.KindAuthor {
		v, err := d.view(ctx, c, item)
		if err != nil {
			return err
		}
		subject = ReportSubject{Record: StrongRef{v.URI, v.CID}}
	} else if !identity.IsDID(item.ID) {
		return d.fail("report", channel, fmt.Errorf("%w: %s is no account", smm.ErrInvalid, item))
	}
	_, err = c.Moderation.CreateReport(ctx, subject, reason, r.Comment)
	return err
}
