package account_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
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
