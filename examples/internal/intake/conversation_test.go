package intake

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/sim"
)

// TestOneConversation: what webhooks tell and what is polled is one conversation of
// the inbox, with our own answers.
func TestOneConversation(t *testing.T) {
	ctx := t.Context()
	world := sim.NewWorldAt(sim.NewClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), true))
	server := facebooktest.NewServer(world, nil)
	t.Cleanup(server.Close)
	account, err := server.NewAccount("shop")
	require.NoError(t, err)
	channel, app := account.Channel, []smm.Secret{smm.NewSecret(server.AppSecret())}
	driver, _, err := facebook.FromToken(ctx, account.Login["FACEBOOK_TOKEN"], &facebook.Config{
		BaseURL: server.URL(), Clock: world.Clock, Webhooks: facebook.Webhooks{VerifyToken: smm.NewSecret("verify-me"), AppSecrets: app},
	})
	require.NoError(t, err)
	client, err := smm.New([]smm.Driver{driver}, smm.WithClock(world.Clock))
	require.NoError(t, err)
	vendor, err := facebook.NewClient(facebook.ClientConfig{
		Page: facebook.ID(channel.ID), Token: smm.NewSecret(account.Login["FACEBOOK_TOKEN"]), BaseURL: server.URL(), Clock: world.Clock,
	})
	require.NoError(t, err)
	require.NoError(t, vendor.Pages.Subscribe(ctx, facebook.WebhookFields...))
	store := inbox.NewMemoryStore()
	in, err := inbox.New(store, inbox.WithClock(world.Clock))
	require.NoError(t, err)
	require.NoError(t, server.Subscribe(in.Webhook(driver, nil), "verify-me"))

	talk, err := server.VisitorWrites(ctx, "vera", "shop", "hello?")
	require.NoError(t, err)
	_, err = server.VisitorWrites(ctx, "otto", "shop", "between us")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, server.Deliver())
	_, err = server.VisitorWrites(ctx, "vera", "shop", "are you there?")
	require.NoError(t, err)
	_, err = client.Channel(channel).Publish(ctx, &smm.Post{Text: "we are", ReplyTo: talk}, &smm.PublishOptions{Wait: time.Hour})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, server.Deliver())

	state := func() (texts []string, conversations int) {
		for c, err := range store.List(ctx, "", inbox.Query{}) {
			require.NoError(t, err)
			conversations++
			require.Equal(t, smm.ConversationDirect, c.Kind)
		}
		for it, err := range store.Items(ctx, "", channel, talk) {
			require.NoError(t, err)
			require.Equal(t, it.Message.Text == "we are", it.Message.Own)
			texts = append(texts, string(it.Message.Text))
		}
		return texts, conversations
	}
	texts, n := state()
	require.ElementsMatch(t, []string{"hello?", "are you there?", "we are"}, texts)
	require.Equal(t, 2, n)
	results, err := in.Sync(ctx, client, []smm.Ref{channel}, nil)
	require.NoError(t, err)
	require.NoError(t, results[0].Err)
	require.Zero(t, results[0].New, "all was told before")
	texts, n = state()
	require.ElementsMatch(t, []string{"hello?", "are you there?", "we are"}, texts)
	require.Equal(t, 2, n)
}
