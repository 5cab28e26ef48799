package mastodon

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// StatusParams are the fields of a new or edited status.
// https://docs.joinmastodon.org/methods/statuses/ (read August 2026).
type StatusParams struct {
	Status              string      `json:"status,omitempty"`
	MediaIDs            []ID        `json:"media_ids,omitempty"`
	Poll                *PollParams `json:"poll,omitempty"`
	InReplyToID         ID          `json:"in_reply_to_id,omitempty"`
	Sensitive           bool        `json:"sensitive,omitempty"`
	SpoilerText         string      `json:"spoiler_text,omitempty"`
	Visibility          Visibility  `json:"visibility,omitempty"`
	Language            string      `json:"language,omitempty"`     // ISO 639-1
	ScheduledAt         *time.Time  `json:"scheduled_at,omitempty"` // at least 5 minutes ahead
	QuotedStatusID      ID          `json:"quoted_status_id,omitempty"`
	QuoteApprovalPolicy string      `json:"quote_approval_policy,omitempty"` // public, followers, nobody

	// Of GoToSocial, Akkoma and Pleroma; others ignore them.
	ContentType string `json:"content_type,omitempty"` // text/plain, text/markdown
	LocalOnly   bool   `json:"local_only,omitempty"`   // GoToSocial
	ExpiresIn   int    `json:"expires_in,omitempty"`   // seconds; Akkoma, Pleroma

	// MediaAttributes change attachments of a status that is edited.
	MediaAttributes []MediaAttributes `json:"media_attributes,omitempty"`
}

// PollParams are the fields of a new poll.
type PollParams struct {
	Options    []string `json:"options"`
	ExpiresIn  int      `json:"expires_in"` // seconds
	Multiple   bool     `json:"multiple,omitempty"`
	HideTotals bool     `json:"hide_totals"` // sent also when false: GoToSocial's default is true
}

// MediaAttributes are the editable properties of an attachment.
type MediaAttributes struct {
	ID          ID     `json:"id"`
	Description string `json:"description"`
	Focus       string `json:"focus,omitempty"` // "x,y"
}

// StatusService reads and writes statuses.
type StatusService struct{ c *Client }

const statusesPath = "api/v1/statuses"

// CreateOptions are for the cases that Create alone does not cover.
type CreateOptions struct {
	// IdempotencyKey makes a repeated request answer with the first status. Only
	// pass one to a server of which InstanceInfo.HonoursKeys is true: elsewhere
	// it promises what the server does not keep.
	IdempotencyKey string
}

// Created is the answer to Create: a status or, if ScheduledAt was set, a
// scheduled status.
type Created struct {
	Status    *Status
	Scheduled *ScheduledStatus
}

// Create publishes or schedules a status with a single request. It is not
// repeated inside. If the error does not say smm.OutcomeRefused or
// smm.OutcomeNotSent, the status may exist: publish through smm.Client, which
// finds out, rather than call Create again.
func (s *StatusService) Create(ctx context.Context, p StatusParams, opts *CreateOptions) (Created, error) {
	key := ""
	if opts != nil {
		key = opts.IdempotencyKey
	}
	resp, fate, err := s.create(ctx, smm.Ref{}, p, key)
	if err != nil {
		return Created{}, err
	}
	created, err := readCreated(resp)
	if err != nil {
		return Created{}, err
	}
	_ = fate // answered, since there is no error
	return created, nil
}

func (s *StatusService) create(ctx context.Context, ch smm.Ref, p StatusParams, key string) (*httpx.Response, httpx.Fate, error) {
	r := &httpx.Request{
		Op: "statuses.create", Channel: ch, Method: http.MethodPost, URL: statusesPath, Body: httpx.JSON(p),
		Charges: s.c.charges(ctx, budgetStatuses), Priority: smm.PriorityPublish,
	}
	if key != "" {
		r.Header = http.Header{"Idempotency-Key": {key}}
	}
	return s.c.http.Commit(ctx, r)
}

// readCreated tells a scheduled status from a status: only the former has
// params.
func readCreated(resp *httpx.Response) (Created, error) {
	var shape struct {
		ScheduledAt Time `json:"scheduled_at"`
		Content     any  `json:"content"`
		Account     any  `json:"account"`
	}
	if err := resp.JSON(&shape); err != nil {
		return Created{}, err
	}
	if !shape.ScheduledAt.IsZero() && shape.Content == nil && shape.Account == nil {
		st, err := one[ScheduledStatus](resp, nil)
		return Created{Scheduled: &st}, err
	}
	st, err := one[Status](resp, nil)
	return Created{Status: &st}, err
}

// Get reads a status.
func (s *StatusService) Get(ctx context.Context, id ID) (Status, error) {
	return one[Status](s.c.get(ctx, "statuses.get", httpx.Path(statusesPath, string(id)), nil))
}

// Several reads up to 20 statuses at once (4.3 and later); those that are gone
// are left out.
func (s *StatusService) Several(ctx context.Context, ids ...ID) ([]Status, error) {
	q := url.Values{}
	for _, id := range ids {
		q.Add("id[]", string(id))
	}
	return many[Status](s.c.get(ctx, "statuses.several", statusesPath, q))
}

// Edit replaces a status. What is left out is emptied, media and poll included.
func (s *StatusService) Edit(ctx context.Context, id ID, p StatusParams) (Status, error) {
	return one[Status](s.c.write(ctx, "statuses.edit", http.MethodPut, httpx.Path(statusesPath, string(id)), httpx.JSON(editParams(p))))
}

// editParams is p with the text always there: an edit may empty it.
func editParams(p StatusParams) any {
	return struct {
		StatusParams

		Status      string `json:"status"`
		SpoilerText string `json:"spoiler_text"`
		Sensitive   bool   `json:"sensitive"`
	}{p, p.Status, p.SpoilerText, p.Sensitive}
}

// Delete removes an own status and returns it with its source in Text, so that
// it can be written anew. Its media live on for about a day unless withMedia.
func (s *StatusService) Delete(ctx context.Context, id ID, withMedia bool) (Status, error) {
	r := &httpx.Request{
		Op: "statuses.delete", Method: http.MethodDelete, URL: httpx.Path(statusesPath, string(id)), Charges: s.c.charges(ctx, budgetDelete),
	}
	if withMedia {
		r.Query = url.Values{"delete_media": {"true"}}
	}
	return one[Status](s.c.http.Write(ctx, r))
}

// Source reads the text of an own status as it was typed.
func (s *StatusService) Source(ctx context.Context, id ID) (StatusSource, error) {
	return one[StatusSource](s.c.get(ctx, "statuses.source", httpx.Path(statusesPath, string(id), "source"), nil))
}

// History reads the versions of a status, oldest first.
func (s *StatusService) History(ctx context.Context, id ID) ([]StatusEdit, error) {
	return many[StatusEdit](s.c.get(ctx, "statuses.history", httpx.Path(statusesPath, string(id), "history"), nil))
}

// Context reads what a status answers and what answers it: at most 4,096 of
// each with a token.
func (s *StatusService) Context(ctx context.Context, id ID) (Context, error) {
	resp, err := s.c.get(ctx, "statuses.context", httpx.Path(statusesPath, string(id), "context"), nil)
	if err != nil {
		return Context{}, err
	}
	var found struct {
		Ancestors   *List[Status] `json:"ancestors"`
		Descendants *List[Status] `json:"descendants"`
	}
	if err := resp.JSON(&found); err != nil {
		return Context{}, err
	}
	if found.Ancestors == nil || found.Descendants == nil {
		return Context{}, resp.Unreadable("a context without its lists")
	}
	if !allIdentified(*found.Ancestors) || !allIdentified(*found.Descendants) {
		return Context{}, resp.Unreadable("a context with an object without an id")
	}
	return Context{Ancestors: *found.Ancestors, Descendants: *found.Descendants}, nil
}

func (s *StatusService) act(ctx context.Context, id ID, action string, body any) (Status, error) {
	b := httpx.Body{}
	if body != nil {
		b = httpx.JSON(body)
	}
	return one[Status](s.c.write(ctx, "statuses."+action, http.MethodPost, httpx.Path(statusesPath, string(id), action), b))
}

// Favourite likes a status; doing it twice changes nothing.
func (s *StatusService) Favourite(ctx context.Context, id ID) (Status, error) {
	return s.act(ctx, id, "favourite", nil)
}

// Unfavourite takes the like back.
func (s *StatusService) Unfavourite(ctx context.Context, id ID) (Status, error) {
	return s.act(ctx, id, "unfavourite", nil)
}

// Reblog boosts a status to the followers and returns the boost; v may be empty.
func (s *StatusService) Reblog(ctx context.Context, id ID, v Visibility) (Status, error) {
	if v == "" {
		return s.act(ctx, id, "reblog", nil)
	}
	return s.act(ctx, id, "reblog", struct {
		Visibility Visibility `json:"visibility"`
	}{v})
}

// Unreblog takes the boost back; id is that of the boosted status.
func (s *StatusService) Unreblog(ctx context.Context, id ID) (Status, error) {
	return s.act(ctx, id, "unreblog", nil)
}

// Bookmark keeps a status in the account's bookmarks.
func (s *StatusService) Bookmark(ctx context.Context, id ID) (Status, error) {
	return s.act(ctx, id, "bookmark", nil)
}

// Unbookmark removes a bookmark.
func (s *StatusService) Unbookmark(ctx context.Context, id ID) (Status, error) {
	return s.act(ctx, id, "unbookmark", nil)
}

// Mute ends notifications about the status's conversation.
func (s *StatusService) Mute(ctx context.Context, id ID) (Status, error) {
	return s.act(ctx, id, "mute", nil)
}

// Unmute turns them on again.
func (s *StatusService) Unmute(ctx context.Context, id ID) (Status, error) {
	return s.act(ctx, id, "unmute", nil)
}

// Pin shows an own public status on top of the profile.
func (s *StatusService) Pin(ctx context.Context, id ID) (Status, error) {
	return s.act(ctx, id, "pin", nil)
}

// Unpin takes it from there.
func (s *StatusService) Unpin(ctx context.Context, id ID) (Status, error) {
	return s.act(ctx, id, "unpin", nil)
}

// FavouritedBy lists who liked a status.
func (s *StatusService) FavouritedBy(ctx context.Context, id ID, p ListParams) (Page[Account], error) {
	return page[Account](ctx, s.c, "statuses.favourited-by", httpx.Path(statusesPath, string(id), "favourited_by"), nil, p)
}

// RebloggedBy lists who boosted a status.
func (s *StatusService) RebloggedBy(ctx context.Context, id ID, p ListParams) (Page[Account], error) {
	return page[Account](ctx, s.c, "statuses.reblogged-by", httpx.Path(statusesPath, string(id), "reblogged_by"), nil, p)
}

// Quotes lists the statuses that quote one (4.5 and later).
func (s *StatusService) Quotes(ctx context.Context, id ID, p ListParams) (Page[Status], error) {
	return page[Status](ctx, s.c, "statuses.quotes", httpx.Path(statusesPath, string(id), "quotes"), nil, p)
}

// RevokeQuote detaches an own status from one that quotes it (4.5 and later).
func (s *StatusService) RevokeQuote(ctx context.Context, id, quoting ID) (Status, error) {
	path := httpx.Path(statusesPath, string(id), "quotes", string(quoting), "revoke")
	return one[Status](s.c.write(ctx, "statuses.revoke-quote", http.MethodPost, path, httpx.Body{}))
}

// PollService reads polls and votes.
type PollService struct{ c *Client }

// Get reads a poll.
func (s *PollService) Get(ctx context.Context, id ID) (Poll, error) {
	return one[Poll](s.c.get(ctx, "polls.get", httpx.Path("api/v1/polls", string(id)), nil))
}

// Vote votes for the options with the given indexes, counted from 0.
func (s *PollService) Vote(ctx context.Context, id ID, choices ...int) (Poll, error) {
	body := struct {
		Choices []int `json:"choices"`
	}{slices.Clone(choices)}
	return one[Poll](s.c.write(ctx, "polls.vote", http.MethodPost, httpx.Path("api/v1/polls", string(id), "votes"), httpx.JSON(body)))
}

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
