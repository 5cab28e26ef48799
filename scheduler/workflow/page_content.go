package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// group is what some channels get alike.
type group struct {
	Channels string
	Parts    []partView
}

// partView is a part as people read it: all of it that is sent.
type partView struct {
	Name    string
	Text    string
	Warning string
	Media   []smm.Media
	Facts   []fact
}

type fact struct{ Name, Value string }

// groups returns what is sent, once for all channels that get the same.
func groups(c *Content) []group {
	var out []group
	byForm := make(map[string]int)
	for _, ch := range c.Channels {
		parts := c.Parts(ch)
		hashes := []string{string(ch.Platform)}
		for _, part := range parts {
			part.Channel = smm.Ref{}
			hashes = append(hashes, part.hash())
		}
		form := strings.Join(hashes, " ")
		if i, ok := byForm[form]; ok {
			out[i].Channels += ", " + ch.String()
			continue
		}
		byForm[form] = len(out)
		g := group{Channels: ch.String()}
		for i, p := range parts {
			g.Parts = append(g.Parts, viewOf(&p.Post, partName(i, len(parts), c, ch)))
		}
		out = append(out, g)
	}
	return out
}

func partName(i, n int, c *Content, ch smm.Ref) string {
	post := c.Post.For(ch.Platform)
	switch {
	case i == 0:
		return "Post"
	case i == n-1 && post.FirstComment != "":
		return "First comment"
	}
	return fmt.Sprintf("Part %d of the thread", i+1)
}

func viewOf(p *smm.Post, name string) partView {
	v := partView{Name: name, Text: p.Text, Warning: p.ContentWarning, Media: p.Media}
	add := func(name, value string) {
		if value != "" {
			v.Facts = append(v.Facts, fact{name, value})
		}
	}
	for _, m := range p.Media {
		add("Thumbnail of "+m.Name, m.Thumbnail)
		for _, s := range m.Captions {
			add("Captions of "+m.Name, s.Language+": "+s.Name)
		}
	}
	for _, e := range p.Entities {
		if e.Target != "" && e.Start >= 0 && e.Start <= e.End && e.End <= len(p.Text) {
			add("Goes to", p.Text[e.Start:e.End]+": "+e.Target)
		}
	}
	if c := p.Card; c != nil {
		add("Link card", strings.Join(nonempty(c.URL, c.Title, c.Description), "\n"))
		if c.Thumbnail != nil {
			add("Picture of the card", strings.Join(nonempty(c.Thumbnail.Name, c.Thumbnail.AltText), ": "))
		}
	}
	if q := p.Poll; q != nil {
		kind := "one answer"
		if q.Multiple {
			kind = "several answers"
		}
		if q.HideTotals {
			kind += ", counts hidden until it ends"
		}
		add("Poll", strings.Join(q.Options, "\n")+fmt.Sprintf("\n(%s, open for %s)", kind, q.Duration))
	}
	add("Answers", p.ReplyTo.String())
	add("Quotes", p.Quote.String())
	add("Visible to", string(p.Visibility))
	add("Languages", strings.Join(p.Languages, ", "))
	if p.Sensitive {
		add("Media", "hidden at first, as sensitive")
	}
	add("Disclosure", disclosure(&p.Disclosure))
	for _, platform := range sortedKeys(p) {
		add("Options of "+string(platform), string(p.Options[platform]))
	}
	return v
}

func sortedKeys(p *smm.Post) []smm.Platform {
	var out []smm.Platform
	for k := range p.Options {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func nonempty(s ...string) []string {
	return slices.DeleteFunc(s, func(v string) bool { return v == "" })
}

func disclosure(d *smm.Disclosure) string {
	var out []string
	for _, x := range []struct {
		on   bool
		name string
	}{{d.Paid, "paid"}, {d.OwnBrand, "own brand"}, {d.Affiliate, "affiliate links"}, {d.Gifted, "gifted"}, {d.AI, "made with AI"}} {
		if x.on {
			out = append(out, x.name)
		}
	}
	if d.Sponsor != "" {
		out = append(out, "by "+d.Sponsor)
	}
	return strings.Join(out, ", ")
}

// planned shows the time in its zone, and in UTC.
func planned(c *Content) string {
	if c.At.IsZero() {
		return "no time yet"
	}
	if c.Zone == "" {
		return show(c.At)
	}
	loc, err := time.LoadLocation(c.Zone)
	if err != nil {
		return show(c.At)
	}
	return c.At.In(loc).Format("Monday, 2 January 2006, 15:04:05 MST") + " (" + c.Zone + "); " + show(c.At)
}
