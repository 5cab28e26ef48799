// Package keep keeps the credential of one account usable, while any number of
// processes do the same over one store and the platform takes each refresh
// token once.
//
// Many platforms revoke a whole family of tokens when a refresh token comes
// twice (RFC 9700, section 4.14.2). Two processes that renew at the same moment,
// or one that dies between the answer and its save, would disconnect the account.
// A [Keeper] therefore renews in these steps:
//
//  1. Load. What is at hand for less than Config.Reread is used as it is.
//  2. Take the lease of the account, if the store is an smm.CredentialLocker. It
//     outlives every request that is made under it, and is never prolonged.
//  3. Load again: somebody may have renewed meanwhile.
//  4. Store the intent: the same credential with Refreshing set, by Swap. From
//     here on a crash is known to have happened.
//  5. Ask, at most once; with Config.Grace once more if the reply was lost.
//  6. Swap the new version in, before anybody uses it.
//
// # When it does not go well
//
// A refusal that proves that the token is over ends the account only after the
// store was read once more and has nothing newer. Everything else leaves it
// connected: nothing is ever deleted or blanked here.
//
// A lost reply, or an intent that a dead process left, is a doubt. With Grace the
// same token is asked with again. Without, the access token is used for as long
// as it works, since the attempt may end it; then the error matches
// smm.ErrUnavailable until the doubt is older than any process that could still
// hold an answer; and then the token is asked with once more: if the platform
// never saw the first request the account lives on, and if it did, the tokens
// that it answered with exist nowhere, and the refusal (smm.ErrUnauthorized)
// says what happened.
//
// A version that could not be stored is not used and not forgotten: it is tried
// a few times at once and then before everything else that the Keeper is asked
// for, and the error says so, for as long as the process lives.
//
// Where the Swap of the new version meets another version, the stored one wins,
// unless it is nothing but a later intent on the same tokens.
//
// # Design notes
//
// The intent is stored by Swap, so that without a lease it is the lock: of two
// processes one meets smm.ErrConflict, and waits for the other.
//
// A renewal runs in a goroutine of its own, which the end of the caller's context
// does not reach: leaving it between the answer and the save would be the crash
// that all of this is about. Renewing in the background ahead of every end was
// rejected: a program that publishes one post and exits would be cut off in the
// middle. So the caller who meets the time of an early renewal waits for it, for
// a while, and goes on with the old token if it does not come.
//
// Telling a credential from another by its version was rejected: intents make
// versions too. What counts is what the platform sees.
package keep
