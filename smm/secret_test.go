package smm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

const canary = "c4n4ry-t0k3n"

func TestSecretNeverPrints(t *testing.T) {
	s := smm.NewSecret(canary)
	c := smm.Credential{AccessToken: s, RefreshToken: s, Extra: map[string]smm.Secret{"key": s}}
	var out bytes.Buffer
	type private struct {
		s smm.Secret
		c *smm.Credential
		m map[string]smm.Secret
		l []smm.Secret
	}
	hidden := private{s, &c, c.Extra, []smm.Secret{s}}
	for _, v := range []any{hidden, &hidden, []private{hidden}, struct{ p private }{hidden}, s, &s, c, &c, []smm.Secret{s}, map[string]smm.Secret{"a": s}, struct{ S smm.Secret }{s}, fmt.Errorf("x %v", s)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10.3s"} {
			fmt.Fprintf(&out, verb, v)
		}
		_ = json.NewEncoder(&out).Encode(v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	_ = xml.NewEncoder(&out).Encode(struct{ S smm.Secret }{s})
	fmt.Fprint(&out, s, c)
	if i := strings.Index(out.String(), canary); i >= 0 {
		t.Fatalf("the secret got out: %q", out.String()[max(0, i-80):i+20])
	}
	if hex := fmt.Sprintf("%x", canary); strings.Contains(out.String(), hex) {
		t.Fatal("the secret got out in hexadecimal")
	}
	wantEqual(t, "revealed", s.Reveal(), canary)
}

func TestSecretRefusesItsOwnMask(t *testing.T) {
	b, err := json.Marshal(smm.NewSecret(canary))
	if err != nil {
		t.Fatal(err)
	}
	var s smm.Secret
	wantIs(t, json.Unmarshal(b, &s), smm.ErrInvalid)
}

func TestMemoryCredentials(t *testing.T) {
	ctx := context.Background()
	account := smm.Ref{Platform: "x", Kind: smm.KindChannel, ID: "1"}
	s := smm.NewMemoryCredentials()

	_, err := s.Load(ctx, "", account)
	wantIs(t, err, smm.ErrNotFound)
	v1, err := s.Swap(ctx, "a", account, 0, smm.Credential{AccessToken: smm.NewSecret("one"), Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Swap(ctx, "a", account, 0, smm.Credential{AccessToken: smm.NewSecret("late")})
	wantIs(t, err, smm.ErrConflict)
	if _, err = s.Swap(ctx, "a", account, v1, smm.Credential{AccessToken: smm.NewSecret("two")}); err != nil {
		t.Fatal(err)
	}
	c, err := s.Load(ctx, "a", account)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "token", c.AccessToken.Reveal(), "two")
	_, err = s.Load(ctx, "b", account)
	wantIs(t, err, smm.ErrNotFound)
	if got, _ := s.Accounts(ctx, "b", "x"); len(got) != 0 {
		t.Fatalf("tenant b sees %v", got)
	}
	if err := s.Delete(ctx, "a", account); err != nil {
		t.Fatal(err)
	}
	_, err = s.Load(ctx, "a", account)
	wantIs(t, err, smm.ErrNotFound)
}
