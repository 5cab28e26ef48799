package bluesky_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestVideoJobs(t *testing.T) {
	for name, c := range map[string]struct {
		failures []string
		uploads  int
		ok       bool
	}{
		"at once":                 {nil, 1, true},
		"the service had trouble": {[]string{"generic_failure", "pds_upload_failure"}, 3, true},
		"trouble without end":     {[]string{"generic_failure", "generic_failure", "generic_failure", "generic_failure"}, 3, false},
		"the video is bad":        {[]string{"encoding_failure"}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, nil)
			b.config.VideoService = b.URL()
			b.FailVideos(c.failures...)
			r, err := b.channel(t).Publish(t.Context(), &smm.Post{Text: "v", Media: []smm.Media{{Name: "clip.mp4"}}}, &smm.PublishOptions{Wait: time.Hour})
			if c.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, smm.ErrRejected)
				require.Equal(t, c.failures[0], r.Deliveries[0].Failure.Code)
			}
			op := sim.Op{Platform: bluesky.Platform, Name: "app.bsky.video.uploadVideo", Class: sim.Prepare}
			require.Equal(t, c.uploads, b.world.Faults.Requests(op))
		})
	}
}

// meddling is a transport that does something before the first request whose
// path and body fit.
type meddling struct {
	next  http.RoundTripper
	path  string
	done  atomic.Bool
	first func()
}

func (m *meddling) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, m.path) && m.done.CompareAndSwap(false, true) {
		m.first()
	}
	return m.next.RoundTrip(r)
}

// TestHidingTwoRepliesAtOnce: the second writer of a threadgate reads again, so
// that neither reply comes back.
func TestHidingTwoRepliesAtOnce(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	r := b.publish(t, &smm.Post{Text: "root"})
	one, err := b.VisitorPosts(ctx, visitorHandle, r.Post.ID, "one")
	require.NoError(t, err)
	two, err := b.VisitorPosts(ctx, visitorHandle, r.Post.ID, "two")
	require.NoError(t, err)
	other := b.channel(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	b.config.HTTPClient = &http.Client{Transport: &meddling{next: transport, path: "com.atproto.repo.putRecord", first: func() {
		require.NoError(t, other.Hide(ctx, two))
	}}}
	require.NoError(t, b.channel(t).Hide(ctx, one))
	hidden := 0
	for _, i := range b.world.Ledger.Items() {
		if i.Hidden {
			hidden++
		}
	}
	require.Equal(t, 2, hidden)
}

// TestEditingAProfileAtOnce: an edit that lost the race says so instead of
// undoing the other.
func TestEditingAProfileAtOnce(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	other := b.channel(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	b.config.HTTPClient = &http.Client{Transport: &meddling{next: transport, path: "com.atproto.repo.putRecord", first: func() {
		require.NoError(t, other.EditProfile(ctx, smm.ProfileEdit{Bio: ptr("theirs")}))
	}}}
	require.ErrorIs(t, b.channel(t).EditProfile(ctx, smm.ProfileEdit{Name: ptr("ours")}), smm.ErrConflict)
	p, err := other.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
	require.Equal(t, "theirs", p.Bio)
}
