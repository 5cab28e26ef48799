package x

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/x/internal/readback"
	"github.com/smmkit/smmkit/smm"
)

const (
	// clockSkew is how far X's clock may be behind ours.
	clockSkew = 2 * time.Minute
	// lookBack bounds how far behind an attempt earlier ones are looked for.
	lookBack = 24 * time.Hour
	// settlePage and maxSettlePages bound a search: 800 items.
	settlePage     = 100
	maxSettlePages = 8
)

// Settle implements smm.Publisher. It looks for the item among the account's own
// posts, or in the conversation of a message, back to the first attempt. Exactly
// one that fits is the item. None, with the whole time read, is absence. Anything
// else is not known. X charges for each post that is read.
func (d *Driver) Settle(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{}, prepareError(r, invalid("the prepared state cannot be read"))
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{}, err
	}
	f := finder{s: s, channel: r.Channel, want: &st, since: since(r, a), foreign: a.Lost}
	if st.Message != nil {
		err = f.messages(ctx)
	} else {
		err = f.posts(ctx)
	}
	switch {
	case err != nil:
		return smm.Outcome{}, err
	case len(f.found) == 1:
		return st.published(r.Channel, f.found[0], smm.EvidenceReadBack), nil
	case len(f.found) > 1 || f.unsure || st.unlisted():
		return smm.Outcome{State: smm.OutcomeUnknown}, nil
	}
	return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceReadBack}, nil
}

// createdID reads the id of what a create made.
func createdID(st *prepared, resp *httpx.Response) (ID, error) {
	if resp.Status == http.StatusNoContent {
		return "", unreadable("posts.create", resp, "an answer without data")
	}
	if st.Message != nil {
		m, err := sent("messages.send", resp, nil)
		return ID(strings.TrimSpace(string(m.EventID))), err
	}
	c, err := readCreated("posts.create", resp, nil)
	return c.ID, err
}

func (st *prepared) published(channel smm.Ref, id ID, e smm.Evidence) smm.Outcome {
	o := smm.Outcome{State: smm.OutcomePublished, Post: channel.WithKind(st.Kind, string(id)), Evidence: e}
	if st.Message == nil {
		o.URL = permalink(st.Name, id)
	}
	return o
}

// since is the earliest time of an item that the attempts may have made. An
// attempt that was proved absent may all the same have arrived later than anybody
// believed, and then the refusal of a duplicate is about its post: from the
// second on everything since the post was planned counts.
func since(r *smm.PublishRequest, a smm.Attempt) time.Time {
	from := a.First
	if a.N > 1 {
		from = a.First.Add(-lookBack)
		if !r.Created.IsZero() && r.Created.After(from) && r.Created.Before(a.First) {
			from = r.Created
		}
	}
	return from.Add(-clockSkew)
}

// fit says whether something is the item: how sure one can be.
type fit = readback.Fit

const (
	no    = readback.No
	maybe = readback.Maybe
	yes   = readback.Yes
)

func least(all ...fit) fit { return slices.Min(all) }

// finder looks for an item among the account's own.
type finder struct {
	s       *session
	channel smm.Ref
	want    *prepared
	since   time.Time
	foreign bool // made with other uploads than those of want

	found  []ID
	unsure bool // something could be it and cannot be ruled out
}

// settleFields are what posts are compared by.
var settleFields = Fields{
	Post: []string{
		"attachments", "author_id", "community_id", "conversation_id", "created_at", "edit_history_tweet_ids", "entities", "in_reply_to_user_id", "note_tweet", "referenced_tweets",
	},
	Poll: []string{"id", "options"}, Expansions: []string{},
}

// posts reads the account's posts from the newest back to the time.
func (f *finder) posts(ctx context.Context) error {
	fields := settleFields
	if f.want.Params.Poll != nil {
		fields.Expansions = []string{"attachments.poll_ids"}
	}
	return pages(&f.unsure, func(cursor string) (string, bool, error) {
		page, err := f.s.Posts.Timeline(ctx, ID(f.channel.ID), TimelineParams{
			ListParams: ListParams{Limit: settlePage, Cursor: cursor}, TimeRange: TimeRange{Start: f.since}, ExcludeReposts: true, Fields: &fields,
		})
		if err != nil {
			return "", false, err
		}
		f.unsure = f.unsure || slices.ContainsFunc(page.Problems, hidesPost)
		end, err := f.look(ctx, &page)
		return page.Next, end, err
	})
}

// hidesPost reports whether a problem is that an item of the list is missing, and
// not one of those that it refers to.
func hidesPost(p Problem) bool {
	return (p.ResourceType == "tweet" || p.ResourceType == "post") && (p.Parameter == "id" || p.Parameter == "ids" || p.Parameter == "")
}

// pages reads a list until its end, one that read tells, or too many pages.
func pages(unsure *bool, read func(cursor string) (next string, end bool, err error)) error {
	cursor, seen := "", map[string]bool{}
	for range maxSettlePages {
		next, end, err := read(cursor)
		if err != nil || end || next == "" {
			return err
		}
		if seen[next] {
			break // it leads in a circle, so the rest was not seen
		}
		seen[next], cursor = true, next
	}
	*unsure = true
	return nil
}

// look judges the posts of a page and reports whether the rest is too old.
func (f *finder) look(ctx context.Context, page *Page[Post]) (end bool, err error) {
	for i := range page.Items {
		p := &page.Items[i]
		switch {
		case !isID(p.ID):
			f.unsure = true
			continue
		case p.AuthorID != "" && string(p.AuthorID) != f.channel.ID, p.Reposts() != "":
			continue
		case !p.CreatedAt.IsZero() && p.CreatedAt.Before(f.since):
			return true, nil
		}
		got := f.fits(p, &page.Includes)
		if got != yes && len(p.EditHistory) > 1 {
			if got, err = f.versions(ctx, p, got); err != nil {
				return false, err
			}
		}
		f.judge(got, first(p))
	}
	return false, nil
}

func (f *finder) judge(got fit, id ID) {
	switch got {
	case yes:
		f.found = append(f.found, id)
	case maybe:
		f.unsure = true
	}
}

// first is the id that the create was answered with: that of the first version.
func first(p *Post) ID {
	if len(p.EditHistory) > 0 && isID(p.EditHistory[0]) {
		return p.EditHistory[0]
	}
	return p.ID
}

// versions compares with what an edited post was before.
func (f *finder) versions(ctx context.Context, p *Post, got fit) (fit, error) {
	list := slices.DeleteFunc(slices.Clone(p.EditHistory), func(id ID) bool { return !isID(id) || id == p.ID })
	if len(list) == 0 || len(list) > MaxLookup {
		return max(got, maybe), nil
	}
	fields := settleFields
	if f.want.Params.Poll != nil {
		fields.Expansions = []string{"attachments.poll_ids"}
	}
	page, err := f.s.Posts.Lookup(ctx, &fields, list...)
	if err != nil && !missing(err) {
		return no, err
	}
	for i := range page.Items {
		got = max(got, f.fits(&page.Items[i], &page.Includes))
	}
	if len(page.Items) < len(list) {
		got = max(got, maybe) // the one that was sent may be among those that X does not show
	}
	return got, nil
}

// fits compares a post with what was sent.
func (f *finder) fits(p *Post, in *Includes) fit {
	w := &f.want.Params
	keys, polls := []ID(nil), []ID(nil)
	if p.Attachments != nil {
		keys, polls = p.Attachments.MediaKeys, p.Attachments.PollIDs
	}
	return least(f.sameMedia(keys), samePoll(w.Poll, polls, in), sameQuote(w, p), sameParent(w, p), samePlace(w, p), shownOf(p, w).Is(w.Text, w.Reply != nil))
}

// samePlace tells a post to a community from the same words elsewhere. A reply is
// where the post is that it answers, and nobody says so when it is created.
func samePlace(w *PostParams, p *Post) fit {
	switch {
	case w.CommunityID == "" && w.Reply != nil:
		return yes
	case w.CommunityID != "" && p.CommunityID == "":
		return maybe
	}
	return decide(w.CommunityID == p.CommunityID)
}

// sameMedia compares files by number and by key. That the key of an upload is
// that of the posted file is not verified, so that other keys are no proof.
func (f *finder) sameMedia(keys []ID) fit {
	if len(keys) != len(f.want.Uploads) {
		return no
	}
	for i, u := range f.want.Uploads {
		if number(keys[i]) != string(u.ID) && keys[i] != u.Key && !f.foreign {
			return maybe
		}
	}
	return yes
}

// number is the id within a key: 188 of "13_188".
func number(key ID) string {
	_, id, ok := strings.Cut(string(key), "_")
	if !ok {
		return string(key)
	}
	return id
}

func samePoll(want *PollParams, ids []ID, in *Includes) fit {
	if want == nil || len(ids) == 0 {
		return decide((want == nil) == (len(ids) == 0))
	}
	for _, p := range in.Polls {
		if p.ID != ids[0] {
			continue
		}
		got := slices.Clone(p.Options)
		slices.SortStableFunc(got, func(a, b PollOption) int { return a.Position - b.Position })
		return decide(slices.EqualFunc(got, want.Options, func(o PollOption, label string) bool { return textx.SameText(o.Label, label) }))
	}
	return maybe
}

func decide(is bool) fit {
	if is {
		return yes
	}
	return no
}

// sameQuote allows for a quote that X made of a link to a post.
func sameQuote(w *PostParams, p *Post) fit {
	switch got := p.Quotes(); {
	case got == w.QuoteTweetID:
		return yes
	case got == "":
		return maybe // what it quotes may have been deleted since
	case w.QuoteTweetID == "":
		return decide(strings.Contains(w.Text, "/status/"))
	}
	return no
}

func sameParent(w *PostParams, p *Post) fit {
	want, got := ID(""), p.RepliesTo()
	if w.Reply != nil {
		want = w.Reply.InReplyToTweetID
	}
	switch {
	case got == want:
		return yes
	case got == "" && (p.InReplyToUserID != "" || p.ConversationID != "" && p.ConversationID != first(p)):
		return maybe // what it answers may have been deleted since
	}
	return no
}

// messages reads the conversation from the newest message back to the time.
func (f *finder) messages(ctx context.Context) error {
	return pages(&f.unsure, func(cursor string) (string, bool, error) {
		params := DMParams{ListParams: ListParams{Limit: settlePage, Cursor: cursor}, Types: []string{EventMessage}, Fields: &Fields{Expansions: []string{}}}
		var (
			page Page[DMEvent]
			err  error
		)
		if f.want.To != "" {
			page, err = f.s.Messages.EventsWith(ctx, f.want.To, params)
		} else {
			page, err = f.s.Messages.EventsIn(ctx, f.want.Talk, params)
		}
		if err != nil {
			return "", false, err
		}
		for i := range page.Items {
			e := &page.Items[i]
			if !e.CreatedAt.IsZero() && e.CreatedAt.Before(f.since) {
				return "", true, nil
			}
			switch {
			case !isID(e.ID):
				f.unsure = true
			case string(e.SenderID) == f.channel.ID:
				var keys []ID
				if e.Attachments != nil {
					keys = e.Attachments.MediaKeys
				}
				text := readback.Text{Text: e.Text, Links: linksOf(e.Entities), Media: len(keys) > 0}
				f.judge(least(f.sameMedia(keys), text.Is(f.want.Message.Text, false)), e.ID)
			}
		}
		return page.Next, false, nil
	})
}

// shownOf is the text of a post as X gives it back.
func shownOf(p *Post, w *PostParams) *readback.Text {
	media := p.Attachments != nil && len(p.Attachments.MediaKeys) > 0
	if p.Note == nil || p.Note.Text == "" {
		return &readback.Text{Text: p.Text, Links: linksOf(p.Entities), Media: media, Quoted: string(w.QuoteTweetID), Short: true}
	}
	entities := p.Entities
	if p.Note.Entities != nil {
		entities = p.Note.Entities
	}
	return &readback.Text{Text: p.Note.Text, Links: linksOf(entities), Media: media, Quoted: string(w.QuoteTweetID)}
}

func linksOf(e *Entities) []readback.Link {
	if e == nil {
		return nil
	}
	out := make([]readback.Link, 0, len(e.URLs))
	for _, u := range e.URLs {
		out = append(out, readback.Link{Short: u.URL, Long: u.ExpandedURL, Media: u.MediaKey != ""})
	}
	return out
}
