package mastodon

import (
	"context"
	"net/http"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
)

// Rules of native scheduling: at least 5 minutes ahead, at most 300 pending
// statuses, 25 on one day. From the server's source, as the documentation names
// only the first; a violation is answered with 422.
const (
	MinScheduleAhead = 5 * time.Minute
	MaxScheduled     = 300
	MaxScheduledDay  = 25
)

// ScheduledService handles statuses that the server will publish.
// https://docs.joinmastodon.org/methods/scheduled_statuses/ (read August 2026).
type ScheduledService struct{ c *Client }

const scheduledPath = "api/v1/scheduled_statuses"

// List lists what is pending, the latest made first.
func (s *ScheduledService) List(ctx context.Context, p ListParams) (Page[ScheduledStatus], error) {
	return page[ScheduledStatus](ctx, s.c, "scheduled.list", scheduledPath, nil, p)
}

// Get reads one pending status. Once it is public it is not found any more.
func (s *ScheduledService) Get(ctx context.Context, id ID) (ScheduledStatus, error) {
	return one[ScheduledStatus](s.c.get(ctx, "scheduled.get", httpx.Path(scheduledPath, string(id)), nil))
}

// Move changes when it will be published; nothing else can be changed.
func (s *ScheduledService) Move(ctx context.Context, id ID, at time.Time) (ScheduledStatus, error) {
	body := struct {
		ScheduledAt time.Time `json:"scheduled_at"`
	}{at.UTC()}
	return one[ScheduledStatus](s.c.write(ctx, "scheduled.move", http.MethodPut, httpx.Path(scheduledPath, string(id)), httpx.JSON(body)))
}

// Cancel makes the server forget it. What is gone already, or was published,
// counts as cancelled.
func (s *ScheduledService) Cancel(ctx context.Context, id ID) error {
	_, err := s.c.write(ctx, "scheduled.cancel", http.MethodDelete, httpx.Path(scheduledPath, string(id)), httpx.Body{})
	return gone(err)
}
