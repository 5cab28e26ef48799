// Package oauthx speaks OAuth 2 as a client: authorization code with PKCE (RFC
// 7636), pushed requests (RFC 9126), the issuer check (RFC 9207), rotation of
// refresh tokens, tokens bound to a key (DPoP, RFC 9449), client assertions (RFC
// 7523), revocation (RFC 7009), and discovery of servers (RFC 8414) and resources
// (RFC 9728) that a stranger named. It follows the advice of RFC 9700.
//
// It keeps nothing: what it returns is for its caller to store, and package keep
// knows when to ask for a successor.
//
// # Errors
//
// What an endpoint answered is an *smm.Error; Code tells the server's code.
//
//	invalid_grant                              smm.ErrUnauthorized: the code or token is over
//	invalid_client, 401 without a code         smm.ErrForbidden: the app, not the account, is refused
//	access_denied, invalid_scope,
//	unauthorized_client                        smm.ErrForbidden
//	429                                        smm.ErrRateLimited
//	5xx, temporarily_unavailable, server_error,
//	the network, what is not OAuth's JSON      smm.ErrUnavailable
//	other codes                                smm.ErrRejected: this library or its configuration is wrong
//
// Its Outcome says whether the server can have done what was asked: after
// OutcomeUnknown a refresh token may or may not have been used up. A status of
// 200 with an error, or without a token, is an error.
//
// # Design notes
//
// golang.org/x/oauth2 makes verifiers and challenges and nothing else here. Its
// TokenSource renews inside a mutex of one process and hands the new refresh
// token to nobody before it is used, so a crash or a second process loses an
// account where tokens rotate. Its Exchange knows neither DPoP nor pushed requests
// nor assertions, tries two ways of client authentication one after the other,
// which uses up a code, and its errors print the server's answer.
//
// JWTs are signed by some forty lines on crypto/ecdsa rather than by a JOSE
// library: one algorithm is needed, nothing is verified or decrypted, and most
// flaws of such libraries lie in what is not needed.
//
// Text of an answer's error_description is shown if no piece of it repeats what
// was sent; dropping it always would leave a wrong redirect address without a
// clue. Codes are shown if they look like codes.
//
// A token is refused for its type and for characters that no header carries, and
// for nothing else: what a server issued must not be lost over an odd expires_in
// or scope, because the refresh token that bought it is gone.
//
// The nonce retry of the token endpoint is made here and not by an
// httpx.Refresher, since a client assertion must be made anew for it as well.
package oauthx
