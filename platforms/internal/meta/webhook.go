package meta

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Hooks is the host's side of webhooks. Its zero value refuses everything.
type Hooks struct {
	// VerifyToken is what the host typed into the app's settings.
	VerifyToken smm.Secret
	// AppSecrets sign deliveries; any of them will do. There are several while one
	// is replaced, and for Instagram by its own login, where documents do not agree
	// whether the secret of the app or of its Instagram part signs.
	AppSecrets []smm.Secret
}

// HeaderSignature is the header of a delivery that holds its signature.
const HeaderSignature = "X-Hub-Signature-256"

const (
	signaturePrefix = "sha256="
	maxChallenge    = 1024
)

// Handshake has the form of smm.WebhookReceiver: it answers the check that the
// vendor makes when a callback is set, and reports whether r was one.
func (h *Hooks) Handshake(w http.ResponseWriter, r *http.Request) (handled bool) {
	if r.Method != http.MethodGet {
		return false
	}
	q := r.URL.Query()
	if _, is := q["hub.mode"]; !is {
		return false
	}
	one := func(name string) string {
		if v := q[name]; len(v) == 1 {
			return v[0]
		}
		return ""
	}
	challenge := one("hub.challenge")
	if one("hub.mode") != "subscribe" || h.VerifyToken.IsZero() || !h.VerifyToken.Equal(smm.NewSecret(one("hub.verify_token"))) || !printable(challenge) {
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return true
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write([]byte(challenge)) // the vendor asks again
	return true
}

func printable(s string) bool {
	return s != "" && len(s) <= maxChallenge && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

var errSignature = fmt.Errorf("%w: the webhook's signature is missing or wrong", smm.ErrForbidden)

// Verify checks a delivery's signature over its raw body, in constant time. The
// vendor signs no time. Errors match smm.ErrForbidden.
func (h *Hooks) Verify(header http.Header, body []byte) error {
	values := header.Values(HeaderSignature)
	if len(values) != 1 {
		return errSignature
	}
	good := 0
	for _, secret := range h.AppSecrets {
		if secret.IsZero() {
			continue
		}
		// The text is compared and not what it decodes to, so that a signature has
		// one form.
		good |= subtle.ConstantTimeCompare([]byte(values[0]), []byte(Sign(secret, body)))
	}
	if good != 1 {
		return errSignature
	}
	return nil
}

// Sign makes the signature of a body, the value of HeaderSignature: for the tests
// of hosts.
func Sign(appSecret smm.Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(appSecret.Reveal()))
	mac.Write(body)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil))
}
