package vault_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

func TestKeyText(t *testing.T) {
	k, err := vault.GenerateKey("2026-11")
	if err != nil {
		t.Fatal(err)
	}
	text := k.Text().Reveal()
	back, err := vault.ParseKey(smm.NewSecret(text))
	if err != nil || back != k || back.ID() != "2026-11" {
		t.Fatalf("a key does not come back from its text: %v", err)
	}
	for _, printed := range []string{fmt.Sprintf("%v %+v %#v", k, k, k), fmt.Sprint(k.Text())} {
		if strings.Contains(printed, text[8:20]) {
			t.Errorf("the key prints: %s", printed)
		}
	}
	other, err := vault.GenerateKey("2026-11")
	if err != nil || other == k {
		t.Errorf("two generated keys are the same (%v)", err)
	}
	r, err := vault.ParseKeyRing(smm.NewSecret(" " + text + ",\n" + key(t, "old").Text().Reveal() + "\t"))
	if err != nil || r.Primary() != "2026-11" || !slices.Equal(r.IDs(), []string{"2026-11", "old"}) {
		t.Errorf("a ring from text: %+v, %v", r, err)
	}
}

func TestKeysAreRefused(t *testing.T) {
	good := key(t, "k").Text().Reveal()
	for name, text := range map[string]string{
		"empty": "", "no ID": good[1:], "no bytes": "k:", "short": "k:AAAA", "zeros": "k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"not base64": "k:" + strings.Repeat("*", 44), "no colon": good[2:], "loose base64": good[:len(good)-2] + "p=", "twice": good + " " + good,
		"the same bytes twice": good + " j" + good[1:], "a long ID": strings.Repeat("x", 65) + good[1:], "control characters": "\x01" + good,
		"not UTF-8": "\xff" + good, "a second that is wrong": good + " x",
	} {
		_, err := vault.ParseKeyRing(smm.NewSecret(text))
		wantIs(t, name, err, smm.ErrInvalid)
		if err != nil && strings.Contains(err.Error(), good[3:12]) {
			t.Errorf("%s: the error quotes a key: %v", name, err)
		}
	}
	_, err := vault.NewKeyRing(vault.Key{})
	wantIs(t, "the zero key", err, smm.ErrInvalid)
	_, err = vault.NewKey("k", make([]byte, 31))
	wantIs(t, "31 bytes", err, smm.ErrInvalid)
}

func TestNewKeyCopies(t *testing.T) {
	b := bytes.Repeat([]byte{1}, vault.KeySize)
	k, err := vault.NewKey("k", b)
	if err != nil {
		t.Fatal(err)
	}
	before := k.Text()
	clear(b)
	if k.Text() != before {
		t.Error("the caller's bytes are the key's")
	}
}

func FuzzParseKeyRing(f *testing.F) {
	f.Add(key(f, "a").Text().Reveal() + " " + key(f, "b").Text().Reveal())
	f.Add("a:" + strings.Repeat("A", 43) + "=")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := vault.ParseKeyRing(smm.NewSecret(text))
		if err != nil {
			wantIs(t, "parse", err, smm.ErrInvalid)
			return
		}
		if got, err := r.Open(sealed(t, r, "x", "p"), []byte("p")); err != nil || string(got) != "x" {
			t.Fatalf("a ring that parses does not open what it seals: %v", err)
		}
	})
}
