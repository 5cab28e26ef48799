package sim

import (
	"context"

	"github.com/smmkit/smmkit/smm"
)

// World is what the simulators of a test or a demonstration share.
type World struct {
	Clock  *Clock
	Faults *Script
	Ledger *Ledger
}

// NewWorld returns a world whose clock runs with the machine's.
func NewWorld() *World { return NewWorldAt(RunningClock()) }

// NewWorldAt returns a world with the given clock.
func NewWorldAt(c *Clock) *World {
	return &World{Clock: c, Faults: &Script{}, Ledger: &Ledger{}}
}

// Account is an account on a simulator, with what a client needs to use it.
type Account struct {
	Handle  string  `json:"handle"`
	Channel smm.Ref `json:"channel"`
	// Login holds what the platform's client is configured with, by the name of
	// the environment variable that examples read it from: "MASTODON_TOKEN".
	// The values are worth nothing outside the simulator.
	Login map[string]string `json:"login"`
}

// Server is what every simulator offers to tools that treat them alike. The
// simulators add what only their platform has.
//
// The methods that act for a member of the public write items with
// Item.Visitor set; handle names an account that is made if it does not exist.
type Server interface {
	Platform() smm.Platform
	URL() string // base URL for the platform's client, without a trailing slash
	Close()

	// NewAccount makes an account that the API under test can act as. Asking
	// again for the same handle returns the same account.
	NewAccount(handle string) (Account, error)
	Accounts() []Account

	// VisitorPosts writes a public post, or with a parent a public answer.
	VisitorPosts(ctx context.Context, handle, parent, text string) (smm.Ref, error)
	// VisitorWrites sends a private message to an account under test.
	VisitorWrites(ctx context.Context, handle, to, text string) (smm.Ref, error)
	// VisitorLikes likes an item, or with share reposts it.
	VisitorLikes(ctx context.Context, handle, item string, share bool) error
	VisitorFollows(ctx context.Context, handle, account string) error
}
