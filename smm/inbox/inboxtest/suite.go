package inboxtest

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// Run runs the suite. open returns an empty store, and is called for each test.
func Run(t *testing.T, open func(t *testing.T) inbox.Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s inbox.Store)
	}{
		{"append", testAppend},
		{"deletion", testDeletion},
		{"move", testMove},
		{"order", testOrder},
		{"tenants", testTenants},
		{"describe", testDescribe},
		{"state", testState},
		{"list", testList},
		{"decisions", testDecisions},
		{"claims", testClaims},
		{"race", testRace},
		{"marks", testMarks},
		{"refusals", testRefusals},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

const tenant smm.Tenant = "t1"

var (
	channel = smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us"}
	post    = channel.WithKind(smm.KindPost, "p1")
	start   = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
)

func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

func comment(id string) smm.Ref { return channel.WithKind(smm.KindComment, id) }

// said makes a comment under post by somebody else.
func said(id string, at int, text string) inbox.Item {
	return inbox.Observe(channel, smm.Message{
		Ref: comment(id), Root: post, Author: smm.Author{Ref: channel.WithKind(smm.KindAuthor, "them")},
		Text: smm.Untrusted(text), At: minute(at),
	}, minute(at))
}

func own(id string, at int) inbox.Item {
	it := said(id, at, "we")
	it.Message.Own = true
	return it
}

func gone(id string, at int) inbox.Item {
	it, _ := inbox.FromEvent(smm.Event{Kind: smm.EventMessageDeleted, Channel: channel, Subject: comment(id), At: minute(at)})
	return it
}

func put(t *testing.T, s inbox.Store, items ...inbox.Item) (last inbox.Change) {
	t.Helper()
	for _, it := range items {
		var err error
		if last, err = s.Append(t.Context(), tenant, it); err != nil {
			t.Fatalf("append %s: %v", it.Message.Ref, err)
		}
	}
	return last
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func thread(t *testing.T, s inbox.Store, ref smm.Ref) inbox.Conversation {
	t.Helper()
	c, err := s.Conversation(t.Context(), tenant, channel, ref)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want one that matches %q", what, err, want)
	}
}

func texts(items []inbox.Item) string {
	var out strings.Builder
	for _, it := range items {
		fmt.Fprintf(&out, "%s=%q ", it.Message.Ref.ID, it.Message.Text)
	}
	return out.String()
}
