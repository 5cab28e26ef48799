package analytics

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Subject is one measured thing with its numbers.
type Subject struct {
	Ref     smm.Ref // the post, channel or ad
	Channel smm.Ref // the channel it belongs to; of a channel, itself
	Counts  Counts
}

// Collect sorts metrics by what they measure. The subjects come back ordered
// by channel and Ref.
//
//   - The same number read twice (same subject, name and window) counts once,
//     as of the later AsOf. Lifetime values are such repetitions, whatever their
//     age; so are levels (followers, following, posts).
//   - Windows that touch or lie apart are added. Windows that overlap, or a
//     lifetime value beside one of a day, would count something twice.
//   - Metrics with a breakdown are cells of a split and left aside.
//
// All problems are reported at once, in an error that matches smm.ErrInvalid:
// such overlaps, negative counts, and metrics without subject, name or channel.
func Collect(metrics []smm.Metric) ([]Subject, error) {
	type key struct {
		subject smm.Ref
		name    smm.MetricName
	}
	var (
		errs     []error
		groups   = make(map[key][]smm.Metric)
		subjects = make(map[smm.Ref]*Subject)
	)
	for i, m := range metrics {
		if len(m.Breakdown) > 0 {
			continue
		}
		ch := m.Channel
		if ch.IsZero() && m.Subject.Kind == smm.KindChannel {
			ch = m.Subject
		}
		if err := checkMetric(m, ch); err != nil {
			errs = append(errs, fmt.Errorf("metric %d: %w", i, err))
			continue
		}
		if s, ok := subjects[m.Subject]; !ok {
			subjects[m.Subject] = &Subject{Ref: m.Subject, Channel: ch}
		} else if s.Channel != ch {
			errs = append(errs, fmt.Errorf("metric %d: %w: %s belongs to %s and to %s", i, smm.ErrInvalid, m.Subject, s.Channel, ch))
			continue
		}
		k := key{m.Subject, m.Name}
		groups[k] = append(groups[k], m)
	}
	for k, group := range groups {
		v, err := addWindows(group)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s of %s: %w", k.name, k.subject, err))
			continue
		}
		s := subjects[k.subject]
		s.Counts = s.Counts.With(k.name, v)
	}
	if len(errs) > 0 {
		slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(errs...)
	}
	return sorted(subjects), nil
}

// sorted orders by the text of channel and Ref, which is made once for each.
func sorted(subjects map[smm.Ref]*Subject) []Subject {
	type keyed struct {
		channel, ref string
		subject      *Subject
	}
	keys, names := make([]keyed, 0, len(subjects)), make(map[smm.Ref]string)
	for ref, s := range subjects {
		channel, ok := names[s.Channel]
		if !ok {
			channel = s.Channel.String()
			names[s.Channel] = channel
		}
		keys = append(keys, keyed{channel, ref.String(), s})
	}
	slices.SortFunc(keys, func(a, b keyed) int {
		return cmp.Or(strings.Compare(a.channel, b.channel), strings.Compare(a.ref, b.ref))
	})
	out := make([]Subject, len(keys))
	for i, k := range keys {
		out[i] = *k.subject
	}
	return out
}

func checkMetric(m smm.Metric, ch smm.Ref) error {
	switch {
	case m.Name == "":
		return fmt.Errorf("%w: it has no name", smm.ErrInvalid)
	case m.Subject.IsZero():
		return fmt.Errorf("%w: %s measures nothing: set Subject", smm.ErrInvalid, m.Name)
	case ch.IsZero():
		return fmt.Errorf("%w: %s of %s: set Channel", smm.ErrInvalid, m.Name, m.Subject)
	case m.State.Known() && m.Value < 0:
		return fmt.Errorf("%w: %s of %s is %d, and a count cannot be negative", smm.ErrInvalid, m.Name, m.Subject, m.Value)
	case m.State.Known() && m.Unit == smm.UnitMicros && m.Currency == "":
		return fmt.Errorf("%w: %s of %s is money without a currency", smm.ErrInvalid, m.Name, m.Subject)
	}
	return nil
}

// isLevel reports whether a metric is a level, which has a value at a time and
// cannot be added up over time.
func isLevel(n smm.MetricName) bool {
	return n == smm.MetricFollowers || n == smm.MetricFollowing || n == smm.MetricPosts
}

// addWindows adds up one number of one subject over the windows it came in.
func addWindows(group []smm.Metric) (Value, error) {
	slices.SortStableFunc(group, func(a, b smm.Metric) int {
		return cmp.Or(a.Window.From.Compare(b.Window.From), a.Window.To.Compare(b.Window.To), a.AsOf.Compare(b.AsOf))
	})
	if isLevel(group[0].Name) || group[len(group)-1].Window.Lifetime() {
		latest := slices.MaxFunc(group, func(a, b smm.Metric) int { return a.AsOf.Compare(b.AsOf) })
		return ValueOf(latest), nil
	}
	if group[0].Window.Lifetime() {
		return Value{}, fmt.Errorf("%w: lifetime values and values of a time cannot be added", smm.ErrInvalid)
	}
	var sum Value
	for i, m := range group {
		if i+1 < len(group) {
			next := group[i+1].Window
			if next == m.Window {
				continue // a later reading of the same window follows
			}
			if m.Window.To.IsZero() || next.From.Before(m.Window.To) {
				return Value{}, fmt.Errorf("%w: the windows beginning %s and %s overlap", smm.ErrInvalid,
					m.Window.From.UTC().Format("2006-01-02T15:04Z"), next.From.UTC().Format("2006-01-02T15:04Z"))
			}
		}
		var err error
		if sum, err = sum.Add(ValueOf(m)); err != nil {
			return Value{}, err
		}
	}
	return sum, nil
}
