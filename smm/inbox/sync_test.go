package inbox_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

func TestSyncAllSources(t *testing.T) {
	d := newDesk(t)
	p := d.platform
	p.posts = []smm.PublishedPost{{Ref: post}}
	comment := said("c1", 5, "nice")
	mention := comment // the same message, told with less
	mention.InReplyTo = post
	ours := said("c2", 6, "thanks")
	ours.Author, ours.InReplyTo = author("us"), comment.Ref
	p.comments[post] = []smm.Message{ours, comment}
	p.mentions = []smm.Message{said("m1", 7, "look at us"), mention}
	p.convs = []smm.Conversation{{Ref: dm, Kind: smm.ConversationDirect, Updated: minute(8)}}
	p.messages[dm] = []smm.Message{{Ref: ref(smm.KindMessage, "d1"), Author: author("them"), Text: "psst", At: minute(8)}}

	r := d.sync(t, nil)
	if r.New != 4 || r.More || r.Edited != 0 {
		t.Errorf("%+v; want 4 new: the comment came by two ways and is one", r)
	}
	under := d.items(t, post)
	if len(under) != 2 || under[0].Message.Own || !under[1].Message.Own {
		t.Errorf("items under the post: %+v; ours is known by its author", under)
	}
	for conv, kind := range map[smm.Ref]smm.ConversationKind{
		post: smm.ConversationComments, dm: smm.ConversationDirect, ref(smm.KindComment, "m1"): smm.ConversationMention,
	} {
		c, err := d.Store().Conversation(t.Context(), "t1", channel, conv)
		if err != nil || c.Kind != kind {
			t.Errorf("%s: %q, %v; want %s", conv, c.Kind, err, kind)
		}
	}
	if r := d.sync(t, nil); r.New+r.Edited+r.Deleted != 0 {
		t.Errorf("the second time: %+v", r)
	}
	p.comments[post][1].Text, p.comments[post][1].Edited = "nice!", minute(20)
	if r := d.sync(t, nil); r.Edited != 1 || r.New != 0 {
		t.Errorf("after an edit: %+v", r)
	}
}

func TestSyncReadsOnlyWhatIsNew(t *testing.T) {
	d := newDesk(t)
	for i := range 300 {
		d.platform.mentions = append(d.platform.mentions, said(fmt.Sprint("m", i), 900-i, "x"))
	}
	if r := d.sync(t, nil); r.New != 300 {
		t.Fatalf("%+v", r)
	}
	before := d.platform.did("mentions")
	d.platform.mentions = slices.Insert(d.platform.mentions, 0, said("fresh", 950, "y"))
	if r := d.sync(t, nil); r.New != 1 {
		t.Errorf("%+v", r)
	}
	// An hour of overlap is 60 mentions in pages of 3.
	if n := d.platform.did("mentions") - before; n > 25 {
		t.Errorf("%d pages read for one new mention", n)
	}
}

func TestSyncCutShortGoesOn(t *testing.T) {
	d := newDesk(t)
	for i := range 1000 {
		d.platform.mentions = append(d.platform.mentions, said(fmt.Sprint("m", i), 999-i, "x"))
	}
	total, rounds := 0, 0
	for {
		r := d.sync(t, &inbox.SyncOptions{MaxItems: 70})
		total += r.New
		if rounds++; !r.More || rounds > 40 {
			break
		}
	}
	if total != 1000 || rounds != 15 {
		t.Errorf("%d mentions in %d calls, want 1000 in 15", total, rounds)
	}
}

func TestSyncLongConversationIsNotForgotten(t *testing.T) {
	d := newDesk(t)
	d.platform.convs = []smm.Conversation{{Ref: dm, Kind: smm.ConversationDirect, Updated: minute(99)}}
	for i := range 50 {
		d.platform.messages[dm] = append(d.platform.messages[dm], smm.Message{Ref: ref(smm.KindMessage, fmt.Sprint(i)), Author: author("them"), At: minute(99 - i)})
	}
	total := 0
	for range 10 {
		total += d.sync(t, &inbox.SyncOptions{MaxItems: 20}).New
		// Far more recent talk elsewhere moves the list on.
		d.platform.convs = append([]smm.Conversation{{Ref: ref(smm.KindConversation, "other"), Updated: minute(900)}}, d.platform.convs[len(d.platform.convs)-1])
	}
	if total != 50 {
		t.Errorf("%d of 50 messages", total)
	}
}

func TestSyncForgedFuture(t *testing.T) {
	d := newDesk(t)
	d.platform.mentions = []smm.Message{said("forged", 10_000_000, "x"), said("a", 10, "x")}
	d.sync(t, nil)
	d.platform.mentions = slices.Insert(d.platform.mentions, 1, said("b", 990, "y"))
	if r := d.sync(t, nil); r.New != 1 {
		t.Errorf("%+v: a date in the future hid what came after", r)
	}
}

func TestSyncErrors(t *testing.T) {
	d := newDesk(t)
	p := d.platform
	p.fail["mentions"] = smm.ErrUnavailable
	p.fail["conversations"] = fmt.Errorf("not here: %w", smm.ErrUnsupported)
	p.posts = []smm.PublishedPost{{Ref: post}}
	p.comments[post] = []smm.Message{said("c", 1, "hi")}
	rs, err := d.Sync(t.Context(), d.client, []smm.Ref{channel}, nil)
	if !errors.Is(err, smm.ErrUnavailable) || errors.Is(err, smm.ErrUnsupported) || rs[0].New != 1 {
		t.Errorf("%+v, %v: what fails harms nothing else, and what is missing is no error", rs, err)
	}
	p.fail = map[string]error{}
	p.mentions = []smm.Message{said("m", 2, "hello")}
	if r := d.sync(t, nil); r.New != 1 {
		t.Errorf("%+v: what failed is read later", r)
	}
	stranger := smm.Ref{Platform: "none", Kind: smm.KindChannel, ID: "x"}
	rs, err = d.Sync(t.Context(), d.client, []smm.Ref{stranger, channel}, nil)
	if err == nil || rs[0].Err == nil || rs[1].Err != nil {
		t.Errorf("%+v, %v: the channels are independent", rs, err)
	}
}

func TestSyncDropsStaleCursor(t *testing.T) {
	d := newDesk(t)
	for i := range 10 {
		d.platform.mentions = append(d.platform.mentions, said(fmt.Sprint("m", i), 100-i, "x"))
	}
	if err := d.Store().SetMark(t.Context(), "t1", channel, "mentions", `{"resume":"0:expired"}`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Sync(t.Context(), d.client, []smm.Ref{channel}, nil); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("%v", err)
	}
	if r := d.sync(t, nil); r.New != 10 {
		t.Errorf("%+v: a cursor that the platform forgot must not block for ever", r)
	}
}

func TestSyncHostileMessages(t *testing.T) {
	d := newDesk(t)
	huge := said("huge", 1, strings.Repeat("é", 1<<20)+"\xff")
	huge.Author.Name = smm.Untrusted(strings.Repeat("n", 1<<20))
	huge.Native = make([]byte, 1<<20)
	huge.Entities = []smm.Entity{{Kind: smm.EntityLink, Start: 0, End: 4}}
	huge.Attachments = make([]smm.Attachment, 5000)
	odd := said("odd", 2, "hi")
	odd.Entities = []smm.Entity{{Start: 0, End: 1}, {Start: -1, End: 99}}
	d.platform.mentions = []smm.Message{odd, huge, {}, {Text: "nobody and nothing"}}
	if r := d.sync(t, nil); r.New != 2 {
		t.Fatalf("%+v", r)
	}
	it := d.items(t, huge.Ref)[0]
	if len(it.Message.Text) > 64<<10 || !strings.HasPrefix(string(it.Message.Text), "éé") || !it.Truncated ||
		len(it.Message.Native) != 0 || len(it.Message.Attachments) != 50 || it.Message.Entities != nil || len(it.Message.Author.Name) > 1024 {
		t.Errorf("kept %d bytes of text, %d native, %d attachments", len(it.Message.Text), len(it.Message.Native), len(it.Message.Attachments))
	}
	if it := d.items(t, odd.Ref)[0]; len(it.Message.Entities) != 1 || !it.Truncated {
		t.Errorf("entities %+v", it.Message.Entities)
	}
}
