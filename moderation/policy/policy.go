package policy

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/smmkit/smmkit/internal/jsonfile"
	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/moderation/keyword"
	"github.com/smmkit/smmkit/moderation/link"
	"github.com/smmkit/smmkit/moderation/spam"
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
	raw, err := jsonfile.Read(r, "policy", maxFile)
	if err != nil {
		return c, err
	}
	p := parser{jsonfile.NewParser("policy")}
	p.Object("", raw, jsonfile.Fields{
		"keywords": func(path string, raw json.RawMessage) { p.keywords(path, raw, &c.Keywords) },
		"links": func(path string, raw json.RawMessage) {
			c.Links = &link.Config{}
			p.links(path, raw, c.Links)
		},
		"spam": func(path string, raw json.RawMessage) {
			p.Object(path, raw, jsonfile.Fields{
				"max_mentions": p.Value(&c.Spam.MaxMentions), "max_hashtags": p.Value(&c.Spam.MaxHashtags),
				"links_only": p.Value(&c.Spam.LinksOnly), "action": p.Value(&c.Spam.Action),
			})
		},
	})
	return c, p.Err()
}

// parser knows the parts of a policy.
type parser struct{ *jsonfile.Parser }

func (p parser) keywords(path string, raw json.RawMessage, c *keyword.Config) {
	p.Object(path, raw, jsonfile.Fields{
		"exceptions": p.Strings(&c.Exceptions),
		"names":      p.Value(&c.Names),
		"patterns": func(path string, raw json.RawMessage) {
			p.Array(path, raw, func(path string, raw json.RawMessage) {
				var k keyword.Pattern
				p.Object(path, raw, jsonfile.Fields{
					"pattern": p.Value(&k.Pattern), "action": p.Value(&k.Action), "category": p.Value(&k.Category),
					"score": p.Value(&k.Score), "plain": p.Value(&k.Plain),
				})
				c.Patterns = append(c.Patterns, k)
			})
		},
	})
}

func (p parser) links(path string, raw json.RawMessage, c *link.Config) {
	p.Object(path, raw, jsonfile.Fields{
		"deny": p.Strings(&c.Deny), "allow": p.Strings(&c.Allow), "shorteners": p.Strings(&c.Shorteners), "max": p.Value(&c.Max),
		"deny_action": p.Value(&c.DenyAction), "shortener_action": p.Value(&c.ShortenerAction), "deceive_action": p.Value(&c.DeceiveAction),
		"max_action": p.Value(&c.MaxAction), "other_action": p.Value(&c.OtherAction),
	})
}
