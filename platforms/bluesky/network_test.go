package bluesky_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/evidence"
	"github.com/smmkit/smmkit/internal/realnet"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/smmtest"
)

// TestNetwork runs the client on the open Bluesky stack itself: PDS, PLC
// directory, app view and moderation as their authors run them.
func TestNetwork(t *testing.T) {
	n := newNetwork(realnet.Start(t))
	t.Run("conformance", func(t *testing.T) {
		smmtest.Run(t, func(t *testing.T) *smmtest.Harness { return n.harness(t) })
	})
	t.Run("reality", n.reality)
	t.Run("oauth", n.oauth)
	t.Run("vendor", n.vendor)
	if run := flag.Lookup("test.run").Value.String(); strings.Contains(run, "/") {
		t.Logf("evidence is not checked by a part of the test: -run %s", run)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	claim := evidence.File{Level: evidence.RealServer, Against: realnet.Server, Version: n.Version}
	evidence.Check(t, string(bluesky.Platform), "network", claim, slices.Sorted(maps.Keys(n.seen)))
}

// vendor calls what no topic of the suite does.
func (n *network) vendor(t *testing.T) {
	s := n.stage(t)
	signIn, err := bluesky.NewClient(bluesky.ClientConfig{Server: n.PDS, HTTPClient: &http.Client{Transport: n}})
	require.NoError(t, err)
	session, err := signIn.Server.CreateSession(t.Context(), s.me.Handle, smm.NewSecret(memberPassword))
	require.NoError(t, err)
	session, err = signIn.Server.RefreshSession(t.Context(), smm.NewSecret(session.RefreshJwt))
	require.NoError(t, err)
	c, err := bluesky.NewClient(bluesky.ClientConfig{
		Server: n.PDS, DID: s.me.DID, Auth: bearer(session.AccessJwt), HTTPClient: &http.Client{Transport: n},
	})
	require.NoError(t, err)
	did, err := c.Server.ResolveHandle(t.Context(), s.visitor.Handle)
	require.NoError(t, err)
	require.Equal(t, s.visitor.DID, did)
	info, err := c.Server.Describe(t.Context())
	require.NoError(t, err)
	token, err := c.Server.GetServiceAuth(t.Context(), info.DID, "com.atproto.repo.uploadBlob", time.Now().Add(30*time.Minute))
	require.NoError(t, err)
	require.Equal(t, s.me.DID, claim(t, token.Reveal(), "iss"))
	require.NoError(t, c.Notifications.UpdateSeen(t.Context(), time.Now()))
	records, err := c.Repo.ListRecords(t.Context(), s.visitor.DID, bluesky.PostCollection, bluesky.Page{})
	require.NoError(t, err)
	require.Len(t, records.Records, 1)
	_, err = c.Chat.List(t.Context(), bluesky.Page{})
	require.ErrorIs(t, err, smm.ErrUnsupported)
	require.NoError(t, c.Server.DeleteSession(t.Context(), smm.NewSecret(session.RefreshJwt)))
}

// network is one run on the real network.
type network struct {
	*realnet.Network
	run    string // tells the accounts of this run from those of others
	serial atomic.Int64
	wire   *http.Transport // to the PDS

	mu     sync.Mutex
	shared *stage // for tests that only publish
	uses   int

	seen map[string]bool // operations that succeeded, by NSID
}

func newNetwork(r *realnet.Network) *network {
	return &network{
		Network: r, run: fmt.Sprintf("%x", time.Now().UnixMilli()%(1<<20)),
		wire: &http.Transport{MaxIdleConnsPerHost: 16}, seen: make(map[string]bool),
	}
}

// RoundTrip sends a request of the client under test to the real server, and
// notes what succeeds.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/xrpc/chat.bsky.") {
		// The chat service is not open, and its address is on the internet. Without
		// the header the PDS says itself that it has none.
		r = r.Clone(r.Context())
		r.Header.Del("Atproto-Proxy")
	}
	resp, err := n.wire.RoundTrip(r)
	if nsid, ok := strings.CutPrefix(r.URL.Path, "/xrpc/"); ok && err == nil && resp.StatusCode/100 == 2 {
		n.mu.Lock()
		n.seen[nsid] = true
		n.mu.Unlock()
	}
	return resp, err
}

// handle makes a handle that nobody has.
func (n *network) handle(prefix string) string {
	return fmt.Sprintf("%s%d-%s.test", prefix, n.serial.Add(1), n.run)
}

// stage is an account under test and a visitor, with a post to quote.
type stage struct {
	*crowd
	me      *member
	visitor *member
	quoted  smm.Ref
}

func (n *network) stage(t testing.TB) *stage {
	t.Helper()
	s := &stage{crowd: newCrowd(n.Network)}
	var err error
	s.me, err = s.member(t.Context(), n.handle("a"))
	require.NoError(t, err)
	s.visitor, err = s.member(t.Context(), n.handle("v"))
	require.NoError(t, err)
	s.quoted, err = s.VisitorPosts(t.Context(), s.visitor.Handle, "", "a post to quote")
	require.NoError(t, err)
	s.indexed(t, s.quoted.ID)
	return s
}

// indexed waits until the app view knows a post.
func (s *stage) indexed(t testing.TB, uri string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var out struct{ Posts []json.RawMessage }
		err := xrpc(t.Context(), s.net.PDS, s.me.Access, "app.bsky.feed.getPosts", url.Values{"uris": {uri}}, nil, &out)
		return err == nil && len(out.Posts) == 1
	}, indexLag, 20*time.Millisecond)
}

// sharedStage lends one stage to several tests, and a new one before the lists
// of the first are long.
func (n *network) sharedStage(t testing.TB) *stage {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.shared == nil || n.uses >= 40 {
		n.shared, n.uses = n.stage(t), 0
	}
	n.uses++
	return n.shared
}

// store holds the session of the account under test.
func (s *stage) store(t testing.TB, server string) smm.CredentialStore {
	t.Helper()
	store := smm.NewMemoryCredentials()
	_, err := store.Swap(t.Context(), "", bluesky.ChannelRef(s.me.DID), 0, smm.Credential{
		Server: server, AccessToken: smm.NewSecret(s.me.Access), RefreshToken: smm.NewSecret(s.me.Refresh), TokenType: "Bearer",
	})
	require.NoError(t, err)
	return store
}

// indexLag is how long the app view of a loaded machine may be behind. It is
// far more than was ever seen, since it is only waited for when something is
// missing.
const indexLag = 20 * time.Second

// harness offers a real server to the suite: faults strike in a proxy before
// it, and what became public is read back from the repository.
func (n *network) harness(t *testing.T) *smmtest.Harness {
	t.Helper()
	s := n.sharedStage
	if topic := strings.Split(t.Name(), "/"); len(topic) > 2 && needsOwnAccount[topic[2]] {
		s = n.stage
	}
	stage := s(t)
	world := sim.NewWorldAt(sim.SkippingClock())
	pds, err := url.Parse(n.PDS)
	require.NoError(t, err)
	proxy := httptest.NewServer(blueskytest.NewProxy(world, pds, n))
	t.Cleanup(proxy.Close)
	store, channel := stage.store(t, proxy.URL), bluesky.ChannelRef(stage.me.DID)
	return &smmtest.Harness{
		World: world, Server: stage, Lag: indexLag,
		Items: func(t testing.TB) []sim.Item {
			t.Helper()
			items, err := stage.items(t.Context(), stage.me.DID, stage.me.Handle)
			require.NoError(t, err)
			return items
		},
		NewDriver: func(t testing.TB) smm.Driver {
			t.Helper()
			transport := &http.Transport{}
			t.Cleanup(transport.CloseIdleConnections)
			d, err := bluesky.New(bluesky.Config{
				Credentials: store, Clock: world.Clock, Media: smm.FSMedia(assets), Labeler: n.Labeler,
				HTTPClient: &http.Client{Transport: transport},
			})
			require.NoError(t, err)
			return d
		},
		Channel: channel, Handle: stage.me.Handle, Visitor: stage.visitor.Handle,
		Author: smm.Ref{Platform: bluesky.Platform, Kind: smm.KindAuthor, ID: stage.visitor.DID},
		Media:  smm.FSMedia(assets), Forms: n.forms(stage), Oversized: oversized(), Codes: findingCodes,
		Secrets: []string{memberPassword, stage.me.Access, stage.me.Refresh},
		Holds:   func(x smm.Capability, target smm.Ref) bool { return stage.holds(t, x, target) },
		Skip:    n.skip(),
	}
}

var needsOwnAccount = map[string]bool{
	"pages": true, "setters": true, "capabilities": true, "metrics": true, "conversations": true,
}

// forms are all but direct messages, which the open stack does not have.
func (n *network) forms(s *stage) []smmtest.Form {
	var out []smmtest.Form
	for _, f := range forms(s.quoted, s.visitor.Handle) {
		if f.Kind != smm.CreateMessage {
			out = append(out, f)
		}
	}
	return out
}

func (n *network) skip() map[string]string {
	const (
		likeText   = "its commit is that of text, and its uploads are those of images, which are struck"
		proxySaid  = "the answers are the proxy's and not the server's: TestConformance has them"
		nothingIs  = "that nothing is sent is no matter of the server: TestConformance has it"
		pairsOfOne = "two crashes on one way are pairs of what crashes/text does: TestConformance has them"
	)
	skip := map[string]string{"tenants": nothingIs, "crashes/pairs": pairsOfOne}
	for _, f := range []string{"rich", "card", "quote", "quote-images", "video", "reply"} {
		skip["faults/"+f], skip["crashes/"+f] = likeText, likeText
	}
	skip["crashes/images"] = likeText
	for _, op := range []string{
		"list-posts", "list-comments", "list-mentions", "list-conversations", "list-messages", "list-reviews", "list-timeline",
		"metrics", "account-metrics", "audience", "profile", "search",
	} {
		skip["errors/"+op] = proxySaid
	}
	return skip
}

// holds asks the repository, or the app view where there is no record.
func (s *stage) holds(t testing.TB, x smm.Capability, target smm.Ref) bool {
	t.Helper()
	if x == smm.CapMute {
		var out struct{ Mutes []struct{ DID string } }
		require.NoError(t, xrpc(t.Context(), s.net.PDS, s.me.Access, "app.bsky.graph.getMutes", nil, nil, &out))
		for _, m := range out.Mutes {
			if m.DID == target.ID {
				return true
			}
		}
		return false
	}
	collection := map[smm.Capability]string{
		smm.CapLike: bluesky.LikeCollection, smm.CapRepost: bluesky.RepostCollection,
		smm.CapFollow: bluesky.FollowCollection, smm.CapBlock: bluesky.BlockCollection,
	}[x]
	require.NotEmpty(t, collection, x)
	records, err := s.records(t.Context(), s.me.DID, collection)
	require.NoError(t, err)
	n := 0
	for _, r := range records {
		if strings.Contains(string(r.Value), `"`+target.ID+`"`) {
			n++
		}
	}
	require.LessOrEqual(t, n, 1, "records of %s about %s", collection, target.ID)
	return n == 1
}
