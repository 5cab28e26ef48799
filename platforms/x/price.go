package x

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const (
	pricesSource = "https://docs.x.com/x-api/getting-started/pricing, read August 2026"
	tierSource   = "https://docs.x.com/x-api/getting-started/pricing and https://docs.x.com/changelog, read August 2026"
)

var pricesDate = time.Date(2026, time.August, 22, 0, 0, 0, 0, time.UTC)

// Price is what a call costs in the self-serve tier, in millionths of a US
// dollar. Enterprise contracts have their own prices.
//
// X charges a resource once per UTC day, "as a rule", and OwnRead for own data
// that the app's owner reads on twelve endpoints that its price list does not
// name: what Resource says is an upper bound.
type Price struct {
	Request  int64 // for the call
	Resource int64 // for each thing in the answer
}

// Prices that depend on more than the method.
const (
	PricePostWithURL = 200_000 // a post with a link in its text
	PriceReply       = 10_000  // a reply to somebody who asked for it by mention or quote
	OwnRead          = 1_000   // a thing of the app owner's own
)

// Of returns the cost of a call whose answer has n things.
func (p Price) Of(n int) smm.Money {
	return smm.Money{Micros: p.Request + p.Resource*int64(max(n, 0)), Currency: "USD"}
}

// operation is what is known of a method beside how it is called.
type operation struct {
	scopes string // of OAuth 2, by the specification
	rates  rates
	price  Price
}

func call(micros int64) Price { return Price{Request: micros} }
func each(micros int64) Price { return Price{Resource: micros} }

const (
	readPosts = "tweet.read users.read"
	readDMs   = "dm.read tweet.read users.read"
)

// operations has every method of the vendor client. Scopes are those of the
// OpenAPI document, rates of ratesSource, prices of pricesSource. The price list
// names kinds of things and deeds and no methods: a delete, a hidden reply and a
// track of subtitles are taken for "content management", what concerns another
// user for an "interaction", a file for a post. Methods that fit no kind have no
// price, and those without a documented rate have none.
var operations = map[string]operation{
	"posts.create":          {"tweet.read tweet.write users.read", rates{user: 100, appDay: 10_000}, call(15_000)},
	"posts.edit":            {"tweet.read tweet.write users.read", rates{bucket: "posts.create", user: 100, appDay: 10_000}, call(15_000)},
	"posts.delete":          {"tweet.read tweet.write users.read", rates{user: 50}, call(5_000)},
	"posts.get":             {readPosts, rates{user: 900, app: 450}, each(5_000)},
	"posts.lookup":          {readPosts, rates{user: 5_000, app: 3_500}, each(5_000)},
	"posts.timeline":        {readPosts, rates{user: 900, app: 10_000}, each(5_000)},
	"posts.mentions":        {readPosts, rates{user: 300, app: 450}, each(5_000)},
	"posts.home":            {readPosts, rates{user: 180}, each(5_000)},
	"posts.search":          {readPosts, rates{user: 300, app: 450}, each(5_000)},
	"posts.counts":          {"", rates{app: 300}, call(5_000)},
	"posts.search-all":      {"", rates{app: 300}, each(5_000)},
	"posts.counts-all":      {"", rates{}, call(10_000)},
	"posts.quotes":          {readPosts, rates{user: 75, app: 75}, each(5_000)},
	"posts.reposts":         {readPosts, rates{}, each(5_000)},
	"posts.reposted-by":     {readPosts, rates{user: 75, app: 75}, each(10_000)},
	"posts.liking-users":    {"like.read " + readPosts, rates{user: 75, app: 75}, each(10_000)},
	"posts.liked":           {"like.read " + readPosts, rates{user: 75, app: 75}, each(5_000)},
	"posts.reposts-of-me":   {"timeline.read " + readPosts, rates{}, each(5_000)},
	"posts.bookmarks":       {"bookmark.read " + readPosts, rates{}, each(5_000)},
	"posts.repost":          {"tweet.read tweet.write users.read", rates{user: 50}, call(15_000)},
	"posts.undo-repost":     {"tweet.read tweet.write users.read", rates{user: 50}, call(10_000)},
	"posts.like":            {"like.write " + readPosts, rates{user: 50, userDay: 1_000}, call(15_000)},
	"posts.unlike":          {"like.write " + readPosts, rates{user: 50, userDay: 1_000}, call(10_000)},
	"posts.hide":            {"tweet.moderate.write " + readPosts, rates{user: 50}, call(5_000)},
	"posts.bookmark":        {"bookmark.write " + readPosts, rates{}, call(5_000)},
	"posts.remove-bookmark": {"bookmark.write " + readPosts, rates{}, call(5_000)},

	"users.me":            {readPosts, rates{user: 75}, each(10_000)},
	"users.get":           {readPosts, rates{user: 900, app: 300}, each(10_000)},
	"users.by-username":   {readPosts, rates{user: 900, app: 300}, each(10_000)},
	"users.lookup":        {readPosts, rates{user: 900, app: 300}, each(10_000)},
	"users.by-usernames":  {readPosts, rates{user: 900, app: 300}, each(10_000)},
	"users.followers":     {"follows.read " + readPosts, rates{user: 300, app: 300}, each(10_000)},
	"users.following":     {"follows.read " + readPosts, rates{user: 300, app: 300}, each(10_000)},
	"users.blocking":      {"block.read " + readPosts, rates{user: 15}, each(1_000)},
	"users.muting":        {"mute.read " + readPosts, rates{user: 15}, each(1_000)},
	"users.follow":        {"follows.write " + readPosts, rates{user: 50}, call(15_000)},
	"users.unfollow":      {"follows.write " + readPosts, rates{user: 50}, call(10_000)},
	"users.mute":          {"mute.write " + readPosts, rates{user: 50}, call(15_000)},
	"users.unmute":        {"mute.write " + readPosts, rates{user: 50}, call(10_000)},
	"users.block-dms":     {"dm.write " + readPosts, rates{}, call(15_000)},
	"users.unblock-dms":   {"dm.write " + readPosts, rates{}, call(10_000)},
	"messages.events":     {readDMs, rates{user: 15}, each(10_000)},
	"messages.with":       {readDMs, rates{user: 15}, each(10_000)},
	"messages.in":         {readDMs, rates{user: 15}, each(10_000)},
	"messages.event":      {readDMs, rates{user: 15}, each(10_000)},
	"messages.send":       {"dm.write " + readPosts, rates{user: 15, userDay: 1_440, appDay: 1_440}, call(15_000)},
	"messages.send-to":    {"dm.write " + readPosts, rates{bucket: "messages.send", user: 15, userDay: 1_440, appDay: 1_440}, call(15_000)},
	"messages.create":     {"dm.write " + readPosts, rates{bucket: "messages.send", user: 15, userDay: 1_440, appDay: 1_440}, call(15_000)},
	"messages.delete":     {"dm.read dm.write", rates{user: 300, userDay: 1_500, appDay: 4_000}, call(5_000)},
	"media.upload":        {"media.write", rates{user: 500, appDay: 50_000}, Price{}},
	"media.initialize":    {"media.write", rates{user: 1_875, appDay: 180_000}, Price{}},
	"media.append":        {"media.write", rates{user: 1_875, appDay: 180_000}, Price{}},
	"media.finalize":      {"media.write", rates{user: 1_875, appDay: 180_000}, Price{}},
	"media.status":        {"media.write", rates{user: 1_000, appDay: 100_000}, Price{}},
	"media.metadata":      {"media.write", rates{user: 500, appDay: 50_000}, call(5_000)},
	"media.subtitles":     {"media.write", rates{}, call(5_000)},
	"media.no-subtitles":  {"media.write", rates{}, call(5_000)},
	"media.get":           {"tweet.read", rates{}, each(5_000)},
	"media.lookup":        {"tweet.read", rates{}, each(5_000)},
	"analytics.posts":     {readPosts, rates{user: 300, app: 300}, each(5_000)},
	"analytics.media":     {"tweet.read", rates{}, each(5_000)},
	"usage.get":           {"", rates{app: 50}, Price{}},
	"webhooks.create":     {"", rates{app: 450}, Price{}},
	"webhooks.list":       {"", rates{app: 450}, Price{}},
	"webhooks.validate":   {"", rates{app: 450}, Price{}},
	"webhooks.delete":     {"", rates{app: 450}, Price{}},
	"webhooks.replay":     {"", rates{app: 450}, Price{}},
	"activity.subscribe":  {"", rates{app: 500}, Price{}},
	"activity.list":       {"like.read tweet.read", rates{app: 500}, Price{}},
	"activity.update":     {"", rates{app: 500}, Price{}},
	"activity.delete":     {"", rates{app: 500}, Price{}},
	"activity.delete-all": {"", rates{app: 500}, Price{}},
}

// Operations lists the vendor client's methods by the names that errors, logs,
// PriceOf and Scopes have for them, sorted.
func Operations() []string { return slices.Sorted(maps.Keys(operations)) }

// PricesAsOf says when the prices were read, and where. X changes them: last on
// 2026-04-20.
func PricesAsOf() (date time.Time, source string) { return pricesDate, pricesSource }

// PriceOf returns the price of a method by its name in Operations. Of creates it
// is that of a post without a link: see PriceOfPost. ok is false for a name that
// is not there.
func PriceOf(op string) (price Price, ok bool) {
	o, ok := operations[op]
	return o.price, ok
}

// PriceOfPost returns the price of a create or edit: a link makes it 13 times as
// dear. That a reply with a link costs what a post with one does is not
// verified; less was not assumed.
func PriceOfPost(p *PostParams) Price {
	switch {
	case HasURL(p.Text):
		return call(PricePostWithURL)
	case p.Reply != nil:
		return call(PriceReply)
	}
	return operations["posts.create"].price
}

// HasURL reports whether X links a part of text, or might: top-level domains are
// added more often than a list of them is, and the price hangs on it.
func HasURL(text string) bool {
	if lower := strings.ToLower(text); strings.Contains(lower, "https://") || strings.Contains(lower, "http://") {
		return true
	}
	return slices.ContainsFunc(textx.Extract(text, textx.TwitterRules()), func(e textx.Entity) bool { return e.Kind == textx.URL })
}

// PriceOfEvent returns the price of an event that is delivered, by its type.
// Those that the price list does not name have the price of the dearer ones.
func PriceOfEvent(eventType string) Price {
	if strings.HasPrefix(eventType, "post.") {
		return each(5_000)
	}
	return each(10_000)
}

// Tier is what the owner of the app pays for.
type Tier string

// The tiers. The older plans Free, Basic and Pro have rules of their own and are
// left to X: the zero Tier.
const (
	TierSelfServe  Tier = "self-serve" // pay per use
	TierEnterprise Tier = "enterprise"
)

// Loss is what a tier does not have.
type Loss struct {
	Op     string // the method; "" for a part of one
	What   string
	Source string
}

// String implements fmt.Stringer.
func (l Loss) String() string { return l.What }

var selfServeLosses = []Loss{
	{"posts.like", "likes through the API need an Enterprise contract since 2026-04-20", tierSource},
	{"posts.unlike", "likes through the API need an Enterprise contract since 2026-04-20", tierSource},
	{"users.follow", "follows through the API need an Enterprise contract since 2026-04-20", tierSource},
	{"users.unfollow", "follows through the API need an Enterprise contract since 2026-04-20", tierSource},
	{"analytics.posts", "analytics of posts need an Enterprise contract", tierSource},
	{"analytics.media", "analytics of media need an Enterprise contract", tierSource},
	{"", lossQuotes, tierSource},
	{"", "replies go only to who mentioned the account or quoted one of its posts, since 2026-02-23", tierSource},
	{"", lossCashtags, tierSource},
	{"", lossQuery, tierSource},
}

const (
	lossQuery    = "a search has at most 512 characters"
	lossQuotes   = "quoting posts through the API needs an Enterprise contract since 2026-04-20"
	lossCashtags = "a post has one cashtag at most"
)

// Losses lists what the tier does not have. Blocking is in no tier's
// specification.
func (t Tier) Losses() []Loss {
	if t != TierSelfServe {
		return nil
	}
	return slices.Clone(selfServeLosses)
}

func (t Tier) lost(op string) (Loss, bool) {
	if t != TierSelfServe {
		return Loss{}, false
	}
	i := slices.IndexFunc(selfServeLosses, func(l Loss) bool { return l.Op == op })
	if i < 0 {
		return Loss{}, false
	}
	return selfServeLosses[i], true
}

// lostIn says what of a post the tier does not take, "" if it takes all. Replies
// are X's to judge: only it knows who asked for them.
func (t Tier) lostIn(p *PostParams) string {
	if t != TierSelfServe {
		return ""
	}
	if p.QuoteTweetID != "" {
		return lossQuotes
	}
	cashtags := 0
	for _, e := range textx.Extract(p.Text, textx.TwitterRules()) {
		if e.Kind == textx.Cashtag {
			cashtags++
		}
	}
	if cashtags > 1 {
		return lossCashtags
	}
	return ""
}

// UsageService reads what the app consumed.
type UsageService struct{ c *Client }

// Get reads how many posts the app's project has read this month, with the last
// days one by one: 1 to 90, 0 for 7. It takes the app's credential.
func (s *UsageService) Get(ctx context.Context, days int) (Result[Usage], error) {
	q := url.Values{"usage.fields": {"cap_reset_day,daily_client_app_usage,daily_project_usage,project_cap,project_id,project_usage"}}
	if days < 0 || days > 90 {
		return Result[Usage]{}, invalid("%d days: want 1 to 90", days)
	}
	setInt(q, "days", days)
	resp, err := s.c.getAsApp(ctx, "usage.get", "2/usage/tweets", q)
	return one("usage.get", idOfUsage, resp, err)
}
