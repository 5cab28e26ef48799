package meta

import (
	"encoding/json"

	"github.com/smmkit/smmkit/smm"
)

// Item is a messaging item as it was read, for every product that has messages.
type Item struct {
	Sender, Recipient ID

	// ID is of the message that the item is or is about: that was written, edited,
	// reacted to or read, that stands for a pressed button, and the first of those
	// delivered. "" where nobody says.
	ID   ID
	Text string // of a message or its edit, and the title of a button

	Echo        bool // the account's own, by whichever program
	Deleted     bool
	ReplyTo     ID // a message
	Attachments []smm.Attachment
	Reacted     bool // a reaction was made, and not taken back
}

type wireItem struct {
	Sender    wireParty `json:"sender"`
	Recipient wireParty `json:"recipient"`
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
		ID     ID     `json:"mid"`
		Action string `json:"action"`
	} `json:"reaction"`
	Read struct {
		ID ID `json:"mid"`
	} `json:"read"`
	Delivery struct {
		IDs []ID `json:"mids"`
	} `json:"delivery"`
}

type wireParty struct {
	ID ID `json:"id"`
}

// Item reads a messaging item, and reports whether it could.
func (e *Event) Item() (Item, bool) {
	var w wireItem
	if e.Kind == EventChange || json.Unmarshal(e.Value, &w) != nil {
		return Item{}, false
	}
	out := Item{Sender: w.Sender.ID, Recipient: w.Recipient.ID}
	switch e.Field {
	case "message":
		m := &w.Message
		out.ID, out.Text, out.Echo, out.Deleted, out.ReplyTo = m.ID, m.Text, m.Echo, m.Deleted, m.ReplyTo.ID
		for _, a := range m.Attachments {
			out.Attachments = append(out.Attachments, smm.Attachment{Class: attachmentClass(a.Type), URL: a.Payload.URL})
		}
	case "message_edit":
		out.ID, out.Text = w.Edit.ID, w.Edit.Text
	case "postback":
		out.ID, out.Text = w.Postback.ID, w.Postback.Title
	case "reaction":
		out.ID, out.Reacted = w.Reaction.ID, w.Reaction.Action == "react"
	case "read":
		out.ID = w.Read.ID
	case "delivery":
		if len(w.Delivery.IDs) > 0 {
			out.ID = w.Delivery.IDs[0]
		}
	}
	return out, true
}

// attachmentClass is what an attachment of a type shows. A post that is shared in a
// message shows its picture.
func attachmentClass(kind string) smm.MediaClass {
	switch kind {
	case "image", "sticker", "story_mention", "ig_post", "share":
		return smm.MediaImage
	case "video", "ig_reel", "reel":
		return smm.MediaVideo
	case "audio":
		return smm.MediaAudio
	}
	return smm.MediaDocument
}
