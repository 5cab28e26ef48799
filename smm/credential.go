package smm

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

const secretMask = "[secret]"

// Secret holds a token, password or key. Every way of printing it, also inside
// other values, gives a fixed mask: fmt with any verb, log/slog, encoding/json,
// encoding.TextMarshaler. Reveal is the only way out, so that reading a
// program for leaks means searching for one word.
//
// A store that must persist a secret seals Reveal's result (package vault) and
// never marshals the Secret itself: what was marshalled cannot be read back.
type Secret struct{ v string }

// NewSecret wraps a value.
func NewSecret(v string) Secret { return Secret{v} }

// Reveal returns the value itself.
func (s Secret) Reveal() string { return s.v }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.v == "" }

// Equal compares in constant time.
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.v), []byte(t.v)) == 1
}

// String implements fmt.Stringer with a mask; the empty secret prints as "".
func (s Secret) String() string {
	if s.v == "" {
		return ""
	}
	return secretMask
}

// GoString implements fmt.GoStringer with a mask.
func (s Secret) GoString() string { return "smm.Secret(" + s.String() + ")" }

// Format implements fmt.Formatter, so that no verb reaches the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler with a mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON implements json.Marshaler with a mask.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalText reads a secret from a configuration file or an environment
// variable. The mask itself is refused: it means that a masked value was
// stored where the secret belonged.
func (s *Secret) UnmarshalText(b []byte) error {
	if string(b) == secretMask {
		return fmt.Errorf("%w: a masked secret was stored in place of the secret; seal secrets before storing them", ErrInvalid)
	}
	s.v = string(b)
	return nil
}

// Untrusted is text that a stranger wrote: a comment, a message, a name, a
// review. The type is a reminder at every use: it is data, never an
// instruction, a template, a format or markup. Convert it explicitly.
type Untrusted string

// Credential is what proves to a platform that the host may act for an
// account. A credential is a value: changing it means storing a new version.
type Credential struct {
	AccessToken  Secret
	RefreshToken Secret
	TokenType    string            // "Bearer", "DPoP"; "" for Bearer
	Expires      time.Time         // of the access token; zero if it does not expire or nobody said
	Obtained     time.Time         // when this version was issued
	Scopes       []string          // as granted, not as asked for
	Server       string            // base URL of the account's own server, where there are many
	Extra        map[string]Secret // whatever else the platform needs: an app password, a signing key, a page token
	// Refreshing is set before a refresh is asked for and cleared with the new
	// version, so that a crash in between is known to have happened.
	Refreshing time.Time
	Version    int64 // set by the store; 0 for one never stored
}

// Expired reports whether the access token is over at now, taking skew off its
// life for clocks that differ.
func (c Credential) Expired(now time.Time, skew time.Duration) bool {
	return !c.Expires.IsZero() && !now.Add(skew).Before(c.Expires)
}

// MissingScopes returns those of want that were not granted.
func (c Credential) MissingScopes(want ...string) []string {
	var out []string
	for _, w := range want {
		if !slices.Contains(c.Scopes, w) {
			out = append(out, w)
		}
	}
	return out
}

// CredentialStore keeps credentials. Implementations are safe for concurrent
// use and seal secrets at rest (see package vault, whose vaulttest has the suite
// that each must pass). Nothing of one tenant is reachable through another.
type CredentialStore interface {
	// Load returns the newest version. A missing account gives an error that
	// matches ErrNotFound; one that cannot be opened, ErrSealed, and then the
	// Credential has its Version all the same, so that Swap can replace it.
	Load(ctx context.Context, tenant Tenant, account Ref) (Credential, error)
	// Swap stores c as the successor of version old (0 for a new account) and
	// returns its version, durable on return. c.Version is not looked at. If the
	// stored version is another, the error matches ErrConflict and nothing
	// changes: a refresh token that may be used once must not be overwritten by a
	// slower process. Versions of an account only grow, also after Delete: what
	// was read before the account was disconnected is never the predecessor of
	// what was stored when it was connected again.
	Swap(ctx context.Context, tenant Tenant, account Ref, old int64, c Credential) (int64, error)
	// Delete forgets the account. Deleting what is not there is no error.
	Delete(ctx context.Context, tenant Tenant, account Ref) error
	// Accounts lists the accounts of a platform, in the order of their text.
	Accounts(ctx context.Context, tenant Tenant, platform Platform) ([]Ref, error)
}

// CredentialLocker is what a CredentialStore may also have: a lease around the
// refresh of one account, so that processes do not race for it. Without it Swap
// alone keeps the store right, at the price of a refresh done twice.
type CredentialLocker interface {
	// LockCredential waits until nobody else has the lease of the account, which
	// need not be stored, or until ctx ends: then the error is ctx's. The lease
	// ends by unlock, which may be called twice and never ends the lease of
	// another, or by itself after ttl, which must be positive. Load and Swap do
	// not look at it.
	LockCredential(ctx context.Context, tenant Tenant, account Ref, ttl time.Duration) (unlock func(), err error)
}

// Renewed returns next as the successor of c for the same account. Platforms
// that give a refresh token only at the first consent leave it out later, so
// what next lacks stays: connecting an account again never loses the means to
// renew it. A next with a refresh token of its own stands alone but for Extra
// entries, which are joined.
func (c Credential) Renewed(next Credential) Credential {
	next = next.clone()
	extra := maps.Clone(c.Extra)
	if next.RefreshToken.IsZero() {
		next.RefreshToken = c.RefreshToken
	}
	if extra == nil {
		extra = make(map[string]Secret, len(next.Extra))
	}
	maps.Copy(extra, next.Extra)
	if len(extra) > 0 {
		next.Extra = extra
	}
	if next.Server == "" {
		next.Server = c.Server
	}
	next.Version, next.Refreshing = c.Version, time.Time{}
	return next
}

// Sealer encrypts what may not lie readable at rest, and proves on opening that
// it is the same and in its place. Package vault has one over a ring of keys. It
// is safe for concurrent use.
type Sealer interface {
	// Seal encrypts plain and binds it to place, which is not kept in the result.
	Seal(plain, place []byte) ([]byte, error)
	// Open returns what Seal was given. Anything changed, another place, or a key
	// that is not at hand gives an error that matches ErrSealed.
	Open(sealed, place []byte) ([]byte, error)
}

// NewMemoryCredentials returns a CredentialStore that lives as long as the
// process, for tests, scripts and static tokens. It is a CredentialLocker too.
func NewMemoryCredentials() CredentialStore {
	return &memoryCredentials{m: make(map[credentialKey]*memoryCredential)}
}

// StaticToken returns a CredentialStore that holds one access token for one
// account of the empty tenant: all that a script with a token string needs.
func StaticToken(account Ref, server, token string) CredentialStore {
	s := &memoryCredentials{m: make(map[credentialKey]*memoryCredential)}
	s.m[credentialKey{"", account}] = &memoryCredential{
		cred: Credential{AccessToken: NewSecret(token), Server: server, Version: 1}, there: true,
	}
	return s
}

type credentialKey struct {
	tenant  Tenant
	account Ref
}

// memoryCredential is never removed: cred.Version outlives the credential.
type memoryCredential struct {
	cred  Credential
	there bool
	lease *memoryLease
}

type memoryLease struct {
	until time.Time
	over  chan struct{} // closed by unlock
}

type memoryCredentials struct {
	mu sync.Mutex
	m  map[credentialKey]*memoryCredential
}

// entry must be called with mu held.
func (s *memoryCredentials) entry(t Tenant, account Ref) *memoryCredential {
	key := credentialKey{t, account}
	e := s.m[key]
	if e == nil {
		e = new(memoryCredential)
		s.m[key] = e
	}
	return e
}

func (s *memoryCredentials) Load(_ context.Context, t Tenant, account Ref) (Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.m[credentialKey{t, account}]
	if e == nil || !e.there {
		return Credential{}, fmt.Errorf("credential of %s: %w: connect the account first", account, ErrNotFound)
	}
	return e.cred.clone(), nil
}

func (s *memoryCredentials) Swap(_ context.Context, t Tenant, account Ref, old int64, c Credential) (int64, error) {
	if err := account.Check(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(t, account)
	have := int64(0)
	if e.there {
		have = e.cred.Version
	}
	if have != old {
		return 0, fmt.Errorf("credential of %s: %w: version %d is stored, not %d", account, ErrConflict, have, old)
	}
	c = c.clone()
	c.Version = e.cred.Version + 1
	e.cred, e.there = c, true
	return c.Version, nil
}

func (s *memoryCredentials) Delete(_ context.Context, t Tenant, account Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.m[credentialKey{t, account}]; e != nil {
		e.cred, e.there = Credential{Version: e.cred.Version}, false
	}
	return nil
}

func (s *memoryCredentials) Accounts(_ context.Context, t Tenant, p Platform) ([]Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Ref
	for k, e := range s.m {
		if e.there && k.tenant == t && k.account.Platform == p {
			out = append(out, k.account)
		}
	}
	slices.SortFunc(out, func(a, b Ref) int { return cmp.Compare(a.String(), b.String()) })
	return out, nil
}

// LockCredential implements CredentialLocker.
func (s *memoryCredentials) LockCredential(ctx context.Context, t Tenant, account Ref, ttl time.Duration) (func(), error) {
	switch err := account.Check(); {
	case err != nil:
		return nil, err
	case ttl <= 0:
		return nil, fmt.Errorf("%w: the lease of a credential needs a life", ErrInvalid)
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		mine := &memoryLease{until: time.Now().Add(ttl), over: make(chan struct{})}
		theirs := s.lease(t, account, mine)
		if theirs == nil {
			return func() { s.unlock(t, account, mine) }, nil
		}
		ends := time.NewTimer(time.Until(theirs.until))
		select {
		case <-theirs.over:
		case <-ends.C:
		case <-ctx.Done():
		}
		ends.Stop()
	}
}

// lease gives the account to mine, unless another has it.
func (s *memoryCredentials) lease(t Tenant, account Ref, mine *memoryLease) (theirs *memoryLease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(t, account)
	if e.lease != nil && time.Now().Before(e.lease.until) {
		return e.lease
	}
	e.lease = mine
	return nil
}

func (s *memoryCredentials) unlock(t Tenant, account Ref, mine *memoryLease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entry(t, account); e.lease == mine {
		e.lease = nil
		close(mine.over)
	}
}

func (c Credential) clone() Credential {
	c.Scopes = slices.Clone(c.Scopes)
	c.Extra = maps.Clone(c.Extra)
	return c
}
