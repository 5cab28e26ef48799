package workflow_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

func TestProcessCheck(t *testing.T) {
	good := oneStep()
	ok(t, good.Check())
	for name, spoil := range map[string]func(p *workflow.Process){
		"no stages":          func(p *workflow.Process) { p.Stages = nil },
		"no steps":           func(p *workflow.Process) { p.Steps = nil },
		"no stage name":      func(p *workflow.Process) { p.Stages[0].Name = "" },
		"the machine's own":  func(p *workflow.Process) { p.Stages[0].Name = workflow.StageApproved },
		"stage twice":        func(p *workflow.Process) { p.Stages[0].Name = "brief" },
		"step twice":         func(p *workflow.Process) { p.Steps = append(p.Steps, p.Steps[0]) },
		"no step name":       func(p *workflow.Process) { p.Steps[0].Name = "" },
		"nobody may approve": func(p *workflow.Process) { p.Steps[0].Roles = nil },
		"negative need":      func(p *workflow.Process) { p.Steps[0].Need = -1 },
		"negative expiry":    func(p *workflow.Process) { p.Steps[0].Expiry = -1 },
		"unknown fields":     func(p *workflow.Process) { p.Steps[0].Covers = 1 << 7 },
		"media uncovered":    func(p *workflow.Process) { p.Steps[0].Covers = workflow.FieldText | workflow.FieldChannels },
		"empty escalation":   func(p *workflow.Process) { p.Steps[0].Escalate = &workflow.Escalation{} },
		"task without title": func(p *workflow.Process) { p.Stages[0].Tasks = []workflow.TaskRule{{ID: "a"}} },
		"delegation circle": func(p *workflow.Process) {
			p.Delegations = []workflow.Delegation{{From: "a", To: "b", Roles: []string{"x"}}, {From: "b", To: "a", Roles: []string{"x"}}}
		},
	} {
		p := oneStep()
		spoil(&p)
		if err := p.Check(); err == nil {
			t.Errorf("%s: passes", name)
		} else {
			wantIs(t, err, smm.ErrInvalid)
		}
		_, err := workflow.NewDraft("", "a", content("x"), &p, anna, t0)
		wantIs(t, err, smm.ErrInvalid)
	}
}

func TestProcessSurvivesJSON(t *testing.T) {
	p := oneStep()
	p.Steps[0].Covers = workflow.FieldText | workflow.FieldMedia
	p.Steps = append(p.Steps, workflow.Step{Name: "where", Roles: []string{"x"}, Covers: workflow.FieldChannels})
	b, err := json.Marshal(p)
	ok(t, err)
	var q workflow.Process
	ok(t, json.Unmarshal(b, &q))
	if !reflect.DeepEqual(p, q) {
		t.Fatalf("%s came back as %+v", b, q)
	}
	var f workflow.Fields
	wantIs(t, f.UnmarshalText([]byte("text,colour")), smm.ErrInvalid)
	ok(t, f.UnmarshalText([]byte("labels, time")))
	if f != workflow.FieldLabels|workflow.FieldTime {
		t.Fatalf("fields %s", f)
	}
	if _, err := workflow.Fields(1 << 6).MarshalText(); err == nil {
		t.Fatalf("fields that there are not have a name")
	}
}

func TestDelegationsDoNotGoInCircles(t *testing.T) {
	hour := func(n int) time.Time { return t0.Add(time.Duration(n) * time.Hour) }
	del := func(from, to string, start, until int) workflow.Delegation {
		return workflow.Delegation{From: from, To: to, Roles: []string{"boss"}, Start: hour(start), Until: hour(until)}
	}
	var list []workflow.Delegation
	var err error
	for _, d := range []workflow.Delegation{del("a", "b", 0, 10), del("b", "c", 0, 10), del("c", "d", 0, 10)} {
		list, err = workflow.AddDelegation(list, d)
		ok(t, err)
	}
	for _, d := range []workflow.Delegation{
		del("b", "a", 5, 6), del("d", "a", 9, 20), del("d", "b", 0, 1), del("a", "a", 0, 1), del("a", "", 0, 1), del("a", "b", 3, 3),
		{From: "x", To: "y"},
	} {
		_, err = workflow.AddDelegation(list, d)
		wantIs(t, err, smm.ErrInvalid)
	}
	for _, d := range []workflow.Delegation{del("d", "a", 10, 20), del("a", "d", 0, 10), del("d", "e", 0, 10)} {
		_, err = workflow.AddDelegation(list, d)
		ok(t, err)
	}
}

func TestDelegatesApproveWhileTheyMay(t *testing.T) {
	p := oneStep()
	p.Delegations = []workflow.Delegation{{From: "ben", To: "lena", Roles: []string{"boss"}, Start: t0, Until: t0.Add(time.Hour)}}
	w := newDesk(t, p)
	w.ask()
	w.do(lena, workflow.Delegate{Delegation: workflow.Delegation{To: "ed"}}) // passes on what she may
	ed := workflow.Actor{ID: "ed"}
	w.notAllowed(ed, workflow.Approve{Sum: w.d.Sum()}, "boss")
	w.notAllowed(ed, workflow.Approve{Sum: w.d.Sum(), For: "cleo"}, "boss")
	w.now = t0.Add(time.Hour)
	w.notAllowed(ed, workflow.Approve{Sum: w.d.Sum(), For: "ben"}, "boss")
	w.now = t0.Add(time.Hour - 1)
	w.do(ed, workflow.Approve{Sum: w.d.Sum(), For: "ben"})
	w.stage(workflow.StageApproved)
	if a := w.d.Approvals[0]; a.By != "ed" || a.For != "ben" {
		t.Fatalf("approval %+v", a)
	}
	w.do(ben, workflow.Withdraw{}) // who did not give it himself
	w.stage("review")
	if err := w.try(ed, workflow.Delegate{Delegation: workflow.Delegation{To: "ben"}}); err == nil {
		t.Fatalf("a delegation in a circle was taken")
	}
}

func TestContentCheck(t *testing.T) {
	for _, c := range []workflow.Content{
		{Channels: []smm.Ref{schedulertest.Channel("a"), schedulertest.Channel("a")}},
		{Channels: []smm.Ref{{Platform: "fake", Kind: smm.KindPost, ID: "1"}}},
		{Channels: []smm.Ref{{}}},
		{At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Zone: "Mars/Olympus"},
		{StaleAfter: -1},
		{Post: smm.Post{Text: string(make([]byte, 1<<20))}},
		{Post: smm.Post{Options: map[smm.Platform]json.RawMessage{"x": json.RawMessage("{")}}},
	} {
		wantIs(t, c.Check(), smm.ErrInvalid)
		_, err := c.Normal()
		wantIs(t, err, smm.ErrInvalid)
	}
}

// TestHashSeesEverything changes each part of a rich content and expects the field
// that it belongs to, and no other, to have another hash.
func TestHashSeesEverything(t *testing.T) {
	text, warning, comment := "v", "cw", "fc"
	rich := func() workflow.Content {
		c := content("text")
		c.Post.Media = []smm.Media{{Name: "a", Hash: "00", AltText: "alt"}, {Name: "b", Hash: "11"}}
		c.Post.Thread = []smm.Post{{Text: "two", Media: []smm.Media{{Name: "c", Hash: "22"}}}, {Text: "three"}}
		c.Post.Variants = map[smm.Platform]smm.Variant{"fake": {Text: &text, ContentWarning: &warning, FirstComment: &comment}, "other": {Media: []smm.Media{{Name: "d", Hash: "33"}}}}
		c.Post.Options = map[smm.Platform]json.RawMessage{"fake": json.RawMessage(`{"a":1}`)}
		return c
	}
	base, err := func() (workflow.Content, error) { c := rich(); return c.Normal() }()
	ok(t, err)
	other := "w"
	for want, edits := range map[workflow.Fields][]func(c *workflow.Content){
		workflow.FieldText: {
			func(c *workflow.Content) { c.Post.Thread[1].Text = "x" },
			func(c *workflow.Content) {
				c.Post.Thread[0], c.Post.Thread[1].Text = smm.Post{Text: "three", Media: c.Post.Thread[0].Media}, "two"
			},
			func(c *workflow.Content) { c.Post.FirstComment = "x" },
			func(c *workflow.Content) { c.Post.Visibility = smm.VisibilityUnlisted },
			func(c *workflow.Content) { c.Post.Disclosure.Paid = true },
			func(c *workflow.Content) { c.Post.Poll = &smm.Poll{Options: []string{"a"}} },
			func(c *workflow.Content) { c.Post.Card = &smm.Card{URL: "https://example.com"} },
			func(c *workflow.Content) { c.Post.ReplyTo = smm.Ref{Platform: "fake", Kind: smm.KindPost, ID: "1"} },
			func(c *workflow.Content) { v := c.Post.Variants["fake"]; v.Text = &other; c.Post.Variants["fake"] = v },
			func(c *workflow.Content) {
				v := c.Post.Variants["fake"]
				v.FirstComment = &other
				c.Post.Variants["fake"] = v
			},
			func(c *workflow.Content) {
				v := c.Post.Variants["fake"]
				v.NoThread = true
				c.Post.Variants["fake"] = v
			},
			func(c *workflow.Content) { c.Post.Options["fake"] = json.RawMessage(`{"a":2}`) },
		},
		workflow.FieldMedia: {
			func(c *workflow.Content) { c.Post.Media[0].AltText = "other" },
			func(c *workflow.Content) { c.Post.Media[0].Hash = "99" },
			func(c *workflow.Content) { c.Post.Media[0], c.Post.Media[1] = c.Post.Media[1], c.Post.Media[0] },
			func(c *workflow.Content) {
				c.Post.Thread[0].Media, c.Post.Thread[1].Media = nil, c.Post.Thread[0].Media
			},
			func(c *workflow.Content) { v := c.Post.Variants["other"]; v.Media = nil; c.Post.Variants["other"] = v },
			func(c *workflow.Content) { v := c.Post.Variants["fake"]; v.NoMedia = true; c.Post.Variants["fake"] = v },
		},
		workflow.FieldTime: {
			func(c *workflow.Content) { c.At = c.At.Add(time.Microsecond) },
			func(c *workflow.Content) { c.Zone = "Europe/Berlin" },
			func(c *workflow.Content) { c.StaleAfter = time.Hour },
		},
		workflow.FieldLabels: {func(c *workflow.Content) { c.Post.Labels.Tags = []string{"x"} }},
	} {
		for i, edit := range edits {
			c := rich()
			edit(&c)
			c, err := c.Normal()
			ok(t, err)
			if got := base.Changed(&c); got != want {
				t.Errorf("edit %d of %s changes %q", i, want, got)
			}
		}
	}
	same := rich()
	same.At = same.At.In(time.FixedZone("x", 3600))
	same, err = same.Normal()
	ok(t, err)
	if got := base.Changed(&same); got != 0 {
		t.Errorf("the same content differs in %s", got)
	}
	// The form is durable: a program that computes it otherwise voids every approval.
	if got := base.Hash(workflow.FieldsAll); got != "8f185cd77d407bf99ef1e973c3aafd57d71e6ffb22094da83f21e79f48b10ba9" {
		t.Errorf("hash %s", got)
	}
}
