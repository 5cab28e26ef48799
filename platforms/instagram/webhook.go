package instagram

import (
	"encoding/json"
	"iter"
	"net/http"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Webhooks is the host's side of webhooks: what stands in the settings of its
// Meta app under Instagram. The zero value refuses all deliveries.
type Webhooks struct {
	VerifyToken smm.Secret // typed in there by the host
	// AppSecrets may each sign. Documents do not agree whether the secret of the Meta
	// app or of its Instagram part signs deliveries of InstagramLogin: give both.
	AppSecrets []smm.Secret
}

// Handshake implements smm.WebhookReceiver.
func (d *Driver) Handshake(w http.ResponseWriter, r *http.Request) (handled bool) {
	return d.hooks.Handshake(w, r)
}

// VerifyWebhook implements smm.WebhookReceiver. The vendor signs no time.
func (d *Driver) VerifyWebhook(header http.Header, body []byte, _ time.Time) error {
	if err := d.hooks.Verify(header, body); err != nil {
		return failed("webhook.verify", smm.Ref{}, err)
	}
	return nil
}

// SignWebhook makes the header of a delivery: for the tests of hosts.
func SignWebhook(appSecret smm.Secret, body []byte) http.Header {
	return http.Header{meta.HeaderSignature: {meta.Sign(appSecret, body)}}
}

// DecodeWebhook implements smm.WebhookReceiver. Comments and private messages are
// messages; a mention is told without its words, which MentionService reads by the
// ids in Event.Native.
func (d *Driver) DecodeWebhook(_ http.Header, body []byte) iter.Seq2[smm.Event, error] {
	return func(yield func(smm.Event, error) bool) {
		for e, err := range meta.DecodeEvents(body) {
			if err != nil {
				if !yield(smm.Event{}, failed("webhook.decode", smm.Ref{}, err)) {
					return
				}
				continue
			}
			if e.Object != directPlatform {
				continue // of another product of the same app
			}
			if !yield(d.event(&e), nil) {
				return
			}
		}
	}
}

// event reads an update. What cannot be read is told as it came.
func (d *Driver) event(e *meta.Event) smm.Event {
	channel := smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: e.Account}
	out := smm.Event{ID: e.Key, Kind: smm.EventOther, Channel: channel, Subject: channel, At: e.Time, Native: e.Value}
	if out.At.IsZero() {
		out.At = d.cfg.Clock.Now()
	}
	switch e.Kind {
	case meta.EventChange:
		changeEvent(&out, e.Field)
	case meta.EventMessaging, meta.EventStandby:
		messagingEvent(&out, e)
	}
	return out
}

// hookComment is a comment as webhooks tell it.
type hookComment struct {
	ID       ID      `json:"id"`
	Text     string  `json:"text"`
	From     *Person `json:"from"`
	ParentID ID      `json:"parent_id"`
	Media    struct {
		ID ID `json:"id"`
	} `json:"media"`
}

type hookMention struct {
	Media   ID `json:"media_id"`
	Comment ID `json:"comment_id"`
}

func changeEvent(out *smm.Event, field string) {
	ch := out.Channel
	switch field {
	case "comments", "live_comments":
		var w hookComment
		if json.Unmarshal(out.Native, &w) != nil || w.ID == "" || w.Media.ID == "" {
			return
		}
		c := Comment{ID: w.ID, Text: w.Text, From: w.From, ParentID: w.ParentID, Timestamp: Time{Time: out.At}, Raw: out.Native}
		m := messageOfComment(ch, ch.WithKind(smm.KindPost, string(w.Media.ID)), &c, &Account{})
		out.Kind, out.Subject, out.Actor, out.Message = smm.EventMessageReceived, m.Ref, m.Author, &m
	case "mentions":
		var w hookMention
		if json.Unmarshal(out.Native, &w) != nil || w.Media == "" {
			return
		}
		out.Subject = ch.WithKind(smm.KindPost, string(w.Media))
		if w.Comment != "" {
			out.Subject = ch.WithKind(smm.KindComment, string(w.Comment))
		}
		out.Kind = smm.EventMessageReceived
	case "follow":
		out.Kind = smm.EventFollowed
	}
}

func messagingEvent(out *smm.Event, e *meta.Event) {
	w, ok := e.Item()
	if !ok {
		return
	}
	ch := out.Channel
	who := w.Sender
	own := w.Echo || string(who) == ch.ID
	if own {
		who = w.Recipient
	}
	if who == "" {
		return
	}
	m := smm.Message{
		Channel: ch, Conversation: ch.WithKind(smm.KindConversation, string(who)), Own: own, At: out.At, Native: out.Native,
		Author: authorOf(ch, w.Sender, ""), Ref: ch.WithKind(smm.KindMessage, string(w.ID)), Text: smm.Untrusted(w.Text),
	}
	if own {
		m.Author = authorOf(ch, ID(ch.ID), "")
	}
	out.Actor = m.Author
	switch {
	case w.ID == "":
		return
	case e.Field == "message":
		m.Deleted, m.Attachments = w.Deleted, w.Attachments
		if w.ReplyTo != "" {
			m.InReplyTo = ch.WithKind(smm.KindMessage, string(w.ReplyTo))
		}
		if out.Kind = smm.EventMessageReceived; m.Deleted {
			out.Kind = smm.EventMessageDeleted
		}
	case e.Field == "message_edit":
		m.Edited, out.Kind = out.At, smm.EventMessageEdited
	case e.Field == "postback":
		out.Kind = smm.EventMessageReceived
	case e.Field == "reaction":
		if out.Subject = m.Ref; w.Reacted {
			out.Kind = smm.EventLiked
		}
		return
	case e.Field == "read":
		out.Kind, out.Subject = smm.EventRead, m.Ref
		return
	default:
		return
	}
	out.Subject, out.Message = m.Ref, &m
}
