// Quickstart is the whole job of a social media manager in one small program:
// it checks a content calendar against a brand guide, schedules what is
// approved, publishes it on Bluesky, Facebook, Instagram, Mastodon, Threads and X,
// moderates and answers what people say, and reports what came of it.
//
//	go run ./examples/quickstart
//
// That needs no account: the program starts simulators of all platforms in its
// own process and talks to them over real sockets, with the same clients that
// real accounts use. See flags.go for the other ways to run it.
//
// Read this file first. Each step has a file of its own:
//
//	calendar.go  the content calendar, a CSV file, becomes posts
//	platforms.go accounts become drivers
//	media.go     pictures and films, for platforms that fetch them
//	setup.go     simulators or the real thing
//	desk.go      client, database, scheduler and inbox, joined
//	publish.go   check, schedule, publish
//	engage.go    read comments, moderate them, answer questions
//	audit.go     what did the public really see?
//	measure.go   numbers become key figures and a report
//
// # Why it may be killed at any moment
//
// Nothing below keeps its own list of what was done. Every post is scheduled
// under a token that derives from its row in the calendar, so that scheduling
// again adds nothing. The scheduler publishes each delivery through the
// protocol of package smm, which knows what to do when a reply was lost. Answers
// derive their tokens from the comment that they answer. Hiding and blocking
// may be repeated. So a second run simply does everything again, and what was
// done already stays as it is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without its process, and returns the exit code: 0 if
// everything went out once, 1 if something went wrong, 2 if the program was
// called in a way that cannot work.
func run(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) int {
	o, err := parseFlags(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		err = runFor(ctx, o, getenv, newScreen(o, out, errOut))
	}
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintln(errOut, "quickstart:", err) // there is nowhere to report that stderr is closed
	if _, usage := errors.AsType[*usageError](err); usage {
		return 2
	}
	return 1
}

// runFor bounds the work to the time allowed.
func runFor(ctx context.Context, o options, getenv func(string) string, scr *screen) error {
	ctx, cancel := context.WithTimeoutCause(ctx, o.timeout,
		fmt.Errorf("not done after %s: run it again with the same -data to go on, or allow more with -timeout", o.timeout))
	defer cancel()
	err := work(ctx, o, getenv, scr)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // says more than "context canceled" somewhere inside
	}
	return err
}

// work is the job, from the first step to the last.
func work(ctx context.Context, o options, getenv func(string) string, scr *screen) error {
	// What to say, in which voice, and what not to stand for: plain files.
	plan, err := loadPlan(o.files)
	if err != nil {
		return err
	}

	// Where to say it: simulators in this process, simulators that run
	// already, or the real thing.
	stage, err := openStage(ctx, o, getenv, scr)
	if err != nil {
		return err
	}
	defer stage.Close()

	// Who does it: a client over all platforms, a scheduler over a database,
	// an inbox.
	desk, err := openDesk(ctx, o, stage, plan, scr)
	if err != nil {
		return err
	}
	defer desk.Close()

	sum := &summary{Mode: stage.mode, Data: desk.dir, FindingList: []note{}}
	for _, step := range []func(context.Context, *summary) error{
		desk.schedule, // every finding is known before anything is sent
		desk.publish,
		desk.engage,
		desk.audit,
		desk.measure,
	} {
		if err := step(ctx, sum); err != nil {
			return err
		}
	}
	if err := scr.finish(sum); err != nil {
		return err
	}
	return sum.Err()
}
