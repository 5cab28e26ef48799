package facebook

import (
	"encoding/json"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// WebhookFields are what a Page has to be subscribed to, with PageService.Subscribe,
// for all events that DecodeWebhook knows.
var WebhookFields = []string{
	"feed", "mention", "ratings", "messages", "message_echoes", "message_edits", "message_reactions", "message_reads", "message_deliveries",
	"messaging_postbacks", "messaging_referrals", "messaging_policy_enforcement", "business_integrity",
}

// SignWebhook makes the header of a delivery: for the tests of hosts.
func SignWebhook(appSecret smm.Secret, body []byte) http.Header {
	return http.Header{meta.HeaderSignature: {meta.Sign(appSecret, body)}}
}

// Webhooks is the host's side of webhooks: what stands in the settings of its
// Meta app under Page. The zero value refuses all deliveries.
type Webhooks struct {
	VerifyToken smm.Secret   // typed in there by the host
	AppSecrets  []smm.Secret // any of them may sign; several while one is replaced
}

// Handshake implements smm.WebhookReceiver.
func (d *Driver) Handshake(w http.ResponseWriter, r *http.Request) (handled bool) {
	return d.hooks.Handshake(w, r)
}

// VerifyWebhook implements smm.WebhookReceiver. The vendor signs no time.
func (d *Driver) VerifyWebhook(header http.Header, body []byte, _ time.Time) error {
	return d.hooks.Verify(header, body)
}

// DecodeWebhook implements smm.WebhookReceiver. An event that is told again has the
// same ID. One that says nothing else the second time, such as a comment that is
// hidden, shown and hidden, has one ID too: who needs the state asks for it. Events
// of other products that come to the same address are left out.
func (d *Driver) DecodeWebhook(_ http.Header, body []byte) iter.Seq2[smm.Event, error] {
	return func(yield func(smm.Event, error) bool) {
		for e, err := range meta.DecodeEvents(body) {
			switch {
			case err != nil:
				if !yield(smm.Event{}, &smm.Error{Op: "webhook.decode", Platform: Platform, Err: err}) {
					return
				}
			case e.Object != "page":
			case !validID(e.Account):
				if !yield(smm.Event{}, refuse("webhook.decode", smm.ErrInvalid)) {
					return
				}
			case !yield(eventOf(&e), nil):
				return
			}
		}
	}
}

// eventOf converts an update. What the model has no word for stays EventOther.
func eventOf(e *meta.Event) smm.Event {
	out := smm.Event{
		ID: e.Key, Kind: smm.EventOther, Channel: smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: e.Account}, At: e.Time, Native: e.Value,
	}
	if e.Kind != meta.EventChange {
		messagingEvent(&out, e)
		return out
	}
	switch e.Field {
	case "feed", "mention":
		changeEvent(&out, e)
	case "ratings":
		ratingEvent(&out, e)
	case "business_integrity", "messaging_policy_enforcement":
		out.Kind, out.Subject = smm.EventAccountChanged, out.Channel
	}
	return out
}

// wireChange is the value of a change of feed or mention. Names and values are
// from memory.
type wireChange struct {
	Item      string `json:"item"` // "status", "post", "photo", "video", "share", "comment", "reaction", "like" ...
	Verb      string `json:"verb"` // "add", "edited", "edit", "remove", "hide", "unhide"
	PostID    ID     `json:"post_id"`
	CommentID ID     `json:"comment_id"`
	ParentID  ID     `json:"parent_id"`
	From      *Actor `json:"from"`
	SenderID  ID     `json:"sender_id"` // older deliveries have these two in place of from
	Sender    string `json:"sender_name"`
	Message   string `json:"message"`
	Created   Time   `json:"created_time"`
	Link      string `json:"link"`
	Permalink string `json:"permalink_url"`
	Post      struct {
		Permalink string `json:"permalink_url"`
	} `json:"post"`
}

func (c *wireChange) actor() *Actor {
	if c.From == nil && c.SenderID != "" {
		return &Actor{ID: c.SenderID, Name: c.Sender}
	}
	return c.From
}

func changeEvent(out *smm.Event, e *meta.Event) {
	var c wireChange
	if json.Unmarshal(e.Value, &c) != nil {
		return
	}
	who := c.actor()
	out.Actor = authorOf(out.Channel, who)
	if !c.Created.IsZero() && !c.Created.After(e.Time) {
		out.At = c.Created.Time
	}
	switch {
	case c.Item == "comment" && validID(string(c.CommentID)):
		commentEvent(out, &c, who)
	case !validID(string(c.PostID)):
	case c.Item == "reaction" || c.Item == "like":
		out.Subject = out.Channel.WithKind(smm.KindPost, string(c.PostID))
		if c.CommentID != "" {
			out.Subject = out.Channel.WithKind(smm.KindComment, string(c.CommentID))
		}
		if c.Verb == "add" {
			out.Kind = smm.EventLiked
		}
	default:
		postEvent(out, &c, who, e.Field)
	}
}

func commentEvent(out *smm.Event, c *wireChange, who *Actor) {
	out.Subject = out.Channel.WithKind(smm.KindComment, string(c.CommentID))
	m := &smm.Message{
		Ref: out.Subject, Channel: out.Channel, Author: out.Actor, Own: isOwn(out.Channel, who), Text: smm.Untrusted(c.Message),
		Entities: entitiesOf(c.Message), At: out.At, URL: absolute(c.Permalink), Native: out.Native, Hidden: c.Verb == "hide",
	}
	if validID(string(c.PostID)) {
		m.Root = out.Channel.WithKind(smm.KindPost, string(c.PostID))
		m.InReplyTo = m.Root
	}
	if validID(string(c.ParentID)) && c.ParentID != c.PostID {
		m.InReplyTo = out.Channel.WithKind(smm.KindComment, string(c.ParentID))
	}
	switch c.Verb {
	case "add":
		if !m.Own {
			out.Kind = smm.EventMessageReceived
		}
		out.Message = m
	case "edited", "edit":
		out.Kind, out.Message = smm.EventMessageEdited, m
	case "remove":
		out.Kind = smm.EventMessageDeleted
	case "hide", "unhide":
		if c.Verb == "hide" {
			out.Kind = smm.EventMessageHidden
		}
	}
}

func postEvent(out *smm.Event, c *wireChange, who *Actor, field string) {
	out.Subject = out.Channel.WithKind(smm.KindPost, string(c.PostID))
	own := isOwn(out.Channel, who)
	m := &smm.Message{
		Ref: out.Subject, Channel: out.Channel, Author: out.Actor, Own: own, Text: smm.Untrusted(c.Message), Entities: entitiesOf(c.Message),
		At: out.At, URL: absolute(c.Post.Permalink), Native: out.Native,
	}
	switch {
	case c.Verb == "remove":
		out.Kind = smm.EventPostDeleted
	case c.Verb == "add" && own:
		out.Kind = smm.EventPostPublished
	case c.Verb == "add" && (who != nil || field == "mention"):
		out.Kind, out.Message = smm.EventMessageReceived, m
	case strings.HasPrefix(c.Verb, "edit") && !own:
		out.Kind, out.Message = smm.EventMessageEdited, m
	}
}

func ratingEvent(out *smm.Event, e *meta.Event) {
	var v struct {
		Item           string  `json:"item"`
		Verb           string  `json:"verb"`
		ReviewerID     ID      `json:"reviewer_id"`
		ReviewerName   string  `json:"reviewer_name"`
		Recommendation string  `json:"recommendation_type"`
		Text           string  `json:"review_text"`
		Rating         float64 `json:"rating"`
		StoryID        ID      `json:"open_graph_story_id"`
		Created        Time    `json:"created_time"`
	}
	if json.Unmarshal(e.Value, &v) != nil {
		return
	}
	r := Rating{
		Created: v.Created, Recommendation: v.Recommendation, Text: v.Text, Rating: v.Rating, HasRating: v.Rating > 0,
		Reviewer: &Actor{ID: v.ReviewerID, Name: v.ReviewerName}, Raw: e.Value,
	}
	if v.StoryID != "" {
		r.Story = &Identity{v.StoryID}
	}
	review, ok := reviewOf(out.Channel, &r)
	if !ok || v.Item != "" && v.Item != "rating" {
		return
	}
	out.Subject, out.Actor = review.Ref, review.Author
	if review.At.IsZero() {
		review.At = e.Time
	}
	if v.Verb == "add" || v.Verb == "" {
		out.Kind, out.Review, out.At = smm.EventReviewReceived, &review, review.At
	}
}

// wireItem is a messaging item.
type wireItem struct {
	Sender    Identity `json:"sender"`
	Recipient Identity `json:"recipient"`
	Message   *struct {
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
		ReplyTo *struct {
			ID ID `json:"mid"`
		} `json:"reply_to"`
	} `json:"message"`
	Edit *struct {
		ID   ID     `json:"mid"`
		Text string `json:"text"`
	} `json:"message_edit"`
	Postback *struct {
		ID    ID     `json:"mid"`
		Title string `json:"title"`
	} `json:"postback"`
	Reaction *struct {
		ID     ID     `json:"mid"`
		Action string `json:"action"`
	} `json:"reaction"`
	Delivery *struct {
		IDs []ID `json:"mids"`
	} `json:"delivery"`
}

func messagingEvent(out *smm.Event, e *meta.Event) {
	var w wireItem
	if json.Unmarshal(e.Value, &w) != nil {
		return
	}
	if validID(string(w.Sender.ID)) && string(w.Sender.ID) != e.Account {
		out.Actor = authorOf(out.Channel, &Actor{ID: w.Sender.ID})
	}
	about := func(id ID) bool {
		if !validID(string(id)) {
			return false
		}
		out.Subject = out.Channel.WithKind(smm.KindMessage, string(id))
		return true
	}
	switch e.Field {
	case "message":
		if about(w.Message.ID) {
			w.message(out, e)
		}
	case "message_edit":
		if about(w.Edit.ID) {
			m := w.words(out, w.Edit.Text)
			out.Kind, out.Message = smm.EventMessageEdited, &m
		}
	case "postback":
		if about(w.Postback.ID) && e.Kind == meta.EventMessaging {
			m := w.words(out, w.Postback.Title)
			out.Kind, out.Message = smm.EventMessageReceived, &m
		}
	case "reaction":
		if about(w.Reaction.ID) && w.Reaction.Action == "react" {
			out.Kind = smm.EventLiked
		}
	case "read":
		out.Kind, out.Subject = smm.EventRead, out.Actor.Ref
	case "delivery":
		out.Kind = smm.EventDelivered
		if len(w.Delivery.IDs) > 0 {
			about(w.Delivery.IDs[0])
		}
	}
}

// words is a message of the event's actor. Deliveries do not name the
// conversation.
func (w *wireItem) words(out *smm.Event, text string) smm.Message {
	return smm.Message{
		Ref: out.Subject, Channel: out.Channel, Author: out.Actor, Text: smm.Untrusted(text), Entities: entitiesOf(text), At: out.At, Native: out.Native,
	}
}

// message reads a message: one of ours comes back as an echo, and another app may
// have the conversation.
func (w *wireItem) message(out *smm.Event, e *meta.Event) {
	m := w.words(out, w.Message.Text)
	m.Own = w.Message.Echo
	for _, a := range w.Message.Attachments {
		v := smm.Attachment{Class: smm.MediaDocument, URL: a.Payload.URL}
		switch a.Type {
		case "image", "sticker":
			v.Class = smm.MediaImage
		case "video", "reel", "ig_reel":
			v.Class = smm.MediaVideo
		case "audio":
			v.Class = smm.MediaAudio
		}
		m.Attachments = append(m.Attachments, v)
	}
	if w.Message.ReplyTo != nil && validID(string(w.Message.ReplyTo.ID)) {
		m.InReplyTo = out.Channel.WithKind(smm.KindMessage, string(w.Message.ReplyTo.ID))
	}
	switch {
	case w.Message.Deleted:
		out.Kind = smm.EventMessageDeleted
		return
	case !m.Own && e.Kind == meta.EventMessaging:
		out.Kind = smm.EventMessageReceived
	}
	out.Message = &m
}
