package scope_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/sharedspec"
	"github.com/smmkit/smmkit/platforms/bluesky/scope"
	"github.com/smmkit/smmkit/smm"
)

var network = scope.Services{
	AppView: "did:web:api.bsky.app#bsky_appview", Chat: "did:web:api.bsky.chat#bsky_chat", Labeler: "did:plc:ar7c4by46qjdydhdevvrndac#atproto_labeler",
}

func TestHas(t *testing.T) {
	const view = "?aud=did:web:api.bsky.app%23bsky_appview"
	for _, c := range []struct {
		granted string
		want    string
		has     bool
	}{
		{"atproto", "atproto", true},
		{"", "atproto", false},
		{"transition:generic", "repo:app.bsky.feed.post?action=create", true},
		{"transition:generic", "rpc:app.bsky.feed.getPosts" + view, true},
		{"transition:generic", "blob:*/*", true},
		{"transition:generic", "rpc:chat.bsky.convo.getMessages?aud=*", false},
		{"transition:generic", "transition:chat.bsky", false},
		{"transition:chat.bsky", "transition:chat.bsky", true},
		{"transition:chat.bsky", "rpc:chat.bsky.convo.getMessages?aud=*", true},
		{"transition:chat.bsky", "rpc:app.bsky.feed.getPosts?aud=*", false},
		{"transition:generic transition:chat.bsky", "rpc:chat.bsky.convo.getMessages?aud=*", true},
		{"transition:generic transition:chat.bsky", "transition:chat.bsky", true},
		{"repo:app.bsky.feed.post", "repo:app.bsky.feed.post?action=create&action=delete", true},
		{"repo:app.bsky.feed.post?action=create", "repo:app.bsky.feed.post?action=create&action=update", false},
		{"repo:app.bsky.feed.post?action=create repo:app.bsky.feed.post?action=update", "repo:app.bsky.feed.post?action=update&action=create", true},
		{"repo:*?action=delete", "repo:app.bsky.feed.post?action=delete", true},
		{"repo:app.bsky.feed.post", "repo:*", false},
		{"repo?collection=a.b.c&collection=d.e.f&action=create", "repo:d.e.f?action=create", true},
		{"repo:a.b.c?collection=d.e.f", "repo:d.e.f", false}, // both forms at once is no permission
		{"repo", "repo:d.e.f", false},
		{"rpc:app.bsky.feed.getPosts?aud=*", "rpc:app.bsky.feed.getPosts" + view, true},
		{"rpc:*" + view, "rpc:app.bsky.feed.getPosts" + view, true},
		{"rpc:*?aud=*", "rpc:app.bsky.feed.getPosts" + view, false}, // not allowed to be asked for
		{"rpc:app.bsky.feed.getPosts?aud=did:web:other.example%23x", "rpc:app.bsky.feed.getPosts" + view, false},
		{"rpc:app.bsky.feed.getPosts", "rpc:app.bsky.feed.getPosts" + view, false}, // no audience
		{"blob:*/*", "blob:image/*", true},
		{"blob:image/*", "blob:image/png", true},
		{"blob:image/png", "blob:image/*", false},
		{"blob:image/*", "blob:video/mp4", false},
		{"blob:imag/*", "blob:image/png", false},
		{"include:app.bsky.authFullApp" + view, "rpc:app.bsky.feed.getPosts" + view, true},
		{"include:app.bsky.authFullApp" + view, "include:app.bsky.authViewAll" + view, true},
		{"include:app.bsky.authFullApp", "rpc:app.bsky.feed.getPosts" + view, false},
		{"include:app.bsky.authCreatePosts", "repo:app.bsky.feed.post?action=create", true},
		{"include:app.bsky.authCreatePosts", "repo:app.bsky.feed.post?action=create&action=update", false},
		{"include:com.example.unknown", "include:com.example.unknown", true},
		{"include:com.example.unknown", "include:com.example.other", false},
		{"future:thing", "future:thing", true},
		{"transition:generic", "future:thing", false},
		{"repo:%zz", "repo:a.b.c", false},
	} {
		require.Equal(t, c.has, scope.New(strings.Fields(c.granted)).Has(c.want), "%s of %s", c.want, c.granted)
	}
	require.Equal(t, []string{"b:c", "transition:email"}, scope.Missing([]string{"atproto"}, []string{"atproto", "b:c", "transition:email"}))
}

// every lists all capabilities that the portable model knows.
var every = []smm.Capability{
	smm.CapPost, smm.CapLink, smm.CapImage, smm.CapImages, smm.CapVideo, smm.CapGIF, smm.CapPoll, smm.CapQuote, smm.CapThread, smm.CapReply,
	smm.CapMessage, smm.CapReviewAnswer, smm.CapEdit, smm.CapDelete, smm.CapDeleteComment, smm.CapListPosts, smm.CapListComments,
	smm.CapListMessages, smm.CapListMentions, smm.CapListReviews, smm.CapTimeline, smm.CapHide, smm.CapLike, smm.CapRepost, smm.CapFollow,
	smm.CapBlock, smm.CapMute, smm.CapReport, smm.CapPostMetrics, smm.CapAcctMetrics, smm.CapAudience, smm.CapProfile, smm.CapEditProfile,
	smm.CapSearch, smm.CapWebhooks, smm.CapStream, smm.CapAds,
}

// known are those of every that a Bluesky account can have.
func known() []smm.Capability {
	return slices.DeleteFunc(slices.Clone(every), func(x smm.Capability) bool {
		_, ok := scope.Needs(network, x)
		return !ok
	})
}

func TestNeeds(t *testing.T) {
	require.Len(t, known(), 28)
	all, err := scope.Transitional(known()...)
	require.NoError(t, err)
	require.Equal(t, []string{"atproto", "transition:chat.bsky", "transition:generic"}, all)
	some, err := scope.Transitional(smm.CapPost, smm.CapSearch)
	require.NoError(t, err)
	require.Equal(t, []string{"atproto", "transition:generic"}, some)
	none, err := scope.Transitional()
	require.NoError(t, err)
	require.Equal(t, []string{"atproto"}, none)
	for _, f := range []func(...smm.Capability) ([]string, error){
		scope.Transitional, func(caps ...smm.Capability) ([]string, error) { return scope.Granular(network, caps...) },
	} {
		_, err = f(smm.CapPost, smm.CapPoll)
		require.ErrorIs(t, err, smm.ErrUnsupported)
		require.ErrorContains(t, err, string(smm.CapPoll))
	}
	got, err := scope.Granular(network, smm.CapReply, smm.CapReport, smm.CapImage)
	require.NoError(t, err)
	require.Equal(t, []string{
		"atproto", "blob:image/*",
		"repo:app.bsky.feed.post?action=create&action=update", "repo:app.bsky.feed.postgate?action=create", "repo:app.bsky.feed.threadgate?action=create",
		"rpc:app.bsky.feed.getPosts?aud=did:web:api.bsky.app%23bsky_appview",
		"rpc:com.atproto.moderation.createReport?aud=did:plc:ar7c4by46qjdydhdevvrndac%23atproto_labeler",
	}, got)
}

// TestTransitionalCoversGranular: either kind of grant makes the same
// capabilities possible.
func TestTransitionalCoversGranular(t *testing.T) {
	for _, x := range known() {
		wide, err := scope.Transitional(x)
		require.NoError(t, err)
		narrow, err := scope.Granular(network, x)
		require.NoError(t, err)
		require.Empty(t, scope.Missing(wide, narrow), x)
		require.Empty(t, scope.Missing(narrow, narrow), x)
		for i := range narrow { // each is needed, and none stands for another
			less := slices.Delete(slices.Clone(narrow), i, i+1)
			require.Equal(t, narrow[i:i+1], scope.Missing(less, narrow), x)
		}
	}
}

// TestLexicons holds the NSIDs in scopes to the vendor's definitions: records
// are records, methods are methods, and permission sets hold what sets.go says.
func TestLexicons(t *testing.T) {
	var docs []struct {
		ID   string
		Defs map[string]struct {
			Type        string
			Permissions []struct {
				Resource                string
				Action, Collection, Lxm []string
				InheritAud              bool
			}
		}
	}
	require.NoError(t, json.Unmarshal(sharedspec.Read(t, "specs/atproto-lexicons.json.gz"), &docs))
	kinds := make(map[string]string)
	for _, d := range docs {
		kinds[d.ID] = d.Defs["main"].Type
	}
	all, err := scope.Granular(network, known()...)
	require.NoError(t, err)
	used := regexp.MustCompile(`^(repo|rpc):([a-zA-Z.]+)\?`)
	n := 0
	for _, s := range all {
		m := used.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		n++
		if m[1] == "repo" {
			require.Equal(t, "record", kinds[m[2]], s)
		} else {
			require.Contains(t, []string{"query", "procedure"}, kinds[m[2]], s)
		}
	}
	require.GreaterOrEqual(t, n, 25)

	sets := 0
	for _, d := range docs {
		if d.Defs["main"].Type != "permission-set" {
			continue
		}
		sets++
		published := []string{"atproto"}
		for _, p := range d.Defs["main"].Permissions {
			for _, c := range p.Collection {
				published = append(published, "repo:"+c+"?action="+strings.Join(p.Action, "&action="))
			}
			for _, m := range p.Lxm {
				require.True(t, p.InheritAud, d.ID)
				published = append(published, "rpc:"+m+"?aud=*")
			}
		}
		ours := []string{"atproto", "include:" + d.ID + "?aud=*"}
		for _, s := range atoms(all) {
			require.Equal(t, scope.New(published).Has(s), scope.New(ours).Has(s), "%s in %s", s, d.ID)
		}
	}
	require.Equal(t, 10, sets)
}

// atoms splits scopes into those of one action each.
func atoms(scopes []string) []string {
	var out []string
	for _, s := range scopes {
		head, query, _ := strings.Cut(s, "?")
		if !strings.HasPrefix(s, "repo:") {
			out = append(out, s)
			continue
		}
		for _, a := range strings.Split(query, "&") {
			out = append(out, head+"?"+a)
		}
	}
	return out
}

// FuzzHas: no scope string makes the reader panic, and a grant always covers
// itself.
func FuzzHas(f *testing.F) {
	for _, s := range []string{"atproto", "repo:a.b.c?action=create", "rpc?lxm=a&lxm=b&aud=did:web:x%23y", "blob:*/*", "include:a.b.c", "repo:?collection=", "rpc:%", "::??&&=="} {
		f.Add(s, "transition:generic")
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		s := scope.New([]string{one})
		require.True(t, s.Has(one))
		if s.Has(other) && other != one {
			known := slices.ContainsFunc([]string{"repo", "rpc", "blob", "include", "transition:"}, func(p string) bool { return strings.HasPrefix(one, p) })
			require.True(t, known, "%q covers %q", one, other)
		}
	})
}
