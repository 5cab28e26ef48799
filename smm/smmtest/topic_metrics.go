package smmtest

import (
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// metrics checks that numbers are what the public did, and that what is not
// known is said to be unknown.
func metrics(t tester, s *suite) {
	s.sub(t, "metrics", "post", func(t tester) { s.postMetrics(t) })
	s.sub(t, "metrics", "account", func(t tester) { s.accountMetrics(t) })
}

var everyMetric = [...]smm.MetricName{
	smm.MetricImpressions, smm.MetricReach, smm.MetricViews, smm.MetricLikes, smm.MetricComments, smm.MetricShares,
	smm.MetricQuotes, smm.MetricSaves, smm.MetricClicks, smm.MetricEngagements, smm.MetricFollowers, smm.MetricFollowing,
	smm.MetricPosts, smm.MetricVotes, smm.MetricVoters, smm.MetricProfileViews, smm.MetricWatchTime, smm.MetricSpend,
	smm.MetricConversions, "no_such_metric",
}

// measured is what was read, by subject and name.
type measured map[smm.Ref]map[smm.MetricName]smm.Metric

// measure reads every metric of the subjects and checks what is true of all.
func (l *lab) measure(c *smm.Client, subjects ...smm.Ref) measured {
	l.t.Helper()
	got, err := l.channel(c).Metrics(l.ctx, smm.MetricRequest{Subjects: subjects, Names: everyMetric[:]})
	if err != nil {
		l.t.Fatalf("ReadMetrics: %v", err)
	}
	out := measured{}
	for _, m := range got {
		if out[m.Subject] == nil {
			out[m.Subject] = map[smm.MetricName]smm.Metric{}
		}
		if len(m.Breakdown) == 0 {
			out[m.Subject][m.Name] = m
		}
		l.soundMetric(m)
	}
	if len(subjects) == 0 {
		subjects = []smm.Ref{l.h.Channel}
	}
	for _, s := range subjects {
		for _, n := range everyMetric {
			if _, ok := out[s][n]; !ok {
				l.t.Errorf("%s of %s was asked for and is not there", n, s)
			}
		}
	}
	if m, ok := out[subjects[0]]["no_such_metric"]; ok && m.State != smm.MetricNotReported {
		l.t.Errorf("a metric that does not exist is %q", m.State)
	}
	return out
}

func (l *lab) soundMetric(m smm.Metric) {
	l.t.Helper()
	switch {
	case !m.State.Known() && m.Value != 0:
		l.t.Errorf("%s is not known, yet its value is %d", m.Name, m.Value)
	case m.State == smm.MetricZero && m.Value != 0, m.State == smm.MetricMeasured && m.Value == 0:
		l.t.Errorf("%s is %d in state %q", m.Name, m.Value, m.State)
	case m.State.Known() && (m.Unit == "" || m.AsOf.IsZero()):
		l.t.Errorf("%s needs a unit and a time: %+v", m.Name, m)
	case m.State.Known() && m.AsOf.After(l.clock.Now()):
		l.t.Errorf("%s is of the future: %s", m.Name, m.AsOf)
	case m.Unit == smm.UnitMicros && m.Currency == "" && m.State.Known():
		l.t.Errorf("%s is money without a currency", m.Name)
	}
}

func equals(m smm.Metric, want int64) error {
	if m.State.Known() && (m.Value != want || m.State != smm.Counted(want)) {
		return fmt.Errorf("%s is %d (%s), the public made %d", m.Name, m.Value, m.State, want)
	}
	return nil
}

func (s *suite) postMetrics(t tester) {
	l := s.lab(t)
	c := l.client()
	l.need(c, smm.CapPostMetrics)
	server := l.public()
	quiet, liked := l.publishText("nobody likes this"), l.publishText("people like this")
	for i, who := range []string{l.h.Visitor, "second" + l.h.Visitor, "third" + l.h.Visitor} {
		if err := server.VisitorLikes(l.ctx, who, liked.ID, false); err != nil {
			t.Fatalf("VisitorLikes: %v", err)
		}
		if i > 0 {
			if err := server.VisitorLikes(l.ctx, who, liked.ID, true); err != nil {
				t.Fatalf("VisitorLikes, share: %v", err)
			}
		}
	}
	if _, err := server.VisitorPosts(l.ctx, l.h.Visitor, liked.ID, "a comment"); err != nil {
		t.Fatalf("VisitorPosts: %v", err)
	}
	known := 0
	if err := l.eventually(func() error {
		var wrong []error
		got := l.measure(c, quiet, liked)
		known = 0
		for name, want := range map[smm.MetricName]int64{smm.MetricLikes: 3, smm.MetricShares: 2, smm.MetricComments: 1} {
			wrong = append(wrong, equals(got[liked][name], want), equals(got[quiet][name], 0))
			if got[liked][name].State.Known() {
				known++
			}
		}
		return errors.Join(wrong...)
	}); err != nil {
		t.Error(err)
	}
	if known == 0 {
		t.Error("metrics.post is granted, yet none of likes, shares and comments is known")
	}
	all, err := l.channel(c).Metrics(l.ctx, smm.MetricRequest{Subjects: []smm.Ref{liked}})
	if err != nil || len(all) == 0 {
		t.Errorf("asking for everything gives %d metrics: %v", len(all), err)
	}
}

func (s *suite) accountMetrics(t tester) {
	l := s.lab(t)
	c := l.client()
	l.need(c, smm.CapAcctMetrics)
	server := l.public()
	before := l.measure(c)[l.h.Channel][smm.MetricFollowers]
	for _, who := range []string{"second" + l.h.Visitor, "third" + l.h.Visitor} {
		if err := server.VisitorFollows(l.ctx, who, l.h.Handle); err != nil {
			t.Fatalf("VisitorFollows: %v", err)
		}
	}
	if err := l.eventually(func() error {
		after := l.measure(c, l.h.Channel)[l.h.Channel][smm.MetricFollowers]
		if !before.State.Known() {
			return nil
		}
		return equals(after, before.Value+2)
	}); err != nil {
		t.Error(err)
	}
}
