package main

import (
	"context"
	"slices"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

// platform is where there may be an account.
type platform struct {
	name   smm.Platform
	needs  []string // what a login takes, as variables of the environment: all or none of them
	may    []string // what it may have beside: the address of a simulator, what renews a token
	signIn func(ctx context.Context, in *entrance, v map[string]string) (smm.Driver, smm.Channel, error)
}

// entrance is what signing in needs on every platform.
type entrance struct {
	keys  smm.CredentialStore // where sessions are kept that are renewed
	media smm.MediaHost       // for the platforms that fetch media themselves; nil if nobody could reach it
	clock smm.Clock
}

// platforms are all there are. A host that takes its platforms from a
// configuration finds them in the package platforms/all.
var platforms = []platform{
	{bluesky.Platform, []string{"BLUESKY_SERVER", "BLUESKY_IDENTIFIER", "BLUESKY_APP_PASSWORD"}, nil, signInBluesky},
	{facebook.Platform, []string{"FACEBOOK_TOKEN"}, []string{"FACEBOOK_SERVER"}, signInFacebook},
	{instagram.Platform, []string{"INSTAGRAM_TOKEN"}, []string{"INSTAGRAM_SERVER"}, signInInstagram},
	{mastodon.Platform, []string{"MASTODON_SERVER", "MASTODON_TOKEN"}, nil, signInMastodon},
	{threads.Platform, []string{"THREADS_TOKEN"}, []string{"THREADS_SERVER"}, signInThreads},
	{x.Platform, []string{"X_ACCESS_TOKEN"}, []string{"X_REFRESH_TOKEN", "X_CLIENT_ID", "X_CLIENT_SECRET", "X_SERVER"}, signInX},
}

// formats set what a row's format asks for, on the platforms that have more than
// one: "reel" and "story".
var formats = map[smm.Platform]func(p *smm.Post, format string) error{
	facebook.Platform: func(p *smm.Post, format string) error {
		return facebook.PostOptions{Format: facebook.Format(format)}.Set(p)
	},
	instagram.Platform: func(p *smm.Post, format string) error {
		return instagram.PostOptions{Format: instagram.Format(format)}.Set(p)
	},
}

func platformOf(name smm.Platform) *platform {
	i := slices.IndexFunc(platforms, func(p platform) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &platforms[i]
}

// Where a token is all that there is, and does not end soon, it needs no store:
// FromToken makes a driver of it. An empty server is the vendor's own.

func signInFacebook(ctx context.Context, in *entrance, v map[string]string) (smm.Driver, smm.Channel, error) {
	return facebook.FromToken(ctx, v["FACEBOOK_TOKEN"], &facebook.Config{BaseURL: v["FACEBOOK_SERVER"], MediaHost: in.media, Clock: in.clock})
}

func signInInstagram(ctx context.Context, in *entrance, v map[string]string) (smm.Driver, smm.Channel, error) {
	return instagram.FromToken(ctx, v["INSTAGRAM_TOKEN"], &instagram.Config{BaseURL: v["INSTAGRAM_SERVER"], MediaHost: in.media, Clock: in.clock})
}

func signInMastodon(ctx context.Context, in *entrance, v map[string]string) (smm.Driver, smm.Channel, error) {
	return mastodon.FromToken(ctx, v["MASTODON_SERVER"], v["MASTODON_TOKEN"], &mastodon.Config{Clock: in.clock})
}

func signInThreads(ctx context.Context, in *entrance, v map[string]string) (smm.Driver, smm.Channel, error) {
	return threads.FromToken(ctx, v["THREADS_TOKEN"], &threads.Config{BaseURL: v["THREADS_SERVER"], MediaHost: in.media, Clock: in.clock})
}

// Sessions on Bluesky and tokens on X end within hours. Their drivers work over a
// credential store, as those of a host with many accounts do: they find the
// session there, and put it back whenever they renew it.

func signInBluesky(ctx context.Context, in *entrance, v map[string]string) (smm.Driver, smm.Channel, error) {
	password := smm.NewSecret(v["BLUESKY_APP_PASSWORD"])
	ch, err := keep(ctx, in.keys, bluesky.Platform,
		func(kept smm.Credential) bool { return kept.Extra[bluesky.ExtraAppPassword].Equal(password) },
		func() (smm.Channel, smm.Credential, error) {
			return bluesky.SignIn(ctx, v["BLUESKY_SERVER"], v["BLUESKY_IDENTIFIER"], password.Reveal(), nil)
		})
	if err != nil {
		return nil, smm.Channel{}, err
	}
	d, err := bluesky.New(bluesky.Config{Credentials: in.keys, Clock: in.clock})
	return d, ch, err
}

// What this program notes beside a credential: the handle, for people, and the
// token that an account of X came with, since those that follow it are others.
const (
	extraHandle = "quickstart_handle"
	extraFirst  = "quickstart_first_token"
)

func signInX(ctx context.Context, in *entrance, v map[string]string) (smm.Driver, smm.Channel, error) {
	cfg := x.Config{
		Credentials: in.keys, ClientID: v["X_CLIENT_ID"], ClientSecret: smm.NewSecret(v["X_CLIENT_SECRET"]),
		BaseURL: v["X_SERVER"], Clock: in.clock,
	}
	token := smm.NewSecret(v["X_ACCESS_TOKEN"])
	ch, err := keep(ctx, in.keys, x.Platform,
		func(kept smm.Credential) bool { return kept.Extra[extraFirst].Equal(token) },
		func() (smm.Channel, smm.Credential, error) {
			// Whose token is it? The driver of a lone token knows.
			_, ch, err := x.FromToken(ctx, token.Reveal(), &cfg)
			return ch, smm.Credential{
				AccessToken: token, RefreshToken: smm.NewSecret(v["X_REFRESH_TOKEN"]), Extra: map[string]smm.Secret{extraFirst: token},
			}, err
		})
	if err != nil {
		return nil, smm.Channel{}, err
	}
	d, err := x.New(cfg)
	return d, ch, err
}

// keep returns the account on a platform whose credential is in the store, and
// signs in if there is none that is still wanted.
func keep(ctx context.Context, keys smm.CredentialStore, p smm.Platform,
	wanted func(smm.Credential) bool, signIn func() (smm.Channel, smm.Credential, error),
) (smm.Channel, error) {
	known, err := keys.Accounts(ctx, "", p)
	if err != nil {
		return smm.Channel{}, err
	}
	var ch smm.Channel
	for _, account := range known {
		kept, err := keys.Load(ctx, "", account)
		if err != nil {
			return smm.Channel{}, err
		}
		if wanted(kept) {
			ch = smm.Channel{Ref: account, Handle: kept.Extra[extraHandle].Reveal()}
		} else if err := keys.Delete(ctx, "", account); err != nil {
			return smm.Channel{}, err
		}
	}
	if !ch.Ref.IsZero() {
		return ch, nil
	}
	ch, session, err := signIn()
	if err != nil {
		return smm.Channel{}, err
	}
	session.Extra[extraHandle] = smm.NewSecret(ch.Handle)
	_, err = keys.Swap(ctx, "", ch.Ref, 0, session)
	return ch, err
}
