package spam

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/smm"
)

// Config are the limits of a filter. The zero Config finds nothing.
type Config struct {
	MaxMentions int  `json:"max_mentions,omitempty"` // accounts named, 0 for any number
	MaxHashtags int  `json:"max_hashtags,omitempty"` // 0 for any number
	LinksOnly   bool `json:"links_only,omitempty"`   // find messages that are nothing but links, mentions and hashtags, with at least one link
	// Action is for everything found; default hold.
	Action moderation.Action `json:"action,omitempty"`
}

// Filter judges messages. It is immutable and safe for concurrent use.
type Filter struct{ c Config }

// New checks a configuration. Everything that is wrong with it is reported at
// once, in an error that matches smm.ErrInvalid.
func New(c Config) (*Filter, error) {
	var errs []error
	if c.MaxMentions < 0 {
		errs = append(errs, fmt.Errorf("%w: spam: max_mentions is %d: want 0 for any number, or more", smm.ErrInvalid, c.MaxMentions))
	}
	if c.MaxHashtags < 0 {
		errs = append(errs, fmt.Errorf("%w: spam: max_hashtags is %d: want 0 for any number, or more", smm.ErrInvalid, c.MaxHashtags))
	}
	if !c.Action.Valid() {
		errs = append(errs, fmt.Errorf("%w: spam: unknown action %q", smm.ErrInvalid, c.Action))
	}
	c.Action = cmp.Or(c.Action, moderation.ActionHold)
	return &Filter{c}, errors.Join(errs...)
}

// Filter implements moderation.Filter.
func (f *Filter) Filter(ctx context.Context, m *smm.Message) (moderation.Verdict, error) {
	v := moderation.Verdict{Action: moderation.ActionAllow}
	if err := ctx.Err(); err != nil {
		return v, err
	}
	marks := entities(m)
	count := make(map[smm.EntityKind]int)
	for _, e := range marks {
		count[e.Kind]++
	}
	tooMany := func(code string, got, limit int) {
		if limit > 0 && got > limit {
			v.Add(moderation.Reason{
				Code: code, Filter: "spam", Action: f.c.Action, Score: 0.5, Path: "text",
				Detail: strconv.Itoa(got) + ", at most " + strconv.Itoa(limit),
			})
		}
	}
	tooMany("spam.mentions", count[smm.EntityMention], f.c.MaxMentions)
	tooMany("spam.hashtags", count[smm.EntityHashtag], f.c.MaxHashtags)
	if f.c.LinksOnly && count[smm.EntityLink] > 0 && strings.TrimSpace(rest(string(m.Text), marks)) == "" {
		v.Add(moderation.Reason{Code: "spam.links-only", Filter: "spam", Action: f.c.Action, Score: 0.6, Path: "text"})
	}
	return v, nil
}

// entities returns what the platform marked and what stands in the text
// unmarked, in order and without overlap.
func entities(m *smm.Message) []smm.Entity {
	text := string(m.Text)
	var out []smm.Entity
	for _, e := range m.Entities {
		if e.Start >= 0 && e.Start < e.End && e.End <= len(text) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b smm.Entity) int { return cmp.Compare(a.Start, b.Start) })
	kinds := map[textx.Kind]smm.EntityKind{textx.URL: smm.EntityLink, textx.Mention: smm.EntityMention, textx.Hashtag: smm.EntityHashtag}
	var found []smm.Entity
	i := 0
	for _, e := range textx.Extract(text, rules()) {
		for i < len(out) && out[i].End <= e.Start {
			i++
		}
		if kind, ok := kinds[e.Kind]; ok && (i == len(out) || out[i].Start >= e.End) {
			found = append(found, smm.Entity{Kind: kind, Start: e.Start, End: e.End})
		}
	}
	out = append(out, found...)
	slices.SortFunc(out, func(a, b smm.Entity) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

func rules() textx.Rules {
	r := textx.TwitterRules()
	r.Mentions, r.Hashtags, r.Cashtags = textx.MentionFediverse, textx.HashtagFediverse, false
	return r
}

// rest returns the text without the entities.
func rest(text string, marks []smm.Entity) string {
	var b strings.Builder
	at := 0
	for _, e := range marks {
		if e.Start > at {
			b.WriteString(text[at:e.Start])
		}
		at = max(at, e.End)
	}
	b.WriteString(text[at:])
	return b.String()
}
