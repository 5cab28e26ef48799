package reference

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Driver is the driver of the reference platform.
type Driver struct {
	Credentials smm.CredentialStore
	HTTP        http.RoundTripper
	Clock       smm.Clock
	Class       smm.Class // what the server is
	Careless    bool      // upload whatever there is: a bug that the suite must catch
}

// Platform implements smm.Driver.
func (d *Driver) Platform() smm.Platform { return Platform }

// Capabilities implements smm.Driver.
func (d *Driver) Capabilities(ctx context.Context, channel smm.Ref) (smm.Capabilities, error) {
	var me account
	if err := d.get(ctx, channel, "/accounts/"+url.PathEscape(channel.ID), &me); err != nil {
		return smm.Capabilities{}, err
	}
	g := d.guarantee()
	m := map[smm.Capability]smm.Support{
		smm.CapEdit:     {State: smm.StatePlan, Cure: "Buy the plan with editing."},
		smm.CapSearch:   {State: smm.StateScope, Cure: "Connect again with search.", Missing: []string{"search"}},
		smm.CapWebhooks: {},
	}
	for _, x := range []smm.Capability{smm.CapPost, smm.CapImage, smm.CapImages, smm.CapThread, smm.CapReply, smm.CapMessage} {
		m[x] = smm.Support{State: smm.StateGranted, Guarantee: &g}
	}
	for _, x := range []smm.Capability{
		smm.CapDelete, smm.CapDeleteComment, smm.CapListPosts, smm.CapListComments, smm.CapListMessages, smm.CapListMentions,
		smm.CapHide, smm.CapLike, smm.CapRepost, smm.CapFollow, smm.CapBlock, smm.CapMute,
		smm.CapPostMetrics, smm.CapAcctMetrics, smm.CapProfile,
	} {
		m[x] = smm.Support{State: smm.StateGranted}
	}
	return smm.NewCapabilities(d.Clock.Now(), m, smm.Limits{
		Text:   smm.TextLimits{Max: 300, Unit: smm.UnitCodePoints},
		Media:  smm.MediaLimits{MaxItems: 4, MaxImages: 4, Types: []string{"image/png"}, AltText: 100},
		Thread: 25, Source: "this package", Date: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
	}), nil
}

// ReadFacts implements smm.HealthReader.
func (d *Driver) ReadFacts(ctx context.Context, channel smm.Ref) (smm.Facts, error) {
	facts := smm.Facts{AccountType: "brand", Audit: smm.AuditNotNeeded}
	cred, err := d.Credentials.Load(ctx, smm.TenantFrom(ctx), channel)
	if err != nil {
		return facts, err
	}
	facts.Token, facts.Scopes = smm.TokenFactsOf(cred), cred.Scopes
	var me account
	return facts, d.get(ctx, channel, "/accounts/"+url.PathEscape(channel.ID), &me)
}

// ProbeMedia implements smm.MediaProber: whatever begins with "image" is one.
func (d *Driver) ProbeMedia(_ context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(r, head); err != nil || string(head) != "image" {
		return smm.MediaInfo{}, fmt.Errorf("%w: unknown content", smm.ErrInvalid)
	}
	return smm.MediaInfo{Type: "image/png", Class: smm.MediaImage, Size: 5}, nil
}

func (d *Driver) address(id string) string { return "http://reference.invalid/" + id }

func (d *Driver) page(ctx context.Context, channel smm.Ref, what, of string, r smm.PageRequest) (page, error) {
	q := url.Values{"of": {of}, "cursor": {r.Cursor}}
	if r.Limit > 0 {
		q.Set("limit", strconv.Itoa(r.Limit))
	}
	var out page
	err := d.get(ctx, channel, "/list/"+what+"?"+q.Encode(), &out)
	return out, err
}

func convert[T any](p page, f func(*item) T) smm.Page[T] {
	out := smm.Page[T]{Next: p.Next}
	for _, i := range p.Items {
		out.Items = append(out.Items, f(i))
	}
	return out
}

func (d *Driver) published(channel smm.Ref, i *item) smm.PublishedPost {
	kind := smm.KindPost
	p := smm.PublishedPost{
		Channel: channel, Author: smm.Author{Ref: ref(smm.KindAuthor, i.Author), Handle: i.Author},
		URL: d.address(i.ID), Text: smm.Untrusted(i.Text), At: time.UnixMilli(i.At).UTC(),
	}
	if i.Parent != "" {
		kind, p.InReplyTo = smm.KindComment, ref(smm.KindPost, i.Parent)
	}
	p.Ref = ref(kind, i.ID)
	for _, m := range i.Media {
		p.Attachments = append(p.Attachments, smm.Attachment{Class: smm.MediaImage, URL: d.address(m)})
	}
	return p
}

func (d *Driver) message(channel smm.Ref, i *item) smm.Message {
	m := smm.Message{
		Ref: ref(smm.KindComment, i.ID), Channel: channel, Author: smm.Author{Ref: ref(smm.KindAuthor, i.Author), Handle: i.Author},
		Own: i.Author == channel.ID, Text: smm.Untrusted(i.Text), At: time.UnixMilli(i.At).UTC(), Hidden: i.Hidden,
	}
	if i.Parent != "" {
		m.InReplyTo, m.Root = ref(smm.KindPost, i.Parent), ref(smm.KindPost, i.Root)
	}
	if i.Convo != "" {
		m.Ref.Kind, m.Conversation = smm.KindMessage, ref(smm.KindConversation, i.Convo)
	}
	return m
}

// ListPosts implements smm.PostLister.
func (d *Driver) ListPosts(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	p, err := d.page(ctx, channel, "posts", "", r)
	return convert(p, func(i *item) smm.PublishedPost { return d.published(channel, i) }), err
}

// GetPost implements smm.PostLister.
func (d *Driver) GetPost(ctx context.Context, channel, post smm.Ref) (smm.PublishedPost, error) {
	var i item
	if err := d.get(ctx, channel, "/items/"+url.PathEscape(post.ID), &i); err != nil {
		return smm.PublishedPost{}, err
	}
	return d.published(channel, &i), nil
}

func (d *Driver) messages(ctx context.Context, channel smm.Ref, what, of string, r smm.PageRequest) (smm.Page[smm.Message], error) {
	p, err := d.page(ctx, channel, what, of, r)
	return convert(p, func(i *item) smm.Message { return d.message(channel, i) }), err
}

// ListComments implements smm.CommentLister.
func (d *Driver) ListComments(ctx context.Context, channel, post smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	return d.messages(ctx, channel, "comments", post.ID, r)
}

// ListMentions implements smm.MentionLister.
func (d *Driver) ListMentions(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	return d.messages(ctx, channel, "mentions", "", r)
}

// ListMessages implements smm.MessageLister.
func (d *Driver) ListMessages(ctx context.Context, channel, conversation smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	return d.messages(ctx, channel, "messages", conversation.ID, r)
}

// ListConversations implements smm.MessageLister.
func (d *Driver) ListConversations(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Conversation], error) {
	p, err := d.page(ctx, channel, "convos", "", r)
	return convert(p, func(i *item) smm.Conversation {
		last := d.message(channel, i)
		return smm.Conversation{Ref: last.Conversation, Channel: channel, Kind: smm.ConversationDirect, Updated: last.At, Last: &last}
	}), err
}

// DeleteItem implements smm.Deleter.
func (d *Driver) DeleteItem(ctx context.Context, channel, target smm.Ref) error {
	return d.set(ctx, channel, http.MethodDelete, "/items/"+url.PathEscape(target.ID), false)
}

// set makes a request that may be repeated. Removing what is gone is success.
func (d *Driver) set(ctx context.Context, channel smm.Ref, method, path string, on bool) error {
	_, err := d.send(ctx, channel, method, path, nil, &struct{}{})
	if !on && errors.Is(err, smm.ErrNotFound) {
		if e, ok := errors.AsType[*smm.Error](err); ok && e.Status == http.StatusNotFound {
			return nil
		}
	}
	return err
}

func (d *Driver) mark(ctx context.Context, channel smm.Ref, verb string, target smm.Ref, on bool) error {
	method := http.MethodDelete
	if on {
		method = http.MethodPut
	}
	return d.set(ctx, channel, method, "/marks/"+verb+"/"+url.PathEscape(target.ID), on)
}

// SetHidden implements smm.Hider.
func (d *Driver) SetHidden(ctx context.Context, channel, comment smm.Ref, on bool) error {
	return d.mark(ctx, channel, "hide", comment, on)
}

// SetLiked implements smm.Liker.
func (d *Driver) SetLiked(ctx context.Context, channel, target smm.Ref, on bool) error {
	return d.mark(ctx, channel, "like", target, on)
}

// SetReposted implements smm.Reposter.
func (d *Driver) SetReposted(ctx context.Context, channel, target smm.Ref, on bool) error {
	return d.mark(ctx, channel, "share", target, on)
}

// SetFollowing implements smm.Follower.
func (d *Driver) SetFollowing(ctx context.Context, channel, author smm.Ref, on bool) error {
	return d.mark(ctx, channel, "follow", author, on)
}

// SetBlocked implements smm.Blocker.
func (d *Driver) SetBlocked(ctx context.Context, channel, author smm.Ref, on bool) error {
	return d.mark(ctx, channel, "block", author, on)
}

// SetMuted implements smm.Muter.
func (d *Driver) SetMuted(ctx context.Context, channel, author smm.Ref, on bool) error {
	return d.mark(ctx, channel, "mute", author, on)
}
