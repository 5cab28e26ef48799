package smm

import (
	"context"
	"errors"
	"iter"
	"time"
)

// ConnectionState says whether the connection to an account works.
type ConnectionState string

// The connection states.
const (
	ConnectionWorks       ConnectionState = "works"       // the platform took the credential just now
	ConnectionReconnect   ConnectionState = "reconnect"   // a person must connect the account again
	ConnectionUnreachable ConnectionState = "unreachable" // the platform does not answer; the credential may be fine
)

// AuditState says whether the vendor has reviewed the host's app.
type AuditState string

// The audit states. The zero value is a platform that does not tell.
const (
	AuditUnknown   AuditState = ""
	AuditNotNeeded AuditState = "not-needed" // the vendor reviews no apps
	AuditPassed    AuditState = "passed"
	AuditPending   AuditState = "pending"
	AuditMissing   AuditState = "missing"
)

// Facts are what a platform says of a connection. "" and zero mean that it does
// not say.
type Facts struct {
	AccountType string       `json:"account_type,omitempty"` // the vendor's word: "business", "bot", "page"
	Plan        string       `json:"plan,omitempty"`         // the vendor's name of the tier
	Audit       AuditState   `json:"audit,omitempty"`        //
	Server      string       `json:"server,omitempty"`       // base URL, where there are many
	Software    string       `json:"software,omitempty"`     // what runs there, with its version
	Scopes      []string     `json:"scopes,omitempty"`       // as granted; nil if nobody said
	Token       TokenFacts   `json:"token"`                  //
	Quotas      []QuotaState `json:"quotas,omitempty"`       // what is left, as far as known
}

// TokenFacts are what is known of a token's life. They hold no token.
type TokenFacts struct {
	Obtained   time.Time `json:"obtained,omitzero"` // zero if nobody said
	Expires    time.Time `json:"expires,omitzero"`  // of the access token; zero if it does not expire or nobody said
	Renews     bool      `json:"renews"`            // the library renews it without a person
	Refreshing bool      `json:"refreshing"`        // a refresh was begun and its end is not known
}

// Age is how old the token is at now, 0 if nobody said when it was obtained.
func (t TokenFacts) Age(now time.Time) time.Duration {
	if t.Obtained.IsZero() {
		return 0
	}
	return max(now.Sub(t.Obtained), 0)
}

// TokenFactsOf reads what a credential says of its token.
func TokenFactsOf(c Credential) TokenFacts {
	return TokenFacts{Obtained: c.Obtained, Expires: c.Expires, Renews: !c.RefreshToken.IsZero(), Refreshing: !c.Refreshing.IsZero()}
}

// HealthReader reads the facts of a connection. It makes at least one request
// with the channel's credential, so that no error means that the connection
// works. With an error that matches ErrUnauthorized or ErrUnavailable the Facts
// still hold what is known without the platform.
type HealthReader interface {
	ReadFacts(ctx context.Context, channel Ref) (Facts, error)
}

// Health is what a connection can do right now, and why not more.
type Health struct {
	Channel      Ref             `json:"channel"`
	AsOf         time.Time       `json:"as_of"`
	State        ConnectionState `json:"state"`
	Cure         string          `json:"cure,omitempty"` // what a person can do about State, one English sentence
	Facts        Facts           `json:"facts"`
	Capabilities Capabilities    `json:"capabilities"` // each with its cure; empty if the account could not be asked
}

// Limits are those in force, as the platform reports them live.
func (h Health) Limits() Limits { return h.Capabilities.Limits() }

// Lacking yields the capabilities that are not granted but could be, with what
// would have to be done.
func (h Health) Lacking() iter.Seq2[Capability, Support] {
	return func(yield func(Capability, Support) bool) {
		for x, s := range h.Capabilities.All() {
			if s.State == StateGranted || s.State == StateNever {
				continue
			}
			if !yield(x, s) {
				return
			}
		}
	}
}

// Health asks what the connection of the channel can do right now. A connection
// that is broken or a platform that is down is an answer and not an error.
func (cc *ChannelClient) Health(ctx context.Context) (Health, error) {
	h := Health{Channel: cc.ref, AsOf: cc.c.clock.Now(), State: ConnectionWorks}
	driver, err := driverAs[Driver](cc.c, cc.ref, "health")
	if err != nil {
		return h, err
	}
	if reader, ok := driver.(HealthReader); ok {
		err = cc.c.callOp(ctx, Call{Op: "health", Tenant: cc.c.tenant, Channel: cc.ref}, func(ctx context.Context) (err error) {
			h.Facts, err = reader.ReadFacts(ctx, cc.ref)
			return err
		})
		if h.State, h.Cure = judge(err); err != nil && h.State == ConnectionWorks {
			return h, err
		}
	}
	if h.State == ConnectionReconnect {
		return h, nil
	}
	caps, err := cc.RefreshCapabilities(ctx)
	if err == nil {
		h.Capabilities = caps
		return h, nil
	}
	state, cure := judge(err)
	if state == ConnectionWorks {
		return h, err
	}
	h.State, h.Cure = state, cure
	return h, nil
}

// judge says what an error tells of a connection: nothing, if it is of another
// kind.
func judge(err error) (ConnectionState, string) {
	switch {
	case errors.Is(err, ErrUnauthorized):
		return ConnectionReconnect, "connect the account again"
	case errors.Is(err, ErrSealed):
		return ConnectionReconnect, "give back the key that the credential was sealed with, or connect the account again"
	case Temporary(err):
		return ConnectionUnreachable, "wait and look again: the platform did not answer"
	}
	return ConnectionWorks, ""
}
