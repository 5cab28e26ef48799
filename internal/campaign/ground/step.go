package ground

import (
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm/sim"
)

// Side is what a step of a worker reaches.
type Side string

// The sides.
const (
	Store Side = "store" // a write to the deliveries' or the credentials' store
	Net   Side = "net"   // a request
)

// Step is one thing of a worker that reaches beyond its memory.
type Step struct {
	N    int // of this worker, from 1
	Side Side
	Name string // "save committing", "POST /xrpc/com.atproto.repo.putRecord"
}

// Act is what befalls a step. The zero Act is nothing.
type Act struct {
	Pause       time.Duration // before everything else
	CrashBefore bool          // it does not happen, and the worker is gone
	CrashAfter  bool          // it happens, and the worker is gone
	FailBefore  bool          // it does not happen, and the worker is told of an error
	FailAfter   bool          // it happens, and the worker is told of an error
	Fault       *sim.Fault    // on a request, at the server
	Lie         bool          // a request takes effect and is answered with a refusal; only where platform.Lie knows one
	Twice       bool          // something on the way repeats a request, and the second answer is what comes back; only where platform.Once says that it is a refusal
}

// Script decides what befalls each step. It is called by one goroutine at a time
// for each worker.
type Script func(Step) Act

// errDead is what a crashed worker is told. It matches scheduler.ErrClosed, after
// which nobody tries again.
var errDead = fmt.Errorf("this worker has crashed: %w", scheduler.ErrClosed)

// errTrouble is a store that fails for a moment.
var errTrouble = errors.New("the store is in trouble")
