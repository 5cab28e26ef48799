package sheet_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/sheet"
	"github.com/smmkit/smmkit/smm"
)

// A board in the layout of Trello's export, from documentation.
const board = `{
	"id": "b1", "name": "Content", "closed": false,
	"lists": [
		{"id": "l1", "name": "Approved", "closed": false}, {"id": "l2", "name": "Ideas", "closed": false}, {"id": "l3", "name": "Approved", "closed": true}
	],
	"members": [{"id": "m1", "fullName": "Kim Doe", "username": "kim"}, {"id": "m2", "fullName": "Ann", "username": "ann"}],
	"customFields": [
		{"id": "f1", "name": "Platform", "type": "list", "options": [{"id": "o1", "value": {"text": "bluesky"}}]},
		{"id": "f2", "name": "First comment", "type": "text"},
		{"id": "f3", "name": "Shoe size", "type": "number"}
	],
	"cards": [
		{
			"id": "c1", "name": "Opening", "desc": "=We open\nat nine", "idList": "l1", "closed": false, "due": "2030-04-01T07:00:00.000Z",
			"idMembers": ["m2", "m1"], "labels": [{"id": "x", "name": "spring", "color": "green"}, {"id": "y", "name": "", "color": "red"}, {"id": "z", "name": "a,b", "color": "red"}],
			"attachments": [{"id": "a", "name": "door.jpg", "url": "https://example.org/door.jpg"}],
			"customFieldItems": [
				{"id": "i1", "idCustomField": "f1", "idValue": "o1", "value": null},
				{"id": "i2", "idCustomField": "f2", "value": {"text": "see you"}},
				{"id": "i3", "idCustomField": "f3", "value": {"number": "44"}}
			]
		},
		{"id": "c2", "name": "An idea", "desc": "", "idList": "l2", "closed": false, "due": null},
		{"id": "c3", "name": "Archived", "desc": "", "idList": "l1", "closed": true, "due": null},
		{"id": "c4", "name": "On an archived list", "desc": "", "idList": "l3", "closed": false, "due": null}
	]
}`

func TestReadTrello(t *testing.T) {
	s, err := sheet.ReadTrello(strings.NewReader(board), sheet.Options{Zone: "Europe/Berlin"})
	if err != nil {
		t.Fatal(err)
	}
	want := []sheet.Row{
		{
			Line: 1, ID: "c1", Day: day(2030, 4, 1), Time: civil.Time{Hour: 9}, Zone: "Europe/Berlin", Platform: "bluesky",
			Title: "Opening", Text: "=We open\nat nine", FirstComment: "see you", Media: []sheet.Media{{Name: "door.jpg"}},
			Labels: []string{"spring", "a,b"}, Assignee: "Kim Doe, Ann", Status: "Approved",
		},
		{Line: 2, ID: "c2", Title: "An idea", Text: "An idea", Status: "Ideas"},
	}
	if !reflect.DeepEqual(s.Rows, want) {
		t.Errorf("rows\n%+v\nwant\n%+v", s.Rows, want)
	}
}

func TestReadTrelloRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":  {"day,text", "json"},
		"empty":    {"{}", "empty"},
		"no due":   {strings.Replace(board, `"2030-04-01T07:00:00.000Z"`, "null", 1), "day"},
		"no zone":  {board, "zone"},
		"due date": {strings.Replace(board, `"2030-04-01T07:00:00.000Z"`, `"soon"`, 1), "day"},
		"list":     {strings.Replace(board, "Ideas", "Somewhere", 1), "status"},
	} {
		o := sheet.Options{Zone: "UTC"}
		if name == "no zone" {
			o.Zone = ""
		}
		_, err := sheet.ReadTrello(strings.NewReader(c.text), o)
		errs, ok := errors.AsType[sheet.Errors](err)
		if !ok || errs[0].Code != c.want || !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: error %v, want code %q", name, err, c.want)
		}
	}
}

// The columns of Trello's CSV, from memory.
func TestTrelloCSV(t *testing.T) {
	s := read(t, `Card ID,Card Name,Card URL,Card Description,Labels,Members,Due Date,Attachment Count,Attachment Links,List Name,Archived
c1,Opening,https://trello.example/c/1,We open,"spring (green),shop (red)",Kim,2030-04-01T07:00:00.000Z,0,,Approved,FALSE
`, sheet.Options{Zone: "Europe/Berlin"})
	r := s.Rows[0]
	if r.ID != "c1" || r.Title != "Opening" || r.Text != "We open" || r.Time.Hour != 9 || r.Assignee != "Kim" || r.Status != "Approved" || len(r.Labels) != 2 {
		t.Errorf("row %+v", r)
	}
}

func FuzzReadTrello(f *testing.F) {
	f.Add(board)
	f.Add(`{"lists":[{"id":"","name":"idea"}],"cards":[{"name":"x"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := sheet.ReadTrello(strings.NewReader(text), sheet.Options{Zone: "UTC"})
		if (err == nil) != (s != nil && len(s.Rows) > 0) {
			t.Fatalf("sheet %v and error %v", s, err)
		}
	})
}
