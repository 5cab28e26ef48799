package scheduler

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Freeze keeps deliveries from being sent: all of a tenant, or those of a
// channel, a brand, a campaign or any other label. What it matches is planned,
// edited and cancelled as usual, and settled if it is in doubt; only nothing new
// becomes public.
type Freeze struct {
	ID     string     `json:"id"`
	Tenant smm.Tenant `json:"tenant,omitempty"`
	// AllTenants freezes the records of every tenant; Tenant is then only whose
	// freeze it is.
	AllTenants bool `json:"all_tenants,omitempty"`

	Platform smm.Platform `json:"platform,omitempty"` // "": any
	Channel  smm.Ref      `json:"channel,omitzero"`   // zero: any
	Labels   smm.Labels   `json:"labels,omitzero"`    // as in Query

	Reason string    `json:"reason,omitempty"` // for people
	By     string    `json:"by,omitempty"`     // who froze, for people
	At     time.Time `json:"at"`               // when, to the microsecond
	// Until ends the freeze by itself; zero: it lasts until it is released. What
	// was held goes out then without being validated again.
	Until time.Time `json:"until,omitzero"`
}

// Check reports what is wrong with f, as an error that matches smm.ErrInvalid.
func (f *Freeze) Check() error {
	switch {
	case f.ID == "":
		return fmt.Errorf("%w: a freeze needs an ID", smm.ErrInvalid)
	case f.At.IsZero():
		return fmt.Errorf("%w: freeze %q has no time", smm.ErrInvalid, f.ID)
	case !f.Until.IsZero() && !f.Until.After(f.At):
		return fmt.Errorf("%w: freeze %q ends before it begins", smm.ErrInvalid, f.ID)
	}
	return nil
}

// Match reports whether f holds r at the time given.
func (f *Freeze) Match(r *Record, now time.Time) bool {
	d := &r.Delivery
	switch {
	case !f.AllTenants && f.Tenant != d.Tenant,
		!f.Until.IsZero() && !now.Before(f.Until),
		f.Platform != "" && f.Platform != d.Request.Channel.Platform,
		!f.Channel.IsZero() && f.Channel != d.Request.Channel:
		return false
	}
	return d.Request.Post.Labels.Match(&f.Labels)
}
