package smmtest

import (
	"net/http"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Harness ties the suite to one platform: a driver, an account to act as, and
// the simulator or server behind it. Each test gets a fresh one.
//
// A simulator is World and Server and nothing else. On a real server each part
// can be offered by itself, and what needs a part that is nil is skipped with
// that reason printed. Offering all of them runs the whole suite:
//
//   - World: a world of its own for each harness, with sim.SkippingClock, whose
//     faults strike in a proxy: sim.Wire around a httputil.ReverseProxy.
//   - Server: further accounts on the server that act for the public.
//   - Items: what the server itself says is public.
//   - Lag: how long its reads may be behind.
//
// Harnesses on a real server may share accounts, which are slow to make, between
// tests that only publish. Those that list, follow, block or count ("pages",
// "setters", "capabilities", "metrics", "conversations") need their own.
type Harness struct {
	// World holds the clock that the drivers tell the time by, and the faults
	// between them and the server. The clock moves by itself: on a simulator it
	// is sim.NewClock(start, true). Nil: faults cannot be made, and all waiting
	// is real.
	World *sim.World
	// Server acts for members of the public. Nil: what begins with them is
	// skipped.
	Server sim.Server
	// Items returns what is public now of the channel's own, and of visitors'
	// items at least those that hang on it. Nil: what is in World.Ledger, or if
	// there is no world either, what is public is not counted.
	Items func(t testing.TB) []sim.Item
	// Lag is how long, by the machine's clock, something may be missing from
	// lists and counts after it was written. The suite looks again until then.
	// Zero: reads are exact.
	Lag time.Duration

	// NewDriver returns a driver as a process that has just started would make
	// it: same credentials, nothing shared with drivers made before. It tells
	// the time by the world's clock if there is a world.
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

	// Revoke takes the access of the drivers away at the server, as the owner of
	// the account does who removes the app. What it returns connects the channel
	// again, so that drivers made from then on have access. It may be called on any
	// goroutine. Nil: what happens to a delivery then is not tested.
	Revoke func(t testing.TB) (reconnect func())

	// Webhook sends what the vendor would to a driver that is a WebhookReceiver.
	// Nil: nothing is sent.
	Webhook *Webhook

	// Skip names subtests that do not apply, each with the reason to print:
	// "setters", "faults/video", "pages/comments".
	Skip map[string]string
}

// Webhook makes deliveries as the vendor does. Its functions may be called on
// any goroutine.
type Webhook struct {
	// Body tells of messages to or comments on the channel, one for each number:
	// the same number is the same message in the same words. The vendor may tell
	// as many at once. There are at most 1,000 numbers, some of them several times.
	Body func(numbers []int) []byte
	// Sign returns the header of a delivery with that body, signed with a secret
	// that the drivers know.
	Sign func(body []byte) http.Header
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
		{"media", media},
		{"publish", publish},
		{"faults", faults},
		{"crashes", crashes},
		{"answers", answers},
		{"revoked", revoked},
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
		{"webhooks", webhooks},
	}
}

// Run runs the whole suite. open is called at the start of each test, several
// at a time.
func Run(t *testing.T, open func(t *testing.T) *Harness) {
	t.Helper()
	r := &standard{T: t}
	newSuite(r, func(t tester) *Harness { return open(t.under()) }).run(r)
}
