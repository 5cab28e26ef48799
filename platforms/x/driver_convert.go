package x

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/x/internal/readback"
	"github.com/smmkit/smmkit/smm"
)

func channelOf(u *User) smm.Channel {
	return smm.Channel{
		Ref:  smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: string(u.ID)},
		Name: nameOf(u), Handle: u.Username, URL: profileURL(u), AvatarURL: u.ProfileImageURL,
		AccountType: accountType(u), Created: u.CreatedAt.Time,
	}
}

func nameOf(u *User) string {
	if u.Name != "" {
		return u.Name
	}
	return u.Username
}

func profileURL(u *User) string {
	if u.Username == "" {
		return ""
	}
	return "https://x.com/" + u.Username
}

// authorOf is the author with an id, with what an answer tells of it.
func authorOf(channel smm.Ref, id ID, in *Includes) smm.Author {
	out := smm.Author{Ref: channel.WithKind(smm.KindAuthor, string(id))}
	u := in.User(id)
	if u == nil {
		return out
	}
	out.Name, out.Handle, out.URL, out.AvatarURL, out.Created = smm.Untrusted(nameOf(u)), u.Username, profileURL(u), u.ProfileImageURL, u.CreatedAt.Time
	if m := u.PublicMetrics; m != nil && m.Followers.Known {
		n := m.Followers.Value
		out.Followers = &n
	}
	return out
}

// plainText is a text as its author wrote it: links in their long form, without
// those that X adds for media, and without X's escapes.
func plainText(text string, entities *Entities, media bool) string {
	text = readback.Unescape(text) // before addresses come in, which are not escaped
	if entities != nil {
		for _, e := range entities.URLs {
			switch {
			case e.URL == "" || e.ExpandedURL == "":
			case e.MediaKey != "" || media && readback.LeadsToMedia(e.ExpandedURL):
				text = strings.ReplaceAll(text, e.URL, "")
			default:
				text = strings.ReplaceAll(text, e.URL, e.ExpandedURL)
			}
		}
	}
	return strings.TrimSpace(text)
}

// PlainText is the whole text of a post as its author wrote it: with links in
// their long form, without those that X adds for media, and without X's escapes
// of & < >.
func (p *Post) PlainText() string {
	entities := p.Entities
	if p.Note != nil && p.Note.Text != "" && p.Note.Entities != nil {
		entities = p.Note.Entities
	}
	return plainText(p.FullText(), entities, p.Attachments != nil && len(p.Attachments.MediaKeys) > 0)
}

// entitiesOf finds the mentions, hashtags and links of a text; mentions lead to
// the accounts that X names.
func entitiesOf(channel smm.Ref, text string, named *Entities) []smm.Entity {
	var out []smm.Entity
	for _, e := range textx.Extract(text, textx.TwitterRules()) {
		v := smm.Entity{Start: e.Start, End: e.End, Target: e.Value}
		switch e.Kind {
		case textx.URL:
			v.Kind = smm.EntityLink
		case textx.Hashtag:
			v.Kind = smm.EntityHashtag
		case textx.Mention:
			v.Kind, v.Target = smm.EntityMention, ""
			if named != nil {
				for _, m := range named.Mentions {
					if m.ID != "" && strings.EqualFold(m.Username, e.Value) {
						v.Target = channel.WithKind(smm.KindAuthor, string(m.ID)).String()
					}
				}
			}
		default:
			continue
		}
		out = append(out, v)
	}
	return out
}

func attachmentsOf(a *Attachments, in *Includes) []smm.Attachment {
	if a == nil {
		return nil
	}
	var out []smm.Attachment
	for _, key := range a.MediaKeys {
		v := smm.Attachment{Class: smm.MediaDocument}
		if i := slices.IndexFunc(in.Media, func(m Media) bool { return m.Key == key }); i >= 0 {
			m := &in.Media[i]
			v.URL, v.AltText, v.Width, v.Height = m.URL, smm.Untrusted(m.AltText), m.Width, m.Height
			switch m.Type {
			case "photo":
				v.Class = smm.MediaImage
			case "animated_gif":
				v.Class = smm.MediaGIF
			case "video":
				v.Class = smm.MediaVideo
			}
			if best := bestVariant(m.Variants); best != nil && v.Class != smm.MediaImage {
				v.URL, v.Type = best.URL, best.ContentType
			}
			if v.URL == "" {
				v.URL = m.PreviewImageURL
			}
		}
		out = append(out, v)
	}
	return out
}

func bestVariant(list []Variant) *Variant {
	var best *Variant
	for i := range list {
		if list[i].URL != "" && (best == nil || list[i].BitRate > best.BitRate) {
			best = &list[i]
		}
	}
	return best
}

// laterVersion reports whether a post is an edit of another.
func laterVersion(p *Post) bool { return len(p.EditHistory) > 1 && p.EditHistory[0] != p.ID }

// postOf converts a post. self is the channel's account where its name is known.
func postOf(channel smm.Ref, p *Post, in *Includes, self *User, now time.Time) smm.PublishedPost {
	text := p.PlainText()
	out := smm.PublishedPost{
		Ref: channel.WithKind(smm.KindPost, string(p.ID)), Channel: channel, Author: authorOf(channel, p.AuthorID, in),
		Text: smm.Untrusted(text), Entities: entitiesOf(channel, text, p.Entities), Attachments: attachmentsOf(p.Attachments, in),
		At: p.CreatedAt.Time, Visibility: smm.VisibilityPublic, Native: native(p),
	}
	if self != nil && string(p.AuthorID) == channel.ID {
		out.Author = authorOf(channel, p.AuthorID, &Includes{Users: []User{*self}})
	}
	out.URL = permalink(out.Author.Handle, p.ID)
	if laterVersion(p) {
		out.Edited = p.CreatedAt.Time
	}
	if id := p.RepliesTo(); id != "" {
		out.InReplyTo = channel.WithKind(smm.KindPost, string(id))
	}
	if id := p.Quotes(); id != "" {
		out.Quote = channel.WithKind(smm.KindPost, string(id))
	}
	out.Metrics = postNumbers(channel, out.Ref, p, in, nil, now)
	return out
}

// native is the vendor's object, as this package read it.
func native[T any](v *T) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

// messageOf converts a post that is somebody's word to the channel.
func messageOf(channel smm.Ref, kind smm.Kind, p *Post, in *Includes) smm.Message {
	text := p.PlainText()
	m := smm.Message{
		Ref: channel.WithKind(kind, string(p.ID)), Channel: channel, Author: authorOf(channel, p.AuthorID, in), Own: string(p.AuthorID) == channel.ID,
		Text: smm.Untrusted(text), Entities: entitiesOf(channel, text, p.Entities), Attachments: attachmentsOf(p.Attachments, in),
		Language: p.Lang, At: p.CreatedAt.Time, Native: native(p),
	}
	m.URL = permalink(m.Author.Handle, p.ID)
	if laterVersion(p) {
		m.Edited = p.CreatedAt.Time
	}
	if p.ConversationID != "" {
		m.Root = channel.WithKind(smm.KindPost, string(p.ConversationID))
	}
	if id := p.RepliesTo(); id != "" {
		m.InReplyTo = channel.WithKind(smm.KindPost, string(id))
		if kind == smm.KindComment && id != p.ConversationID {
			m.InReplyTo.Kind = smm.KindComment
		}
	}
	return m
}

// directOf converts a direct message.
func directOf(channel smm.Ref, e *DMEvent, in *Includes) smm.Message {
	text := plainText(e.Text, e.Entities, e.Attachments != nil && len(e.Attachments.MediaKeys) > 0)
	return smm.Message{
		Ref: channel.WithKind(smm.KindMessage, string(e.ID)), Channel: channel,
		Conversation: channel.WithKind(smm.KindConversation, string(e.ConversationID)),
		Author:       authorOf(channel, e.SenderID, in), Own: string(e.SenderID) == channel.ID,
		Text: smm.Untrusted(text), Entities: entitiesOf(channel, text, e.Entities), Attachments: attachmentsOf(e.Attachments, in),
		At: e.CreatedAt.Time, Native: native(e),
	}
}

// metricDef says where a portable metric comes from.
// https://docs.x.com/x-api/fundamentals/metrics (read August 2026).
type metricDef struct {
	name       smm.MetricName
	native     string
	definition string
	private    bool // told to the author alone, for 30 days
}

var postMetrics = []metricDef{
	{smm.MetricImpressions, "public_metrics.impression_count", "How many times the post was seen.", false},
	{smm.MetricLikes, "public_metrics.like_count", "How many likes the post has received.", false},
	{smm.MetricComments, "public_metrics.reply_count", "How many replies the post has received.", false},
	{smm.MetricShares, "public_metrics.repost_count", "How many times the post was reposted; or retweet_count.", false},
	{smm.MetricQuotes, "public_metrics.quote_count", "How many times the post was reposted with a comment.", false},
	{smm.MetricSaves, "public_metrics.bookmark_count", "How many times the post was bookmarked.", false},
	{smm.MetricViews, "media.public_metrics.view_count", "How many times the videos of the post were viewed.", false},
	{smm.MetricVotes, "poll.options.votes", "How many votes the options of the poll have together.", false},
	{smm.MetricClicks, "non_public_metrics.url_link_clicks", "How many times a link of the post was clicked.", true},
	{smm.MetricProfileViews, "non_public_metrics.user_profile_clicks", "How many times the author's profile was opened from the post.", true},
	{smm.MetricEngagements, "non_public_metrics.engagements", "How many times people interacted with the post.", true},
}

var accountMetrics = []metricDef{
	{smm.MetricFollowers, "public_metrics.followers_count", "How many accounts follow this one.", false},
	{smm.MetricFollowing, "public_metrics.following_count", "How many accounts this one follows.", false},
	{smm.MetricPosts, "public_metrics.post_count", "How many posts this account has published; or tweet_count.", false},
}

// privateLife is how long X tells an author what nobody else is told.
const privateLife = 30 * 24 * time.Hour

// ReadMetrics implements smm.MetricReader. X gives levels as of now; for a window
// with a beginning everything is not reported, as analytics are part of
// Enterprise contracts: see AnalyticsService. Clicks, profile views and
// engagements are told of own posts of the last 30 days; of older ones they are
// withdrawn. Reading them takes a second request for the same posts, which X
// charges once a day as a rule. Reach is not reported at all.
func (d *Driver) ReadMetrics(ctx context.Context, channel smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	subjects := r.Subjects
	if len(subjects) == 0 {
		subjects = []smm.Ref{channel}
	}
	var list []ID
	for _, ref := range subjects {
		if ref == channel {
			continue
		}
		if err := onChannel(channel, ref, append([]smm.Kind{smm.KindAuthor}, postKinds...)...); err != nil {
			return nil, err
		}
		if id := ID(ref.ID); slices.Contains(postKinds, ref.Kind) && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	posts, in, err := d.measured(ctx, channel, s, list, r.Names)
	if err != nil {
		return nil, err
	}
	var out []smm.Metric
	now := d.cfg.Clock.Now()
	for _, ref := range subjects {
		var found []smm.Metric
		if slices.Contains(postKinds, ref.Kind) {
			found = postNumbers(channel, ref, posts[ID(ref.ID)], in, r.Names, now)
		} else {
			u, err := s.Users.Get(ctx, ID(ref.ID), nil)
			if err != nil && !missing(err) {
				return nil, err
			}
			found = accountNumbers(channel, ref, &u.Item, r.Names, now)
		}
		if !r.Window.Lifetime() {
			for i := range found {
				found[i].State, found[i].Value, found[i].Window = smm.MetricNotReported, 0, r.Window
			}
		}
		out = append(out, found...)
	}
	return out, nil
}

func missing(err error) bool { return errors.Is(err, smm.ErrNotFound) }

// measured reads posts, and of own young ones what X tells their author alone.
// What is gone is missing.
func (d *Driver) measured(ctx context.Context, channel smm.Ref, s *session, list []ID, names []smm.MetricName) (map[ID]*Post, *Includes, error) {
	out, in := make(map[ID]*Post, len(list)), &Includes{}
	var young []ID
	for chunk := range slices.Chunk(list, MaxLookup) {
		page, err := s.Posts.Lookup(ctx, nil, chunk...)
		if err != nil && !missing(err) {
			return nil, nil, err
		}
		in.Media, in.Polls = append(in.Media, page.Includes.Media...), append(in.Polls, page.Includes.Polls...)
		for i := range page.Items {
			p := &page.Items[i]
			out[p.ID] = p
			if string(p.AuthorID) == channel.ID && !p.CreatedAt.IsZero() && d.cfg.Clock.Now().Sub(p.CreatedAt.Time) < privateLife {
				young = append(young, p.ID)
			}
		}
	}
	wanted := len(names) == 0 || slices.ContainsFunc(postMetrics, func(m metricDef) bool { return m.private && slices.Contains(names, m.name) })
	if !wanted {
		return out, in, nil
	}
	fields := &Fields{Post: []string{"non_public_metrics"}, Expansions: []string{}}
	for chunk := range slices.Chunk(young, MaxLookup) {
		page, err := s.Posts.Lookup(ctx, fields, chunk...)
		if err != nil && !missing(err) && !errors.Is(err, smm.ErrForbidden) {
			return nil, nil, err
		}
		for i := range page.Items {
			if p := out[page.Items[i].ID]; p != nil {
				p.NonPublicMetrics = page.Items[i].NonPublicMetrics
			}
		}
	}
	return out, in, nil
}

// postNumbers are the wanted numbers of a post, all that there are if names is
// empty; nil is one that cannot be read.
func postNumbers(channel, subject smm.Ref, p *Post, in *Includes, names []smm.MetricName, now time.Time) []smm.Metric {
	counts, withdrawn := map[smm.MetricName]Count{}, false
	hasPoll, hasVideo := false, false
	if p != nil {
		if m := p.PublicMetrics; m != nil {
			counts[smm.MetricImpressions], counts[smm.MetricLikes], counts[smm.MetricComments] = m.Impressions, m.Likes, m.Replies
			counts[smm.MetricShares], counts[smm.MetricQuotes], counts[smm.MetricSaves] = m.Reposts, m.Quotes, m.Bookmarks
		}
		if m := p.NonPublicMetrics; m != nil {
			counts[smm.MetricClicks], counts[smm.MetricProfileViews], counts[smm.MetricEngagements] = m.URLClicks, m.ProfileClicks, m.Engagements
		}
		withdrawn = string(p.AuthorID) == channel.ID && !p.CreatedAt.IsZero() && now.Sub(p.CreatedAt.Time) >= privateLife
		counts[smm.MetricViews], hasVideo = viewsOf(p, in)
		counts[smm.MetricVotes], hasPoll = votesOf(p, in)
	}
	if len(names) == 0 {
		for _, def := range postMetrics {
			if (hasPoll || def.name != smm.MetricVotes) && (hasVideo || def.name != smm.MetricViews) {
				names = append(names, def.name)
			}
		}
	}
	return numbers(channel, subject, postMetrics, counts, withdrawn, names, now)
}

// viewsOf adds up the views of a post's videos; one that is not told makes the
// sum unknown.
func viewsOf(p *Post, in *Includes) (sum Count, has bool) {
	sum.Known = true
	for _, m := range in.Media {
		if m.Type != "video" || p.Attachments == nil || !slices.Contains(p.Attachments.MediaKeys, m.Key) {
			continue
		}
		has = true
		if m.PublicMetrics == nil || !m.PublicMetrics.Views.Known {
			sum.Known = false
			continue
		}
		sum.Value += m.PublicMetrics.Views.Value
	}
	return Count{Value: sum.Value, Known: sum.Known && has}, has
}

func votesOf(p *Post, in *Includes) (sum Count, has bool) {
	if p.Attachments == nil || len(p.Attachments.PollIDs) == 0 {
		return Count{}, false
	}
	i := slices.IndexFunc(in.Polls, func(q Poll) bool { return q.ID == p.Attachments.PollIDs[0] })
	if i < 0 {
		return Count{}, true
	}
	for _, o := range in.Polls[i].Options {
		if !o.Votes.Known {
			return Count{}, true
		}
		sum.Value, sum.Known = sum.Value+o.Votes.Value, true
	}
	return sum, true
}

func accountNumbers(channel, subject smm.Ref, u *User, names []smm.MetricName, now time.Time) []smm.Metric {
	counts := map[smm.MetricName]Count{}
	if m := u.PublicMetrics; m != nil {
		counts[smm.MetricFollowers], counts[smm.MetricFollowing], counts[smm.MetricPosts] = m.Followers, m.Following, m.Posts
	}
	if len(names) == 0 {
		for _, def := range accountMetrics {
			names = append(names, def.name)
		}
	}
	return numbers(channel, subject, accountMetrics, counts, false, names, now)
}

func numbers(channel, subject smm.Ref, defs []metricDef, counts map[smm.MetricName]Count, withdrawn bool, names []smm.MetricName, now time.Time) []smm.Metric {
	out := make([]smm.Metric, 0, len(names))
	for _, name := range names {
		m := smm.Metric{Name: name, Subject: subject, Channel: channel, Unit: smm.UnitCount, Window: smm.Window{To: now}, AsOf: now}
		for _, def := range defs {
			if def.name != name {
				continue
			}
			m.Native = smm.NativeMetric{Name: def.native, Definition: def.definition}
			if def.private && withdrawn {
				m.State = smm.MetricWithdrawn
			}
		}
		if c := counts[name]; c.Known {
			m.Value, m.State = c.Value, smm.Counted(c.Value)
		}
		out = append(out, m)
	}
	return out
}
