package threads

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// The scopes.
const (
	ScopeBasic     = "threads_basic" // always
	ScopePublish   = "threads_content_publish"
	ScopeInsights  = "threads_manage_insights"
	ScopeManage    = "threads_manage_replies"
	ScopeReplies   = "threads_read_replies"
	ScopeSearch    = "threads_keyword_search"
	ScopeMentions  = "threads_manage_mentions"
	ScopeDelete    = "threads_delete"
	ScopeLocations = "threads_location_tagging"
	ScopeProfiles  = "threads_profile_discovery"
)

// need is a capability with the scopes that it takes, all of them.
type need struct {
	capability smm.Capability
	scopes     []string
}

// An answer whose reply was lost is looked for among the own replies, so whoever
// answers reads them as well. Which of the two scopes of replies publishing one
// takes is not verified; asking for both is.
var (
	toPost   = []string{ScopeBasic, ScopePublish}
	toAnswer = []string{ScopeBasic, ScopePublish, ScopeManage, ScopeReplies}
)

var needs = []need{
	{smm.CapPost, toPost}, {smm.CapLink, toPost}, {smm.CapImage, toPost}, {smm.CapImages, toPost}, {smm.CapVideo, toPost},
	{smm.CapPoll, toPost}, {smm.CapQuote, toPost}, {smm.CapThread, toAnswer}, {smm.CapReply, toAnswer},
	{smm.CapDelete, []string{ScopeBasic, ScopeDelete}}, {smm.CapHide, []string{ScopeBasic, ScopeManage}}, {smm.CapRepost, toPost},
	{smm.CapListPosts, []string{ScopeBasic}}, {smm.CapListComments, []string{ScopeBasic, ScopeReplies}},
	{smm.CapListMentions, []string{ScopeBasic, ScopeMentions}}, {smm.CapSearch, []string{ScopeBasic, ScopeSearch}},
	{smm.CapPostMetrics, []string{ScopeBasic, ScopeInsights}}, {smm.CapAcctMetrics, []string{ScopeBasic, ScopeInsights}},
	{smm.CapAudience, []string{ScopeBasic, ScopeInsights}}, {smm.CapProfile, []string{ScopeBasic}}, {smm.CapWebhooks, []string{ScopeBasic}},
}

// scopesOf returns the scopes of a capability, nil if there is no such one here.
func scopesOf(x smm.Capability) []string {
	for _, n := range needs {
		if n.capability == x {
			return n.scopes
		}
	}
	return nil
}

// creates are the capabilities that go through the publishing protocol, with the
// budget that each takes of.
func creates(l PublishingLimit) map[smm.Capability]Allowance {
	return map[smm.Capability]Allowance{
		smm.CapPost: l.Posts, smm.CapLink: l.Posts, smm.CapImage: l.Posts, smm.CapImages: l.Posts, smm.CapVideo: l.Posts,
		smm.CapPoll: l.Posts, smm.CapQuote: l.Posts, smm.CapThread: l.Replies, smm.CapReply: l.Replies,
	}
}

// Capabilities implements smm.Driver. It reads what is left of the day's budgets;
// which scopes the token has is known only if the credential says so.
func (d *Driver) Capabilities(ctx context.Context, channel smm.Ref) (smm.Capabilities, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Capabilities{}, err
	}
	cred, err := d.credential(ctx, account.KeyOf(ctx, channel), s)
	if err != nil {
		return smm.Capabilities{}, refused("credential", channel, err)
	}
	l, err := s.limit(ctx)
	if err != nil {
		return smm.Capabilities{}, err
	}
	return smm.NewCapabilities(d.cfg.Clock.Now(), d.support(l, cred.Scopes), DocumentedLimits()), nil
}

// support says what budgets, scopes and the host's own settings allow.
func (d *Driver) support(l PublishingLimit, scopes []string) map[smm.Capability]smm.Support {
	g := guarantee()
	budgets := creates(l)
	out := make(map[smm.Capability]smm.Support, len(needs))
	for _, n := range needs {
		s := smm.Support{State: smm.StateGranted}
		budget, create := budgets[n.capability]
		switch n.capability {
		case smm.CapDelete:
			budget = l.Deletes
		case smm.CapSearch:
			budget = l.Searches
		}
		switch cure := d.lacking(n.capability); {
		case cure != "":
			s = smm.Support{State: smm.StateServer, Cure: cure}
		case len(account.LackingScopes(scopes, n.scopes)) > 0:
			lacks := account.LackingScopes(scopes, n.scopes)
			s = smm.Support{State: smm.StateScope, Missing: lacks, Cure: "connect the account again and allow " + strings.Join(lacks, " and ")}
		case budget.Spent():
			s = smm.Support{
				State: smm.StateQuota, Until: d.cfg.Clock.Now().Add(lookAgain),
				Cure: "wait: the " + strconv.FormatInt(budget.Total, 10) + " of the last 24 hours are used, and come back one by one",
			}
		}
		if create {
			s.Guarantee = &g
		}
		out[n.capability] = s
	}
	return out
}

// lacking says what the host has not set up, "" if nothing.
func (d *Driver) lacking(x smm.Capability) string {
	switch x {
	case smm.CapImage, smm.CapImages, smm.CapVideo:
		if d.cfg.MediaHost == nil {
			return "set threads.Config.MediaHost: the vendor fetches media from an address"
		}
	case smm.CapWebhooks:
		if len(d.cfg.Webhooks.AppSecrets) == 0 || d.cfg.Webhooks.VerifyToken.IsZero() {
			return "set threads.Config.Webhooks: the app's secret and the verify token of its settings"
		}
	}
	return ""
}

// ReadFacts implements smm.HealthReader. It asks whose token it is and what is left
// of the day's budgets; the scopes are those of the credential, which Connector
// asked the vendor for.
func (d *Driver) ReadFacts(ctx context.Context, channel smm.Ref) (smm.Facts, error) {
	f := smm.Facts{AccountType: "profile"}
	if err := checkChannel(channel); err != nil {
		return f, refused("health", channel, err)
	}
	key := account.KeyOf(ctx, channel)
	facts := func(s *session) {
		if cred, err := d.credential(ctx, key, s); err == nil {
			f.Scopes, f.Token = cred.Scopes, smm.TokenFactsOf(cred)
			f.Token.Renews = d.source == nil && renews(&cred)
		}
	}
	facts(nil) // what is stored is told even if it can be neither renewed nor used
	f.Quotas = d.quotasLeft(ctx, channel)
	s, err := d.client(ctx, channel)
	if err != nil {
		return f, err
	}
	me, err := s.Profiles.Me(ctx)
	if err != nil {
		return f, err
	}
	if string(me.ID) != channel.ID {
		return f, &smm.Error{Op: "health", Platform: Platform, Channel: channel, Err: fmt.Errorf("%w: the stored token belongs to another account", smm.ErrUnauthorized)}
	}
	facts(s)
	f.Quotas = d.quotasLeft(ctx, channel)
	if l, err := s.limit(ctx); err == nil { // the connection works all the same
		f.Quotas = append(f.Quotas, d.dayLeft(ctx, channel, l)...)
	}
	return f, nil
}

// quotasLeft asks for the budgets of calls; nil if nobody counts, or who counts
// does not answer.
func (d *Driver) quotasLeft(ctx context.Context, channel smm.Ref) []smm.QuotaState {
	return account.Left(ctx, d.cfg.Quota,
		smm.QuotaKey{Platform: Platform, Space: d.space(), Bucket: meta.BudgetApp},
		smm.QuotaKey{Tenant: smm.TenantFrom(ctx), Platform: Platform, Space: d.space(), Account: channel.ID, Bucket: useCase})
}

// space is the host, which keys of budgets name.
func (d *Driver) space() string {
	host := d.cfg.BaseURL
	if host == "" {
		host = defaultHost
	}
	_, space, _ := strings.Cut(strings.TrimRight(host, "/"), "://")
	return space
}

// dayLeft are the budgets of a day as the vendor tells them: buckets "posts",
// "replies", "deletes", "locations" and "searches". They roll, so that there is no
// time at which all is back.
func (d *Driver) dayLeft(ctx context.Context, channel smm.Ref, l PublishingLimit) []smm.QuotaState {
	var out []smm.QuotaState
	for _, b := range []struct {
		bucket string
		left   Allowance
	}{{bucketPosts, l.Posts}, {bucketReplies, l.Replies}, {bucketDeletes, l.Deletes}, {"locations", l.Locations}, {"searches", l.Searches}} {
		if !b.left.Known || b.left.Total <= 0 {
			continue
		}
		key := smm.QuotaKey{Tenant: smm.TenantFrom(ctx), Platform: Platform, Space: d.space(), Account: channel.ID, Bucket: b.bucket}
		out = append(out, smm.QuotaState{
			Key: key, Limit: b.left.Total, Remaining: max(b.left.Total-b.left.Used, 0), Percent: min(100*float64(b.left.Used)/float64(b.left.Total), 100),
		})
	}
	return out
}

// ValidatePost implements smm.PostValidator.
func (d *Driver) ValidatePost(ctx context.Context, _ smm.Ref, p *smm.Post, _ smm.Capabilities) (smm.Findings, error) {
	var out smm.Findings
	add := func(severity smm.Severity, code, path, message string) {
		out = append(out, smm.Finding{Code: code, Severity: severity, Path: path, Message: message, Source: limitsSource})
	}
	o, err := postOptions(p)
	if err != nil {
		add(smm.SeverityError, "options.invalid", "options", err.Error())
	}
	if plain, strict := CountText(fullText(p)); plain <= DocumentedLimits().Text.Max && strict > DocumentedLimits().Text.Max {
		add(smm.SeverityWarning, "text.emoji", "text", fmt.Sprintf(
			"%d characters if emoji count by their bytes, as the vendor is said to do; it may refuse more than %d", strict, DocumentedLimits().Text.Max))
	}
	if n := len(links(p)); n > MaxLinks {
		add(smm.SeverityError, "text.too-many-links", "text", fmt.Sprintf("%d different links, at most %d allowed", n, MaxLinks))
	}
	if p.Visibility != "" && p.Visibility != smm.VisibilityPublic {
		add(smm.SeverityError, "visibility.unsupported", "visibility", "posts are public; PostOptions.ReplyControl says who may answer")
	}
	if p.ContentWarning != "" {
		add(smm.SeverityWarning, "content-warning.unused", "content_warning", "there is no content warning; PostOptions.Spoilers cover parts of the text")
	}
	if p.Poll != nil && len(p.Media) > 0 {
		add(smm.SeverityError, "poll.media", "poll", "a post has media or a poll")
	}
	if p.Poll != nil && p.Poll.Multiple {
		add(smm.SeverityWarning, "poll.multiple", "poll.multiple", "everybody has one vote")
	}
	if k := p.Card; k != nil {
		d.validateCard(p, k, add)
	}
	if p.Text == "" && len(p.Media) == 0 && o.LongText == nil && o.GIF == nil {
		add(smm.SeverityWarning, "text.missing", "text", "a post of text without a text may be refused")
	}
	d.validateMedia(ctx, p, add)
	return out, nil
}

type adder func(severity smm.Severity, code, path, message string)

func (d *Driver) validateCard(p *smm.Post, k *smm.Card, add adder) {
	if k.Title != "" || k.Description != "" || k.Thumbnail != nil {
		add(smm.SeverityWarning, "card.made-by-server", "card", "the vendor makes the card itself from the linked page; title, description and picture are not used")
	}
	if len(p.Media) > 0 {
		add(smm.SeverityWarning, "card.media", "card", "a post with media has no card; the link joins the text")
	}
}

// validateMedia looks at what the vendor would have to fetch.
func (d *Driver) validateMedia(ctx context.Context, p *smm.Post, add adder) {
	for i, m := range p.Media {
		path := fmt.Sprintf("media[%d]", i)
		if m.AltText == "" {
			add(smm.SeverityInfo, "media.alt-text-missing", path+".alt_text", "people expect a description of media here")
		}
		if len(m.Captions) > 0 {
			add(smm.SeverityWarning, "media.captions", path+".captions", "the vendor takes no subtitle tracks; they are not sent")
		}
		if d.cfg.MediaHost == nil {
			continue // the capability says so
		}
		address, _, err := d.cfg.MediaHost.MediaURL(ctx, smm.TenantFrom(ctx), m, addressLife)
		if err != nil {
			add(smm.SeverityError, "media.address", path, "the media host has no address for it")
		} else if why := reachable(address); why != "" {
			add(smm.SeverityWarning, "media.unreachable", path, why+": the vendor may not be able to fetch it")
		}
	}
}
