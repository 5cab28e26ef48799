package smm_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func ExampleParseRef() {
	r, err := smm.ParseRef("mastodon@social.example/post/114")
	fmt.Println(r.Platform, r.Space, r.Kind, r.ID, err)
	// Output: mastodon social.example post 114 <nil>
}

func ExampleTemplate_Render() {
	t := smm.Template{ID: "thanks", Text: "Thank you, {{name}}!"}
	text, err := t.Render(map[string]string{"name": "{{secret}}"}, nil)
	fmt.Println(text, err)
	_, err = t.Render(nil, nil)
	fmt.Println(err)
	// Output:
	// Thank you, {{secret}}! <nil>
	// invalid input: template "thanks": no value for {{name}}
}

func ExampleSecret() {
	token := smm.NewSecret("t0k3n")
	fmt.Printf("%v %+v %q %x\n", token, token, token, token)
	// Output: [secret] [secret] [secret] [secret]
}

func ExampleMoney_Add() {
	a := smm.Money{Micros: 1_500_000, Currency: "EUR"}
	sum, _ := a.Add(smm.Money{Micros: 250_000, Currency: "EUR"})
	_, err := a.Add(smm.Money{Micros: 1, Currency: "USD"})
	fmt.Println(sum, "|", err)
	// Output: 1.75 EUR | invalid input: cannot add USD to EUR without a rate
}

func ExampleRetryAfter() {
	err := &smm.Error{Op: "publish", Platform: "x", Status: 429, Err: &smm.RateLimitError{Scope: "posts", After: time.Minute}}
	wait, ok := smm.RetryAfter(err)
	fmt.Println(wait, ok, errors.Is(err, smm.ErrRateLimited), smm.NeedsReconnect(err))
	// Output: 1m0s true true false
}

func ExampleCapabilities_Err() {
	c := smm.NewCapabilities(start, map[smm.Capability]smm.Support{
		smm.CapHide: {State: smm.StateScope, Missing: []string{"moderate"}, Cure: "connect the account again and allow moderation"},
	}, smm.Limits{})
	fmt.Println(c.Err(smm.CapHide))
	fmt.Println(errors.Is(c.Err(smm.CapPoll), errors.ErrUnsupported))
	// Output:
	// hide: forbidden (missing-scope): connect the account again and allow moderation
	// true
}

func ExampleList_Cursor() {
	ctx := context.Background()
	list := smm.NewList(pages(7, 3), nil)
	first, _ := list.Collect(ctx, 4)
	rest, _ := smm.NewList(pages(7, 3), &smm.ListOptions{Cursor: list.Cursor()}).Collect(ctx, 0)
	fmt.Println(first, rest)
	// Output: [0 1 2 3] [4 5 6]
}
