package threadstest

import (
	"net/http"
	"time"
)

// Options shape a Server. Zero fields have the defaults.
type Options struct {
	Addr      string // to listen on, default a free port of the loopback interface
	AppID     string // default "1001"
	AppSecret string // default "app-secret-of-the-simulator"

	// Scopes of the tokens that NewAccount issues; default all.
	Scopes []string

	// VideoDelay is how long a video is processed, default 20 s; ImageDelay an
	// image, default none. Text is ready at once.
	VideoDelay time.Duration
	ImageDelay time.Duration
	// Unseen is how long a new container is not found, default not at all.
	Unseen time.Duration
	// ListLag is how long a new post is missing from lists, default not at all.
	ListLag time.Duration

	// Fetch gets the media from the addresses that clients name; nil for a client
	// of its own. Every address that it can reach is fetched.
	Fetch *http.Client

	// Budgets of a rolling day; zero for the defaults, negative for none.
	Posts     int // default 250
	Replies   int // default 1000
	Deletes   int // default 100
	Locations int // default 500
	Searches  int // default 2200
	// Calls of the app in an hour; default none.
	Calls int

	// SearchOwnOnly is an app that the vendor has not approved for search.
	SearchOwnOnly bool
	// NextPage puts the address of the next page into lists.
	NextPage bool
	// ListValues makes the values of webhooks a list.
	ListValues bool
}

func (o Options) withDefaults() Options {
	pick(&o.VideoDelay, 20*time.Second)
	pick(&o.Posts, 250)
	pick(&o.Replies, 1000)
	pick(&o.Deletes, 100)
	pick(&o.Locations, 500)
	pick(&o.Searches, 2200)
	if len(o.Scopes) == 0 {
		o.Scopes = []string{
			"threads_basic", "threads_content_publish", "threads_manage_insights", "threads_manage_replies", "threads_read_replies",
			"threads_keyword_search", "threads_manage_mentions", "threads_delete", "threads_location_tagging", "threads_profile_discovery",
		}
	}
	if o.Fetch == nil {
		o.Fetch = &http.Client{Timeout: 30 * time.Second}
	}
	return o
}

func pick[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
