package main

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// report is what one platform says of itself.
type report struct {
	platform smm.Platform
	title    string
	scope    string // what the folder covers
	caps     smm.Capabilities
	notes    map[smm.CreateKind]string // what the guarantee depends on
}

// survey asks every driver on its simulator.
func survey(ctx context.Context) ([]report, error) {
	world := sim.NewWorldAt(sim.NewClock(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), true))
	b, err := surveyBluesky(ctx, world)
	if err != nil {
		return nil, fmt.Errorf("bluesky: %w", err)
	}
	m, err := surveyMastodon(ctx, world)
	if err != nil {
		return nil, fmt.Errorf("mastodon: %w", err)
	}
	return []report{b, m}, nil
}

func surveyBluesky(ctx context.Context, world *sim.World) (report, error) {
	server := blueskytest.NewServer(world, nil)
	defer server.Close()
	account, err := server.NewAccount("survey.test")
	if err != nil {
		return report{}, err
	}
	d, ch, err := bluesky.FromAppPassword(ctx, server.URL(), account.Login["BLUESKY_IDENTIFIER"], account.Login["BLUESKY_APP_PASSWORD"])
	if err != nil {
		return report{}, err
	}
	caps, err := d.Capabilities(ctx, ch.Ref)
	return report{platform: bluesky.Platform, title: "Bluesky", scope: "AT Protocol, any PDS", caps: caps}, err
}

func surveyMastodon(ctx context.Context, world *sim.World) (report, error) {
	server := mastodontest.NewServer(world, nil)
	defer server.Close()
	account, err := server.NewAccount("survey")
	if err != nil {
		return report{}, err
	}
	d, ch, err := mastodon.FromToken(ctx, server.URL(), account.Login["MASTODON_TOKEN"], nil)
	if err != nil {
		return report{}, err
	}
	caps, err := d.Capabilities(ctx, ch.Ref)
	return report{
		platform: mastodon.Platform, title: "Mastodon", caps: caps,
		scope: "and compatible servers: GoToSocial, Akkoma, Pleroma, Pixelfed",
		notes: map[smm.CreateKind]string{smm.CreatePost: "read-back on servers that do not honour idempotency keys"},
	}, err
}
