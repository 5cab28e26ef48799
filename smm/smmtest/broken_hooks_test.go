package smmtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest/internal/reference"
)

const signature = "X-Signature"

func sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte("a secret of the reference app"))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// hooks sends what hooked takes: a list of numbers.
func hooks() *Webhook {
	return &Webhook{
		Sign: func(body []byte) http.Header { return http.Header{signature: {sign(body)}} },
		Body: func(numbers []int) []byte {
			b, _ := json.Marshal(numbers)
			return b
		},
	}
}

// hooked is the reference driver as a receiver of webhooks, which it need not be.
type hooked struct {
	*reference.Driver
	loose func(h http.Header, body []byte) bool // signatures that are taken too
	id    func(place, number int) string
}

func (d *hooked) Handshake(http.ResponseWriter, *http.Request) bool { return false }

func (d *hooked) VerifyWebhook(h http.Header, body []byte, _ time.Time) error {
	if v := h[signature]; len(v) == 1 && hmac.Equal([]byte(v[0]), []byte(sign(body))) || d.loose != nil && d.loose(h, body) {
		return nil
	}
	return fmt.Errorf("%w: signature", smm.ErrForbidden)
}

func (d *hooked) DecodeWebhook(_ http.Header, body []byte) iter.Seq2[smm.Event, error] {
	return func(yield func(smm.Event, error) bool) {
		var numbers []int
		if err := json.Unmarshal(body, &numbers); err != nil {
			yield(smm.Event{}, fmt.Errorf("%w: body", smm.ErrInvalid))
			return
		}
		for place, n := range numbers {
			id := fmt.Sprint(n)
			if d.id != nil {
				id = d.id(place, n)
			}
			if !yield(smm.Event{ID: id, Kind: smm.EventMessageReceived}, nil) {
				return
			}
		}
	}
}

func TestSuiteCatchesBrokenReceivers(t *testing.T) {
	for _, b := range []struct {
		name string
		hooked
		says string // "": nothing is wrong
	}{
		{"honest", hooked{}, ""},
		{"letters of any case", hooked{loose: func(h http.Header, body []byte) bool {
			return strings.EqualFold(h.Get(signature), sign(body))
		}}, "a forgery was accepted"},
		{"any of several signatures", hooked{loose: func(h http.Header, body []byte) bool {
			return slices.Contains(h[signature], sign(body))
		}}, "a forgery was accepted"},
		{"a signature that is missing", hooked{loose: func(h http.Header, _ []byte) bool { return h.Get(signature) == "" }}, "a forgery was accepted"},
		{"the beginning of a signature", hooked{loose: func(h http.Header, body []byte) bool {
			return len(h.Get(signature)) > 20 && strings.HasPrefix(sign(body), h.Get(signature))
		}}, "a forgery was accepted"},
		{"spaces behind the body", hooked{loose: func(h http.Header, body []byte) bool {
			return h.Get(signature) == sign([]byte(strings.TrimSpace(string(body))))
		}}, "a forgery was accepted"},
		{"ids by place", hooked{id: func(place, _ int) string { return fmt.Sprint(place) }}, "have 1 IDs"},
		{"ids by batch", hooked{id: func(place, n int) string { return fmt.Sprint(n, place) }}, "told again it is another event"},
	} {
		t.Run(strings.ReplaceAll(b.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			lines := watch(t, smm.ClassKey, func(d *reference.Driver) smm.Driver {
				r := b.hooked
				r.Driver = d
				return &r
			}, "webhooks")
			switch {
			case b.says == "" && len(lines) > 0:
				t.Fatalf("%d failures: %s", len(lines), strings.Join(lines, "\n"))
			case b.says != "" && !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, b.says) }):
				t.Fatalf("the suite did not say %q; it said %q", b.says, lines)
			}
		})
	}
}
