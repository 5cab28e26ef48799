package value

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Touch is one contact of a person with a channel.
type Touch struct {
	Channel string // any name that stays the same: "linkedin", "newsletter"
	At      time.Time
}

// Direct is the name under which LastNonDirect expects visits that no channel
// sent.
const Direct = "direct"

// Path is what one person met before a conversion, or before the observation
// ended without one.
type Path struct {
	Touches []Touch // in the order of time
	// Converted says whether there was a conversion. Paths without one matter to
	// Shapley with GameRate alone.
	Converted bool
	At        time.Time // of the conversion; without one it is not read
	// Value is what the conversion brought, negative for a refund. The zero Money
	// means that it is not known, which is not the same as 0 EUR.
	Value smm.Money
}

// check reports what is wrong with the n-th path.
func (p *Path) check(n int) error {
	for i, t := range p.Touches {
		switch {
		case t.Channel == "":
			return fmt.Errorf("%w: path %d, touch %d has no channel", smm.ErrInvalid, n, i)
		case t.At.IsZero():
			return fmt.Errorf("%w: path %d, touch %d has no time", smm.ErrInvalid, n, i)
		case i > 0 && t.At.Before(p.Touches[i-1].At):
			return fmt.Errorf("%w: path %d, touch %d is earlier than the one before: sort the touches by time", smm.ErrInvalid, n, i)
		case p.Converted && t.At.After(p.At):
			return fmt.Errorf("%w: path %d, touch %d is later than the conversion: cut the path there", smm.ErrInvalid, n, i)
		}
	}
	if p.Converted && p.At.IsZero() {
		return fmt.Errorf("%w: path %d has a conversion without a time", smm.ErrInvalid, n)
	}
	return nil
}

// within returns the touches that are no older than lookback at the conversion.
func (p *Path) within(lookback time.Duration) []Touch {
	if lookback <= 0 || !p.Converted {
		return p.Touches
	}
	for i, t := range p.Touches {
		if p.At.Sub(t.At) <= lookback {
			return p.Touches[i:]
		}
	}
	return nil
}
