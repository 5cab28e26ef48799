package workflow

import (
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// NotAllowedError says that a person may not do something, and who may. It
// matches smm.ErrForbidden.
type NotAllowedError struct {
	Action ActionKind
	Actor  string
	// Roles are those that may, any of them; none if it is not a matter of roles.
	Roles []string
	Why   string
}

// Error implements error.
func (e *NotAllowedError) Error() string {
	s := fmt.Sprintf("%s may not %s: %s", e.Actor, e.Action, e.Why)
	if len(e.Roles) > 0 {
		s += "; it takes one of the roles " + strings.Join(e.Roles, ", ")
	}
	return s
}

// Unwrap returns smm.ErrForbidden.
func (e *NotAllowedError) Unwrap() error { return smm.ErrForbidden }

// IncompleteError says that a draft is not ready for an action, and all that is
// missing. It matches smm.ErrInvalid.
type IncompleteError struct {
	Action  ActionKind
	Missing []Reason
}

// Error implements error.
func (e *IncompleteError) Error() string {
	parts := make([]string, 0, len(e.Missing))
	for _, r := range e.Missing {
		parts = append(parts, r.Message)
	}
	return fmt.Sprintf("the draft is not ready to %s: %s", e.Action, strings.Join(parts, "; "))
}

// Unwrap returns smm.ErrInvalid.
func (e *IncompleteError) Unwrap() error { return smm.ErrInvalid }

// ChangedError says that the content is not what the person looked at. It
// matches smm.ErrConflict.
type ChangedError struct {
	Seen, Current string // hashes
}

// Error implements error.
func (e *ChangedError) Error() string {
	if e.Seen == "" {
		return "a decision must name the Sum of the draft that was looked at"
	}
	return "the draft changed since it was looked at: look again, then decide"
}

// Unwrap returns smm.ErrConflict.
func (e *ChangedError) Unwrap() error { return smm.ErrConflict }

// LinkUsedError says that a link has decided already, otherwise. It matches
// smm.ErrConflict.
type LinkUsedError struct {
	Decision string // the one it was used for
}

// Error implements error.
func (e *LinkUsedError) Error() string {
	return fmt.Sprintf("this link was used already (%s): ask for a new one to decide otherwise", e.Decision)
}

// Unwrap returns smm.ErrConflict.
func (e *LinkUsedError) Unwrap() error { return smm.ErrConflict }

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", smm.ErrInvalid, fmt.Sprintf(format, args...))
}
