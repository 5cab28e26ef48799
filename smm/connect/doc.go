// Package connect connects accounts of any platform in a host's product: it
// takes a person's browser from the host's page to the platform's consent page
// and back, lets the person choose between accounts, and stores the credential
// that comes of it.
//
//	flow, err := connect.New(connect.Config{
//		Connectors:   []smm.Connector{mastodon, bluesky},
//		Credentials:  credentials,
//		Store:        connects,
//		Sealer:       ring,
//		BaseURL:      "https://shop.example/connect",
//		Capabilities: []smm.Capability{smm.CapPost, smm.CapListComments},
//		Identify:     tenantOfSession,
//	})
//	mux.Handle("/connect/", flow)
//
// Hosts with an interface of their own use [Flow.Begin], [Flow.Finish] and
// [Flow.Choose] in place of the handlers; [Flow.AcceptToken] takes tokens and
// app passwords, [Flow.Disconnect] takes an account away, and
// [Flow.HealthHandler] shows how the connections are.
//
// # Security
//
// The flow follows RFC 9700 (BCP 240). A state is 256 random bits, is used
// once, and is kept only as its SHA-256. It is bound to the browser by a cookie
// of its own, which differs for every authorization, and to the tenant who
// began. The redirect address is exact and another one for each platform; the
// issuer (RFC 9207) is compared before anything else of an answer is believed.
// What is under way lies sealed in the [Store]. Nothing is begun by GET, and
// requests from other sites are refused.
//
// # Design notes
//
// A cookie for each authorization, not one for the browser: two tabs may be
// under way at once, and a cookie that is new each time cannot be fixed by
// somebody beforehand. A signed state that carries everything itself would need
// no store, but could be used twice.
//
// An answer that comes without the cookie is refused before the store is asked,
// so that a stranger who saw a state cannot use it up. With a wrong cookie it is
// used up: that is an attack or a broken browser, and safe beats convenient.
//
// Chromium applies the form-action directive to redirects after a form was
// sent, so the start page has to admit foreign https addresses. It therefore
// holds no field for a secret; tokens are typed on a page of their own, whose
// forms go to its own origin alone. A page in between that forwards the browser
// was rejected: it adds a step to the history that leads nowhere.
//
// Tokens of accounts that were not chosen, or came from the wrong account, are
// dropped and not revoked: several platforms end every token that the app has
// for the person, and so also those of accounts connected before.
package connect
