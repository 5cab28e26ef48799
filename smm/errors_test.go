package smm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

func TestErrorsAnswerQuestions(t *testing.T) {
	limited := &smm.Error{Op: "publish", Platform: "x", Status: 429, Err: &smm.RateLimitError{Scope: "posts", After: 90 * time.Second}}
	wrapped := fmt.Errorf("outer: %w", limited)
	wantIs(t, wrapped, smm.ErrRateLimited)
	if d, ok := smm.RetryAfter(wrapped); !ok || d != 90*time.Second {
		t.Fatalf("RetryAfter: %v %v", d, ok)
	}
	if !smm.Temporary(wrapped) || smm.NeedsReconnect(wrapped) {
		t.Fatal("a rate limit is temporary and needs no reconnect")
	}
	if !smm.NeedsReconnect(&smm.Error{Err: smm.ErrUnauthorized}) {
		t.Fatal("an invalid token needs a reconnect")
	}
	if smm.NeedsReconnect(&smm.Error{Err: smm.ErrUnavailable}) {
		t.Fatal("a network failure must never ask for a reconnect")
	}
	wantIs(t, smm.ErrUnsupported, errors.ErrUnsupported)
	wantEqual(t, "text", limited.Error(), "x publish: rate limited (posts): try again in 1m30s (status 429)")
}

func TestCleanMessage(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                          "plain",
		"two\nlines":                     "two lines",
		"\x1b[31mred\x1b[0m":             "[31mred [0m",
		"forged\u2028line":               "forged line",
		"bidi\u202eevil":                 "bidi evil",
		"bad\xffutf8":                    "bad\uFFFDutf8",
		strings.Repeat("ä", 400) + "end": strings.Repeat("ä", 150),
	} {
		got := smm.CleanMessage(in)
		wantEqual(t, "cleaned", got, want)
		if !utf8.ValidString(got) || len(got) > 300 {
			t.Fatalf("%q is cut badly", got)
		}
	}
}
