package bluesky_test

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest"
)

// TestConformanceIsValid runs a part of the suite that every driver passes, with
// each of its exchanges judged. The whole suite runs in the platform's own tests;
// the topics that are left out differ in faults, which are no matter of shape.
func TestConformanceIsValid(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole suite runs in the platform's own tests")
	}
	catalog := official(t)
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		b := openWith(t, catalog)
		t.Cleanup(func() { require.Empty(t, b.judge.wrong) })
		h := &smmtest.Harness{
			World: b.world, Server: b.Server, NewDriver: b.process,
			Channel: b.account.Channel, Handle: b.account.Handle, Visitor: visitor, Author: b.visitor,
			Media: smm.FSMedia(assets),
			Forms: []smmtest.Form{
				{Name: "text", Kind: smm.CreatePost, Class: smm.ClassKey, Post: func(text string) *smm.Post { return &smm.Post{Text: text} }},
				{Name: "reply", Kind: smm.CreateReply, Class: smm.ClassKey, Post: func(text string) *smm.Post { return &smm.Post{Text: text} }},
				{Name: "message", Kind: smm.CreateMessage, Class: smm.ClassReadBack, Post: func(text string) *smm.Post { return &smm.Post{Text: text} }},
			},
			Holds: func(x smm.Capability, target smm.Ref) bool { return b.Holds(b.account.Handle, x, target) },
			Skip:  make(map[string]string),
		}
		for _, topic := range []string{"findings", "faults", "crashes", "cancel", "channels", "capabilities", "errors", "tenants", "answers", "media"} {
			h.Skip[topic] = "the contract tier runs publish, pages, setters, metrics and conversations; the rest runs in the platform's tests"
		}
		h.Skip["health/garbage"] = "its answers are no JSON on purpose"
		return h
	})
}

// process is a driver as a process that has just started makes it.
func (b *bench) process(t testing.TB) smm.Driver {
	d, err := bluesky.New(bluesky.Config{
		Credentials: b.store, Clock: b.world.Clock, Media: smm.FSMedia(assets),
		HTTPClient: &http.Client{Transport: b.recorder}, Logger: slog.New(b.ops),
	})
	require.NoError(t, err)
	return d
}
