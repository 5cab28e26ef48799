package all

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

// ConnectConfig is what the connectors of all platforms have in common. Where
// people name their server, requests go to public addresses over https alone; a
// host that wants it otherwise makes the connector by its own package.
type ConnectConfig struct {
	ClientName string // of the host's app, as people read it when they consent
	Website    string // "" for none

	// Redirect is where browsers come back to, another address for each platform.
	// For package connect it is BaseURL + "/callback/" + name.
	Redirect func(name smm.Platform) string

	// Apps keeps what servers gave the app when it was registered with them. It
	// may be the store of the accounts.
	Apps smm.CredentialStore

	// Bluesky is the app's identity there, the same as in the driver's
	// bluesky.Config.OAuth. The zero value serves a developer's machine; else the
	// *bluesky.Connector that comes of it has a Handler to mount at Bluesky.ID.
	Bluesky bluesky.ClientIdentity

	// BaseURLs stand in place of all hosts of a vendor, as in Config.
	BaseURLs map[smm.Platform]string

	// Keys are what vendors gave the host's apps. A platform that needs an app and
	// has no ID here has no connector.
	Keys Keys

	Clock     smm.Clock    // nil for the machine's
	Logger    *slog.Logger // nil for silence
	UserAgent string       // "" for smmkit's
}

// Connectable returns the names that NewConnector takes, sorted.
func Connectable() []smm.Platform { return Platforms() }

// NewConnector makes the connector of a platform. An unknown name gives an error
// that matches smm.ErrInvalid and lists the known ones.
func NewConnector(name smm.Platform, c ConnectConfig) (smm.Connector, error) {
	if c.Redirect == nil || c.Apps == nil {
		return nil, fmt.Errorf("%w: all.ConnectConfig needs Redirect and Apps", smm.ErrInvalid)
	}
	switch name {
	case bluesky.Platform:
		cfg := bluesky.ConnectorConfig{
			Client: c.Bluesky, Info: bluesky.ClientInfo{Name: c.ClientName, URI: c.Website}, Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
		}
		if c.Bluesky.ID != "" {
			cfg.Redirects = []string{c.Redirect(name)}
		}
		return bluesky.NewConnector(cfg)
	case facebook.Platform:
		return facebook.NewConnector(facebook.ConnectorConfig{
			AppID: c.Keys.Facebook.ID, AppSecret: c.Keys.Facebook.Secret, BaseURL: c.BaseURLs[name], Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
		})
	case instagram.Platform:
		return instagram.NewConnector(instagram.ConnectorConfig{
			Login: c.Keys.InstagramLogin, AppID: c.Keys.Instagram.ID, AppSecret: c.Keys.Instagram.Secret, BaseURL: c.BaseURLs[name],
			Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
		})
	case mastodon.Platform:
		return mastodon.NewConnector(mastodon.ConnectorConfig{
			ClientName: c.ClientName, Website: c.Website, Redirects: []string{c.Redirect(name)}, Apps: c.Apps,
			Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
		})
	case threads.Platform:
		return threads.NewConnector(threads.ConnectorConfig{
			AppID: c.Keys.Threads.ID, AppSecret: c.Keys.Threads.Secret, Redirects: []string{c.Redirect(name)}, BaseURL: c.BaseURLs[name],
			Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
		})
	case x.Platform:
		return x.NewConnector(x.ConnectorConfig{
			ClientID: c.Keys.X.ClientID, ClientSecret: c.Keys.X.ClientSecret, BaseURL: c.BaseURLs[name], Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
		})
	}
	return nil, fmt.Errorf("%w: no connector for %q: one of %v", smm.ErrInvalid, name, Connectable())
}

// has reports whether the platform needs no app that a person registers, or the
// app is there.
func (k *Keys) has(name smm.Platform) bool {
	switch name {
	case facebook.Platform:
		return k.Facebook.ID != ""
	case instagram.Platform:
		return k.Instagram.ID != ""
	case threads.Platform:
		return k.Threads.ID != ""
	case x.Platform:
		return k.X.ClientID != ""
	}
	return true
}

// Connectors makes the connectors of the platforms named. If none is, it makes
// all but those that need an app which c.Keys does not have.
func Connectors(c ConnectConfig, names ...smm.Platform) ([]smm.Connector, error) {
	if len(names) == 0 {
		names = slices.DeleteFunc(Connectable(), func(name smm.Platform) bool { return !c.Keys.has(name) })
	}
	connectors := make([]smm.Connector, 0, len(names))
	for _, name := range names {
		made, err := NewConnector(name, c)
		if err != nil {
			return nil, err
		}
		connectors = append(connectors, made)
	}
	return connectors, nil
}
