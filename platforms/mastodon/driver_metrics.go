package mastodon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// metricDef says where a portable metric comes from. Counts of a remote status
// are what the account's server has seen.
type metricDef struct {
	name       smm.MetricName
	native     string
	definition string
}

var postMetrics = []metricDef{
	{smm.MetricLikes, "favourites_count", "How many favourites this status has received."},
	{smm.MetricComments, "replies_count", "How many replies this status has received."},
	{smm.MetricShares, "reblogs_count", "How many boosts this status has received."},
	{smm.MetricQuotes, "quotes_count", "How many accepted quotes this status has received (4.5 and later)."},
	{smm.MetricVotes, "poll.votes_count", "How many votes have been received."},
	{smm.MetricVoters, "poll.voters_count", "How many unique accounts have voted."},
}

var accountMetrics = []metricDef{
	{smm.MetricFollowers, "followers_count", "The reported followers of this profile."},
	{smm.MetricFollowing, "following_count", "The reported follows of this profile."},
	{smm.MetricPosts, "statuses_count", "How many statuses are attached to this account."},
}

// ReadMetrics implements smm.MetricReader. Servers give levels as of now and
// nothing about impressions, reach or clicks; for a window with a beginning
// everything is not reported.
func (d *Driver) ReadMetrics(ctx context.Context, channel smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	subjects := r.Subjects
	if len(subjects) == 0 {
		subjects = []smm.Ref{channel}
	}
	for _, ref := range subjects {
		if ref != channel {
			if err := onChannel(channel, ref, append([]smm.Kind{smm.KindAuthor}, statusKinds...)...); err != nil {
				return nil, err
			}
		}
	}
	statuses, err := d.statuses(ctx, s, subjects)
	if err != nil {
		return nil, err
	}
	var out []smm.Metric
	for _, ref := range subjects {
		var found []smm.Metric
		if slices.Contains(statusKinds, ref.Kind) {
			st := statuses[ID(ref.ID)]
			found = statusMetrics(channel, ref, st, r.Names, d.cfg.Clock.Now())
		} else {
			a, err := s.Accounts.Get(ctx, ID(ref.ID))
			if err != nil && !errors.Is(err, smm.ErrNotFound) {
				return nil, err
			}
			found = accountNumbers(channel, ref, &a, r.Names, d.cfg.Clock.Now())
		}
		if !r.Window.Lifetime() {
			for i := range found {
				found[i].State, found[i].Value, found[i].Window = smm.MetricNotReported, 0, r.Window
			}
		}
		out = append(out, found...)
	}
	return out, nil
}

const (
	severalAPI = 2  // api_versions.mastodon of 4.3, which reads several at once
	severalMax = 20 // of one request
)

// statuses reads the statuses among subjects. Those that are gone are missing.
func (d *Driver) statuses(ctx context.Context, s *session, subjects []smm.Ref) (map[ID]*Status, error) {
	var ids []ID
	for _, ref := range subjects {
		if slices.Contains(statusKinds, ref.Kind) {
			ids = append(ids, ID(ref.ID))
		}
	}
	out := make(map[ID]*Status, len(ids))
	several := false
	if len(ids) > 1 {
		in, err := d.instance(ctx, s)
		several = err == nil && in.API() >= severalAPI
	}
	for len(ids) > 0 {
		if several {
			n := min(len(ids), severalMax)
			found, err := s.Statuses.Several(ctx, ids[:n]...)
			if err != nil {
				return nil, err
			}
			for i := range found {
				out[found[i].ID] = &found[i]
			}
			ids = ids[n:]
			continue
		}
		st, err := s.Statuses.Get(ctx, ids[0])
		if err != nil && !errors.Is(err, smm.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			out[st.ID] = &st
		}
		ids = ids[1:]
	}
	return out, nil
}

// statusMetrics are the wanted numbers of a status, all that there are if names
// is empty; nil is one that cannot be read.
func statusMetrics(channel, subject smm.Ref, st *Status, names []smm.MetricName, now time.Time) []smm.Metric {
	counts := map[smm.MetricName]Count{}
	hasPoll := false
	if st != nil {
		counts[smm.MetricLikes], counts[smm.MetricComments] = st.FavouritesCount, st.RepliesCount
		counts[smm.MetricShares], counts[smm.MetricQuotes] = st.ReblogsCount, st.QuotesCount
		if hasPoll = st.Poll != nil; hasPoll {
			counts[smm.MetricVotes], counts[smm.MetricVoters] = st.Poll.VotesCount, st.Poll.VotersCount
		}
	}
	if len(names) == 0 {
		for _, def := range postMetrics {
			if hasPoll || (def.name != smm.MetricVotes && def.name != smm.MetricVoters) {
				names = append(names, def.name)
			}
		}
	}
	return metrics(channel, subject, postMetrics, counts, names, now)
}

func accountNumbers(channel, subject smm.Ref, a *Account, names []smm.MetricName, now time.Time) []smm.Metric {
	counts := map[smm.MetricName]Count{
		smm.MetricFollowers: a.FollowersCount, smm.MetricFollowing: a.FollowingCount, smm.MetricPosts: a.StatusesCount,
	}
	if len(names) == 0 {
		for _, def := range accountMetrics {
			names = append(names, def.name)
		}
	}
	return metrics(channel, subject, accountMetrics, counts, names, now)
}

func metrics(channel, subject smm.Ref, defs []metricDef, counts map[smm.MetricName]Count, names []smm.MetricName, now time.Time) []smm.Metric {
	out := make([]smm.Metric, 0, len(names))
	for _, name := range names {
		m := smm.Metric{Name: name, Subject: subject, Channel: channel, Unit: smm.UnitCount, Window: smm.Window{To: now}, AsOf: now}
		for _, def := range defs {
			if def.name == name {
				m.Native = smm.NativeMetric{Name: def.native, Definition: def.definition}
			}
		}
		if c := counts[name]; c.Known {
			m.Value, m.State = c.Value, smm.Counted(c.Value)
		}
		out = append(out, m)
	}
	return out
}

// ReadProfile implements smm.ProfileReader.
func (d *Driver) ReadProfile(ctx context.Context, channel, who smm.Ref) (smm.Profile, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Profile{}, err
	}
	if err := onChannel(channel, who, smm.KindChannel, smm.KindAuthor); err != nil {
		return smm.Profile{}, err
	}
	var a Account
	if who.ID == channel.ID {
		a, err = s.Accounts.Verify(ctx)
	} else {
		a, err = s.Accounts.Get(ctx, ID(who.ID))
	}
	if err != nil {
		return smm.Profile{}, err
	}
	p := smm.Profile{
		Ref: who, Name: displayName(&a), Handle: handleOf(channel.Space, &a), Bio: plainText(a.Note), URL: string(a.URL),
		AvatarURL: string(a.Avatar), BannerURL: string(a.Header), Created: a.CreatedAt.Time,
		Metrics: accountNumbers(channel, who, &a, nil, d.cfg.Clock.Now()), Native: a.Raw,
	}
	fields := a.Fields
	if src := a.Source; src != nil { // as typed, without markup
		p.Bio = string(src.Note)
	}
	for _, f := range fields {
		p.Links = append(p.Links, smm.ProfileLink{Label: string(f.Name), Value: plainText(f.Value), Verified: f.VerifiedAt.Time})
		p.Verified = p.Verified || !f.VerifiedAt.IsZero()
	}
	return p, nil
}

// EditProfile implements smm.ProfileEditor. Pictures are opened through
// Config.Media.
func (d *Driver) EditProfile(ctx context.Context, channel smm.Ref, e smm.ProfileEdit) error {
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	u := ProfileUpdate{DisplayName: e.Name, Note: e.Bio}
	if e.Links != nil {
		fields := make([]Field, 0, len(*e.Links))
		for _, l := range *e.Links {
			fields = append(fields, Field{Name: Text(l.Label), Value: Text(l.Value)})
		}
		u.Fields = &fields
	}
	for _, p := range []struct {
		media *smm.Media
		into  **Picture
	}{{e.Avatar, &u.Avatar}, {e.Banner, &u.Header}} {
		if p.media == nil {
			continue
		}
		picture, closeIt, err := d.picture(ctx, p.media)
		if err != nil {
			return &smm.Error{Op: "accounts.update", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
		}
		defer closeIt() //nolint:gocritic,revive // both pictures stay open until the one request is sent
		*p.into = picture
	}
	_, err = s.Accounts.Update(ctx, u)
	return err
}

func (d *Driver) picture(ctx context.Context, m *smm.Media) (*Picture, func(), error) {
	if d.cfg.Media == nil {
		return nil, nil, fmt.Errorf("%w: mastodon: Config.Media is nil, so %q cannot be opened", smm.ErrInvalid, m.Name)
	}
	r := smm.PublishRequest{Tenant: smm.TenantFrom(ctx), Post: smm.Post{Media: []smm.Media{*m}}}
	blob, err := r.WithMedia(d.cfg.Media).OpenMedia(ctx, m.Name)
	if err != nil {
		return nil, nil, err
	}
	closeIt := func() { _ = blob.Close() } // only read
	info, err := account.Probe(ctx, blob)
	if err == nil && info.Class != smm.MediaImage && info.Class != smm.MediaGIF {
		err = fmt.Errorf("%w: %q is not a picture", smm.ErrInvalid, m.Name)
	}
	if err != nil {
		closeIt()
		return nil, nil, err
	}
	return &Picture{Reader: blob, Size: info.Size, Type: info.Type}, closeIt, nil
}

// contentID names an event to which the server gives no id.
func contentID(e StreamEvent) string {
	sum := sha256.Sum256([]byte(e.Event + "\n" + e.Payload))
	return "event:" + hex.EncodeToString(sum[:16])
}
