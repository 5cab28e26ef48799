package mastodon

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// ReadFacts implements smm.HealthReader. It asks the server whose token it is
// and what software runs there; the scopes are those of the credential, since a
// server tells those of the app alone. Config.Quota is asked for what is left
// if it is an smm.QuotaReader.
func (d *Driver) ReadFacts(ctx context.Context, channel smm.Ref) (smm.Facts, error) {
	f := smm.Facts{Audit: smm.AuditNotNeeded}
	if err := checkChannel(channel); err != nil {
		return f, &smm.Error{Op: "health", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
	}
	// What is stored is told even if it can be neither renewed nor used.
	if cred, err := d.credential(ctx, account.KeyOf(ctx, channel), nil); err == nil {
		f.Server, f.Scopes, f.Token = cred.Server, cred.Scopes, smm.TokenFactsOf(cred)
	}
	f.Quotas = d.quotasLeft(ctx, channel)
	s, err := d.client(ctx, channel)
	if err != nil {
		return f, err
	}
	me, err := s.Accounts.Verify(ctx)
	if err != nil {
		return f, err
	}
	if id := string(me.ID); id != channel.ID {
		return f, &smm.Error{
			Op: "health", Platform: Platform, Channel: channel,
			Err: fmt.Errorf("%w: the stored token belongs to another account of %s", smm.ErrUnauthorized, channel.Space),
		}
	}
	f.AccountType = accountType(&me)
	if in, err := d.instance(ctx, s); err == nil { // the connection works all the same
		f.Software = in.running()
	}
	if cred, err := d.credential(ctx, account.KeyOf(ctx, channel), s); err == nil {
		f.Scopes, f.Token = cred.Scopes, smm.TokenFactsOf(cred) // it may have been renewed just now
	}
	f.Quotas = d.quotasLeft(ctx, channel)
	return f, nil
}

// quotasLeft asks for all budgets of an account; nil if nobody counts, or who
// counts does not answer.
func (d *Driver) quotasLeft(ctx context.Context, channel smm.Ref) []smm.QuotaState {
	reader, ok := d.cfg.Quota.(smm.QuotaReader)
	if !ok {
		return nil
	}
	keys := make([]smm.QuotaKey, 0, len(budgets))
	for _, b := range budgets {
		keys = append(keys, smm.QuotaKey{Tenant: smm.TenantFrom(ctx), Platform: Platform, Space: channel.Space, Account: channel.ID, Bucket: b})
	}
	states, err := reader.Left(ctx, keys...)
	if err != nil {
		return nil
	}
	return states
}

// accountType is the kind of an own account, and whether the moderators limited
// it, in the vendor's words.
func accountType(a *Account) string {
	kind := "person"
	switch {
	case bool(a.Bot):
		kind = "bot"
	case bool(a.Group):
		kind = "group"
	}
	if a.Limited {
		kind += ", limited"
	}
	return kind
}

// running names the software and its version.
func (in *InstanceInfo) running() string {
	version := in.NodeInfo.Version
	if version == "" {
		version = string(in.Version)
	}
	return smm.CleanMessage(strings.TrimSpace(string(in.Software()) + " " + version))
}

// need is a capability with the scopes that it takes, all of them.
type need struct {
	capability smm.Capability
	scopes     []string
}

// Whatever publishes reads as well: what it answers, the own posts before, and
// whether an attempt whose reply was lost went through.
var (
	toPost  = []string{"read:statuses", "write:statuses"}
	toShow  = []string{"read:statuses", "write:media", "write:statuses"}
	toRead  = []string{"read:statuses"}
	toWatch = []string{"read:notifications", "read:statuses"} // https://docs.joinmastodon.org/methods/streaming/
)

var needs = []need{
	{smm.CapPost, toPost}, {smm.CapLink, toPost}, {smm.CapImage, toShow}, {smm.CapImages, toShow}, {smm.CapVideo, toShow}, {smm.CapGIF, toShow},
	{smm.CapPoll, toPost}, {smm.CapQuote, toPost}, {smm.CapThread, toPost}, {smm.CapReply, toPost}, {smm.CapMessage, toPost},
	{smm.CapEdit, toPost}, {smm.CapDelete, []string{"write:statuses"}},
	{smm.CapListPosts, toRead}, {smm.CapListComments, toRead}, {smm.CapListMessages, toRead}, {smm.CapTimeline, toRead},
	{smm.CapListMentions, []string{"read:notifications"}}, {smm.CapStream, toWatch},
	{smm.CapLike, []string{"write:favourites"}}, {smm.CapRepost, []string{"write:statuses"}}, {smm.CapFollow, []string{"write:follows"}},
	{smm.CapBlock, []string{"write:blocks"}}, {smm.CapMute, []string{"write:mutes"}}, {smm.CapReport, []string{"write:reports"}},
	{smm.CapPostMetrics, toRead}, {smm.CapAcctMetrics, []string{scopeAccounts}},
	{smm.CapProfile, []string{scopeAccounts}}, {smm.CapEditProfile, []string{"write:accounts"}}, {smm.CapSearch, []string{"read:search"}},
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

// creates are the capabilities that go through the publishing protocol.
var creates = []smm.Capability{
	smm.CapPost, smm.CapLink, smm.CapImage, smm.CapImages, smm.CapVideo, smm.CapGIF, smm.CapPoll, smm.CapQuote,
	smm.CapThread, smm.CapReply, smm.CapMessage,
}

// support says what a server and a set of scopes allow.
func support(in *InstanceInfo, scopes []string) map[smm.Capability]smm.Support {
	g := guarantee(in)
	out := make(map[smm.Capability]smm.Support, len(needs))
	for _, n := range needs {
		s := smm.Support{State: smm.StateGranted}
		if cure := lacking(in, n.capability); cure != "" {
			s = smm.Support{State: smm.StateServer, Cure: cure}
		} else if lacks := lackingScopes(scopes, n.scopes); len(lacks) > 0 {
			s = smm.Support{State: smm.StateScope, Missing: lacks, Cure: "connect the account again and allow " + strings.Join(lacks, " and ")}
		}
		if slices.Contains(creates, n.capability) {
			s.Guarantee = &g
		}
		out[n.capability] = s
	}
	return out
}

// lackingScopes are those of want that scopes do not cover; none if nobody said
// what was granted.
func lackingScopes(scopes, want []string) []string {
	if len(scopes) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(want), func(w string) bool { return covers(scopes, w) })
}

// covers reports whether scopes hold want or a broader one: "read" covers
// "read:statuses", and the old "follow" three of the finer ones.
func covers(scopes []string, want string) bool {
	for _, s := range scopes {
		switch {
		case s == want, len(want) > len(s) && want[:len(s)] == s && want[len(s)] == ':':
			return true
		case s == "follow" && (want == "write:follows" || want == "write:blocks" || want == "write:mutes"):
			return true
		}
	}
	return false
}

// quoteAPI is the api_versions.mastodon of the first release whose clients can
// quote (4.5).
const quoteAPI = 7

const onlyPictures = "a post on Pixelfed needs a picture or video"

// lacking says why a server cannot do something, "" if it can as far as is
// known.
func lacking(in *InstanceInfo, x smm.Capability) string {
	software := in.Software()
	switch x {
	case smm.CapQuote:
		if in.API() < quoteAPI {
			return "quotes need Mastodon 4.5 or later on the account's server"
		}
	case smm.CapVideo:
		if !supportsType(in.Limits(), "video/") {
			return "the account's server takes no video"
		}
	case smm.CapGIF:
		if !supportsType(in.Limits(), "image/gif") {
			return "the account's server takes no animations"
		}
	case smm.CapPoll, smm.CapMessage, smm.CapListMessages, smm.CapReport:
		if software == Pixelfed {
			return "Pixelfed has no such method for clients"
		}
	case smm.CapLink, smm.CapThread:
		if software == Pixelfed {
			return onlyPictures
		}
	case smm.CapStream:
		if software == Pixelfed || software == Akkoma || software == Pleroma {
			return "this server has no stream of server-sent events"
		}
	}
	return ""
}
