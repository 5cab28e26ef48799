package xtest

import (
	"net/http"
	"time"
	"unicode/utf8"
)

// Tier is what the developer of an app pays for. It decides what the app may do.
type Tier string

// The tiers.
const (
	SelfServe  Tier = "self-serve" // pay per use
	Enterprise Tier = "enterprise"
)

// Spelling is how answers name what release 2.16x of the specification renamed,
// such as public_metrics.retweet_count. Requests may use either at any time.
type Spelling string

// The spellings.
const (
	Old  Spelling = "old"  // retweet_count, tweet_count, referenced_tweets
	New  Spelling = "new"  // repost_count, post_count, referenced_posts
	Both Spelling = "both" // each under both names
)

// Options shape a Server. Zero fields have the documented values.
type Options struct {
	Addr string // to listen on, default a free port of the loopback interface
	Host string // the name in URL, default the listener's address; see Server.Addr

	Tier     Tier     // of the app that NewAccount's tokens are for; default SelfServe
	Spelling Spelling // default Old, which programs have asked for since 2020

	// Length counts a text as X does, default its code points. 280 is the limit.
	Length func(string) int
	// BareReplies leaves the names of those whom a reply answers out of its
	// text. By default they stand in front, and display_text_range tells.
	BareReplies bool
	// EscapeText writes & < > in texts as HTML entities.
	EscapeText bool
	// NoOwnThreads applies the summon rule to answers to oneself too.
	NoOwnThreads bool
	// DuplicateWindow is how long the same words are refused; default 12 hours.
	DuplicateWindow time.Duration
	// EditWindow is how long a post can be edited; default 30 minutes.
	EditWindow time.Duration
	// ReadLag is how much later than by its id a post shows up in timelines and
	// search.
	ReadLag time.Duration
	// Apart leaves posts to communities and for subscribers out of every list. What
	// X does is not documented; by default they stand in it.
	Apart bool

	// MediaDelay is how long videos and animations are processed; default 5 s.
	MediaDelay time.Duration

	TokenLife time.Duration // of access tokens; default 2 hours, negative for ever
	Scopes    []string      // of the tokens that NewAccount issues; default all
	// InvalidGrant answers a used or unknown code or refresh token with
	// invalid_grant, as the standard has it, and not with invalid_request.
	InvalidGrant bool

	// Credits are what the developer has paid ahead, in millionths of a US
	// dollar; 0 means that nothing ever runs out.
	Credits int64
	// CreditsCap answers 429 usage-capped when credits have run out, and not 402.
	CreditsCap bool
	// MonthlyReads caps the posts that an app reads in a calendar month; default
	// 3 million.
	MonthlyReads int

	// Quotas replace the rate limits of single operations, named as in the fault
	// script: "POST /2/tweets".
	Quotas   map[string]Quotas
	NoQuotas bool // switches every rate limit off
	// PostsIn3Hours is the cap on an account's posts that prose mentions and no
	// table lists; 0 switches it off.
	PostsIn3Hours int

	// Webhooks carries the requests to webhooks, default http.DefaultTransport.
	Webhooks http.RoundTripper
	// LooseWebhooks admits webhooks without TLS and with a port.
	LooseWebhooks bool
	// PushEvents delivers events as soon as they happened, and not in Deliver.
	PushEvents bool
}

// Quotas are the rate limits of an operation. What is zero is not limited.
type Quotas struct {
	App     int // in 15 minutes, of an app without a user
	User    int // in 15 minutes, of a user
	AppDay  int // in 24 hours, of an app and all its users
	UserDay int // in 24 hours, of a user
}

func (o Options) withDefaults() Options {
	pick(&o.Tier, SelfServe)
	pick(&o.Spelling, Old)
	pick(&o.DuplicateWindow, 12*time.Hour)
	pick(&o.EditWindow, 30*time.Minute)
	pick(&o.MediaDelay, 5*time.Second)
	pick(&o.TokenLife, 2*time.Hour)
	pick(&o.MonthlyReads, 3_000_000)
	if o.Length == nil {
		o.Length = utf8.RuneCountInString
	}
	if len(o.Scopes) == 0 {
		o.Scopes = knownScopes
	}
	if o.Webhooks == nil {
		o.Webhooks = http.DefaultTransport
	}
	return o
}

func pick[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
