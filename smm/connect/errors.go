package connect

import (
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// What can go wrong beside the platform's and the stores' own errors. Each
// matches one sentinel of package smm, and no account that is connected already
// is harmed by any of them.
var (
	// ErrDenied: the person said no on the platform's page. Matches smm.ErrForbidden.
	ErrDenied = fmt.Errorf("%w: the person did not allow the connection: begin again to ask once more", smm.ErrForbidden)
	// ErrState: nothing under way fits this answer or choice. It was used
	// already, took too long, was begun in another browser or by another tenant,
	// or never was. Matches smm.ErrInvalid.
	ErrState = fmt.Errorf("%w: nothing under way fits this answer: it was used, is over, or was begun elsewhere: begin again in this browser", smm.ErrInvalid)
	// ErrIssuer: another server answered than was asked (RFC 9207, mix-up).
	// Matches smm.ErrForbidden.
	ErrIssuer = fmt.Errorf("%w: another server answered than the one that was asked: begin again, and check the name of the server", smm.ErrForbidden)
	// ErrOtherAccount: one account was to be connected again, and the person
	// brought another. Nothing was stored. Matches smm.ErrForbidden.
	ErrOtherAccount = fmt.Errorf("%w: another account was connected than the one asked for: sign in to that one at the platform and begin again", smm.ErrForbidden)
	// ErrScopes: a required capability was not granted. Nothing was stored.
	// Matches smm.ErrForbidden.
	ErrScopes = fmt.Errorf("%w: a permission that is required was not granted: begin again and leave all permissions on", smm.ErrForbidden)
	// ErrNoAccount: the consent reaches no account that can be used. Matches
	// smm.ErrNotFound.
	ErrNoAccount = fmt.Errorf("%w: the consent reaches no account that can be connected", smm.ErrNotFound)
	// ErrLost: what is stored for the account cannot be opened, and was left
	// alone. Give back the key, or connect that very account again
	// (BeginRequest.Account), which replaces it. Matches smm.ErrSealed.
	ErrLost = fmt.Errorf("%w: give back the key, or connect this very account again to replace what is stored", smm.ErrSealed)
	// ErrNotRevoked: the account is still stored because the platform could not
	// be told. Matches smm.ErrUnavailable.
	ErrNotRevoked = fmt.Errorf("%w: the platform could not be told to end the credential: try again, or disconnect anyway", smm.ErrUnavailable)
)

// storageError marks an error of the host's own stores, as against one of a
// platform: the words for people differ.
type storageError struct {
	op  string
	err error
}

func (e *storageError) Error() string { return e.op + ": " + e.err.Error() }
func (e *storageError) Unwrap() error { return e.err }

// inputError marks an error about what the person typed, whose text helps.
type inputError struct{ err error }

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }

// identifyError marks that the host does not know who asks.
type identifyError struct{ err error }

func (e *identifyError) Error() string { return "identify: " + e.err.Error() }
func (e *identifyError) Unwrap() error { return e.err }

// statusError is a request that HTTP itself refuses.
type statusError struct {
	status      int
	code        string
	title, text string
}

func (e *statusError) Error() string { return e.title + ": " + e.text }
func (*statusError) Unwrap() error   { return smm.ErrInvalid }
