package planner

import (
	"regexp"

	"github.com/smmkit/smmkit/smm"
)

// link finds addresses with a scheme. Which bare words a platform takes for links
// is the platform's own rule; a price that hangs on it should count those as well.
var link = regexp.MustCompile(`(?i)\bhttps?://\S+\.\S+`)

func hasLink(p *smm.Post) bool {
	if p.Card != nil && p.Card.URL != "" {
		return true
	}
	for _, e := range p.Entities {
		if e.Kind == smm.EntityLink {
			return true
		}
	}
	return link.MatchString(p.Text)
}
