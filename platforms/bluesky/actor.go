package bluesky

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// ActorService has the methods of app.bsky.actor.
type ActorService service

// GetProfiles reads accounts by DID or handle. Those that do not exist are left
// out of the answer. Any number may be asked for.
func (s *ActorService) GetProfiles(ctx context.Context, actors []string) ([]ProfileView, error) {
	var out []ProfileView
	for some := range slices.Chunk(actors, maxURIs) {
		page, err := read[struct {
			Profiles []ProfileView `json:"profiles"`
		}](ctx, s.c, s.c.query("app.bsky.actor.getProfiles", url.Values{"actors": some}))
		if err != nil {
			return out, err
		}
		out = append(out, page.Profiles...)
	}
	return out, nil
}

// GetProfile reads one account. The error matches smm.ErrNotFound if there is
// none. It asks getProfiles, because getProfile says "InvalidRequest" for an
// account that does not exist and for much else.
func (s *ActorService) GetProfile(ctx context.Context, actor string) (*ProfileView, error) {
	found, err := s.GetProfiles(ctx, []string{actor})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &smm.Error{
			Op: "app.bsky.actor.getProfiles", Platform: Platform, Channel: ChannelRef(s.c.cfg.DID),
			Err: fmt.Errorf("%w: account %s", smm.ErrNotFound, actor),
		}
	}
	return &found[0], nil
}

// GraphService has the methods of app.bsky.graph. Follows and blocks are
// records: write them with Repo.
type GraphService service

// MuteActor hides an account's posts from the client's own views. It may be
// repeated.
func (s *GraphService) MuteActor(ctx context.Context, actor string) error {
	return s.mute(ctx, "app.bsky.graph.muteActor", actor)
}

// UnmuteActor takes MuteActor back. It may be repeated.
func (s *GraphService) UnmuteActor(ctx context.Context, actor string) error {
	return s.mute(ctx, "app.bsky.graph.unmuteActor", actor)
}

func (s *GraphService) mute(ctx context.Context, nsid, actor string) error {
	_, err := s.c.http.Write(ctx, s.c.procedure(nsid, struct {
		Actor string `json:"actor"`
	}{actor}, 0))
	return err
}

// ModerationService has the methods of com.atproto.moderation.
type ModerationService service

// ReportSubject is what a report is about: a record in a version, or with only
// DID set an account.
type ReportSubject struct {
	Record StrongRef
	DID    string
}

// CreateReport sends a complaint to the labeler and returns its number. Each
// call makes a report of its own.
func (s *ModerationService) CreateReport(ctx context.Context, subject ReportSubject, reasonType, reason string) (int64, error) {
	type strong struct {
		Type string `json:"$type"`
		StrongRef
	}
	type repo struct {
		Type string `json:"$type"`
		DID  string `json:"did"`
	}
	in := struct {
		ReasonType string `json:"reasonType"`
		Reason     string `json:"reason,omitempty"`
		Subject    any    `json:"subject"`
	}{reasonType, reason, strong{"com.atproto.repo.strongRef", subject.Record}}
	if subject.DID != "" {
		in.Subject = repo{"com.atproto.admin.defs#repoRef", subject.DID}
	}
	out, err := write[struct {
		ID int64 `json:"id"`
	}](ctx, s.c, proxied(s.c.procedure("com.atproto.moderation.createReport", in, 0), s.c.cfg.Labeler))
	if err != nil {
		return 0, err
	}
	return out.ID, nil
}
