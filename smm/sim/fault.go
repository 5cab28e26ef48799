package sim

import (
	"slices"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Class sorts requests by what they can do.
type Class string

// The classes of requests.
const (
	Read    Class = "read"    // changes nothing
	Prepare Class = "prepare" // uploads and containers: nothing public
	Commit  Class = "commit"  // makes something visible
	Write   Class = "write"   // idempotent changes: like, delete, hide
	Auth    Class = "auth"    // sessions and tokens
)

// Op is a request as the fault script sees it.
type Op struct {
	Platform smm.Platform
	Name     string // the vendor's name of the operation, or method and path
	Class    Class
}

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of faults.
const (
	CutBefore   FaultKind = "cut-before"   // the connection breaks before the request is looked at
	CutBody     FaultKind = "cut-body"     // the connection breaks while the request's body is read
	DropReply   FaultKind = "drop-reply"   // the request takes effect, the connection breaks without a reply
	CutReply    FaultKind = "cut-reply"    // the request takes effect, the reply breaks off after Bytes bytes of body
	ErrorBefore FaultKind = "error-before" // answered with Status, without effect
	ErrorAfter  FaultKind = "error-after"  // the request takes effect, answered with Status
	Late        FaultKind = "late"         // the connection breaks at once, the request takes effect Delay later
	Slow        FaultKind = "slow"         // the request takes effect, the reply comes Delay later
	Throttle    FaultKind = "throttle"     // refused for lack of quota, in the vendor's words
	Expire      FaultKind = "expire"       // refused as if the token had expired, in the vendor's words
	Garbage     FaultKind = "garbage"      // the request takes effect, answered 200 with an HTML page
	Spoil       FaultKind = "spoil"        // the request takes effect, answered 200 with JSON that is wrong as Shape says
)

// FaultKinds lists all kinds, for tests that try each.
func FaultKinds() []FaultKind {
	return []FaultKind{CutBefore, CutBody, DropReply, CutReply, ErrorBefore, ErrorAfter, Late, Slow, Throttle, Expire, Garbage, Spoil}
}

// Fault says what goes wrong, and when. Empty match fields match everything.
type Fault struct {
	ID       int           `json:"id"`
	Platform smm.Platform  `json:"platform,omitempty"`
	Op       string        `json:"op,omitempty"` // Op.Name
	Class    Class         `json:"class,omitempty"`
	Kind     FaultKind     `json:"kind"`
	Skip     int           `json:"skip,omitempty"`   // matching requests to let pass first
	Times    int           `json:"times,omitempty"`  // how often; 0 means once, negative for ever
	Status   int           `json:"status,omitempty"` // for ErrorBefore, ErrorAfter and ShapeError; 0 means 500
	Bytes    int           `json:"bytes,omitempty"`  // for CutReply; for ShapeDeep, where 0 means 10 MiB
	Shape    Shape         `json:"shape,omitempty"`  // for Spoil; "" means ShapeTypes
	Delay    time.Duration `json:"delay,omitempty"`  // for Late and Slow
}

func (f *Fault) matches(op Op) bool {
	return (f.Platform == "" || f.Platform == op.Platform) &&
		(f.Op == "" || f.Op == op.Name) && (f.Class == "" || f.Class == op.Class)
}

// Script holds the faults in force, and counts requests. It is safe for
// concurrent use.
type Script struct {
	mu     sync.Mutex
	last   int
	faults []*Fault
	seen   map[Op]int
	hits   int
}

// Add puts a fault in force and returns its id.
func (s *Script) Add(f Fault) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	f.ID = s.last
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, &f)
	return f.ID
}

// Remove takes a fault out of force; id 0 means all.
func (s *Script) Remove(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.DeleteFunc(s.faults, func(f *Fault) bool { return id == 0 || f.ID == id })
}

// Active returns the faults in force.
func (s *Script) Active() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.faults))
	for _, f := range s.faults {
		out = append(out, *f)
	}
	return out
}

// Requests returns how many requests of an operation came in so far.
func (s *Script) Requests(op Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[op]
}

// RequestsOf returns how many requests of a class came in so far.
func (s *Script) RequestsOf(c Class) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for op, k := range s.seen {
		if op.Class == c {
			n += k
		}
	}
	return n
}

// Hits returns how many faults struck so far.
func (s *Script) Hits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hits
}

// Take counts a request and returns the fault that strikes it, if any. The
// first matching fault in order of Add wins.
func (s *Script) Take(op Op) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = make(map[Op]int)
	}
	s.seen[op]++
	for i, f := range s.faults {
		if !f.matches(op) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		struck := *f
		if f.Times--; f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		s.hits++
		return struck, true
	}
	return Fault{}, false
}
