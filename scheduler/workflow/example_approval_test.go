package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

// A draft goes from idea to approval, and an edit takes the approval away.
func ExampleApply() {
	process := workflow.Process{
		Stages: workflow.DefaultStages(),
		Steps: []workflow.Step{
			{Name: "brand", Roles: []string{"editor"}},
			{Name: "law", Roles: []string{"counsel"}, Covers: workflow.FieldsSent},
		},
	}
	now := time.Date(2030, 3, 1, 9, 0, 0, 0, time.UTC)
	writer := workflow.Actor{ID: "anna", Roles: []string{"writer"}}
	editor := workflow.Actor{ID: "ben", Roles: []string{"editor"}}

	content := workflow.Content{
		Post:     smm.Post{Text: "Spring is here."},
		Channels: []smm.Ref{{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "1"}},
		At:       now.Add(24 * time.Hour),
	}
	d, err := workflow.NewDraft("acme", "spring-1", content, &process, writer, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range []workflow.Action{workflow.Move{Stage: workflow.StageReview}, workflow.RequestApproval{}} {
		if d, err = workflow.Apply(d, &process, writer, a, now); err != nil {
			fmt.Println(err)
			return
		}
	}
	_, err = workflow.Apply(d, &process, writer, workflow.Approve{Step: "brand", Sum: d.Sum()}, now)
	fmt.Println(err)

	d, err = workflow.Apply(d, &process, editor, workflow.Approve{Step: "brand", Sum: d.Sum()}, now)
	fmt.Println(d.Stage, err)
	for _, r := range workflow.Why(d, &process, now) {
		fmt.Println("-", r.Message)
	}

	content.Post.Text = "Spring is here!"
	d, err = workflow.Apply(d, &process, writer, workflow.Edit{Content: content}, now)
	fmt.Println(d.Approvals[0].Void, err)
	// Output:
	// anna may not approve: step brand is not theirs; it takes one of the roles editor
	// review <nil>
	// - step law has 0 of 1 approvals by counsel
	// - it is not scheduled
	// the content changed <nil>
}

// The service lists everything that is wrong with a batch, and stores nothing of
// it then.
func ExampleService_CreateAll() {
	process := workflow.Process{Stages: workflow.DefaultStages(), Steps: []workflow.Step{{Name: "brand", Roles: []string{"editor"}}}}
	svc, err := workflow.New(workflow.NewMemoryRows(), workflow.Options{Processes: workflow.Fixed(process)})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = svc.CreateAll(context.Background(), "acme", workflow.Actor{ID: "anna"}, []workflow.Item{
		{ID: "a", Content: workflow.Content{Post: smm.Post{Text: "one"}}},
		{ID: "b", Content: workflow.Content{Zone: "Europe/Nowhere"}},
		{ID: "a"},
	})
	if bulk, is := errors.AsType[*workflow.BulkError](err); is {
		for _, it := range bulk.Items {
			fmt.Println(it)
		}
	}
	// Output:
	// item 2 (b): invalid input: zone "Europe/Nowhere" is not known here: want an IANA name such as Europe/Berlin
	// item 3 (a): invalid input: the ID is that of item 1 as well
}
