package keep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// fate is what an answer of Renew says of the token that was sent.
type fate int

const (
	fateUnknown fate = iota
	fateRenewed
	fateRefused // for good
	fateUntaken // it was not looked at, and is as good as before
)

func fateOf(err error) fate {
	if err == nil {
		return fateRenewed
	}
	if errors.Is(err, smm.ErrUnauthorized) {
		return fateRefused
	}
	if e, ok := errors.AsType[*smm.Error](err); ok && (e.Outcome == smm.OutcomeNotSent || e.Outcome == smm.OutcomeRefused) {
		return fateUntaken
	}
	for _, kind := range []error{
		smm.ErrRateLimited, smm.ErrForbidden, smm.ErrRejected, smm.ErrInvalid, smm.ErrUnsupported, smm.ErrNotFound,
	} {
		if errors.Is(err, kind) {
			return fateUntaken
		}
	}
	return fateUnknown
}

var errMissing = errors.New("no credential is stored")

func isMissing(err error) bool { return errors.Is(err, errMissing) }

// inDoubt says that nobody knows what became of a renewal.
func (k *Keeper) inDoubt(begun time.Time, why error) error {
	text := fmt.Sprintf("a refresh of the credential of %s was begun at %s and its end is not known", k.cfg.Account, begun.UTC().Format(time.RFC3339))
	if why = quotable(why); why != nil {
		return fmt.Errorf("%w: %s: %w", smm.ErrUnavailable, text, why)
	}
	return fmt.Errorf("%w: %s", smm.ErrUnavailable, text)
}

// quotable returns err if its text is known to hold no address and no body of an
// answer, and nil otherwise.
func quotable(err error) error {
	if _, ok := errors.AsType[*smm.Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, smm.ErrUnavailable):
		return err
	}
	return nil
}
