package vault_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

func key(t testing.TB, id string) vault.Key {
	t.Helper()
	sum := sha256.Sum256([]byte(id))
	k, err := vault.NewKey(id, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ring has keys that follow from their IDs; the first is the primary one.
func ring(t testing.TB, ids ...string) *vault.KeyRing {
	t.Helper()
	var keys []vault.Key
	for _, id := range ids {
		keys = append(keys, key(t, id))
	}
	r, err := vault.NewKeyRing(keys[0], keys[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantIs(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want one that matches %q", what, err, want)
	}
}

func sealed(t testing.TB, r smm.Sealer, plain, place string) []byte {
	t.Helper()
	b, err := r.Seal([]byte(plain), []byte(place))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealAndOpen(t *testing.T) {
	r := ring(t, "2026", "2025")
	for _, plain := range []string{"", "x", strings.Repeat("long ", 10_000)} {
		b := sealed(t, r, plain, "here")
		got, err := r.Open(b, []byte("here"))
		if err != nil || string(got) != plain {
			t.Errorf("open of %d bytes: %d bytes, %v", len(plain), len(got), err)
		}
		if id, err := vault.KeyID(b); id != "2026" || err != nil {
			t.Errorf("key ID %q, %v", id, err)
		}
		if len(plain) > 1 && bytes.Contains(b, []byte(plain[:4])) {
			t.Error("what was sealed stands there")
		}
	}
	if bytes.Equal(sealed(t, r, "x", "p"), sealed(t, r, "x", "p")) {
		t.Error("the same twice gives the same: who reads the database sees it")
	}
}

// Whatever is changed, it does not open.
func TestAnyByteFlippedFailsClosed(t *testing.T) {
	r := ring(t, "2026", "2025")
	b := sealed(t, r, "secret", "tenant/account")
	fails := func(what string, b, place []byte) {
		t.Helper()
		got, err := r.Open(b, place)
		if got != nil {
			t.Errorf("%s: it opens", what)
		}
		wantIs(t, what, err, smm.ErrSealed)
	}
	for i := range b {
		for bit := range 8 {
			c := slices.Clone(b)
			c[i] ^= 1 << bit
			fails(fmt.Sprintf("byte %d, bit %d", i, bit), c, []byte("tenant/account"))
		}
		fails(fmt.Sprintf("cut off at %d", i), b[:i], []byte("tenant/account"))
	}
	fails("a byte more", append(slices.Clone(b), 0), []byte("tenant/account"))
	for _, place := range []string{"", "tenant/accoun", "tenant/account2", "Tenant/account"} {
		fails("moved to "+place, b, []byte(place))
	}
	// The part of another, sealed in the same place with the same key.
	other := sealed(t, r, "public", "tenant/account")
	for cut := 1; cut < len(b); cut++ {
		if c := append(slices.Clone(b[:cut]), other[cut:]...); !bytes.Equal(c, b) && !bytes.Equal(c, other) {
			fails(fmt.Sprintf("two joined at %d", cut), c, []byte("tenant/account"))
		}
	}
}

// A place and the header before it cannot be shifted into one another.
func TestUnwrapIsBoundToPlace(t *testing.T) {
	r := ring(t, "2026")
	id, wrapped, err := r.Wrap(t.Context(), bytes.Repeat([]byte{7}, vault.KeySize), []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Unwrap(t.Context(), id, wrapped, []byte("b"))
	wantIs(t, "a data key in another place", err, smm.ErrSealed)
	got, err := r.Unwrap(t.Context(), id, wrapped, []byte("a"))
	if err != nil || got[0] != 7 {
		t.Errorf("unwrap: %v", err)
	}
}

// The format is what the documentation says: this opens it by hand.
func TestFormat(t *testing.T) {
	b := sealed(t, ring(t, "k1"), "secret", "place")
	if want := "01" + "02" + hex.EncodeToString([]byte("k1")) + "003c"; hex.EncodeToString(b[:6]) != want {
		t.Fatalf("it begins with %x, want %s", b[:6], want)
	}
	gcm := func(key []byte) cipher.AEAD {
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		a, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	ringKey, place := sha256.Sum256([]byte("k1")), sha256.Sum256([]byte("place"))
	wrapped := b[6:66]
	dataKey, err := gcm(ringKey[:]).Open(nil, wrapped[:12], wrapped[12:], append([]byte("smmkit data key 1\x00\x02k1"), place[:]...))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm(dataKey).Open(nil, b[66:78], b[78:], append(slices.Clone(b[:66]), "place"...))
	if err != nil || string(plain) != "secret" {
		t.Fatalf("%q, %v", plain, err)
	}
}

func TestALostKeyIsNamed(t *testing.T) {
	b := sealed(t, ring(t, "2024"), "secret", "p")
	_, err := ring(t, "2026", "2025").Open(b, []byte("p"))
	wantIs(t, "open", err, smm.ErrSealed)
	if e, ok := errors.AsType[*vault.KeyError](err); !ok || e.KeyID != "2024" || !strings.Contains(err.Error(), `"2024"`) {
		t.Errorf("%v does not name the key", err)
	}
	// Another key under the same name.
	sum := sha256.Sum256([]byte("another"))
	k, err := vault.NewKey("2024", sum[:])
	if err != nil {
		t.Fatal(err)
	}
	r, err := vault.NewKeyRing(k)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Open(b, []byte("p"))
	wantIs(t, "open with a wrong key", err, smm.ErrSealed)
}

// oddKMS is a service that answers as its fields say.
type oddKMS struct {
	id      string
	wrapped []byte
	dataKey []byte
	err     error
}

func (k oddKMS) Primary() string { return k.id }
func (k oddKMS) Wrap(context.Context, []byte, []byte) (string, []byte, error) {
	return k.id, k.wrapped, k.err
}
func (k oddKMS) Unwrap(context.Context, string, []byte, []byte) ([]byte, error) {
	return k.dataKey, k.err
}

func TestServicesThatAnswerOddly(t *testing.T) {
	place := []byte("p")
	for name, k := range map[string]oddKMS{
		"no id": {wrapped: []byte("w")}, "a long id": {id: strings.Repeat("x", 65), wrapped: []byte("w")},
		"nothing wrapped": {id: "k"}, "too much wrapped": {id: "k", wrapped: make([]byte, 4097)},
	} {
		_, err := vault.NewSealer(k).Seal([]byte("x"), place)
		wantIs(t, name, err, smm.ErrInvalid)
	}
	good := oddKMS{id: strings.Repeat("x", 64), wrapped: make([]byte, 4096)}
	b := sealed(t, vault.NewSealer(good), "x", "p")
	for name, k := range map[string]oddKMS{"another key": {dataKey: make([]byte, 32)}, "a short key": {dataKey: make([]byte, 5)}, "no key": {}} {
		_, err := vault.NewSealer(k).Open(b, place)
		wantIs(t, name, err, smm.ErrSealed)
	}
	down := fmt.Errorf("the service: %w", smm.ErrUnavailable)
	_, err := vault.NewSealer(oddKMS{err: down}).Open(b, place)
	wantIs(t, "a service that is down", err, smm.ErrUnavailable)
	if errors.Is(err, smm.ErrSealed) {
		t.Error("a service that is down is taken for a lost key")
	}
	_, err = vault.NewSealer(oddKMS{err: down}).Seal([]byte("x"), place)
	wantIs(t, "a service that is down", err, smm.ErrUnavailable)
}

// What is not in the format says so, whatever the keys.
func TestHeadersThatAreNone(t *testing.T) {
	good := sealed(t, ring(t, "k1"), "x", "p")
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"nothing":           {nil, "cut off"},
		"a later format":    {append([]byte{2}, good[1:]...), "format 2"},
		"no ID":             {[]byte{1, 0, 0, 1, 9}, "names no key"},
		"an ID of controls": {[]byte{1, 1, 7, 0, 1, 9}, "names no key"},
		"an ID cut off":     {[]byte{1, 9, 'k', '1', 0}, "cut off"},
		"nothing wrapped":   {[]byte{1, 1, 'k', 0, 0, 9}, "cut off"},
		"too much wrapped":  {append([]byte{1, 1, 'k', 0x10, 0x01}, make([]byte, 5000)...), "cut off"},
		"wrapped cut off":   {[]byte{1, 1, 'k', 0, 2, 9}, "cut off"},
	} {
		_, err := vault.KeyID(c.b)
		wantIs(t, name, err, smm.ErrSealed)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// Only what was sealed opens, and only in its place. What is sealed anew each
// time would make another test of each process that fuzzes.
func FuzzOpen(f *testing.F) {
	r, b, place := ring(f, "k1", "k2"), goldenRow(f), vault.PlaceOf("t", account)
	f.Add(b, place)
	f.Add(b[:30], place)
	f.Add([]byte{1, 0}, []byte{})
	f.Add([]byte{1, 2, 'k', '1', 0, 1, 0}, place)
	f.Fuzz(func(t *testing.T, c, at []byte) {
		got, err := r.Open(c, at)
		switch {
		case err != nil && (got != nil || !errors.Is(err, smm.ErrSealed)):
			t.Fatalf("%q, %v", got, err)
		case err == nil && (!bytes.Equal(c, b) || !bytes.Equal(at, place)):
			t.Fatal("a forgery opens")
		}
		if id, err := vault.KeyID(c); err == nil && (id == "" || len(id) > 64) {
			t.Fatalf("key ID %q", id)
		}
	})
}
