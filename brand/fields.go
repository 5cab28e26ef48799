package brand

import (
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// field is a text of a post. text points into the post.
type field struct {
	path     string
	text     *string
	prose    bool // the tone applies
	entities []smm.Entity
}

// fieldsOf returns the texts of a post that people will see.
func fieldsOf(p *smm.Post) []field {
	out := part(p, "")
	for i, t := range parts(p) {
		out = append(out, part(t, threadPath(i))...)
	}
	return append(out, field{path: "first_comment", text: &p.FirstComment, prose: true})
}

func part(p *smm.Post, prefix string) []field {
	out := []field{
		{path: prefix + "text", text: &p.Text, prose: true, entities: p.Entities},
		{path: prefix + "content_warning", text: &p.ContentWarning},
	}
	for i := range p.Media {
		out = append(out, field{path: fmt.Sprintf("%smedia[%d].alt_text", prefix, i), text: &p.Media[i].AltText})
	}
	if p.Poll != nil {
		for i := range p.Poll.Options {
			out = append(out, field{path: fmt.Sprintf("%spoll.options[%d]", prefix, i), text: &p.Poll.Options[i]})
		}
	}
	if p.Card != nil {
		out = append(out,
			field{path: prefix + "card.title", text: &p.Card.Title}, field{path: prefix + "card.description", text: &p.Card.Description})
	}
	return out
}

func parts(p *smm.Post) []*smm.Post {
	out := make([]*smm.Post, len(p.Thread))
	for i := range p.Thread {
		out[i] = &p.Thread[i]
	}
	return out
}

func threadPath(i int) string { return fmt.Sprintf("thread[%d].", i) }
