package workflow

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Key signs links. Keep the secret where other secrets are kept.
type Key struct {
	ID     string     // short, part of every link
	Secret smm.Secret // at least 32 random bytes
}

// Claims is what a link says, signed and readable by whoever has it.
type Claims struct {
	ID      string     `json:"i"` // of the link
	Tenant  smm.Tenant `json:"t,omitempty"`
	Draft   string     `json:"d"`
	Sum     string     `json:"h"` // of the draft that it is about
	Step    string     `json:"s"`
	Person  string     `json:"p"` // the approver: the ID of the Actor who decides
	Roles   []string   `json:"r"`
	Expires int64      `json:"e"` // seconds since 1970; the link ends at this moment
}

// LinkRequest asks for a link.
type LinkRequest struct {
	Tenant  smm.Tenant
	Draft   string
	Step    string
	Person  string    // the host's name for the approver, for example "mail:anna@client.example"
	Roles   []string  // that the approver has; one that the step asks for must be there
	Expires time.Time // at most MaxLinkLife from now
}

// MaxLinkLife bounds how long a link works.
const MaxLinkLife = 90 * 24 * time.Hour

// Errors of links. Both match smm.ErrForbidden.
var (
	// ErrBadLink: it was not made by this ring, or was changed, or its key is gone.
	ErrBadLink = linkError("the link is not valid")
	// ErrLinkExpired: its time is over.
	ErrLinkExpired = linkError("the link has expired")
)

type linkError string

// Error implements error.
func (e linkError) Error() string { return string(e) }

// Unwrap returns smm.ErrForbidden.
func (e linkError) Unwrap() error { return smm.ErrForbidden }

// Links makes and serves links by which people outside the host approve: whoever
// has the link acts as the person that it names, so send it to that person alone.
// It is safe for concurrent use.
type Links struct {
	s    *Service
	keys []Key
}

// NewLinks returns Links over the drafts of s. The first key signs, all of them
// verify: to change keys, put the new one in front, and drop the old one when its
// links have expired.
func NewLinks(s *Service, keys ...Key) (*Links, error) {
	if s == nil || len(keys) == 0 {
		return nil, invalid("links need a service and a key")
	}
	seen := make(map[string]bool)
	for _, k := range keys {
		if len(k.Secret.Reveal()) < 32 {
			return nil, invalid("the secret of key %q is shorter than 32 bytes", k.ID)
		}
		if k.ID == "" || len(k.ID) > 32 || seen[k.ID] {
			return nil, invalid("key %q needs an ID of its own, of at most 32 bytes", k.ID)
		}
		seen[k.ID] = true
	}
	return &Links{s: s, keys: slices.Clone(keys)}, nil
}

// Issue returns the token of a link for the draft as it is now: append it to the
// address at which Handler is served. The claims hold its ID, for RevokeLink.
func (l *Links) Issue(ctx context.Context, r LinkRequest) (string, Claims, error) {
	d, err := l.s.Get(ctx, r.Tenant, r.Draft)
	if err != nil {
		return "", Claims{}, err
	}
	p, err := l.s.process(ctx, r.Tenant, d.Process)
	if err != nil {
		return "", Claims{}, err
	}
	now := l.s.clock.Now()
	step := p.step(r.Step)
	switch {
	case step == nil:
		return "", Claims{}, invalid("%q is no approval step of the process", r.Step)
	case r.Person == "" || len(common(r.Roles, step.everRoles())) == 0:
		return "", Claims{}, invalid("a link needs a person with one of the roles of step %s", r.Step)
	case !r.Expires.After(now) || r.Expires.After(now.Add(MaxLinkLife)):
		return "", Claims{}, invalid("a link ends in the future, within %s", MaxLinkLife)
	}
	c := Claims{
		ID: randomID(), Tenant: r.Tenant, Draft: r.Draft, Sum: d.Sum(), Step: r.Step,
		Person: r.Person, Roles: slices.Clone(r.Roles), Expires: r.Expires.Unix(),
	}
	token, err := l.sign(c)
	return token, c, err
}

// Open returns what a token says, if it is one of ours and not expired: ErrBadLink
// or ErrLinkExpired otherwise.
func (l *Links) Open(token string) (Claims, error) {
	c, err := l.verify(token)
	if err != nil {
		return Claims{}, err
	}
	if l.s.clock.Now().Unix() >= c.Expires {
		return c, ErrLinkExpired
	}
	return c, nil
}

// Decide approves, or rejects with a reason, by a token. The same decision again
// changes nothing; another one gives a *LinkUsedError, and a draft that changed a
// *ChangedError.
func (l *Links) Decide(ctx context.Context, token string, approve bool, reason string) (Draft, error) {
	c, err := l.Open(token)
	if err != nil {
		return Draft{}, err
	}
	by := Actor{ID: c.Person, Roles: c.Roles}
	var a Action = Reject{Step: c.Step, Sum: c.Sum, Reason: reason, Link: c.ID}
	if approve {
		a = Approve{Step: c.Step, Sum: c.Sum, Note: reason, Link: c.ID}
	}
	return l.s.Do(ctx, c.Tenant, c.Draft, by, a)
}

// state is what the page of a link shows.
type linkState string

const (
	stateOpen    linkState = "open"
	stateChanged linkState = "changed" // there is a newer version, or no draft any more
	stateClosed  linkState = "closed"  // nobody is asked any more
	stateUsed    linkState = "used"
)

// look returns what a token is about, and how it stands. The draft is empty
// unless the link may show it: what came later is not this person's to see.
func (l *Links) look(ctx context.Context, c Claims) (Draft, linkState, string, error) {
	d, err := l.s.Get(ctx, c.Tenant, c.Draft)
	if errors.Is(err, smm.ErrNotFound) {
		return Draft{}, stateChanged, "", nil
	}
	if err != nil {
		return Draft{}, "", "", err
	}
	for _, u := range d.Links {
		if u.ID == c.ID {
			return Draft{}, stateUsed, u.Decision, nil
		}
	}
	if d.Sum() != c.Sum {
		return Draft{}, stateChanged, "", nil
	}
	p, err := l.s.process(ctx, c.Tenant, d.Process)
	if err != nil {
		return Draft{}, "", "", err
	}
	if d.Stage != p.review() || d.Requested.IsZero() {
		return Draft{}, stateClosed, "", nil
	}
	return d, stateOpen, "", nil
}
