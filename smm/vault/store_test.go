package vault_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

var account = smm.Ref{Platform: "example", Kind: smm.KindChannel, ID: "us"}

func openStore(t testing.TB, rows vault.Rows, keys vault.KMS) *vault.Store {
	t.Helper()
	s, err := vault.Open(rows, keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func credential(token string) smm.Credential {
	return smm.Credential{AccessToken: smm.NewSecret(token), Extra: map[string]smm.Secret{"password": smm.NewSecret(token + "-extra")}}
}

func store(t testing.TB, s smm.CredentialStore, tenant smm.Tenant, r smm.Ref, old int64, token string) int64 {
	t.Helper()
	v, err := s.Swap(t.Context(), tenant, r, old, credential(token))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func wantToken(t testing.TB, s smm.CredentialStore, tenant smm.Tenant, r smm.Ref, token string) {
	t.Helper()
	c, err := s.Load(t.Context(), tenant, r)
	if err != nil || c.AccessToken.Reveal() != token || c.Extra["password"].Reveal() != token+"-extra" {
		t.Errorf("load %q %s: %+v, %v", tenant, r, c, err)
	}
}

// Whoever reads the rows sees no secret, and whoever moves them gains nothing.
func TestRowsTellNothingAndCannotBeMoved(t *testing.T) {
	rows := vault.NewMemory()
	s := openStore(t, rows, ring(t, "k"))
	elsewhere := map[string]struct {
		tenant  smm.Tenant
		account smm.Ref
	}{
		"tenant":   {"b", account},
		"platform": {"a", smm.Ref{Platform: "other", Kind: smm.KindChannel, ID: "us"}},
		"space":    {"a", smm.Ref{Platform: "example", Space: "x", Kind: smm.KindChannel, ID: "us"}},
		"kind":     {"a", smm.Ref{Platform: "example", Kind: smm.KindAd, ID: "us"}},
		"id":       {"a", smm.Ref{Platform: "example", Kind: smm.KindChannel, ID: "them"}},
	}
	store(t, s, "a", account, 0, "t0ken")
	r, err := rows.Get(t.Context(), "a", account)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil || strings.Contains(fmt.Sprintf("%s%q", b, r.Sealed), "t0ken") {
		t.Errorf("the row tells: %q, %v", b, err)
	}
	for name, to := range elsewhere {
		moved := r
		moved.Tenant, moved.Account = to.tenant, to.account
		if _, err := rows.Put(t.Context(), moved, 0); err != nil {
			t.Fatal(err)
		}
		c, err := s.Load(t.Context(), to.tenant, to.account)
		wantIs(t, "a row that was moved to another "+name, err, smm.ErrSealed)
		if !c.AccessToken.IsZero() || c.Extra != nil {
			t.Errorf("%s: %+v came with the error", name, c)
		}
	}
	wantToken(t, s, "a", account, "t0ken")
	// A row that lies about where it is.
	_, err = openStore(t, liar{rows, r}, ring(t, "k")).Load(t.Context(), "b", account)
	wantIs(t, "a row that says it is another's", err, smm.ErrSealed)
}

// liar answers everything with one row.
type liar struct {
	vault.Rows
	row vault.Row
}

func (l liar) Get(context.Context, smm.Tenant, smm.Ref) (vault.Row, error) { return l.row, nil }

func TestALostKeyDeletesNothingAndReconnectingWorks(t *testing.T) {
	rows := vault.NewMemory()
	old := openStore(t, rows, ring(t, "2025"))
	v := store(t, old, "a", account, 0, "one")
	s := openStore(t, rows, ring(t, "2026"))

	c, err := s.Load(t.Context(), "a", account)
	wantIs(t, "load without the key", err, smm.ErrSealed)
	if e, ok := errors.AsType[*vault.KeyError](err); !ok || e.KeyID != "2025" || !strings.Contains(err.Error(), account.String()) {
		t.Errorf("%v does not name key and account", err)
	}
	wantToken(t, old, "a", account, "one")
	if c.Version != v {
		t.Errorf("the error comes with version %d, want %d: it could not be replaced", c.Version, v)
	}
	if got, err := s.Accounts(t.Context(), "a", "example"); len(got) != 1 || err != nil {
		t.Errorf("the account is not listed: %v, %v", got, err)
	}
	done, err := s.Rotate(t.Context())
	if err != nil || done.Resealed != 0 || len(done.Failed) != 1 || done.Failed[0].KeyID != "2025" || done.Failed[0].Account != account {
		t.Errorf("rotate: %+v, %v", done, err)
	}
	wantToken(t, old, "a", account, "one")

	store(t, s, "a", account, c.Version, "two")
	wantToken(t, s, "a", account, "two")
}

func TestRotate(t *testing.T) {
	const n = 50
	rows := vault.NewMemory()
	old := openStore(t, rows, ring(t, "old"))
	at := func(i int) (smm.Tenant, smm.Ref) {
		return smm.Tenant(fmt.Sprint("t", i%3)), account.WithKind(smm.KindChannel, fmt.Sprint(i))
	}
	versions := make([]int64, n)
	for i := range n {
		tenant, r := at(i)
		versions[i] = store(t, old, tenant, r, 0, fmt.Sprint("token", i))
	}
	both := openStore(t, rows, ring(t, "new", "old"))
	tenant, r := at(7)
	store(t, both, tenant, r, versions[7], "token7") // Swap seals anew by itself
	done, err := both.Rotate(t.Context())
	if err != nil || done.Resealed != n-1 || done.Changed != 0 || done.Failed != nil {
		t.Fatalf("rotate: %+v, %v", done, err)
	}
	if done, err = both.Rotate(t.Context()); err != nil || done.Resealed != 0 {
		t.Fatalf("rotate again: %+v, %v", done, err)
	}
	s := openStore(t, rows, ring(t, "new"))
	for i := range n {
		tenant, r := at(i)
		wantToken(t, s, tenant, r, fmt.Sprint("token", i))
		if c, _ := s.Load(t.Context(), tenant, r); i != 7 && c.Version != versions[i] {
			t.Errorf("rotation changed version %d to %d: a refresh under way would fail", versions[i], c.Version)
		}
	}
}

// busyRows lets somebody write between the reading and the resealing of a row.
type busyRows struct {
	vault.Rows
	between func()
}

func (b busyRows) NotUnder(ctx context.Context, id string) iter.Seq2[vault.Row, error] {
	return func(yield func(vault.Row, error) bool) {
		for r, err := range b.Rows.NotUnder(ctx, id) {
			b.between()
			if !yield(r, err) {
				return
			}
		}
	}
}

func TestRotateOverwritesNothing(t *testing.T) {
	rows := vault.NewMemory()
	old := openStore(t, rows, ring(t, "old"))
	v := store(t, old, "a", account, 0, "one")
	s := openStore(t, busyRows{rows, func() { store(t, old, "a", account, v, "two") }}, ring(t, "new", "old"))
	done, err := s.Rotate(t.Context())
	if err != nil || done.Changed != 1 || done.Resealed != 0 {
		t.Fatalf("rotate: %+v, %v", done, err)
	}
	wantToken(t, old, "a", account, "two")
}

func TestAServiceThatIsDown(t *testing.T) {
	rows := vault.NewMemory()
	v := store(t, openStore(t, rows, ring(t, "k")), "a", account, 0, "one")
	down := openStore(t, rows, oddKMS{id: "other", err: fmt.Errorf("the service: %w", smm.ErrUnavailable)})
	_, err := down.Load(t.Context(), "a", account)
	wantIs(t, "load", err, smm.ErrUnavailable)
	_, err = down.Swap(t.Context(), "a", account, v, credential("two"))
	wantIs(t, "swap", err, smm.ErrUnavailable)
	_, err = down.Rotate(t.Context())
	wantIs(t, "rotate", err, smm.ErrUnavailable)
	wantToken(t, openStore(t, rows, ring(t, "k")), "a", account, "one")
}

func TestWhatHasNoFormIsRefused(t *testing.T) {
	s := openStore(t, vault.NewMemory(), ring(t, "k"))
	for name, c := range map[string]smm.Credential{
		"a scope": {Scopes: []string{"\xff"}}, "a server": {Server: "\xff"}, "a type": {TokenType: "\xff"},
		"a name": {Extra: map[string]smm.Secret{"\xff": {}}}, "a year": {Expires: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := s.Swap(t.Context(), "a", account, 0, c)
		wantIs(t, name, err, smm.ErrInvalid)
	}
}

// A credential of a later program is not taken for damaged, nor read by half.
func TestLaterSchema(t *testing.T) {
	rows, keys := vault.NewMemory(), ring(t, "k")
	for text, says := range map[string]string{
		`{"schema":99}`: "upgrade", `{}`: "no credential", `[]`: "no credential", `{"schema":1,"expires":"s3cret"}`: "no credential",
	} {
		row := vault.Row{Tenant: "a", Account: account, KeyID: "k", Sealed: sealed(t, keys, text, string(vault.PlaceOf("a", account)))}
		old := int64(0)
		if have, err := rows.Get(t.Context(), "a", account); err == nil {
			old = have.Version
		}
		if _, err := rows.Put(t.Context(), row, old); err != nil {
			t.Fatal(err)
		}
		_, err := openStore(t, rows, keys).Load(t.Context(), "a", account)
		wantIs(t, text, err, smm.ErrSealed)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
	// Rotation keeps what this program does not know.
	later := openStore(t, rows, ring(t, "k2", "k"))
	if done, err := later.Rotate(t.Context()); err != nil || done.Resealed != 1 {
		t.Errorf("rotate: %+v, %v", done, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	var none *vault.KeyRing
	for _, f := range []func() (*vault.Store, error){
		func() (*vault.Store, error) { return vault.Open(nil, ring(t, "k"), nil) },
		func() (*vault.Store, error) { return vault.Open(vault.NewMemory(), nil, nil) },
		func() (*vault.Store, error) { return vault.Open(vault.NewMemory(), none, nil) },
		func() (*vault.Store, error) {
			return vault.Open(vault.NewMemory(), ring(t, "k"), &vault.Options{Poll: -1})
		},
	} {
		_, err := f()
		wantIs(t, "open", err, smm.ErrInvalid)
	}
}

// golden is a credential of the tenant "t" under key "k1", as version 1 of the
// format has it.
const golden = "01026b31003c3122f9bf0e5b8ddb2bc226d7116da357b8c2c77bf4ec31aa6239fc3232e6e469bfeed74dce603ac563a32c9a2b1034f13e6c29c4790d368d1169" +
	"2b352ac2c841521e523dd9e21711f779dc02cd592b5893fee11d1718c4950f8c6178600dcd72ffae2273a3c8655ada077d654786edece308b7a1b95aa552cd52" +
	"bb9f0d92490cd5631f9cf58a77a8857740e8980705930530a61a273e73b84234538d964ad54d14e20783e463fd51d7bf32f5b8981150ff51d6f09420e031ae1c" +
	"19da5192f9dfd3a89aa2ea7baa48514c3d216e03fcb2b539c38c0c16263af4f30335d3642e83ab9a77d844aa66b211285bf40ea17012c1afdbd3afd164f68c32" +
	"a441fb9514363399c4cdba4fef983a4359b28179c9b7af92a6199839b6b7502fb58ab3bb56f432406c1f89a36614cdf3b3b6383cb8ab8e898b441a8512c9b9f9" +
	"202cec2ea19e2a9eac3ffb74fa90dc8cecedae31acdc9b67e8cfe07a29c847e251"

func goldenRow(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(golden)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What an earlier version of this package sealed opens for ever.
func TestGolden(t *testing.T) {
	b := goldenRow(t)
	rows := vault.NewMemory()
	if _, err := rows.Put(t.Context(), vault.Row{Tenant: "t", Account: account, KeyID: "k1", Sealed: b}, 0); err != nil {
		t.Fatal(err)
	}
	c, err := openStore(t, rows, ring(t, "k1")).Load(t.Context(), "t", account)
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	want := smm.Credential{
		AccessToken: smm.NewSecret("t0ken"), RefreshToken: smm.NewSecret("r\xff"), TokenType: "DPoP", Expires: at.Add(time.Hour), Obtained: at,
		Scopes: []string{"read"}, Server: "https://social.example", Extra: map[string]smm.Secret{"key": smm.NewSecret("k\x00")},
		Refreshing: at.Add(time.Minute), Version: 1,
	}
	if err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("%+v, %v", c, err)
	}
}
