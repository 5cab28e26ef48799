package meta

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// SignedRequest is what the vendor posts, in the form field "signed_request", when
// a person removes the app (deauthorize) or asks for the deletion of what it holds.
type SignedRequest struct {
	UserID   string // as scoped to the app
	IssuedAt time.Time
	Raw      json.RawMessage // the whole payload
}

const (
	signedAlgorithm = "HMAC-SHA256"
	maxSigned       = 16 << 10
)

var errSigned = fmt.Errorf("%w: the signed request is not from the platform", smm.ErrForbidden)

// ParseSignedRequest checks and reads the field. The secret is that of the app;
// any of several will do. Errors match smm.ErrForbidden, or smm.ErrInvalid for a
// request that is signed well and names nobody. The form is not verified against
// a document.
//
// A signed request does not end. Who acts on one twice must do no harm by it, or
// compare IssuedAt.
func ParseSignedRequest(field string, secrets ...smm.Secret) (*SignedRequest, error) {
	if len(field) > maxSigned {
		return nil, errSigned
	}
	signature, payload, ok := strings.Cut(field, ".")
	if !ok || signature == "" || payload == "" {
		return nil, errSigned
	}
	good := 0
	for _, secret := range secrets {
		if !secret.IsZero() {
			good |= subtle.ConstantTimeCompare([]byte(signature), []byte(signPayload(secret, payload)))
		}
	}
	if good != 1 {
		return nil, errSigned
	}
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || tooDeep(raw) {
		return nil, errSigned
	}
	var w struct {
		Algorithm string          `json:"algorithm"`
		UserID    ID              `json:"user_id"`
		IssuedAt  json.RawMessage `json:"issued_at"`
	}
	if json.Unmarshal(raw, &w) != nil || !strings.EqualFold(w.Algorithm, signedAlgorithm) {
		return nil, errSigned
	}
	if w.UserID == "" {
		return nil, fmt.Errorf("%w: the signed request names no user", smm.ErrInvalid)
	}
	return &SignedRequest{UserID: string(w.UserID), IssuedAt: stamp(w.IssuedAt), Raw: raw}, nil
}

// signPayload signs the payload as it is sent, encoded.
func signPayload(secret smm.Secret, payload string) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// SignRequest makes the field, for the tests of hosts.
func SignRequest(appSecret smm.Secret, userID string, at time.Time) (string, error) {
	if appSecret.IsZero() {
		return "", errors.New("meta: no app secret")
	}
	raw, err := json.Marshal(struct {
		Algorithm string `json:"algorithm"`
		UserID    string `json:"user_id"`
		IssuedAt  int64  `json:"issued_at"`
	}{signedAlgorithm, userID, at.Unix()})
	if err != nil {
		return "", err
	}
	payload := base64.RawURLEncoding.EncodeToString(raw)
	return signPayload(appSecret, payload) + "." + payload, nil
}

// AnswerDeletion answers a request for deletion, as the vendor demands: where the
// person can see how it stands, and a code to ask with.
func AnswerDeletion(w http.ResponseWriter, statusURL, code string) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(struct {
		URL  string `json:"url"`
		Code string `json:"confirmation_code"`
	}{statusURL, code})
}
