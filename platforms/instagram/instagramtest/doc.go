// Package instagramtest simulates Instagram as its professional accounts see it.
//
// A [Server] has the wire format of both logins, which [Options.Login] chooses:
//
//	world := sim.NewWorldAt(sim.NewClock(start, true))
//	server := instagramtest.NewServer(world, &instagramtest.Options{Login: instagramtest.Instagram})
//	defer server.Close()
//	account, err := server.NewAccount("shop")
//
// Files are fetched from the addresses that clients give, looked at, and processed
// for a while of the world's clock; containers expire after 24 hours; posts of a
// rolling day are counted; messages have their windows; webhooks are signed and sent
// by [Server.Deliver]. [Server.Answer] has publications, comments and messages
// answered with an error although they are public. Faults of package sim strike by
// the names of package metatest: "POST ig/media_publish".
//
// Traps are there on purpose: an unknown field or a dead metric fails the whole
// request, the id of /me is none that paths take, answers to a comment come three at
// a time, and the next page's address holds the token.
//
// What is not as in reality: whoever names an account in a caption tags it as well;
// insights are made up of likes, shares and comments; nothing is cropped; a second
// publication of a container is answered with 9007/2207027, which is a guess.
package instagramtest
