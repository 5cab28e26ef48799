// Package localweb is a social web on one machine: the simulators of Bluesky,
// Facebook, Instagram, Mastodon, Threads and X on loopback, a JSON control API that any language can use, and a
// page on which a person sees what the public sees and acts as one of them.
//
//	web, err := localweb.Start(ctx, localweb.Options{})
//	defer web.Close()
//	fmt.Println(web.URL()) // the page and the control API
//	web.Doc().Accounts     // ready-made credentials
//
// The program examples/simulators runs it until stopped; examples/quickstart
// starts the same in its own process.
//
// # Control API
//
// Requests and answers are JSON; the types stand in api.go. An error is a
// status of the 4xx range with {"error": "what to do"}.
//
//	GET    /platforms         Document
//	POST   /accounts          AccountRequest -> Account; the same handle gives the same account
//	POST   /visitor/posts     VisitorPost -> Written
//	POST   /visitor/messages  VisitorMessage -> Written
//	POST   /visitor/likes     VisitorLike -> {}
//	POST   /visitor/follows   VisitorFollow -> {}
//	GET    /faults            the faults in force, []sim.Fault
//	POST   /faults            FaultRequest -> FaultAdded
//	DELETE /faults            takes all faults out of force -> {}
//	DELETE /faults/{id}       takes one out of force -> {}
//	GET    /clock             ClockTime
//	POST   /clock             ClockAdvance -> ClockTime
//	GET    /counters          Counters
//	GET    /items             []sim.Item, oldest first; ?platform= for one platform
//	GET    /events            server-sent event "change" whenever any of this changes
//
// A platform that lets no program read private messages, which is Threads,
// refuses VisitorMessage. Instagram and Threads fetch the media of posts from the
// addresses that their clients name, as the vendors do: give a client a
// mediahost.Host on loopback.
//
// # Design notes
//
// The page is read from the ledger and never from the simulators' own APIs: a
// request there could meet a fault that a test had set for its client.
//
// Whoever visits some web page with a browser on this machine must not drive
// the simulators by it. So requests whose Host is no loopback address are
// refused (a hostile page may point its own name at 127.0.0.1), as are POSTs
// that a browser marks as coming from another origin. A token in each form was
// rejected: programs in other languages would have to fetch it first.
//
// The page works without JavaScript. The script only fetches the page again
// when something changed and swaps the parts that differ, so that there is one
// way to render a timeline and not two.
package localweb
