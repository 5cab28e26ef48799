package utm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Placeholder is the name of a value that a template asks for.
type Placeholder string

// The placeholders.
const (
	PlatformOf    Placeholder = "platform" // as Convention.Names spells it
	ChannelOf     Placeholder = "channel"  // the host's short name of the channel
	CampaignOf    Placeholder = "campaign"
	ContentTypeOf Placeholder = "content_type"
	TopicOf       Placeholder = "topic"
	PillarOf      Placeholder = "pillar"
	BrandOf       Placeholder = "brand"
	ObjectiveOf   Placeholder = "objective"
	PostIDOf      Placeholder = "post_id" // the host's own id: the platform's is not known before the post is public
)

var placeholders = [...]Placeholder{PlatformOf, ChannelOf, CampaignOf, ContentTypeOf, TopicOf, PillarOf, BrandOf, ObjectiveOf, PostIDOf}

// Values are what a template is filled with, and what reading a tag gives back.
// Values are comparable.
type Values struct {
	Platform    smm.Platform `json:"platform,omitempty"`
	Channel     string       `json:"channel,omitempty"`
	Campaign    string       `json:"campaign,omitempty"`
	ContentType string       `json:"content_type,omitempty"`
	Topic       string       `json:"topic,omitempty"`
	Pillar      string       `json:"pillar,omitempty"`
	Brand       string       `json:"brand,omitempty"`
	Objective   string       `json:"objective,omitempty"`
	PostID      string       `json:"post_id,omitempty"`
}

// ValuesOf returns what the labels of a post say.
func ValuesOf(p *smm.Post) Values {
	l := &p.Labels
	return Values{Campaign: l.Campaign, ContentType: l.ContentType, Topic: l.Topic, Pillar: l.Pillar, Brand: l.Brand, Objective: l.Objective}
}

// Or returns v with w's values where v has none.
func (v Values) Or(w Values) Values {
	for _, p := range placeholders {
		if v.get(p) == "" {
			setValue(&v, p, w.get(p))
		}
	}
	return v
}

// valueAt is where a placeholder's value stands; nil for a name that is none.
func valueAt(v *Values, p Placeholder) *string {
	switch p {
	case PlatformOf:
		return (*string)(&v.Platform)
	case ChannelOf:
		return &v.Channel
	case CampaignOf:
		return &v.Campaign
	case ContentTypeOf:
		return &v.ContentType
	case TopicOf:
		return &v.Topic
	case PillarOf:
		return &v.Pillar
	case BrandOf:
		return &v.Brand
	case ObjectiveOf:
		return &v.Objective
	case PostIDOf:
		return &v.PostID
	}
	return nil
}

func (v Values) get(p Placeholder) string {
	if s := valueAt(&v, p); s != nil {
		return *s
	}
	return ""
}

func setValue(v *Values, p Placeholder, s string) {
	if at := valueAt(v, p); at != nil {
		*at = s
	}
}

// Template is the form of a tag's value: text with placeholders in braces, each
// at most once, and with text between any two, so that a value can be read back.
// "{name|word}" uses the word where the value is missing. "{{" and "}}" are
// braces. The zero Template is empty.
type Template struct {
	source string
	pieces []piece
}

type piece struct {
	text     string // if name is ""
	name     Placeholder
	fallback string
}

// ParseTemplate parses a template. Errors match smm.ErrInvalid.
func ParseTemplate(s string) (Template, error) {
	t := Template{source: s}
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			t.pieces = append(t.pieces, piece{text: text.String()})
			text.Reset()
		}
	}
	for rest := s; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			text.WriteByte(rest[0])
			rest = rest[2:]
		case rest[0] == '}':
			return Template{}, fmt.Errorf("%w: template %q: a %q without its opening brace: write it twice for a brace", smm.ErrInvalid, s, "}")
		case rest[0] == '{':
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return Template{}, fmt.Errorf("%w: template %q: a placeholder is not closed", smm.ErrInvalid, s)
			}
			flush()
			p, err := t.placeholder(rest[1:end])
			if err != nil {
				return Template{}, err
			}
			t.pieces = append(t.pieces, p)
			rest = rest[end+1:]
		default:
			text.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	flush()
	return t, nil
}

// placeholder returns the piece that stands in a pair of braces after the pieces
// of t.
func (t Template) placeholder(inner string) (piece, error) {
	name, fallback, _ := strings.Cut(inner, "|")
	p := piece{name: Placeholder(name), fallback: fallback}
	switch {
	case !slices.Contains(placeholders[:], p.name):
		return p, fmt.Errorf("%w: template %q: no placeholder %q: use one of %v", smm.ErrInvalid, t.source, name, placeholders)
	case t.has(p.name):
		return p, fmt.Errorf("%w: template %q: %s is there twice", smm.ErrInvalid, t.source, name)
	case len(t.pieces) > 0 && t.pieces[len(t.pieces)-1].name != "":
		return p, fmt.Errorf("%w: template %q: put a separator between %s and %s, or they cannot be read back",
			smm.ErrInvalid, t.source, t.pieces[len(t.pieces)-1].name, name)
	}
	return p, nil
}

func (t Template) has(p Placeholder) bool {
	return slices.ContainsFunc(t.pieces, func(q piece) bool { return q.name == p })
}

// asks reports whether there is a placeholder at all.
func (t Template) asks() bool {
	return slices.ContainsFunc(t.pieces, func(p piece) bool { return p.name != "" })
}

// String returns the source of the template.
func (t Template) String() string { return t.source }

// Expand fills the template, and returns "" with an error that matches
// smm.ErrInvalid if a value without a fallback is missing, or if the values
// could not be read back from the result because one contains a separator.
func (t Template) Expand(v Values) (string, error) {
	var out strings.Builder
	for _, p := range t.pieces {
		s := p.text
		if p.name != "" {
			if s = v.get(p.name); s == "" {
				s = p.fallback
			}
			if s == "" {
				return "", fmt.Errorf("%w: template %q: no value for %s: give one, or write {%s|none}", smm.ErrInvalid, t.source, p.name, p.name)
			}
		}
		out.WriteString(s)
	}
	// The values that were put in are one reading, so a single one is theirs.
	if _, ok := t.Match(out.String()); !ok {
		return "", fmt.Errorf("%w: template %q gives %q, which reads back in several ways: a value contains the text between two placeholders",
			smm.ErrInvalid, t.source, out.String())
	}
	return out.String(), nil
}

// Match reads the values back from s. It is false if s does not have the form of
// the template, or has it in more than one way. A value that equals the fallback
// reads back as missing. The text around the placeholders must be equal byte
// for byte.
func (t Template) Match(s string) (Values, bool) {
	m := matcher{width: len(s) + 1, dead: make([]bool, (len(t.pieces)+1)*(len(s)+1))}
	m.match(t.pieces, s, Values{})
	if len(m.found) != 1 {
		return Values{}, false
	}
	return m.found[0], true
}

// matcher collects up to two readings; two are enough to know that there is no
// single one. It remembers where no reading begins, so that a hostile value
// costs no more than the square of its length.
type matcher struct {
	found []Values
	dead  []bool // by pieces left and bytes left
	width int
}

func (m *matcher) at(pieces []piece, s string) *bool { return &m.dead[len(pieces)*m.width+len(s)] }

func (m *matcher) match(pieces []piece, s string, v Values) {
	dead := m.at(pieces, s)
	if len(m.found) > 1 || *dead {
		return
	}
	before := len(m.found)
	m.try(pieces, s, v)
	*dead = len(m.found) == before
}

func (m *matcher) try(pieces []piece, s string, v Values) {
	if len(pieces) == 0 {
		if s == "" {
			m.found = append(m.found, v)
		}
		return
	}
	p := pieces[0]
	if p.name == "" {
		if rest, ok := strings.CutPrefix(s, p.text); ok {
			m.match(pieces[1:], rest, v)
		}
		return
	}
	if len(pieces) == 1 {
		if s != "" {
			m.found = append(m.found, p.take(v, s))
		}
		return
	}
	for from := 1; from < len(s); from++ {
		i := strings.Index(s[from:], pieces[1].text)
		if i < 0 {
			return
		}
		from += i
		if !*m.at(pieces[1:], s[from:]) {
			m.match(pieces[1:], s[from:], p.take(v, s[:from]))
		}
	}
}

func (p piece) take(v Values, s string) Values {
	if s != p.fallback {
		setValue(&v, p.name, s)
	}
	return v
}
