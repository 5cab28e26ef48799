package x

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Webhooks is the host's side of webhooks. The zero value refuses all deliveries.
type Webhooks struct {
	// ConsumerSecrets are those of the app, the newest first: an older one is accepted
	// as long as it is there.
	ConsumerSecrets []smm.Secret
}

// SignatureHeader carries the signature of a delivery.
const SignatureHeader = "X-Twitter-Webhooks-Signature"

const (
	signaturePrefix = "sha256="
	maxCRCToken     = 512
	maxEventBody    = 1 << 20
)

// Sign is the signature of a body by the consumer secret of the app, as X sends
// it in SignatureHeader, for hosts' own tests.
func Sign(consumerSecret smm.Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(consumerSecret.Reveal()))
	mac.Write(body)
	return signaturePrefix + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SignWebhook makes the header of a delivery: for the tests of hosts.
func SignWebhook(consumerSecret smm.Secret, body []byte) http.Header {
	return http.Header{SignatureHeader: {Sign(consumerSecret, body)}}
}

// VerifySignature checks that a delivery is X's: header is the value of
// SignatureHeader and body the raw body, before anything has decoded it. The
// comparison takes the same time wherever they differ. Errors match
// smm.ErrUnauthorized; a missing secret is smm.ErrInvalid, since an empty one
// would let everybody sign.
func VerifySignature(consumerSecret smm.Secret, header string, body []byte) error {
	if consumerSecret.IsZero() {
		return invalid("webhooks need the consumer secret of the app")
	}
	// The text is compared and not the bytes that it stands for: base64 has more
	// than one text for them.
	if !hmac.Equal([]byte(header), []byte(Sign(consumerSecret, body))) {
		return fmt.Errorf("%w: x: the signature is not one of this body", smm.ErrUnauthorized)
	}
	return nil
}

// AnswerCRC is the body of the answer to X's check of an address: a GET with the
// parameter crc_token, which X makes when the address is registered, when
// Validate is called, and now and then. It wants an answer with status 200 and
// Content-Type application/json within 10 seconds. Errors match smm.ErrInvalid.
func AnswerCRC(consumerSecret smm.Secret, token string) ([]byte, error) {
	if consumerSecret.IsZero() {
		return nil, invalid("webhooks need the consumer secret of the app")
	}
	// Who asks is not known, and gets a signature: of nothing that could pass for
	// the body of a delivery.
	if token == "" || len(token) > maxCRCToken || strings.ContainsAny(token, "{}[]") {
		return nil, invalid("crc_token is not one of X's")
	}
	return json.Marshal(struct {
		Token string `json:"response_token"`
	}{Sign(consumerSecret, []byte(token))})
}

// ActivityEvent is one event of a delivery or of the stream. Of Post, User,
// Deleted and Message that is set which Type is about; Payload has all of it.
type ActivityEvent struct {
	ID       ID     // X's, for telling repetitions; "" if it has none
	Type     string // as the constants, or one that is new
	Tag      string // of the subscription
	Filter   ActivityFilter
	Includes Includes
	Payload  json.RawMessage // nil if there is none

	Post    *Post        // post.*
	Message *DMEvent     // dm.*
	Deleted *DeletedPost // post.delete
	Source  *User        // follow.*, mute.*, block.*: who did it
	Target  *User        // and to whom
	Change  *Change      // profile.update.*
}

// DeletedPost names a post that is gone.
type DeletedPost struct {
	ID       ID `json:"id"`
	AuthorID ID `json:"author_id"`
}

// Change is a part of a profile before and after it changed.
type Change struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// wireEvent is an event on the wire.
type wireEvent struct {
	ID       ID              `json:"event_uuid"`
	Type     text            `json:"event_type"`
	Tag      text            `json:"tag"`
	Filter   json.RawMessage `json:"filter"`
	Includes json.RawMessage `json:"includes"`
	Payload  json.RawMessage `json:"payload"`
}

// ParseActivity decodes the body of a delivery, whose signature must have been
// checked. Types of events that are not known, and payloads that are not what
// their type promises, are events with a Payload alone; what has no type is no
// event. Errors match smm.ErrInvalid and quote nothing of the body.
func ParseActivity(body []byte) ([]ActivityEvent, error) {
	resp := &httpx.Response{Status: http.StatusOK, Body: body}
	var outer struct {
		Data json.RawMessage `json:"data"`
	}
	if len(body) > maxEventBody || resp.JSON(&outer) != nil {
		return nil, invalid("the body is not one of an event")
	}
	raw := []json.RawMessage{outer.Data}
	if len(outer.Data) > 0 && outer.Data[0] == '[' {
		raw = nil
		if json.Unmarshal(outer.Data, &raw) != nil {
			return nil, invalid("the body is not one of events")
		}
	}
	out := make([]ActivityEvent, 0, len(raw))
	for _, r := range raw {
		var w wireEvent
		if json.Unmarshal(r, &w) != nil || w.Type == "" {
			return nil, invalid("the body has no type of event")
		}
		out = append(out, w.event())
	}
	return out, nil
}

func (w *wireEvent) event() ActivityEvent {
	e := ActivityEvent{ID: w.ID, Type: string(w.Type), Tag: string(w.Tag)}
	into(w.Filter, &e.Filter)
	into(w.Includes, &e.Includes)
	if len(w.Payload) == 0 || string(w.Payload) == "null" {
		return e
	}
	e.Payload = w.Payload
	kind, _, _ := strings.Cut(e.Type, ".")
	switch {
	case e.Type == EventPostDelete:
		if d := new(DeletedPost); into(w.Payload, d) && d.ID != "" {
			e.Deleted = d
		}
	case kind == "post":
		if p := new(Post); into(w.Payload, p) && p.ID != "" {
			e.Post = p
		}
	case kind == "dm":
		if m := new(DMEvent); into(w.Payload, m) && m.ID != "" {
			e.Message = m
		}
	case kind == "follow", kind == "mute", kind == "block":
		var pair struct {
			Source *User `json:"source"`
			Target *User `json:"target"`
		}
		if into(w.Payload, &pair) {
			e.Source, e.Target = pair.Source, pair.Target
		}
	case strings.HasPrefix(e.Type, profileUpdateEvent):
		if c := new(Change); into(w.Payload, c) {
			e.Change = c
		}
	}
	return e
}

// into decodes what is there and reports whether it was what was expected.
func into[T any](raw json.RawMessage, v *T) bool {
	var fresh T
	if len(raw) == 0 || json.Unmarshal(raw, &fresh) != nil {
		return false
	}
	*v = fresh
	return true
}
