package all_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/all"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/x"
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
	require.Len(t, connectors, 2, "without apps")
	_, err = all.Connectors(cfg, x.Platform)
	require.ErrorIs(t, err, smm.ErrInvalid)

	app := all.MetaApp{ID: "1", Secret: smm.NewSecret("a secret of an app")}
	cfg.Keys = all.Keys{Facebook: app, Instagram: app, Threads: app, InstagramLogin: instagram.FacebookLogin, X: all.XApp{ClientID: "1"}}
	connectors, err = all.Connectors(cfg)
	require.NoError(t, err)
	require.Len(t, connectors, len(all.Connectable()))
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

// TestBaseURLs: with another base nothing goes to the vendor, neither requests nor
// people who consent.
func TestBaseURLs(t *testing.T) {
	const base = "https://gate.example"
	app := all.MetaApp{ID: "1", Secret: smm.NewSecret("a secret of an app")}
	keys := all.Keys{Facebook: app, Instagram: app, Threads: app, InstagramLogin: instagram.InstagramLogin, X: all.XApp{ClientID: "1"}}
	var hosts []string
	spy := roundTripper(func(r *http.Request) (*http.Response, error) {
		hosts = append(hosts, r.URL.Scheme+"://"+r.URL.Host)
		return nil, errors.New("nobody is here")
	})
	for _, name := range all.Platforms() {
		if name == "bluesky" || name == "mastodon" {
			continue // their credentials name the server
		}
		at := map[smm.Platform]string{name: base}
		channel := smm.Ref{Platform: name, Kind: smm.KindChannel, ID: "1"}
		d, err := all.New(name, all.Config{
			Credentials: smm.StaticToken(channel, "", "token-1"), HTTPClient: &http.Client{Transport: spy}, Keys: keys, BaseURLs: at,
		})
		require.NoError(t, err)
		_, err = d.(smm.ProfileReader).ReadProfile(t.Context(), channel, channel)
		require.Error(t, err)
		require.NotEmpty(t, hosts, name)
		for _, h := range hosts {
			require.Equal(t, base, h)
		}
		hosts = nil

		c, err := all.NewConnector(name, all.ConnectConfig{
			Apps: smm.NewMemoryCredentials(), Redirect: func(smm.Platform) string { return "https://app.example/back" }, Keys: keys, BaseURLs: at,
		})
		require.NoError(t, err)
		start, err := c.Begin(t.Context(), smm.ConnectRequest{Redirect: "https://app.example/back", State: "state-1"})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(start.URL, base+"/"), start.URL)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestQuotaLimit(t *testing.T) {
	for key, want := range map[smm.QuotaKey]int64{
		{Platform: "mastodon", Bucket: "statuses"}:       300,
		{Platform: "bluesky", Bucket: "write-hour"}:      5000,
		{Platform: "x", Bucket: "posts.create/user-15m"}: 100,
	} {
		l, ok := all.QuotaLimit(key)
		require.True(t, ok, key)
		require.Equal(t, want, l.Limit)
	}
	for _, key := range []smm.QuotaKey{{Platform: "mastodon", Bucket: "other"}, {Platform: "myspace", Bucket: "statuses"}, {}} {
		_, ok := all.QuotaLimit(key)
		require.False(t, ok, key)
	}
}
