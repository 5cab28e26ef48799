package mastodontest

import (
	"html"
	"strings"

	"github.com/smmkit/smmkit/internal/textx"
)

// render turns the text of a status into the HTML that servers serve: one
// paragraph for each block, links with their ends made invisible, mentions
// without their host, hashtags as links.
func (s *Server) render(text string, mentions []*account) string {
	var b strings.Builder
	for block := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if strings.Trim(block, "\n") == "" {
			continue
		}
		b.WriteString("<p>" + s.inline(strings.Trim(block, "\n"), mentions) + "</p>")
	}
	return b.String()
}

func (s *Server) inline(text string, mentions []*account) string {
	var b strings.Builder
	plain := func(t string) {
		b.WriteString(strings.ReplaceAll(html.EscapeString(t), "\n", "<br />"))
	}
	pos := 0
	for _, e := range textx.Extract(text, textx.MastodonRules()) {
		plain(text[pos:e.Start])
		pos = e.End
		switch e.Kind {
		case textx.URL:
			b.WriteString(link(text[e.Start:e.End]))
		case textx.Hashtag:
			b.WriteString(`<a href="` + s.url + "/tags/" + html.EscapeString(strings.ToLower(e.Value)) +
				`" class="mention hashtag" rel="tag">#<span>` + html.EscapeString(e.Value) + "</span></a>")
		case textx.Mention:
			if a := s.named(e.Value, mentions); a != nil {
				b.WriteString(`<span class="h-card" translate="no"><a href="` + s.profileURL(a) +
					`" class="u-url mention">@<span>` + html.EscapeString(a.username) + "</span></a></span>")
				continue
			}
			plain(text[e.Start:e.End])
		default:
			plain(text[e.Start:e.End])
		}
	}
	plain(text[pos:])
	return b.String()
}

func link(u string) string {
	scheme, rest, _ := strings.Cut(u, "://")
	scheme += "://"
	shown, tail := rest, ""
	class := ""
	if r := []rune(rest); len(r) > 30 {
		shown, tail, class = string(r[:30]), string(r[30:]), "ellipsis"
	}
	e := html.EscapeString
	return `<a href="` + e(u) + `" rel="nofollow noopener noreferrer" target="_blank" translate="no"><span class="invisible">` +
		e(scheme) + `</span><span class="` + class + `">` + e(shown) + `</span><span class="invisible">` + e(tail) + "</span></a>"
}

// named finds the account that a mention in a text stands for.
func (s *Server) named(value string, mentions []*account) *account {
	for _, a := range mentions {
		if strings.EqualFold(value, a.acct()) || a.domain == "" && strings.EqualFold(value, a.username+"@"+s.host) {
			return a
		}
	}
	return nil
}

// entities finds who and which tags a text names.
func (s *Server) entities(text string) (mentions []*account, tags []string) {
	seen := make(map[string]bool)
	for _, e := range textx.Extract(text, textx.MastodonRules()) {
		switch e.Kind {
		case textx.Mention:
			if a := s.lookup(e.Value); a != nil && !seen[a.id] {
				seen[a.id] = true
				mentions = append(mentions, a)
			}
		case textx.Hashtag:
			if t := strings.ToLower(e.Value); !seen["#"+t] {
				seen["#"+t] = true
				tags = append(tags, t)
			}
		}
	}
	return mentions, tags
}
