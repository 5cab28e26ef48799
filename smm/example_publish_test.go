package smm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// ExampleClient_Publish publishes to two channels; one of them loses the reply.
func ExampleClient_Publish() {
	quiet, shaky := newFake("quiet"), newFake("shaky")
	shaky.class = smm.ClassBlind
	shaky.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		return smm.Outcome{}, smm.ErrUnavailable // the connection broke after the request was sent
	}
	client, _ := smm.New([]smm.Driver{quiet, shaky})

	results, _ := client.Publish(context.Background(), &smm.Post{Text: "Hello"}, []smm.Ref{quiet.channel(), shaky.channel()}, nil)
	for _, r := range results {
		switch r.Outcome {
		case smm.OutcomePublished:
			fmt.Println(r.Channel.Platform, "is live as", r.Post)
		case smm.OutcomeUnknown:
			kept, _ := json.Marshal(r.Deliveries) // to be resumed, never sent anew
			fmt.Println(r.Channel.Platform, "is in doubt; kept:", len(kept) > 0)
		}
	}
	// Output:
	// quiet is live as quiet/post/1
	// shaky is in doubt; kept: true
}

// ExampleDelivery_Resolve shows a person deciding about a delivery in doubt.
func ExampleDelivery_Resolve() {
	d := &smm.Delivery{Phase: smm.PhaseHuman, ID: "d1"}
	live, _ := smm.ParseRef("telegram@-100/post/42")
	err := d.Resolve(smm.Resolution{Live: live}, start)
	fmt.Println(d.Phase, d.Outcome.Post, err)
	// Output: published telegram@-100/post/42 <nil>
}

// ExampleGate vetoes posts that shout.
func ExampleGate() {
	calm := smm.GateFunc(func(_ context.Context, _ smm.Ref, p *smm.Post) (smm.Findings, error) {
		if p.Text == strings.ToUpper(p.Text) {
			return smm.Findings{{Code: "tone.shouting", Severity: smm.SeverityError, Path: "text", Message: "do not shout"}}, nil
		}
		return nil, nil
	})
	f := newFake("x")
	client, _ := smm.New([]smm.Driver{f}, smm.WithGates(calm))
	findings, _ := client.Validate(context.Background(), &smm.Post{Text: "BUY NOW"}, []smm.Ref{f.channel()})
	for _, finding := range findings {
		fmt.Println(finding)
	}
	// Output: error tone.shouting x/channel/me text: do not shout
}
