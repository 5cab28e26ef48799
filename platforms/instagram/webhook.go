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
		messagingEvent(&out, e.Field)
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

// hookMessaging is an item of private messages.
type hookMessaging struct {
	Sender    Node `json:"sender"`
	Recipient Node `json:"recipient"`
	Message   struct {
		ID          ID     `json:"mid"`
		Text        string `json:"text"`
		Echo        bool   `json:"is_echo"`
		Deleted     bool   `json:"is_deleted"`
		Attachments []struct {
			Type    string `json:"type"`
			Payload struct {
				URL string `json:"url"`
			} `json:"payload"`
		} `json:"attachments"`
		ReplyTo struct {
			ID ID `json:"mid"`
		} `json:"reply_to"`
	} `json:"message"`
	Edit struct {
		ID   ID     `json:"mid"`
		Text string `json:"text"`
	} `json:"message_edit"`
	Postback struct {
		ID    ID     `json:"mid"`
		Title string `json:"title"`
	} `json:"postback"`
	Reaction struct {
		ID ID `json:"mid"`
	} `json:"reaction"`
	Read struct {
		ID ID `json:"mid"`
	} `json:"read"`
}

func messagingEvent(out *smm.Event, field string) {
	var w hookMessaging
	if json.Unmarshal(out.Native, &w) != nil {
		return
	}
	ch := out.Channel
	who := w.Sender.ID
	own := w.Message.Echo || string(who) == ch.ID
	if own {
		who = w.Recipient.ID
	}
	if who == "" {
		return
	}
	message := func(id ID) smm.Ref { return ch.WithKind(smm.KindMessage, string(id)) }
	m := smm.Message{
		Channel: ch, Conversation: ch.WithKind(smm.KindConversation, string(who)), Own: own, At: out.At, Native: out.Native,
		Author: authorOf(ch, w.Sender.ID, ""),
	}
	if own {
		m.Author = authorOf(ch, ID(ch.ID), "")
	}
	out.Actor = m.Author
	switch {
	case field == "message" && w.Message.ID != "":
		m.Ref, m.Text, m.Deleted = message(w.Message.ID), smm.Untrusted(w.Message.Text), w.Message.Deleted
		if w.Message.ReplyTo.ID != "" {
			m.InReplyTo = message(w.Message.ReplyTo.ID)
		}
		for _, a := range w.Message.Attachments {
			m.Attachments = append(m.Attachments, smm.Attachment{Class: classOf(a.Type), URL: a.Payload.URL})
		}
		if out.Kind = smm.EventMessageReceived; m.Deleted {
			out.Kind = smm.EventMessageDeleted
		}
	case field == "message_edit" && w.Edit.ID != "":
		m.Ref, m.Text, m.Edited = message(w.Edit.ID), smm.Untrusted(w.Edit.Text), out.At
		out.Kind = smm.EventMessageEdited
	case field == "postback" && w.Postback.ID != "":
		m.Ref, m.Text = message(w.Postback.ID), smm.Untrusted(w.Postback.Title)
		out.Kind = smm.EventMessageReceived
	case field == "reaction" && w.Reaction.ID != "":
		out.Subject = message(w.Reaction.ID)
		return
	case field == "read" && w.Read.ID != "":
		out.Kind, out.Subject = smm.EventRead, message(w.Read.ID)
		return
	default:
		return
	}
	out.Subject, out.Message = m.Ref, &m
}

func classOf(kind string) smm.MediaClass {
	switch kind {
	case "image", "story_mention", "ig_post", "share", "sticker":
		return smm.MediaImage
	case "video", "ig_reel", "reel":
		return smm.MediaVideo
	case "audio":
		return smm.MediaAudio
	}
	return smm.MediaDocument
}
