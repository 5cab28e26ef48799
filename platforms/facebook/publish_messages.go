package facebook

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

// windowSlack is how far clocks may differ before a window is taken for closed
// without asking.
const windowSlack = 5 * time.Minute

func (w *preparation) beginMessage(ctx context.Context, o *PostOptions) error {
	to := w.r.Post.ReplyTo
	if err := onChannel(w.r.Channel, to, smm.KindConversation, smm.KindMessage, smm.KindAuthor); err != nil {
		return err
	}
	if err := w.messageFile(ctx); err != nil {
		return err
	}
	w.st.Route, w.st.Text, w.st.Silent = routeMessage, withLink(&w.r.Post), o.Silent
	if o.HumanAgent {
		w.st.Tag = TagHumanAgent
	}
	switch {
	case to.Kind == smm.KindMessage:
		m, err := w.s.Messages.Get(ctx, ID(to.ID))
		if err != nil {
			return err
		}
		w.st.ReplyTo = m.ID
		w.st.Target = m.person(w.s.page)
	case oldConversation(to.ID):
		t, err := w.s.Messages.Thread(ctx, ID(to.ID))
		if err != nil {
			return err
		}
		w.st.Target, w.st.Thread = t.person(w.s.page), t.ID
	default:
		w.st.Target = ID(to.ID)
	}
	if w.st.Target == "" || w.st.Target == w.s.page {
		return fmt.Errorf("%w: facebook: nobody to write to in %s", smm.ErrInvalid, to)
	}
	return w.newestMessages(ctx)
}

// addressLife is how long the vendor may take to fetch a file.
const addressLife = 2 * time.Hour

// messageFile looks at the file of a message.
func (w *preparation) messageFile(ctx context.Context) error {
	media := w.r.Post.Media
	if len(media) == 0 {
		return nil
	}
	if len(media) > 1 || withLink(&w.r.Post) != "" {
		return fmt.Errorf("%w: facebook: a message is a text or one file", smm.ErrInvalid)
	}
	if w.d.cfg.MediaHost == nil {
		return fmt.Errorf("%w: facebook: Config.MediaHost is nil, and the vendor fetches files of messages itself", smm.ErrInvalid)
	}
	f, err := w.open(ctx, media[0])
	if err != nil {
		return err
	}
	f.close()
	if f.info.Size > MaxFile {
		return fmt.Errorf("%w: facebook: a file of %d bytes: a message takes %d", smm.ErrInvalid, f.info.Size, MaxFile)
	}
	w.st.File = fileKind(f.info.Class)
	return nil
}

// fileKind is the vendor's word for a class of files.
func fileKind(c smm.MediaClass) string {
	switch c {
	case smm.MediaImage, smm.MediaGIF:
		return "image"
	case smm.MediaVideo:
		return "video"
	case smm.MediaAudio:
		return "audio"
	case smm.MediaDocument:
	}
	return "file"
}

// attach has the vendor fetch the file of a message, which nobody sees by that: what
// it cannot fetch is known before the message is sent.
func (w *preparation) attach(ctx context.Context) error {
	at, _, err := w.d.cfg.MediaHost.MediaURL(ctx, w.r.Tenant, w.r.Post.Media[0], addressLife)
	if err != nil {
		return err
	}
	w.st.Attached, err = w.s.Messages.Attach(ctx, w.st.File, at)
	return err
}

// beginPrivate reads whether a comment can still be answered in private, and what
// was written to its author so far, if the vendor tells who that is.
func (w *preparation) beginPrivate(ctx context.Context, o *PostOptions) error {
	to, text := w.r.Post.ReplyTo, withLink(&w.r.Post)
	if err := onChannel(w.r.Channel, to, smm.KindPost, smm.KindComment, smm.KindReview); err != nil {
		return err
	}
	switch {
	case to.Kind != smm.KindComment:
		return fmt.Errorf("%w: facebook: only a comment can be answered in private", smm.ErrInvalid)
	case len(w.r.Post.Media) > 0 || text == "" || CountText(text) > MaxMessage:
		return fmt.Errorf("%w: facebook: a private answer is a text of at most %d characters", smm.ErrInvalid, MaxMessage)
	}
	c, err := w.s.Comments.Get(ctx, ID(to.ID))
	switch {
	case err != nil:
		return err
	case !c.CanReplyPriv && w.r.Restored.IsZero():
		return fmt.Errorf("%w: facebook: the comment cannot be answered in private: it was already, or the 7 days are over", smm.ErrForbidden)
	}
	w.st.Route, w.st.Comment, w.st.Text, w.st.Silent = routeMessage, c.ID, text, o.Silent
	if c.From == nil || c.From.ID == "" || !w.r.Restored.IsZero() {
		return nil
	}
	l, err := w.s.Messages.Threads(ctx, ThreadFilter{User: c.From.ID}, ListParams{Limit: 1})
	if unknownPerson(err) || err == nil && len(l.Items) == 0 {
		return nil // they never wrote
	}
	if err == nil {
		w.st.Baseline, _, err = w.newestOwnMessage(ctx, l.Items[0].ID)
	}
	return err
}

// newestMessages remembers the newest own message, and refuses what comes too
// late before the platform does.
func (w *preparation) newestMessages(ctx context.Context) error {
	if w.st.Thread == "" {
		t, there, err := w.s.Messages.With(ctx, w.st.Target)
		if err != nil {
			return err
		}
		if !there {
			return nil // no word was exchanged yet, or so it seems: the platform decides
		}
		w.st.Thread = t.ID
	}
	own, heard, err := w.newestOwnMessage(ctx, w.st.Thread)
	if err != nil {
		return err
	}
	if w.r.Restored.IsZero() {
		w.st.Baseline = own
	}
	window := ReplyWindow
	if w.st.Tag != "" {
		window = HumanAgentWindow
	}
	if now := w.d.cfg.Clock.Now(); !heard.IsZero() && now.After(heard.Add(window+windowSlack)) {
		return fmt.Errorf("%w: facebook: the window closed %s after the person wrote last, at %s", smm.ErrForbidden, window, heard.Format(time.RFC3339))
	}
	return nil
}

// newestOwnMessage is the newest message of the Page in a conversation, and when
// the person wrote last.
func (w *preparation) newestOwnMessage(ctx context.Context, thread ID) (own ID, heard time.Time, err error) {
	l, err := w.s.Messages.List(ctx, thread, ListParams{Limit: settlePage})
	for i := range l.Items {
		m := &l.Items[i]
		switch is := m.From != nil && m.From.ID == w.s.page; {
		case is && own == "":
			own = m.ID
		case !is && m.From != nil && m.Created.After(heard):
			heard = m.Created.Time
		}
	}
	return own, heard, err
}

func (p *prepared) message(delivery string) SendParams {
	m := SendParams{
		To: Recipient{ID: p.Target}, Text: p.Text, ReplyTo: p.ReplyTo, Silent: p.Silent, Metadata: metadataOf(delivery),
		Kind: p.File, AttachmentID: p.Attached,
	}
	if p.Comment != "" {
		m.To = Recipient{CommentID: p.Comment}
	}
	if p.Tag != "" {
		m.Type, m.Tag = TypeTag, p.Tag
	}
	return m
}

// metadataOf marks a message with its delivery. It comes back in the echo, and
// nobody sees it.
func metadataOf(delivery string) string { return "smmkit:" + delivery }

func (w *settlement) messages(ctx context.Context) (smm.Outcome, error) {
	thread := w.st.Thread
	if thread == "" {
		t, there, err := w.s.Messages.With(ctx, w.st.Target)
		if err != nil {
			return smm.Outcome{}, err
		}
		if !there {
			return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceReadBack}, nil
		}
		thread = t.ID
	}
	return w.messagesIn(ctx, thread)
}

// private asks the comment. One that can still be answered was not: the vendor takes
// one answer ever. If it cannot and the message is not found, nobody knows why.
func (w *settlement) private(ctx context.Context) (smm.Outcome, error) {
	reply, err := w.s.Comments.PrivateReply(ctx, w.st.Comment)
	if err != nil {
		return gone(err)
	}
	if reply.Conversation != nil && reply.Conversation.ID != "" {
		o, err := w.messagesIn(ctx, reply.Conversation.ID)
		if err != nil || o.State == smm.OutcomePublished {
			return o, err
		}
	}
	if reply.Can {
		return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceReadBack}, nil
	}
	return smm.Outcome{State: smm.OutcomeUnknown}, nil
}

// messagesIn looks for the message in a conversation.
func (w *settlement) messagesIn(ctx context.Context, thread ID) (smm.Outcome, error) {
	list := func(ctx context.Context, p ListParams) (List[Message], error) {
		return w.s.Messages.List(ctx, thread, p)
	}
	found, unsure, err := search(ctx, list, func(m *Message) (fit, hit) {
		switch {
		case w.old(m.ID, m.Created):
			return stop, hit{}
		case m.From != nil && m.From.ID != w.s.page || !w.st.fitsMessage(m):
			return no, hit{}
		case m.From == nil:
			return maybe, hit{}
		}
		return yes, hit{m.ID, ""}
	})
	if err != nil {
		return smm.Outcome{}, err
	}
	return w.verdict(smm.KindMessage, found, unsure), nil
}

// fitsMessage compares a message with what was sent: a file by its kind, since the
// vendor gives it another name and address.
func (p *prepared) fitsMessage(m *Message) bool {
	if p.File == "" {
		return textx.SameText(m.Text, p.Text)
	}
	files := m.Attachments.Data
	return m.Text == "" && len(files) == 1 && fileKind(fileOf(&files[0]).Class) == p.File
}
