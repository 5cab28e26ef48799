package facebook_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const callback = "https://app.example/connected/facebook"

func (b *bench) connector(t testing.TB, change func(*facebook.ConnectorConfig)) *facebook.Connector {
	t.Helper()
	cfg := facebook.ConnectorConfig{
		AppID: b.AppID(), AppSecret: smm.NewSecret(b.AppSecret()), BaseURL: b.URL(), Clock: b.world.Clock,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := facebook.NewConnector(cfg)
	require.NoError(t, err)
	return c
}

// visit is the person's browser: it opens the page of consent, and comes back with
// what the vendor sent it with.
func visit(t testing.TB, start smm.ConnectStart, as string, decline ...string) smm.ConnectReply {
	t.Helper()
	u, err := url.Parse(start.URL)
	require.NoError(t, err)
	q := u.Query()
	q.Set("login_as", as)
	q.Set("decline", strings.Join(decline, ","))
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.String(), http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusFound, resp.StatusCode)
	to, err := resp.Location()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(to.String(), callback+"?"))
	reply, err := smm.ParseConnectReply(to.Query())
	require.NoError(t, err)
	return reply
}

func begin(t testing.TB, c *facebook.Connector, account smm.Ref, caps ...smm.Capability) smm.ConnectStart {
	t.Helper()
	scopes, err := c.Scopes(caps...)
	require.NoError(t, err)
	s, err := c.Begin(t.Context(), smm.ConnectRequest{Scopes: scopes, Redirect: callback, State: "used-once", Account: account})
	require.NoError(t, err)
	return s
}

func TestConnectSeveralPages(t *testing.T) {
	b := open(t, nil)
	other, err := b.NewAccount("bakery")
	require.NoError(t, err)
	admin := b.account.Login["FACEBOOK_USER"]
	b.Manage(admin, other.Channel.ID, "ANALYZE")
	c := b.connector(t, nil)
	start := begin(t, c, smm.Ref{}, smm.CapPost, smm.CapMessage)
	require.NotContains(t, start.URL, b.AppSecret())
	found, err := c.Finish(t.Context(), start, visit(t, start, admin, "pages_messaging"))
	require.NoError(t, err)
	require.Len(t, found, 2)
	tokens := map[string]bool{}
	for _, f := range found {
		require.NoError(t, f.Err)
		require.Equal(t, []string{"pages_messaging"}, f.Missing)
		require.NotContains(t, f.Credential.Scopes, "pages_messaging")
		require.True(t, f.Credential.Expires.IsZero(), "the token of a Page does not end")
		require.Equal(t, admin, f.Credential.Extra[facebook.ExtraUser].Reveal())
		tokens[f.Credential.AccessToken.Reveal()] = true
	}
	require.Len(t, tokens, 2, "each Page has its own")

	// What was stored works, and says what it cannot do.
	for _, f := range found {
		_, err = b.store.Swap(t.Context(), "acme", f.Channel.Ref, 0, f.Credential)
		require.NoError(t, err)
	}
	client := b.client(t).ForTenant("acme")
	_, err = client.Channel(b.account.Channel).Publish(t.Context(), &smm.Post{Text: "connected"}, nil)
	require.NoError(t, err)
	caps, err := client.Channel(other.Channel).Capabilities(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"CREATE_CONTENT"}, caps.Support(smm.CapPost).Missing)
	b.world.Clock.Advance(70 * 24 * time.Hour) // longer than the person's token lives
	_, err = client.Channel(b.account.Channel).Publish(t.Context(), &smm.Post{Text: "much later"}, nil)
	require.NoError(t, err)
}

func TestConnectAgain(t *testing.T) {
	b := open(t, nil)
	other, err := b.NewAccount("bakery")
	require.NoError(t, err)
	c := b.connector(t, nil)
	b.Manage(b.account.Login["FACEBOOK_USER"], other.Channel.ID, "MANAGE")
	start := begin(t, c, other.Channel, smm.CapPost)
	found, err := c.Finish(t.Context(), start, visit(t, start, b.account.Login["FACEBOOK_USER"]))
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, other.Channel, found[0].Channel.Ref)

	third, err := b.NewAccount("kiosk")
	require.NoError(t, err)
	start = begin(t, c, third.Channel, smm.CapPost)
	_, err = c.Finish(t.Context(), start, visit(t, start, b.account.Login["FACEBOOK_USER"]))
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = c.Begin(t.Context(), smm.ConnectRequest{Redirect: callback, State: "x", Account: b.visitor})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestConnectByBusiness(t *testing.T) {
	b := open(t, nil)
	hidden, err := b.NewAccount("branch")
	require.NoError(t, err)
	admin := b.account.Login["FACEBOOK_USER"]
	b.NewBusiness(admin, hidden.Channel.ID, "pages_manage_posts", "pages_read_engagement")
	b.NewBusiness(admin, b.account.Channel.ID, "pages_read_engagement") // which the person lists as well
	c := b.connector(t, func(cfg *facebook.ConnectorConfig) { cfg.Businesses = true })
	start := begin(t, c, smm.Ref{}, smm.CapPost)
	require.Contains(t, start.Scopes, facebook.ScopeBusiness)
	found, err := c.Finish(t.Context(), start, visit(t, start, admin))
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, hidden.Channel, found[1].Channel.Ref)
}

func TestConnectRefusals(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	admin := b.account.Login["FACEBOOK_USER"]
	_, err := c.Scopes(smm.CapPoll)
	require.ErrorIs(t, err, smm.ErrUnsupported)
	scopes, err := c.Scopes(smm.CapPost)
	require.NoError(t, err)
	require.Equal(t, []string{"pages_manage_posts", "pages_read_engagement", "pages_show_list"}, scopes)

	start := begin(t, c, smm.Ref{}, smm.CapPost)
	_, err = c.Finish(t.Context(), start, visit(t, start, "!deny"))
	require.ErrorIs(t, err, smm.ErrForbidden)
	reply := visit(t, start, admin)
	other := reply
	other.State = "guessed"
	_, err = c.Finish(t.Context(), start, other)
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = c.Finish(t.Context(), start, reply)
	require.NoError(t, err)
	_, err = c.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrUnauthorized, "a code is good once")
	require.NotContains(t, err.Error(), reply.Code.Reveal())

	lonely, err := b.NewAccount("lonely")
	require.NoError(t, err)
	b.Manage(lonely.Login["FACEBOOK_USER"], lonely.Channel.ID) // no task is no role, and the vendor lists the Page all the same
	b.world.Faults.Add(sim.Fault{Op: "GET user/accounts", Kind: sim.ErrorBefore, Status: 503, Times: -1})
	start = begin(t, c, smm.Ref{}, smm.CapPost)
	_, err = c.Finish(t.Context(), start, visit(t, start, admin))
	require.ErrorIs(t, err, smm.ErrUnavailable)
}

func TestConnectToken(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	found, err := c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret(b.account.Login["FACEBOOK_TOKEN"])})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, b.account.Channel, found[0].Channel.Ref)
	require.Contains(t, found[0].Credential.Scopes, facebook.ScopeManagePosts)
	person := b.IssueToken(b.account.Login["FACEBOOK_USER"], facebook.ScopeShowList, facebook.ScopeReadEngagement)
	found, err = c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret(person)})
	require.NoError(t, err)
	require.Equal(t, b.account.Channel, found[0].Channel.Ref)
	require.NotEqual(t, person, found[0].Credential.AccessToken.Reveal())
	_, err = c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret("EAAnonsense")})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.NotContains(t, err.Error(), "EAAnonsense")
	_, err = c.ConnectToken(t.Context(), smm.Credential{})
	require.ErrorIs(t, err, smm.ErrInvalid)
}
