package inbox

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

var ours = smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us"}

// observation makes one of many things that may be heard of the same message.
func observation(seed uint64) Item {
	r := rand.New(rand.NewPCG(seed, 1))
	at := func() time.Time { return time.Unix(1_700_000_000+int64(r.IntN(3)), 0) }
	subject := ours.WithKind(smm.KindComment, "c")
	if r.IntN(6) == 0 {
		kind := []smm.EventKind{smm.EventMessageDeleted, smm.EventMessageHidden}[r.IntN(2)]
		it, _ := FromEvent(smm.Event{Kind: kind, Channel: ours, Subject: subject, At: at()})
		return it
	}
	m := smm.Message{Ref: subject, Text: smm.Untrusted([]string{"a", "b", ""}[r.IntN(3)]), At: at(), Own: r.IntN(8) == 0, Hidden: r.IntN(4) == 0}
	if r.IntN(2) == 0 {
		m.Edited = at()
	}
	if r.IntN(2) == 0 {
		m.Root = ours.WithKind(smm.KindPost, []string{"p", "q"}[r.IntN(2)])
	}
	if r.IntN(3) == 0 {
		m.InReplyTo = ours.WithKind(smm.KindComment, "d")
	}
	return Observe(ours, m, at())
}

func checkJoin(t *testing.T, x, y, z Item) {
	t.Helper()
	if a, b := Merge(x, y), Merge(y, x); !reflect.DeepEqual(a, b) {
		t.Fatalf("not commutative:\n%+v\n%+v", a, b)
	}
	if a, b := Merge(Merge(x, y), z), Merge(x, Merge(y, z)); !reflect.DeepEqual(a, b) {
		t.Fatalf("not associative:\n%+v\n%+v\nof\n%+v\n%+v\n%+v", a, b, x, y, z)
	}
	if a := Merge(Merge(x, y), y); !reflect.DeepEqual(a, Merge(x, y)) {
		t.Fatalf("not idempotent:\n%+v", a)
	}
}

func TestMergeIsAJoin(t *testing.T) {
	for i := range uint64(20_000) {
		checkJoin(t, observation(3*i), observation(3*i+1), observation(3*i+2))
	}
}

func FuzzMerge(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint64(3))
	f.Fuzz(func(t *testing.T, a, b, c uint64) { checkJoin(t, observation(a), observation(b), observation(c)) })
}

// FuzzObserve feeds what a platform might send as JSON.
func FuzzObserve(f *testing.F) {
	f.Add([]byte(`{"ref":"test/comment/1","text":"hi","entities":[{"kind":"link","start":0,"end":99}],"native":{"a":1}}`))
	f.Add([]byte(`{"ref":"test/comment/1","text":"\ud800","at":"2026-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m smm.Message
		if json.Unmarshal(b, &m) != nil {
			return
		}
		it := Observe(ours, m, time.Unix(0, 0))
		raw, err := json.Marshal(it)
		if err != nil {
			return // refs that have no text form
		}
		var back Item
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if back.Revision() != it.Revision() {
			t.Fatalf("revision changed through JSON: %s", raw)
		}
	})
}

func TestFromEvent(t *testing.T) {
	m := &smm.Message{Ref: ours.WithKind(smm.KindComment, "c"), Text: "hi", At: time.Unix(5, 0)}
	for name, c := range map[string]struct {
		e    smm.Event
		ok   bool
		text string
	}{
		"received":          {smm.Event{Kind: smm.EventMessageReceived, Message: m}, true, "hi"},
		"review":            {smm.Event{Kind: smm.EventReviewReceived, Review: &smm.Review{Message: *m}}, true, "hi"},
		"edited":            {smm.Event{Kind: smm.EventMessageEdited, Message: m, At: time.Unix(9, 0)}, true, "hi"},
		"deleted, with all": {smm.Event{Kind: smm.EventMessageDeleted, Message: m}, true, ""},
		"deleted, ref only": {smm.Event{Kind: smm.EventMessageDeleted, Subject: m.Ref}, true, ""},
		"deleted, nothing":  {smm.Event{Kind: smm.EventMessageDeleted}, false, ""},
		"received, nothing": {smm.Event{Kind: smm.EventMessageReceived}, false, ""},
		"a like":            {smm.Event{Kind: smm.EventLiked, Subject: m.Ref}, false, ""},
	} {
		c.e.Channel = ours
		it, ok := FromEvent(c.e)
		if ok != c.ok || string(it.Message.Text) != c.text {
			t.Errorf("%s: %v %+v", name, ok, it)
		}
		if name == "edited" && !it.Version.Equal(time.Unix(9, 0)) {
			t.Errorf("edited: version %v", it.Version)
		}
	}
}
