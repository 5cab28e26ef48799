// Package facebooktest simulates Facebook Pages: an HTTP server that speaks the
// Graph's wire format and holds Pages with posts, drafts, photos, videos, reels,
// stories, comments, private messages, recommendations and insights.
//
//	world := sim.NewWorldAt(sim.NewClock(start, true))
//	server := facebooktest.NewServer(world, nil)
//	defer server.Close()
//	account, err := server.NewAccount("shop")
//	driver, channel, err := facebook.FromToken(ctx, account.Login["FACEBOOK_TOKEN"], &facebook.Config{
//		BaseURL: server.URL(), Clock: world.Clock,
//	})
//
// It counts in the world's ledger what the public would see: drafts and photos that
// are not published are in no count, a scheduled post counts from its time on, a
// video when it is processed. Faults of the world strike requests by class: uploads
// and drafts are sim.Prepare, what publishes is sim.Commit. The names of operations
// are method, kind and edge, with the phase behind a tilde: "POST page/feed",
// "POST page/feed~hidden", "POST page/video_reels~finish", "POST post/~publish".
//
// It has the traps of the platform: a metric that is not known costs all others,
// a draft's flip and a second finish can be repeated while a comment or a story
// cannot, an unknown field fails the request, who commented is told to apps with
// that permission alone, and posts that other apps made cannot be edited.
//
// # Design notes
//
// Simulated from the sheets that package facebook names, not from a server.
// Nothing of package facebook is used here: two sides that share their code agree
// on its mistakes.
package facebooktest
