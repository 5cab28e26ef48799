package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// ReplyRequest is an answer to a message.
type ReplyRequest struct {
	Channel      smm.Ref
	Conversation smm.Ref
	// Message is the one answered; zero for the latest by somebody else.
	Message smm.Ref
	// Post is the answer, if it has more than text: media, a language. Its
	// ReplyTo is set by Reply.
	Post smm.Post
	// Template, if not nil, replaces Post.Text: a canned reply. Escape is the
	// platform's escaping of the values; see smm.Template.Render.
	Template *smm.Template
	Values   map[string]string
	Escape   func(string) string
	// Token tells several answers to the same message apart. Asking again with
	// the same token, empty or not, is the same answer and is sent once.
	Token string
	// Again allows an answer although the message has been answered.
	Again  bool
	Policy smm.Policy
}

// Reply is an answer on its way.
type Reply struct {
	Answer
	Findings smm.Findings // warnings of validation
	Repeated bool         // it had been asked for before
}

// WindowError says that the platform does not let the channel answer any more,
// or not yet. It matches smm.ErrForbidden.
type WindowError struct {
	Conversation smm.Ref
	Window       smm.ReplyWindow
}

// Error implements error.
func (e *WindowError) Error() string {
	s := fmt.Sprintf("inbox: conversation %s cannot be answered", e.Conversation)
	if !e.Window.Expires.IsZero() {
		s += " since " + e.Window.Expires.UTC().Format(time.RFC3339)
	}
	if e.Window.Reason != "" {
		s += ": " + e.Window.Reason
	}
	return s
}

// Unwrap returns smm.ErrForbidden.
func (e *WindowError) Unwrap() error { return smm.ErrForbidden }

// AnsweredError says that somebody answered the message already. It matches
// smm.ErrConflict. Look at it, and set ReplyRequest.Again if you still want to
// say more.
type AnsweredError struct {
	Message smm.Ref // the one answered
	By      smm.Ref // our message that answers it, zero if that is still on its way
	Token   string  // of the answer on its way
}

// Error implements error.
func (e *AnsweredError) Error() string {
	if e.By.IsZero() {
		return fmt.Sprintf("inbox: message %s: an answer is on its way", e.Message)
	}
	return fmt.Sprintf("inbox: message %s has been answered by %s", e.Message, e.By)
}

// Unwrap returns smm.ErrConflict.
func (e *AnsweredError) Unwrap() error { return smm.ErrConflict }

// Reply answers a message as the client's tenant: it is validated and planned
// like any post, recorded, and handed to the Enqueuer. The same answer asked
// for twice, also by two people or after a crash, has the same delivery IDs and
// is sent once, with the text of the first.
//
// It is refused with a *WindowError where the platform takes no answer now,
// with an *AnsweredError where somebody else was faster, and with a
// *smm.FindingsError where the answer itself is wrong.
func (in *Inbox) Reply(ctx context.Context, client *smm.Client, r ReplyRequest) (Reply, error) {
	if in.enqueuer == nil {
		return Reply{}, fmt.Errorf("%w: inbox: nobody to send the answer: pass WithEnqueuer to New", smm.ErrInvalid)
	}
	t := client.Tenant()
	c, err := in.store.Conversation(ctx, t, r.Channel, r.Conversation)
	if err != nil {
		return Reply{}, err
	}
	target, err := in.target(ctx, t, &r)
	if err != nil {
		return Reply{}, err
	}
	answer := Answer{
		Channel: r.Channel, Conversation: r.Conversation, Message: target.Message.Ref,
		Token: answerToken(r.Conversation, target.Message.Ref, r.Token), At: in.clock.Now().UTC(),
	}
	if err := in.mayAnswer(ctx, t, &c, &target, answer, r.Again); err != nil {
		return Reply{}, err
	}
	post := r.Post
	if r.Template != nil {
		if post.Text, err = r.Template.Render(r.Values, r.Escape); err != nil {
			return Reply{}, err
		}
	}
	post.ReplyTo = replyTo(&c, &target)
	deliveries, findings, err := client.Plan(ctx, &post, []smm.Ref{r.Channel}, &smm.PublishOptions{Token: answer.Token, Policy: r.Policy})
	if err != nil {
		return Reply{Findings: findings}, err
	}
	for _, d := range deliveries {
		answer.Deliveries = append(answer.Deliveries, d.ID)
	}
	claimed, fresh, err := in.store.Claim(ctx, t, answer, !r.Again)
	switch {
	case errors.Is(err, smm.ErrConflict):
		return Reply{Findings: findings}, &AnsweredError{Message: answer.Message, Token: claimed.Token}
	case err != nil:
		return Reply{Findings: findings}, fmt.Errorf("inbox: record the answer to %s: %w", answer.Message, err)
	}
	// Also when it is repeated: the first may have died before it got here.
	if err := in.enqueuer.EnqueueDeliveries(ctx, deliveries); err != nil {
		return Reply{Findings: findings}, fmt.Errorf("inbox: enqueue the answer to %s: %w", answer.Message, err)
	}
	return Reply{Answer: claimed, Findings: findings, Repeated: !fresh}, nil
}

// mayAnswer checks what stands against an answer that was not claimed yet. One
// that was has passed these checks before.
func (in *Inbox) mayAnswer(ctx context.Context, t smm.Tenant, c *Conversation, target *Item, a Answer, again bool) error {
	known, err := in.store.Answers(ctx, t, a.Channel, a.Message)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(known, func(k Answer) bool { return k.Token == a.Token }) {
		return nil
	}
	if err := closed(c, a.At); err != nil || again {
		return err
	}
	if len(known) > 0 {
		return &AnsweredError{Message: a.Message, Token: known[len(known)-1].Token}
	}
	by, err := in.answeredBy(ctx, t, c, target)
	if err == nil && !by.IsZero() {
		err = &AnsweredError{Message: a.Message, By: by}
	}
	return err
}

// target returns the item to be answered.
func (in *Inbox) target(ctx context.Context, t smm.Tenant, r *ReplyRequest) (Item, error) {
	var found Item
	if !r.Message.IsZero() {
		it, err := in.store.Item(ctx, t, r.Channel, r.Message)
		if err != nil {
			return Item{}, err
		}
		if it.Thread != r.Conversation {
			return Item{}, fmt.Errorf("%w: inbox: message %s is not in conversation %s", smm.ErrInvalid, r.Message, r.Conversation)
		}
		found = it
	} else {
		for it, err := range in.store.Items(ctx, t, r.Channel, r.Conversation) {
			if err != nil {
				return Item{}, err
			}
			if !it.Message.Own && !it.Message.Deleted {
				found = it
			}
		}
	}
	switch {
	case found.Message.Ref.IsZero(), found.Message.Deleted:
		return Item{}, fmt.Errorf("inbox: conversation %s: a message to answer: %w", r.Conversation, smm.ErrNotFound)
	case found.Message.Own:
		return Item{}, fmt.Errorf("%w: inbox: message %s is our own", smm.ErrInvalid, found.Message.Ref)
	}
	return found, nil
}

// answeredBy returns our own message that answers target, if there is one: in
// private conversations any that is younger, in public ones a direct answer.
func (in *Inbox) answeredBy(ctx context.Context, t smm.Tenant, c *Conversation, target *Item) (smm.Ref, error) {
	for it, err := range in.store.Items(ctx, t, c.Channel, c.Ref) {
		if err != nil {
			return smm.Ref{}, err
		}
		m := &it.Message
		if !m.Own || m.Deleted || !m.At.After(target.Message.At) {
			continue
		}
		if m.InReplyTo == target.Message.Ref || c.Kind == smm.ConversationDirect {
			return m.Ref, nil
		}
	}
	return smm.Ref{}, nil
}

func closed(c *Conversation, now time.Time) error {
	w := c.Window
	if w.State == smm.WindowClosed || w.State == smm.WindowOpen && !w.Expires.IsZero() && !now.Before(w.Expires) {
		return &WindowError{Conversation: c.Ref, Window: w}
	}
	return nil
}

// replyTo returns what the platform is told to answer: in private
// conversations the conversation, elsewhere the message itself.
func replyTo(c *Conversation, target *Item) smm.Ref {
	if c.Kind == smm.ConversationDirect && c.Ref.Kind == smm.KindConversation {
		return c.Ref
	}
	return target.Message.Ref
}

// answerToken derives the token of the plan, and with it the delivery IDs, from
// what is answered.
func answerToken(conversation, message smm.Ref, token string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "inbox %q %q %q", conversation.String(), message.String(), token))
	return "inbox-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}
