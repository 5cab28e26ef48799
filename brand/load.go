package brand

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/smmkit/smmkit/smm"
)

// maxFile bounds a guide's file.
const maxFile = 16 << 20

// Load reads a guide from JSON, strictly: unknown and repeated keys, values of
// the wrong type and contradictions are errors. All are reported, each with its
// path, in an error that matches smm.ErrInvalid.
func Load(r io.Reader) (*Guide, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("guide: read: %w", err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%w: guide: larger than %d bytes", smm.ErrInvalid, maxFile)
	}
	var s Spec
	if !json.Valid(b) {
		return nil, fmt.Errorf("%w: guide: not JSON: %w", smm.ErrInvalid, json.Unmarshal(b, &s))
	}
	p := &parser{}
	p.guide(b, &s)
	g, err := New(s)
	if len(p.errs) > 0 {
		return nil, errors.Join(append(p.errs, err)...)
	}
	return g, err
}

func (p *parser) guide(raw json.RawMessage, s *Spec) {
	p.object("", raw, fields{
		"schema": p.value(&s.Schema), "name": p.value(&s.Name), "review_by": p.value(&s.ReviewBy),
		"voice": func(path string, raw json.RawMessage) {
			p.object(path, raw, fields{"summary": p.value(&s.Voice.Summary), "traits": p.list(&s.Voice.Traits)})
		},
		"vocabulary": func(path string, raw json.RawMessage) {
			p.object(path, raw, fields{
				"banned": p.terms(&s.Vocabulary.Banned), "preferred": p.terms(&s.Vocabulary.Preferred),
				"names": p.list(&s.Vocabulary.Names), "acronyms": p.list(&s.Vocabulary.Acronyms),
			})
		},
		"tone": p.tone(&s.Tone), "hashtags": p.hashtags(&s.Hashtags), "alt_text": p.altText(&s.AltText),
		"platforms": func(path string, raw json.RawMessage) {
			s.Platforms = make(map[smm.Platform]Override)
			p.members(path, raw, func(name, path string, raw json.RawMessage) {
				var o Override
				p.object(path, raw, fields{"tone": p.tone(&o.Tone), "hashtags": p.hashtags(&o.Hashtags), "alt_text": p.altText(&o.AltText)})
				s.Platforms[smm.Platform(name)] = o
			})
		},
	})
}

func (p *parser) terms(to *[]Term) take {
	return func(path string, raw json.RawMessage) {
		p.array(path, raw, func(path string, raw json.RawMessage) {
			var t Term
			p.object(path, raw, fields{
				"term": p.value(&t.Term), "use": p.value(&t.Use), "reason": p.value(&t.Reason),
				"severity": p.value(&t.Severity), "automatic": p.value(&t.Automatic),
			})
			*to = append(*to, t)
		})
	}
}

func (p *parser) tone(t *Tone) take {
	return func(path string, raw json.RawMessage) {
		p.object(path, raw, fields{
			"max_exclamations": optional(p, &t.MaxExclamations), "max_caps_words": optional(p, &t.MaxCapsWords),
			"max_emoji": optional(p, &t.MaxEmoji), "max_sentence_words": optional(p, &t.MaxSentenceWords),
		})
	}
}

func (p *parser) hashtags(h *Hashtags) take {
	return func(path string, raw json.RawMessage) {
		p.object(path, raw, fields{
			"max": optional(p, &h.Max), "camel_case": optional(p, &h.CamelCase), "spelling": p.list(&h.Spelling), "banned": p.list(&h.Banned),
		})
	}
}

func (p *parser) altText(a *AltText) take {
	return func(path string, raw json.RawMessage) {
		p.object(path, raw, fields{"required": optional(p, &a.Required), "max": optional(p, &a.Max)})
	}
}
