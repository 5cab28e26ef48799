package meta_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

var _ meta.TokenSource = (*keep.Keeper)(nil)

// tokens gives one token, and after a refusal the next.
type tokens struct {
	*state
}

type state struct {
	mu      sync.Mutex
	list    []string
	refused []string
	err     error
}

func (s tokens) Credential(context.Context) (smm.Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return smm.Credential{AccessToken: smm.NewSecret(s.list[0])}, s.err
}

func (s tokens) Refused(_ context.Context, used smm.Credential) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, used.AccessToken.Reveal())
	if len(s.list) < 2 {
		return false, nil
	}
	s.list = s.list[1:]
	return true, nil
}

// TestRefusedTokenIsReplaced: a commit is sent again with the next token, since a
// refused one proves that nothing was done; and only then.
func TestRefusedTokenIsReplaced(t *testing.T) {
	b := open(t, nil)
	first := b.token
	b.Revoke(b.page, 460)
	second := b.IssueToken(b.page, "pages_manage_posts")
	src := tokens{&state{list: []string{first, second}}}
	c := b.client(t, func(c *meta.Config) { c.Token, c.Tokens = smm.Secret{}, src })
	_, o, err := b.post(t.Context(), c, "Hello")
	require.NoError(t, err)
	require.Equal(t, smm.EvidenceReply, o.Evidence)
	require.Equal(t, []string{first}, src.refused)
	require.Equal(t, 1, b.world.Ledger.Counts("").Posts)

	_, err = list(t.Context(), c, b.page, meta.ListParams{})
	fails(t, err, smm.ErrForbidden) // a scope that is missing is not the token's fault
	_, _, err = b.post(t.Context(), c, "")
	fails(t, err, smm.ErrRejected) // nor is a bad request, which has the same status
	require.Len(t, src.refused, 1)

	b.Revoke(b.page, 458)
	_, o, err = b.post(t.Context(), c, "Hello")
	e := fails(t, err, smm.ErrUnauthorized)
	require.Equal(t, "190/458", e.Code)
	require.Equal(t, smm.OutcomeRefused, o.State)
	require.Len(t, src.refused, 2)

	src.err = errors.New("store is down")
	_, o, err = b.post(t.Context(), c, "Hello")
	require.ErrorIs(t, err, src.err)
	require.Equal(t, smm.OutcomeNotSent, o.State)
}

func TestExpiredAndMalformedTokens(t *testing.T) {
	b := open(t, func(o *metatest.Options) { o.LongLife = time.Hour })
	c := b.client(t, nil)
	b.world.Clock.Advance(time.Hour)
	_, _, err := b.post(t.Context(), c, "x")
	require.Equal(t, "190/463", fails(t, err, smm.ErrUnauthorized).Code)
	c = b.client(t, func(c *meta.Config) { c.Token = smm.NewSecret("EAAnonsense-token") })
	_, _, err = b.post(t.Context(), c, "x")
	e := fails(t, err, smm.ErrUnauthorized)
	require.Empty(t, e.Message, "the vendor quotes the token")
	require.NotContains(t, err.Error(), "nonsense")
}

func (b *bench) app(t testing.TB, f meta.Flavour, change func(*meta.AppConfig)) *meta.App {
	t.Helper()
	cfg := meta.AppConfig{
		Platform: platform, Flavour: f, ID: b.AppID(), Secret: smm.NewSecret(b.AppSecret()), Clock: b.world.Clock,
		BaseURL: b.URL() + "/",
	}
	if change != nil {
		change(&cfg)
	}
	app, err := meta.NewApp(cfg)
	require.NoError(t, err)
	return app
}

const callback = "https://app.example/callback?tenant=1"

// visit is the browser: it goes to the dialog and comes back.
func visit(t testing.TB, start smm.ConnectStart, as, decline string) smm.ConnectReply {
	t.Helper()
	u, err := url.Parse(start.URL)
	require.NoError(t, err)
	q := u.Query()
	q.Set("login_as", as)
	q.Set("decline", decline)
	u.RawQuery = q.Encode()
	req, err := http.NewRequest(http.MethodGet, u.String(), nil)
	require.NoError(t, err)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusFound, resp.StatusCode)
	back, err := url.Parse(resp.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "1", back.Query().Get("tenant"))
	require.NotEmpty(t, back.Fragment+map[bool]string{true: "denied"}[as == "!deny"])
	reply, err := smm.ParseConnectReply(back.Query())
	require.NoError(t, err)
	return reply
}

func begin(t testing.TB, app *meta.App, scopes ...string) smm.ConnectStart {
	t.Helper()
	start, err := app.Start(smm.ConnectRequest{Redirect: callback, State: "state-1", Scopes: scopes})
	require.NoError(t, err)
	return start
}

func TestFacebookLogin(t *testing.T) {
	b := open(t, nil)
	app := b.app(t, meta.FacebookLogin, nil)
	start := begin(t, app, "pages_show_list", "pages_manage_posts", "pages_messaging")
	require.Contains(t, start.URL, "scope=pages_show_list%2Cpages_manage_posts%2Cpages_messaging")
	require.Equal(t, epoch.Add(10*time.Minute), start.Expires)
	reply := visit(t, start, b.user, "pages_messaging")
	token, err := app.Finish(t.Context(), start, reply)
	require.NoError(t, err)
	require.Equal(t, epoch.Add(60*24*time.Hour), token.Expires)

	in, err := app.Inspect(t.Context(), token.Access)
	require.NoError(t, err)
	require.True(t, in.Valid)
	require.Equal(t, []string{"pages_show_list", "pages_manage_posts"}, in.Scopes)
	require.Equal(t, b.user, in.UserID)
	require.Equal(t, "USER", in.Type)
	require.Equal(t, epoch.Add(90*24*time.Hour), in.DataAccessEnds)
	cred := in.Credential(token.Access, token.Obtained)
	ends, ok := meta.DataAccessEnds(cred)
	require.True(t, ok)
	require.Equal(t, in.DataAccessEnds, ends)
	require.Equal(t, token.Expires, cred.Expires)

	c := b.client(t, func(c *meta.Config) { c.Token = token.Access })
	perms, err := c.Permissions(t.Context())
	require.NoError(t, err)
	require.Contains(t, perms, meta.Permission{Name: "pages_messaging", Status: "declined"})
	pages, err := c.Accounts(t.Context(), meta.ListParams{})
	require.NoError(t, err)
	require.Len(t, pages.Items, 1)
	page := pages.Items[0]
	require.Equal(t, meta.ID("10"), page.ID)
	require.Equal(t, meta.ID("1784"), page.Instagram)
	require.Equal(t, []string{"CREATE_CONTENT", "MODERATE"}, page.Tasks)
	require.NotContains(t, fmt.Sprintf("%+v %#v", page, page), page.Token.Reveal())

	b.world.Clock.Advance(365 * 24 * time.Hour)
	own := b.client(t, func(c *meta.Config) { c.Token = page.Token })
	_, _, err = b.post(t.Context(), own, "a page's token does not end")
	require.NoError(t, err)
	in, err = app.Inspect(t.Context(), page.Token)
	require.NoError(t, err)
	require.Equal(t, "10", in.ProfileID)
	require.True(t, in.Expires.IsZero())
	in, err = app.Inspect(t.Context(), token.Access)
	require.NoError(t, err)
	require.False(t, in.Valid)
	require.Equal(t, "190/463", in.Error.Label())

	_, err = app.Renew(t.Context(), cred)
	fails(t, err, smm.ErrUnsupported)
}

func TestDeauthorize(t *testing.T) {
	b := open(t, nil)
	user := b.client(t, func(c *meta.Config) {
		c.Token = smm.NewSecret(b.IssueToken(b.user, "pages_show_list", "pages_manage_posts"))
	})
	pages, err := user.Accounts(t.Context(), meta.ListParams{})
	require.NoError(t, err)
	page := b.client(t, func(c *meta.Config) { c.Token = pages.Items[0].Token })
	_, _, err = b.post(t.Context(), page, "before")
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, user.Deauthorize(t.Context()))
	}
	_, _, err = b.post(t.Context(), page, "after")
	require.Equal(t, "190/458", fails(t, err, smm.ErrUnauthorized).Code)
	_, _, err = b.post(t.Context(), b.client(t, nil), "another's token")
	require.NoError(t, err)
}

func TestLoginsThatRenew(t *testing.T) {
	for f, login := range map[meta.Flavour]metatest.Login{meta.InstagramLogin: metatest.Instagram, meta.ThreadsLogin: metatest.Threads} {
		for _, wrap := range []bool{false, true} {
			b := open(t, func(o *metatest.Options) { o.Login, o.WrapToken = login, wrap })
			app := b.app(t, f, nil)
			start := begin(t, app, "a_basic", "b_publish")
			reply := visit(t, start, b.user, "")
			reply.Code = smm.NewSecret(reply.Code.Reveal() + "#_") // where a host takes the fragment for a part of it
			token, err := app.Finish(t.Context(), start, reply)
			require.NoError(t, err)
			require.Equal(t, b.user, token.UserID)
			if f == meta.ThreadsLogin {
				in, err := app.Inspect(t.Context(), token.Access)
				require.NoError(t, err)
				require.Equal(t, token.Expires, in.Expires)
			}
			require.Equal(t, epoch.Add(60*24*time.Hour), token.Expires)
			if f == meta.InstagramLogin {
				require.Equal(t, []string{"a_basic", "b_publish"}, token.Scopes)
			}
			_, err = app.Redeem(t.Context(), reply.Code, start.Redirect)
			fails(t, err, smm.ErrUnauthorized) // a code is good once

			cred := token.Credential()
			_, err = app.Renew(t.Context(), cred)
			e := fails(t, err, smm.ErrRateLimited) // too young
			require.Equal(t, smm.OutcomeNotSent, e.Outcome)
			wait, ok := smm.RetryAfter(err)
			require.True(t, ok)
			require.Equal(t, 24*time.Hour, wait)
			b.world.Clock.Advance(wait)
			next, err := app.Renew(t.Context(), cred)
			require.NoError(t, err)
			require.NotEqual(t, cred.AccessToken, next.AccessToken)
			require.Equal(t, epoch.Add(61*24*time.Hour), next.Expires)
			require.Equal(t, cred.Scopes, next.Scopes)

			b.Revoke(b.user, 458)
			b.world.Clock.Advance(48 * time.Hour)
			_, err = app.Renew(t.Context(), next)
			fails(t, err, smm.ErrUnauthorized)
			b.world.Clock.Advance(60 * 24 * time.Hour)
			_, err = app.Renew(t.Context(), next)
			require.Equal(t, smm.OutcomeNotSent, fails(t, err, smm.ErrUnauthorized).Outcome, "what is over cannot be renewed")
		}
	}
}

// TestKeeperRenews: an App renews in a keeper, which a Client takes its token from.
func TestKeeperRenews(t *testing.T) {
	b := open(t, func(o *metatest.Options) { o.Login = metatest.Threads })
	app := b.app(t, meta.ThreadsLogin, nil)
	start := begin(t, app, "pages_manage_posts")
	token, err := app.Finish(t.Context(), start, visit(t, start, b.page, ""))
	require.NoError(t, err)
	store, ref := smm.NewMemoryCredentials(), smm.Ref{Platform: platform, Kind: smm.KindChannel, ID: b.page}
	_, err = store.Swap(t.Context(), "", ref, 0, token.Credential())
	require.NoError(t, err)
	k, err := keep.New(keep.Config{Store: store, Account: ref, Clock: b.world.Clock, Renew: app.Renew})
	require.NoError(t, err)
	c := b.client(t, func(c *meta.Config) { c.Token, c.Tokens = smm.Secret{}, k })
	for day := range 200 {
		_, _, err = b.post(t.Context(), c, fmt.Sprint("day ", day))
		require.NoError(t, err)
		b.world.Clock.Advance(24 * time.Hour)
	}
	got, err := store.Load(t.Context(), "", ref)
	require.NoError(t, err)
	require.NotEqual(t, token.Access, got.AccessToken)
}

// TestLoginRefusals: every way in which a login fails has its error, and the
// secrets are in none of them.
func TestLoginRefusals(t *testing.T) {
	b := open(t, func(o *metatest.Options) { o.Redirects = []string{callback} })
	app := b.app(t, meta.FacebookLogin, nil)
	start := begin(t, app, "pages_show_list")
	_, err := app.Finish(t.Context(), start, visit(t, start, "!deny", ""))
	require.Equal(t, "access_denied", fails(t, err, smm.ErrForbidden).Code)

	reply := visit(t, start, b.user, "")
	other := start
	other.Platform = "other"
	_, err = app.Finish(t.Context(), other, reply)
	fails(t, err, smm.ErrInvalid)
	forged := reply
	forged.State = "another"
	_, err = app.Finish(t.Context(), start, forged)
	fails(t, err, smm.ErrForbidden)
	_, err = app.Redeem(t.Context(), reply.Code, "https://elsewhere.example/")
	fails(t, err, smm.ErrRejected)
	wrong := b.app(t, meta.FacebookLogin, func(c *meta.AppConfig) { c.Secret = smm.NewSecret("not-the-secret") })
	_, err = wrong.Finish(t.Context(), start, reply)
	fails(t, err, smm.ErrForbidden)
	require.NotContains(t, err.Error(), "not-the-secret")
	b.world.Clock.Advance(11 * time.Minute)
	_, err = app.Finish(t.Context(), start, reply)
	fails(t, err, smm.ErrUnauthorized)
	_, err = app.Redeem(t.Context(), smm.NewSecret("#_"), callback)
	fails(t, err, smm.ErrInvalid)
	_, err = app.Lengthen(t.Context(), smm.NewSecret("EAAmalformed-token"))
	require.NotContains(t, fails(t, err, smm.ErrUnauthorized).Error(), "malformed-token")

	for _, r := range []smm.ConnectRequest{
		{State: "s"}, {Redirect: "/relative", State: "s"}, {Redirect: callback}, {Redirect: callback + "#f", State: "s"}, {Redirect: callback, State: "s", Scopes: []string{"a,b"}},
	} {
		_, err := app.Start(r)
		fails(t, err, smm.ErrInvalid)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v", app, app, app), app.String()} {
		require.NotContains(t, s, b.AppSecret())
	}
	for _, cfg := range []meta.AppConfig{{}, {Platform: "x", ID: "1"}, {Platform: "x", ID: "1", Secret: smm.NewSecret("s"), Version: "x"}} {
		_, err := meta.NewApp(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
	ig := b.app(t, meta.InstagramLogin, nil)
	_, err = ig.Inspect(t.Context(), smm.NewSecret("x"))
	fails(t, err, smm.ErrUnsupported)
}

// TestLoginAnswers: odd answers of token endpoints are errors without the answer's
// words, and odd lives are none.
func TestLoginAnswers(t *testing.T) {
	for _, body := range []string{
		"", "null", "[]", `{"access_token":""}`, `{"access_token":1}`, `{"access_token":"a b"}`, `{"access_token":"a\nb"}`, `{"data":[]}`, `{"data":[{},{}]}`,
		`{"access_token":"` + strings.Repeat("x", 9<<10) + `"}`, "<html>", strings.Repeat("[", 1000), `{"data":[1]}`,
	} {
		app, err := meta.NewApp(meta.AppConfig{Platform: platform, ID: "1", Secret: smm.NewSecret("app-secret-1"), HTTPClient: &http.Client{Transport: &canned{status: 200, body: body}}})
		require.NoError(t, err)
		_, err = app.Redeem(t.Context(), smm.NewSecret("code"), callback)
		fails(t, err, smm.ErrUnavailable)
		_, err = app.Inspect(t.Context(), smm.NewSecret("token-of-somebody"))
		fails(t, err, smm.ErrUnavailable)
	}
	for life, want := range map[string]time.Duration{"60": time.Minute, `"60"`: time.Minute, "-1": 0, "1e99": 0, "null": 0, `"soon"`: 0, "0": 0} {
		rec := &canned{status: 200, body: `{"access_token":"T","expires_in":` + life + `}`}
		app, err := meta.NewApp(meta.AppConfig{Platform: platform, ID: "1", Secret: smm.NewSecret("app-secret-1"), HTTPClient: &http.Client{Transport: rec}, Clock: sim.NewClock(epoch, true)})
		require.NoError(t, err)
		token, err := app.Redeem(t.Context(), smm.NewSecret("code"), callback)
		require.NoError(t, err)
		if want == 0 {
			require.True(t, token.Expires.IsZero(), life)
		} else {
			require.Equal(t, epoch.Add(want), token.Expires, life)
		}
		require.Empty(t, rec.seen[0].URL.RawQuery, "codes and secrets go into the body")
	}
}

// TestOwnEndpoints: the addresses are the vendor's, and the token of an exchange is
// in the header.
func TestOwnEndpoints(t *testing.T) {
	for f, hosts := range map[meta.Flavour][]string{
		meta.FacebookLogin:  {"https://www.facebook.com/v25.0/dialog/oauth", "https://graph.facebook.com/v25.0/oauth/access_token", "https://graph.facebook.com/v25.0/oauth/access_token"},
		meta.InstagramLogin: {"https://www.instagram.com/oauth/authorize", "https://api.instagram.com/oauth/access_token", "https://graph.instagram.com/access_token"},
		meta.ThreadsLogin:   {"https://www.threads.net/oauth/authorize", "https://graph.threads.net/oauth/access_token", "https://graph.threads.net/access_token"},
	} {
		rec := &canned{status: 200, body: `{"access_token":"SHORT-TOKEN-1","user_id":12}`}
		app, err := meta.NewApp(meta.AppConfig{Platform: platform, Flavour: f, ID: "1", Secret: smm.NewSecret("app-secret-1"), HTTPClient: &http.Client{Transport: rec}, ConfigID: "cfg"})
		require.NoError(t, err)
		start := begin(t, app, "s")
		require.True(t, strings.HasPrefix(start.URL, hosts[0]+"?"), start.URL)
		require.Equal(t, f == meta.FacebookLogin, strings.Contains(start.URL, "config_id=cfg"))
		_, err = app.Finish(t.Context(), start, smm.ConnectReply{Code: smm.NewSecret("c"), State: "state-1"})
		require.NoError(t, err)
		for i, r := range rec.seen {
			require.Equal(t, hosts[i+1], r.URL.Scheme+"://"+r.URL.Host+r.URL.Path)
			require.NotContains(t, r.URL.String(), "SHORT-TOKEN-1")
		}
		if f != meta.FacebookLogin {
			require.Equal(t, "Bearer SHORT-TOKEN-1", rec.seen[1].Header.Get("Authorization"))
		}
	}
}
