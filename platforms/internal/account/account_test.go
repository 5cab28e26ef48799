package account_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const platform smm.Platform = "fake"

func ref(kind smm.Kind, id string) smm.Ref { return smm.Ref{Platform: platform, Kind: kind, ID: id} }

func store(t *testing.T, refs ...smm.Ref) smm.CredentialStore {
	t.Helper()
	s := smm.NewMemoryCredentials()
	for _, r := range refs {
		_, err := s.Swap(t.Context(), "acme", r, 0, smm.Credential{AccessToken: smm.NewSecret("token of " + r.ID)})
		require.NoError(t, err)
	}
	return s
}

func TestList(t *testing.T) {
	ctx := smm.ContextWithTenant(t.Context(), "acme")
	s := store(t, ref(smm.KindChannel, "b"), ref("app", "host"), ref(smm.KindChannel, "bad"), ref(smm.KindChannel, "a"))
	gone := errors.New("gone")
	read := func(r smm.Ref) (smm.Channel, error) {
		if r.ID == "bad" {
			return smm.Channel{}, gone
		}
		return smm.Channel{Ref: r}, nil
	}
	page, err := account.List(ctx, s, platform, read)
	require.NoError(t, err, "one that cannot be read does not hide the others")
	require.Equal(t, []smm.Channel{{Ref: ref(smm.KindChannel, "a")}, {Ref: ref(smm.KindChannel, "b")}}, page.Items)

	_, err = account.List(ctx, store(t, ref(smm.KindChannel, "bad")), platform, read)
	require.ErrorIs(t, err, gone)
	page, err = account.List(t.Context(), s, platform, read)
	require.NoError(t, err)
	require.Empty(t, page.Items, "another tenant's")
}

func TestLoad(t *testing.T) {
	s := store(t, ref(smm.KindChannel, "a"))
	ctx := smm.ContextWithTenant(t.Context(), "acme")
	cred, err := account.Load(ctx, s, account.KeyOf(ctx, ref(smm.KindChannel, "a")))
	require.NoError(t, err)
	require.Equal(t, "token of a", cred.AccessToken.Reveal())
	_, err = account.Load(ctx, s, account.KeyOf(t.Context(), ref(smm.KindChannel, "a")))
	require.ErrorIs(t, err, smm.ErrUnauthorized, "another tenant's")
	_, err = account.Load(ctx, failing{s}, account.KeyOf(ctx, ref(smm.KindChannel, "a")))
	require.NotErrorIs(t, err, smm.ErrUnauthorized, "a store that is down says nothing of a credential")
	require.ErrorIs(t, err, smm.ErrUnavailable)
}

// failing is a store that cannot be read.
type failing struct{ smm.CredentialStore }

func (failing) Load(context.Context, smm.Tenant, smm.Ref) (smm.Credential, error) {
	return smm.Credential{}, smm.ErrUnavailable
}

func TestCache(t *testing.T) {
	var c account.Cache[int]
	key := func(n int) account.Key { return account.Key{Channel: ref(smm.KindChannel, strconv.Itoa(n))} }
	require.Nil(t, c.Get(key(0)))
	for n := range account.Max {
		c.Put(key(n), &n)
	}
	require.Equal(t, 0, *c.Get(key(0)))
	other := -1
	c.Put(account.Key{Tenant: "acme", Channel: key(7).Channel}, &other)
	require.Nil(t, c.Get(key(7)), "a full cache is emptied, and tenants do not meet")
	require.Equal(t, -1, *c.Get(account.Key{Tenant: "acme", Channel: key(7).Channel}))
}

func TestProbe(t *testing.T) {
	_, err := account.Probe(t.Context(), strings.NewReader("no picture"))
	require.ErrorIs(t, err, smm.ErrInvalid)
	info, err := account.Probe(t.Context(), strings.NewReader("GIF89a\x02\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x02\x00\x01\x00\x00\x02\x02\x44\x01\x00;"))
	require.NoError(t, err)
	require.Equal(t, [2]int{2, 1}, [2]int{info.Width, info.Height})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = account.Probe(ctx, strings.NewReader("GIF89a"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestBetween(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	items := []time.Time{day(9), day(8), {}, day(7), day(6), day(5)}
	at := func(v *time.Time) time.Time { return *v }
	got, next := account.Between(smm.PageRequest{}, items, "more", at)
	require.Equal(t, items, got)
	require.Equal(t, "more", next)
	got, next = account.Between(smm.PageRequest{Since: day(6), Until: day(8)}, items, "more", at)
	require.Equal(t, []time.Time{day(8), {}, day(7), day(6)}, got)
	require.Empty(t, next, "what follows is older still")
	got, next = account.Between(smm.PageRequest{Since: day(5), Until: day(6)}, items, "more", at)
	require.Equal(t, []time.Time{{}, day(6), day(5)}, got)
	require.Equal(t, "more", next)
}

// A token that was changed a moment ago is not blamed for a request that left
// before; later it is.
func TestAuthBlamesWhatWasSent(t *testing.T) {
	ctx, key := smm.ContextWithTenant(t.Context(), "acme"), ref(smm.KindChannel, "a")
	s, clock := store(t, key), sim.NewClock(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), true)
	keeper, err := keep.New(keep.Config{Store: s, Tenant: "acme", Account: key, Clock: clock})
	require.NoError(t, err)
	a := &account.Auth{Keeper: keeper, Clock: clock}
	send := func() string {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example/", nil)
		require.NoError(t, err)
		require.NoError(t, a.Authorize(ctx, req))
		return req.Header.Get("Authorization")
	}
	refused := &httpx.Response{Status: http.StatusUnauthorized}
	require.Equal(t, "Bearer token of a", send())
	_, err = s.Swap(ctx, "acme", key, 1, smm.Credential{AccessToken: smm.NewSecret("connected anew")})
	require.NoError(t, err)
	again, err := a.Refresh(ctx, &httpx.Response{Status: http.StatusForbidden})
	require.NoError(t, err)
	require.False(t, again, "that is no word about the token")
	again, err = a.Refresh(ctx, refused)
	require.NoError(t, err)
	require.True(t, again, "the store has another token than the one that was refused")
	require.Equal(t, "Bearer connected anew", send())
	again, err = a.Refresh(ctx, refused)
	require.NoError(t, err)
	require.True(t, again, "it may have left with the token before")
	require.NoError(t, clock.Sleep(ctx, 2*time.Minute))
	again, err = a.Refresh(ctx, refused)
	require.NoError(t, err)
	require.False(t, again, "now it is the new one that was refused, and nothing renews it")
}
