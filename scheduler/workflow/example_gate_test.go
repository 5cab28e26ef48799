package workflow_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// The gate keeps back what is scheduled until its draft is approved and its embargo
// is over.
func ExampleGate() {
	ctx := context.Background()
	start := time.Date(2030, 3, 1, 9, 0, 0, 0, time.UTC)
	clock := sim.NewClock(start, true)
	process := workflow.Process{Stages: workflow.DefaultStages(), Steps: []workflow.Step{{Name: "brand", Roles: []string{"editor"}}}}
	svc, err := workflow.New(workflow.NewMemoryRows(), workflow.Options{Processes: workflow.Fixed(process), Clock: clock})
	check(err)

	platform := &schedulertest.Driver{Clock: clock}
	client, err := smm.New([]smm.Driver{platform}, smm.WithClock(clock))
	check(err)
	sched, err := scheduler.New(client, scheduler.NewMemory(), scheduler.WithClock(clock),
		scheduler.WithGate(svc.Gate(workflow.GateOptions{})))
	check(err)

	anna, ben := workflow.Actor{ID: "anna"}, workflow.Actor{ID: "ben", Roles: []string{"editor"}}
	d, err := svc.Create(ctx, "", anna, workflow.Item{ID: "launch", Content: workflow.Content{
		Post: smm.Post{Text: "We are live."}, Channels: []smm.Ref{schedulertest.Channel("main")}, At: start.Add(time.Hour),
	}})
	check(err)
	for _, a := range []workflow.Action{workflow.Move{Stage: workflow.StageReview}, workflow.RequestApproval{}} {
		_, err = svc.Do(ctx, "", d.ID, anna, a)
		check(err)
	}
	_, err = svc.Do(ctx, "", d.ID, ben, workflow.Approve{Sum: d.Sum()})
	check(err)
	_, _, err = svc.Schedule(ctx, sched, "", d.ID, ben)
	check(err)

	// The launch is put off: nothing before the summer.
	embargo := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	_, err = svc.Do(ctx, "", d.ID, ben, workflow.SetEmbargo{Until: embargo})
	check(err)
	clock.Advance(time.Hour)
	check(sched.RunUntilIdle(ctx, 0))
	reasons, err := svc.Why(ctx, "", d.ID)
	check(err)
	fmt.Println(len(platform.Ledger.Items()), "items;", reasons[0].Message)

	clock.Advance(embargo.Sub(clock.Now()))
	check(sched.RunUntilIdle(ctx, 0))
	fmt.Println(len(platform.Ledger.Items()), "item")
	// Output:
	// 0 items; it is under embargo until 2030-06-01 09:00:00 UTC
	// 1 item
}

// A client approves by a link, without an account.
func ExampleLinks() {
	ctx := context.Background()
	process := workflow.Process{Stages: []workflow.Stage{{Name: "review"}}, Steps: []workflow.Step{{Name: "client", Roles: []string{"client"}}}}
	svc, err := workflow.New(workflow.NewMemoryRows(), workflow.Options{Processes: workflow.Fixed(process)})
	check(err)
	anna := workflow.Actor{ID: "anna"}
	_, err = svc.Create(ctx, "", anna, workflow.Item{ID: "a", Content: workflow.Content{
		Post: smm.Post{Text: "Hello"}, Channels: []smm.Ref{schedulertest.Channel("main")},
	}})
	check(err)
	_, err = svc.Do(ctx, "", "a", anna, workflow.RequestApproval{})
	check(err)

	// The secret comes from where the host keeps secrets.
	links, err := workflow.NewLinks(svc, workflow.Key{ID: "2030", Secret: smm.NewSecret(strings.Repeat("x", 32))})
	check(err)
	token, _, err := links.Issue(ctx, workflow.LinkRequest{
		Draft: "a", Step: "client", Person: "mail:eve@client.example", Roles: []string{"client"}, Expires: time.Now().Add(72 * time.Hour),
	})
	check(err)
	mux := http.NewServeMux()
	mux.Handle("/approve/", links.Handler()) // send https://host.example/approve/ + token

	d, err := links.Decide(ctx, token, true, "") // what the form on the page does
	fmt.Println(d.Stage, d.Approvals[0].By, err)
	_, err = links.Decide(ctx, token, false, "no, wait")
	fmt.Println(err)
	// Output:
	// approved mail:eve@client.example <nil>
	// this link was used already (approve): ask for a new one to decide otherwise
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
