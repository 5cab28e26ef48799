package scheduler

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/smmkit/smmkit/smm"
)

// RepeatAction is what to do about content that a channel has already.
type RepeatAction string

// The actions. The zero value leaves it to WithRepeat.
const (
	RepeatAllow  RepeatAction = "allow"  // nothing
	RepeatWarn   RepeatAction = "warn"   // a finding with the code "content.repeat"
	RepeatRefuse RepeatAction = "refuse" // a *RepeatError, and nothing is planned
)

// RepeatPolicy says how close to each other a channel may have the same content.
// What failed, expired or was cancelled does not count. A refusal binds later
// plans as well: what is planned by another process, or with RepeatAllow, is
// refused if it comes too close to a record that was planned with RepeatRefuse.
//
// The content is the same if its fingerprint is: the text of all parts, the first
// comment, media, poll, card, quote and the post that it answers. Texts are
// compared without regard to case (but for what follows the host of a link),
// white space, invisible characters, punctuation
// at the end, and the parameters of links that only serve tracking (utm_source,
// fbclid ...), because the reader does not see any of these. Media are compared
// by their hash or else by their names. Unicode's composed and decomposed forms
// of a letter count as different: the tables for that are not in the standard
// library.
type RepeatPolicy struct {
	Window time.Duration // closer than this is a repeat
	Action RepeatAction
}

func (p RepeatPolicy) check() error {
	switch p.Action {
	case "", RepeatAllow:
		return nil
	case RepeatWarn, RepeatRefuse:
		if p.Window > 0 {
			return nil
		}
		return fmt.Errorf("%w: RepeatPolicy %q needs a Window", smm.ErrInvalid, p.Action)
	}
	return fmt.Errorf("%w: RepeatPolicy has an unknown action %q", smm.ErrInvalid, p.Action)
}

func (s *Scheduler) repeatOf(p RepeatPolicy) RepeatPolicy {
	if p.Action == "" {
		return s.repeat
	}
	return p
}

// repeats gives a warning for each record that has the content of r and is
// planned too close to it, those of r's own entry aside.
func (s *Scheduler) repeats(ctx context.Context, r *Record, window time.Duration) (smm.Findings, error) {
	var out smm.Findings
	q := Query{Tenant: r.Delivery.Tenant, Fingerprint: r.Fingerprint, From: r.NotBefore.Add(time.Microsecond - window), Until: r.NotBefore.Add(window)}
	for o, err := range s.store.List(ctx, q) {
		if err != nil {
			return nil, err
		}
		if !o.Live() || o.Delivery.Entry == r.Delivery.Entry {
			continue
		}
		out = append(out, repeatFinding(r.Delivery.Request.Channel, o))
	}
	return out, nil
}

func repeatFinding(ch smm.Ref, o *Record) smm.Finding {
	when := o.NotBefore.UTC().Format(time.RFC3339)
	return smm.Finding{
		Code: "content.repeat", Severity: smm.SeverityWarning, Channel: ch, Path: "text",
		Args:    map[string]string{"delivery": o.Delivery.ID, "at": when},
		Message: fmt.Sprintf("the channel has the same content at %s", when),
	}
}

// fingerprint sums up what a channel gets: the deliveries of one entry on it.
func fingerprint(ds []*smm.Delivery) []byte {
	var b strings.Builder
	add := func(kind, v string) { fmt.Fprintf(&b, "%s %q\n", kind, v) }
	for i, d := range ds {
		p := &d.Request.Post
		if i == 0 {
			add("on", d.Request.Channel.String())
			add("to", refText(p.ReplyTo))
		}
		add("text", normalText(p.Text))
		add("quote", refText(p.Quote))
		for _, m := range p.Media {
			add("media", cmp.Or(m.Hash, "name "+m.Name))
		}
		if p.Card != nil {
			add("card", withoutTracking(p.Card.URL))
		}
		if p.Poll != nil {
			for _, o := range p.Poll.Options {
				add("option", normalText(o))
			}
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return sum[:16]
}

func refText(r smm.Ref) string {
	if r.IsZero() {
		return ""
	}
	return r.String()
}

// normalText is a text as RepeatPolicy compares it.
func normalText(text string) string {
	words := strings.Fields(strings.Map(func(r rune) rune {
		switch r {
		case '\u200b', '\u2060', '\ufeff', '\u00ad', '\ufe0e', '\ufe0f':
			return -1
		}
		return r
	}, text))
	for i, w := range words {
		if words[i] = withoutTracking(w); !isLink(w) {
			words[i] = strings.ToLower(w)
		}
	}
	return strings.TrimRightFunc(strings.Join(words, " "), func(r rune) bool {
		return unicode.IsPunct(r) || unicode.IsSpace(r)
	})
}

func isLink(word string) bool {
	low := strings.ToLower(word)
	return strings.HasPrefix(low, "https://") || strings.HasPrefix(low, "http://")
}

// withoutTracking drops the parameters of a link that say where the reader came
// from, and the case of its host. What is no link comes back as it is.
func withoutTracking(word string) string {
	if !isLink(word) {
		return word
	}
	u, err := url.Parse(word)
	if err != nil {
		return word
	}
	u.Host = strings.ToLower(u.Host)
	keep := slices.DeleteFunc(strings.Split(u.RawQuery, "&"), func(pair string) bool {
		key, _, _ := strings.Cut(strings.ToLower(pair), "=")
		return strings.HasPrefix(key, "utm_") || slices.Contains(tracking, key)
	})
	u.RawQuery = strings.Join(keep, "&")
	return u.String()
}

// tracking are parameters that networks and mailers add to links.
var tracking = []string{
	"fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "ttclid", "twclid", "li_fat_id", "igshid", "igsh", "mc_cid", "mc_eid", "yclid",
}
