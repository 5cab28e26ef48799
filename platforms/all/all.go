// Package all knows every platform by name, for hosts that decide from their
// configuration which ones to use. A host that uses two or three imports their
// packages directly and links nothing else.
//
// # Design notes
//
// The registry is a switch and not a set of init functions: importing a
// package must not change what a program does.
package all

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

// Config is what the drivers of all platforms have in common. Settings that
// only one platform has need its own package.
type Config struct {
	Credentials smm.CredentialStore
	HTTPClient  *http.Client   // nil for each driver's own
	Quota       smm.Quota      // nil for none
	Clock       smm.Clock      // nil for the machine's
	Logger      *slog.Logger   // nil for silence
	UserAgent   string         // "" for smmkit's
	Media       smm.MediaStore // for the pictures of profile edits
	MediaHost   smm.MediaHost  // for vendors that fetch media themselves: Instagram, Threads, and Facebook in messages; nil for none

	// BaseURLs stand in place of all hosts of a vendor, for simulators and gateways.
	// Bluesky and Mastodon need none: their credentials name the server.
	BaseURLs map[smm.Platform]string

	// Bluesky is the app's identity, as in ConnectConfig, to renew the tokens of
	// accounts that were connected with it.
	Bluesky bluesky.ClientIdentity

	// Keys are what vendors gave the host's apps, as in ConnectConfig.
	Keys Keys
}

// Keys are what vendors gave the host's apps, where a person registers them. The
// zero value of each is good for a driver that is given tokens, which then accepts
// no webhooks.
type Keys struct {
	Facebook, Instagram, Threads MetaApp
	// InstagramLogin is the one that the app for Instagram has.
	InstagramLogin instagram.Login
	X              XApp
}

// MetaApp is an app of Meta, as one of its products names it: the ids and secrets
// of Threads and of Instagram's own login are not those of the app itself.
type MetaApp struct {
	ID          string
	Secret      smm.Secret
	VerifyToken smm.Secret // typed in beside the address of webhooks; the secret signs them
}

func (a MetaApp) signers() []smm.Secret {
	if a.Secret.IsZero() {
		return nil
	}
	return []smm.Secret{a.Secret}
}

// XApp is an app of X.
type XApp struct {
	ClientID       string
	ClientSecret   smm.Secret // of a confidential client; a public one has none
	ConsumerSecret smm.Secret // signs webhooks
	Tier           x.Tier
}

// Platforms returns the names that New takes, sorted.
func Platforms() []smm.Platform {
	return []smm.Platform{
		bluesky.Platform, facebook.Platform, instagram.Platform, mastodon.Platform, threads.Platform, x.Platform,
	}
}

// New makes the driver of a platform. An unknown name gives an error that
// matches smm.ErrInvalid and lists the known ones.
func New(name smm.Platform, c Config) (smm.Driver, error) {
	switch name {
	case bluesky.Platform:
		return bluesky.New(bluesky.Config{
			Credentials: c.Credentials, HTTPClient: c.HTTPClient, Quota: c.Quota, Clock: c.Clock,
			Logger: c.Logger, UserAgent: c.UserAgent, Media: c.Media, OAuth: c.Bluesky,
		})
	case facebook.Platform:
		return facebook.New(facebook.Config{
			Credentials: c.Credentials, HTTPClient: c.HTTPClient, Quota: c.Quota, Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
			Media: c.Media, MediaHost: c.MediaHost, AppSecret: c.Keys.Facebook.Secret, BaseURL: c.BaseURLs[name],
			Webhooks: facebook.Webhooks{VerifyToken: c.Keys.Facebook.VerifyToken, AppSecrets: c.Keys.Facebook.signers()},
		})
	case instagram.Platform:
		cfg := instagram.Config{
			Credentials: c.Credentials, HTTPClient: c.HTTPClient, Quota: c.Quota, Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
			MediaHost: c.MediaHost, BaseURL: c.BaseURLs[name],
			Webhooks: instagram.Webhooks{VerifyToken: c.Keys.Instagram.VerifyToken, AppSecrets: c.Keys.Instagram.signers()},
		}
		if c.Keys.InstagramLogin == instagram.FacebookLogin {
			cfg.AppSecret = c.Keys.Instagram.Secret
		}
		return instagram.New(cfg)
	case mastodon.Platform:
		return mastodon.New(mastodon.Config{
			Credentials: c.Credentials, HTTPClient: c.HTTPClient, Quota: c.Quota, Clock: c.Clock,
			Logger: c.Logger, UserAgent: c.UserAgent, Media: c.Media,
		})
	case threads.Platform:
		return threads.New(threads.Config{
			Credentials: c.Credentials, HTTPClient: c.HTTPClient, Quota: c.Quota, Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
			MediaHost: c.MediaHost, BaseURL: c.BaseURLs[name],
			Webhooks: threads.Webhooks{VerifyToken: c.Keys.Threads.VerifyToken, AppSecrets: c.Keys.Threads.signers()},
		})
	case x.Platform:
		cfg := x.Config{
			Credentials: c.Credentials, HTTPClient: c.HTTPClient, Quota: c.Quota, Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
			ClientID: c.Keys.X.ClientID, ClientSecret: c.Keys.X.ClientSecret, Tier: c.Keys.X.Tier,
			BaseURL: c.BaseURLs[name],
		}
		if !c.Keys.X.ConsumerSecret.IsZero() {
			cfg.Webhooks.ConsumerSecrets = []smm.Secret{c.Keys.X.ConsumerSecret}
		}
		return x.New(cfg)
	}
	return nil, fmt.Errorf("%w: no platform %q: one of %v", smm.ErrInvalid, name, Platforms())
}

// QuotaLimit declares the documented budgets of every platform, for an
// implementation of smm.Quota: quota.New(quota.Config{Limit: all.QuotaLimit}).
func QuotaLimit(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	switch key.Platform {
	case bluesky.Platform:
		return bluesky.QuotaLimit(key)
	case facebook.Platform:
		return facebook.QuotaLimit(key)
	case instagram.Platform:
		return instagram.QuotaLimit(key)
	case mastodon.Platform:
		return mastodon.QuotaLimit(key)
	case threads.Platform:
		return threads.QuotaLimit(key)
	case x.Platform:
		return x.QuotaLimit(key)
	}
	return smm.QuotaLimit{}, false
}

// Drivers makes the drivers of the platforms named, or of all if none is.
func Drivers(c Config, names ...smm.Platform) ([]smm.Driver, error) {
	if len(names) == 0 {
		names = Platforms()
	}
	drivers := make([]smm.Driver, 0, len(names))
	for _, name := range names {
		d, err := New(name, c)
		if err != nil {
			return nil, err
		}
		drivers = append(drivers, d)
	}
	return drivers, nil
}
