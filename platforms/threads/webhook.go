package threads

import (
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Webhooks is the host's side of webhooks: what stands in the settings of its
// Meta app under Threads. The zero value refuses all deliveries.
type Webhooks struct {
	VerifyToken smm.Secret   // typed in there by the host
	AppSecrets  []smm.Secret // of Threads, not of the app itself; several while one is replaced
}

// The fields of webhooks. The vendor sends them to apps that are live, of a
// verified business, and about public accounts only.
const (
	FieldReplies  = "replies"  // topic moderate: somebody answered
	FieldMentions = "mentions" // topic interaction (not verified): somebody named the account
	FieldPublish  = "publish"  // since 2026
	FieldDelete   = "delete"   // since 2026
)

// Handshake implements smm.WebhookReceiver.
func (d *Driver) Handshake(w http.ResponseWriter, r *http.Request) (handled bool) {
	return d.hooks.Handshake(w, r)
}

// VerifyWebhook implements smm.WebhookReceiver. The vendor signs no time.
func (d *Driver) VerifyWebhook(header http.Header, body []byte, _ time.Time) error {
	if err := d.hooks.Verify(header, body); err != nil {
		return refused("webhook", smm.Ref{}, err)
	}
	return nil
}

// DecodeWebhook implements smm.WebhookReceiver.
func (d *Driver) DecodeWebhook(_ http.Header, body []byte) iter.Seq2[smm.Event, error] {
	return func(yield func(smm.Event, error) bool) {
		for e, err := range meta.DecodeEvents(body) {
			var out smm.Event
			if err == nil {
				out, err = eventOf(&e, d.cfg.Clock.Now())
			}
			if err != nil {
				err = refused("webhook", smm.Ref{}, err)
			}
			if !yield(out, err) {
				return
			}
		}
	}
}

// wireHook is the value of an update. A mention may come as the post itself or
// as its id alone.
type wireHook struct {
	Post

	Root      wireRoot `json:"root_post"`
	DeletedID ID       `json:"deleted_id"`
}

type wireRoot struct {
	ID      ID `json:"id"`
	OwnerID ID `json:"owner_id"`
}

// UnmarshalJSON implements json.Unmarshaler: that of the embedded Post would hide
// the rest.
func (h *wireHook) UnmarshalJSON(b []byte) error {
	var w struct {
		Root      json.RawMessage `json:"root_post"`
		DeletedID ID              `json:"deleted_id"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	if err := json.Unmarshal(b, &h.Post); err != nil {
		return err
	}
	h.DeletedID = w.DeletedID
	_ = json.Unmarshal(w.Root, &h.Root) // an odd root costs only itself
	return nil
}

// eventOf converts an update. What it is about is the account of target_id: the
// sheet shows a target that is not the root's owner, so the owner stands first
// where it is told.
func eventOf(e *meta.Event, now time.Time) (smm.Event, error) {
	var v wireHook
	if json.Unmarshal(e.Value, &v) != nil {
		return smm.Event{}, fmt.Errorf("%w: a webhook that cannot be read: a value", smm.ErrInvalid)
	}
	account := e.Account
	if e.Field == FieldReplies && v.Root.OwnerID != "" {
		account = string(v.Root.OwnerID)
	}
	if account == "" {
		return smm.Event{}, fmt.Errorf("%w: a webhook that cannot be read: no account", smm.ErrInvalid)
	}
	channel := smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: account}
	out := smm.Event{ID: e.Key, Kind: smm.EventOther, Channel: channel, At: e.Time, Native: e.Value}
	if !v.Timestamp.IsZero() {
		out.At = v.Timestamp.Time
	}
	if out.At.IsZero() {
		out.At = now
	}
	id := v.ID
	if id == "" {
		id = v.DeletedID
	}
	if id == "" {
		return out, nil
	}
	switch e.Field {
	case FieldReplies, FieldMentions:
		kind := smm.KindComment
		if e.Field == FieldMentions {
			kind = mentionKind(&v.Post)
		}
		m := messageOf(channel, kind, &v.Post)
		m.Own = m.Own || string(v.Owner.ID) == channel.ID
		if m.At.IsZero() {
			m.At = out.At
		}
		out.Kind, out.Subject, out.Actor, out.Message = smm.EventMessageReceived, m.Ref, m.Author, &m
	case FieldPublish:
		out.Kind, out.Subject = smm.EventPostPublished, channel.WithKind(smm.KindPost, string(id))
	case FieldDelete:
		out.Kind, out.Subject = smm.EventPostDeleted, channel.WithKind(smm.KindPost, string(id))
	}
	return out, nil
}

// SignWebhook makes the header of a delivery: for the tests of hosts.
func SignWebhook(appSecret smm.Secret, body []byte) http.Header {
	return http.Header{meta.HeaderSignature: {meta.Sign(appSecret, body)}}
}
