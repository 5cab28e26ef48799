package facebook

import (
	"context"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// on checks the Refs and gives the vendor client.
func (d *Driver) on(ctx context.Context, channel, item smm.Ref, kinds ...smm.Kind) (*session, error) {
	if err := onChannel(channel, item, kinds...); err != nil {
		return nil, err
	}
	return d.client(ctx, channel)
}

// missing makes success of an error which says that something is not there.
func missing(err error) error {
	if errors.Is(err, smm.ErrNotFound) {
		return nil
	}
	return err
}

// EditPost implements smm.Editor: the text of a post, a video or reel, or a
// comment, as long as this app made it. Media and links stay as they are.
func (d *Driver) EditPost(ctx context.Context, channel, post smm.Ref, p *smm.Post) error {
	s, err := d.on(ctx, channel, post, smm.KindPost, smm.KindComment)
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return &smm.Error{Op: "post.update", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
	}
	if _, err := postOptions(p); err != nil {
		return fail(err)
	}
	if len(p.Media) > 0 {
		return fail(fmt.Errorf("%w: facebook: an edit changes the text alone", smm.ErrUnsupported))
	}
	text := p.Text
	switch {
	case post.Kind == smm.KindComment:
		return s.Comments.Edit(ctx, ID(post.ID), withLink(p))
	case isVideo(post.ID):
		return s.Videos.Update(ctx, ID(post.ID), nil, &text)
	}
	return s.Posts.Update(ctx, ID(post.ID), PostUpdate{Message: &text})
}

// DeleteItem implements smm.Deleter: own posts, videos and comments, and comments
// of others on them. A private message cannot be taken back.
func (d *Driver) DeleteItem(ctx context.Context, channel, item smm.Ref) error {
	s, err := d.on(ctx, channel, item, smm.KindPost, smm.KindComment, smm.KindMedia)
	if err != nil {
		return err
	}
	remove := s.Posts.Delete
	switch {
	case item.Kind == smm.KindComment:
		remove = s.Comments.Delete
	case item.Kind == smm.KindMedia:
		remove = s.Photos.Delete
	case isVideo(item.ID):
		remove = s.Videos.Delete
	}
	return missing(remove(ctx, ID(item.ID)))
}

// SetHidden implements smm.Hider. A hidden comment is still seen by who wrote it
// and their friends.
func (d *Driver) SetHidden(ctx context.Context, channel, comment smm.Ref, hidden bool) error {
	s, err := d.on(ctx, channel, comment, smm.KindComment)
	if err != nil {
		return err
	}
	err = s.Comments.SetHidden(ctx, ID(comment.ID), hidden)
	if !hidden {
		return missing(err)
	}
	return err
}

// SetLiked implements smm.Liker, as the Page.
func (d *Driver) SetLiked(ctx context.Context, channel, item smm.Ref, liked bool) error {
	s, err := d.on(ctx, channel, item, smm.KindPost, smm.KindComment)
	if err != nil {
		return err
	}
	if liked {
		return s.Posts.Like(ctx, ID(item.ID))
	}
	return missing(s.Posts.Unlike(ctx, ID(item.ID)))
}

// SetBlocked implements smm.Blocker. People have other ids as senders of messages
// than as authors of comments; an id that the vendor does not take as the one is
// tried as the other.
func (d *Driver) SetBlocked(ctx context.Context, channel, author smm.Ref, blocked bool) error {
	s, err := d.on(ctx, channel, author, smm.KindAuthor)
	if err != nil {
		return err
	}
	id := ID(author.ID)
	if !blocked {
		err := s.Pages.Unblock(ctx, id)
		if unknownPerson(err) {
			err = s.Pages.Moderate(ctx, []ID{id}, UnblockUser)
		}
		return missing(err)
	}
	err = s.Pages.Block(ctx, id)
	if unknownPerson(err) {
		return s.Pages.BlockSender(ctx, id)
	}
	return err
}

func unknownPerson(err error) bool {
	return errors.Is(err, smm.ErrRejected) || errors.Is(err, smm.ErrNotFound)
}

// ReadProfile implements smm.ProfileReader: of the Page itself, of another Page if
// the app may read such, and of somebody who wrote messages.
func (d *Driver) ReadProfile(ctx context.Context, channel, who smm.Ref) (smm.Profile, error) {
	s, err := d.on(ctx, channel, who, smm.KindChannel, smm.KindAuthor)
	if err != nil {
		return smm.Profile{}, err
	}
	if who.ID == channel.ID {
		page, err := s.Pages.Get(ctx)
		if err != nil {
			return smm.Profile{}, err
		}
		return d.profileOf(channel, who, &page), nil
	}
	page, err := s.Pages.Other(ctx, ID(who.ID))
	switch {
	case err == nil:
		return d.profileOf(channel, who, &page), nil
	case !unknownPerson(err) || who.Kind != smm.KindAuthor:
		return smm.Profile{}, err
	}
	p, err := s.Messages.Person(ctx, ID(who.ID))
	if err != nil {
		return smm.Profile{}, err
	}
	name := p.First
	if p.Last != "" {
		name += " " + p.Last
	}
	return smm.Profile{Ref: who, Name: name, AvatarURL: p.Picture}, nil
}

func (d *Driver) profileOf(channel, who smm.Ref, p *Page) smm.Profile {
	out := smm.Profile{
		Ref: who, Name: p.Name, Handle: p.Username, Bio: p.About, URL: p.Link, AvatarURL: p.Picture.Data.Address(),
		Verified: p.Verification == "blue_verified" || p.Verification == "gray_verified", Native: p.Raw,
		Metrics: metrics(channel, who, pageCounts(p), pageFieldMetrics, nil, d.cfg.Clock.Now()),
	}
	if p.Cover != nil {
		out.BannerURL = p.Cover.Address()
	}
	if p.Website != "" {
		out.Links = append(out.Links, smm.ProfileLink{Label: "website", Value: p.Website})
	}
	return out
}

// EditProfile implements smm.ProfileEditor: the short text about the Page, its
// website, and both pictures, which are opened through Config.Media. The name
// cannot be changed by the API.
func (d *Driver) EditProfile(ctx context.Context, channel smm.Ref, e smm.ProfileEdit) error {
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return &smm.Error{Op: "page.update", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
	}
	u := PageUpdate{About: e.Bio}
	switch {
	case e.Name != nil:
		return fail(fmt.Errorf("%w: facebook: the name of a Page cannot be changed by the API", smm.ErrUnsupported))
	case e.Links != nil && len(*e.Links) > 1:
		return fail(fmt.Errorf("%w: facebook: a Page has one website", smm.ErrInvalid))
	case e.Links != nil:
		site := ""
		if len(*e.Links) == 1 {
			site = (*e.Links)[0].Value
		}
		u.Website = &site
	}
	if e.Avatar != nil {
		f, err := d.picture(ctx, e.Avatar)
		if err != nil {
			return fail(err)
		}
		defer f.close()
		if err := s.Pages.SetPicture(ctx, File{Reader: f.blob, Size: f.info.Size, Type: f.info.Type}); err != nil {
			return err
		}
	}
	if e.Banner != nil {
		f, err := d.picture(ctx, e.Banner)
		if err != nil {
			return fail(err)
		}
		defer f.close()
		if u.CoverPhoto, err = s.Photos.Hidden(ctx, File{Reader: f.blob, Size: f.info.Size, Type: f.info.Type}, ""); err != nil {
			return err
		}
	}
	return s.Pages.Update(ctx, u)
}

func (d *Driver) picture(ctx context.Context, m *smm.Media) (*file, error) {
	if d.cfg.Media == nil {
		return nil, fmt.Errorf("%w: facebook: Config.Media is nil, so %q cannot be opened", smm.ErrInvalid, m.Name)
	}
	r := smm.PublishRequest{Tenant: smm.TenantFrom(ctx), Post: smm.Post{Media: []smm.Media{*m}}}
	w := preparation{d: d, r: r.WithMedia(d.cfg.Media)}
	f, err := w.open(ctx, *m)
	if err != nil {
		return nil, err
	}
	if f.info.Class != smm.MediaImage {
		f.close()
		return nil, fmt.Errorf("%w: %q is not a picture", smm.ErrInvalid, m.Name)
	}
	return f, nil
}
