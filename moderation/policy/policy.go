package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/moderation/keyword"
	"github.com/smmkit/smmkit/moderation/link"
	"github.com/smmkit/smmkit/moderation/spam"
	"github.com/smmkit/smmkit/smm"
)

// Config is a policy as data.
type Config struct {
	Keywords keyword.Config `json:"keywords,omitzero"`
	Links    *link.Config   `json:"links,omitempty"`
	Spam     spam.Config    `json:"spam,omitzero"`
}

// maxFile bounds a policy file.
const maxFile = 16 << 20

// Load reads a policy and builds its filter. Errors match smm.ErrInvalid and
// name everything that is wrong, each with its place in the file.
func Load(r io.Reader) (moderation.Filter, error) {
	c, err := Parse(r)
	if err != nil {
		return nil, err
	}
	return New(c)
}

// New builds the filter of a policy.
func New(c Config) (moderation.Filter, error) {
	words, errWords := keyword.New(c.Keywords)
	count, errSpam := spam.New(c.Spam)
	filters := []moderation.Filter{words, count}
	var errLinks error
	if c.Links != nil {
		var links *link.Filter
		links, errLinks = link.New(*c.Links)
		filters = append(filters, links)
	}
	if err := errors.Join(errWords, errLinks, errSpam); err != nil {
		return nil, err
	}
	return moderation.Chain(filters...), nil
}

// Parse reads a policy without building it, strictly: unknown and repeated keys
// and values of the wrong type are errors, all of which are reported.
func Parse(r io.Reader) (Config, error) {
	var c Config
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return c, fmt.Errorf("policy: read: %w", err)
	}
	if len(b) > maxFile {
		return c, fmt.Errorf("%w: policy: larger than %d bytes", smm.ErrInvalid, maxFile)
	}
	if !json.Valid(b) {
		err := json.Unmarshal(b, &c)
		return c, fmt.Errorf("%w: policy: not JSON: %w", smm.ErrInvalid, err)
	}
	p := &parser{}
	p.object("", b, fields{
		"keywords": func(path string, raw json.RawMessage) { p.keywords(path, raw, &c.Keywords) },
		"links": func(path string, raw json.RawMessage) {
			c.Links = &link.Config{}
			p.links(path, raw, c.Links)
		},
		"spam": func(path string, raw json.RawMessage) {
			p.object(path, raw, fields{
				"max_mentions": p.value(&c.Spam.MaxMentions), "max_hashtags": p.value(&c.Spam.MaxHashtags),
				"links_only": p.value(&c.Spam.LinksOnly), "action": p.value(&c.Spam.Action),
			})
		},
	})
	return c, errors.Join(p.errs...)
}

func (p *parser) keywords(path string, raw json.RawMessage, c *keyword.Config) {
	p.object(path, raw, fields{
		"exceptions": func(path string, raw json.RawMessage) { c.Exceptions = p.strings(path, raw) },
		"names":      p.value(&c.Names),
		"patterns": func(path string, raw json.RawMessage) {
			p.array(path, raw, func(path string, raw json.RawMessage) {
				var k keyword.Pattern
				p.object(path, raw, fields{
					"pattern": p.value(&k.Pattern), "action": p.value(&k.Action), "category": p.value(&k.Category),
					"score": p.value(&k.Score), "plain": p.value(&k.Plain),
				})
				c.Patterns = append(c.Patterns, k)
			})
		},
	})
}

func (p *parser) links(path string, raw json.RawMessage, c *link.Config) {
	list := func(to *[]string) field {
		return func(path string, raw json.RawMessage) { *to = p.strings(path, raw) }
	}
	p.object(path, raw, fields{
		"deny": list(&c.Deny), "allow": list(&c.Allow), "shorteners": list(&c.Shorteners), "max": p.value(&c.Max),
		"deny_action": p.value(&c.DenyAction), "shortener_action": p.value(&c.ShortenerAction), "deceive_action": p.value(&c.DeceiveAction),
		"max_action": p.value(&c.MaxAction), "other_action": p.value(&c.OtherAction),
	})
}
