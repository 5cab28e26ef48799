package smmtest

import (
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Harness ties the suite to one platform: a driver, an account to act as, and
// the simulator or server behind it. Each test gets a fresh one.
type Harness struct {
	// World and Server are the simulator. They are nil on a real server, where
	// the tests that need faults or a count of what the public saw are skipped
	// with that reason printed. The world's clock is manual and moves by itself:
	// sim.NewClock(start, true).
	World  *sim.World
	Server sim.Server

	// NewDriver returns a driver as a process that has just started would make
	// it: same credentials, nothing shared with drivers made before. It tells
	// the time by the world's clock.
	NewDriver func(t testing.TB) smm.Driver

	Channel smm.Ref // the account to act as
	Handle  string  // its handle on the server
	Visitor string  // the handle of a member of the public that exists
	Author  smm.Ref // that member as an author

	Media smm.MediaStore // the assets that Forms name
	Forms []Form         // every form of every create kind that the platform has

	// Oversized is a post that breaks as many of the platform's limits as one
	// post can, and Codes are the findings that it must yield.
	Oversized *smm.Post
	Codes     []string

	// Secrets are the tokens and passwords that the drivers use. The suite looks
	// for them in every error and log line. Empty: the values of the logins of
	// Server.Accounts that are at least eight bytes long and no address.
	Secrets []string

	// Holds reports whether the server holds the effect of a setter of the
	// channel: CapLike and CapRepost for a post, CapFollow, CapBlock and CapMute
	// for an author. Nil: the suite counts likes and reposts through
	// MetricReader and takes the other setters at their word.
	Holds func(x smm.Capability, target smm.Ref) bool

	// Skip names subtests that do not apply, each with the reason to print:
	// "setters", "faults/video", "pages/comments".
	Skip map[string]string
}

// Form is one form in which the platform can create something.
type Form struct {
	Name string // "text", "images", "video", "poll", "reply", "message"
	// Kind decides what the suite sets ReplyTo to: a visitor's comment for a
	// reply, a visitor's conversation for a message.
	Kind smm.CreateKind
	// Post makes a valid post of this form that carries text.
	Post func(text string) *smm.Post
	// Class is the guarantee that the driver must declare for it.
	Class smm.Class
}

// topics are the parts of the suite in the order in which they run.
func topics() []topic {
	return []topic{
		{"findings", findings},
		{"publish", publish},
		{"faults", faults},
		{"crashes", crashes},
		{"cancel", cancels},
		{"channels", channels},
		{"capabilities", capabilities},
		{"pages", pages},
		{"setters", setters},
		{"errors", mapping},
		{"tenants", tenants},
		{"metrics", metrics},
		{"conversations", conversations},
		{"health", health},
	}
}

// Run runs the whole suite. open is called at the start of each test, several
// at a time.
func Run(t *testing.T, open func(t *testing.T) *Harness) {
	t.Helper()
	r := &standard{T: t}
	newSuite(r, func(t tester) *Harness { return open(t.under()) }).run(r)
}
