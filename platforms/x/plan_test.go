package x_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

// TestPrices: the table of the vendor in millionths of a dollar.
func TestPrices(t *testing.T) {
	for op, want := range map[string]x.Price{
		"posts.create": {Request: 15_000}, "posts.like": {Request: 15_000}, "posts.unlike": {Request: 10_000}, "posts.delete": {Request: 5_000},
		"posts.timeline": {Resource: 5_000}, "users.me": {Resource: 10_000}, "users.followers": {Resource: 10_000}, "users.muting": {Resource: 1_000},
		"messages.send": {Request: 15_000}, "messages.events": {Resource: 10_000}, "media.metadata": {Request: 5_000}, "posts.bookmark": {Request: 5_000},
		"posts.counts": {Request: 5_000}, "usage.get": {},
	} {
		got, ok := x.PriceOf(op)
		require.True(t, ok)
		require.Equal(t, want, got, op)
	}
	_, ok := x.PriceOf("posts.paint")
	require.False(t, ok)
	date, source := x.PricesAsOf()
	require.False(t, date.IsZero())
	require.NotEmpty(t, source)
	require.Equal(t, smm.Money{Micros: 500_000, Currency: "USD"}, x.Price{Resource: 5_000}.Of(100))
	require.Equal(t, smm.Money{Micros: 15_000, Currency: "USD"}, x.Price{Request: 15_000, Resource: 5_000}.Of(-1))

	for text, want := range map[string]int64{
		"Hello": 15_000, "Hello https://shop.example/x": 200_000, "Visit example.com now": 200_000, "https://host.nosuchtld/x": 200_000, "HTTP://host": 200_000, "mail me at a@example.com": 15_000, "v1.2 of 3.4": 15_000, "": 15_000,
	} {
		require.Equal(t, want, x.PriceOfPost(&x.PostParams{Text: text}).Request, text)
	}
	reply := &x.ReplyParams{InReplyToTweetID: "1"}
	require.EqualValues(t, 10_000, x.PriceOfPost(&x.PostParams{Text: "Thanks", Reply: reply}).Request)
	require.EqualValues(t, 200_000, x.PriceOfPost(&x.PostParams{Text: "See https://shop.example", Reply: reply}).Request)
	require.EqualValues(t, 5_000, x.PriceOfEvent(x.EventPostMention).Resource)
	require.EqualValues(t, 10_000, x.PriceOfEvent(x.EventDMReceived).Resource)
}

// TestTiers: what a tier lost is not sent; what it has is, and the zero tier
// leaves all to X.
func TestTiers(t *testing.T) {
	b := open(t)
	lost := map[string]bool{}
	for _, l := range x.TierSelfServe.Losses() {
		require.NotEmpty(t, l.Source)
		require.NotEmpty(t, l.String())
		lost[l.Op] = true
	}
	require.Empty(t, x.TierEnterprise.Losses())
	require.Empty(t, x.Tier("").Losses())
	for tier, refuses := range map[x.Tier]bool{x.TierSelfServe: true, x.TierEnterprise: false, "": false} {
		c := b.vendor(func(cfg *x.ClientConfig) { cfg.Tier = tier })
		for _, tc := range calls() {
			b.says(200, tc.say)
			err := tc.do(t.Context(), c)
			if !refuses || !lost[tc.op] {
				require.NoError(t, err, tc.op)
				require.Len(t, b.requests(), 1)
				continue
			}
			require.ErrorIs(t, err, smm.ErrForbidden)
			e := asError(t, err)
			require.Equal(t, []any{smm.OutcomeNotSent, "tier", tc.op}, []any{e.Outcome, e.Code, e.Op})
			require.Empty(t, b.requests())
		}
		for text, never := range map[x.PostParams]bool{
			{Text: "x", QuoteTweetID: "1"}: true, {Text: "$AAPL and $TSLA"}: true, {Text: "$AAPL is at $200"}: false, {Text: "x", Reply: &x.ReplyParams{InReplyToTweetID: "1"}}: false,
		} {
			b.says(201, aPost)
			_, err := c.Posts.Create(t.Context(), text)
			if never && refuses {
				require.ErrorIs(t, err, smm.ErrForbidden, text)
				require.Empty(t, b.requests())
				continue
			}
			require.NoError(t, err, text)
			b.requests()
		}
	}
	long := x.SearchParams{Query: strings.Repeat("a", x.MaxQuery+1)}
	b.says(200, posts)
	_, err := b.vendor(func(cfg *x.ClientConfig) { cfg.Tier = x.TierSelfServe }).Posts.Search(t.Context(), long)
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.Equal(t, "posts.search", asError(t, err).Op)
	require.Empty(t, b.requests())
	_, err = b.vendor().Posts.Search(t.Context(), long)
	require.NoError(t, err)

	cfg := b.config()
	cfg.Tier = "pro"
	_, err = x.NewClient(cfg)
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// ledger is a quota that admits everything and remembers.
type ledger struct {
	mu      sync.Mutex
	charges []smm.Charge
	reports []smm.QuotaReport
	refuse  bool

	priority smm.Priority
}

func (l *ledger) Reserve(_ context.Context, p smm.Priority, charges ...smm.Charge) (smm.QuotaGrant, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse {
		return smm.QuotaGrant{}, &smm.RateLimitError{After: time.Hour}
	}
	l.charges, l.priority = charges, p
	return smm.QuotaGrant{Charges: charges}, nil
}

func (l *ledger) Report(_ context.Context, _ smm.QuotaGrant, r smm.QuotaReport) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reports = append(l.reports, r)
}

// TestQuota: every method is charged to budgets that are declared.
func TestQuota(t *testing.T) {
	b := open(t)
	l := &ledger{}
	c := b.vendor(func(cfg *x.ClientConfig) { cfg.Quota = l })
	for _, tc := range calls() {
		l.charges = nil
		b.says(200, tc.say)
		require.NoError(t, tc.do(smm.ContextWithTenant(t.Context(), "t"), c))
		for _, ch := range l.charges {
			limit, ok := x.QuotaLimit(ch.Key)
			require.True(t, ok, ch.Key.Bucket)
			require.Positive(t, limit.Limit)
			require.Equal(t, smm.QuotaFixed, limit.Shape)
			require.NotEmpty(t, limit.Source)
			require.EqualValues(t, 1, ch.Cost)
			op, window, _ := strings.Cut(ch.Key.Bucket, "/")
			require.NotEmpty(t, op)
			switch window {
			case "user-15m", "user-24h":
				require.Equal(t, []string{"7", "t"}, []string{ch.Key.Account, string(ch.Key.Tenant)})
				require.False(t, tc.app)
			case "app-15m", "app-24h":
				require.Equal(t, []string{"app", ""}, []string{ch.Key.Account, string(ch.Key.Tenant)})
			default:
				t.Fatal(window)
			}
			require.Equal(t, map[bool]time.Duration{true: 24 * time.Hour, false: 15 * time.Minute}[strings.HasSuffix(window, "24h")], limit.Window)
		}
	}
}

// TestSharedBudgets: an edit counts as a create, messages are ordered before
// posts, and the app's own credential has budgets of its own.
func TestSharedBudgets(t *testing.T) {
	b := open(t)
	l := &ledger{}
	c := b.vendor(func(cfg *x.ClientConfig) { cfg.Quota = l })
	buckets := func(do func()) (out []string) {
		do()
		for _, ch := range l.charges {
			out = append(out, ch.Key.Bucket)
		}
		return out
	}
	b.says(201, aPost)
	require.Equal(t, []string{"posts.create/user-15m", "posts.create/app-24h"}, buckets(func() { _, _ = c.Posts.Edit(t.Context(), "4", x.PostParams{Text: "x"}) }), "an edit is a create")
	require.Equal(t, smm.PriorityPublish, l.priority)
	b.says(201, aSend)
	_, _ = c.Messages.Send(t.Context(), "8", hello)
	require.Equal(t, smm.PriorityReply, l.priority, "somebody waits for it")
	asApp := b.vendor(func(cfg *x.ClientConfig) { cfg.Quota, cfg.Token = l, smm.Secret{} })
	require.Equal(t, []string{"posts.get/app-15m"}, buckets(func() { _, _ = asApp.Posts.Get(t.Context(), "5", nil) }))
	require.Equal(t, "Bearer "+appToken, last(b.requests()).Header.Get("Authorization"))

	l.refuse = true
	b.requests()
	_, err := c.Posts.Create(t.Context(), x.PostParams{Text: "x"})
	require.ErrorIs(t, err, smm.ErrRateLimited)
	require.Equal(t, smm.OutcomeNotSent, asError(t, err).Outcome)
	require.Empty(t, b.requests())
}

// TestQuotaLimit: the table of the vendor, and keys that are not in it.
func TestQuotaLimit(t *testing.T) {
	for _, key := range []smm.QuotaKey{
		{Platform: "mastodon", Bucket: "posts.create/user-15m"}, {Platform: x.Platform, Bucket: "posts.create"}, {Platform: x.Platform, Bucket: "posts.create/user-24h"},
		{Platform: x.Platform, Bucket: "posts.edit/user-15m"}, {Platform: x.Platform, Bucket: "nothing/user-15m"},
	} {
		_, ok := x.QuotaLimit(key)
		require.False(t, ok, key.Bucket)
	}
	for bucket, want := range map[string]int64{
		"posts.create/user-15m": 100, "posts.create/app-24h": 10_000, "posts.delete/user-15m": 50, "posts.lookup/app-15m": 3_500, "posts.lookup/user-15m": 5_000,
		"posts.like/user-24h": 1_000, "messages.send/user-24h": 1_440, "messages.delete/app-24h": 4_000, "media.append/user-15m": 1_875, "usage.get/app-15m": 50,
	} {
		limit, ok := x.QuotaLimit(smm.QuotaKey{Platform: x.Platform, Bucket: bucket})
		require.True(t, ok)
		require.Equal(t, want, limit.Limit, bucket)
	}
}

func last[T any](s []T) T { return s[len(s)-1] }

// TestQuotaHeaders: headers of 15 minutes and of a day speak of their budgets.
func TestQuotaHeaders(t *testing.T) {
	b := open(t)
	l := &ledger{}
	b.answer = func(w http.ResponseWriter, r *http.Request) {
		for name, v := range map[string]string{"x-rate-limit-limit": "50", "x-rate-limit-remaining": "49", "x-user-limit-24hour-limit": "1000", "x-user-limit-24hour-remaining": "998"} {
			w.Header().Set(name, v)
		}
		says(200, `{"data":{"liked":true}}`)(w, r)
	}
	require.NoError(t, b.vendor(func(cfg *x.ClientConfig) { cfg.Quota = l }).Posts.Like(t.Context(), "5"))
	got := map[string]int64{}
	for _, s := range l.reports[0].States {
		got[s.Key.Bucket] = s.Remaining
	}
	require.Equal(t, map[string]int64{"posts.like/user-15m": 49, "posts.like/user-24h": 998}, got)
}

// TestLimits: the documented limits, dated.
func TestLimits(t *testing.T) {
	l := x.DocumentedLimits()
	require.Equal(t, 280, l.Text.Max)
	require.Equal(t, 23, l.Text.URL)
	require.False(t, l.Date.IsZero())
	require.Equal(t, 4, l.Media.MaxImages)
	require.Equal(t, 5*time.Minute, l.Poll.MinDuration)
	require.Equal(t, 7*24*time.Hour, l.Poll.MaxDuration)
	require.Equal(t, 23, x.CountText("https://example.com/a/very/long/path/that/goes/on"))
	require.Equal(t, 5, x.CountText("Hello"))
	require.Equal(t, "https://x.com/shop/status/5", x.Permalink("shop", "5"))
}

// TestNewClient: what a client cannot be made of.
func TestNewClient(t *testing.T) {
	b := open(t).says(200, aUser)
	for name, change := range map[string]func(*x.ClientConfig){
		"account": func(c *x.ClientConfig) { c.Account = "@shop" }, "two credentials": func(c *x.ClientConfig) { c.Auth = nobody{} },
		"base": func(c *x.ClientConfig) { c.BaseURL = "ftp://x" },
	} {
		cfg := b.config()
		change(&cfg)
		_, err := x.NewClient(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
		require.NotContains(t, err.Error(), "nobody-may-see")
	}
	cfg := b.config()
	cfg.Account = ""
	c, me, err := x.ClientFromToken(t.Context(), "another", &cfg)
	require.NoError(t, err)
	require.Equal(t, x.ID("8"), c.Account())
	require.Equal(t, "shop", me.Username)
	require.Equal(t, "Bearer another", b.requests()[0].Header.Get("Authorization"))
	_, _, err = x.ClientFromToken(t.Context(), "another", &x.ClientConfig{BaseURL: b.says(200, `{"data":{"id":"abc"}}`).URL, HTTPClient: b.client})
	require.ErrorIs(t, err, smm.ErrUnavailable)
	_, err = x.NewClient(x.ClientConfig{})
	require.NoError(t, err)
}

type nobody struct{}

func (nobody) Authorize(context.Context, *http.Request) error { return nil }
