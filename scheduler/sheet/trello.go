package sheet

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"
)

// board is the part of Trello's export of a board, in JSON, that is read.
type board struct {
	Lists []struct {
		ID, Name string
		Closed   bool
	}
	Members []struct {
		ID       string
		FullName string
	}
	CustomFields []struct {
		ID, Name, Type string
		Options        []struct {
			ID    string
			Value struct{ Text string }
		}
	}
	Cards []card
}

type card struct {
	ID, Name, Desc, IDList string
	Closed                 bool
	Due                    *string
	IDMembers              []string
	Labels                 []struct{ Name, Color string }
	Attachments            []struct{ Name, URL string }
	CustomFieldItems       []struct {
		IDCustomField string
		IDValue       string
		Value         map[string]string // "text", "number", "date" or "checked"
	}
}

// ReadTrello reads a board of Trello as its menu exports it in JSON. A card is a
// row: the description is the text, or the name where there is none; the name is
// the title; the due date the time, in Options.Zone; the list the status; labels,
// members and attachments are labels, assignee and media. Custom fields with the
// name of a column fill that column. Archived cards and lists are left out.
//
// The lists' names must be statuses: see Options.Statuses. Cards that are to be
// scheduled need a due date.
func ReadTrello(r io.Reader, o Options) (*Sheet, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxSize {
		return nil, fileError("size", "the file is larger than %d MB", MaxSize>>20)
	}
	var in board
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fileError("json", "the file is no board of Trello in JSON: %v", err)
	}
	t := table{o: o, sheet: &Sheet{statuses: o.Statuses}}
	known := columns()
	for i := range known {
		t.header = append(t.header, &known[i])
		t.sheet.Columns = append(t.sheet.Columns, known[i].name)
	}
	for i := range in.Cards {
		c := &in.Cards[i]
		list, open := in.list(c.IDList)
		if c.Closed || !open {
			continue
		}
		cells := in.cells(c, list)
		rec := record{line: i + 1, cells: make([]string, len(known))}
		for j := range known {
			rec.cells[j] = guard(cells[known[j].name])
		}
		t.sheet.Rows = append(t.sheet.Rows, t.row(rec))
	}
	if len(t.sheet.Rows) == 0 {
		t.errs = append(t.errs, CellError{Code: "empty", Message: "the board has no open cards"})
	}
	t.days()
	t.zones()
	return t.result()
}

func (b *board) list(id string) (name string, open bool) {
	for _, l := range b.Lists {
		if l.ID == id {
			return l.Name, !l.Closed
		}
	}
	return "", false
}

// cells returns what a card has for each column.
func (b *board) cells(c *card, list string) map[string]string {
	cells := map[string]string{"id": c.ID, "title": c.Name, colText: c.Desc, "status": list}
	if strings.TrimSpace(c.Desc) == "" {
		cells[colText] = c.Name
	}
	if c.Due != nil {
		cells[colWhen] = *c.Due
	}
	var labels, members, media []string
	for _, l := range c.Labels {
		if name := strings.TrimSpace(l.Name); name != "" {
			labels = append(labels, name)
		}
	}
	for _, m := range b.Members {
		if slices.Contains(c.IDMembers, m.ID) {
			members = append(members, m.FullName)
		}
	}
	for _, a := range c.Attachments {
		if a.Name != "" {
			media = append(media, a.Name)
		}
	}
	cells["labels"], cells["assignee"], cells[colMedia] = joinList(labels), strings.Join(members, ", "), joinList(media)
	known := byKey()
	for _, item := range c.CustomFieldItems {
		for _, f := range b.CustomFields {
			if col := known[columnKey(f.Name)]; f.ID == item.IDCustomField && col != nil {
				cells[col.name] = item.Value["text"] + item.Value["number"] + item.Value["date"]
				for _, option := range f.Options {
					if option.ID == item.IDValue {
						cells[col.name] = option.Value.Text
					}
				}
			}
		}
	}
	if at, err := time.Parse(time.RFC3339, cells[colDay]); err == nil { // a custom field of the type date
		cells[colDay] = at.Format(time.DateOnly)
	}
	return cells
}
