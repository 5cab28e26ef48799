package bluesky_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

// TestErrorTable gives every answer that the network is known to make to a read
// and to a commit.
func TestErrorTable(t *testing.T) {
	unknown, refused := smm.OutcomeUnknown, smm.OutcomeRefused
	for _, c := range []struct {
		status int
		name   string
		err    error
		state  smm.OutcomeState
		retry  bool
	}{
		{400, "InvalidToken", smm.ErrUnauthorized, refused, false},
		{401, "AuthMissing", smm.ErrUnauthorized, refused, false},
		{401, "AuthenticationRequired", smm.ErrUnauthorized, refused, false},
		{401, "AccountTakedown", smm.ErrForbidden, refused, false},
		{400, "AccountDeactivated", smm.ErrForbidden, refused, false},
		{403, "ScopeMissingError", smm.ErrForbidden, refused, false},
		{400, "InvalidRequest", smm.ErrRejected, refused, false},
		{400, "InvalidSwap", smm.ErrConflict, unknown, false},
		{400, "RecordNotFound", smm.ErrNotFound, refused, false},
		{400, "NotFound", smm.ErrNotFound, refused, false},
		{400, "HandleNotFound", smm.ErrNotFound, refused, false},
		{400, "InvalidConvo", smm.ErrNotFound, refused, false},
		{400, "BlockedActor", smm.ErrForbidden, refused, false},
		{400, "BlockedByActor", smm.ErrForbidden, refused, false},
		{400, "MessagesDisabled", smm.ErrForbidden, refused, false},
		{400, "NotFollowedBySender", smm.ErrForbidden, refused, false},
		{400, "BlobNotFound", smm.ErrRejected, refused, false},
		{413, "PayloadTooLarge", smm.ErrRejected, refused, false},
		{404, "XRPCNotSupported", smm.ErrUnsupported, refused, false},
		{501, "MethodNotImplemented", smm.ErrUnsupported, refused, false},
		{429, "RateLimitExceeded", smm.ErrRateLimited, refused, true},
		{500, "InternalServerError", smm.ErrUnavailable, unknown, false}, // also what a taken key answers
		{502, "UpstreamFailure", smm.ErrUnavailable, unknown, false},
		{503, "NotEnoughResources", smm.ErrUnavailable, unknown, false},
		{504, "UpstreamTimeout", smm.ErrUnavailable, unknown, false},
		{400, "SomethingNew", smm.ErrRejected, refused, false},
		{418, "", smm.ErrRejected, refused, false},
	} {
		t.Run(fmt.Sprintf("%d %s", c.status, c.name), func(t *testing.T) {
			d := stub(t, &answering{status: c.status, body: fmt.Sprintf(`{"error":%q,"message":"words\nof the vendor"}`, c.name)})
			_, err := d.ListTimeline(t.Context(), stubChannel, smm.PageRequest{})
			require.ErrorIs(t, err, c.err)
			var e *smm.Error
			require.ErrorAs(t, err, &e)
			if e.Status != 0 { // a token that cannot be renewed is told without the vendor
				require.Equal(t, c.name, e.Code)
				require.Equal(t, "words of the vendor", e.Message)
				require.Equal(t, "app.bsky.feed.getTimeline", e.Op)
			}
			out, err := commitText(t, d)
			require.Error(t, err)
			if c.name == "InvalidToken" || c.name == "AuthMissing" { // refused before it was looked at, and no way to renew
				require.Equal(t, smm.OutcomeNotSent, out.State)
				return
			}
			require.Equal(t, c.state, out.State)
			require.Equal(t, c.retry, out.Retry)
		})
	}
}

// commitText commits a text that was prepared without asking anything.
func commitText(t testing.TB, d *bluesky.Driver) (smm.Outcome, error) {
	t.Helper()
	r := smm.PublishRequest{ID: "delivery-1", Channel: stubChannel, Kind: smm.CreatePost, Post: smm.Post{Text: "plain"}, Created: epoch}
	p, err := d.Prepare(t.Context(), &r, smm.Prepared{})
	require.NoError(t, err)
	require.True(t, p.Ready)
	return d.Commit(t.Context(), &r, p, smm.Attempt{N: 1, First: epoch, Intent: epoch, Deadline: epoch.Add(time.Minute)})
}

func TestThrottleSaysWhenToComeBack(t *testing.T) {
	header := http.Header{
		"Content-Type": {"application/json"}, "Ratelimit-Limit": {"5000"}, "Ratelimit-Remaining": {"0"},
		"Ratelimit-Reset": {fmt.Sprint(epoch.Add(20 * time.Minute).Unix())}, "Ratelimit-Policy": {"5000;w=3600"},
	}
	d := stub(t, &answering{status: 429, header: header, body: `{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}`})
	out, err := commitText(t, d)
	require.Equal(t, smm.OutcomeRefused, out.State)
	require.WithinDuration(t, epoch.Add(20*time.Minute), out.Next, 5*time.Second)
	after, ok := smm.RetryAfter(err)
	require.True(t, ok)
	require.InDelta(t, 20*60, after.Seconds(), 5)
	require.False(t, out.Next.Before(epoch.Add(20*time.Minute)), "never before the window opens")
}
