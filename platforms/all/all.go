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
	"github.com/smmkit/smmkit/platforms/mastodon"
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

	// Bluesky is the app's identity, as in ConnectConfig, to renew the tokens of
	// accounts that were connected with it.
	Bluesky bluesky.ClientIdentity
}

// Platforms returns the names that New takes, sorted.
func Platforms() []smm.Platform {
	return []smm.Platform{bluesky.Platform, mastodon.Platform}
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
	case mastodon.Platform:
		return mastodon.New(mastodon.Config{
			Credentials: c.Credentials, HTTPClient: c.HTTPClient, Quota: c.Quota, Clock: c.Clock,
			Logger: c.Logger, UserAgent: c.UserAgent, Media: c.Media,
		})
	}
	return nil, fmt.Errorf("%w: no platform %q: one of %v", smm.ErrInvalid, name, Platforms())
}

// QuotaLimit declares the documented budgets of every platform, for an
// implementation of smm.Quota: quota.New(quota.Config{Limit: all.QuotaLimit}).
func QuotaLimit(key smm.QuotaKey) (smm.QuotaLimit, bool) {
	switch key.Platform {
	case bluesky.Platform:
		return bluesky.QuotaLimit(key)
	case mastodon.Platform:
		return mastodon.QuotaLimit(key)
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
