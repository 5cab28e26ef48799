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
	clock := sim.NewClock(start, false)
	process := workflow.Process{Stages: workflow.DefaultStages(), Steps: []workflow.Step{{Name: "brand", Roles: []string{"editor"}}}}
	svc, err := workflow.New(workflow.NewMemoryRows(), workflow.Options{Processes: workflow.Fixed(process), Clock: clock})
	check(err)

	platform := &schedulertest.Driver{Clock: clock}
	client, err := smm.New([]smm.Driver{platform}, smm.WithClock(clock))
	check(err)
	gate := svc.Gate(workflow.GateOptions{})
	sched, err := scheduler.New(client, scheduler.NewMemory(), scheduler.WithClock(clock),
		scheduler.WithGate(gate))
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
	ask := func() { // what the scheduler does before it sends
		for r, err := range sched.List(ctx, scheduler.Query{Draft: d.ID}) {
			check(err)
			hold, err := gate.Admit(ctx, r)
			check(err)
			fmt.Printf("%s: %q\n", clock.Now().Format(time.DateOnly), hold.Reason)
		}
	}
	ask()
	clock.Advance(embargo.Sub(clock.Now()))
	ask()
	// Output:
	// 2030-03-01: "workflow: it is under embargo until 2030-06-01 09:00:00 UTC"
	// 2030-06-01: ""
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
