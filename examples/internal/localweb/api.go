package localweb

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Document says where everything is. It is what examples/simulators -json
// prints as one line, and the answer of GET /platforms.
type Document struct {
	Control   string                  `json:"control"`   // base URL of the page and the control API
	Platforms map[smm.Platform]string `json:"platforms"` // base URL of each simulator
	Accounts  []Account               `json:"accounts"`  // every account that clients can act as
}

// Account is an account on a simulator and how a client logs in to it.
type Account struct {
	Platform smm.Platform `json:"platform"`
	Handle   string       `json:"handle"`
	Channel  smm.Ref      `json:"channel"`
	// Login holds what the platform's client needs, by the name of the
	// environment variable that the examples read it from. The values are worth
	// nothing outside the simulator.
	Login map[string]string `json:"login"`
}

// AccountRequest asks for an account that clients can act as.
type AccountRequest struct {
	Platform smm.Platform `json:"platform"`
	Handle   string       `json:"handle"`
}

// VisitorPost makes a member of the public write a post, or with Parent an
// answer. Parent is the vendor's id or the text form of a Ref.
type VisitorPost struct {
	Platform smm.Platform `json:"platform"`
	Handle   string       `json:"handle"`
	Parent   string       `json:"parent,omitempty"`
	Text     string       `json:"text"`
}

// VisitorMessage makes a member of the public send a private message. To is
// the handle of an account.
type VisitorMessage struct {
	Platform smm.Platform `json:"platform"`
	Handle   string       `json:"handle"`
	To       string       `json:"to"`
	Text     string       `json:"text"`
}

// VisitorLike makes a member of the public like an item, or with Share repost
// it. Item is the vendor's id or the text form of a Ref.
type VisitorLike struct {
	Platform smm.Platform `json:"platform"`
	Handle   string       `json:"handle"`
	Item     string       `json:"item"`
	Share    bool         `json:"share,omitempty"`
}

// VisitorFollow makes a member of the public follow an account, named by its
// handle.
type VisitorFollow struct {
	Platform smm.Platform `json:"platform"`
	Handle   string       `json:"handle"`
	Account  string       `json:"account"`
}

// Written names what a visitor wrote.
type Written struct {
	Ref smm.Ref `json:"ref"`
}

// FaultRequest is a sim.Fault whose delay may also be written for people, as
// "1.5s". Its ID is ignored: the script gives ids.
type FaultRequest struct {
	sim.Fault
	Delay Duration `json:"delay,omitempty"`
}

// FaultAdded names a fault that was put in force.
type FaultAdded struct {
	ID int `json:"id"`
}

// ClockTime is the time that all simulators live in, in UTC.
type ClockTime struct {
	Now time.Time `json:"now"`
}

// ClockAdvance moves the clock ahead.
type ClockAdvance struct {
	Advance Duration `json:"advance"`
}

// Counters are what the public saw, in total and on each platform.
type Counters struct {
	sim.Counts
	Platforms map[smm.Platform]sim.Counts `json:"platforms"`
}

// Duration is a time.Duration whose JSON form is text such as "1h30m". It also
// reads a number of nanoseconds, as sim.Fault writes it.
type Duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var n int64
	if json.Unmarshal(b, &n) == nil {
		*d = Duration(n)
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("duration %s: want text such as \"1h30m\" or a number of nanoseconds", b)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("duration %q: want text such as \"1h30m\" or \"2s\"", s)
	}
	*d = Duration(v)
	return nil
}
