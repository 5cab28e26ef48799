package all

import (
	"fmt"
	"log/slog"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/smm"
)

// ConnectConfig is what the connectors of all platforms have in common. Their
// requests go to public addresses over https alone; a host that wants it
// otherwise makes the connector by its own package.
type ConnectConfig struct {
	ClientName string // of the host's app, as people read it when they consent
	Website    string // "" for none

	// Redirect is where browsers come back to, another address for each platform.
	// For package connect it is BaseURL + "/callback/" + name.
	Redirect func(name smm.Platform) string

	// Apps keeps what servers gave the app when it was registered with them. It
	// may be the store of the accounts.
	Apps smm.CredentialStore

	Clock     smm.Clock    // nil for the machine's
	Logger    *slog.Logger // nil for silence
	UserAgent string       // "" for smmkit's
}

// Connectable returns the names that NewConnector takes, sorted.
func Connectable() []smm.Platform { return []smm.Platform{mastodon.Platform} }

// NewConnector makes the connector of a platform. An unknown name gives an error
// that matches smm.ErrInvalid and lists the known ones.
func NewConnector(name smm.Platform, c ConnectConfig) (smm.Connector, error) {
	if c.Redirect == nil || c.Apps == nil {
		return nil, fmt.Errorf("%w: all.ConnectConfig needs Redirect and Apps", smm.ErrInvalid)
	}
	switch name {
	case mastodon.Platform:
		return mastodon.NewConnector(mastodon.ConnectorConfig{
			ClientName: c.ClientName, Website: c.Website, Redirects: []string{c.Redirect(name)}, Apps: c.Apps,
			Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
		})
	}
	return nil, fmt.Errorf("%w: no connector for %q: one of %v", smm.ErrInvalid, name, Connectable())
}

// Connectors makes the connectors of the platforms named, or of all if none is.
func Connectors(c ConnectConfig, names ...smm.Platform) ([]smm.Connector, error) {
	if len(names) == 0 {
		names = Connectable()
	}
	connectors := make([]smm.Connector, 0, len(names))
	for _, name := range names {
		x, err := NewConnector(name, c)
		if err != nil {
			return nil, err
		}
		connectors = append(connectors, x)
	}
	return connectors, nil
}
