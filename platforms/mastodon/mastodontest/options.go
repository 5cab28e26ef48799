package mastodontest

import "time"

// Software is what the server says it runs. It decides the shapes of answers
// and which features exist.
type Software string

// The kinds of servers.
const (
	Mastodon   Software = "mastodon"
	GoToSocial Software = "gotosocial"
	Akkoma     Software = "akkoma"
	Pleroma    Software = "pleroma"
	Pixelfed   Software = "pixelfed"
)

// Options shape a Server. Zero fields have the defaults of the software.
type Options struct {
	Addr     string   // to listen on, default a free port of the loopback interface
	Host     string   // the name in handles, links and URL, default the listener's address; see Server.Addr
	Software Software // default Mastodon
	Version  string   // as nodeinfo and the instance document give it

	// MediaDelay is how long video, audio and animations are processed. Images
	// are ready at once unless SlowImages is set.
	MediaDelay time.Duration
	SlowImages bool

	// TokenLife ends tokens that long after they were issued; 0 means never, as
	// on a real server.
	TokenLife time.Duration
	// RefreshTokens makes tokens of OAuth end, after TokenLife or else an hour,
	// and come with a refresh token that serves once, as those of Akkoma, Pleroma
	// and Pixelfed may.
	RefreshTokens bool
	// Scopes of the tokens that NewAccount issues; default read, write, follow,
	// push.
	Scopes []string

	Limits Limits
	Quotas Quotas

	// InstanceV1Only makes /api/v2/instance answer 404, as old servers do.
	InstanceV1Only bool
	// NoNodeInfo makes /.well-known/nodeinfo answer 404.
	NoNodeInfo bool
	// RelativeLinks writes Link headers without scheme and host.
	RelativeLinks bool
	// NumericIDs writes identifiers as JSON numbers where they are decimal.
	NumericIDs bool
	// HideKeys leaves params.idempotency of scheduled statuses null, as some
	// releases do.
	HideKeys bool
	// NoSource makes /api/v1/statuses/:id/source answer 404.
	NoSource bool
}

// Limits are what the instance document announces and the server enforces.
type Limits struct {
	Characters   int   // of a status
	URLLength    int   // what a link counts
	Media        int   // attachments of a status
	Description  int   // characters of an alt text
	ImageBytes   int64 //
	VideoBytes   int64 //
	PollOptions  int
	PollChars    int
	PollMin      time.Duration
	PollMax      time.Duration
	Scheduled    int // pending in total
	ScheduledDay int // pending on one calendar day
}

// Quotas are the rate limits. A zero Quota has the documented value, one with a
// negative Limit is off.
type Quotas struct {
	Requests Quota // of one token; default 300 in 5 minutes
	Media    Quota // uploads; default 30 in 30 minutes
	Delete   Quota // deletes and unreblogs; default 30 in 30 minutes
	Statuses Quota // posts; default 300 in 3 hours
	Follows  Quota // default 400 in 24 hours
	Reports  Quota // default 400 in 24 hours
}

// Quota is a number of requests in a window. Windows are fixed: they begin at
// multiples of Window since 1970, as Mastodon counts them.
type Quota struct {
	Limit  int
	Window time.Duration
}

// NoQuotas switches every rate limit off.
func NoQuotas() Quotas {
	off := Quota{Limit: -1}
	return Quotas{Requests: off, Media: off, Delete: off, Statuses: off, Follows: off, Reports: off}
}

var versions = map[Software]string{
	Mastodon: "4.5.2", GoToSocial: "0.20.1+git-8b1c3d9", Akkoma: "3.15.2", Pleroma: "2.9.1", Pixelfed: "0.12.6",
}

func (o Options) withDefaults() Options {
	if o.Software == "" {
		o.Software = Mastodon
	}
	if o.Version == "" {
		o.Version = versions[o.Software]
	}
	if o.MediaDelay == 0 {
		o.MediaDelay = 5 * time.Second
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []string{"read", "write", "follow", "push"}
	}
	o.Limits = o.Limits.withDefaults(o.Software)
	o.Quotas = o.Quotas.withDefaults()
	return o
}

func (l Limits) withDefaults(s Software) Limits {
	d := Limits{
		Characters: 500, URLLength: 23, Media: 4, Description: 1500,
		ImageBytes: 16 << 20, VideoBytes: 103809024,
		PollOptions: 4, PollChars: 50, PollMin: 5 * time.Minute, PollMax: 2629746 * time.Second,
		Scheduled: 300, ScheduledDay: 25,
	}
	switch s {
	case GoToSocial:
		d.Characters, d.URLLength, d.Media, d.PollOptions = 5000, 25, 6, 6
		d.ImageBytes, d.VideoBytes = 40<<20, 40<<20
	case Akkoma, Pleroma:
		d.Characters, d.Media, d.PollOptions, d.PollChars, d.PollMax = 5000, 1000, 20, 200, 365*24*time.Hour
	}
	pick(&l.Characters, d.Characters)
	pick(&l.URLLength, d.URLLength)
	pick(&l.Media, d.Media)
	pick(&l.Description, d.Description)
	pick(&l.ImageBytes, d.ImageBytes)
	pick(&l.VideoBytes, d.VideoBytes)
	pick(&l.PollOptions, d.PollOptions)
	pick(&l.PollChars, d.PollChars)
	pick(&l.PollMin, d.PollMin)
	pick(&l.PollMax, d.PollMax)
	pick(&l.Scheduled, d.Scheduled)
	pick(&l.ScheduledDay, d.ScheduledDay)
	return l
}

func (q Quotas) withDefaults() Quotas {
	pick(&q.Requests, Quota{300, 5 * time.Minute})
	pick(&q.Media, Quota{30, 30 * time.Minute})
	pick(&q.Delete, Quota{30, 30 * time.Minute})
	pick(&q.Statuses, Quota{300, 3 * time.Hour})
	pick(&q.Follows, Quota{400, 24 * time.Hour})
	pick(&q.Reports, Quota{400, 24 * time.Hour})
	return q
}

func pick[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
