package workflow_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

var t0 = time.Date(2030, 3, 1, 12, 0, 0, 0, time.UTC)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func wantIs(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want one that matches %q", err, want)
	}
}

// media is a store whose assets hold their own names.
type media struct{}

type blob struct{ *bytes.Reader }

func (blob) Close() error { return nil }

func (media) OpenMedia(_ context.Context, _ smm.Tenant, name string) (smm.Blob, error) {
	return blob{bytes.NewReader([]byte(name))}, nil
}

func asset(name string) smm.Media {
	sum := sha256.Sum256([]byte(name))
	return smm.Media{Name: name, Hash: hex.EncodeToString(sum[:]), AltText: "alt"}
}

// driver is the fake platform, which takes images as well.
type driver struct{ *schedulertest.Driver }

func (d driver) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	granted := smm.Support{State: smm.StateGranted, Guarantee: &smm.Guarantee{Class: smm.ClassKey}}
	return smm.NewCapabilities(t0, map[smm.Capability]smm.Support{
		smm.CapPost: granted, smm.CapReply: granted, smm.CapThread: granted, smm.CapImage: granted,
	}, smm.Limits{Text: smm.TextLimits{Max: 500, Unit: smm.UnitCodePoints}, Media: smm.MediaLimits{MaxItems: 4, MaxImages: 4}}), nil
}
