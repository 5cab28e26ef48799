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

// DecodeWebhook implements smm.WebhookReceiver. What the Page itself
// commented or wrote, by whichever program, is told with Message.Own. An event that is told again has the
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
		out.Kind, out.Message = smm.EventMessageReceived, m
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

func messagingEvent(out *smm.Event, e *meta.Event) {
	w, ok := e.Item()
	if !ok {
		return
	}
	if validID(string(w.Sender)) && string(w.Sender) != e.Account {
		out.Actor = authorOf(out.Channel, &Actor{ID: w.Sender})
	}
	about := validID(string(w.ID))
	if about {
		out.Subject = out.Channel.WithKind(smm.KindMessage, string(w.ID))
	}
	switch {
	case e.Field == "read":
		out.Kind, out.Subject = smm.EventRead, out.Actor.Ref
	case e.Field == "delivery":
		out.Kind = smm.EventDelivered
	case !about:
	case e.Field == "message":
		messageEvent(out, &w, e.Kind)
	case e.Field == "message_edit":
		m := wordsOf(out, &w)
		out.Kind, out.Message = smm.EventMessageEdited, &m
	case e.Field == "postback" && e.Kind == meta.EventMessaging:
		m := wordsOf(out, &w)
		out.Kind, out.Message = smm.EventMessageReceived, &m
	case e.Field == "reaction" && w.Reacted:
		out.Kind = smm.EventLiked
	}
}

// wordsOf is a message of the event's actor, in the conversation with the person:
// deliveries do not name the thread. An own one comes back as an echo.
func wordsOf(out *smm.Event, w *meta.Item) smm.Message {
	who, own := w.Sender, w.Echo || string(w.Sender) == out.Channel.ID
	if own {
		who, out.Actor = w.Recipient, authorOf(out.Channel, &Actor{ID: ID(out.Channel.ID)})
	}
	m := smm.Message{
		Ref: out.Subject, Channel: out.Channel, Author: out.Actor, Own: own, Text: smm.Untrusted(w.Text), Entities: entitiesOf(w.Text),
		At: out.At, Native: out.Native,
	}
	if validID(string(who)) && string(who) != out.Channel.ID {
		m.Conversation = out.Channel.WithKind(smm.KindConversation, string(who))
	}
	return m
}

// messageEvent reads a message. In a standby list another app has the conversation:
// what is said there is told and not received, so that no two apps answer.
func messageEvent(out *smm.Event, w *meta.Item, list meta.EventKind) {
	if w.Deleted {
		out.Kind = smm.EventMessageDeleted
		return
	}
	m := wordsOf(out, w)
	m.Attachments = w.Attachments
	if validID(string(w.ReplyTo)) {
		m.InReplyTo = out.Channel.WithKind(smm.KindMessage, string(w.ReplyTo))
	}
	if list == meta.EventMessaging {
		out.Kind = smm.EventMessageReceived
	}
	out.Message = &m
}
