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

func TestQuotaLimit(t *testing.T) {
	for key, want := range map[smm.QuotaKey]int64{
		{Platform: "mastodon", Bucket: "statuses"}:  300,
		{Platform: "bluesky", Bucket: "write-hour"}: 5000,
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
