package reference

import (
	"context"
	"net/url"

	"github.com/smmkit/smmkit/smm"
)

// ReadMetrics implements smm.MetricReader.
func (d *Driver) ReadMetrics(ctx context.Context, channel smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	subjects := r.Subjects
	if len(subjects) == 0 {
		subjects = []smm.Ref{channel}
	}
	var out []smm.Metric
	for _, s := range subjects {
		counts, err := d.counts(ctx, channel, s)
		if err != nil {
			return nil, err
		}
		names := r.Names
		if len(names) == 0 {
			for n := range counts {
				names = append(names, n)
			}
		}
		for _, n := range names {
			m := smm.Metric{Name: n, Subject: s, Channel: channel, Unit: smm.UnitCount, Window: smm.Window{To: d.Clock.Now()}, AsOf: d.Clock.Now()}
			if v, ok := counts[n]; ok {
				m.State, m.Value = smm.Counted(v), v
			}
			out = append(out, m)
		}
	}
	return out, nil
}

func (d *Driver) counts(ctx context.Context, channel, s smm.Ref) (map[smm.MetricName]int64, error) {
	if s.Kind == smm.KindChannel {
		var a account
		err := d.get(ctx, channel, "/accounts/"+url.PathEscape(s.ID), &a)
		return map[smm.MetricName]int64{smm.MetricFollowers: int64(a.Follows)}, err
	}
	var i item
	err := d.get(ctx, channel, "/items/"+url.PathEscape(s.ID), &i)
	return map[smm.MetricName]int64{smm.MetricLikes: i.Likes, smm.MetricShares: i.Shares, smm.MetricComments: i.Comments}, err
}

// ReadProfile implements smm.ProfileReader.
func (d *Driver) ReadProfile(ctx context.Context, channel, who smm.Ref) (smm.Profile, error) {
	var a account
	if err := d.get(ctx, channel, "/accounts/"+url.PathEscape(who.ID), &a); err != nil {
		return smm.Profile{}, err
	}
	return smm.Profile{Ref: who, Name: a.Handle, Handle: a.Handle, URL: d.address(a.Handle)}, nil
}

var (
	_ smm.Publisher     = (*Driver)(nil)
	_ smm.PostLister    = (*Driver)(nil)
	_ smm.CommentLister = (*Driver)(nil)
	_ smm.MentionLister = (*Driver)(nil)
	_ smm.MessageLister = (*Driver)(nil)
	_ smm.Deleter       = (*Driver)(nil)
	_ smm.Hider         = (*Driver)(nil)
	_ smm.Liker         = (*Driver)(nil)
	_ smm.Reposter      = (*Driver)(nil)
	_ smm.Follower      = (*Driver)(nil)
	_ smm.Blocker       = (*Driver)(nil)
	_ smm.Muter         = (*Driver)(nil)
	_ smm.MetricReader  = (*Driver)(nil)
	_ smm.ProfileReader = (*Driver)(nil)
	_ smm.MediaProber   = (*Driver)(nil)
)
