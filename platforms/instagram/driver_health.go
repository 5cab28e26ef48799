package instagram

import (
	"context"
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// ReadFacts implements smm.HealthReader. It asks the platform whose token it is; the
// scopes are those of the credential. How many posts are left is among Quotas.
func (d *Driver) ReadFacts(ctx context.Context, channel smm.Ref) (smm.Facts, error) {
	f := smm.Facts{Audit: smm.AuditUnknown}
	if err := checkChannel(channel); err != nil {
		return f, failed("health", channel, err)
	}
	key := account.KeyOf(ctx, channel)
	// What is stored is told even if it can be neither renewed nor used.
	if cred, err := d.credential(ctx, key, nil); err == nil {
		f.Scopes, f.Token = cred.Scopes, tokenFacts(&cred)
	}
	s, err := d.client(ctx, channel)
	if err != nil {
		return f, err
	}
	self, err := s.Account.Get(ctx)
	if err != nil {
		return f, err
	}
	if string(self.ID) != channel.ID {
		return f, &smm.Error{
			Op: "health", Platform: Platform, Channel: channel,
			Err: fmt.Errorf("%w: the stored token belongs to another account", smm.ErrUnauthorized),
		}
	}
	if f.AccountType = strings.ToLower(self.AccountType); f.AccountType == "" {
		f.AccountType = "professional"
	}
	f.AccountType += ", connected by " + string(s.login)
	if cred, err := d.credential(ctx, key, s); err == nil {
		f.Scopes, f.Token = cred.Scopes, tokenFacts(&cred) // it may have been renewed just now
	}
	if l, err := s.Media.PublishingLimit(ctx); err == nil { // the connection works all the same
		if left, known := l.Left(); known {
			f.Quotas = append(f.Quotas, smm.QuotaState{
				Key:   s.graph.Key(ctx, bucketPosts),
				Limit: l.Config.Total.Value, Remaining: left, Percent: -1,
			})
		}
	}
	return f, nil
}

func tokenFacts(c *smm.Credential) smm.TokenFacts {
	f := smm.TokenFactsOf(*c)
	f.Renews = renews(c)
	return f
}

// need is a capability with the scopes that it takes by each login, all of them.
// No scopes are a login that lacks it.
type need struct {
	capability smm.Capability
	facebook   []string
	instagram  []string
}

// The scopes by login. Sources: the sheets' lists, read 2026-11-22.
const (
	fbBasic    = "instagram_basic"
	fbPages    = "pages_show_list"
	fbPageRead = "pages_read_engagement"
	fbPublish  = "instagram_content_publish"
	fbComments = "instagram_manage_comments"
	fbInsights = "instagram_manage_insights"
	fbMessages = "instagram_manage_messages"
	fbContents = "instagram_manage_contents"
	fbEngage   = "instagram_manage_engagement"
	fbMetadata = "pages_manage_metadata"

	igBasic    = "instagram_business_basic"
	igPublish  = "instagram_business_content_publish"
	igComments = "instagram_business_manage_comments"
	igMessages = "instagram_business_manage_messages"
	igInsights = "instagram_business_manage_insights"
)

var (
	toPublish = need{facebook: []string{fbBasic, fbPublish, fbPageRead}, instagram: []string{igBasic, igPublish}}
	toRead    = need{facebook: []string{fbBasic}, instagram: []string{igBasic}}
	toComment = need{facebook: []string{fbBasic, fbComments, fbPageRead}, instagram: []string{igBasic, igComments}}
	toWrite   = need{facebook: []string{fbBasic, fbMessages, fbMetadata, fbPageRead}, instagram: []string{igBasic, igMessages}}
	toMeasure = need{facebook: []string{fbBasic, fbInsights, fbPageRead}, instagram: []string{igBasic, igInsights}}
)

func (n need) of(x smm.Capability) need { n.capability = x; return n }

var needs = []need{
	toPublish.of(smm.CapPost), toPublish.of(smm.CapImage), toPublish.of(smm.CapImages), toPublish.of(smm.CapVideo),
	toComment.of(smm.CapReply), toWrite.of(smm.CapMessage),
	{smm.CapDelete, []string{fbBasic, fbContents, fbComments}, nil}, toComment.of(smm.CapDeleteComment),
	toRead.of(smm.CapListPosts), toComment.of(smm.CapListComments), toWrite.of(smm.CapListMessages),
	{smm.CapListMentions, []string{fbBasic, fbComments}, nil},
	toComment.of(smm.CapHide), {smm.CapLike, []string{fbBasic, fbEngage}, nil}, toWrite.of(smm.CapBlock),
	toMeasure.of(smm.CapPostMetrics), toMeasure.of(smm.CapAcctMetrics), toMeasure.of(smm.CapAudience),
	toRead.of(smm.CapProfile), {smm.CapSearch, []string{fbBasic}, nil},
	{smm.CapWebhooks, []string{fbBasic, fbMetadata}, []string{igBasic}},
}

// guarantees of what is created.
func guaranteeOf(x smm.Capability) *smm.Guarantee {
	g := smm.Guarantee{RequestLife: requestLife, ReadLag: readLag}
	switch x {
	case smm.CapPost, smm.CapImage, smm.CapImages, smm.CapVideo:
		g.Class = smm.ClassHandle
	case smm.CapReply, smm.CapMessage:
		g.Class = smm.ClassReadBack
	default:
		return nil
	}
	return &g
}

// support says what a login and a set of scopes allow, with what is left to
// publish.
func (d *Driver) support(l Login, scopes []string, left PublishingLimit) map[smm.Capability]smm.Support {
	out := make(map[smm.Capability]smm.Support, len(needs))
	for _, n := range needs {
		want := n.facebook
		if l == InstagramLogin {
			want = n.instagram
		}
		s := smm.Support{State: smm.StateGranted, Guarantee: guaranteeOf(n.capability)}
		switch lacks := account.LackingScopes(scopes, want); {
		case want == nil:
			s.State, s.Cure = smm.StateAccountType, "connect the account by way of its Facebook Page: the login of Instagram lacks this"
		case len(lacks) > 0:
			s.State, s.Missing, s.Cure = smm.StateScope, lacks, "connect the account again and allow "+strings.Join(lacks, " and ")
		case d.cureOf(n.capability, l) != "":
			s.State, s.Cure = smm.StateServer, d.cureOf(n.capability, l)
		case spent(left) && s.Guarantee != nil && s.Guarantee.Class == smm.ClassHandle:
			s.State, s.Cure = smm.StateQuota, "wait: the posts of the last 24 hours used up what Instagram allows"
		}
		out[n.capability] = s
	}
	return out
}

func spent(l PublishingLimit) bool { left, known := l.Left(); return known && left == 0 }

// cureOf says what the host must configure for a capability, "" if nothing.
func (d *Driver) cureOf(x smm.Capability, l Login) string {
	switch x {
	case smm.CapImage, smm.CapImages:
		if d.cfg.MediaHost == nil {
			return "give the driver a MediaHost: Instagram fetches pictures from a public address"
		}
	case smm.CapVideo, smm.CapPost:
		if d.cfg.MediaHost == nil && l == InstagramLogin {
			return "give the driver a MediaHost: Instagram fetches files from a public address"
		}
	case smm.CapWebhooks:
		if d.cfg.Webhooks.VerifyToken.IsZero() || len(d.cfg.Webhooks.AppSecrets) == 0 {
			return "set Config.Webhook to the token and secrets of the app"
		}
	}
	return ""
}
