package workflow_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler/workflow"
)

// FuzzParseDraft: what is read can be written, and read again as the same.
func FuzzParseDraft(f *testing.F) {
	w := newDesk(f, oneStep())
	b, err := json.Marshal(w.d)
	ok(f, err)
	f.Add(b)
	f.Add([]byte(`{"schema":1,"id":"a","stage":"b"}`))
	f.Add([]byte(`{"schema":1,"id":"a","stage":"b","content":{"post":{"variants":{"x":{"thread":[{}]}}}},"approvals":[{}]}`))
	p := oneStep()
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := workflow.ParseDraft(data)
		if err != nil {
			return
		}
		one, err := json.Marshal(d)
		if err != nil {
			return // a time that JSON cannot write
		}
		again, err := workflow.ParseDraft(one)
		if err != nil {
			t.Fatalf("%s cannot be read again: %v", one, err)
		}
		two, err := json.Marshal(again)
		ok(t, err)
		if string(one) != string(two) {
			t.Fatalf("%s became %s", one, two)
		}
		_ = workflow.Why(d, &p, t0)
		if after, err := workflow.Apply(d, &p, ben, workflow.Approve{Sum: d.Sum()}, t0.Add(time.Hour)); err == nil && after.ID != d.ID {
			t.Fatalf("an action changed the ID")
		}
	})
}

// FuzzOpenLink: only what was signed opens.
func FuzzOpenLink(f *testing.F) {
	svc, err := workflow.New(workflow.NewMemoryRows(), workflow.Options{Processes: workflow.Fixed(oneStep())})
	ok(f, err)
	_, err = svc.Create(f.Context(), "", anna, workflow.Item{ID: "a", Content: content("x")})
	ok(f, err)
	links, err := workflow.NewLinks(svc, key("k"))
	ok(f, err)
	r := request()
	r.Expires = time.Now().Add(time.Hour)
	token, _, err := links.Issue(f.Context(), r)
	ok(f, err)
	f.Add("aw.e30.AAAA")
	f.Add("..")
	f.Add(strings.Repeat(".", 100))
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := links.Open(s); err == nil && s != token {
			t.Fatalf("%q opens", s)
		}
	})
}
