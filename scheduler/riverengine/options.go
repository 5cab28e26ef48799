package riverengine

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/smmkit/smmkit/smm"
)

// Options shape New. nil means the zero value.
type Options struct {
	// Schema is where River's tables are, as given to Migrate; "": the search path.
	Schema string
	// Queue is the name of River's queue: default "smmkit". Stores that share
	// River's tables need a queue each.
	Queue string
	// Lease is how long a claim lasts without being renewed: default 30 s, at least
	// 1 s. It must be that of scheduler.WithLease.
	Lease time.Duration
	// Sweep is how often the sweeper looks, and how long it leaves what is due to
	// the jobs: default a tenth of Lease, between 100 ms and 1 s.
	Sweep time.Duration
	// Concurrency is how many records jobs are worked on at once in this process:
	// default 64. The sweeper may work on as many more.
	Concurrency int
	// LaneLimit is how many records of a lane are worked on at a time: default 1,
	// negative for any; see scheduler.Claim.
	LaneLimit int
	// FetchCooldown is how often jobs are fetched at most: default 20 ms.
	FetchCooldown time.Duration
	// FetchPollInterval is how often jobs are looked for without a notice of the
	// database: default 100 ms. River gives none for jobs that were planned ahead,
	// so they start up to this late.
	FetchPollInterval time.Duration
	// PollOnly does without LISTEN, for connections through a pooler.
	PollOnly bool
	// Owner names this process in the store, for people: default River's own name.
	Owner string
	// Logger gets River's messages; nil: silence.
	Logger *slog.Logger
	// OnError, if not nil, is told of errors that the engine survives. It is called
	// from several goroutines.
	OnError func(error)
}

const (
	minLease = time.Second
	minSweep = 10 * time.Millisecond
	maxSweep = time.Minute
)

// complete sets what was left out, and refuses what makes no sense.
func (o *Options) complete() error {
	if o.Queue == "" {
		o.Queue = "smmkit"
	}
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Sweep == 0 {
		o.Sweep = min(max(o.Lease/10, 100*time.Millisecond), time.Second)
	}
	if o.Concurrency == 0 {
		o.Concurrency = 64
	}
	switch {
	case o.LaneLimit == 0:
		o.LaneLimit = 1
	case o.LaneLimit < 0:
		o.LaneLimit = 0
	}
	if o.FetchCooldown == 0 {
		o.FetchCooldown = 20 * time.Millisecond
	}
	if o.FetchPollInterval == 0 {
		o.FetchPollInterval = max(100*time.Millisecond, o.FetchCooldown)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.Lease < minLease || o.Lease > time.Hour:
		return fmt.Errorf("%w: lease %s: want %s to 1h", smm.ErrInvalid, o.Lease, minLease)
	case o.Sweep < minSweep || o.Sweep > maxSweep:
		return fmt.Errorf("%w: sweep every %s: want %s to %s", smm.ErrInvalid, o.Sweep, minSweep, maxSweep)
	case o.Concurrency < 1 || o.Concurrency > river.QueueNumWorkersMax:
		return fmt.Errorf("%w: concurrency %d: want 1 to %d", smm.ErrInvalid, o.Concurrency, river.QueueNumWorkersMax)
	case o.FetchCooldown < river.FetchCooldownMin || o.FetchPollInterval < o.FetchCooldown:
		return fmt.Errorf("%w: fetching every %s and %s: want at least %s, and the second not shorter than the first",
			smm.ErrInvalid, o.FetchCooldown, o.FetchPollInterval, river.FetchCooldownMin)
	}
	return nil
}
