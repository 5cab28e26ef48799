package sheet

import (
	"strings"
)

// column is a column that this package knows.
type column struct {
	name    string
	aliases []string // in the form of columnKey
	get     func(*Row) string
	// set stores a cell that is not empty; nil for what needs the whole row or file.
	set func(*Row, string)
}

// plain makes a column of a field of text.
func plain(name string, field func(*Row) *string, aliases ...string) column {
	return column{
		name: name, aliases: aliases,
		get: func(r *Row) string { return *field(r) },
		set: func(r *Row, cell string) { *field(r) = cell },
	}
}

// The names of the columns that are not read cell by cell.
const (
	colDay   = "day"
	colTime  = "time"
	colWhen  = "when"
	colMedia = "media"
	colAlt   = "alt text"
	colText  = "text"
)

// columns returns the known ones, in the order in which they are written.
func columns() []column {
	return []column{
		plain("id", func(r *Row) *string { return &r.ID }, "card id", "post id", "key"),
		{name: colDay, aliases: []string{"date", "publish date", "post date", "publishing date"}, get: dayOf},
		{name: colTime, aliases: []string{"hour", "publish time", "post time", "publishing time"}, get: timeOf},
		{name: colWhen, aliases: []string{"due", "due date", "date time", "datetime", "date and time", "scheduled at", "scheduled for", "publish at"}},
		plain("zone", func(r *Row) *string { return &r.Zone }, "time zone", "timezone", "tz"),
		plain("platform", func(r *Row) *string { return &r.Platform }, "platforms", "network", "networks", "social network"),
		plain("channel", func(r *Row) *string { return &r.Channel }, "channels", "account", "profile", "page"),
		plain("type", func(r *Row) *string { return &r.Type }, "content type", "format", "post type"),
		plain("title", func(r *Row) *string { return &r.Title }, "name", "card name", "headline", "post title"),
		plain(colText, func(r *Row) *string { return &r.Text }, "caption", "copy", "message", "post", "content", "body", "description", "card description"),
		{
			name: "thread", get: func(r *Row) string { return joinThread(r.Thread) },
			set: func(r *Row, cell string) { r.Thread = splitThread(cell) },
		},
		plain("first comment", func(r *Row) *string { return &r.FirstComment }, "comment"),
		{name: colMedia, aliases: []string{"image", "images", "file", "files", "asset", "assets", "video", "attachments", "attachment links"}, get: mediaOf},
		{name: colAlt, aliases: []string{"alt", "alt texts", "alternative text", "image description"}, get: altOf},
		plain("link", func(r *Row) *string { return &r.Link }, "url", "links", "cta link"),
		plain("language", func(r *Row) *string { return &r.Language }, "lang", "locale"),
		{
			name: "labels", aliases: []string{"label", "tags", "tag", "categories", "category"},
			get: func(r *Row) string { return joinList(r.Labels) },
			set: func(r *Row, cell string) { r.Labels = splitList(cell) },
		},
		plain("campaign", func(r *Row) *string { return &r.Campaign }),
		plain("objective", func(r *Row) *string { return &r.Objective }, "goal", "purpose"),
		plain("assignee", func(r *Row) *string { return &r.Assignee }, "owner", "assigned to", "members", "responsible", "author"),
		plain("topic", func(r *Row) *string { return &r.Topic }, "theme", "subject"),
		plain("pillar", func(r *Row) *string { return &r.Pillar }, "content pillar"),
		plain("brand", func(r *Row) *string { return &r.Brand }),
		plain("status", func(r *Row) *string { return &r.Status }, "state", "stage", "list name"),
	}
}

// columnKey is what names of columns are compared by: lower case, one space
// between words.
func columnKey(name string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(name, func(c rune) bool { return c == ' ' || c == '_' || c == '-' || c == '\t' || c == '\n' || c == '\u00a0' }), " "))
}

// byKey returns the known columns by name and alias.
func byKey() map[string]*column {
	all := columns()
	out := make(map[string]*column)
	for i := range all {
		out[all[i].name] = &all[i]
		for _, a := range all[i].aliases {
			out[a] = &all[i]
		}
	}
	return out
}

func dayOf(r *Row) string {
	if r.Day.IsZero() {
		return ""
	}
	return r.Day.String()
}

func timeOf(r *Row) string {
	if r.Day.IsZero() {
		return ""
	}
	return r.Time.String()
}

func mediaOf(r *Row) string {
	names := make([]string, len(r.Media))
	for i, m := range r.Media {
		names[i] = m.Name
	}
	return joinList(names)
}

// altOf writes one element for each asset, empty ones too, as far as the last that
// is not.
func altOf(r *Row) string {
	last := -1
	alts := make([]string, len(r.Media))
	for i, m := range r.Media {
		if alts[i] = listEscaper.Replace(strings.ReplaceAll(m.Alt, "\n", " ")); m.Alt != "" {
			last = i
		}
	}
	return strings.Join(alts[:last+1], " | ")
}
