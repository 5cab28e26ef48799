package main

import (
	"context"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// audit compares what was to go out with what the public saw. It asks the
// simulators and not our own database, which could only repeat what we believe.
// On the real thing there is nobody to ask.
func (d *desk) audit(ctx context.Context, sum *summary) error {
	if d.stage.control == nil {
		return nil
	}
	seen, err := d.stage.control.items(ctx)
	if err != nil {
		return err
	}
	counters, err := d.stage.control.counters(ctx)
	if err != nil {
		return err
	}
	sum.LostList = d.lost(sum.due, seen)
	lost := len(sum.LostList)
	sum.Lost, sum.Duplicated = &lost, &counters.Duplicates
	return nil
}

// lost names the parts of approved rows that nobody ever saw.
func (d *desk) lost(due []*row, seen []sim.Item) []string {
	var out []string
	for _, r := range due {
		for _, l := range d.stage.logins {
			if !slices.Contains(r.Channels, l.platform) {
				continue
			}
			for i, part := range r.parts() {
				if !slices.ContainsFunc(seen, func(s sim.Item) bool { return shows(&s, l, &part, i > 0 || r.ReplyTo != "") }) {
					out = append(out, r.ID+" on "+string(l.platform)+": "+shorten(part.Text, 40))
				}
			}
		}
	}
	return out
}

// shows reports whether the public saw a post of ours as this item. Mastodon
// makes the card of a link that stands in the text, so the text may go on with
// that link there.
func shows(s *sim.Item, l login, p *smm.Post, answer bool) bool {
	text := s.Text == p.Text || p.Card != nil && strings.HasPrefix(s.Text, p.Text) && strings.HasSuffix(s.Text, p.Card.URL)
	return s.Platform == l.platform && s.Account == l.handle && !s.Visitor && text &&
		(s.Parent != "") == answer &&
		slices.EqualFunc(s.Media, p.Media, func(fingerprint string, m smm.Media) bool { return fingerprint == m.Hash })
}
