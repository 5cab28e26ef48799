package all_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/all"
	"github.com/smmkit/smmkit/smm"
)

func TestEveryNameMakesItsDriver(t *testing.T) {
	cfg := all.Config{Credentials: smm.NewMemoryCredentials()}
	drivers, err := all.Drivers(cfg)
	require.NoError(t, err)
	for i, name := range all.Platforms() {
		require.Equal(t, name, drivers[i].Platform())
	}
	_, err = smm.New(drivers)
	require.NoError(t, err)
}

func TestUnknownNameIsRefused(t *testing.T) {
	_, err := all.Drivers(all.Config{Credentials: smm.NewMemoryCredentials()}, "myspace")
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.ErrorContains(t, err, "bluesky")
}

func TestEveryNameMakesItsConnector(t *testing.T) {
	cfg := all.ConnectConfig{
		ClientName: "tests", Apps: smm.NewMemoryCredentials(),
		Redirect: func(name smm.Platform) string { return "https://app.example/connect/callback/" + string(name) },
	}
	connectors, err := all.Connectors(cfg)
	require.NoError(t, err)
	for i, name := range all.Connectable() {
		require.Equal(t, name, connectors[i].Platform())
		scopes, err := connectors[i].Scopes(smm.CapPost)
		require.NoError(t, err)
		require.NotEmpty(t, scopes)
	}
	_, err = all.Connectors(cfg, "myspace")
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.ErrorContains(t, err, "mastodon")
	cfg.Redirect = nil
	_, err = all.Connectors(cfg)
	require.ErrorIs(t, err, smm.ErrInvalid)
}
