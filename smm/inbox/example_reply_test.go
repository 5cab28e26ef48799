package inbox_test

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// A host lists what waits for an answer. The comment comes in by an event here;
// Sync and Webhook bring it the same way.
func ExampleInbox() {
	ctx := context.Background()
	in, err := inbox.New(inbox.NewMemoryStore())
	if err != nil {
		fmt.Println(err)
		return
	}
	channel := smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "7"}
	comment := smm.Message{
		Ref: channel.WithKind(smm.KindComment, "115"), Root: channel.WithKind(smm.KindPost, "114"),
		Author: smm.Author{Ref: channel.WithKind(smm.KindAuthor, "22"), Handle: "kim"},
		Text:   "When do you open?", At: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
	}
	event := smm.Event{ID: "e1", Kind: smm.EventMessageReceived, Channel: channel, Message: &comment}
	for range 2 { // platforms repeat themselves
		change, err := in.Ingest(ctx, "", event)
		fmt.Printf("%q %v\n", change, err)
	}
	for c, err := range in.Store().List(ctx, "", inbox.Query{Unanswered: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c.State, c.Kind, c.Ref)
	}
	// Output:
	// "new" <nil>
	// "" <nil>
	// open comments mastodon@social.example/post/114
}
