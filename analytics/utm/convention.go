package utm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/smmkit/smmkit/smm"
)

// Convention is how a team names its links, as plain data that survives JSON.
// Open turns it into a Book.
type Convention struct {
	// Rules are those of the parameters in use, each parameter once. A parameter
	// without a rule is reported when it occurs.
	Rules []Rule `json:"rules"`
	// Names says how utm_source spells a platform, where that is not the
	// platform's own name: {"x": "twitter"}.
	Names map[smm.Platform]string `json:"names,omitempty"`
	// Aliases are further sources that mean a platform, read and never written:
	// {"fb": "facebook"}. Upper and lower case are the same.
	Aliases map[string]smm.Platform `json:"aliases,omitempty"`
	// Only are the hosts that are tagged, if there are any: normally the sites
	// whose web analytics is read. ".example.com" also means its subdomains.
	Only []string `json:"only,omitempty"`
	// Never are hosts that are not tagged although Only would: own short links,
	// whose target carries the tags.
	Never []string `json:"never,omitempty"`
	// Keep leaves links alone that have tags already, instead of replacing them.
	Keep bool `json:"keep,omitempty"`
}

// Rule is what a convention demands of one parameter.
type Rule struct {
	Param    Param  `json:"param"`
	Template string `json:"template,omitempty"` // see Template; empty: the parameter is not written
	Required bool   `json:"required,omitempty"`
	// AnyCase allows upper case. Google Analytics tells "Social" from "social",
	// which is why lower case is the rule.
	AnyCase bool `json:"any_case,omitempty"`
	// Allowed are the only values, if there are any.
	Allowed []string `json:"allowed,omitempty"`
	// Separator stands between words in place of blanks and the other
	// separators: "-", "_" or ".". Empty allows all but blanks.
	Separator string `json:"separator,omitempty"`
	// MaxLength is in Unicode code points; 0 is 100, which is where Google
	// Analytics cuts values of parameters off (Analytics Help, "Event collection
	// limits").
	MaxLength int `json:"max_length,omitempty"`
}

const defaultMaxLength = 100

// Social is a convention to begin with: the platform as source, "social" as
// medium (which Google's default channel group calls Organic Social), campaign
// as labelled, and content type and post id as content.
func Social() Convention {
	return Convention{
		Rules: []Rule{
			{Param: Source, Template: "{platform}", Required: true},
			{Param: Medium, Template: "social", Required: true, Allowed: []string{"social", "paid-social"}},
			{Param: Campaign, Template: "{campaign}", Required: true, Separator: "-"},
			{Param: Content, Template: "{content_type|post}_{post_id|none}"},
		},
		Aliases: map[string]smm.Platform{
			"fb": "facebook", "m.facebook.com": "facebook", "l.facebook.com": "facebook", "facebook.com": "facebook",
			"ig": "instagram", "l.instagram.com": "instagram", "instagram.com": "instagram",
			"twitter": "x", "t.co": "x", "x.com": "x", "twitter.com": "x",
			"linkedin.com": "linkedin", "lnkd.in": "linkedin", "bsky.app": "bluesky", "youtube.com": "youtube",
			"pinterest.com": "pinterest", "tiktok.com": "tiktok", "threads.net": "threads", "l.threads.com": "threads",
		},
	}
}

// Book is a convention that was checked. It does not change and is safe for
// concurrent use.
type Book struct {
	conv      Convention
	rules     map[Param]Rule
	templates map[Param]Template
	platforms map[string]smm.Platform // by source, lower case
}

// Open checks a convention. Errors match smm.ErrInvalid.
func Open(c Convention) (*Book, error) {
	b := &Book{conv: c.clone(), rules: map[Param]Rule{}, templates: map[Param]Template{}, platforms: map[string]smm.Platform{}}
	if len(c.Rules) == 0 {
		return nil, fmt.Errorf("%w: a convention without rules: begin with utm.Social()", smm.ErrInvalid)
	}
	for _, r := range b.conv.Rules {
		if err := b.addRule(r); err != nil {
			return nil, err
		}
	}
	for name, platform := range b.conv.Aliases {
		b.platforms[strings.ToLower(name)] = platform
	}
	// In a fixed order, so that the complaint about a clash is always the same.
	for _, platform := range slices.Sorted(maps.Keys(b.conv.Names)) {
		name := strings.ToLower(b.conv.Names[platform])
		if other, ok := b.platforms[name]; ok && other != platform {
			return nil, fmt.Errorf("%w: the source %q means both %s and %s: names must differ", smm.ErrInvalid, name, other, platform)
		}
		b.platforms[name] = platform
	}
	return b, nil
}

func (c Convention) clone() Convention {
	c.Rules = slices.Clone(c.Rules)
	for i := range c.Rules {
		c.Rules[i].Allowed = slices.Clone(c.Rules[i].Allowed)
	}
	c.Only, c.Never = slices.Clone(c.Only), slices.Clone(c.Never)
	c.Names, c.Aliases = maps.Clone(c.Names), maps.Clone(c.Aliases)
	return c
}

func (b *Book) addRule(r Rule) error {
	if field(&Tags{}, r.Param) == nil {
		return fmt.Errorf("%w: no parameter %q: use one of %v", smm.ErrInvalid, r.Param, Params())
	}
	if _, twice := b.rules[r.Param]; twice {
		return fmt.Errorf("%w: two rules for %s: put them into one", smm.ErrInvalid, r.Param)
	}
	if r.MaxLength == 0 {
		r.MaxLength = defaultMaxLength
	}
	if r.MaxLength < 0 || (r.Separator != "" && !slices.Contains(separators, r.Separator)) {
		return fmt.Errorf("%w: rule of %s: want MaxLength 0 or more and Separator one of %q or empty", smm.ErrInvalid, r.Param, separators)
	}
	t, err := ParseTemplate(r.Template)
	if err != nil {
		return fmt.Errorf("rule of %s: %w", r.Param, err)
	}
	for _, v := range r.Allowed {
		if v == "" || r.normalize(v) != v {
			return fmt.Errorf("%w: rule of %s allows %q, which breaks the same rule: write %q", smm.ErrInvalid, r.Param, v, r.normalize(v))
		}
	}
	b.rules[r.Param], b.templates[r.Param] = r, t
	return nil
}

var separators = []string{"-", "_", "."}

// normalize returns v as the rule would spell it: trimmed, in lower case unless
// AnyCase, with every run of blanks as one separator, and the other separators
// replaced if the rule names one.
func (r Rule) normalize(v string) string {
	if !r.AnyCase {
		v = strings.ToLower(v)
	}
	sep := r.Separator
	if sep == "" {
		sep = "-"
	}
	var out strings.Builder
	gap := false
	for _, c := range v {
		if unicode.IsSpace(c) || (r.Separator != "" && slices.Contains(separators, string(c))) {
			gap = true
			continue
		}
		if gap && out.Len() > 0 {
			out.WriteString(sep)
		}
		gap = false
		out.WriteRune(c)
	}
	return out.String()
}

// Normalize returns the tags as the convention spells them: what its lint would
// propose. A parameter without a rule stays. Normalize is idempotent.
func (b *Book) Normalize(t Tags) Tags {
	for p, r := range b.rules {
		t = t.With(p, r.normalize(t.Get(p)))
	}
	return t
}

// Tags fills the templates. Values are spelt as the rule of the parameter
// demands before they are put in, and must be readable back from the result, so
// that Values(Tags(v)) is v in that spelling; a post id keeps its letters and is
// refused where their case would be lost. Errors match smm.ErrInvalid.
func (b *Book) Tags(v Values) (Tags, error) {
	var out Tags
	for _, p := range params {
		r, ok := b.rules[p]
		if !ok || r.Template == "" {
			continue
		}
		t := b.templates[p]
		w := v
		if name, ok := b.conv.Names[v.Platform]; ok {
			w.Platform = smm.Platform(name)
		}
		for _, ph := range placeholders {
			if !t.has(ph) {
				continue
			}
			if ph == PostIDOf && r.normalize(w.PostID) != w.PostID {
				return Tags{}, fmt.Errorf("%w: the post id %q would become %q in %s: set AnyCase and no Separator in its rule, or use other ids",
					smm.ErrInvalid, w.PostID, r.normalize(w.PostID), p)
			}
			// Asked before the spelling changes: "a@example-com" is still a person.
			if what := personal(v.get(ph)); what != "" {
				return Tags{}, fmt.Errorf("%w: the %s contains %s, and tags are public", smm.ErrInvalid, ph, what)
			}
			setValue(&w, ph, r.normalize(w.get(ph)))
		}
		s, err := t.Expand(w)
		if err != nil {
			return Tags{}, fmt.Errorf("%s: %w", p, err)
		}
		out = out.With(p, s)
	}
	if fs := b.LintTags(out); fs.HasErrors() {
		return Tags{}, fmt.Errorf("the tags break their own convention: %w", fs.Err())
	}
	return out, nil
}
