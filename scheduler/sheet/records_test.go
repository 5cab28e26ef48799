package sheet_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/sheet"
	"github.com/smmkit/smmkit/smm"
)

func record(id, parent, text string) *scheduler.Record {
	return &scheduler.Record{
		NotBefore: time.Date(2030, 3, 31, 1, 30, 0, 0, time.UTC),
		Delivery: smm.Delivery{ID: id, Parent: parent, Phase: smm.PhasePreparing, Request: smm.PublishRequest{
			Channel: smm.Ref{Platform: "fake", Kind: smm.KindChannel, ID: "main"}, Post: smm.Post{Text: text},
		}},
	}
}

func TestFromRecords(t *testing.T) {
	head := record("a", "", "one")
	head.Zone = "America/New_York"
	head.Delivery.Phase = smm.PhasePublished
	p := &head.Delivery.Request.Post
	p.Card, p.Languages, p.Media = &smm.Card{URL: "https://example.org"}, []string{"en"}, []smm.Media{{Name: "a.jpg", AltText: "door"}}
	p.Labels = smm.Labels{Topic: "t", Campaign: "c", ContentType: "image", Pillar: "p", Brand: "b", Objective: "o", Assignee: "Kim", Tags: []string{"x"}}
	later := record("z", "", "later")
	later.NotBefore = later.NotBefore.Add(time.Hour)
	later.Delivery.Phase = smm.PhaseHuman
	rs := []*scheduler.Record{later, record("comment", "a", "see you"), record("b", "a", "two"), head, record("c", "b", "three")}
	name := func(ref smm.Ref) (string, string) { return string(ref.Platform), "Shop" }
	rows, err := sheet.FromRecords(rs, sheet.RecordOptions{Zone: "Europe/Berlin", Channel: name})
	if err != nil {
		t.Fatal(err)
	}
	want := []sheet.Row{
		{
			ID: "a", Day: day(2030, 3, 30), Time: civil.Time{Hour: 21, Minute: 30}, Zone: "America/New_York", Platform: "fake", Channel: "Shop",
			Type: "image", Text: "one", Thread: []string{"two", "three"}, FirstComment: "see you", Media: []sheet.Media{{Name: "a.jpg", Alt: "door"}},
			Link: "https://example.org", Language: "en", Labels: []string{"x"}, Campaign: "c", Objective: "o", Assignee: "Kim", Topic: "t", Pillar: "p", Brand: "b", Status: "published",
		},
		{ID: "z", Day: day(2030, 3, 31), Time: civil.Time{Hour: 4, Minute: 30}, Zone: "Europe/Berlin", Platform: "fake", Channel: "Shop", Text: "later", Status: "in review"},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("rows\n%+v\nwant\n%+v", rows, want)
	}
	if rows, err := sheet.FromRecords(rs[3:4], sheet.RecordOptions{}); err != nil || rows[0].Channel != "fake/channel/main" {
		t.Errorf("rows %+v, %v", rows, err)
	}
	_, err = sheet.FromRecords(rs, sheet.RecordOptions{Zone: "Berlin"})
	if _, ok := errors.AsType[*civil.ZoneError](err); !ok {
		t.Errorf("error %v", err)
	}
}
