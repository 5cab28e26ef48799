package blueskytest

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// account is a repository with the private state around it.
type account struct {
	did, handle, password string
	visitor               bool
	created               time.Time
	takenDown             bool
	deactivated           bool
	incoming              string // who may begin a conversation: "all", "following", "none"

	records map[string]map[string]*record // by collection and key
	blobs   map[string]blob               // by CID
	rev     string

	mutes  map[string]bool // by DID
	seenAt time.Time
	marks  map[string]string // bookmarks: post uri to cid
}

type record struct {
	uri, collection, rkey, cid string
	value                      object
}

type blob struct {
	mime  string
	bytes []byte
}

var handlePattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// handleOf completes a bare name with the simulator's domain.
func handleOf(name string) string {
	name = strings.ToLower(strings.TrimPrefix(name, "@"))
	if !strings.Contains(name, ".") {
		name += ".bsky.example.com"
	}
	return name
}

func (s *Server) account(name string, visitor bool) (*account, error) {
	handle := handleOf(name)
	if !handlePattern.MatchString(handle) {
		return nil, fmt.Errorf("%w: handle %q: want a domain name", smm.ErrInvalid, name)
	}
	if did, ok := s.handles[handle]; ok {
		return s.accounts[did], nil
	}
	a := &account{
		did: newDID(handle), handle: handle, visitor: visitor, created: s.now(), incoming: "all",
		password: "pass-" + cidOf(codecRaw, []byte(handle))[20:36],
		records:  make(map[string]map[string]*record), blobs: make(map[string]blob),
		mutes: make(map[string]bool), marks: make(map[string]string),
	}
	s.accounts[a.did], s.handles[handle] = a, a.did
	s.order = append(s.order, a)
	s.put(a, profileType, "self", object{"$type": profileType, "displayName": strings.SplitN(handle, ".", 2)[0]})
	return a, nil
}

// lookup finds an account by DID or handle.
func (s *Server) lookup(identifier string) *account {
	if a, ok := s.accounts[identifier]; ok {
		return a
	}
	return s.accounts[s.handles[strings.ToLower(identifier)]]
}

// NewAccount makes an account with an app password. A handle without a dot
// gets the simulator's own domain. Login holds BLUESKY_SERVER,
// BLUESKY_IDENTIFIER and BLUESKY_APP_PASSWORD.
func (s *Server) NewAccount(handle string) (sim.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.account(handle, false)
	if err != nil {
		return sim.Account{}, err
	}
	return s.describe(a), nil
}

// Accounts lists the accounts under test, oldest first.
func (s *Server) Accounts() []sim.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []sim.Account
	for _, a := range s.order {
		if !a.visitor {
			out = append(out, s.describe(a))
		}
	}
	return out
}

func (s *Server) describe(a *account) sim.Account {
	return sim.Account{
		Handle:  a.handle,
		Channel: smm.Ref{Platform: platform, Kind: smm.KindChannel, ID: a.did},
		Login: map[string]string{
			"BLUESKY_SERVER": s.URL(), "BLUESKY_IDENTIFIER": a.handle, "BLUESKY_APP_PASSWORD": a.password,
		},
	}
}

// TakeDown suspends an account: its sessions answer AccountTakedown.
func (s *Server) TakeDown(handle string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.lookup(handleOf(handle)); a != nil {
		a.takenDown = true
	}
}

// Deactivate puts an account out of use, as its owner can; active undoes it.
func (s *Server) Deactivate(handle string, active bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.lookup(handleOf(handle)); a != nil {
		a.deactivated = !active
	}
}

// AllowMessages says who may begin a conversation with an account: "all" (the
// default here), "following" or "none".
func (s *Server) AllowMessages(handle, who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.lookup(handleOf(handle)); a != nil {
		a.incoming = who
	}
}
