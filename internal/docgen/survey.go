package main

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
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
	var out []report
	for _, one := range []func(context.Context, *sim.World) (report, error){
		surveyBluesky, surveyFacebook, surveyInstagram, surveyMastodon, surveyThreads, surveyX,
	} {
		r, err := one(ctx, world)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.title, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// noHost stands for a media host, without which some platforms grant less.
type noHost struct{}

func (noHost) MediaURL(context.Context, smm.Tenant, smm.Media, time.Duration) (string, time.Time, error) {
	return "", time.Time{}, smm.ErrUnavailable
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

func surveyFacebook(ctx context.Context, world *sim.World) (report, error) {
	out := report{platform: facebook.Platform, title: "Facebook Pages", scope: "Graph API " + facebook.DefaultVersion}
	server := facebooktest.NewServer(world, nil)
	defer server.Close()
	account, err := server.NewAccount("survey")
	if err != nil {
		return out, err
	}
	d, ch, err := facebook.FromToken(ctx, account.Login["FACEBOOK_TOKEN"], &facebook.Config{
		BaseURL: server.URL(), UploadURL: server.URL(), Clock: world.Clock,
	})
	if err != nil {
		return out, err
	}
	out.caps, err = d.Capabilities(ctx, ch.Ref)
	return out, err
}

func surveyInstagram(ctx context.Context, world *sim.World) (report, error) {
	out := report{platform: instagram.Platform, title: "Instagram", scope: "professional accounts, both logins (here: with Facebook's)"}
	server := instagramtest.NewServer(world, &instagramtest.Options{Login: instagramtest.Facebook})
	defer server.Close()
	account, err := server.NewAccount("survey")
	if err != nil {
		return out, err
	}
	d, ch, err := instagram.FromToken(ctx, account.Login["INSTAGRAM_TOKEN"], &instagram.Config{
		MediaHost: noHost{}, Clock: world.Clock, Hosts: instagram.Hosts{Facebook: server.URL(), Instagram: server.URL(), Uploads: server.URL()},
	})
	if err != nil {
		return out, err
	}
	out.caps, err = d.Capabilities(ctx, ch.Ref)
	return out, err
}

func surveyThreads(ctx context.Context, world *sim.World) (report, error) {
	out := report{platform: threads.Platform, title: "Threads", scope: "Threads API v1.0"}
	server := threadstest.NewServer(world, nil)
	defer server.Close()
	account, err := server.NewAccount("survey")
	if err != nil {
		return out, err
	}
	d, ch, err := threads.FromToken(ctx, account.Login["THREADS_TOKEN"], &threads.Config{Host: account.Login["THREADS_SERVER"], MediaHost: noHost{}, Clock: world.Clock})
	if err != nil {
		return out, err
	}
	out.caps, err = d.Capabilities(ctx, ch.Ref)
	return out, err
}

func surveyX(ctx context.Context, world *sim.World) (report, error) {
	out := report{platform: x.Platform, title: "X", scope: "API v2, self-serve and enterprise (here: self-serve)"}
	server := xtest.NewServer(world, nil)
	defer server.Close()
	account, err := server.NewAccount("survey")
	if err != nil {
		return out, err
	}
	d, ch, err := x.FromToken(ctx, account.Login["X_ACCESS_TOKEN"], &x.Config{BaseURL: server.URL(), Tier: x.TierSelfServe, Clock: world.Clock})
	if err != nil {
		return out, err
	}
	out.caps, err = d.Capabilities(ctx, ch.Ref)
	return out, err
}
