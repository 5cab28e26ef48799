package bluesky

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// count is a number that the app view may have left out.
type count struct {
	name       smm.MetricName
	native     string
	definition string
	value      func(*PostView) *int64
}

var postCounts = []count{
	{smm.MetricLikes, "likeCount", "likes of the post", func(v *PostView) *int64 { return v.Likes }},
	{smm.MetricComments, "replyCount", "direct replies that are shown", func(v *PostView) *int64 { return v.Replies }},
	{smm.MetricShares, "repostCount", "reposts", func(v *PostView) *int64 { return v.Reposts }},
	{smm.MetricQuotes, "quoteCount", "posts that quote the post", func(v *PostView) *int64 { return v.Quotes }},
	{smm.MetricSaves, "bookmarkCount", "bookmarks", func(v *PostView) *int64 { return v.Bookmarks }},
}

func (d *Driver) postMetrics(ch smm.Ref, v PostView) []smm.Metric {
	now := d.clock.Now()
	out := make([]smm.Metric, 0, len(postCounts))
	for _, c := range postCounts {
		out = append(out, metric(c.name, c.native, c.definition, postRef(v.URI), ch, c.value(&v), now))
	}
	return out
}

func metric(name smm.MetricName, native, definition string, subject, ch smm.Ref, value *int64, now time.Time) smm.Metric {
	m := smm.Metric{
		Name: name, Native: smm.NativeMetric{Name: native, Definition: definition}, Subject: subject, Channel: ch,
		Unit: smm.UnitCount, Window: smm.Window{To: now}, AsOf: now,
	}
	if value != nil {
		m.Value, m.State = *value, smm.Counted(*value)
	}
	return m
}

func profileMetrics(ch smm.Ref, p *ProfileView, now time.Time) []smm.Metric {
	subject := ChannelRef(p.DID)
	return []smm.Metric{
		metric(smm.MetricFollowers, "followersCount", "accounts that follow", subject, ch, p.Followers, now),
		metric(smm.MetricFollowing, "followsCount", "accounts followed", subject, ch, p.Follows, now),
		metric(smm.MetricPosts, "postsCount", "posts and replies", subject, ch, p.Posts, now),
	}
}

// ReadMetrics implements smm.MetricReader. The network counts since the
// beginning only, so that a window which begins later finds nothing reported.
func (d *Driver) ReadMetrics(ctx context.Context, channel smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	subjects := r.Subjects
	if len(subjects) == 0 {
		subjects = []smm.Ref{channel}
	}
	var uris, dids []string
	for _, s := range subjects {
		switch _, err := identity.ParseURI(s.ID); {
		case err == nil:
			uris = append(uris, s.ID)
		case identity.IsDID(s.ID):
			dids = append(dids, s.ID)
		default:
			return nil, d.fail("metrics", channel, fmt.Errorf("%w: %s is neither a post nor an account", smm.ErrInvalid, s))
		}
	}
	found := make(map[string][]smm.Metric)
	posts, err := c.Feed.GetPosts(ctx, uris)
	if err != nil {
		return nil, err
	}
	for _, v := range posts {
		found[v.URI] = d.postMetrics(channel, v)
	}
	profiles, err := c.Actor.GetProfiles(ctx, dids)
	if err != nil {
		return nil, err
	}
	for _, p := range profiles {
		found[p.DID] = profileMetrics(channel, &p, d.clock.Now())
	}
	var out []smm.Metric
	for _, s := range subjects {
		out = append(out, d.pick(found[s.ID], channel, s, r)...)
	}
	return out, nil
}

// pick returns the wanted metrics of a subject, those that are not there as not
// reported.
func (d *Driver) pick(have []smm.Metric, channel, subject smm.Ref, r smm.MetricRequest) []smm.Metric {
	now := d.clock.Now()
	names := r.Names
	if len(names) == 0 && subject.Kind == smm.KindChannel {
		names = []smm.MetricName{smm.MetricFollowers, smm.MetricFollowing, smm.MetricPosts}
	} else if len(names) == 0 {
		for _, c := range postCounts {
			names = append(names, c.name)
		}
	}
	var out []smm.Metric
	for _, name := range names {
		m := smm.Metric{Name: name, Channel: channel, Unit: smm.UnitCount, Window: r.Window, AsOf: now}
		i := slices.IndexFunc(have, func(h smm.Metric) bool { return h.Name == name })
		if i >= 0 && r.Window.Lifetime() {
			m = have[i]
		}
		m.Subject = subject
		out = append(out, m)
	}
	return out
}

// ReadProfile implements smm.ProfileReader.
func (d *Driver) ReadProfile(ctx context.Context, channel, who smm.Ref) (smm.Profile, error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Profile{}, err
	}
	if !identity.IsDID(who.ID) && !identity.IsHandle(who.ID) {
		return smm.Profile{}, d.fail("profile", channel, fmt.Errorf("%w: %s is no account", smm.ErrInvalid, who))
	}
	p, err := c.Actor.GetProfile(ctx, who.ID)
	if err != nil {
		return smm.Profile{}, err
	}
	out := smm.Profile{
		Ref: who.WithKind(who.Kind, p.DID), Name: p.DisplayName, Handle: p.Handle, Bio: p.Description, URL: profileURL(p.DID),
		AvatarURL: p.Avatar, BannerURL: p.Banner, Verified: p.Verified.Status == "valid", Created: parseTime(p.CreatedAt),
		Metrics: profileMetrics(channel, p, d.clock.Now()), Native: p.Raw,
	}
	if p.Website != "" {
		out.Links = []smm.ProfileLink{{Label: "website", Value: p.Website}}
	}
	return out, nil
}

// EditProfile implements smm.ProfileEditor. The record is changed by
// compare-and-swap; fields that this package does not know stay as they are. A
// profile has one link, its website.
func (d *Driver) EditProfile(ctx context.Context, channel smm.Ref, e smm.ProfileEdit) error {
	c, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	if err := checkEdit(e); err != nil {
		return d.fail("profile.edit", channel, err)
	}
	blobs := make(map[string]*Blob)
	for field, m := range map[string]*smm.Media{"avatar": e.Avatar, "banner": e.Banner} {
		if m == nil {
			continue
		}
		if blobs[field], err = d.uploadPicture(ctx, c, *m); err != nil {
			return d.fail("profile.edit", channel, err)
		}
	}
	rec, err := c.Repo.GetRecord(ctx, c.DID(), ProfileCollection, "self")
	record, swap := map[string]any{"$type": ProfileCollection, "createdAt": formatTime(d.clock.Now())}, SwapNone
	switch {
	case err == nil:
		if record, err = keepFields(rec.Value); err != nil {
			return d.fail("profile.edit", channel, err)
		}
		swap = rec.CID
	case !isNotFound(err):
		return err
	}
	for field, b := range blobs {
		record[field] = b
	}
	setText(record, "displayName", e.Name)
	setText(record, "description", e.Bio)
	if e.Links != nil {
		website := ""
		if len(*e.Links) > 0 {
			website = (*e.Links)[0].Value
		}
		setText(record, "website", &website)
	}
	_, err = c.Repo.PutRecord(ctx, RecordWrite{Collection: ProfileCollection, Rkey: "self", Record: record, Swap: swap})
	return err
}

func setText(record map[string]any, field string, v *string) {
	switch {
	case v == nil:
	case *v == "":
		delete(record, field)
	default:
		record[field] = *v
	}
}

func checkEdit(e smm.ProfileEdit) error {
	for what, v := range map[string]struct {
		text  *string
		chars int
	}{"name": {e.Name, nameGraphemes}, "bio": {e.Bio, bioGraphemes}} {
		if v.text != nil && (textx.Graphemes(*v.text) > v.chars || len(*v.text) > 10*v.chars) {
			return fmt.Errorf("%w: %s: at most %d characters and %d bytes", smm.ErrInvalid, what, v.chars, 10*v.chars)
		}
	}
	if e.Links == nil || len(*e.Links) == 0 {
		return nil
	}
	if len(*e.Links) > 1 {
		return fmt.Errorf("%w: a profile has one link, %d given", smm.ErrInvalid, len(*e.Links))
	}
	if link := (*e.Links)[0].Value; !strings.HasPrefix(link, "https://") && !strings.HasPrefix(link, "http://") {
		return fmt.Errorf("%w: link %.100q: want an http or https address", smm.ErrInvalid, link)
	}
	return nil
}

// keepFields reads a record field by field, each as it stands.
func keepFields(raw json.RawMessage) (map[string]any, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, fmt.Errorf("%w: unreadable record", smm.ErrUnavailable)
	}
	out := make(map[string]any, len(fields))
	for k, v := range fields {
		out[k] = v
	}
	return out, nil
}

func (d *Driver) uploadPicture(ctx context.Context, c *Client, m smm.Media) (*Blob, error) {
	if d.cfg.Media == nil {
		return nil, fmt.Errorf("%w: Config.Media is nil, so that %q cannot be opened", smm.ErrInvalid, m.Name)
	}
	r := smm.PublishRequest{ID: m.Name, Tenant: smm.TenantFrom(ctx), Post: smm.Post{Media: []smm.Media{m}}}
	var a asset
	if err := d.uploadOne(ctx, c, r.WithMedia(d.cfg.Media), need{name: m.Name, rule: ruleThumb}, &a); err != nil {
		return nil, err
	}
	return a.Blob, nil
}
