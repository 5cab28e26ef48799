package facebook

import (
	"context"
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// ReadFacts implements smm.HealthReader. It asks for the Page by its token; the
// scopes are those of the credential. Config.Quota is asked for what is left if it
// is an smm.QuotaReader.
func (d *Driver) ReadFacts(ctx context.Context, channel smm.Ref) (smm.Facts, error) {
	var f smm.Facts
	if err := checkChannel(channel); err != nil {
		return f, &smm.Error{Op: "health", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
	}
	if cred, err := d.credential(ctx, account.KeyOf(ctx, channel), nil); err == nil {
		f.Scopes, f.Token = cred.Scopes, smm.TokenFactsOf(cred)
		if ends, ok := meta.DataAccessEnds(cred); ok && (f.Token.Expires.IsZero() || ends.Before(f.Token.Expires)) {
			f.Token.Expires = ends // the token then answers nothing of the person's, which is as good as over
		}
	}
	f.Quotas = d.quotasLeft(ctx, channel)
	s, err := d.client(ctx, channel)
	if err != nil {
		return f, err
	}
	page, err := s.Pages.Get(ctx)
	if err != nil {
		return f, err
	}
	f.AccountType = "page"
	if page.Published != nil && !*page.Published {
		f.AccountType = "page, not published"
	}
	f.Quotas = d.quotasLeft(ctx, channel)
	return f, nil
}

// quotasLeft asks for the budgets of a Page.
func (d *Driver) quotasLeft(ctx context.Context, channel smm.Ref) []smm.QuotaState {
	base := d.cfg.BaseURL
	if base == "" {
		base = meta.HostFacebook
	}
	_, host, _ := strings.Cut(strings.TrimRight(base, "/"), "://")
	keys := make([]smm.QuotaKey, 0, len(budgets))
	for _, b := range budgets {
		key := smm.QuotaKey{Platform: Platform, Space: host, Bucket: b}
		if b != meta.BudgetApp {
			key.Tenant, key.Account = smm.TenantFrom(ctx), channel.ID
		}
		keys = append(keys, key)
	}
	return account.Left(ctx, d.cfg.Quota, keys...)
}

// need is a capability with the scopes that it takes, all of them, and the task
// that the person behind the token must have on the Page.
type need struct {
	capability smm.Capability
	scopes     []string
	task       string
}

// Some scopes ask for others to be granted with them, as the vendor has it:
// posts and insights for ScopeReadEngagement, which asks for ScopeShowList;
// moderation for ScopeReadUserContent; messages for ScopeManageMetadata.
var (
	toRead     = []string{ScopeReadEngagement, ScopeShowList}
	toPost     = []string{ScopeManagePosts, ScopeReadEngagement, ScopeShowList}
	toListen   = []string{ScopeReadEngagement, ScopeReadUserContent, ScopeShowList}
	toModerate = []string{ScopeManageEngagement, ScopeReadEngagement, ScopeReadUserContent, ScopeShowList}
	toWrite    = []string{ScopeManageMetadata, ScopeMessaging, ScopeShowList}
	toManage   = []string{ScopeManageMetadata, ScopeReadEngagement, ScopeShowList}
	toMeasure  = []string{ScopeInsights, ScopeReadEngagement, ScopeShowList}
)

var needs = []need{
	{smm.CapPost, toPost, taskCreate}, {smm.CapLink, toPost, taskCreate}, {smm.CapImage, toPost, taskCreate}, {smm.CapImages, toPost, taskCreate},
	{smm.CapVideo, toPost, taskCreate}, {smm.CapReply, toModerate, taskModerate}, {smm.CapMessage, toWrite, taskMessage},
	{smm.CapReviewAnswer, toModerate, taskModerate}, {smm.CapEdit, toPost, taskCreate}, {smm.CapDelete, toPost, taskCreate},
	{smm.CapDeleteComment, toModerate, taskModerate}, {smm.CapListPosts, toRead, ""}, {smm.CapListComments, toListen, ""},
	{smm.CapListMessages, toWrite, taskMessage}, {smm.CapListMentions, toListen, ""}, {smm.CapListReviews, toListen, ""},
	{smm.CapHide, toModerate, taskModerate}, {smm.CapLike, toModerate, taskModerate}, {smm.CapBlock, toModerate, taskModerate},
	{smm.CapPostMetrics, toMeasure, taskAnalyze}, {smm.CapAcctMetrics, toMeasure, taskAnalyze}, {smm.CapProfile, toRead, ""},
	{smm.CapEditProfile, toManage, taskManage}, {smm.CapWebhooks, toManage, ""},
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

// support says what a credential allows. Without scopes or tasks in it everything
// is taken for granted that the app could have.
func (d *Driver) support(cred *smm.Credential) map[smm.Capability]smm.Support {
	var tasks []string
	if t := cred.Extra[ExtraTasks].Reveal(); t != "" {
		tasks = strings.Split(t, ",")
	}
	out := make(map[smm.Capability]smm.Support, len(needs))
	for _, n := range needs {
		s := smm.Support{State: smm.StateGranted}
		lacks := account.LackingScopes(cred.Scopes, n.scopes)
		switch {
		case len(lacks) > 0:
			s = smm.Support{
				State: smm.StateScope, Missing: lacks,
				Cure: "connect the Page again and allow " + strings.Join(lacks, " and ") +
					"; for people without a role on the app the vendor must have reviewed it",
			}
		case n.task != "" && tasks != nil && !hasTask(tasks, n.task):
			s = smm.Support{
				State: smm.StateScope, Missing: []string{n.task},
				Cure: fmt.Sprintf("have an admin of the Page give you the task %s, and connect it again", n.task),
			}
		case n.capability == smm.CapWebhooks && (d.cfg.Webhooks.VerifyToken.IsZero() || len(d.cfg.Webhooks.AppSecrets) == 0):
			s = smm.Support{State: smm.StateServer, Cure: "set facebook.Config.Webhooks: the app's secret and the verify token of its settings"}
		}
		if g, ok := d.guarantee(n.capability); ok {
			s.Guarantee = &g
		}
		out[n.capability] = s
	}
	return out
}

// guarantee is what a create is promised that a capability stands for.
func (d *Driver) guarantee(x smm.Capability) (smm.Guarantee, bool) {
	switch x {
	case smm.CapPost, smm.CapLink, smm.CapImage, smm.CapImages:
		if d.cfg.OneStep {
			return readBack, true
		}
		return handle, true
	case smm.CapVideo:
		return handle, true
	case smm.CapReply, smm.CapMessage, smm.CapReviewAnswer:
		return readBack, true
	}
	return smm.Guarantee{}, false
}
