package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// row is one row of the calendar.
type row struct {
	ID       string
	Line     int // in the file, for people
	When     time.Time
	Channels []smm.Platform
	Approved bool
	Post     smm.Post
	Format   string // reel or story
	ReplyTo  string // id of an earlier row, which it answers
	Quotes   string // id of an earlier row, which it quotes
	Problems []note // what is wrong with the row itself; it is not scheduled then
}

// token names the row to the scheduler. It derives from the calendar and from
// nothing else, so that the same row is the same entry in every run. A row that
// refers to another is an entry of its own on each channel.
func (r *row) token(on smm.Platform) string {
	if r.parent() == "" {
		return "calendar:" + r.ID
	}
	return "calendar:" + r.ID + "@" + string(on)
}

// rowOf returns the id of the row that a token names.
func rowOf(token string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(token, "calendar:"), "@")
	return id
}

// parent is the id of the row that must be public before this one.
func (r *row) parent() string { return cmp.Or(r.ReplyTo, r.Quotes) }

// parts are what the row makes on each channel, in order.
func (r *row) parts() []smm.Post {
	parts := append([]smm.Post{r.Post}, r.Post.Thread...)
	if r.Post.FirstComment != "" {
		parts = append(parts, smm.Post{Text: r.Post.FirstComment})
	}
	return parts
}

// columns are those of the file, in their order. "|" separates the elements of
// a list.
var columns = []string{
	"id", "when", "channels", "approved", "language", "topic", "text",
	"format",            // reel or story; none is what suits the media
	"media", "alt_text", // files, and a description for each
	"card",          // URL|title|description
	"poll",          // duration|option|option ...
	"thread",        // the further parts
	"first_comment", // under the post
	"reply_to",      // id of an earlier row, which this one answers
	"quote",         // id of an earlier row, which this one quotes
}

// campaign is the label that all posts of the calendar carry.
const campaign = "quickstart"

// whenLayout is how times are written: in UTC, to keep this program small.
const whenLayout = "2006-01-02 15:04"

// parseCalendar reads the calendar, sorted by time. What is wrong with a row
// becomes a problem of that row, all at once; only a file that is no calendar
// at all is an error.
func parseCalendar(r io.Reader) ([]row, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1 // counted below, so that one bad row does not hide the others
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the file is empty: want the columns %s", strings.Join(columns, ","))
	}
	if err != nil {
		return nil, err
	}
	if !slices.Equal(header, columns) {
		return nil, fmt.Errorf("the first line is %q: want %q", strings.Join(header, ","), strings.Join(columns, ","))
	}
	var rows []row
	seen := make(map[string]int)
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := in.FieldPos(0)
		c := rowReader{row: row{Line: line}}
		c.read(record)
		if first, twice := seen[c.row.ID]; twice {
			c.problem("id", "%q is the id of line %d already", c.row.ID, first)
		}
		seen[c.row.ID] = line
		rows = append(rows, c.row)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.When.Compare(b.When) })
	refer(rows)
	return rows, nil
}

// refer checks what rows say of each other.
func refer(rows []row) {
	earlier := make(map[string]*row)
	for i := range rows {
		r := &rows[i]
		c, id, column := rowReader{row: *r}, r.parent(), "reply_to"
		if r.Quotes != "" {
			column = "quote"
		}
		switch parent := earlier[id]; {
		case id == "":
		case parent == nil:
			c.problem(column, "%q: want the id of an earlier row", id)
		case parent.Quotes != "":
			c.problem(column, "%q quotes another row: nothing else can refer to it", id)
		default:
			for _, p := range r.Channels {
				if !slices.Contains(parent.Channels, p) {
					c.problem(column, "%q is not published on %s", id, p)
				}
			}
		}
		r.Problems = c.row.Problems
		earlier[r.ID] = r
	}
}

// rowReader turns one record into a row and collects what is wrong with it.
type rowReader struct {
	row   row
	cells map[string]string
}

func (c *rowReader) problem(column, format string, args ...any) {
	c.row.Problems = append(c.row.Problems, note{
		Row: c.row.ID, Line: c.row.Line, Severity: smm.SeverityError, Code: "calendar." + column, Path: column,
		Message: fmt.Sprintf(format, args...),
	})
}

func (c *rowReader) read(record []string) {
	c.row.ID = strings.TrimSpace(record[0])
	if len(record) != len(columns) {
		c.problem("row", "%d columns: want %d", len(record), len(columns))
		return
	}
	c.cells = make(map[string]string)
	for i, name := range columns {
		c.cells[name] = strings.TrimSpace(record[i])
	}
	if c.row.ID == "" {
		c.problem("id", "empty: every row needs a name that never changes")
	}
	c.when()
	c.channels()
	switch c.cells["approved"] {
	case "yes":
		c.row.Approved = true
	case "no":
	default:
		c.problem("approved", "%q: want yes or no", c.cells["approved"])
	}
	c.post()
}

func (c *rowReader) when() {
	at, err := time.Parse(whenLayout, c.cells["when"])
	if err != nil {
		c.problem("when", "%q is no date and time: want one such as 2026-12-24 09:00", c.cells["when"])
	}
	c.row.When = at
}

func (c *rowReader) channels() {
	for name := range strings.FieldsSeq(c.cells["channels"]) {
		p := smm.Platform(name)
		switch {
		case platformOf(p) == nil:
			c.problem("channels", "%q: want %s", name, platformNames())
		case slices.Contains(c.row.Channels, p):
			c.problem("channels", "%q is named twice", name)
		default:
			c.row.Channels = append(c.row.Channels, p)
		}
	}
	if c.cells["channels"] == "" {
		c.problem("channels", "empty: want %s", platformNames())
	}
}

func platformNames() string {
	names := make([]string, 0, len(platforms))
	for _, p := range platforms {
		names = append(names, string(p.name))
	}
	return "one or more of " + strings.Join(names, ", ") + ", with spaces between"
}

// post fills in the post. Whether it fits the platforms is not looked at here:
// the client knows that, see desk.schedule.
func (c *rowReader) post() {
	p := &c.row.Post
	p.Text = c.cells["text"]
	p.Languages = strings.Fields(c.cells["language"])
	p.Labels = smm.Labels{Campaign: campaign, Topic: c.cells["topic"]}
	if p.Text == "" && c.cells["format"] != "story" {
		c.problem("text", "empty: there is nothing to publish")
	}
	c.media()
	c.format()
	if card := c.list("card"); len(card) > 3 {
		c.problem("card", "%d elements: want URL|title|description", len(card))
	} else if len(card) > 0 {
		card = append(card, "", "")
		p.Card = &smm.Card{URL: card[0], Title: card[1], Description: card[2]}
	}
	if poll := c.list("poll"); len(poll) > 0 {
		d, err := time.ParseDuration(poll[0])
		if err != nil || d <= 0 {
			c.problem("poll", "%q is no duration: want one such as 24h before the options", poll[0])
		}
		p.Poll = &smm.Poll{Duration: d, Options: poll[1:]}
	}
	for _, part := range c.list("thread") {
		p.Thread = append(p.Thread, smm.Post{Text: part, Languages: p.Languages})
	}
	p.FirstComment = c.cells["first_comment"]
	c.row.ReplyTo, c.row.Quotes = c.cells["reply_to"], c.cells["quote"]
	if c.row.ReplyTo != "" && c.row.Quotes != "" {
		c.problem("quote", "a row answers another or quotes it: want one of the two")
	}
}

func (c *rowReader) format() {
	f := c.cells["format"]
	c.row.Format = f
	switch f {
	case "":
		return
	case "reel", "story":
	default:
		c.problem("format", "%q: want reel, story or nothing", f)
		return
	}
	for _, p := range c.row.Channels {
		set := formats[p]
		if set == nil {
			c.problem("format", "%s has no format %q", p, f)
		} else if err := set(&c.row.Post, f); err != nil {
			c.problem("format", "%s: %v", p, err)
		}
	}
}

func (c *rowReader) media() {
	files, alts := c.list("media"), c.list("alt_text")
	if len(alts) > 0 && len(alts) != len(files) {
		c.problem("alt_text", "%d descriptions for %d files: want one for each, with | between", len(alts), len(files))
		return
	}
	for i, name := range files {
		m := smm.Media{Name: name}
		if len(alts) > 0 {
			m.AltText = alts[i]
		}
		c.row.Post.Media = append(c.row.Post.Media, m)
	}
}

// list splits a cell at "|". An empty cell is an empty list.
func (c *rowReader) list(column string) []string {
	if c.cells[column] == "" {
		return nil
	}
	var out []string
	for s := range strings.SplitSeq(c.cells[column], "|") {
		out = append(out, strings.TrimSpace(s))
	}
	return out
}
