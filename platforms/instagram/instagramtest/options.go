package instagramtest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
)

// Login is which of the two logins the simulated app has.
type Login string

// The logins.
const (
	Facebook  Login = "facebook"
	Instagram Login = "instagram"
)

// Options shape a Server. The zero value is an app of Facebook's login with the
// documented limits.
type Options struct { //nolint:recvcheck // defaults are set on a copy
	Login Login
	Addr  string // to listen on, default a free port of the loopback interface

	AppSecret    string // default that of package metatest
	RequireProof bool   // refuse requests without appsecret_proof
	WrapToken    bool   // the first answer of Instagram's login comes in a list named data

	Scopes []string // of the tokens of NewAccount; nil for all

	// ImageDelay and VideoDelay are how long files are processed: default 1 s and 20 s.
	ImageDelay time.Duration
	VideoDelay time.Duration
	// Lag is how long lists miss a new post; default none.
	Lag time.Duration

	Posts int // of 24 hours, default 50
	Calls int // of an account in 24 hours; 0 for none counted

	// DeadMetrics are names of insights that are refused as if they had ended.
	DeadMetrics []string

	// Fetch gets the file at an address; nil asks the network.
	Fetch func(address string) ([]byte, error)
}

func (o Options) withDefaults() Options {
	pick(&o.Login, Facebook)
	pick(&o.ImageDelay, time.Second)
	pick(&o.VideoDelay, 20*time.Second)
	pick(&o.Posts, 50)
	if o.Scopes == nil {
		o.Scopes = slices.Clone(scopes[o.Login])
	}
	if o.Fetch == nil {
		o.Fetch = fetch
	}
	return o
}

func (o *Options) base() *metatest.Options {
	calls := metatest.NoQuota()
	if o.Calls > 0 {
		calls = metatest.Quota{Limit: o.Calls, Window: 24 * time.Hour}
	}
	return &metatest.Options{
		Platform: Platform, Addr: o.Addr, Login: metatest.Login(o.Login), AppSecret: o.AppSecret, RequireProof: o.RequireProof,
		WrapToken: o.WrapToken, App: metatest.NoQuota(), Account: calls, UseCase: "instagram", ThrottleCode: 80002,
	}
}

func pick[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// scopes are all that an app may ask for, by login.
var scopes = map[Login][]string{
	Facebook: {
		"instagram_basic", "instagram_content_publish", "instagram_manage_comments", "instagram_manage_insights", "instagram_manage_messages",
		"instagram_manage_contents", "instagram_manage_engagement", "pages_show_list", "pages_read_engagement", "pages_manage_metadata", "business_management",
	},
	Instagram: {
		"instagram_business_basic", "instagram_business_content_publish", "instagram_business_manage_comments",
		"instagram_business_manage_messages", "instagram_business_manage_insights",
	},
}

// right is a kind of permission, which the logins name differently.
type right int

const (
	basic right = iota
	publish
	comment
	insight
	message
	contents
	engage
)

var rights = map[Login]map[right]string{
	Facebook: {
		basic: "instagram_basic", publish: "instagram_content_publish", comment: "instagram_manage_comments", insight: "instagram_manage_insights",
		message: "instagram_manage_messages", contents: "instagram_manage_contents", engage: "instagram_manage_engagement",
	},
	Instagram: {
		basic: "instagram_business_basic", publish: "instagram_business_content_publish", comment: "instagram_business_manage_comments",
		insight: "instagram_business_manage_insights", message: "instagram_business_manage_messages",
	},
}

const maxFetch = 512 << 20

// fetch asks the network for a file, as the vendor's crawler would.
func fetch(address string) ([]byte, error) {
	client := &http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // only read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("instagramtest: status %d", resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxFetch))
}
