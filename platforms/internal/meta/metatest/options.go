package metatest

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Login is which of the vendor's logins the server has.
type Login string

// The logins.
const (
	Facebook  Login = "facebook"
	Instagram Login = "instagram"
	Threads   Login = "threads"
)

// Options shape a Server. Only Platform is required.
type Options struct {
	Platform smm.Platform
	Addr     string // to listen on, default a free port of the loopback interface
	Login    Login  // default Facebook

	AppID     string // default "1001"
	AppSecret string // default "app-secret-of-the-simulator"
	// RequireProof refuses requests without appsecret_proof. One that is sent is
	// checked in any case.
	RequireProof bool
	// Redirects that the app may send browsers back to; nil for all.
	Redirects []string

	ShortLife  time.Duration // of a token for a code; default 1 h
	LongLife   time.Duration // of an exchanged one; default 60 days
	DataAccess time.Duration // default 90 days
	WrapToken  bool          // Instagram's first answer comes in a list named data

	// App and Account are the budgets; zero for the defaults, a negative Limit for
	// none. They roll over Window.
	App     Quota // default 200 in an hour
	Account Quota // default 4800 in 24 hours
	UseCase string
	// ThrottleCode is that of the account's budget; default 80001.
	ThrottleCode int

	// NoNext leaves the addresses of other pages out: cursors alone lead on, also
	// from the last page, to one without items. Threads may do so.
	NoNext bool

	// KeepUpload is how much of each upload stays in memory, for simulators that
	// look into it; the rest is only hashed.
	KeepUpload int
}

// Quota is a number of calls in a window.
type Quota struct {
	Limit  int
	Window time.Duration
}

// NoQuota switches a budget off, and its header with it.
func NoQuota() Quota { return Quota{Limit: -1} }

func (o Options) withDefaults() Options {
	pick(&o.Login, Facebook)
	pick(&o.AppID, "1001")
	pick(&o.AppSecret, "app-secret-of-the-simulator")
	pick(&o.ShortLife, time.Hour)
	pick(&o.LongLife, 60*24*time.Hour)
	pick(&o.DataAccess, 90*24*time.Hour)
	pick(&o.App, Quota{200, time.Hour})
	pick(&o.Account, Quota{4800, 24 * time.Hour})
	pick(&o.UseCase, "pages")
	pick(&o.ThrottleCode, 80001)
	return o
}

func pick[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
