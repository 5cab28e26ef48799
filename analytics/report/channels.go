package report

import (
	"fmt"
	"strconv"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// ForChannels lays out key figures: the numbers of every channel, the rates
// with the reason where one is missing, a chart of the engagements, and what
// the figures mean. name says what people call a channel; nil, or an empty
// answer, leaves its Ref. Set Generated, Window and Summary as you like.
func ForChannels(title string, kpis []analytics.ChannelKPI, name func(smm.Ref) string) *Report {
	called := func(r smm.Ref) string {
		if name != nil {
			if s := name(r); s != "" {
				return s
			}
		}
		return refName(r)
	}
	return &Report{Title: title, Sections: []Section{
		{Title: "Results by channel", Table: counts(kpis, called)},
		{Title: "Engagements", Chart: engagements(kpis, called)},
		{Title: "Rates by channel", Table: rates(kpis, called)},
		{Title: "What the figures mean", Table: definitions()},
	}}
}

func counts(kpis []analytics.ChannelKPI, called func(smm.Ref) string) *Table {
	t := &Table{Caption: "Numbers of each channel", Columns: columns("Channel",
		"Posts", "Followers", "Impressions", "Reach", "Likes", "Comments", "Shares", "Clicks")}
	for _, k := range kpis {
		row := []Cell{Text(called(k.Channel)), Text(strconv.Itoa(k.Posts))}
		for _, n := range []analytics.Number{k.Followers, k.Impressions, k.Reach, k.Likes, k.Comments, k.Shares, k.Clicks} {
			row = append(row, numberCell(n))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func rates(kpis []analytics.ChannelKPI, called func(smm.Ref) string) *Table {
	t := &Table{Caption: "Rates of each channel", Columns: columns("Channel",
		"Engagement rate by reach", "Engagement rate by impressions", "Engagement rate by followers", "Engagement rate by views",
		"CTR", "Cost per acquisition", "Follower growth")}
	for _, k := range kpis {
		row := []Cell{Text(called(k.Channel))}
		for _, r := range []analytics.Rate{
			k.EngagementRateByReach, k.EngagementRateByImpressions, k.EngagementRateByFollowers, k.EngagementRateByViews, k.CTR,
		} {
			row = append(row, rateCell(r))
		}
		row = append(row, amountCell(k.CPA), rateCell(k.FollowerGrowth))
		t.Rows = append(t.Rows, row)
	}
	return t
}

func engagements(kpis []analytics.ChannelKPI, called func(smm.Ref) string) *Chart {
	c := &Chart{Title: "Engagements by channel", Label: "Channel", Value: "Engagements"}
	for _, k := range kpis {
		cell := numberCell(k.Engagements)
		bar := Bar{Label: called(k.Channel), Text: cell.Text}
		if k.Engagements.Value != nil {
			v := float64(*k.Engagements.Value)
			bar.Value = &v
		}
		if cell.Note != "" {
			bar.Text += " (" + cell.Note + ")"
		}
		c.Bars = append(c.Bars, bar)
	}
	return c
}

func definitions() *Table {
	t := &Table{Caption: "Definitions", Columns: []Column{{Name: "Figure"}, {Name: "Definition"}}}
	for _, d := range [][2]string{
		{"Engagements", "likes + comments + shares of the posts"},
		{"Reach", "people who saw a post, added up over the posts: who saw two counts twice"},
		{"Engagement rate by reach", "engagements / reach, over the posts for which both are known"},
		{"Engagement rate by impressions", "engagements / impressions, likewise"},
		{"Engagement rate by followers", "engagements / (followers times posts): of an average post"},
		{"Engagement rate by views", "engagements / views, likewise over posts for which both are known"},
		{"CTR", "clicks / impressions, likewise"},
		{"Cost per acquisition", "spend / conversions, likewise"},
		{"Follower growth", "(last followers - first followers) / first followers"},
	} {
		t.Rows = append(t.Rows, []Cell{Text(d[0]), Text(d[1])})
	}
	return t
}

func columns(first string, numeric ...string) []Column {
	out := append(make([]Column, 0, 1+len(numeric)), Column{Name: first})
	for _, name := range numeric {
		out = append(out, Column{Name: name, Numeric: true})
	}
	return out
}

// refName names a channel by what a Ref has.
func refName(r smm.Ref) string {
	name := string(r.Platform)
	if r.Space != "" {
		name += " " + r.Space
	}
	return name + " " + r.ID
}

func numberCell(n analytics.Number) Cell {
	if n.Value == nil {
		return missing(n.Reason)
	}
	return Cell{Text: atLeast(n.State) + group(*n.Value), Note: n.Reason}
}

func rateCell(r analytics.Rate) Cell {
	if r.Value == nil {
		return missing(r.Reason)
	}
	return Cell{Text: fmt.Sprintf("%.2f %%", 100**r.Value), Note: r.Reason}
}

func amountCell(a analytics.Amount) Cell {
	if a.Micros == nil {
		return missing(a.Reason)
	}
	return Cell{Text: smm.Money{Micros: *a.Micros, Currency: a.Currency}.String(), Note: a.Reason}
}

// missing is how an unknown value looks. It is never a 0 and never blank.
func missing(reason string) Cell { return Cell{Text: "n/a", Note: reason} }

func atLeast(s analytics.State) string {
	if s == analytics.StateIncomplete {
		return "at least "
	}
	return ""
}

// group writes n with thin spaces between groups of three digits, which every
// language reads.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	head, digits := "", s
	if s[0] == '-' {
		head, digits = "-", s[1:]
	}
	first := len(digits) % 3
	if len(digits) <= 4 {
		return s
	}
	out := digits[:first]
	for i := first; i < len(digits); i += 3 {
		if out != "" {
			out += "\u202f"
		}
		out += digits[i : i+3]
	}
	return head + out
}
