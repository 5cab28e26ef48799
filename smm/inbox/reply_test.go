package inbox_test

import (
	"errors"
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// question makes a desk with one comment under our post and one private message.
func question(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	p := d.platform
	p.posts = []smm.PublishedPost{{Ref: post}}
	p.comments[post] = []smm.Message{said("q", 10, "When do you open?")}
	p.convs = []smm.Conversation{{Ref: dm, Kind: smm.ConversationDirect, Updated: minute(9)}}
	p.messages[dm] = []smm.Message{{Ref: ref(smm.KindMessage, "d1"), Author: author("them"), Text: "psst", At: minute(9)}}
	d.sync(t, nil)
	return d
}

func answer(text string) inbox.ReplyRequest {
	return inbox.ReplyRequest{Channel: channel, Conversation: post, Post: smm.Post{Text: text}}
}

func TestReplyOnce(t *testing.T) {
	d := question(t)
	first, err := d.Reply(t.Context(), d.client, answer("At nine."))
	if err != nil || first.Repeated || len(first.Deliveries) != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	x := d.sent[first.Deliveries[0]]
	if x.Request.Post.ReplyTo != ref(smm.KindComment, "q") || x.Request.Kind != smm.CreateReply || x.Tenant != "t1" {
		t.Errorf("delivery %+v", x.Request)
	}
	second, err := d.Reply(t.Context(), d.client, answer("At ten."))
	if err != nil || !second.Repeated || second.Deliveries[0] != first.Deliveries[0] || len(d.sent) != 1 {
		t.Errorf("asked twice: %+v, %v, %d sent", second, err, len(d.sent))
	}
	other := answer("Somebody else says ten.")
	other.Token = "b"
	_, err = d.Reply(t.Context(), d.client, other)
	taken, ok := errors.AsType[*inbox.AnsweredError](err)
	if !ok || taken.Token != first.Token || !errors.Is(err, smm.ErrConflict) {
		t.Errorf("a second person: %v", err)
	}
	other.Again = true
	if r, err := d.Reply(t.Context(), d.client, other); err != nil || r.Deliveries[0] == first.Deliveries[0] || len(d.sent) != 2 {
		t.Errorf("on purpose: %+v, %v", r, err)
	}
}

func TestReplyAfterCrash(t *testing.T) {
	d := question(t)
	d.sendErr = smm.ErrUnavailable
	if _, err := d.Reply(t.Context(), d.client, answer("At nine.")); !errors.Is(err, smm.ErrUnavailable) {
		t.Fatalf("%v", err)
	}
	d.sendErr = nil
	r, err := d.Reply(t.Context(), d.client, answer("At nine."))
	if err != nil || len(d.sent) != 1 || d.sent[r.Deliveries[0]] == nil {
		t.Errorf("%+v, %v: what was claimed but not handed over is handed over", r, err)
	}
}

func TestReplyPrivate(t *testing.T) {
	d := question(t)
	r, err := d.Reply(t.Context(), d.client, inbox.ReplyRequest{Channel: channel, Conversation: dm, Post: smm.Post{Text: "yes?"}})
	if err != nil {
		t.Fatal(err)
	}
	if q := d.sent[r.Deliveries[0]].Request; q.Post.ReplyTo != dm || q.Kind != smm.CreateMessage {
		t.Errorf("%+v", q)
	}
}

func TestReplyAnsweredElsewhere(t *testing.T) {
	d := question(t)
	ours := said("a", 20, "At nine.")
	ours.Author, ours.InReplyTo = author("us"), ref(smm.KindComment, "q")
	ours2 := said("unrelated", 21, "Hello all")
	ours2.Author = author("us")
	d.platform.comments[post] = append(d.platform.comments[post], said("q2", 19, "And you?"), ours, ours2)
	d.sync(t, nil)
	r := answer("At ten.")
	r.Message = ref(smm.KindComment, "q")
	_, err := d.Reply(t.Context(), d.client, r)
	if taken, ok := errors.AsType[*inbox.AnsweredError](err); !ok || taken.By != ours.Ref {
		t.Errorf("%v: somebody answered in the platform's own app", err)
	}
	r.Message = ref(smm.KindComment, "q2")
	if _, err := d.Reply(t.Context(), d.client, r); err != nil {
		t.Errorf("the other question is still open: %v", err)
	}
	d.platform.convs[0].Updated = minute(40)
	d.platform.messages[dm] = append([]smm.Message{{Ref: ref(smm.KindMessage, "d2"), Author: author("us"), At: minute(40)}}, d.platform.messages[dm]...)
	d.sync(t, nil)
	_, err = d.Reply(t.Context(), d.client, inbox.ReplyRequest{Channel: channel, Conversation: dm, Post: smm.Post{Text: "yes?"}})
	if _, ok := errors.AsType[*inbox.AnsweredError](err); !ok {
		t.Errorf("private: %v", err)
	}
}

func TestReplyWindow(t *testing.T) {
	for name, c := range map[string]struct {
		w      smm.ReplyWindow
		closed bool
	}{
		"none":    {smm.ReplyWindow{}, false},
		"open":    {smm.ReplyWindow{State: smm.WindowOpen, Expires: minute(1001)}, false},
		"expired": {smm.ReplyWindow{State: smm.WindowOpen, Expires: minute(1000)}, true},
		"closed":  {smm.ReplyWindow{State: smm.WindowClosed, Reason: "messages-disabled"}, true},
	} {
		d := question(t)
		if err := d.Store().Describe(t.Context(), "t1", smm.Conversation{Ref: dm, Channel: channel, Kind: smm.ConversationDirect, Window: c.w}, minute(1000)); err != nil {
			t.Fatal(err)
		}
		_, err := d.Reply(t.Context(), d.client, inbox.ReplyRequest{Channel: channel, Conversation: dm, Post: smm.Post{Text: "yes?"}})
		w, closed := errors.AsType[*inbox.WindowError](err)
		if closed != c.closed || closed && (w.Window.Reason != c.w.Reason || !errors.Is(err, smm.ErrForbidden)) || closed == (len(d.sent) > 0) {
			t.Errorf("%s: %v, %d sent", name, err, len(d.sent))
		}
	}
}

func TestReplyTemplate(t *testing.T) {
	d := question(t)
	r := answer("")
	r.Template = &smm.Template{ID: "hours", Text: "Hello {{name}}, at nine."}
	r.Values = map[string]string{"name": "{{name}} @everyone"}
	got, err := d.Reply(t.Context(), d.client, r)
	if err != nil || d.sent[got.Deliveries[0]].Request.Post.Text != "Hello {{name}} @everyone, at nine." {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReplyRefuses(t *testing.T) {
	d := question(t)
	nobody, err := inbox.New(inbox.NewMemoryStore())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nobody.Reply(t.Context(), d.client, answer("x")); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("without an enqueuer: %v", err)
	}
	elsewhere := answer("x")
	elsewhere.Message = ref(smm.KindMessage, "d1")
	unknown := answer("x")
	unknown.Message = ref(smm.KindComment, "none")
	gap := answer("x")
	gap.Template = &smm.Template{ID: "t", Text: "{{who}}"}
	long := make([]byte, 101)
	for i := range long {
		long[i] = 'x'
	}
	for name, c := range map[string]struct {
		r    inbox.ReplyRequest
		want error
	}{
		"unknown conversation": {inbox.ReplyRequest{Channel: channel, Conversation: ref(smm.KindPost, "none")}, smm.ErrNotFound},
		"unknown message":      {unknown, smm.ErrNotFound},
		"message elsewhere":    {elsewhere, smm.ErrInvalid},
		"template with a gap":  {gap, smm.ErrInvalid},
		"too long":             {answer(string(long)), smm.ErrInvalid},
		"empty":                {answer(""), smm.ErrInvalid},
	} {
		if _, err := d.Reply(t.Context(), d.client, c.r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
	}
	if len(d.sent) != 0 || d.enqueues != 0 {
		t.Errorf("%d sent", len(d.sent))
	}
	if _, err := d.Reply(t.Context(), d.client, answer("fine")); err != nil {
		t.Errorf("a refused answer must not block the right one: %v", err)
	}
}
