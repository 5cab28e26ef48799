package facebook

import (
	"context"
	"fmt"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Scopes of the login. Source: the vendor's permissions reference, as reviewed
// 2026-07-21.
const (
	ScopeShowList         = "pages_show_list"
	ScopeReadEngagement   = "pages_read_engagement"
	ScopeManagePosts      = "pages_manage_posts"
	ScopeManageEngagement = "pages_manage_engagement"
	ScopeReadUserContent  = "pages_read_user_content"
	ScopeManageMetadata   = "pages_manage_metadata"
	ScopeMessaging        = "pages_messaging"
	ScopeInsights         = "read_insights"
	ScopeBusiness         = "business_management"
)

// The tasks that a person has on a Page, and with them the Page's token.
const (
	taskCreate   = "CREATE_CONTENT"
	taskModerate = "MODERATE"
	taskMessage  = "MESSAGING"
	taskAnalyze  = "ANALYZE"
	taskManage   = "MANAGE"
)

// ExtraTasks is where a credential keeps the tasks, with commas between them.
const ExtraTasks = "tasks"

// ExtraUser is where a credential keeps the id of the person who connected the
// Page: when that person loses their role or removes the app, the token ends.
const ExtraUser = "user"

// FromToken makes a driver and finds the Page for somebody who has the access
// token of a Page and nothing else.
//
//	driver, channel, err := facebook.FromToken(ctx, token, nil)
//	client, err := smm.New([]smm.Driver{driver})
//	result, err := client.Channel(channel.Ref).Publish(ctx, &smm.Post{Text: "Hello"}, nil)
//
// A person's own token reaches Pages by way of a Connector. cfg may be nil; its
// Credentials are not used. The token is kept in memory.
func FromToken(ctx context.Context, token string, cfg *Config) (*Driver, smm.Channel, error) {
	return fromToken(ctx, ClientConfig{Token: smm.NewSecret(token)}, cfg)
}

// FromTokenSource is FromToken for somebody whose tokens are got by
// golang.org/x/oauth2. ts must be safe for concurrent use and give tokens of one
// Page only; the driver serves no other.
func FromTokenSource(ctx context.Context, ts oauth2.TokenSource, cfg *Config) (*Driver, smm.Channel, error) {
	if ts == nil {
		return nil, smm.Channel{}, fmt.Errorf("%w: facebook: the token source is nil", smm.ErrInvalid)
	}
	return fromToken(ctx, ClientConfig{TokenSource: ts}, cfg)
}

func fromToken(ctx context.Context, v ClientConfig, cfg *Config) (*Driver, smm.Channel, error) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	v.Page, v.AppSecret, v.Version, v.BaseURL = "me", c.AppSecret, c.Version, c.BaseURL
	v.HTTPClient, v.Clock, v.Logger, v.UserAgent = c.HTTPClient, c.Clock, c.Logger, c.UserAgent
	vendor, err := NewClient(v)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	page, err := vendor.Pages.Get(ctx)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	ch := channelOf(&page)
	c.Credentials = smm.NewMemoryCredentials()
	if _, err := c.Credentials.Swap(ctx, smm.TenantFrom(ctx), ch.Ref, 0, smm.Credential{AccessToken: v.Token}); err != nil {
		return nil, smm.Channel{}, err
	}
	d, err := New(c)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	if v.TokenSource != nil {
		d.source = sourceTokens{v.TokenSource}
	}
	return d, ch, nil
}

// keeper keeps the credential of a channel. The token of a Page does not end and
// cannot be renewed; after a refusal the store is read again, since the Page may
// have been connected anew by another process.
func (d *Driver) keeper(tenant smm.Tenant, channel smm.Ref) (*keep.Keeper, error) {
	return keep.New(keep.Config{Store: d.cfg.Credentials, Tenant: tenant, Account: channel, Clock: d.cfg.Clock, Logger: d.cfg.Logger})
}

var _ meta.TokenSource = (*keep.Keeper)(nil)

// checkChannel checks the form of a Ref to a Page.
func checkChannel(r smm.Ref) error {
	if r.Platform != Platform || r.Kind != smm.KindChannel || r.Space != "" || !validID(r.ID) {
		return fmt.Errorf("%w: %s is not a Page: want facebook/channel/id", smm.ErrInvalid, r)
	}
	return nil
}
