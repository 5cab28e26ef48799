package meta_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// toyConnector is what a platform makes of an App: a channel for each Page.
type toyConnector struct {
	app *meta.App
	b   *bench
	t   testing.TB
}

var _ smm.Connector = toyConnector{}

func (toyConnector) Platform() smm.Platform { return platform }

func (toyConnector) Scopes(...smm.Capability) ([]string, error) {
	return []string{"pages_manage_posts", "pages_show_list"}, nil
}

func (c toyConnector) Begin(_ context.Context, r smm.ConnectRequest) (smm.ConnectStart, error) {
	return c.app.Start(r)
}

func (c toyConnector) Finish(ctx context.Context, s smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	token, err := c.app.Finish(ctx, s, r)
	if err != nil {
		return nil, err
	}
	in, err := c.app.Inspect(ctx, token.Access)
	if err != nil {
		return nil, err
	}
	pages, err := c.b.client(c.t, func(cfg *meta.Config) { cfg.Token = token.Access }).AllAccounts(ctx)
	if err != nil {
		return nil, err
	}
	var out []smm.Connected
	for _, p := range pages {
		cred := p.Credential(in, token.Obtained)
		out = append(out, smm.Connected{
			Channel:    smm.Channel{Ref: smm.Ref{Platform: platform, Kind: smm.KindChannel, ID: string(p.ID)}, Name: p.Name},
			Credential: cred, Missing: meta.MissingScopes(s.Scopes, in.Scopes),
		})
	}
	return out, nil
}

func TestConnector(t *testing.T) {
	b := open(t, nil)
	for i := range 130 { // more than one page of the list
		n := b.AddNode("page", "", "Page "+itoa(i), nil)
		b.Manage(b.user, n.ID, "", "CREATE_CONTENT")
	}
	c := toyConnector{app: b.app(t, meta.FacebookLogin, nil), b: b, t: t}
	scopes, err := c.Scopes()
	require.NoError(t, err)
	start, err := c.Begin(t.Context(), smm.ConnectRequest{Scopes: scopes, Redirect: callback, State: "s"})
	require.NoError(t, err)
	found, err := c.Finish(t.Context(), start, visit(t, start, b.user, "pages_manage_posts"))
	require.NoError(t, err)
	require.Len(t, found, 131)
	require.Equal(t, []string{"pages_manage_posts"}, found[0].Missing)
	_, ends := meta.DataAccessEnds(found[0].Credential)
	require.True(t, ends)
	require.True(t, found[0].Credential.Expires.IsZero())
	short := meta.Inspection{Expires: epoch.Add(time.Hour)}
	require.Equal(t, short.Expires, meta.Account{}.Credential(&short, epoch).Expires)

	start, err = c.Begin(t.Context(), smm.ConnectRequest{Scopes: scopes, Redirect: callback, State: "s"})
	require.NoError(t, err)
	found, err = c.Finish(t.Context(), start, visit(t, start, b.user, ""))
	require.NoError(t, err)
	require.Empty(t, found[0].Missing)
	page := b.client(t, func(cfg *meta.Config) { cfg.Token = found[0].Credential.AccessToken })
	id := found[0].Channel.Ref.ID
	_, err = page.Commit(t.Context(), &meta.Request{Op: "page.notes", Path: []string{id, "notes"}, Params: map[string][]string{"message": {"x"}}}, nil)
	require.NoError(t, err)
}

// TestLostRepliesOfLogins: an exchange that was answered into the void is asked
// for again, a code is not, since it is good once; the error says to begin again.
func TestLostRepliesOfLogins(t *testing.T) {
	for f, login := range map[meta.Flavour]metatest.Login{meta.InstagramLogin: metatest.Instagram, meta.ThreadsLogin: metatest.Threads, meta.FacebookLogin: metatest.Facebook} {
		b := open(t, func(o *metatest.Options) { o.Login = login })
		app := b.app(t, f, nil)
		start := begin(t, app, "s")
		reply := visit(t, start, b.user, "")
		if login == metatest.Facebook {
			b.world.Faults.Add(sim.Fault{Op: "POST /oauth/access_token", Kind: sim.DropReply, Skip: 1})
		} else {
			b.world.Faults.Add(sim.Fault{Op: "GET /access_token", Kind: sim.DropReply})
		}
		_, err := app.Finish(t.Context(), start, reply)
		require.NoError(t, err)
		require.Equal(t, 1, b.world.Faults.Hits())

		start = begin(t, app, "s")
		reply = visit(t, start, b.user, "")
		b.world.Faults.Add(sim.Fault{Op: "POST /oauth/access_token", Kind: sim.DropReply})
		n := b.world.Faults.RequestsOf(sim.Auth)
		_, err = app.Finish(t.Context(), start, reply)
		e := fails(t, err, smm.ErrUnavailable)
		require.Equal(t, smm.OutcomeUnknown, e.Outcome)
		require.ErrorContains(t, err, "begin again")
		require.Equal(t, n+1, b.world.Faults.RequestsOf(sim.Auth))
	}
}

func TestCollect(t *testing.T) {
	pages := map[string]meta.Page[int]{"": {Items: []int{1}, Next: "a"}, "a": {Next: "b"}, "b": {Items: []int{2, 3}}}
	list := func(_ context.Context, p meta.ListParams) (meta.Page[int], error) { return pages[p.Cursor], nil }
	got, err := meta.Collect(t.Context(), meta.ListParams{}, list)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3}, got)
	pages["b"] = meta.Page[int]{Items: []int{2}, Next: "a"}
	got, err = meta.Collect(t.Context(), meta.ListParams{}, list)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Equal(t, []int{1, 2}, got)
	n := 0
	_, err = meta.Collect(t.Context(), meta.ListParams{}, func(context.Context, meta.ListParams) (meta.Page[int], error) {
		n++
		return meta.Page[int]{Next: itoa(n)}, nil
	})
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Equal(t, 1000, n)
	boom := errors.New("boom")
	_, err = meta.Collect(t.Context(), meta.ListParams{}, func(context.Context, meta.ListParams) (meta.Page[int], error) {
		return meta.Page[int]{}, boom
	})
	require.ErrorIs(t, err, boom)
}

func TestTokenEnds(t *testing.T) {
	for sub, want := range map[int]meta.TokenEnd{458: meta.EndAppRemoved, 459: meta.EndCheckpoint, 464: meta.EndCheckpoint, 460: meta.EndPassword, 463: meta.EndExpired, 467: meta.EndInvalid, 492: meta.EndRoleLost, 1: meta.EndUnknown, 0: meta.EndUnknown} {
		require.Equal(t, want, meta.TokenEndOf(table(t).Error("op", smm.Ref{}, response(400, errorBody(190, sub, false)))), sub)
	}
	require.Equal(t, meta.EndUnknown, meta.TokenEndOf(errors.New("x")))
	require.Equal(t, meta.EndUnknown, meta.TokenEndOf(nil))
}
