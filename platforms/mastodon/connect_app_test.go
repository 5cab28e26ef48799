package mastodon_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestConnectToken(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	token := b.account.Login["MASTODON_TOKEN"]
	got, err := c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret(token), Server: b.URL() + "/@shop"})
	require.NoError(t, err)
	require.Equal(t, b.account.Channel, got[0].Channel.Ref)
	require.Equal(t, b.URL(), got[0].Credential.Server)
	require.Equal(t, token, got[0].Credential.AccessToken.Reveal())
	b.keepAccount(t, got[0])
	b.publish(t, &smm.Post{Text: "Hello"})

	_, err = c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret("nonsense"), Server: b.URL()})
	fails(t, err, smm.ErrUnauthorized, "does not accept the token")
	_, err = c.ConnectToken(t.Context(), smm.Credential{Server: b.URL()})
	fails(t, err, smm.ErrInvalid, "no access token")
	for _, server := range []string{"", "http://10.0.0.1", "https://169.254.169.254", "https://[::1]"} {
		_, err = c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret(token), Server: server})
		fails(t, err, smm.ErrInvalid, "")
	}
	err = c.Revoke(t.Context(), got[0].Channel.Ref, got[0].Credential)
	fails(t, err, smm.ErrUnsupported, "preferences")
}

func TestRevoke(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	got := b.connectAs(t, c, "shop", smm.CapPost)
	b.keepAccount(t, got)
	elsewhere := got.Channel.Ref
	elsewhere.Space = "elsewhere.example"
	fails(t, c.Revoke(t.Context(), elsewhere, got.Credential), smm.ErrInvalid, "elsewhere.example")
	b.publish(t, &smm.Post{Text: "still connected"})
	for range 2 { // over already is no error
		require.NoError(t, c.Revoke(t.Context(), got.Channel.Ref, got.Credential))
	}
	_, err := b.channel(t).Publish(t.Context(), &smm.Post{Text: "no more"}, nil)
	require.True(t, smm.NeedsReconnect(err), err)

	foreign := got.Credential
	foreign.AccessToken = smm.NewSecret(b.account.Login["MASTODON_TOKEN"])
	fails(t, c.Revoke(t.Context(), got.Channel.Ref, foreign), smm.ErrForbidden, "")
	b.ForgetApps()
	require.Error(t, c.Revoke(t.Context(), got.Channel.Ref, got.Credential))
}

// clientID is the app that a browser is sent with.
func clientID(t testing.TB, start smm.ConnectStart) string {
	t.Helper()
	u, err := url.Parse(start.URL)
	require.NoError(t, err)
	return u.Query().Get("client_id")
}

// register is an operation of the fault script, as are the next two.
var (
	register = sim.Op{Platform: mastodon.Platform, Name: "POST /api/v1/apps", Class: sim.Auth}
	exchange = sim.Op{Platform: mastodon.Platform, Name: "POST /oauth/token", Class: sim.Auth}
)

// TestRegistersOnce: a server hears of the app once for each set of scopes and
// addresses, from whichever process.
func TestRegistersOnce(t *testing.T) {
	b := open(t, nil)
	request := smm.ConnectRequest{Server: b.URL(), Scopes: []string{"profile"}}
	first := begin(t, b.connector(t, nil), request)
	require.Equal(t, clientID(t, first), clientID(t, begin(t, b.connector(t, nil), request)))
	require.Equal(t, 1, b.world.Faults.Requests(register))

	more := request
	more.Scopes = []string{"profile", "read:statuses"}
	require.NotEqual(t, clientID(t, first), clientID(t, begin(t, b.connector(t, nil), more)))
	renamed := b.connector(t, func(c *mastodon.ConnectorConfig) { c.ClientName = "another name" })
	require.NotEqual(t, clientID(t, first), clientID(t, begin(t, renamed, request)))
	require.Equal(t, 3, b.Apps())

	loose := b.connector(t, func(c *mastodon.ConnectorConfig) { c.Redirects = nil })
	start := begin(t, loose, request)
	got, err := loose.Finish(t.Context(), start, visit(t, start, "shop"))
	require.NoError(t, err)
	require.Equal(t, b.account.Channel, got[0].Channel.Ref)
	require.Equal(t, 3, b.Apps(), "the same address is the same app")
}

// TestTwoProcessesRegister: many begin at once in two processes without leases;
// all use the registration that was stored first.
func TestTwoProcessesRegister(t *testing.T) {
	b := open(t, nil)
	processes := []*mastodon.Connector{b.connector(t, nil), b.connector(t, nil)}
	starts := make([]smm.ConnectStart, 20)
	var wg sync.WaitGroup
	for i := range starts {
		wg.Go(func() {
			var err error
			starts[i], err = processes[i%2].Begin(t.Context(), smm.ConnectRequest{
				Server: b.URL(), Redirect: callback, State: fmt.Sprintf("s%d", i), Scopes: []string{"profile"},
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, s := range starts {
		require.Equal(t, clientID(t, starts[0]), clientID(t, s))
	}
	require.LessOrEqual(t, b.world.Faults.Requests(register), 2, "once in each process")
	_, err := processes[0].Finish(t.Context(), starts[1], visit(t, starts[1], "shop"))
	require.NoError(t, err, "any process can finish what another began")
}

// TestPurgedApp: servers before 4.3 purge apps without tokens, so the app has
// one; a server that lost its apps gets a new registration at the next Begin.
func TestPurgedApp(t *testing.T) {
	for _, version := range []string{"4.2.10", "4.5.2"} {
		b := open(t, &mastodontest.Options{Version: version, Quotas: mastodontest.NoQuotas()})
		c := b.connector(t, nil)
		request := smm.ConnectRequest{Server: b.URL(), Scopes: []string{"read:statuses"}}
		first := begin(t, c, request)
		b.PurgeApps()
		require.Equal(t, 1, b.Apps())
		require.Equal(t, clientID(t, first), clientID(t, begin(t, c, request)))

		b.ForgetApps()
		second := begin(t, c, request)
		require.NotEqual(t, clientID(t, first), clientID(t, second))
		require.Equal(t, 2, b.world.Faults.Requests(register))

		reply := visit(t, second, "shop")
		b.ForgetApps() // between consent and return
		_, err := c.Finish(t.Context(), second, reply)
		fails(t, err, smm.ErrUnauthorized, "begin again")
		refs, err := b.store.Accounts(t.Context(), "", mastodon.Platform)
		require.NoError(t, err)
		require.Equal(t, []smm.Ref{b.account.Channel}, refs, "what is forgotten there is forgotten here")
		require.NoError(t, b.connectAs(t, c, "shop").Err)
	}
}

// TestAppWithoutToken: a registration whose token was lost is good, and gets its
// token later; if it was purged meanwhile it is made anew.
func TestAppWithoutToken(t *testing.T) {
	b := open(t, &mastodontest.Options{Version: "4.2.10"})
	c := b.connector(t, nil)
	request := smm.ConnectRequest{Server: b.URL(), Scopes: []string{"read:statuses"}}
	b.world.Faults.Add(sim.Fault{Op: exchange.Name, Kind: sim.CutBefore})
	first := begin(t, c, request)
	b.PurgeApps()
	require.Zero(t, b.Apps())
	second := begin(t, c, request)
	require.NotEqual(t, clientID(t, first), clientID(t, second))

	b.ForgetApps()
	b.world.Faults.Add(sim.Fault{Op: exchange.Name, Kind: sim.CutBefore, Skip: 1}) // the first finds out that it is gone
	third := begin(t, c, request)
	require.Equal(t, clientID(t, third), clientID(t, begin(t, c, request)), "and has its token now")
	b.PurgeApps()
	require.Equal(t, 1, b.Apps())
}

// TestLostReplies strikes registration and exchange with every fault. Each ends
// in success or in a typed error; the person can begin again, and the account
// that is connected already stays so.
func TestLostReplies(t *testing.T) {
	for _, kind := range sim.FaultKinds() {
		t.Run(string(kind), func(t *testing.T) {
			b := open(t, &mastodontest.Options{Quotas: mastodontest.NoQuotas()})
			c := b.connector(t, nil)
			request := smm.ConnectRequest{Server: b.URL(), Scopes: []string{"profile", "read:statuses", "write:statuses"}, Redirect: callback, State: "s"}
			fault := sim.Fault{Op: register.Name, Kind: kind, Bytes: 5, Delay: 10 * time.Millisecond}
			b.world.Faults.Add(fault)
			_, err := c.Begin(t.Context(), request)
			if kind != sim.Slow {
				typed(t, err)
				require.True(t, smm.Temporary(err) || kind == sim.Expire, "%v", err)
			}
			b.world.Faults.Remove(0)
			start, err := c.Begin(t.Context(), request)
			require.NoError(t, err)

			reply := visit(t, start, "shop")
			fault.Op = exchange.Name
			b.world.Faults.Add(fault)
			_, err = c.Finish(t.Context(), start, reply)
			if kind == sim.Slow {
				require.NoError(t, err)
				return
			}
			e := typed(t, err)
			switch kind {
			case sim.DropReply, sim.CutReply, sim.Garbage, sim.ErrorAfter, sim.Late, sim.CutBody:
				require.Equal(t, smm.OutcomeUnknown, e.Outcome)
				require.ErrorIs(t, err, smm.ErrUnavailable)
				require.ErrorContains(t, err, "begin again")
			}
			b.world.Faults.Remove(0)
			b.publish(t, &smm.Post{Text: "not harmed"})
			require.NoError(t, b.connectAs(t, c, "shop", smm.CapPost).Err)
		})
	}
}

// TestNoSecretLeaks sends canaries through every path and searches what can be
// seen of it.
func TestNoSecretLeaks(t *testing.T) {
	b := open(t, nil)
	var logs bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := b.connector(t, func(c *mastodon.ConnectorConfig) { c.Logger = logger })
	var seen strings.Builder
	show := func(v any) {
		fmt.Fprintf(&seen, "%v %+v %#v %q\n", v, v, v, v)
		if j, err := json.Marshal(v); err == nil {
			seen.Write(j)
		}
		logger.Info("shown", "v", v)
	}
	start := begin(t, c, smm.ConnectRequest{Server: b.URL(), Scopes: []string{"profile"}})
	var private map[string]any
	require.NoError(t, json.Unmarshal([]byte(start.Private.Reveal()), &private))
	reply := visit(t, start, "shop")
	canaries := []string{private["client_secret"].(string), private["verifier"].(string), reply.Code.Reveal()}
	show(start)
	show(reply)
	for _, kind := range []sim.FaultKind{sim.ErrorBefore, sim.Garbage, sim.Throttle} {
		b.world.Faults.Add(sim.Fault{Op: exchange.Name, Kind: kind, Status: 400})
		_, err := c.Finish(t.Context(), start, reply)
		require.Error(t, err)
		show(err)
		start = begin(t, c, smm.ConnectRequest{Server: b.URL(), Scopes: []string{"profile"}})
		require.NoError(t, json.Unmarshal([]byte(start.Private.Reveal()), &private))
		reply = visit(t, start, "shop")
		canaries = append(canaries, private["verifier"].(string), reply.Code.Reveal())
	}
	got, err := c.Finish(t.Context(), start, reply)
	require.NoError(t, err)
	show(got)
	canaries = append(canaries, got[0].Credential.AccessToken.Reveal())
	_, err = c.Finish(t.Context(), start, reply)
	show(err)
	_, err = c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret("canary-token"), Server: b.URL()})
	show(err)
	show(c)
	b.keepAccount(t, got[0])
	b.config.Logger = logger
	facts, err := b.driver(t).ReadFacts(t.Context(), b.account.Channel)
	require.NoError(t, err)
	show(facts)
	require.NoError(t, c.Revoke(t.Context(), got[0].Channel.Ref, got[0].Credential))
	refs, err := b.store.Accounts(t.Context(), "", mastodon.Platform)
	require.NoError(t, err)
	for _, r := range refs {
		cred, err := b.store.Load(t.Context(), "", r)
		require.NoError(t, err)
		show(cred)
		if r.Kind == mastodon.KindApp {
			canaries = append(canaries, cred.AccessToken.Reveal())
		}
	}
	require.Len(t, canaries, 11)
	require.Contains(t, logs.String(), "oauth.token")
	for _, secret := range append(canaries, "canary-token") {
		require.Greater(t, len(secret), 10)
		require.False(t, strings.Contains(seen.String(), secret) || strings.Contains(logs.String(), secret), "a secret can be seen")
		require.NotContains(t, start.URL, secret)
	}
}
