package brand

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/smmkit/smmkit/internal/jsonfile"
	"github.com/smmkit/smmkit/smm"
)

// maxFile bounds a guide's file.
const maxFile = 16 << 20

// Load reads a guide from JSON, strictly: unknown and repeated keys, values of
// the wrong type and contradictions are errors. All are reported, each with its
// path, in an error that matches smm.ErrInvalid.
func Load(r io.Reader) (*Guide, error) {
	raw, err := jsonfile.Read(r, "guide", maxFile)
	if err != nil {
		return nil, err
	}
	var s Spec
	p := parser{jsonfile.NewParser("guide")}
	p.guide(raw, &s)
	g, err := New(s)
	if bad := p.Err(); bad != nil {
		return nil, errors.Join(bad, err)
	}
	return g, err
}

// parser knows the parts of a guide.
type parser struct{ *jsonfile.Parser }

func (p parser) guide(raw json.RawMessage, s *Spec) {
	p.Object("", raw, jsonfile.Fields{
		"schema": p.Value(&s.Schema), "name": p.Value(&s.Name), "review_by": p.Value(&s.ReviewBy),
		"voice": func(path string, raw json.RawMessage) {
			p.Object(path, raw, jsonfile.Fields{"summary": p.Value(&s.Voice.Summary), "traits": p.Strings(&s.Voice.Traits)})
		},
		"vocabulary": func(path string, raw json.RawMessage) {
			p.Object(path, raw, jsonfile.Fields{
				"banned": p.terms(&s.Vocabulary.Banned), "preferred": p.terms(&s.Vocabulary.Preferred),
				"names": p.Strings(&s.Vocabulary.Names), "acronyms": p.Strings(&s.Vocabulary.Acronyms),
			})
		},
		"tone": p.tone(&s.Tone), "hashtags": p.hashtags(&s.Hashtags), "alt_text": p.altText(&s.AltText),
		"platforms": func(path string, raw json.RawMessage) {
			s.Platforms = make(map[smm.Platform]Override)
			p.Members(path, raw, func(name, path string, raw json.RawMessage) {
				var o Override
				p.Object(path, raw, jsonfile.Fields{"tone": p.tone(&o.Tone), "hashtags": p.hashtags(&o.Hashtags), "alt_text": p.altText(&o.AltText)})
				s.Platforms[smm.Platform(name)] = o
			})
		},
	})
}

func (p parser) terms(to *[]Term) jsonfile.Field {
	return func(path string, raw json.RawMessage) {
		p.Array(path, raw, func(path string, raw json.RawMessage) {
			var t Term
			p.Object(path, raw, jsonfile.Fields{
				"term": p.Value(&t.Term), "use": p.Value(&t.Use), "reason": p.Value(&t.Reason),
				"severity": p.Value(&t.Severity), "automatic": p.Value(&t.Automatic),
			})
			*to = append(*to, t)
		})
	}
}

func (p parser) tone(t *Tone) jsonfile.Field {
	return func(path string, raw json.RawMessage) {
		p.Object(path, raw, jsonfile.Fields{
			"max_exclamations": jsonfile.Optional(p.Parser, &t.MaxExclamations), "max_caps_words": jsonfile.Optional(p.Parser, &t.MaxCapsWords),
			"max_emoji": jsonfile.Optional(p.Parser, &t.MaxEmoji), "max_sentence_words": jsonfile.Optional(p.Parser, &t.MaxSentenceWords),
		})
	}
}

func (p parser) hashtags(h *Hashtags) jsonfile.Field {
	return func(path string, raw json.RawMessage) {
		p.Object(path, raw, jsonfile.Fields{
			"max": jsonfile.Optional(p.Parser, &h.Max), "camel_case": jsonfile.Optional(p.Parser, &h.CamelCase), "spelling": p.Strings(&h.Spelling), "banned": p.Strings(&h.Banned),
		})
	}
}

func (p parser) altText(a *AltText) jsonfile.Field {
	return func(path string, raw json.RawMessage) {
		p.Object(path, raw, jsonfile.Fields{"required": jsonfile.Optional(p.Parser, &a.Required), "max": jsonfile.Optional(p.Parser, &a.Max)})
	}
}
